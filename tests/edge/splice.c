// SPDX-License-Identifier: GPL-2.0-only
/* splice, tee, vmsplice, sendfile: bytes that move and are not copied. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <liburing.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/sendfile.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

#include "edge.h"

#define PAGE 4096

static char data[4 * PAGE];
static int a[2], b[2]; /* two pipes */
static int sock[2];
static int file; /* 16 KiB */

static void open_all(int flags)
{
	EDGE_MUST(!pipe2(a, flags) && !pipe2(b, flags));
	EDGE_MUST(!socketpair(AF_UNIX, SOCK_STREAM, 0, sock));
	EDGE_MUST(lseek(file, 0, SEEK_SET) == 0);
}

static void close_all(void)
{
	for (int i = 0; i < 2; i++) {
		close(a[i]);
		close(b[i]);
		close(sock[i]);
	}
}

/* moved, not copied */
static void moved(const char *row, const char *dir, int64_t ops, int64_t bytes)
{
	edge_op(row, dir, ops, bytes, 0, 0);
}

static void with_files(void)
{
	open_all(0);
	edge_begin("splice from a file");
	for (int i = 0; i < 3; i++)
		EDGE_MUST(splice(file, NULL, a[1], NULL, 1000, 0) == 1000);
	moved("pipe", EDGE_SEND, 3, 3000);
	edge_expect("pipe", "queued_bytes", 3000);
	edge_end();

	edge_begin("splice into a file");
	EDGE_MUST(lseek(file, 0, SEEK_SET) == 0);
	EDGE_MUST(splice(a[0], NULL, file, NULL, 2000, 0) == 2000);
	moved("pipe", EDGE_RECV, 1, 2000);
	edge_expect("pipe", "queued_bytes", -2000);
	edge_end();

	edge_begin("sendfile from a file");
	EDGE_MUST(lseek(file, 0, SEEK_SET) == 0);
	EDGE_MUST(sendfile(a[1], file, NULL, 5000) == 5000);
	moved("pipe", EDGE_SEND, 1, 5000);
	edge_expect("pipe", "queued_bytes", 5000);
	edge_end();

	edge_begin("splice of no bytes does not reach the pipe");
	EDGE_MUST(splice(a[0], NULL, file, NULL, 0, 0) == 0);
	moved("pipe", EDGE_RECV, 0, 0);
	edge_end();

	/* splice_direct_to_actor() takes a pipe of its own, for the task */
	edge_begin("sendfile from file to file");
	EDGE_MUST(lseek(file, 0, SEEK_SET) == 0);
	EDGE_MUST(sendfile(file, file, &(off_t){ 8 * 1024 }, 1000) == 1000);
	moved("pipe", EDGE_SEND, 0, 0);
	moved("pipe", EDGE_RECV, 0, 0);
	edge_expect("pipe", "objects", 0);
	edge_end();
	close_all();
}

static void between_pipes(void)
{
	open_all(0);
	EDGE_MUST(write(a[1], data, 3000) == 3000);
	edge_begin("tee sends, and takes nothing");
	EDGE_MUST(tee(a[0], b[1], 1000, 0) == 1000);
	moved("pipe", EDGE_SEND, 1, 1000);
	moved("pipe", EDGE_RECV, 0, 0);
	edge_expect("pipe", "queued_bytes", 1000);
	edge_end();

	edge_begin("splice from pipe to pipe");
	EDGE_MUST(splice(a[0], NULL, b[1], NULL, 2000, 0) == 2000);
	moved("pipe", EDGE_SEND, 1, 2000);
	moved("pipe", EDGE_RECV, 1, 2000);
	edge_expect("pipe", "queued_bytes", 0);
	edge_end();
	close_all();

	open_all(0);
	close(a[1]);
	a[1] = -1;
	edge_begin("splice at the end of file");
	EDGE_MUST(splice(a[0], NULL, file, NULL, 100, 0) == 0);
	moved("pipe", EDGE_RECV, 1, 0);
	edge_end();
	close_all();
}

