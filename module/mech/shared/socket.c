// SPDX-License-Identifier: GPL-2.0-only
/*
 * Sending and receiving on sockets, for all their rows. The protocol families'
 * sendmsg and recvmsg are where all ways in come together: send(2) and recv(2)
 * with their kin, each message of sendmmsg() and recvmmsg(), read(2) and
 * write(2), io_uring. And they still see the struct msghdr, which tells what was
 * copied. splice and sendfile are counted in splice.c.
 */
#include <linux/bvec.h>
#include <linux/mm.h>
#include <linux/net.h>
#include <linux/sched.h>
#include <linux/socket.h>
#include <linux/uio.h>
#include <net/tcp.h>
#include <net/udp.h>

#include "socket.h"

/* A detail that there is not. */
#define NO_DETAIL	(-1)

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
 * Whether pages are a process's: those that copy_splice_read() has just made for a
 * pipe have no mapping. If @moved bytes have used @iter up, it points behind them.
 */
static bool user_pages(const struct iov_iter *iter, int moved)
{
	const struct bio_vec *bvec = iter->bvec;

	if (!iter->nr_segs) {
		if (moved <= 0)
			return true;
		bvec--;
	}
	return page_folio(bvec->bv_page)->mapping;
}

/*
 * A message in the kernel's own memory is none of a process: kernel_sendmsg(), a
 * splice, and sendpage before 6.5; nor are pages that a block device sends. What
 * io_uring moves in registered buffers is, though they come as pages.
 */
static bool of_process(const struct socket *sock, const struct msghdr *msg, int ret)
{
	if (user_backed_iter(&msg->msg_iter))
		return true;
	return iov_iter_is_bvec(&msg->msg_iter) && !(msg->msg_flags & MSG_SPLICE_PAGES) &&
	       sock->file && (current->io_uring || current->flags & PF_IO_WORKER) &&
	       user_pages(&msg->msg_iter, ret);
}

/* As tcp_sendmsg_locked() and __ip_append_data() decide; both need a capable device. */
static bool zerocopied(const struct sock *sk, const struct msghdr *msg)
{
	if (!msg->msg_ubuf && !sock_flag(sk, SOCK_ZEROCOPY))
		return false;
	return sk->sk_protocol != IPPROTO_TCP || sk->sk_route_caps & NETIF_F_SG;
}

/*
 * A message of the kernel's own, in the context of a process: a network block device sends what
 * the process writes, reads or flushes. It is no operation, and its wait is none of the process's.
 * Nothing but the end of the message removes the note. A splice removes its note itself.
 */
static void kernel_moved(const struct socket *sock, const struct msghdr *msg)
{
	if (ipc_has_notifiers() && !ipc_msg_spliced(sock, msg) &&
	    ipc_sleep_inode() == SOCK_INODE((struct socket *)sock))
		ipc_note_drop();
}

/* Another's socket may have been closed; it is locked against that (unix_wait_for_peer()). */
static struct ipc_object sk_object(const struct sock *sk, enum ipc_dir dir)
{
	struct ipc_object object = IPC_NO_OBJECT;
	long timeout = READ_ONCE(*(dir == IPC_SEND ? &sk->sk_sndtimeo : &sk->sk_rcvtimeo));

	if (sk->sk_socket)
		object = ipc_object_inode("socket", SOCK_INODE(sk->sk_socket));
	object.timeout = timeout != MAX_SCHEDULE_TIMEOUT;
	return object;
}

/* Not while it is connecting: there is no queue yet. */
static void sk_is_full(const struct sock *sk, struct ipc_row *row)
{
	struct ipc_object object;

	if (row == &ipc_tcp && (1 << sk->sk_state) & (TCPF_SYN_SENT | TCPF_SYN_RECV))
		return;
	object = sk_object(sk, IPC_SEND);
	ipc_event_limit(row, &object);
}

/* The first argument of all of them is the socket. */
static __always_inline struct ipc_at call_at(const struct ipc_call *call)
{
	return ipc_at_inode(SOCK_INODE((struct socket *)call->arg[0]));
}

/*
 * sendmsg(sock, msg, size). io_uring's first try, which must not block, is no operation:
 * nobody asked for that, it comes again. @detail: of the row, counts these operations, too;
 * or NO_DETAIL.
 */
