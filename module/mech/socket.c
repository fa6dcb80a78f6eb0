// SPDX-License-Identifier: GPL-2.0-only
/*
 * Sending and receiving on sockets, for all their rows. The protocol families'
 * sendmsg and recvmsg are where all ways in come together: send(2) and recv(2)
 * with their kin, each message of sendmmsg() and recvmmsg(), read(2) and
 * write(2), io_uring. And they still see the struct msghdr, which tells what was
 * copied. splice and sendfile are counted in splice.c.
 */
#include <linux/net.h>
#include <linux/sched.h>
#include <linux/socket.h>
#include <linux/uio.h>

#include "socket.h"

/* A raw socket may have any protocol, also that of the other two. */
static __always_inline struct ipc_row *inet_row(const struct sock *sk)
{
	switch (sk->sk_type) {
	case SOCK_STREAM:
		return sk->sk_protocol == IPPROTO_TCP ? &ipc_tcp : NULL;
	case SOCK_DGRAM:
		return sk->sk_protocol == IPPROTO_UDP ? &ipc_udp : NULL;
	case SOCK_RAW:
		return &ipc_raw;
	default:
		return NULL;
	}
}

/*
 * A message in the kernel's own memory is none of a process: kernel_sendmsg(), a
 * splice, and sendpage before 6.5. What io_uring sends from registered buffers is,
 * though the buffers come as pages.
 */
static __always_inline bool of_process(const struct socket *sock, const struct msghdr *msg)
{
	if (likely(user_backed_iter(&msg->msg_iter)))
		return true;
	return iov_iter_is_bvec(&msg->msg_iter) && !(msg->msg_flags & MSG_SPLICE_PAGES) &&
	       sock->file && !(current->flags & PF_KTHREAD);
}

/* io_uring's first try, which must not block: nobody asked for that, it comes again. */
static bool retried(const struct socket *sock, const struct msghdr *msg, unsigned int flags)
{
	return flags & MSG_DONTWAIT && sock->file && !(sock->file->f_flags & O_NONBLOCK) &&
	       ipc_uring_msg(msg);
}

/* As tcp_sendmsg_locked() and __ip_append_data() decide; both need a capable device. */
static bool zerocopied(const struct sock *sk, const struct msghdr *msg)
{
	if (!msg->msg_ubuf && !sock_flag(sk, SOCK_ZEROCOPY))
		return false;
	return sk->sk_protocol != IPPROTO_TCP || sk->sk_route_caps & NETIF_F_SG;
}

/* sendmsg(sock, msg, size): true if it was an operation. */
static __always_inline bool sent(struct ipc_row *row, const struct ipc_call *call)
{
	const struct socket *sock = (const struct socket *)call->arg[0];
	const struct msghdr *msg = (const struct msghdr *)call->arg[1];
	int ret = call->ret, copied = ret;

	if (!of_process(sock, msg))
		return false;
	if (unlikely(ret == -EAGAIN) && retried(sock, msg, msg->msg_flags))
		return false;
	if (unlikely(msg->msg_flags & MSG_ZEROCOPY) && zerocopied(sock->sk, msg))
		copied = 0;
	ipc_op(row, IPC_SEND, ret, copied);
	return true;
}

/*
 * recvmsg(sock, msg, size, flags): true if it was an operation. With MSG_TRUNC the
 * result is more than has been copied; what has been has left the iterator.
 */
static __always_inline bool received(struct ipc_row *row, const struct ipc_call *call,
				     unsigned int peeks)
{
	const struct socket *sock = (const struct socket *)call->arg[0];
	const struct msghdr *msg = (const struct msghdr *)call->arg[1];
	unsigned int flags = call->arg[3];
	int ret = call->ret;

	if (!of_process(sock, msg))
		return false;
	if (unlikely(ret == -EAGAIN) && retried(sock, msg, flags))
		return false;
	if (unlikely(flags & MSG_PEEK)) {
		ipc_op(row, IPC_RECV, min(ret, 0), 0);
		ipc_detail(row, peeks, 1);
		return true;
	}
	ipc_op(row, IPC_RECV, ret,
	       unlikely(flags & MSG_TRUNC) ? call->arg[2] - iov_iter_count(&msg->msg_iter) : ret);
	return true;
}

/* ---- AF_UNIX ---- */

static const struct sock *call_sk(const struct ipc_call *call)
{
	return ((const struct socket *)call->arg[0])->sk;
}

static void unix_stream_sendmsg_done(const struct ipc_call *call)
{
	sent(&ipc_unix_stream, call);
}

static void unix_stream_recvmsg_done(const struct ipc_call *call)
{
	received(&ipc_unix_stream, call, IPC_UNIX_PEEKS);
}

/* unix_seqpacket_sendmsg() and unix_seqpacket_recvmsg() call these, and are counted there. */
static void unix_dgram_sendmsg_done(const struct ipc_call *call)
{
	if (call_sk(call)->sk_type == SOCK_DGRAM)
		sent(&ipc_unix_dgram, call);
}

