// SPDX-License-Identifier: GPL-2.0-only
/* Rows pipe and fifo: read(2), write(2) and their relatives. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <liburing.h>
#include <linux/aio_abi.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

#include "edge.h"

#define PAGE 4096L
#define PIPE_SIZE 65536L

static const char *row; /* the row under test */
static bool named;      /* it is fifo */
static const char fifo[] = "edge.fifo";
static char data[2 * PIPE_SIZE];
static char *cliff;          /* a page of memory, with none behind it */
static volatile int *shared; /* one word that children share */
static int fd[2];

/* A pipe of the row under test in fd[]. */
static void make(int flags)
{
	if (!named) {
		EDGE_MUST(!pipe2(fd, flags));
		return;
	}
	unlink(fifo);
	EDGE_MUST(!mkfifo(fifo, 0600));
	fd[0] = open(fifo, O_RDONLY | O_NONBLOCK);
	fd[1] = open(fifo, O_WRONLY);
	EDGE_MUST(fd[0] >= 0 && fd[1] >= 0);
	EDGE_MUST(!fcntl(fd[0], F_SETFL, flags) && !fcntl(fd[1], F_SETFL, flags));
	unlink(fifo);
}

static void drop(void)
{
	if (fd[0] >= 0)
		close(fd[0]);
	if (fd[1] >= 0)
		close(fd[1]);
	fd[0] = fd[1] = -1;
}

static void send_op(int64_t ops, int64_t bytes, int64_t fails)
{
	edge_op(row, EDGE_SEND, ops, bytes, bytes, fails);
}

static void recv_op(int64_t ops, int64_t bytes, int64_t fails)
{
	edge_op(row, EDGE_RECV, ops, bytes, bytes, fails);
}

static void queued(int64_t delta)
{
	edge_expect(row, "queued_bytes", delta);
}

static void plain(void)
{
	int left;

	make(0);
	edge_begin("%s: 23 writes and reads of 64 bytes", row);
	for (int i = 0; i < 23; i++) {
		EDGE_MUST(write(fd[1], data, 64) == 64);
		EDGE_MUST(read(fd[0], data, 64) == 64);
	}
	send_op(23, 23 * 64, 0);
	recv_op(23, 23 * 64, 0);
	/* the other row has seen nothing of it */
	edge_expect(named ? "pipe" : "fifo", "send_ops", 0);
	edge_end();

	edge_begin("%s: writes that merge, and one short read", row);
	EDGE_MUST(write(fd[1], data, 100) == 100);
	EDGE_MUST(write(fd[1], data, 50) == 50);
	EDGE_MUST(read(fd[0], data, 1000) == 150);
	send_op(2, 150, 0);
	recv_op(1, 150, 0);
	edge_end();

	edge_begin("%s: reads of a part", row);
	EDGE_MUST(write(fd[1], data, 100) == 100);
	EDGE_MUST(read(fd[0], data, 30) == 30);
	EDGE_MUST(!ioctl(fd[0], FIONREAD, &left));
	EDGE_MUST(left == 70);
	send_op(1, 100, 0);
	recv_op(1, 30, 0);
	queued(left);
	edge_end();

	edge_begin("%s: nothing to read or write", row);
	EDGE_MUST(read(fd[0], data, 0) == 0);
	EDGE_MUST(write(fd[1], data, 0) == 0);
	send_op(1, 0, 0);
	recv_op(1, 0, 0);
	edge_end();
	drop();

	make(0);
	close(fd[1]);
	fd[1] = -1;
	edge_begin("%s: two reads at the end of file", row);
	EDGE_MUST(read(fd[0], data, 10) == 0);
	EDGE_MUST(read(fd[0], data, 10) == 0);
	recv_op(2, 0, 0);
	edge_end();
	drop();
}