static noinline void sent_slow(struct ipc_row *row, const struct ipc_call *call, int detail)
{
	const struct socket *sock = (const struct socket *)call->arg[0];
	const struct msghdr *msg = (const struct msghdr *)call->arg[1];
	int ret = call->ret, copied = ret;

	if (!of_process(sock, msg, ret)) {
		kernel_moved(sock, msg);
		return;
	}
	if (ret != -EAGAIN || !(msg->msg_flags & MSG_DONTWAIT) || !ipc_msg_retried(msg)) {
		if (msg->msg_flags & MSG_ZEROCOPY && zerocopied(sock->sk, msg))
			copied = 0;
		ipc_op(row, IPC_SEND, call_at(call), ret, copied);
		if (ret == -EAGAIN)
			sk_is_full(sock->sk, row);
		if (detail != NO_DETAIL)
			ipc_detail(row, detail, 1);
	}
	ipc_woke(call);
}

/*
 * The same for most of them. It calls nothing in between, and so saves no registers. Only the
 * rows of AF_INET, which have details, may do without copies (SOCK_SUPPORT_ZC).
 */
static __always_inline void sent(struct ipc_row *row, const struct ipc_call *call, int detail)
{
	const struct msghdr *msg = (const struct msghdr *)call->arg[1];
	int ret = call->ret;

	if (unlikely(!user_backed_iter(&msg->msg_iter) || ret < 0 ||
		     (detail != NO_DETAIL && msg->msg_flags & MSG_ZEROCOPY))) {
		sent_slow(row, call, detail);
		return;
	}
	ipc_moved(row, IPC_SEND, (unsigned int)ret);
	if (detail != NO_DETAIL)
		ipc_detail(row, detail, 1);
	ipc_end(call, row, IPC_SEND, call_at(call), ret);
}

/*
 * recvmsg(sock, msg, size, flags). With MSG_TRUNC the result is more than has been
 * copied; what has been has left the iterator. A peek is an operation that moves nothing.
 */
static noinline void received_slow(struct ipc_row *row, const struct ipc_call *call, int detail,
				   unsigned int peeks)
{
	const struct socket *sock = (const struct socket *)call->arg[0];
	const struct msghdr *msg = (const struct msghdr *)call->arg[1];
	unsigned int flags = call->arg[3];
	int ret = call->ret, copied = ret;

	if (!of_process(sock, msg, ret)) {
		kernel_moved(sock, msg);
		return;
	}
	if (ret != -EAGAIN || !(flags & MSG_DONTWAIT) || !ipc_msg_retried(msg)) {
		if (flags & MSG_PEEK) {
			ret = copied = min(ret, 0);
			ipc_detail(row, peeks, 1);
		} else if (flags & MSG_TRUNC) {
			copied = call->arg[2] - iov_iter_count(&msg->msg_iter);
		}
		ipc_op(row, IPC_RECV, call_at(call), ret, copied);
		if (detail != NO_DETAIL)
			ipc_detail(row, detail, 1);
	}
	ipc_woke(call);
}

static __always_inline void received(struct ipc_row *row, const struct ipc_call *call, int detail,
				     unsigned int peeks)
{
	const struct msghdr *msg = (const struct msghdr *)call->arg[1];
	int ret = call->ret;

	if (unlikely(!user_backed_iter(&msg->msg_iter) || ret < 0 ||
		     call->arg[3] & (MSG_PEEK | MSG_TRUNC))) {
		received_slow(row, call, detail, peeks);
		return;
	}
	ipc_moved(row, IPC_RECV, (unsigned int)ret);
	if (detail != NO_DETAIL)
		ipc_detail(row, detail, 1);
	ipc_end(call, row, IPC_RECV, call_at(call), ret);
}

/* ---- AF_UNIX ---- */

static const struct sock *call_sk(const struct ipc_call *call)
{
	return ((const struct socket *)call->arg[0])->sk;
}

static void unix_stream_send_done(const struct ipc_call *call)
{
	sent(&ipc_unix_stream, call, NO_DETAIL);
}

static void unix_stream_recv_done(const struct ipc_call *call)
{
	received(&ipc_unix_stream, call, NO_DETAIL, IPC_UNIX_PEEKS);
}

