// SPDX-License-Identifier: GPL-2.0-only
/*
 * unix_stream, unix_dgram, unix_seqpacket: the sockets of AF_UNIX, what is sent and received by
 * them, and what waits in them.
 */
#include <net/af_unix.h>

#include "shared/socket.h"

static void unix_gauge(struct ipc_row *row, struct ipc_gauge *gauge);

/* Details */
enum { PEEKS };

#define UNIX_DETAILS	IPC_NAMES([PEEKS] = "peeks")

static struct ipc_row unix_stream_row = {
	.name = "unix_stream",
	.na = IPC_BIT(IPC_QUEUED),	/* a byte stream has no messages */
	.details = UNIX_DETAILS,
	.gauge = unix_gauge,
};

static struct ipc_row unix_dgram_row = {
	.name = "unix_dgram",
	.details = UNIX_DETAILS,
	.gauge = unix_gauge,
};

static struct ipc_row unix_seqpacket_row = {
	.name = "unix_seqpacket",
	.details = UNIX_DETAILS,
	.gauge = unix_gauge,
};

static struct ipc_row *unix_row_of(struct file *file)
{
	const struct sock *sk = ipc_file_sk(file);

	if (!sk || sk->sk_family != AF_UNIX)
		return NULL;
	switch (sk->sk_type) {
	case SOCK_STREAM:
		return &unix_stream_row;
	case SOCK_DGRAM:
		return &unix_dgram_row;
	case SOCK_SEQPACKET:
		return &unix_seqpacket_row;
	default:
		return NULL;
	}
}

/* ---- operations ---- */

static void stream_send_done(const struct ipc_call *call)
{
	ipc_socket_sent(&unix_stream_row, call, IPC_NO_DETAIL);
}

static void stream_recv_done(const struct ipc_call *call)
{
	ipc_socket_received(&unix_stream_row, call, IPC_NO_DETAIL, PEEKS);
}

/* unix_seqpacket_sendmsg() and unix_seqpacket_recvmsg() call these, and are counted there. */
static void dgram_send_done(const struct ipc_call *call)
{
	if (ipc_socket_sk(call)->sk_type == SOCK_DGRAM)
		ipc_socket_sent(&unix_dgram_row, call, IPC_NO_DETAIL);
}

static void dgram_recv_done(const struct ipc_call *call)
{
	if (ipc_socket_sk(call)->sk_type == SOCK_DGRAM)
		ipc_socket_received(&unix_dgram_row, call, IPC_NO_DETAIL, PEEKS);
}

static void seqpacket_send_done(const struct ipc_call *call)
{
	ipc_socket_sent(&unix_seqpacket_row, call, IPC_NO_DETAIL);
}

static void seqpacket_recv_done(const struct ipc_call *call)
{
	ipc_socket_received(&unix_seqpacket_row, call, IPC_NO_DETAIL, PEEKS);
}

/* ---- waits ---- */

/* unix_stream_data_wait(), which is merged into its caller */
static void stream_reader_sleeps(struct ftrace_regs *regs)
{
	ipc_socket_sleeps(ipc_socket_of_queue(regs), IPC_RECV);
}

/* unix_wait_for_peer(other, timeo): the other's queue, or backlog, is full */
static void peer_sleeps(struct ftrace_regs *regs)
{
	ipc_socket_sleeps((const struct sock *)ipc_arg(regs, 0), IPC_SEND);
}

/* accept(2) and connect(2) are no operations, but they may wait. */
static void wait_done(const struct ipc_call *call)
{
	ipc_woke(call);
}

/* ---- what waits in them ---- */

#if IS_ENABLED(CONFIG_UNIX)

/* Of a stream. */
static u64 stream_unread(struct sock *sk)
{
	return max(unix_inq_len(sk), 0L);
}

static int unix_type(const struct ipc_row *row)
{
	if (row == &unix_stream_row)
		return SOCK_STREAM;
	return row == &unix_dgram_row ? SOCK_DGRAM : SOCK_SEQPACKET;
}

/*
 * A listener's queue holds connections, not messages. They are sockets, in the
 * table like all others.
 */
static void unix_count(struct sock *sk, struct ipc_gauge *gauge)
{
	gauge->value[IPC_OBJECTS]++;
	if (READ_ONCE(sk->sk_state) == TCP_LISTEN)
		return;
	if (sk->sk_type == SOCK_STREAM)
		gauge->value[IPC_QUEUED_BYTES] += stream_unread(sk);
	else
		ipc_count_queue(&sk->sk_receive_queue, gauge);
}

/* The same walk, under the same locks, as unix_diag_dump(). */
static void unix_gauge(struct ipc_row *row, struct ipc_gauge *gauge)
{
	int type = unix_type(row);
	struct net *net;
	struct sock *sk;
	unsigned int i;

	for (net = ipc_next_net(NULL); net; net = ipc_next_net(net)) {
		const struct unix_table *table = &net->unx.table;

		for (i = 0; i < UNIX_HASH_SIZE; i++) {
			if (hlist_empty(&table->buckets[i]))
				continue;
			spin_lock(&table->locks[i]);
			sk_for_each(sk, &table->buckets[i])
				if (sk->sk_type == type)
					unix_count(sk, gauge);
			spin_unlock(&table->locks[i]);
			cond_resched();
		}
	}
}

#else /* no such sockets */

static u64 stream_unread(struct sock *sk)
{
	return 0;
}

static void unix_gauge(struct ipc_row *row, struct ipc_gauge *gauge)
{
	gauge->unknown = IPC_BIT(IPC_OBJECTS) | IPC_BITS_QUEUE;
}

#endif

