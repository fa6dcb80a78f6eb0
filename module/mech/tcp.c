// SPDX-License-Identifier: GPL-2.0-only
/*
 * tcp: the sockets of TCP over IPv4 and IPv6, and the bytes that wait in them,
 * received and not read or accepted and not yet sent. shared/socket.c finds what is sent and
 * received, for all sockets of IP.
 *
 * The kernel counts the sockets. Those that are connected are in the table of
 * established connections. A connection that has ended leaves it, while what the
 * peer sent last may still wait to be read: such sockets are in no table of the
 * kernel's, so they are kept in a set of our own.
 */
#include <net/inet_hashtables.h>
#include <net/mptcp.h>
#include <net/tcp.h>

#include "shared/socket.h"

static void tcp_gauge(struct ipc_row *row, struct ipc_gauge *gauge);

static struct ipc_row tcp_row = {
	.name = "tcp",
	.na = IPC_BIT(IPC_QUEUED),	/* a byte stream has no messages */
	.details = IPC_INET_DETAILS,
	.gauge = tcp_gauge,
};

/* What may be left to read of connections that have ended, by struct sock. */
static struct ipc_set *leftovers;

static struct ipc_row *tcp_row_of(struct file *file)
{
	const struct sock *sk = ipc_file_sk(file);

	return sk && ipc_sk_is(sk, SOCK_STREAM, IPPROTO_TCP) ? &tcp_row : NULL;
}

/*
 * What tcp_inq() counts, and beyond it what lies behind urgent data. Without the
 * socket's lock, as tcp_diag_get_info() reads it.
 */
static u32 tcp_unread(const struct sock *sk)
{
	const struct tcp_sock *tp = tcp_sk(sk);
	u32 end = READ_ONCE(tp->rcv_nxt), start = READ_ONCE(tp->copied_seq);
	u32 urg = READ_ONCE(tp->urg_seq);

	if (!before(start, end))
		return 0;
	if (sock_flag(sk, SOCK_DONE))
		end--;	/* the peer's FIN */
	/* An urgent byte that was taken out of line is not there any more. */
	if (READ_ONCE(tp->urg_data) == TCP_URG_READ && !sock_flag(sk, SOCK_URGINLINE) &&
	    !before(urg, start) && before(urg, end))
		end--;
	return end - start;
}

/* What SIOCOUTQNSD tells, without our own FIN. */
static u32 tcp_unsent(const struct sock *sk, int state)
{
	const struct tcp_sock *tp = tcp_sk(sk);
	u32 end = READ_ONCE(tp->write_seq), start = READ_ONCE(tp->snd_nxt);

	if (!before(start, end))
		return 0;
	if ((1 << state) & (TCPF_FIN_WAIT1 | TCPF_CLOSING | TCPF_LAST_ACK))
		end--;
	return end - start;
}

/*
 * The sockets that carry an MPTCP connection belong to it. The sequence numbers of a listener are
 * those of a connection that it had before. tcp_v4_connect() hashes a socket before its sequence
 * numbers are set.
 */
static void tcp_count(const struct sock *sk, struct ipc_gauge *gauge)
{
	int state = inet_sk_state_load(sk);

	if (!sk_fullsock(sk))
		return;
	if (sk_is_mptcp(sk))
		gauge->value[IPC_OBJECTS]--;
	else if (state != TCP_SYN_SENT && state != TCP_LISTEN)
		gauge->value[IPC_QUEUED_BYTES] += tcp_unread(sk) + tcp_unsent(sk, state);
}

static void tcp_count_connections(struct inet_hashinfo *table, struct ipc_gauge *gauge)
{
	struct hlist_nulls_node *node;
	const struct sock *sk;
	unsigned int i;

	for (i = 0; i <= table->ehash_mask; i++) {
		if (!(i % 1024))
			cond_resched();
		if (hlist_nulls_empty(&table->ehash[i].chain))
			continue;
		spin_lock_bh(inet_ehash_lockp(table, i));
		sk_nulls_for_each(sk, node, &table->ehash[i].chain)
			tcp_count(sk, gauge);
		spin_unlock_bh(inet_ehash_lockp(table, i));
	}
}

static void tcp_count_listeners(struct inet_hashinfo *table, struct ipc_gauge *gauge)
{
	struct hlist_nulls_node *node;
	const struct sock *sk;
	unsigned int i;

	for (i = 0; i <= table->lhash2_mask; i++) {
		if (hlist_nulls_empty(&table->lhash2[i].nulls_head))
			continue;
		spin_lock(&table->lhash2[i].lock);
		sk_nulls_for_each(sk, node, &table->lhash2[i].nulls_head)
			tcp_count(sk, gauge);
		spin_unlock(&table->lhash2[i].lock);
		cond_resched();
	}
}

