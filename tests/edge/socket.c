// SPDX-License-Identifier: GPL-2.0-only
/* Rows unix_*, tcp, udp, raw: sending and receiving. Gauges: socket_gauge.c. */
#define _GNU_SOURCE
#include <fcntl.h>
#include <liburing.h>
#include <linux/errqueue.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/sendfile.h>
#include <sys/syscall.h>
#include <sys/uio.h>

#include "sock.h"

#ifndef IPPROTO_MPTCP
#define IPPROTO_MPTCP 262
#endif

#define PAGE 4096L
#define MUCH (4L << 20) /* more than a stream takes at once */

static const struct sock_kind *kind; /* the kind under test */
static char *data;                   /* MUCH bytes */
static char *cliff;                  /* a page of memory, with none behind it */
static volatile int *shared;         /* one word that children share */
static int fd[2];
static int64_t objects; /* of the row, before the pair */

static void make(void)
{
	objects = edge_now(kind->row, "objects");
	sock_pair(kind, fd);
}

static void drop(void)
{
	sock_drop(kind, fd, objects);
}

static void by_family(const char *dir, int64_t ops)
{
	static const char *const names[2][2] = {
		{ "ipv4_send_ops", "ipv4_recv_ops" },
		{ "ipv6_send_ops", "ipv6_recv_ops" },
	};

	if (sock_is_inet(kind))
		edge_expect(kind->row, names[kind->family == AF_INET6][!strcmp(dir, EDGE_RECV)],
			    ops);
}

static void send_op(int64_t ops, int64_t bytes, int64_t fails)
{
	edge_op(kind->row, EDGE_SEND, ops, bytes, bytes, fails);
	by_family(EDGE_SEND, ops);
}

static void recv_op(int64_t ops, int64_t bytes, int64_t fails)
{
	edge_op(kind->row, EDGE_RECV, ops, bytes, bytes, fails);
	by_family(EDGE_RECV, ops);
}

/* What is in the queues; a stream has no messages. */
static void queued(int64_t messages, int64_t bytes)
{
	if (!kind->stream)
		edge_expect(kind->row, "queued", messages);
	edge_expect(kind->row, "queued_bytes", bytes);
}

static void plain(void)
{
	int size = 64 + kind->header;

	make();
	edge_begin("%s: 23 writes and reads of 64 bytes", kind->name);
	for (int i = 0; i < 23; i++) {
		EDGE_MUST(write(fd[1], data, 64) == 64);
		EDGE_MUST(read(fd[0], data, size) == size);
	}
	send_op(23, 23 * 64, 0);
	recv_op(23, 23L * size, 0);
	queued(0, 0);
	edge_end();

	edge_begin("%s: sendto, sendmsg, send to recv, recvfrom, recvmsg", kind->name);
	{
		struct iovec out[2] = { { data, 10 }, { data, 20 } };
		struct iovec in[2] = { { data, 7 }, { data, 100 } };
		struct msghdr msg = { .msg_iov = out, .msg_iovlen = 2 };
		union sock_addr from;
		socklen_t len = sizeof(from);

		EDGE_MUST(sendmsg(fd[1], &msg, 0) == 30);
		EDGE_MUST(recv(fd[0], data, 100, 0) == 30 + kind->header);
		EDGE_MUST(sendto(fd[1], data, 40, 0, NULL, 0) == 40);
		msg.msg_iov = in;
		EDGE_MUST(recvmsg(fd[0], &msg, 0) == 40 + kind->header);
		EDGE_MUST(send(fd[1], data, 50, 0) == 50);
		EDGE_MUST(recvfrom(fd[0], data, 100, 0, &from.sa, &len) == 50 + kind->header);
	}
	send_op(3, 120, 0);
	recv_op(3, 120 + 3 * kind->header, 0);
	queued(0, 0);
	edge_end();

	edge_begin("%s: writev and readv are one operation each", kind->name);
	{
		struct iovec out[3] = { { data, 10 }, { data, 20 }, { data, 30 } };
		struct iovec in[2] = { { data, 5 }, { data, 100 } };

		EDGE_MUST(writev(fd[1], out, 3) == 60);
		EDGE_MUST(readv(fd[0], in, 2) == 60 + kind->header);
	}
	send_op(1, 60, 0);
	recv_op(1, 60 + kind->header, 0);
	queued(0, 0);
	edge_end();
	drop();
}