static void nonblocking(void)
{
	make(O_NONBLOCK);
	edge_begin("%s: EAGAIN from an empty one", row);
	EDGE_MUST(read(fd[0], data, 10) < 0 && errno == EAGAIN);
	recv_op(1, 0, 1);
	edge_end();

	edge_begin("%s: a write that fits in part, then EAGAIN", row);
	EDGE_MUST(write(fd[1], data, 2 * PIPE_SIZE) == PIPE_SIZE);
	EDGE_MUST(write(fd[1], data, 10) < 0 && errno == EAGAIN);
	send_op(2, PIPE_SIZE, 1);
	queued(PIPE_SIZE);
	edge_end();

	edge_begin("%s: a larger one (F_SETPIPE_SZ)", row);
	EDGE_MUST(fcntl(fd[1], F_SETPIPE_SZ, 2 * PIPE_SIZE) == 2 * PIPE_SIZE);
	EDGE_MUST(write(fd[1], data, 2 * PIPE_SIZE) == PIPE_SIZE);
	send_op(1, PIPE_SIZE, 0);
	queued(PIPE_SIZE);
	edge_expect(row, "objects", 0);
	edge_end();

	edge_begin("%s: it goes with all it holds", row);
	drop();
	queued(-2 * PIPE_SIZE);
	edge_expect(row, "objects", -1);
	edge_end();
}

static int write_much(void *unused)
{
	(void)unused;
	close(fd[0]);
	return write(fd[1], data, 2 * PIPE_SIZE) != PIPE_SIZE;
}

static void no_reader(void)
{
	pid_t pid;

	make(0);
	close(fd[0]);
	fd[0] = -1;
	edge_begin("%s: EPIPE", row);
	EDGE_MUST(write(fd[1], data, 10) < 0 && errno == EPIPE);
	EDGE_MUST(write(fd[1], data, 10) < 0 && errno == EPIPE);
	send_op(2, 0, 2);
	edge_end();
	drop();

	make(0);
	edge_begin("%s: the reader leaves in the middle of a write", row);
	pid = edge_child(write_much, NULL);
	edge_asleep(pid, SYS_write);
	close(fd[0]);
	fd[0] = -1;
	EDGE_MUST(!edge_wait(pid));
	send_op(1, PIPE_SIZE, 0);
	edge_expect(row, "send_waits", 1);
	edge_any(row, "send_wait_ns");
	queued(PIPE_SIZE); /* still held by our end */
	edge_end();
	drop();
}

static void bad_memory(void)
{
	char *bad = cliff + PAGE;
	struct iovec iov[2];

	make(0);
	edge_begin("%s: EFAULT at once", row);
	EDGE_MUST(write(fd[1], bad, 10) < 0 && errno == EFAULT);
	send_op(1, 0, 1);
	edge_end();

	edge_begin("%s: EFAULT in the first page writes nothing", row);
	EDGE_MUST(write(fd[1], bad - 50, 100) < 0 && errno == EFAULT);
	send_op(1, 0, 1);
	edge_end();
	drop();

	make(0);
	edge_begin("%s: EFAULT in the second page writes the first", row);
	EDGE_MUST(write(fd[1], cliff, 2 * PAGE) == PAGE);
	send_op(1, PAGE, 0);
	queued(PAGE);
	edge_end();

	edge_begin("%s: a read into no memory takes nothing", row);
	EDGE_MUST(read(fd[0], bad, 10) < 0 && errno == EFAULT);
	recv_op(1, 0, 1);
	edge_end();

	edge_begin("%s: a readv whose second part is no memory", row);
	EDGE_MUST(write(fd[1], data, 100) == 100);
	iov[0] = (struct iovec){ data, PAGE };
	iov[1] = (struct iovec){ bad, 100 };
	EDGE_MUST(readv(fd[0], iov, 2) == PAGE);
	send_op(1, 100, 0);
	recv_op(1, PAGE, 0);
	queued(100 - PAGE);
	edge_end();
	drop();
}

static void on_signal(int sig)
{
	(void)sig;
	*shared = 1;
}

/* @restart: int, SA_RESTART or 0 */
static int read_signalled(void *restart)
{
	struct sigaction sa = { .sa_handler = on_signal, .sa_flags = *(int *)restart };
	ssize_t got;

	sigaction(SIGUSR1, &sa, NULL);
	got = read(fd[0], data, 10);
	if (*(int *)restart)
		return got != 5;
	return got >= 0 || errno != EINTR;
}

static int write_signalled(void *unused)
{
	struct sigaction sa = { .sa_handler = on_signal };

	(void)unused;
	sigaction(SIGUSR1, &sa, NULL);
	return write(fd[1], data, 2 * PIPE_SIZE) != PIPE_SIZE;
}

