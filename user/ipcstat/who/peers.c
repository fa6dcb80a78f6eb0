// SPDX-License-Identifier: GPL-2.0-only
#include <arpa/inet.h>
#include <linux/inet_diag.h>
#include <linux/sock_diag.h>
#include <linux/unix_diag.h>
#include <netinet/tcp.h>
#include <netlink/msg.h>
#include <netlink/netlink.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "common/cli.h"
#include "peers.h"

/* One end of a TCP connection; IPv4's addresses as IPv6 maps them. */
struct tcp_end {
	struct in6_addr addr;
	uint16_t port;
};

/* A socket of which the kernel has told. */
struct found {
	uint64_t ino;
	struct peer peer;
	bool tcp; /* the peer is looked for by these, when all sockets are known */
	struct tcp_end here, there;
};

struct peers {
	unsigned int nr, room;
	struct found *found; /* in the end by inode */
	unsigned int nr_served;
	uint64_t *served; /* inodes of those that have clients, in order */
};

static struct found *add(struct peers *peers)
{
	if (peers->nr == peers->room) {
		peers->room = peers->room ? 2 * peers->room : 64;
		peers->found = must(reallocarray(peers->found, peers->room, sizeof(*peers->found)));
	}
	memset(&peers->found[peers->nr], 0, sizeof(*peers->found));
	return &peers->found[peers->nr++];
}

static int on_unix(struct nl_msg *msg, void *peers)
{
	struct nlmsghdr *hdr = nlmsg_hdr(msg);
	const struct unix_diag_msg *diag = nlmsg_data(hdr);
	struct nlattr *attr;
	struct found *found;

	if (!nlmsg_valid_hdr(hdr, sizeof(*diag)) || diag->udiag_family != AF_UNIX)
		return NL_OK;
	attr = nlmsg_find_attr(hdr, sizeof(*diag), UNIX_DIAG_PEER);
	found = add(peers);
	found->ino = diag->udiag_ino;
	found->peer.kind = PEER_NONE;
	/* A peer without an inode is closed, or not accepted yet. */
	if (attr && nla_len(attr) >= (int)sizeof(uint32_t)) {
		found->peer.ino = nla_get_u32(attr);
		found->peer.kind = found->peer.ino ? PEER_KNOWN : PEER_UNKNOWN;
	}
	return NL_OK;
}

static struct tcp_end tcp_end(int family, const __be32 *addr, __be16 port)
{
	struct tcp_end end = { .port = port };

	if (family == AF_INET6) {
		memcpy(&end.addr, addr, sizeof(end.addr));
	} else {
		memset(&end.addr.s6_addr[10], 0xff, 2);
		memcpy(&end.addr.s6_addr[12], addr, 4);
	}
	return end;
}

static int on_inet(struct nl_msg *msg, void *peers)
{
	struct nlmsghdr *hdr = nlmsg_hdr(msg);
	const struct inet_diag_msg *diag = nlmsg_data(hdr);
	struct found *found;

	if (!nlmsg_valid_hdr(hdr, sizeof(*diag)))
		return NL_OK;
	found = add(peers);
	found->ino = diag->idiag_inode;
	found->peer.kind = diag->idiag_state == TCP_LISTEN ? PEER_NONE : PEER_UNKNOWN;
	found->tcp = diag->idiag_state != TCP_LISTEN;
	found->here = tcp_end(diag->idiag_family, diag->id.idiag_src, diag->id.idiag_sport);
	found->there = tcp_end(diag->idiag_family, diag->id.idiag_dst, diag->id.idiag_dport);
	return NL_OK;
}

/*
 * A kernel that does not know the family, or lacks its module, answers with an error. What came
 * before an error is true, and what did not come is unknown.
 */
static void dump(struct peers *peers, const void *request, size_t size,
		 int (*reader)(struct nl_msg *msg, void *peers))
{
	struct nl_sock *sock = nl_socket_alloc();

	if (!sock)
		must(NULL);
	nl_socket_modify_cb(sock, NL_CB_VALID, NL_CB_CUSTOM, reader, peers);
	if (!nl_connect(sock, NETLINK_SOCK_DIAG) &&
	    nl_send_simple(sock, SOCK_DIAG_BY_FAMILY, NLM_F_DUMP, (void *)request, size) >= 0)
		nl_recvmsgs_default(sock);
	nl_socket_free(sock);
}