static void nothing(void)
{
	make();
	edge_begin("%s: a message of no bytes", kind->name);
	EDGE_MUST(send(fd[1], data, 0, 0) == 0);
	send_op(1, 0, 0);
	if (!kind->stream) {
		EDGE_MUST(recv(fd[0], data, 100, 0) == kind->header);
		recv_op(1, kind->header, 0);
	} else {
		recv_op(0, 0, 0);
	}
	queued(0, 0);
	edge_end();

	/* sock_read_iter(): "Match SYS5 behaviour" */
	edge_begin("%s: a read of no bytes does not reach it", kind->name);
	EDGE_MUST(read(fd[0], data, 0) == 0);
	recv_op(0, 0, 0);
	edge_end();

	EDGE_MUST(send(fd[1], data, 10, 0) == 10);
	edge_begin("%s: a receive into no room takes a datagram, and nothing of a stream",
		   kind->name);
	EDGE_MUST(recv(fd[0], data, 0, 0) == 0);
	recv_op(1, 0, 0);
	queued(kind->stream ? 0 : -1, kind->stream ? 0 : -(10 + kind->header));
	edge_end();
	drop();
}

static void nonblocking(void)
{
	ssize_t got, sum = 0;
	int ops = 0, inq, unsent = 0;

	make();
	edge_begin("%s: EAGAIN from an empty one", kind->name);
	EDGE_MUST(recv(fd[0], data, 10, MSG_DONTWAIT) < 0 && errno == EAGAIN);
	EDGE_MUST(!fcntl(fd[0], F_SETFL, O_NONBLOCK));
	EDGE_MUST(read(fd[0], data, 10) < 0 && errno == EAGAIN);
	recv_op(2, 0, 2);
	edge_end();

	if (!kind->stream)
		return drop();
	edge_begin("%s: a send that fits in part, then EAGAIN", kind->name);
	do {
		got = send(fd[1], data, MUCH, MSG_DONTWAIT);
		EDGE_MUST(got < MUCH);
		ops++;
		sum += got > 0 ? got : 0;
	} while (got > 0);
	EDGE_MUST(errno == EAGAIN && ops > 1);
	send_op(ops, sum, 1);
	if (sock_is_inet(kind)) {
		/* What the receiver has no room for is neither here nor there. */
		edge_any(kind->row, "queued_bytes");
	} else {
		EDGE_MUST(!ioctl(fd[0], FIONREAD, &inq));
		EDGE_MUST(inq + unsent == sum);
		queued(0, sum);
	}
	edge_end();
	drop();
}

static void ended(void)
{
	if (!kind->stream && kind->type != SOCK_SEQPACKET)
		return;
	make();
	EDGE_MUST(!shutdown(fd[1], SHUT_WR));
	edge_begin("%s: EPIPE, and the end of file", kind->name);
	EDGE_MUST(send(fd[1], data, 10, MSG_NOSIGNAL) < 0 && errno == EPIPE);
	EDGE_MUST(send(fd[1], data, 10, MSG_NOSIGNAL) < 0 && errno == EPIPE);
	EDGE_MUST(recv(fd[0], data, 10, 0) == 0);
	EDGE_MUST(read(fd[0], data, 10) == 0);
	send_op(2, 0, 2);
	recv_op(2, 0, 0);
	queued(0, 0);
	edge_end();
	drop();
}

/* A message that cannot be sent at all. */
static void unconnected(void)
{
	int s = socket(kind->family, kind->type, kind->protocol);

	EDGE_MUST(s >= 0);
	edge_begin("%s: it is not connected", kind->name);
	EDGE_MUST(send(s, data, 10, MSG_NOSIGNAL) < 0);
	EDGE_MUST(errno == ENOTCONN || errno == EDESTADDRREQ || errno == EPIPE);
	send_op(1, 0, 1);
	edge_end();
	close(s);
	if (kind->stream)
		return;
	make();
	edge_begin("%s: EMSGSIZE", kind->name);
	EDGE_MUST(send(fd[1], data, MUCH, 0) < 0 && errno == EMSGSIZE);
	send_op(1, 0, 1);
	queued(0, 0);
	edge_end();
	drop();
}