static void signalled(void)
{
	int restart = 0;
	pid_t pid;

	make(0);
	edge_begin("%s: EINTR", row);
	pid = edge_child(read_signalled, &restart);
	edge_asleep(pid, SYS_read);
	kill(pid, SIGUSR1);
	EDGE_MUST(!edge_wait(pid));
	recv_op(1, 0, 1);
	edge_expect(row, "recv_waits", 1);
	edge_any(row, "recv_wait_ns");
	edge_end();

	restart = SA_RESTART;
	*shared = 0;
	edge_begin("%s: a restarted read is two operations, one of them failed", row);
	pid = edge_child(read_signalled, &restart);
	edge_asleep(pid, SYS_read);
	kill(pid, SIGUSR1);
	while (!*shared)
		usleep(1000);
	edge_asleep(pid, SYS_read);
	EDGE_MUST(write(fd[1], data, 5) == 5);
	EDGE_MUST(!edge_wait(pid));
	send_op(1, 5, 0);
	recv_op(2, 5, 1);
	edge_expect(row, "recv_waits", 2);
	edge_any(row, "recv_wait_ns");
	edge_end();

	edge_begin("%s: a signal in the middle of a write", row);
	pid = edge_child(write_signalled, NULL);
	edge_asleep(pid, SYS_write);
	kill(pid, SIGUSR1);
	EDGE_MUST(!edge_wait(pid));
	send_op(1, PIPE_SIZE, 0);
	edge_expect(row, "send_waits", 1);
	edge_any(row, "send_wait_ns");
	queued(PIPE_SIZE);
	edge_end();
	drop();
}

static void vectors(void)
{
	struct iovec iov[3] = { { data, 10 }, { data + 10, 20 }, { data + 30, 30 } };
	struct iovec none = { data, 0 };

	make(0);
	edge_begin("%s: writev and readv are one operation each", row);
	EDGE_MUST(writev(fd[1], iov, 3) == 60);
	EDGE_MUST(readv(fd[0], iov, 2) == 30);
	EDGE_MUST(readv(fd[0], iov, 3) == 30);
	send_op(1, 60, 0);
	recv_op(2, 60, 0);
	edge_end();

	/* do_iter_read(), vfs_readv(): no bytes, no call of the pipe */
	edge_begin("%s: a readv of no bytes does not reach it", row);
	EDGE_MUST(readv(fd[0], &none, 1) == 0);
	EDGE_MUST(writev(fd[1], &none, 1) == 0);
	send_op(0, 0, 0);
	recv_op(0, 0, 0);
	edge_end();

	edge_begin("%s: preadv2 with RWF_NOWAIT", row);
	if (preadv2(fd[0], iov, 1, -1, RWF_NOWAIT) < 0 && errno == EOPNOTSUPP) {
		recv_op(0, 0, 0); /* before 6.4 it is refused ahead of the pipe */
	} else {
		EDGE_MUST(errno == EAGAIN);
		recv_op(1, 0, 1);
	}
	edge_end();
	drop();
}

/* Pipes with packet boundaries (O_DIRECT). */
static void packets(void)
{
	make(O_DIRECT);
	edge_begin("%s: packets", row);
	EDGE_MUST(write(fd[1], data, 100) == 100);
	EDGE_MUST(write(fd[1], data, 50) == 50);
	EDGE_MUST(read(fd[0], data, 1000) == 100);
	send_op(2, 150, 0);
	recv_op(1, 100, 0);
	queued(50);
	edge_end();

	edge_begin("%s: the rest of a packet is thrown away", row);
	EDGE_MUST(read(fd[0], data, 10) == 10);
	recv_op(1, 10, 0);
	queued(-50);
	edge_end();
	drop();
}

/* Other ways to the same pipe. */
static void reopened(void)
{
	char path[64];
	int again;

	make(0);
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd[1]);
	edge_begin("%s: opened again through /proc", row);
	again = open(path, O_WRONLY);
	EDGE_MUST(again >= 0);
	EDGE_MUST(write(again, data, 10) == 10);
	EDGE_MUST(read(fd[0], data, 10) == 10);
	close(again);
	send_op(1, 10, 0);
	recv_op(1, 10, 0);
	edge_expect(row, "objects", 0);
	edge_end();
	drop();
}