static void dump_tcp(struct peers *peers, int family)
{
	const struct inet_diag_req_v2 request = {
		.sdiag_family = (uint8_t)family,
		.sdiag_protocol = IPPROTO_TCP,
		.idiag_states = 1 << TCP_ESTABLISHED | 1 << TCP_FIN_WAIT1 | 1 << TCP_FIN_WAIT2 |
				1 << TCP_CLOSE_WAIT | 1 << TCP_LAST_ACK | 1 << TCP_CLOSING |
				1 << TCP_LISTEN,
	};

	dump(peers, &request, sizeof(request), on_inet);
}

/* ---- order ---- */

static int compare(uint64_t a, uint64_t b)
{
	return a < b ? -1 : a > b;
}

static int by_ino(const void *a, const void *b)
{
	const struct found *x = a, *y = b;

	return compare(x->ino, y->ino);
}

static int by_number(const void *a, const void *b)
{
	return compare(*(const uint64_t *)a, *(const uint64_t *)b);
}

static int compare_ends(const struct tcp_end *a, const struct tcp_end *b)
{
	return a->port != b->port ? compare(a->port, b->port)
				  : memcmp(&a->addr, &b->addr, sizeof(a->addr));
}

static int by_ends(const void *a, const void *b)
{
	const struct found *const *x = a, *const *y = b;
	int diff = compare_ends(&(*x)->here, &(*y)->here);

	return diff ? diff : compare_ends(&(*x)->there, &(*y)->there);
}

/* NULL: the kernel has not told of it. */
static const struct found *find(const struct peers *peers, uint64_t ino)
{
	const struct found key = { .ino = ino };

	return ino && peers->nr ? bsearch(&key, peers->found, peers->nr, sizeof(key), by_ino)
				: NULL;
}

/* ---- what follows from all of them ---- */

/* A peer has the addresses of the socket the other way round. */
static void match_tcp(struct peers *peers)
{
	struct found **tcp = must(calloc(peers->nr + 1, sizeof(struct found *)));
	unsigned int nr = 0;

	for (unsigned int i = 0; i < peers->nr; i++)
		if (peers->found[i].tcp)
			tcp[nr++] = &peers->found[i];
	if (nr)
		qsort(tcp, nr, sizeof(struct found *), by_ends);
	for (unsigned int i = 0; i < nr; i++) {
		const struct found end = { .here = tcp[i]->there, .there = tcp[i]->here };
		const struct found *key = &end;
		struct found **other = bsearch(&key, tcp, nr, sizeof(struct found *), by_ends);

		/* One without an inode is closed, or not accepted yet. */
		if (other && (*other)->ino)
			tcp[i]->peer = (struct peer){ PEER_KNOWN, (*other)->ino };
	}
	free(tcp);
}

/* Clients of a socket in another network namespace are known, though it is not in the dump. */
static void find_served(struct peers *peers)
{
	peers->served = must(calloc(peers->nr + 1, sizeof(*peers->served)));
	for (unsigned int i = 0; i < peers->nr; i++) {
		const struct peer *peer = &peers->found[i].peer;
		struct peer back;

		if (!peers->found[i].ino || peer->kind != PEER_KNOWN)
			continue;
		back = peers_of(peers, peer->ino);
		if (back.kind != PEER_KNOWN || back.ino != peers->found[i].ino)
			peers->served[peers->nr_served++] = peer->ino;
	}
	qsort(peers->served, peers->nr_served, sizeof(*peers->served), by_number);
}

struct peers *peers_find(bool of_unix, bool of_tcp)
{
	static const struct unix_diag_req request = {
		.sdiag_family = AF_UNIX,
		.udiag_states = ~0U,
		.udiag_show = UDIAG_SHOW_PEER,
	};
	struct peers *peers = must(calloc(1, sizeof(*peers)));

	if (of_unix)
		dump(peers, &request, sizeof(request), on_unix);
	if (of_tcp) {
		dump_tcp(peers, AF_INET);
		dump_tcp(peers, AF_INET6);
		match_tcp(peers);
	}
	if (peers->nr)
		qsort(peers->found, peers->nr, sizeof(*peers->found), by_ino);
	find_served(peers);
	return peers;
}

struct peer peers_of(const struct peers *peers, uint64_t ino)
{
	const struct found *found = find(peers, ino);

	return found ? found->peer : (struct peer){ 0 };
}

bool peers_has_clients(const struct peers *peers, uint64_t ino)
{
	return bsearch(&ino, peers->served, peers->nr_served, sizeof(ino), by_number);
}

void peers_free(struct peers *peers)
{
	free(peers->found);
	free(peers->served);
	free(peers);
}