static void bad_memory(void)
{
	char *bad = cliff + PAGE;
	struct iovec iov[2];
	ssize_t got;

	make();
	edge_begin("%s: EFAULT at once", kind->name);
	EDGE_MUST(send(fd[1], bad, 10, 0) < 0 && errno == EFAULT);
	send_op(1, 0, 1);
	queued(0, 0);
	edge_end();

	/* How much gets through is the kernel's affair, the count has to agree. */
	iov[0] = (struct iovec){ data, kind->stream ? MUCH / 2 : 1000 };
	iov[1] = (struct iovec){ bad, 1000 };
	EDGE_MUST(!fcntl(fd[1], F_SETFL, O_NONBLOCK));
	edge_begin("%s: EFAULT in the middle of a send", kind->name);
	got = writev(fd[1], iov, 2);
	EDGE_MUST(got < 0 ? errno == EFAULT : kind->stream && got <= MUCH / 2);
	send_op(1, got > 0 ? got : 0, got < 0);
	if (kind->stream)
		edge_any(kind->row, "queued_bytes");
	else
		queued(0, 0);
	edge_end();
	drop();

	make();
	EDGE_MUST(send(fd[1], data, 100, 0) == 100);
	edge_begin("%s: a receive into no memory loses a datagram, and nothing of a stream",
		   kind->name);
	EDGE_MUST(recv(fd[0], bad, 200, 0) < 0 && errno == EFAULT);
	recv_op(1, 0, 1);
	queued(kind->stream ? 0 : -1, kind->stream ? 0 : -(100 + kind->header));
	edge_end();
	drop();

	make();
	EDGE_MUST(send(fd[1], data, 100, 0) == 100);
	iov[0] = (struct iovec){ data, 40 };
	iov[1] = (struct iovec){ bad, 1000 };
	edge_begin("%s: EFAULT in the middle of a receive", kind->name);
	got = readv(fd[0], iov, 2);
	EDGE_MUST(got < 0 ? errno == EFAULT : got <= 40);
	recv_op(1, got > 0 ? got : 0, got < 0);
	if (kind->stream)
		queued(0, got > 0 ? -got : 0);
	else
		queued(-1, -(100 + kind->header));
	edge_end();
	drop();
}

static void on_signal(int sig)
{
	(void)sig;
	*shared = 1;
}

/* @restart: int, SA_RESTART or 0 */
static int recv_signalled(void *restart)
{
	struct sigaction sa = { .sa_handler = on_signal, .sa_flags = *(int *)restart };
	ssize_t got;

	sigaction(SIGUSR1, &sa, NULL);
	got = read(fd[0], data, 100);
	if (*(int *)restart)
		return got != 5 + kind->header;
	return got >= 0 || errno != EINTR;
}

static int recv_all(void *unused)
{
	(void)unused;
	return recv(fd[0], data, 30, MSG_WAITALL) != 30;
}

static void asleep(void)
{
	int restart = 0;
	pid_t pid;

	make();
	edge_begin("%s: EINTR", kind->name);
	pid = edge_child(recv_signalled, &restart);
	edge_asleep(pid, SYS_read);
	kill(pid, SIGUSR1);
	EDGE_MUST(!edge_wait(pid));
	recv_op(1, 0, 1);
	edge_any(kind->row, "recv_waits");
	edge_any(kind->row, "recv_wait_ns");
	edge_end();

	restart = SA_RESTART;
	*shared = 0;
	edge_begin("%s: a restarted receive is two operations, one of them failed", kind->name);
	pid = edge_child(recv_signalled, &restart);
	edge_asleep(pid, SYS_read);
	kill(pid, SIGUSR1);
	while (!*shared)
		usleep(1000);
	edge_asleep(pid, SYS_read);
	EDGE_MUST(send(fd[1], data, 5, 0) == 5);
	EDGE_MUST(!edge_wait(pid));
	send_op(1, 5, 0);
	recv_op(2, 5 + kind->header, 1);
	edge_any(kind->row, "recv_waits");
	edge_any(kind->row, "recv_wait_ns");
	edge_end();

	if (!kind->stream)
		return drop();
	edge_begin("%s: MSG_WAITALL with a sleep between its parts", kind->name);
	EDGE_MUST(send(fd[1], data, 10, 0) == 10);
	pid = edge_child(recv_all, NULL);
	edge_asleep(pid, SYS_recvfrom);
	EDGE_MUST(send(fd[1], data, 20, 0) == 20);
	EDGE_MUST(!edge_wait(pid));
	send_op(2, 30, 0);
	recv_op(1, 30, 0);
	queued(0, 0);
	edge_any(kind->row, "recv_waits");
	edge_any(kind->row, "recv_wait_ns");
	edge_end();
	drop();
}