static void tcp_count_leftover(void *object, unsigned long unused, void *arg)
{
	const struct sock *sk = object;
	struct ipc_gauge *gauge = arg;

	/* It may have been connected again. */
	if (inet_sk_state_load(sk) == TCP_CLOSE && !sk_is_mptcp(sk))
		gauge->value[IPC_QUEUED_BYTES] += tcp_unread(sk);
}

/*
 * All namespaces share one table, but for those made where net.ipv4.tcp_child_ehash_entries is set:
 * these have connections of their own, and share the listeners.
 */
static void tcp_gauge(struct ipc_row *row, struct ipc_gauge *gauge)
{
	struct inet_hashinfo *shared = init_net.ipv4.tcp_death_row.hashinfo;
	struct net *net;

	gauge->value[IPC_OBJECTS] = proto_sockets_allocated_sum_positive(&tcp_prot);
	for (net = ipc_next_net(NULL); net; net = ipc_next_net(net)) {
		struct inet_hashinfo *table = net->ipv4.tcp_death_row.hashinfo;

		if (net_eq(net, &init_net) || table != shared)
			tcp_count_connections(table, gauge);
		if (net_eq(net, &init_net) || table->lhash2 != shared->lhash2)
			tcp_count_listeners(table, gauge);
	}
	/* A socket may have come to MPTCP after the sum. */
	gauge->value[IPC_OBJECTS] = max_t(s64, gauge->value[IPC_OBJECTS], 0);
	ipc_set_for_each(leftovers, tcp_count_leftover, gauge);
	if (!ipc_set_exact(leftovers))
		gauge->unknown = IPC_BIT(IPC_QUEUED_BYTES);
}

/* tcp_done(sk), called with the socket locked: the connection has ended. */
static void tcp_done_entry(struct ftrace_regs *regs)
{
	const struct sock *sk = (const struct sock *)ipc_arg(regs, 0);

	if (!sock_flag(sk, SOCK_DEAD) && tcp_unread(sk))
		ipc_set_add(leftovers, sk, 0, ipc_sk_uid(sk));
}

/* tcp_v4_destroy_sock(sk): proto->destroy of both families, once for each socket. */
static void tcp_destroy_entry(struct ftrace_regs *regs)
{
	const struct sock *sk = (const struct sock *)ipc_arg(regs, 0);

	ipc_set_del(leftovers, sk, ipc_sk_uid(sk));
}

static void tcp_add_unread(struct sock *sk, struct ipc_gauge *unread)
{
	unread->value[IPC_QUEUED_BYTES] = tcp_unread(sk);
}

static const struct ipc_socket_kind tcp_kind = {
	.row = &tcp_row,
	.family = { AF_INET, AF_INET6 },
	.type = SOCK_STREAM,
	.protocol = IPPROTO_TCP,
	.prot = &tcp_prot,
	.hooks = BIT(IPC_SOCKET_INET_SEND) | BIT(IPC_SOCKET_INET_RECV) |
		 BIT(IPC_SOCKET_INET6_SEND) | BIT(IPC_SOCKET_INET6_RECV),
	.unread = tcp_add_unread,
};

static int tcp_mech_init(void)
{
	leftovers = ipc_set_new("tcp", ipc_max_objects, IPC_SET_SOME);
	return leftovers ? ipc_socket_add(&tcp_kind) : -ENOMEM;
}

static void tcp_seed(void)
{
	if (!(tcp_row.lost & IPC_BIT(IPC_QUEUED_BYTES)))
		ipc_set_open(leftovers);
}

/* The file keeps the socket from being destroyed meanwhile. */
static void tcp_seed_file(struct file *file)
{
	const struct sock *sk = ipc_file_sk(file);

	if (tcp_row_of(file) && inet_sk_state_load(sk) == TCP_CLOSE && tcp_unread(sk))
		ipc_set_find_again(leftovers, sk, 0, ipc_sk_uid(sk));
}

static void tcp_mech_exit(void)
{
	ipc_set_free(leftovers);
}

/* ---- waits ---- */

/* sk_wait_data(sk, ...): it sleeps once */
static void receiver_sleeps(struct ftrace_regs *regs)
{
	ipc_socket_sleeps((const struct sock *)ipc_arg(regs, 0), IPC_RECV);
}