static void memory(void)
{
	struct iovec out[2] = { { data, PAGE }, { data + PAGE, 100 } };
	struct iovec in = { data, 1000 };

	open_all(0);
	edge_begin("vmsplice into a pipe moves pages");
	EDGE_MUST(vmsplice(a[1], out, 2, 0) == PAGE + 100);
	moved("pipe", EDGE_SEND, 1, PAGE + 100);
	edge_expect("pipe", "queued_bytes", PAGE + 100);
	edge_end();

	edge_begin("vmsplice out of a pipe copies");
	EDGE_MUST(vmsplice(a[0], &in, 1, 0) == 1000);
	edge_op("pipe", EDGE_RECV, 1, 1000, 1000, 0);
	edge_expect("pipe", "queued_bytes", -1000);
	edge_end();
	close_all();
}

static void failures(void)
{
	loff_t offset = 0;

	open_all(O_NONBLOCK);
	edge_begin("splice: EAGAIN");
	EDGE_MUST(splice(a[0], NULL, file, NULL, 100, 0) < 0 && errno == EAGAIN);
	edge_op("pipe", EDGE_RECV, 1, 0, 0, 1);
	edge_end();

	edge_begin("splice from pipe to pipe: EAGAIN is one failure of each");
	EDGE_MUST(splice(a[0], NULL, b[1], NULL, 100, 0) < 0 && errno == EAGAIN);
	edge_op("pipe", EDGE_SEND, 1, 0, 0, 1);
	edge_op("pipe", EDGE_RECV, 1, 0, 0, 1);
	edge_end();

	edge_begin("tee: EAGAIN");
	EDGE_MUST(tee(a[0], b[1], 100, SPLICE_F_NONBLOCK) < 0 && errno == EAGAIN);
	edge_op("pipe", EDGE_SEND, 1, 0, 0, 1);
	edge_end();

	edge_begin("splice with bad arguments does not reach the pipe");
	EDGE_MUST(splice(a[0], NULL, a[1], NULL, 100, 0) < 0 && errno == EINVAL);
	EDGE_MUST(splice(a[0], &offset, file, NULL, 100, 0) < 0 && errno == ESPIPE);
	EDGE_MUST(splice(a[1], NULL, file, NULL, 100, 0) < 0 && errno == EBADF);
	edge_op("pipe", EDGE_SEND, 0, 0, 0, 0);
	edge_op("pipe", EDGE_RECV, 0, 0, 0, 0);
	edge_end();

	close(a[0]);
	a[0] = -1;
	edge_begin("splice: EPIPE");
	EDGE_MUST(splice(file, NULL, a[1], NULL, 100, 0) < 0 && errno == EPIPE);
	edge_op("pipe", EDGE_SEND, 1, 0, 0, 1);
	edge_end();
	close_all();
}

static void fifos(void)
{
	static const char name[] = "edge.splice.fifo";
	int fd;

	open_all(0);
	unlink(name);
	fd = mkfifo(name, 0600) ? -1 : open(name, O_RDWR);
	EDGE_MUST(fd >= 0);
	EDGE_MUST(write(a[1], data, 1000) == 1000);
	edge_begin("splice from a pipe to a FIFO: a receive of one row, a send of the other");
	EDGE_MUST(splice(a[0], NULL, fd, NULL, 700, 0) == 700);
	moved("pipe", EDGE_RECV, 1, 700);
	moved("fifo", EDGE_SEND, 1, 700);
	edge_expect("pipe", "queued_bytes", -700);
	edge_expect("fifo", "queued_bytes", 700);
	edge_end();
	close(fd);
	unlink(name);
	close_all();
}

