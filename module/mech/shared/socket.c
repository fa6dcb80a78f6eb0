// SPDX-License-Identifier: GPL-2.0-only
/*
 * What the rows of sockets share: sending and receiving, and the hooks that several of them
 * have. It knows no row: each makes itself known by ipc_socket_add().
 *
 * The protocol families' sendmsg and recvmsg are where all ways in come together: send(2) and
 * recv(2) with their kin, each message of sendmmsg() and recvmmsg(), read(2) and
 * write(2), io_uring. And they still see the struct msghdr, which tells what was
 * copied. splice and sendfile are counted in splice.c.
 */
#include <linux/bvec.h>
#include <linux/mm.h>
#include <linux/net.h>
#include <linux/sched.h>
#include <linux/socket.h>
#include <linux/uio.h>
#include <net/tcp_states.h>

#include "socket.h"

#define NR_TYPES	(SOCK_SEQPACKET + 1)
/* The rows that a hook feeds at most. */
#define MAX_ROWS	15

/* ---- the rows ---- */

/* By family and type. */
static const struct ipc_socket_kind *kinds[AF_MAX][NR_TYPES];

/*
 * The rows of IP, by type, for those who do not look for one among all. Most sockets of IPv4 are
 * known by their protocol's operations, which is fastest; @prot may be NULL: none are. There is a row
 * for each of these types: see socket_rows_init().
 */
static struct {
	const struct proto *prot;
	struct ipc_row *row;
} inet[SOCK_RAW + 1];

static struct ipc_feed feeds[IPC_SOCKET_HOOKS][MAX_ROWS + 1];

static const u32 fed[IPC_SOCKET_HOOKS] = {
	[IPC_SOCKET_INET_SEND]	= IPC_SENDS,
	[IPC_SOCKET_INET_RECV]	= IPC_RECVS,
	[IPC_SOCKET_INET6_SEND]	= IPC_SENDS,
	[IPC_SOCKET_INET6_RECV]	= IPC_RECVS,
	[IPC_SOCKET_COMMON_RECV] = IPC_RECVS,
	[IPC_SOCKET_ALLOC]	= IPC_BITS_SLEEP(IPC_SEND),
	[IPC_SOCKET_PACKETS]	= IPC_BITS_SLEEP(IPC_RECV),
};

int ipc_socket_add(const struct ipc_socket_kind *kind)
{
	unsigned int i, nr;

	for (i = 0; i < ARRAY_SIZE(kind->family) && kind->family[i]; i++)
		kinds[kind->family[i]][kind->type] = kind;
	if (kind->family[0] == AF_INET && kind->type <= SOCK_RAW) {
		inet[kind->type].prot = kind->prot;
		inet[kind->type].row = kind->row;
	}
	for (i = 0; i < IPC_SOCKET_HOOKS; i++) {
		if (!(kind->hooks & BIT(i)))
			continue;
		for (nr = 0; feeds[i][nr].row; nr++)
			;
		if (WARN_ON_ONCE(nr == MAX_ROWS))
			return -ENOSPC;
		feeds[i][nr] = (struct ipc_feed){ kind->row, fed[i] };
	}
	return 0;
}

static __always_inline const struct ipc_socket_kind *kind_of(const struct sock *sk)
{
	const struct ipc_socket_kind *kind;

	if (unlikely(sk->sk_type >= NR_TYPES))
		return NULL;
	/* As pointers: see row.h on subscripts. */
	kind = *(*(kinds + sk->sk_family) + sk->sk_type);
	return kind && (!kind->protocol || kind->protocol == sk->sk_protocol) ? kind : NULL;
}

/* ---- operations ---- */

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
void ipc_socket_is_full(const struct sock *sk, struct ipc_row *row)
{
	struct ipc_object object;

	if (sk->sk_protocol == IPPROTO_TCP && (1 << sk->sk_state) & (TCPF_SYN_SENT | TCPF_SYN_RECV))
		return;
	object = sk_object(sk, IPC_SEND);
	ipc_event_limit(row, &object);
}

/* io_uring's first try, which must not block, is no operation: nobody asked for that, it comes again. */
void ipc_socket_sent_slow(struct ipc_row *row, const struct ipc_call *call, int detail)
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
		ipc_op(row, IPC_SEND, ipc_socket_at(call), ret, copied);
		if (ret == -EAGAIN)
			ipc_socket_is_full(sock->sk, row);
		if (detail != IPC_NO_DETAIL)
			ipc_detail(row, detail, 1);
	}
	ipc_woke(call);
}

/*
 * With MSG_TRUNC the result is more than has been
 * copied; what has been has left the iterator. A peek is an operation that moves nothing.
 */