static void peeked(void)
{
	int size = 100 + kind->header;

	make();
	edge_begin("%s: a peek receives nothing", kind->name);
	EDGE_MUST(send(fd[1], data, 100, 0) == 100);
	EDGE_MUST(recv(fd[0], data, 1000, MSG_PEEK) == size);
	EDGE_MUST(recv(fd[0], data, 10, MSG_PEEK) == 10);
	send_op(1, 100, 0);
	recv_op(2, 0, 0);
	edge_expect(kind->row, "peeks", 2);
	queued(1, size);
	edge_end();

	edge_begin("%s: the peeked is received once", kind->name);
	EDGE_MUST(recv(fd[0], data, 1000, 0) == size);
	recv_op(1, size, 0);
	queued(-1, -size);
	edge_end();

	edge_begin("%s: a peek that fails", kind->name);
	EDGE_MUST(recv(fd[0], data, 10, MSG_PEEK | MSG_DONTWAIT) < 0 && errno == EAGAIN);
	recv_op(1, 0, 1);
	edge_expect(kind->row, "peeks", 1);
	edge_end();
	drop();
}

static void truncated(void)
{
	int size = 100 + kind->header;

	make();
	EDGE_MUST(send(fd[1], data, 100, 0) == 100);
	EDGE_MUST(send(fd[1], data, 100, 0) == 100);
	if (!kind->stream) {
		edge_begin("%s: a datagram that is cut off", kind->name);
		EDGE_MUST(recv(fd[0], data, 30, 0) == 30);
		recv_op(1, 30, 0);
		queued(-1, -size);
		edge_end();

		edge_begin("%s: MSG_TRUNC tells more than is copied", kind->name);
		EDGE_MUST(recv(fd[0], data, 30, MSG_TRUNC) == size);
		edge_op(kind->row, EDGE_RECV, 1, size, 30, 0);
		by_family(EDGE_RECV, 1);
		queued(-1, -size);
		edge_end();
	} else if (sock_is_inet(kind)) {
		edge_begin("%s: MSG_TRUNC throws bytes away", kind->name);
		EDGE_MUST(recv(fd[0], NULL, 150, MSG_TRUNC) == 150);
		edge_op(kind->row, EDGE_RECV, 1, 150, 0, 0);
		by_family(EDGE_RECV, 1);
		queued(0, -150);
		edge_end();
	} else {
		/* a stream of AF_UNIX does not know it */
		edge_begin("%s: MSG_TRUNC", kind->name);
		EDGE_MUST(recv(fd[0], data, 150, MSG_TRUNC) == 150);
		recv_op(1, 150, 0);
		queued(0, -150);
		edge_end();
	}
	drop();
}

