/* SPDX-License-Identifier: GPL-2.0-only */
/* What the rows of sockets share (socket.c). */
#ifndef _IPCSTAT_SOCKET_H
#define _IPCSTAT_SOCKET_H

#include <linux/net.h>
#include <linux/skbuff.h>
#include <net/net_namespace.h>
#include <net/sock.h>

#include "mech.h"

/* Where this is true the kernel has no IPv6, and lacks its hooks for a good reason. */
#define IPC_NO_INET6		(!IS_ENABLED(CONFIG_IPV6))

/* Details of the rows that AF_INET and AF_INET6 share. */
enum {
	IPC_INET_SENDS4,
	IPC_INET_RECVS4,
	IPC_INET_SENDS6,
	IPC_INET_RECVS6,
	IPC_INET_PEEKS,
};

#define IPC_INET_DETAILS \
	IPC_NAMES("ipv4_send_ops", "ipv4_recv_ops", "ipv6_send_ops", "ipv6_recv_ops", "peeks")

/* ---- the sockets of a row ---- */

/* The hooks of socket.c, each of which feeds the rows that say so. */
enum {
	IPC_SOCKET_INET_SEND,	/* inet_sendmsg() */
	IPC_SOCKET_INET_RECV,	/* inet_recvmsg() */
	IPC_SOCKET_INET6_SEND,	/* inet6_sendmsg() */
	IPC_SOCKET_INET6_RECV,	/* inet6_recvmsg() */
	IPC_SOCKET_COMMON_RECV,	/* sock_common_recvmsg() */
	IPC_SOCKET_ALLOC,	/* sock_alloc_send_pskb(), which waits for room */
	IPC_SOCKET_PACKETS,	/* __skb_wait_for_more_packets() */
	IPC_SOCKET_HOOKS
};

/**
 * struct ipc_socket_kind - the sockets of a row
 * @row: the row. Rows of AF_INET have the details IPC_INET_DETAILS.
 * @family: one or two families; 0: there is no second one
 * @type: SOCK_STREAM and so on
 * @protocol: IPPROTO_TCP and so on; 0: all
 * @prot: of AF_INET: what nearly all of them have as sk_prot; NULL: they are known by their type
 * @hooks: BIT()s of the hooks that feed the row
 * @without_file: a process may wait at one that has no file any more
 * @unread: fills in what is left to read of one; NULL: that is in its receive queue
 */
struct ipc_socket_kind {
	struct ipc_row *row;
	u8 family[2];
	u8 type;
	bool without_file;
	u16 protocol;
	const struct proto *prot;
	unsigned long hooks;
	void (*unread)(struct sock *sk, struct ipc_gauge *unread);
};

/* Makes the sockets of a row known. By init(). */
int ipc_socket_add(const struct ipc_socket_kind *kind);

/* The socket behind a file, or NULL. */
static inline struct sock *ipc_file_sk(struct file *file)
{
	struct socket *sock = sock_from_file(file);

	return sock ? sock->sk : NULL;
}

static inline bool ipc_sk_is(const struct sock *sk, int type, int protocol)
{
	return (sk->sk_family == AF_INET || sk->sk_family == AF_INET6) &&
	       sk->sk_type == type && sk->sk_protocol == protocol;
}

/* ---- operations: the first argument of all of them is the socket ---- */

/* A detail that there is not. */
#define IPC_NO_DETAIL	(-1)

static __always_inline const struct sock *ipc_socket_sk(const struct ipc_call *call)
{
	return ((const struct socket *)call->arg[0])->sk;
}

static __always_inline struct ipc_at ipc_socket_at(const struct ipc_call *call)
{
	return ipc_at_inode(SOCK_INODE((struct socket *)call->arg[0]));
}

/*
 * sendmsg(sock, msg, size) has returned. @detail: of the row, counts these operations, too; or
 * IPC_NO_DETAIL.
 */
void ipc_socket_sent_slow(struct ipc_row *row, const struct ipc_call *call, int detail);

/*
 * The same for most of them. It calls nothing in between, and so saves no registers. Only the
 * rows of AF_INET, which have details, may do without copies (SOCK_SUPPORT_ZC).
 */
static __always_inline void ipc_socket_sent(struct ipc_row *row, const struct ipc_call *call,
					    int detail)
{
	const struct msghdr *msg = (const struct msghdr *)call->arg[1];
	int ret = call->ret;

	if (unlikely(!user_backed_iter(&msg->msg_iter) || ret < 0 ||
		     (detail != IPC_NO_DETAIL && msg->msg_flags & MSG_ZEROCOPY))) {
		ipc_socket_sent_slow(row, call, detail);
		return;
	}
	ipc_moved(row, IPC_SEND, (unsigned int)ret);
	if (detail != IPC_NO_DETAIL)
		ipc_detail(row, detail, 1);
	ipc_end(call, row, IPC_SEND, ipc_socket_at(call), ret);
}