/* unix_seqpacket_sendmsg() and unix_seqpacket_recvmsg() call these, and are counted there. */
static void unix_dgram_send_done(const struct ipc_call *call)
{
	if (call_sk(call)->sk_type == SOCK_DGRAM)
		sent(&ipc_unix_dgram, call, NO_DETAIL);
}

static void unix_dgram_recv_done(const struct ipc_call *call)
{
	if (call_sk(call)->sk_type == SOCK_DGRAM)
		received(&ipc_unix_dgram, call, NO_DETAIL, IPC_UNIX_PEEKS);
}

static void unix_seqpacket_send_done(const struct ipc_call *call)
{
	sent(&ipc_unix_seqpacket, call, NO_DETAIL);
}

static void unix_seqpacket_recv_done(const struct ipc_call *call)
{
	received(&ipc_unix_seqpacket, call, NO_DETAIL, IPC_UNIX_PEEKS);
}

/* ---- AF_INET, AF_INET6 ---- */

/*
 * Most sockets of IPv4 are known by their protocol's operations; those with others (TLS,
 * a BPF socket map, MPTCP, raw ones) by their type.
 */
static void inet_send_done(const struct ipc_call *call)
{
	const struct sock *sk = call_sk(call);
	struct ipc_row *row;

	if (likely(READ_ONCE(sk->sk_prot) == &tcp_prot)) {
		sent(&ipc_tcp, call, IPC_INET_SENDS4);
	} else if (READ_ONCE(sk->sk_prot) == &udp_prot) {
		sent(&ipc_udp, call, IPC_INET_SENDS4);
	} else if (sk->sk_type == SOCK_RAW && sk->sk_family == AF_INET) {
		sent(&ipc_raw, call, IPC_INET_SENDS4);
	} else {
		row = inet_row(sk);
		if (row)
			sent(row, call,
			     sk->sk_family == AF_INET6 ? IPC_INET_SENDS6 : IPC_INET_SENDS4);
	}
}

/* What the error queue gives back was sent, not received. */
static void inet_recv_done(const struct ipc_call *call)
{
	const struct sock *sk = call_sk(call);
	struct ipc_row *row;

	if (unlikely(call->arg[3] & MSG_ERRQUEUE))
		return;
	if (likely(READ_ONCE(sk->sk_prot) == &tcp_prot)) {
		received(&ipc_tcp, call, IPC_INET_RECVS4, IPC_INET_PEEKS);
	} else if (READ_ONCE(sk->sk_prot) == &udp_prot) {
		received(&ipc_udp, call, IPC_INET_RECVS4, IPC_INET_PEEKS);
	} else if (sk->sk_type == SOCK_RAW && sk->sk_family == AF_INET) {
		received(&ipc_raw, call, IPC_INET_RECVS4, IPC_INET_PEEKS);
	} else {
		row = inet_row(sk);
		if (row)
			received(row, call, sk->sk_family == AF_INET6 ? IPC_INET_RECVS6 :
									IPC_INET_RECVS4,
				 IPC_INET_PEEKS);
	}
}

/* sock_common_recvmsg() is many families', and that of inet6_sockraw_ops. */
static void raw6_recv_done(const struct ipc_call *call)
{
	const struct sock *sk = call_sk(call);

	if (sk->sk_family == AF_INET6 && sk->sk_type == SOCK_RAW)
		inet_recv_done(call);
}

/* ---- waits ---- */

/* A socket without a file is the kernel's own, and its operations do not count either. */
static struct ipc_row *waiter_row(const struct sock *sk)
{
	if (sk->sk_family == AF_UNIX)
		return ipc_unix_row(sk);
	if ((sk->sk_family != AF_INET && sk->sk_family != AF_INET6) ||
	    !sk->sk_socket || !sk->sk_socket->file)
		return NULL;
	return inet_row(sk);
}

/*
 * Whether a process has given a socket to a block device or a tunnel of the kernel (NBD, iSCSI,
 * L2TP): I/O for want of memory is forbidden there, and stays so. It is allowed to all other
 * sockets of processes.
 */