static void many(void)
{
	struct iovec out[4] = { { data, 10 }, { data, 20 }, { data, 30 }, { cliff + PAGE, 40 } };
	struct iovec in[5];
	struct mmsghdr msgs[5] = {};
	union sock_addr addr;
	socklen_t len;
	int to;

	for (int i = 0; i < 4; i++)
		msgs[i].msg_hdr = (struct msghdr){ .msg_iov = &out[i], .msg_iovlen = 1 };
	make();
	edge_begin("%s: sendmmsg whose last message fails", kind->name);
	EDGE_MUST(sendmmsg(fd[1], msgs, 4, 0) == 3);
	send_op(4, 60, 1);
	queued(3, 60 + 3 * kind->header);
	edge_end();

	for (int i = 0; i < 5; i++) {
		in[i] = (struct iovec){ data + i * PAGE, PAGE };
		msgs[i].msg_hdr = (struct msghdr){ .msg_iov = &in[i], .msg_iovlen = 1 };
	}
	edge_begin("%s: recvmmsg whose last message fails", kind->name);
	if (kind->stream) {
		EDGE_MUST(recvmmsg(fd[0], msgs, 5, MSG_DONTWAIT, NULL) == 1);
		recv_op(2, 60, 1);
	} else {
		EDGE_MUST(recvmmsg(fd[0], msgs, 5, MSG_DONTWAIT, NULL) == 3);
		recv_op(4, 60 + 3 * kind->header, 1);
	}
	queued(-3, -(60 + 3 * kind->header));
	edge_end();
	drop();

	if (kind->type != SOCK_DGRAM)
		return;
	/* To one address again: the security module is asked once, ____sys_sendmsg(). */
	objects = edge_now(kind->row, "objects");
	fd[0] = sock_bound(kind, &addr, &len);
	fd[1] = socket(kind->family, SOCK_DGRAM, 0);
	for (int i = 0; i < 3; i++)
		msgs[i].msg_hdr = (struct msghdr){ &addr, len, &out[i], 1, NULL, 0, 0 };
	edge_begin("%s: sendmmsg to one address", kind->name);
	to = sendmmsg(fd[1], msgs, 3, 0);
	EDGE_MUST(to == 3);
	for (int i = 0; i < 3; i++)
		EDGE_MUST(recv(fd[0], data, 100, 0) == (ssize_t)out[i].iov_len);
	send_op(3, 60, 0);
	recv_op(3, 60, 0);
	queued(0, 0);
	edge_end();
	drop();
}

/* ---- io_uring ---- */

static struct io_uring ring;
static bool have_ring;

static struct io_uring_sqe *sqe(void)
{
	struct io_uring_sqe *entry = io_uring_get_sqe(&ring);

	EDGE_MUST(entry);
	return entry;
}

static int completed(void)
{
	struct io_uring_cqe *cqe;
	int res;

	EDGE_MUST(!io_uring_wait_cqe(&ring, &cqe));
	res = cqe->res;
	io_uring_cqe_seen(&ring, cqe);
	return res;
}

static void uring(void)
{
	int size = 64 + kind->header;

	make();
	edge_begin("%s: io_uring sends and receives", kind->name);
	for (int i = 0; i < 23; i++) {
		io_uring_prep_send(sqe(), fd[1], data, 64, 0);
		EDGE_MUST(io_uring_submit(&ring) == 1 && completed() == 64);
		io_uring_prep_recv(sqe(), fd[0], data, 1000, 0);
		EDGE_MUST(io_uring_submit(&ring) == 1 && completed() == size);
	}
	send_op(23, 23 * 64, 0);
	recv_op(23, 23L * size, 0);
	queued(0, 0);
	edge_end();

	edge_begin("%s: io_uring receives what is not there yet, once", kind->name);
	io_uring_prep_recv(sqe(), fd[0], data, 1000, 0);
	EDGE_MUST(io_uring_submit(&ring) == 1);
	io_uring_prep_send(sqe(), fd[1], data, 64, 0);
	EDGE_MUST(io_uring_submit(&ring) == 1);
	EDGE_MUST(completed() + completed() == 64 + size);
	send_op(1, 64, 0);
	recv_op(1, size, 0);
	queued(0, 0);
	edge_end();

	edge_begin("%s: io_uring reads and writes", kind->name);
	io_uring_prep_read(sqe(), fd[0], data, 1000, 0);
	EDGE_MUST(io_uring_submit(&ring) == 1);
	io_uring_prep_write(sqe(), fd[1], data, 64, 0);
	EDGE_MUST(io_uring_submit(&ring) == 1);
	EDGE_MUST(completed() + completed() == 64 + size);
	send_op(1, 64, 0);
	recv_op(1, size, 0);
	queued(0, 0);
	edge_end();

	EDGE_MUST(!fcntl(fd[0], F_SETFL, O_NONBLOCK));
	edge_begin("%s: io_uring receives from a nonblocking one, once", kind->name);
	io_uring_prep_recv(sqe(), fd[0], data, 1000, 0);
	EDGE_MUST(io_uring_submit(&ring) == 1);
	io_uring_prep_send(sqe(), fd[1], data, 64, 0);
	EDGE_MUST(io_uring_submit(&ring) == 1);
	EDGE_MUST(completed() + completed() == 64 + size);
	send_op(1, 64, 0);
	recv_op(1, size, 0);
	queued(0, 0);
	edge_end();

	/* Every second read uses its buffer up. */
	edge_begin("%s: io_uring reads and writes registered buffers", kind->name);
	for (int i = 0; i < 23; i++) {
		io_uring_prep_write_fixed(sqe(), fd[1], data, 64, 0, 0);
		EDGE_MUST(io_uring_submit(&ring) == 1 && completed() == 64);
		io_uring_prep_read_fixed(sqe(), fd[0], data, i % 2 ? size : 1000, 0, 0);
		EDGE_MUST(io_uring_submit(&ring) == 1 && completed() == size);
	}
	send_op(23, 23 * 64, 0);
	recv_op(23, 23L * size, 0);
	queued(0, 0);
	edge_end();

	if (sock_is_inet(kind) && kind->type != SOCK_RAW) {
		edge_begin("%s: io_uring sends without a copy, from a registered buffer",
			   kind->name);
		io_uring_prep_send_zc_fixed(sqe(), fd[1], data, PAGE, 0, 0, 0);
		EDGE_MUST(io_uring_submit(&ring) == 1 && completed() == PAGE);
		completed(); /* the notification that the buffer is free */
		edge_op(kind->row, EDGE_SEND, 1, PAGE, 0, 0);
		by_family(EDGE_SEND, 1);
		queued(1, PAGE);
		edge_end();
	}
	drop();
}