static void sockets(void)
{
	open_all(0);
	edge_begin("sendfile from a file to a socket");
	EDGE_MUST(sendfile(sock[0], file, NULL, 3000) == 3000);
	moved("unix_stream", EDGE_SEND, 1, 3000);
	edge_expect("unix_stream", "queued_bytes", 3000);
	moved("pipe", EDGE_SEND, 0, 0);
	edge_end();

	edge_begin("splice from a socket to a pipe");
	EDGE_MUST(splice(sock[1], NULL, a[1], NULL, 1000, 0) == 1000);
	moved("unix_stream", EDGE_RECV, 1, 1000);
	moved("pipe", EDGE_SEND, 1, 1000);
	edge_expect("unix_stream", "queued_bytes", -1000);
	edge_expect("pipe", "queued_bytes", 1000);
	edge_end();

	edge_begin("splice from a pipe to a socket");
	EDGE_MUST(splice(a[0], NULL, sock[1], NULL, 600, 0) == 600);
	moved("unix_stream", EDGE_SEND, 1, 600);
	moved("pipe", EDGE_RECV, 1, 600);
	edge_expect("unix_stream", "queued_bytes", 600);
	edge_expect("pipe", "queued_bytes", -600);
	edge_end();

	edge_begin("splice from an empty socket: EAGAIN is one failure of each");
	while (recv(sock[1], data, sizeof(data), MSG_DONTWAIT) > 0)
		;
	edge_any("unix_stream", NULL);
	EDGE_MUST(splice(sock[1], NULL, a[1], NULL, 100, SPLICE_F_NONBLOCK) < 0 && errno == EAGAIN);
	edge_op("pipe", EDGE_SEND, 1, 0, 0, 1);
	edge_end();
	close_all();
}

static void uring(void)
{
	struct io_uring_sqe *sqe;
	struct io_uring_cqe *cqe;
	struct io_uring ring;

	if (io_uring_queue_init(8, &ring, 0)) {
		edge_skip("io_uring splice and tee", "this kernel has none");
		return;
	}
	open_all(0);
	EDGE_MUST(write(a[1], data, 1000) == 1000);
	edge_begin("io_uring tee and splice");
	sqe = io_uring_get_sqe(&ring);
	io_uring_prep_tee(sqe, a[0], b[1], 300, 0);
	EDGE_MUST(io_uring_submit(&ring) == 1 && !io_uring_wait_cqe(&ring, &cqe));
	EDGE_MUST(cqe->res == 300);
	io_uring_cqe_seen(&ring, cqe);
	sqe = io_uring_get_sqe(&ring);
	io_uring_prep_splice(sqe, a[0], -1, b[1], -1, 700, 0);
	EDGE_MUST(io_uring_submit(&ring) == 1 && !io_uring_wait_cqe(&ring, &cqe));
	EDGE_MUST(cqe->res == 700);
	io_uring_cqe_seen(&ring, cqe);
	moved("pipe", EDGE_SEND, 2, 1000);
	moved("pipe", EDGE_RECV, 1, 700);
	edge_expect("pipe", "queued_bytes", 300);
	edge_end();
	close_all(); /* the ring stays: its end would interrupt what comes next */
}

static int splice_out(void *unused)
{
	(void)unused;
	return splice(a[0], NULL, file, NULL, 100, 0) >= 0 || errno != EINTR;
}

static void on_signal(int sig)
{
	(void)sig;
}

/* pipe_wait_readable(): -ERESTARTSYS; a handler without SA_RESTART sees EINTR */
static void signalled(void)
{
	struct sigaction sa = { .sa_handler = on_signal };
	pid_t pid;

	open_all(0);
	sigaction(SIGUSR1, &sa, NULL);
	edge_begin("splice: EINTR");
	pid = edge_child(splice_out, NULL);
	edge_asleep(pid, SYS_splice);
	kill(pid, SIGUSR1);
	EDGE_MUST(!edge_wait(pid));
	edge_op("pipe", EDGE_RECV, 1, 0, 0, 1);
	edge_expect("pipe", "recv_waits", 1);
	edge_any("pipe", "recv_wait_ns");
	edge_end();
	close_all();
}

int main(void)
{
	signal(SIGPIPE, SIG_IGN);
	file = open("/tmp", O_TMPFILE | O_RDWR, 0600);
	EDGE_MUST(file >= 0 && write(file, data, sizeof(data)) == sizeof(data));
	with_files();
	between_pipes();
	memory();
	failures();
	fifos();
	sockets();
	uring();
	signalled();
	return edge_done();
}