/* sk_stream_wait_memory(sk, timeo): it loops */
static void sender_sleeps(struct ftrace_regs *regs)
{
	const struct sock *sk = (const struct sock *)ipc_arg(regs, 0);

	if (ipc_socket_sleeps_often(sk, IPC_SEND))
		ipc_socket_is_full(sk, &tcp_row);
}

/* sk_stream_wait_connect(sk, timeo): it loops */
static void sender_connecting(struct ftrace_regs *regs)
{
	ipc_socket_sleeps_often((const struct sock *)ipc_arg(regs, 0), IPC_SEND);
}

/* __inet_stream_connect(sock, addr, len, flags, is_sendmsg) */
static void connect_sleeps(const struct ipc_call *call)
{
	ipc_socket_sleeps_often(ipc_socket_sk(call), IPC_SEND);
}

/* In a sendmsg() it is a part of that operation. */
static void connect_done(const struct ipc_call *call)
{
	if (!(int)call->arg[4])
		ipc_woke(call);
}

/* inet_csk_accept(sk, ...) */
static void accept_sleeps(const struct ipc_call *call)
{
	ipc_socket_sleeps_often((const struct sock *)call->arg[0], IPC_RECV);
}

/* accept(2) is no operation, but it may wait. */
static void accept_done(const struct ipc_call *call)
{
	ipc_woke(call);
}

/* ---- hooks ---- */

#define WAITS_TO(dir)	IPC_FEEDS({ &tcp_row, IPC_BITS_SLEEP(dir) })

static struct ipc_hook tcp_hooks[] = {
	{
		.kind = IPC_HOOK_ENTRY,
		.symbols = IPC_NAMES("tcp_done"),
		.feeds = IPC_FEEDS({ &tcp_row, IPC_BIT(IPC_QUEUED_BYTES) }),
		.entry = tcp_done_entry,
	},
	{
		.kind = IPC_HOOK_ENTRY,
		.symbols = IPC_NAMES("tcp_v4_destroy_sock"),
		.feeds = IPC_FEEDS({ &tcp_row, IPC_BIT(IPC_QUEUED_BYTES) }),
		.entry = tcp_destroy_entry,
	},
	IPC_WAIT_HOOK("__inet_stream_connect", IPC_NAMES("inet_stream_connect"), connect_sleeps,
		      connect_done, 5, WAITS_TO(IPC_SEND)),
	IPC_WAIT_HOOK("inet_csk_accept", NULL, accept_sleeps, accept_done, 4, WAITS_TO(IPC_RECV)),
	IPC_SLEEP_HOOK(NULL, "sk_wait_data", NULL, receiver_sleeps, NULL, WAITS_TO(IPC_RECV)),
	IPC_SLEEP_HOOK(NULL, "sk_stream_wait_memory", NULL, sender_sleeps, NULL,
		       WAITS_TO(IPC_SEND)),
	IPC_SLEEP_HOOK(NULL, "sk_stream_wait_connect", NULL, sender_connecting, NULL,
		       WAITS_TO(IPC_SEND)),
};

static struct ipc_row *const tcp_rows[] = { &tcp_row };

/*
 * Prototypes of the hooked functions, as BTF has them, on every kernel (tests/btf). Several for
 * one function are alternatives: the callbacks read only what is the same in all of them.
 *
 *	int __inet_stream_connect(struct socket *sock, struct sockaddr *uaddr, int
 *		addr_len, int flags, int is_sendmsg);
 *	int __inet_stream_connect(struct socket *sock, struct sockaddr_unsized *uaddr, int
 *		addr_len, int flags, int is_sendmsg);
 *	struct sock *inet_csk_accept(struct sock *sk, int flags, int *err, bool kern);
 *	struct sock *inet_csk_accept(struct sock *sk, struct proto_accept_arg *arg);
 *	int sk_wait_data(struct sock *sk, long int *timeo, const struct sk_buff *skb);
 *	int sk_stream_wait_memory(struct sock *sk, long int *timeo_p);
 *	int sk_stream_wait_connect(struct sock *sk, long int *timeo_p);
 *	void tcp_done(struct sock *sk);
 *	void tcp_v4_destroy_sock(struct sock *sk);
 */

struct ipc_mech ipc_mech_tcp = {
	.rows = tcp_rows,
	.nr_rows = ARRAY_SIZE(tcp_rows),
	.hooks = tcp_hooks,
	.nr_hooks = ARRAY_SIZE(tcp_hooks),
	.init = tcp_mech_init,
	.seed = tcp_seed,
	.seed_file = tcp_seed_file,
	.exit = tcp_mech_exit,
	.row_of = tcp_row_of,
};