/* ---- without a copy ---- */

static void zerocopy(void)
{
	struct pollfd errors = {};
	char control[256];
	struct msghdr msg = { .msg_control = control, .msg_controllen = sizeof(control) };
	int one = 1;

	if (!sock_is_inet(kind) || kind->type == SOCK_RAW)
		return;
	make();
	edge_begin("%s: MSG_ZEROCOPY without SO_ZEROCOPY copies", kind->name);
	EDGE_MUST(send(fd[1], data, PAGE, MSG_ZEROCOPY) == PAGE);
	EDGE_MUST(recv(fd[0], data, PAGE, 0) == PAGE);
	send_op(1, PAGE, 0);
	recv_op(1, PAGE, 0);
	queued(0, 0);
	edge_end();

	EDGE_MUST(!setsockopt(fd[1], SOL_SOCKET, SO_ZEROCOPY, &one, sizeof(one)));
	edge_begin("%s: MSG_ZEROCOPY", kind->name);
	EDGE_MUST(send(fd[1], data, PAGE, MSG_ZEROCOPY) == PAGE);
	EDGE_MUST(recv(fd[0], data, PAGE, 0) == PAGE);
	edge_op(kind->row, EDGE_SEND, 1, PAGE, 0, 0);
	by_family(EDGE_SEND, 1);
	recv_op(1, PAGE, 0);
	queued(0, 0);
	edge_end();

	errors.fd = fd[1];
	EDGE_MUST(poll(&errors, 1, 5000) == 1 && errors.revents & POLLERR);
	edge_begin("%s: the error queue is not received from", kind->name);
	EDGE_MUST(recvmsg(fd[1], &msg, MSG_ERRQUEUE) >= 0);
	recv_op(0, 0, 0);
	edge_end();
	drop();
}

static void spliced(void)
{
	int file = memfd_create("socket.file", 0), pipes[2];
	loff_t start = 0;
	ssize_t got;

	EDGE_MUST(file >= 0 && !pipe(pipes));
	EDGE_MUST(write(file, data, PAGE) == PAGE);
	make();
	edge_begin("%s: sendfile to it copies nothing", kind->name);
	EDGE_MUST(sendfile(fd[1], file, &start, 1000) == 1000);
	edge_op(kind->row, EDGE_SEND, 1, 1000, 0, 0);
	queued(1, 1000 + kind->header);
	edge_end();

	edge_begin("%s: splice out of it copies nothing", kind->name);
	got = splice(fd[0], NULL, pipes[1], NULL, 5000, 0);
	if (got > 0) {
		edge_op(kind->row, EDGE_RECV, 1, got, 0, 0);
		edge_op("pipe", EDGE_SEND, 1, got, 0, 0);
		edge_expect("pipe", "queued_bytes", got);
		queued(-1, -got);
		edge_end();

		edge_begin("%s: splice into it copies nothing", kind->name);
		EDGE_MUST(splice(pipes[0], NULL, fd[1], NULL, 5000, 0) == got);
		edge_op("pipe", EDGE_RECV, 1, got, 0, 0);
		edge_op(kind->row, EDGE_SEND, 1, got, 0, 0);
		edge_expect("pipe", "queued_bytes", -got);
		queued(1, got + kind->header);
	} else {
		/* EINVAL: this kernel's sockets of the kind cannot do it */
		EDGE_MUST(errno == EINVAL);
	}
	edge_end();
	close(file);
	close(pipes[0]);
	close(pipes[1]);
	drop();
}

