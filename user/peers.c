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

#include "cli.h"
#include "peers.h"

/* One end of a TCP connection; IPv4's addresses as IPv6 maps them. */
struct tcp_end {
	struct in6_addr addr;
	uint16_t port;
};

struct peer {
	uint64_t ino;
	uint64_t peer; /* of AF_UNIX; 0: none */
	bool tcp;
	struct tcp_end here, there;
};

struct peers {
	unsigned int nr;
	struct peer *peer;
};

static struct peer *add(struct peers *peers)
{
	peers->peer = must(reallocarray(peers->peer, peers->nr + 1, sizeof(*peers->peer)));
	memset(&peers->peer[peers->nr], 0, sizeof(*peers->peer));
	return &peers->peer[peers->nr++];
}

static int on_unix(struct nl_msg *msg, void *peers)
{
	struct nlmsghdr *hdr = nlmsg_hdr(msg);
	const struct unix_diag_msg *diag = nlmsg_data(hdr);
	struct nlattr *attr;
	struct peer *peer;

	if (!nlmsg_valid_hdr(hdr, sizeof(*diag)) || diag->udiag_family != AF_UNIX)
		return NL_OK;
	attr = nlmsg_find_attr(hdr, sizeof(*diag), UNIX_DIAG_PEER);
	peer = add(peers);
	peer->ino = diag->udiag_ino;
	if (attr && nla_len(attr) >= (int)sizeof(uint32_t))
		peer->peer = nla_get_u32(attr);
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
	struct peer *peer;

	if (!nlmsg_valid_hdr(hdr, sizeof(*diag)))
		return NL_OK;
	peer = add(peers);
	peer->ino = diag->idiag_inode;
	peer->tcp = true;
	peer->here = tcp_end(diag->idiag_family, diag->id.idiag_src, diag->id.idiag_sport);
	peer->there = tcp_end(diag->idiag_family, diag->id.idiag_dst, diag->id.idiag_dport);
	return NL_OK;
}

/* A kernel that does not know the family answers with an error: then there are none. */
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
				1 << TCP_CLOSE_WAIT,
	};

	dump(peers, &request, sizeof(request), on_inet);
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
	}
	return peers;
}

static bool same_end(const struct tcp_end *a, const struct tcp_end *b)
{
	return a->port == b->port && !memcmp(&a->addr, &b->addr, sizeof(a->addr));
}

uint64_t peers_of(const struct peers *peers, uint64_t ino)
{
	const struct peer *us = NULL, *it;

	for (unsigned int i = 0; i < peers->nr && !us; i++)
		if (peers->peer[i].ino == ino)
			us = &peers->peer[i];
	if (!us)
		return 0;
	if (!us->tcp)
		return us->peer;
	for (unsigned int i = 0; i < peers->nr; i++) {
		it = &peers->peer[i];
		if (it->tcp && it != us && same_end(&it->here, &us->there) &&
		    same_end(&it->there, &us->here))
			return it->ino;
	}
	return 0;
}

void peers_free(struct peers *peers)
{
	free(peers->peer);
	free(peers);
}