static void unix_dgram_recvmsg_done(const struct ipc_call *call)
{
	if (call_sk(call)->sk_type == SOCK_DGRAM)
		received(&ipc_unix_dgram, call, IPC_UNIX_PEEKS);
}

static void unix_seqpacket_sendmsg_done(const struct ipc_call *call)
{
	sent(&ipc_unix_seqpacket, call);
}

static void unix_seqpacket_recvmsg_done(const struct ipc_call *call)
{
	received(&ipc_unix_seqpacket, call, IPC_UNIX_PEEKS);
}

/* ---- AF_INET, AF_INET6 ---- */

static __always_inline void inet_sent(const struct ipc_call *call, unsigned int detail)
{
	struct ipc_row *row = inet_row(call_sk(call));

	if (row && sent(row, call))
		ipc_detail(row, detail, 1);
}

/* What the error queue gives back was sent, not received. */
static __always_inline void inet_received(const struct ipc_call *call, unsigned int detail)
{
	struct ipc_row *row = inet_row(call_sk(call));

	if (row && !(call->arg[3] & MSG_ERRQUEUE) && received(row, call, IPC_INET_PEEKS))
		ipc_detail(row, detail, 1);
}

static void inet_sendmsg_done(const struct ipc_call *call)
{
	inet_sent(call, IPC_INET_SENDS4);
}

static void inet_recvmsg_done(const struct ipc_call *call)
{
	inet_received(call, IPC_INET_RECVS4);
}

static void inet6_sendmsg_done(const struct ipc_call *call)
{
	inet_sent(call, IPC_INET_SENDS6);
}

static void inet6_recvmsg_done(const struct ipc_call *call)
{
	inet_received(call, IPC_INET_RECVS6);
}

/* ---- for the gauges ---- */

struct net *ipc_next_net(struct net *net)
{
	struct net *next = net;
	bool found = false;

	down_read(&net_rwsem);
	if (!next)
		next = list_entry(&net_namespace_list, struct net, list);
	/* A namespace that we hold is on the list: see cleanup_net(). */
	list_for_each_entry_continue(next, &net_namespace_list, list) {
		found = maybe_get_net(next);
		if (found)
			break;
	}
	up_read(&net_rwsem);
	if (net)
		put_net(net);
	return found ? next : NULL;
}

void ipc_count_queue(struct sk_buff_head *queue, struct ipc_gauge *gauge)
{
	const struct sk_buff *skb;

	spin_lock_bh(&queue->lock);
	skb_queue_walk(queue, skb) {
		gauge->value[IPC_QUEUED]++;
		gauge->value[IPC_QUEUED_BYTES] += skb->len;
	}
	spin_unlock_bh(&queue->lock);
}

#define SEND_HOOK(name, ...) \
	{ \
		.kind = IPC_HOOK_RETURN, \
		.symbols = IPC_NAMES(#name), \
		.feeds = IPC_FEEDS(__VA_ARGS__), \
		.done = name##_done, \
		.nargs = 3, \
		.sleeps = true, \
		.optional = true, \
	}

#define RECV_HOOK(name, ...) \
	{ \
		.kind = IPC_HOOK_RETURN, \
		.symbols = IPC_NAMES(#name), \
		.feeds = IPC_FEEDS(__VA_ARGS__), \
		.done = name##_done, \
		.nargs = 4, \
		.sleeps = true, \
		.optional = true, \
	}

#define SENDS(row)	{ row, IPC_BITS_RESULT(IPC_SEND) }
#define RECVS(row)	{ row, IPC_BITS_RESULT(IPC_RECV) }

static struct ipc_hook socket_hooks[] = {
	SEND_HOOK(unix_stream_sendmsg, SENDS(&ipc_unix_stream)),
	RECV_HOOK(unix_stream_recvmsg, RECVS(&ipc_unix_stream)),
	SEND_HOOK(unix_dgram_sendmsg, SENDS(&ipc_unix_dgram)),
	RECV_HOOK(unix_dgram_recvmsg, RECVS(&ipc_unix_dgram)),
	SEND_HOOK(unix_seqpacket_sendmsg, SENDS(&ipc_unix_seqpacket)),
	RECV_HOOK(unix_seqpacket_recvmsg, RECVS(&ipc_unix_seqpacket)),
	SEND_HOOK(inet_sendmsg, SENDS(&ipc_tcp), SENDS(&ipc_udp), SENDS(&ipc_raw)),
	RECV_HOOK(inet_recvmsg, RECVS(&ipc_tcp), RECVS(&ipc_udp), RECVS(&ipc_raw)),
	SEND_HOOK(inet6_sendmsg, SENDS(&ipc_tcp), SENDS(&ipc_udp), SENDS(&ipc_raw)),
	RECV_HOOK(inet6_recvmsg, RECVS(&ipc_tcp), RECVS(&ipc_udp), RECVS(&ipc_raw)),
};

struct ipc_mech ipc_mech_socket = {
	.hooks = socket_hooks,
	.nr_hooks = ARRAY_SIZE(socket_hooks),
};