/* ---- AF_UNIX only, AF_INET only, no row at all ---- */

static void rights(void)
{
	union {
		struct cmsghdr head;
		char space[CMSG_SPACE(sizeof(int))];
	} control = { .head = { CMSG_LEN(sizeof(int)), SOL_SOCKET, SCM_RIGHTS } };
	struct iovec iov = { data, 1 };
	struct msghdr msg = { .msg_iov = &iov,
			      .msg_iovlen = 1,
			      .msg_control = &control,
			      .msg_controllen = sizeof(control) };
	int passed[2];

	if (sock_is_inet(kind))
		return;
	make();
	EDGE_MUST(!socketpair(AF_UNIX, kind->type, 0, passed));
	EDGE_MUST(send(passed[1], data, 77, 0) == 77);
	edge_begin("%s: a socket on its way in a message stays what it is", kind->name);
	memcpy(CMSG_DATA(&control.head), &passed[0], sizeof(int));
	EDGE_MUST(sendmsg(fd[1], &msg, 0) == 1);
	close(passed[0]);
	send_op(1, 1, 0);
	queued(1, 1);
	edge_expect(kind->row, "objects", 0);
	edge_end();

	edge_begin("%s: and arrives", kind->name);
	EDGE_MUST(recvmsg(fd[0], &msg, 0) == 1);
	memcpy(&passed[0], CMSG_DATA(&control.head), sizeof(int));
	EDGE_MUST(recv(passed[0], data, 100, 0) == 77);
	recv_op(2, 78, 0);
	queued(-2, -78);
	edge_expect(kind->row, "objects", 0);
	edge_end();
	close(passed[0]);
	close(passed[1]);
	drop();
}

static void urgent(void)
{
	if (!sock_is_inet(kind) || !kind->stream)
		return;
	make();
	edge_begin("%s: urgent data is one byte more", kind->name);
	EDGE_MUST(send(fd[1], data, 10, 0) == 10);
	EDGE_MUST(send(fd[1], data, 1, MSG_OOB) == 1);
	EDGE_MUST(send(fd[1], data, 20, 0) == 20);
	send_op(3, 31, 0);
	queued(0, 31);
	edge_end();

	edge_begin("%s: urgent data is received by itself", kind->name);
	EDGE_MUST(recv(fd[0], data, 1, MSG_OOB) == 1);
	recv_op(1, 1, 0);
	queued(0, -1);
	edge_end();

	edge_begin("%s: a stream is read up to where it was, and on", kind->name);
	EDGE_MUST(recv(fd[0], data, 100, 0) == 10);
	EDGE_MUST(recv(fd[0], data, 100, 0) == 20);
	recv_op(2, 30, 0);
	queued(0, -30);
	edge_end();
	drop();
}

static void caller32(void)
{
	bool v6 = kind->family == AF_INET6;

	if (v6 || !edge_have32(kind->row))
		return;
	edge_begin("%s: a 32-bit program", kind->name);
	edge_run32(kind->row);
	send_op(EDGE_OPS32, EDGE_OPS32 * EDGE_SIZE32, 0);
	recv_op(EDGE_OPS32, EDGE_OPS32 * (EDGE_SIZE32 + kind->header), 0);
	edge_any(kind->row, "objects");
	edge_any(kind->row, "queued_bytes");
	/* It connects and accepts, and may have to wait. */
	edge_any(kind->row, "send_waits");
	edge_any(kind->row, "recv_waits");
	edge_end();
}