/* recvmsg(sock, msg, size, flags) has returned. @detail as above; @peeks: a detail of peeks. */
void ipc_socket_received_slow(struct ipc_row *row, const struct ipc_call *call, int detail,
			      unsigned int peeks);

static __always_inline void ipc_socket_received(struct ipc_row *row, const struct ipc_call *call,
						int detail, unsigned int peeks)
{
	const struct msghdr *msg = (const struct msghdr *)call->arg[1];
	int ret = call->ret;

	if (unlikely(!user_backed_iter(&msg->msg_iter) || ret < 0 ||
		     call->arg[3] & (MSG_PEEK | MSG_TRUNC))) {
		ipc_socket_received_slow(row, call, detail, peeks);
		return;
	}
	ipc_moved(row, IPC_RECV, (unsigned int)ret);
	if (detail != IPC_NO_DETAIL)
		ipc_detail(row, detail, 1);
	ipc_end(call, row, IPC_RECV, ipc_socket_at(call), ret);
}

/* ---- waits ---- */

/* The argument of prepare_to_wait(wq_head, wq_entry, state), at sk_sleep(sk). */
static inline const struct sock *ipc_socket_of_queue(struct ftrace_regs *regs)
{
	return container_of((void *)ipc_arg(regs, 0), struct socket, wq.wait)->sk;
}

/* A process is about to sleep at a socket, once: see ipc_sleep(). */
void ipc_socket_sleeps(const struct sock *sk, enum ipc_dir dir);
/* The same in a loop: see ipc_sleep_often(). False: it is no wait of a process. */
bool ipc_socket_sleeps_often(const struct sock *sk, enum ipc_dir dir);
/* A sender finds no room in a socket. */
void ipc_socket_is_full(const struct sock *sk, struct ipc_row *row);
/* An entry hook on a function that closes a socket, which is its first argument. */
void ipc_socket_closed(struct ftrace_regs *regs);

/* ---- for the gauges ---- */

/*
 * For each network namespace: for (net = ipc_next_net(NULL); net; net =
 * ipc_next_net(net)). Holds a reference on the current one, and no lock: what is
 * done with it may take its time. To be run to the end.
 */
struct net *ipc_next_net(struct net *net);

/* Adds the messages in a queue of a socket, and their bytes. */
void ipc_count_queue(struct sk_buff_head *queue, struct ipc_gauge *gauge);

/* ---- hooks ---- */

/* What sendmsg and recvmsg feed. */
#define IPC_SENDS	(IPC_BITS_RESULT(IPC_SEND) | IPC_BITS_SLEEP(IPC_SEND))
#define IPC_RECVS	(IPC_BITS_RESULT(IPC_RECV) | IPC_BITS_SLEEP(IPC_RECV))

/* Three arguments: a send, whose last one, the length, nobody looks at: the result tells. */
#define IPC_SOCKET_HOOK_BEHIND(first, name, handler, args, without, fed_rows) \
	{ \
		.kind = IPC_HOOK_RETURN, \
		.symbols = IPC_NAMES(name), \
		.feeds = fed_rows, \
		.done = handler, \
		.nargs = args, \
		.uses = (args) == 3 ? 2 : (args), \
		.sleeps = true, \
		.optional = without, \
		.passed_by = first, \
	}

#define IPC_SOCKET_HOOK(name, handler, args, without, fed_rows) \
	IPC_SOCKET_HOOK_BEHIND(NULL, name, handler, args, without, fed_rows)

#define IPC_WAIT_HOOK(name, by, inside, last, args, fed_rows) \
	{ \
		.kind = IPC_HOOK_RETURN, \
		.symbols = IPC_NAMES(name), \
		.called_by = by, \
		.feeds = fed_rows, \
		.asleep = inside, \
		.done = last, \
		.nargs = args, \
		.sleeps = true, \
	}

#define IPC_SLEEP_HOOK(own, function, by, handler, from, fed_rows) \
	{ \
		.kind = IPC_HOOK_ENTRY, \
		.name = own, \
		.symbols = IPC_NAMES(function), \
		.called_by = by, \
		.callers = from, \
		.feeds = fed_rows, \
		.entry = handler, \
	}

#define IPC_CLOSE_HOOK(function) \
	{ \
		.kind = IPC_HOOK_ENTRY, \
		.symbols = IPC_NAMES(function), \
		.entry = ipc_socket_closed, \
	}

#endif /* _IPCSTAT_SOCKET_H */