static bool lent_to_kernel(const struct sock *sk)
{
	return ~sk->sk_allocation & (__GFP_IO | __GFP_FS);
}

/*
 * The row of a process that waits at a socket. Kernel threads have no operations whose end would
 * remove a note. Nor has a socket that is lent to the kernel, in whatever process, or one whose
 * last reference is gone: what kTLS has left is sent while the file is closed.
 */
static struct ipc_row *sleeper_row(const struct sock *sk)
{
	struct ipc_row *row;

	if (current->flags & PF_KTHREAD || lent_to_kernel(sk))
		return NULL;
	row = waiter_row(sk);
	return row && sk->sk_family != AF_UNIX && !file_count(sk->sk_socket->file) ? NULL : row;
}

static void sk_sleeps(const struct sock *sk, enum ipc_dir dir)
{
	struct ipc_row *row = sleeper_row(sk);
	struct ipc_object object;

	if (!row)
		return;
	object = sk_object(sk, dir);
	ipc_sleep(row, dir, &object);
	if (dir == IPC_SEND)
		ipc_event_limit(row, &object);
}

static void sk_sleeps_often(const struct sock *sk, enum ipc_dir dir)
{
	struct ipc_row *row = sleeper_row(sk);
	struct ipc_object object;

	if (!row)
		return;
	object = sk_object(sk, dir);
	ipc_sleep_often(row, dir, &object);
}

/* prepare_to_wait(wq_head, wq_entry, state), at sk_sleep(sk) */
static const struct sock *queue_sk(struct ftrace_regs *regs)
{
	return container_of((void *)ipc_arg(regs, 0), struct socket, wq.wait)->sk;
}

/* unix_stream_data_wait(), which is merged into its caller */
static void stream_reader_sleeps(struct ftrace_regs *regs)
{
	sk_sleeps(queue_sk(regs), IPC_RECV);
}

/* sock_wait_for_wmem(), which is merged into its caller */
static void sender_sleeps(struct ftrace_regs *regs)
{
	sk_sleeps(queue_sk(regs), IPC_SEND);
}

/* __skb_wait_for_more_packets(sk, ...), sk_wait_data(sk, ...): each sleeps once */
static void receiver_sleeps(struct ftrace_regs *regs)
{
	sk_sleeps((const struct sock *)ipc_arg(regs, 0), IPC_RECV);
}

/* unix_wait_for_peer(other, timeo): the other's queue, or backlog, is full */
static void peer_sleeps(struct ftrace_regs *regs)
{
	sk_sleeps((const struct sock *)ipc_arg(regs, 0), IPC_SEND);
}

/* sk_stream_wait_memory(sk, timeo): it loops */
static void stream_sender_sleeps(struct ftrace_regs *regs)
{
	const struct sock *sk = (const struct sock *)ipc_arg(regs, 0);
	struct ipc_row *row = sleeper_row(sk);

	sk_sleeps_often(sk, IPC_SEND);
	if (row)
		sk_is_full(sk, row);
}

/* sk_stream_wait_connect(sk, timeo): it loops */
static void stream_connecting(struct ftrace_regs *regs)
{
	sk_sleeps_often((const struct sock *)ipc_arg(regs, 0), IPC_SEND);
}

/* __inet_stream_connect(sock, addr, len, flags, is_sendmsg) */
static void connect_sleeps(const struct ipc_call *call)
{
	sk_sleeps_often(call_sk(call), IPC_SEND);
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
	sk_sleeps_often((const struct sock *)call->arg[0], IPC_RECV);
}

/* accept(2) and connect(2) are no operations, but they may wait. */
static void wait_done(const struct ipc_call *call)
{
	ipc_woke(call);
}

/* ---- what is left unread ---- */

/* A listener's queue holds connections. */
static void sk_unread(struct sock *sk, const struct ipc_row *row, struct ipc_gauge *unread)
{
	if (READ_ONCE(sk->sk_state) == TCP_LISTEN)
		return;
	if (row == &ipc_tcp)
		unread->value[IPC_QUEUED_BYTES] = ipc_tcp_unread(sk);
	else if (row == &ipc_unix_stream)
		unread->value[IPC_QUEUED_BYTES] = ipc_unix_unread(sk);
	else if (row == &ipc_udp)
		ipc_udp_unread(sk, unread);
	else
		ipc_count_queue(&sk->sk_receive_queue, unread);
}