static void life(void)
{
	int more[23][2];

	edge_begin("%s: 23 objects", row);
	for (int i = 0; i < 23; i++) {
		make(0);
		memcpy(more[i], fd, sizeof(fd));
	}
	EDGE_MUST(write(fd[1], data, 7) == 7);
	edge_expect(row, "objects", 23);
	send_op(1, 7, 0);
	queued(7);
	edge_end();

	edge_begin("%s: 23 objects less", row);
	for (int i = 0; i < 23; i++) {
		memcpy(fd, more[i], sizeof(fd));
		drop();
	}
	edge_expect(row, "objects", -23);
	queued(-7);
	edge_end();
}

/* Linux AIO: the same functions, with a kiocb that is not synchronous. */
static void aio(void)
{
	struct iocb out = { .aio_lio_opcode = IOCB_CMD_PWRITE, .aio_nbytes = 40 };
	struct iocb in = { .aio_lio_opcode = IOCB_CMD_PREAD, .aio_nbytes = 100 };
	struct iocb *list[] = { &out, &in };
	struct io_event event[2];
	aio_context_t ctx = 0;

	make(0);
	out.aio_fildes = fd[1];
	in.aio_fildes = fd[0];
	out.aio_buf = in.aio_buf = (uintptr_t)data;
	if (syscall(SYS_io_setup, 4, &ctx)) {
		edge_skip("Linux AIO", "this kernel has none");
		drop();
		return;
	}
	edge_begin("%s: Linux AIO", row);
	EDGE_MUST(syscall(SYS_io_submit, ctx, 2, list) == 2);
	EDGE_MUST(syscall(SYS_io_getevents, ctx, 2, 2, event, NULL) == 2);
	EDGE_MUST(event[0].res == 40 && event[1].res == 40);
	send_op(1, 40, 0);
	recv_op(1, 40, 0);
	edge_end();
	syscall(SYS_io_destroy, ctx);
	drop();
}

static struct io_uring ring;
static bool have_ring;

/* Hands one request to the kernel. */
static void submit(bool write, int file, unsigned int len, unsigned int flags)
{
	struct io_uring_sqe *sqe = io_uring_get_sqe(&ring);

	if (write)
		io_uring_prep_write(sqe, file, data, len, 0);
	else
		io_uring_prep_read(sqe, file, data, len, 0);
	io_uring_sqe_set_flags(sqe, flags);
	EDGE_MUST(io_uring_submit(&ring) == 1);
}

static int complete(void)
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
	int64_t objects = edge_now(row, "objects");

	make(0);
	edge_begin("%s: io_uring, 23 writes and reads of 64 bytes", row);
	for (int i = 0; i < 23; i++) {
		submit(true, fd[1], 64, 0);
		EDGE_MUST(complete() == 64);
		submit(false, fd[0], 64, 0);
		EDGE_MUST(complete() == 64);
	}
	send_op(23, 23 * 64, 0);
	recv_op(23, 23 * 64, 0);
	edge_end();

	edge_begin("%s: io_uring, a read that has to wait is one operation", row);
	submit(false, fd[0], 64, 0);
	usleep(50000);
	EDGE_MUST(write(fd[1], data, 64) == 64);
	EDGE_MUST(complete() == 64);
	send_op(1, 64, 0);
	recv_op(1, 64, 0);
	edge_any(row, "recv_waits");
	edge_any(row, "recv_wait_ns");
	edge_end();

	edge_begin("%s: io_uring, a read by a worker", row);
	submit(false, fd[0], 64, IOSQE_ASYNC);
	usleep(50000);
	EDGE_MUST(write(fd[1], data, 64) == 64);
	EDGE_MUST(complete() == 64);
	send_op(1, 64, 0);
	recv_op(1, 64, 0);
	edge_any(row, "recv_waits");
	edge_any(row, "recv_wait_ns");
	edge_end();

	EDGE_MUST(fcntl(fd[1], F_SETPIPE_SZ, PAGE) == PAGE);
	EDGE_MUST(write(fd[1], data, PAGE) == PAGE);
	edge_begin("%s: io_uring, a write that has to wait is one operation", row);
	submit(true, fd[1], 64, 0);
	usleep(50000);
	EDGE_MUST(read(fd[0], data, PAGE) == PAGE);
	EDGE_MUST(complete() == 64);
	send_op(1, 64, 0);
	recv_op(1, PAGE, 0);
	queued(64 - PAGE);
	edge_any(row, "send_waits");
	edge_any(row, "send_wait_ns");
	edge_end();
	drop();
	edge_settle(row, "objects", objects);

	/* io_uring waits for it all the same */
	make(O_NONBLOCK);
	edge_begin("%s: io_uring, a read from an empty one that is O_NONBLOCK", row);
	submit(false, fd[0], 64, 0);
	usleep(50000);
	EDGE_MUST(write(fd[1], data, 64) == 64);
	EDGE_MUST(complete() == 64);
	send_op(1, 64, 0);
	recv_op(1, 64, 0);
	edge_any(row, "recv_waits");
	edge_any(row, "recv_wait_ns");
	edge_end();
	drop();
	edge_settle(row, "objects", objects);
}