void ipc_socket_received_slow(struct ipc_row *row, const struct ipc_call *call, int detail,
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
		ipc_op(row, IPC_RECV, ipc_socket_at(call), ret, copied);
		if (detail != IPC_NO_DETAIL)
			ipc_detail(row, detail, 1);
	}
	ipc_woke(call);
}

/* ---- AF_INET, AF_INET6 ---- */

/*
 * Sockets that are not known by their protocol's operations (IPv6, TLS, a BPF socket map, MPTCP,
 * raw ones) are by their type. A raw socket may have any protocol, also that of the other two.
 * False: it is no socket of a row.
 */
static __always_inline bool inet_row(const struct sock *sk, struct ipc_row **row)
{
	switch (sk->sk_type) {
	case SOCK_STREAM:
		*row = inet[SOCK_STREAM].row;
		return sk->sk_protocol == IPPROTO_TCP;
	case SOCK_DGRAM:
		*row = inet[SOCK_DGRAM].row;
		return sk->sk_protocol == IPPROTO_UDP;
	case SOCK_RAW:
		*row = inet[SOCK_RAW].row;
		return true;
	default:
		return false;
	}
}

static void inet_send_done(const struct ipc_call *call)
{
	const struct sock *sk = ipc_socket_sk(call);
	struct ipc_row *row;

	if (likely(READ_ONCE(sk->sk_prot) == inet[SOCK_STREAM].prot))
		ipc_socket_sent(inet[SOCK_STREAM].row, call, IPC_INET_SENDS4);
	else if (READ_ONCE(sk->sk_prot) == inet[SOCK_DGRAM].prot)
		ipc_socket_sent(inet[SOCK_DGRAM].row, call, IPC_INET_SENDS4);
	else if (sk->sk_type == SOCK_RAW && sk->sk_family == AF_INET)
		ipc_socket_sent(inet[SOCK_RAW].row, call, IPC_INET_SENDS4);
	else if (inet_row(sk, &row))
		ipc_socket_sent(row, call, sk->sk_family == AF_INET6 ? IPC_INET_SENDS6 :
								       IPC_INET_SENDS4);
}

/* What the error queue gives back was sent, not received. */
static void inet_recv_done(const struct ipc_call *call)
{
	const struct sock *sk = ipc_socket_sk(call);
	struct ipc_row *row;

	if (unlikely(call->arg[3] & MSG_ERRQUEUE))
		return;
	if (likely(READ_ONCE(sk->sk_prot) == inet[SOCK_STREAM].prot))
		ipc_socket_received(inet[SOCK_STREAM].row, call, IPC_INET_RECVS4, IPC_INET_PEEKS);
	else if (READ_ONCE(sk->sk_prot) == inet[SOCK_DGRAM].prot)
		ipc_socket_received(inet[SOCK_DGRAM].row, call, IPC_INET_RECVS4, IPC_INET_PEEKS);
	else if (sk->sk_type == SOCK_RAW && sk->sk_family == AF_INET)
		ipc_socket_received(inet[SOCK_RAW].row, call, IPC_INET_RECVS4, IPC_INET_PEEKS);
	else if (inet_row(sk, &row))
		ipc_socket_received(row, call, sk->sk_family == AF_INET6 ? IPC_INET_RECVS6 :
									   IPC_INET_RECVS4,
				    IPC_INET_PEEKS);
}

/* sock_common_recvmsg() is many families', and that of inet6_sockraw_ops. */
static void raw6_recv_done(const struct ipc_call *call)
{
	const struct sock *sk = ipc_socket_sk(call);

	if (sk->sk_family == AF_INET6 && sk->sk_type == SOCK_RAW)
		inet_recv_done(call);
}

/* ---- waits ---- */