/* unix_release(sock), inet_release(sock), by which inet6_release() ends, too */
static void closed(struct ftrace_regs *regs)
{
	const struct socket *sock = (const struct socket *)ipc_arg(regs, 0);
	struct ipc_gauge unread = { .unknown = 0 };
	struct ipc_object object;
	struct ipc_row *row;

	if (!ipc_listened(IPC_G_LOST) || !sock->sk)
		return;
	row = waiter_row(sock->sk);
	if (!row)
		return;
	sk_unread(sock->sk, row, &unread);
	object = sk_object(sock->sk, IPC_RECV);
	ipc_event_lost(row, &object, unread.value[IPC_QUEUED_BYTES], unread.value[IPC_QUEUED]);
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

/* Three arguments: a send, whose last one, the length, nobody looks at: the result tells. */
#define SOCKET_HOOK_BEHIND(first, name, handler, args, without, ...) \
	{ \
		.kind = IPC_HOOK_RETURN, \
		.symbols = IPC_NAMES(name), \
		.feeds = IPC_FEEDS(__VA_ARGS__), \
		.done = handler, \
		.nargs = args, \
		.uses = (args) == 3 ? 2 : (args), \
		.sleeps = true, \
		.optional = without, \
		.passed_by = first, \
	}

#define SOCKET_HOOK(name, handler, args, without, ...) \
	SOCKET_HOOK_BEHIND(NULL, name, handler, args, without, __VA_ARGS__)

#define WAIT_HOOK(name, by, inside, last, args, ...) \
	{ \
		.kind = IPC_HOOK_RETURN, \
		.symbols = IPC_NAMES(name), \
		.called_by = by, \
		.feeds = IPC_FEEDS(__VA_ARGS__), \
		.asleep = inside, \
		.done = last, \
		.nargs = args, \
		.sleeps = true, \
	}

#define SLEEP_HOOK(own, function, by, handler, from, ...) \
	{ \
		.kind = IPC_HOOK_ENTRY, \
		.name = own, \
		.symbols = IPC_NAMES(function), \
		.called_by = by, \
		.callers = from, \
		.feeds = IPC_FEEDS(__VA_ARGS__), \
		.entry = handler, \
	}

#define CLOSE_HOOK(name) \
	{ \
		.kind = IPC_HOOK_ENTRY, \
		.symbols = IPC_NAMES(name), \
		.entry = closed, \
	}

#define SENDS(row)	{ row, IPC_BITS_RESULT(IPC_SEND) | IPC_BITS_SLEEP(IPC_SEND) }
#define RECVS(row)	{ row, IPC_BITS_RESULT(IPC_RECV) | IPC_BITS_SLEEP(IPC_RECV) }
#define WAITS_TO(dir, row)	{ row, IPC_BITS_SLEEP(dir) }

static struct ipc_hook socket_hooks[] = {
	SOCKET_HOOK("unix_stream_sendmsg", unix_stream_send_done, 3, false, SENDS(&ipc_unix_stream)),
	SOCKET_HOOK("unix_stream_recvmsg", unix_stream_recv_done, 4, false, RECVS(&ipc_unix_stream)),
	SOCKET_HOOK("unix_seqpacket_sendmsg", unix_seqpacket_send_done, 3, false,
		    SENDS(&ipc_unix_seqpacket)),
	SOCKET_HOOK_BEHIND("unix_seqpacket_sendmsg", "unix_dgram_sendmsg", unix_dgram_send_done, 3,
			   false, SENDS(&ipc_unix_dgram)),
	SOCKET_HOOK("unix_dgram_recvmsg", unix_dgram_recv_done, 4, false, RECVS(&ipc_unix_dgram)),
	SOCKET_HOOK("unix_seqpacket_recvmsg", unix_seqpacket_recv_done, 4, false,
		    RECVS(&ipc_unix_seqpacket)),
	SOCKET_HOOK("inet_sendmsg", inet_send_done, 3, false,
		    SENDS(&ipc_tcp), SENDS(&ipc_udp), SENDS(&ipc_raw)),
	SOCKET_HOOK("inet_recvmsg", inet_recv_done, 4, false,
		    RECVS(&ipc_tcp), RECVS(&ipc_udp), RECVS(&ipc_raw)),
	SOCKET_HOOK("inet6_sendmsg", inet_send_done, 3, IPC_NO_INET6, SENDS(&ipc_tcp), SENDS(&ipc_udp)),
	SOCKET_HOOK("inet6_recvmsg", inet_recv_done, 4, IPC_NO_INET6, RECVS(&ipc_tcp), RECVS(&ipc_udp)),
	SOCKET_HOOK("sock_common_recvmsg", raw6_recv_done, 4, false, RECVS(&ipc_raw)),

	WAIT_HOOK("unix_stream_connect", NULL, NULL, wait_done, 4,
		  WAITS_TO(IPC_SEND, &ipc_unix_stream), WAITS_TO(IPC_SEND, &ipc_unix_seqpacket)),
	WAIT_HOOK("unix_accept", NULL, NULL, wait_done, 4,
		  WAITS_TO(IPC_RECV, &ipc_unix_stream), WAITS_TO(IPC_RECV, &ipc_unix_seqpacket)),
	WAIT_HOOK("__inet_stream_connect", IPC_NAMES("inet_stream_connect"), connect_sleeps,
		  connect_done, 5, WAITS_TO(IPC_SEND, &ipc_tcp)),
	WAIT_HOOK("inet_csk_accept", NULL, accept_sleeps, wait_done, 4,
		  WAITS_TO(IPC_RECV, &ipc_tcp)),

	SLEEP_HOOK("unix_stream_read_generic/prepare_to_wait", "prepare_to_wait", NULL,
		   stream_reader_sleeps,
		   IPC_NAMES("unix_stream_read_generic|unix_stream_data_wait"),
		   WAITS_TO(IPC_RECV, &ipc_unix_stream)),
	SLEEP_HOOK("sock_alloc_send_pskb/prepare_to_wait", "prepare_to_wait", NULL, sender_sleeps,
		   IPC_NAMES("sock_alloc_send_pskb|sock_wait_for_wmem"),
		   WAITS_TO(IPC_SEND, &ipc_unix_stream), WAITS_TO(IPC_SEND, &ipc_unix_dgram),
		   WAITS_TO(IPC_SEND, &ipc_unix_seqpacket),
		   WAITS_TO(IPC_SEND, &ipc_udp), WAITS_TO(IPC_SEND, &ipc_raw)),
	SLEEP_HOOK(NULL, "unix_wait_for_peer",
		   IPC_NAMES("unix_dgram_sendmsg", "unix_stream_connect"), peer_sleeps, NULL,
		   WAITS_TO(IPC_SEND, &ipc_unix_stream), WAITS_TO(IPC_SEND, &ipc_unix_dgram),
		   WAITS_TO(IPC_SEND, &ipc_unix_seqpacket)),
	SLEEP_HOOK(NULL, "__skb_wait_for_more_packets", IPC_NAMES("__skb_recv_datagram"),
		   receiver_sleeps, NULL,
		   WAITS_TO(IPC_RECV, &ipc_unix_stream), WAITS_TO(IPC_RECV, &ipc_unix_dgram),
		   WAITS_TO(IPC_RECV, &ipc_unix_seqpacket),
		   WAITS_TO(IPC_RECV, &ipc_udp), WAITS_TO(IPC_RECV, &ipc_raw)),
	SLEEP_HOOK(NULL, "sk_wait_data", NULL, receiver_sleeps, NULL, WAITS_TO(IPC_RECV, &ipc_tcp)),
	SLEEP_HOOK(NULL, "sk_stream_wait_memory", NULL, stream_sender_sleeps, NULL,
		   WAITS_TO(IPC_SEND, &ipc_tcp)),
	SLEEP_HOOK(NULL, "sk_stream_wait_connect", NULL, stream_connecting, NULL,
		   WAITS_TO(IPC_SEND, &ipc_tcp)),

	CLOSE_HOOK("unix_release"),
	CLOSE_HOOK("inet_release"),
};

struct ipc_mech ipc_mech_socket = {
	.hooks = socket_hooks,
	.nr_hooks = ARRAY_SIZE(socket_hooks),
};