/* Counters of /proc/net/snmp's Udp lines. */
static void snmp(long *in, long *out)
{
	char line[512];
	FILE *f = fopen("/proc/net/snmp", "r");

	EDGE_MUST(f);
	while (fgets(line, sizeof(line), f))
		if (sscanf(line, "Udp: %ld %*d %*d %ld", in, out) == 2)
			break;
	fclose(f);
}

static void oracle(void)
{
	long in[2], out[2];

	kind = &sock_kinds[5];
	make();
	snmp(&in[0], &out[0]);
	edge_begin("udp: as /proc/net/snmp counts");
	for (int i = 0; i < 23; i++) {
		EDGE_MUST(send(fd[1], data, 64, 0) == 64);
		EDGE_MUST(recv(fd[0], data, 64, i % 2 ? MSG_PEEK : 0) == 64);
		if (i % 2)
			EDGE_MUST(recv(fd[0], data, 64, 0) == 64);
	}
	snmp(&in[1], &out[1]);
	send_op(out[1] - out[0], 23 * 64, 0);
	edge_expect("udp", "peeks", 11);
	/* peeks are operations, but no datagrams */
	recv_op(in[1] - in[0] + 11, 23 * 64, 0);
	queued(0, 0);
	edge_end();
	drop();
}

/* Sockets of the same families and types that belong to no row. */
static void strangers(void)
{
	static const struct sock_kind mptcp = { "mptcp",       "tcp", AF_INET, SOCK_STREAM,
						IPPROTO_MPTCP, true,  0 };
	static const struct sock_kind udplite = { "udplite",       "udp", AF_INET, SOCK_DGRAM,
						  IPPROTO_UDPLITE, false, 0 };
	const struct sock_kind *all[] = { &mptcp, &udplite };

	for (unsigned int i = 0; i < 2; i++) {
		int s, to = -1, from;
		union sock_addr addr;
		socklen_t len;

		kind = all[i];
		s = socket(kind->family, kind->type, kind->protocol);
		if (s < 0) {
			edge_skip(kind->name, "this kernel has none");
			continue;
		}
		close(s);
		objects = edge_now(kind->row, "objects");
		edge_begin("%s: it is not %s", kind->name, kind->row);
		from = sock_bound(kind, &addr, &len);
		to = socket(kind->family, kind->type, kind->protocol);
		if (kind->stream)
			EDGE_MUST(!listen(from, 1));
		EDGE_MUST(!connect(to, &addr.sa, len));
		fd[0] = kind->stream ? accept(from, NULL, NULL) : from;
		fd[1] = to;
		EDGE_MUST(fd[0] >= 0 && send(fd[1], data, 100, 0) == 100);
		send_op(0, 0, 0);
		recv_op(0, 0, 0);
		edge_end();
		EDGE_MUST(recv(fd[0], data, 200, 0) == 100);
		if (kind->stream)
			close(from);
		drop();
	}
}

int main(void)
{
	sock_loopback_up();
	data = malloc(MUCH);
	EDGE_MUST(data);
	/*
	 * To the end of the program: the ring's own end would interrupt what comes next.
	 * Before the cliff, below which it would be mapped.
	 */
	have_ring = !io_uring_queue_init(8, &ring, 0);
	if (have_ring) {
		struct iovec fixed = { data, PAGE };

		EDGE_MUST(!io_uring_register_buffers(&ring, &fixed, 1));
	}
	cliff = mmap(NULL, 2 * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	shared = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	EDGE_MUST(cliff != MAP_FAILED && shared != MAP_FAILED);
	EDGE_MUST(!munmap(cliff + PAGE, PAGE));
	memset(data, 'x', MUCH);

	for (kind = sock_kinds; kind < sock_kinds + SOCK_KINDS; kind++) {
		plain();
		nothing();
		nonblocking();
		ended();
		unconnected();
		bad_memory();
		asleep();
		peeked();
		truncated();
		many();
		if (have_ring)
			uring();
		else
			edge_skip(kind->name, "io_uring is not to be had");
		zerocopy();
		spliced();
		rights();
		urgent();
		caller32();
	}
	oracle();
	strangers();
	return edge_done();
}
