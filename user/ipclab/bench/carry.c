// SPDX-License-Identifier: GPL-2.0-only
/* How each mechanism carries a message; what the kernel is asked for is counted in p->calls. */
#include <errno.h>
#include <fcntl.h>
#include <mqueue.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <sys/eventfd.h>
#include <sys/msg.h>
#include <sys/socket.h>
#include <unistd.h>

#include "private.h"

#define IP_HEADER 20 /* a raw IPv4 socket receives it, too */

/* ---- pipes: any number of bytes, in pieces ---- */

static int open_fifo(struct peer *p)
{
	/* The main process has it open for reading, so this waits for nobody. */
	p->out_fd = open(p->out->name, O_WRONLY | O_CLOEXEC);
	if (p->out_fd < 0)
		return lab_error(p->out, "open for writing");
	p->in_fd = open(p->in->name, O_RDONLY | O_CLOEXEC);
	return p->in_fd < 0 ? lab_error(p->in, "open for reading") : 0;
}

static int write_pipe(struct peer *p)
{
	ssize_t n;

	for (size_t done = 0; done < p->size; done += n) {
		n = write(p->out_fd, p->out_buf + done, p->size - done);
		p->calls++;
		if (n <= 0)
			return lab_error(p->out, "write");
	}
	return 0;
}

static int read_pipe(struct peer *p)
{
	ssize_t n;

	for (size_t done = 0; done < p->size; done += n) {
		n = read(p->in_fd, p->in_buf + done, p->size - done);
		p->calls++;
		if (n <= 0)
			return lab_error(p->in, "read");
	}
	return 0;
}

/* ---- message queues ---- */

/* The type of a System V message lies before its text. */
static int send_sysv_msg(struct peer *p)
{
	long *message = (long *)(void *)p->out_buf - 1;

	*message = 1;
	p->calls++;
	return msgsnd(p->out->id, message, p->size, 0) ? lab_error(p->out, "msgsnd") : 0;
}

static int receive_sysv_msg(struct peer *p)
{
	long *message = (long *)(void *)p->in_buf - 1;

	p->calls++;
	return lab_whole(p->in, "msgrcv", msgrcv(p->in->id, message, p->size, 1, 0), p->size);
}

static int send_posix_mq(struct peer *p)
{
	p->calls++;
	return mq_send(p->out->id, p->out_buf, p->size, 0) ? lab_error(p->out, "mq_send") : 0;
}

static int receive_posix_mq(struct peer *p)
{
	p->calls++;
	return lab_whole(p->in, "mq_receive", mq_receive(p->in->id, p->in_buf, p->size, NULL),
			 p->size);
}

/* ---- sockets ---- */

/* Otherwise the end of a message waits for what the other side says to its beginning. */
static int begin_tcp(struct peer *p)
{
	int on = 1;

	if (setsockopt(p->out_fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on)))
		return lab_error(p->out, "setsockopt TCP_NODELAY");
	return 0;
}

static int send_socket(struct peer *p)
{
	p->calls++;
	return lab_whole(p->out, "send", send(p->out_fd, p->out_buf, p->size, 0), p->size);
}

/* Of a stream a whole message, too. */
static int receive_socket(struct peer *p)
{
	p->calls++;
	return lab_whole(p->in, "recv", recv(p->in_fd, p->in_buf, p->size, MSG_WAITALL), p->size);
}

static int receive_raw(struct peer *p)
{
	size_t bytes = IP_HEADER + p->size;

	p->calls++;
	return lab_whole(p->in, "recv", recv(p->in_fd, p->in_buf - IP_HEADER, bytes, 0), bytes);
}

/* ---- without data ---- */

static int send_signal(struct peer *p)
{
	p->calls++;
	if (sigqueue(atomic_load(&p->out->shared->receiver), SIGRTMIN, (union sigval){ 0 }))
		return lab_error(p->out, "sigqueue");
	return 0;
}

static int receive_signal(struct peer *p)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGRTMIN);
	p->calls++;
	return sigwaitinfo(&set, NULL) < 0 ? lab_error(p->in, "sigwaitinfo") : 0;
}

static int send_eventfd(struct peer *p)
{
	p->calls++;
	return eventfd_write(p->out->fd[0], 1) ? lab_error(p->out, "write") : 0;
}

static int receive_eventfd(struct peer *p)
{
	eventfd_t one;

	p->calls++;
	return eventfd_read(p->in->fd[0], &one) ? lab_error(p->in, "read") : 0;
}

static int give(struct peer *p)
{
	return bench_give(p, p->out);
}

static int take(struct peer *p)
{
	return bench_take(p, p->in);
}

/* ---- */

#define PIPE .unlimited = true, .send = write_pipe, .receive = read_pipe
#define SOCKET .send = send_socket, .receive = receive_socket
#define RING                                                                           \
	.begin = bench_ring_begin, .place = bench_ring_place, .send = bench_ring_send, \
	.receive = bench_ring_receive, .took = bench_ring_took

const struct carrier bench_carriers[BENCH_CARRIERS + 1] = {
	{ &exercise_pipe, PIPE },
	{ &exercise_fifo, .begin = open_fifo, PIPE },
	{ &exercise_sysv_msg, .send = send_sysv_msg, .receive = receive_sysv_msg },
	{ &exercise_posix_mq, .send = send_posix_mq, .receive = receive_posix_mq },
	{ &exercise_sysv_shm, .hand = &exercise_sysv_sem, RING },
	{ &exercise_posix_shm, .hand = &exercise_futex, RING },
	{ &exercise_sysv_sem, .window = true, .send = give, .receive = take },
	{ &exercise_futex, .window = true, .send = give, .receive = take },
	{ &exercise_signal, .window = true, .send = send_signal, .receive = receive_signal },
	{ &exercise_unix_stream, .unlimited = true, .duplex = true, SOCKET },
	{ &exercise_unix_dgram, SOCKET },
	{ &exercise_unix_seqpacket, .duplex = true, SOCKET },
	{ &exercise_tcp, .unlimited = true, .duplex = true, .begin = begin_tcp, SOCKET },
	{ &exercise_udp, .window = true, SOCKET },
	{ &exercise_raw, .window = true, .send = send_socket, .receive = receive_raw },
	{ &exercise_eventfd, .fixed = sizeof(eventfd_t), .send = send_eventfd,
	  .receive = receive_eventfd },
	{ 0 },
};