#define WRITERS 8
#define ROUNDS 10000

static int write_many(void *unused)
{
	(void)unused;
	close(fd[0]);
	for (int i = 0; i < ROUNDS; i++)
		if (write(fd[1], data, 64) != 64)
			return 1;
	return 0;
}

static void many(void)
{
	int64_t ops = 0, bytes = 0;
	pid_t pid[WRITERS];
	ssize_t got;

	make(0);
	edge_begin("%s: %d writers, %d writes each", row, WRITERS, ROUNDS);
	for (int i = 0; i < WRITERS; i++)
		pid[i] = edge_child(write_many, NULL);
	close(fd[1]);
	fd[1] = -1;
	do {
		got = read(fd[0], data, 4096);
		EDGE_MUST(got >= 0);
		ops++;
		bytes += got;
	} while (got);
	for (int i = 0; i < WRITERS; i++)
		EDGE_MUST(!edge_wait(pid[i]));
	EDGE_MUST(bytes == WRITERS * ROUNDS * 64);
	send_op(WRITERS * ROUNDS, bytes, 0);
	recv_op(ops, bytes, 0);
	edge_any(row, "send_waits");
	edge_any(row, "send_wait_ns");
	edge_any(row, "recv_waits");
	edge_any(row, "recv_wait_ns");
	edge_end();
	drop();
}

static void caller32(void)
{
	if (!edge_have32(row))
		return;
	edge_begin("%s: a 32-bit program", row);
	edge_run32(row);
	send_op(EDGE_OPS32, EDGE_OPS32 * EDGE_SIZE32, 0);
	recv_op(EDGE_OPS32, EDGE_OPS32 * EDGE_SIZE32, 0);
	edge_end();
}

/* What only FIFOs do. */
static void fifo_open(void)
{
	unlink(fifo);
	EDGE_MUST(!mkfifo(fifo, 0600));
	edge_begin("fifo: a name alone is no object, an open is no operation");
	EDGE_MUST(open(fifo, O_WRONLY | O_NONBLOCK) < 0 && errno == ENXIO);
	edge_expect("fifo", "objects", 0);
	send_op(0, 0, 0);
	recv_op(0, 0, 0);
	edge_end();
	unlink(fifo);
}

int main(void)
{
	signal(SIGPIPE, SIG_IGN);
	/*
	 * To the end of the program: the ring's own end would interrupt what comes next.
	 * Before the cliff, below which it would be mapped.
	 */
	have_ring = !io_uring_queue_init(8, &ring, 0);
	cliff = mmap(NULL, 2 * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	shared = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	EDGE_MUST(cliff != MAP_FAILED && shared != MAP_FAILED);
	EDGE_MUST(!munmap(cliff + PAGE, PAGE));

	for (int i = 0; i < 2; i++) {
		named = i;
		row = named ? "fifo" : "pipe";
		plain();
		nonblocking();
		no_reader();
		bad_memory();
		signalled();
		vectors();
		packets();
		reopened();
		life();
		aio();
		if (have_ring)
			uring();
		else
			edge_skip(row, "io_uring is not to be had");
		caller32();
		many();
	}
	fifo_open();
	return edge_done();
}