static void stream_add_unread(struct sock *sk, struct ipc_gauge *unread)
{
	unread->value[IPC_QUEUED_BYTES] = stream_unread(sk);
}

/* ---- hooks ---- */

/* The peer that a sender waits for may have been closed. */
#define UNIX_KIND(of, socket_type, ...) \
	{ \
		.row = of, \
		.family = { AF_UNIX }, \
		.type = socket_type, \
		.without_file = true, \
		.hooks = BIT(IPC_SOCKET_ALLOC) | BIT(IPC_SOCKET_PACKETS), \
		__VA_ARGS__ \
	}

static const struct ipc_socket_kind unix_kinds[] = {
	UNIX_KIND(&unix_stream_row, SOCK_STREAM, .unread = stream_add_unread),
	UNIX_KIND(&unix_dgram_row, SOCK_DGRAM),
	UNIX_KIND(&unix_seqpacket_row, SOCK_SEQPACKET),
};

static int unix_mech_init(void)
{
	unsigned int i;
	int err = 0;

	for (i = 0; !err && i < ARRAY_SIZE(unix_kinds); i++)
		err = ipc_socket_add(&unix_kinds[i]);
	return err;
}

#define SENDS(row)	IPC_FEEDS({ row, IPC_SENDS })
#define RECVS(row)	IPC_FEEDS({ row, IPC_RECVS })
#define CONNECTED(dir)	IPC_FEEDS({ &unix_stream_row, IPC_BITS_SLEEP(dir) }, \
				  { &unix_seqpacket_row, IPC_BITS_SLEEP(dir) })

static struct ipc_hook unix_hooks[] = {
	IPC_SOCKET_HOOK("unix_stream_sendmsg", stream_send_done, 3, false, SENDS(&unix_stream_row)),
	IPC_SOCKET_HOOK("unix_stream_recvmsg", stream_recv_done, 4, false, RECVS(&unix_stream_row)),
	IPC_SOCKET_HOOK("unix_seqpacket_sendmsg", seqpacket_send_done, 3, false,
			SENDS(&unix_seqpacket_row)),
	IPC_SOCKET_HOOK_BEHIND("unix_seqpacket_sendmsg", "unix_dgram_sendmsg", dgram_send_done, 3,
			       false, SENDS(&unix_dgram_row)),
	IPC_SOCKET_HOOK("unix_dgram_recvmsg", dgram_recv_done, 4, false, RECVS(&unix_dgram_row)),
	IPC_SOCKET_HOOK("unix_seqpacket_recvmsg", seqpacket_recv_done, 4, false,
			RECVS(&unix_seqpacket_row)),

	IPC_WAIT_HOOK("unix_stream_connect", NULL, NULL, wait_done, 4, CONNECTED(IPC_SEND)),
	IPC_WAIT_HOOK("unix_accept", NULL, NULL, wait_done, 4, CONNECTED(IPC_RECV)),

	IPC_SLEEP_HOOK("unix_stream_read_generic/prepare_to_wait", "prepare_to_wait", NULL,
		       stream_reader_sleeps,
		       IPC_NAMES("unix_stream_read_generic|unix_stream_data_wait"),
		       IPC_FEEDS({ &unix_stream_row, IPC_BITS_SLEEP(IPC_RECV) })),
	IPC_SLEEP_HOOK(NULL, "unix_wait_for_peer",
		       IPC_NAMES("unix_dgram_sendmsg", "unix_stream_connect"), peer_sleeps, NULL,
		       IPC_FEEDS({ &unix_stream_row, IPC_BITS_SLEEP(IPC_SEND) },
				 { &unix_dgram_row, IPC_BITS_SLEEP(IPC_SEND) },
				 { &unix_seqpacket_row, IPC_BITS_SLEEP(IPC_SEND) })),

	IPC_CLOSE_HOOK("unix_release"),
};

static struct ipc_row *const unix_rows[] = {
	&unix_stream_row, &unix_dgram_row, &unix_seqpacket_row,
};

/*
 * Prototypes of the hooked functions, as BTF has them, on every kernel (tests/btf). Several for
 * one function are alternatives: the callbacks read only what is the same in all of them.
 *
 *	int unix_stream_sendmsg(struct socket *sock, struct msghdr *msg, size_t len);
 *	int unix_stream_recvmsg(struct socket *sock, struct msghdr *msg, size_t size, int
 *		flags);
 *	int unix_dgram_sendmsg(struct socket *sock, struct msghdr *msg, size_t len);
 *	int unix_dgram_recvmsg(struct socket *sock, struct msghdr *msg, size_t size, int
 *		flags);
 *	int unix_seqpacket_sendmsg(struct socket *sock, struct msghdr *msg, size_t len);
 *	int unix_seqpacket_recvmsg(struct socket *sock, struct msghdr *msg, size_t size,
 *		int flags);
 *	int unix_stream_connect(struct socket *sock, struct sockaddr *uaddr, int addr_len,
 *		int flags);
 *	int unix_stream_connect(struct socket *sock, struct sockaddr_unsized *uaddr, int
 *		addr_len, int flags);
 *	int unix_accept(struct socket *sock, struct socket *newsock, int flags, bool
 *		kern);
 *	int unix_accept(struct socket *sock, struct socket *newsock, struct
 *		proto_accept_arg *arg);
 *	long int unix_wait_for_peer(struct sock *other, long int timeo);
 *	int unix_release(struct socket *sock);
 */

struct ipc_mech ipc_mech_unix = {
	.rows = unix_rows,
	.nr_rows = ARRAY_SIZE(unix_rows),
	.hooks = unix_hooks,
	.nr_hooks = ARRAY_SIZE(unix_hooks),
	.init = unix_mech_init,
	.row_of = unix_row_of,
};