/* A socket without a file is the kernel's own, and its operations do not count either. */
static __always_inline const struct ipc_socket_kind *waiter_kind(const struct sock *sk)
{
	const struct ipc_socket_kind *kind = kind_of(sk);

	if (kind && !kind->without_file && (!sk->sk_socket || !sk->sk_socket->file))
		return NULL;
	return kind;
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
static __always_inline struct ipc_row *sleeper_row(const struct sock *sk)
{
	const struct ipc_socket_kind *kind;

	if (current->flags & PF_KTHREAD || lent_to_kernel(sk))
		return NULL;
	kind = waiter_kind(sk);
	if (!kind || (!kind->without_file && !file_count(sk->sk_socket->file)))
		return NULL;
	return kind->row;
}

void ipc_socket_sleeps(const struct sock *sk, enum ipc_dir dir)
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

bool ipc_socket_sleeps_often(const struct sock *sk, enum ipc_dir dir)
{
	struct ipc_row *row = sleeper_row(sk);
	struct ipc_object object;

	if (!row)
		return false;
	object = sk_object(sk, dir);
	ipc_sleep_often(row, dir, &object);
	return true;
}

/* sock_wait_for_wmem(), which is merged into its caller */
static void sender_sleeps(struct ftrace_regs *regs)
{
	ipc_socket_sleeps(ipc_socket_of_queue(regs), IPC_SEND);
}

/* __skb_wait_for_more_packets(sk, ...): it sleeps once */
static void receiver_sleeps(struct ftrace_regs *regs)
{
	ipc_socket_sleeps((const struct sock *)ipc_arg(regs, 0), IPC_RECV);
}

/* ---- what is left unread ---- */

/* A listener's queue holds connections. */
static void sk_unread(struct sock *sk, const struct ipc_socket_kind *kind,
		      struct ipc_gauge *unread)
{
	if (READ_ONCE(sk->sk_state) == TCP_LISTEN)
		return;
	if (kind->unread)
		kind->unread(sk, unread);
	else
		ipc_count_queue(&sk->sk_receive_queue, unread);
}

void ipc_socket_closed(struct ftrace_regs *regs)
{
	const struct socket *sock = (const struct socket *)ipc_arg(regs, 0);
	struct ipc_gauge unread = { .unknown = 0 };
	const struct ipc_socket_kind *kind;
	struct ipc_object object;

	if (!ipc_listened(IPC_G_LOST) || !sock->sk)
		return;
	kind = waiter_kind(sock->sk);
	if (!kind)
		return;
	sk_unread(sock->sk, kind, &unread);
	object = sk_object(sock->sk, IPC_RECV);
	ipc_event_lost(kind->row, &object, unread.value[IPC_QUEUED_BYTES],
		       unread.value[IPC_QUEUED]);
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

static struct ipc_hook socket_hooks[] = {
	IPC_SOCKET_HOOK("inet_sendmsg", inet_send_done, 3, false, feeds[IPC_SOCKET_INET_SEND]),
	IPC_SOCKET_HOOK("inet_recvmsg", inet_recv_done, 4, false, feeds[IPC_SOCKET_INET_RECV]),
	IPC_SOCKET_HOOK("inet6_sendmsg", inet_send_done, 3, IPC_NO_INET6,
			feeds[IPC_SOCKET_INET6_SEND]),
	IPC_SOCKET_HOOK("inet6_recvmsg", inet_recv_done, 4, IPC_NO_INET6,
			feeds[IPC_SOCKET_INET6_RECV]),
	IPC_SOCKET_HOOK("sock_common_recvmsg", raw6_recv_done, 4, false,
			feeds[IPC_SOCKET_COMMON_RECV]),

	IPC_SLEEP_HOOK("sock_alloc_send_pskb/prepare_to_wait", "prepare_to_wait", NULL,
		       sender_sleeps, IPC_NAMES("sock_alloc_send_pskb|sock_wait_for_wmem"),
		       feeds[IPC_SOCKET_ALLOC]),
	IPC_SLEEP_HOOK(NULL, "__skb_wait_for_more_packets", IPC_NAMES("__skb_recv_datagram"),
		       receiver_sleeps, NULL, feeds[IPC_SOCKET_PACKETS]),

	/* inet6_release() ends by it, too. */
	IPC_CLOSE_HOOK("inet_release"),
};

/* After those of all rows. */
static int socket_rows_init(void)
{
	if (WARN_ON_ONCE(!inet[SOCK_STREAM].row || !inet[SOCK_DGRAM].row || !inet[SOCK_RAW].row))
		return -EINVAL;
	return 0;
}

/*
 * Prototypes of the hooked functions, as BTF has them, on every kernel (tests/btf). Several for
 * one function are alternatives: the callbacks read only what is the same in all of them.
 *
 *	int inet_sendmsg(struct socket *sock, struct msghdr *msg, size_t size);
 *	int inet_recvmsg(struct socket *sock, struct msghdr *msg, size_t size, int flags);
 *	int inet6_sendmsg(struct socket *sock, struct msghdr *msg, size_t size);
 *	int inet6_recvmsg(struct socket *sock, struct msghdr *msg, size_t size, int
 *		flags);
 *	int sock_common_recvmsg(struct socket *sock, struct msghdr *msg, size_t size, int
 *		flags);
 *	void prepare_to_wait(struct wait_queue_head *wq_head, struct wait_queue_entry
 *		*wq_entry, int state);
 *	int __skb_wait_for_more_packets(struct sock *sk, struct sk_buff_head *queue, int
 *		*err, long int *timeo_p, const struct sk_buff *skb);
 *	int inet_release(struct socket *sock);
 */

struct ipc_mech ipc_mech_socket = {
	.hooks = socket_hooks,
	.nr_hooks = ARRAY_SIZE(socket_hooks),
	.init = socket_rows_init,
};
