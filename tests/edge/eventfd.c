// SPDX-License-Identifier: GPL-2.0-only
/* Row eventfd: what adds to a counter and takes from it, and what the kernel adds itself. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <liburing.h>
#include <linux/aio_abi.h>
#include <linux/userfaultfd.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/sendfile.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "edge.h"

#define PAGE 4096L
#define SIZE 8L          /* what each operation moves */
#define MOST (~0ULL - 1) /* that a counter holds */

static const char row[] = "eventfd";
static int fd = -1;
static char *cliff;        /* a page of memory, with none behind it */
static atomic_int *shared; /* one word that children share */

static void make(unsigned int value, int flags)
{
	fd = eventfd(value, flags);
	EDGE_MUST(fd >= 0);
}

/* One that holds as much as it can, less @room. */
static void make_full(int flags, uint64_t room)
{
	uint64_t most = MOST - room;

	make(0, flags);
	EDGE_MUST(write(fd, &most, SIZE) == SIZE);
}

static void drop(void)
{
	close(fd);
	fd = -1;
}

static ssize_t add(uint64_t number)
{
	return write(fd, &number, SIZE);
}

static void must_add(uint64_t number)
{
	EDGE_MUST(add(number) == SIZE);
}

static uint64_t take(void)
{
	uint64_t number;

	EDGE_MUST(read(fd, &number, sizeof(number)) == SIZE);
	return number;
}

/* Operations that moved a number each, and others that failed. */
static void send_op(int64_t good, int64_t fails)
{
	edge_op(row, EDGE_SEND, good + fails, good * SIZE, good * SIZE, fails);
}

static void recv_op(int64_t good, int64_t fails)
{
	edge_op(row, EDGE_RECV, good + fails, good * SIZE, good * SIZE, fails);
}

static void plain(void)
{
	struct pollfd watched;
	uint64_t number[8] = { 1 };
	ssize_t sent;

	make(0, 0);
	edge_begin("23 writes and reads");
	for (int i = 0; i < 23; i++) {
		must_add(i + 1);
		EDGE_MUST(take() == (uint64_t)i + 1);
	}
	send_op(23, 0);
	recv_op(23, 0);
	edge_expect(row, "objects", 0);
	edge_end();

	edge_begin("one read takes what 23 writes have added");
	for (int i = 0; i < 23; i++)
		must_add(3);
	EDGE_MUST(take() == 23 * 3);
	send_op(23, 0);
	recv_op(1, 0);
	edge_end();

	edge_begin("a write of 0 is one, too");
	must_add(0);
	must_add(1);
	EDGE_MUST(take() == 1);
	send_op(2, 0);
	recv_op(1, 0);
	edge_end();

	edge_begin("poll is none");
	must_add(1);
	watched = (struct pollfd){ .fd = fd, .events = POLLIN | POLLOUT };
	EDGE_MUST(poll(&watched, 1, 0) == 1 && watched.revents == (POLLIN | POLLOUT));
	send_op(1, 0);
	recv_op(0, 0);
	edge_end();

	/* Since 6.9 a write has to be of eight bytes, no more. */
	edge_begin("a large buffer: eight bytes of it");
	sent = write(fd, number, sizeof(number));
	EDGE_MUST(sent == SIZE || (sent < 0 && errno == EINVAL));
	EDGE_MUST(read(fd, number, sizeof(number)) == SIZE);
	EDGE_MUST(number[0] == (sent == SIZE ? 2 : 1));
	send_op(sent == SIZE, sent != SIZE);
	recv_op(1, 0);
	edge_end();
	drop();

	make(5, 0);
	edge_begin("what it was made with was not sent");
	EDGE_MUST(take() == 5);
	send_op(0, 0);
	recv_op(1, 0);
	edge_end();
	drop();

	make(0, EFD_SEMAPHORE);
	edge_begin("a semaphore: 23 reads take what one write has added");
	must_add(23);
	for (int i = 0; i < 23; i++)
		EDGE_MUST(take() == 1);
	send_op(1, 0);
	recv_op(23, 0);
	edge_end();
	drop();
}

static void nonblocking(void)
{
	uint64_t number;

	make_full(EFD_NONBLOCK, 5);
	edge_begin("EAGAIN from a write that does not fit");
	EDGE_MUST(add(6) < 0 && errno == EAGAIN);
	must_add(5);
	EDGE_MUST(add(1) < 0 && errno == EAGAIN);
	must_add(0);
	send_op(2, 2);
	edge_end();

	edge_begin("EAGAIN from an empty one");
	EDGE_MUST(take() == MOST);
	EDGE_MUST(read(fd, &number, SIZE) < 0 && errno == EAGAIN);
	EDGE_MUST(read(fd, &number, SIZE) < 0 && errno == EAGAIN);
	recv_op(1, 2);
	edge_end();
	drop();
}

static void invalid(void)
{
	uint64_t number = 1;

	make(1, EFD_NONBLOCK);
	edge_begin("EINVAL: short buffers");
	EDGE_MUST(write(fd, &number, 7) < 0 && errno == EINVAL);
	EDGE_MUST(write(fd, &number, 0) < 0 && errno == EINVAL);
	EDGE_MUST(read(fd, &number, 7) < 0 && errno == EINVAL);
	EDGE_MUST(read(fd, &number, 0) < 0 && errno == EINVAL);
	send_op(0, 2);
	recv_op(0, 2);
	edge_end();

	edge_begin("EINVAL: the number that cannot be added");
	EDGE_MUST(add(~0ULL) < 0 && errno == EINVAL);
	send_op(0, 1);
	edge_end();

	edge_begin("ESPIPE does not reach it");
	EDGE_MUST(pread(fd, &number, SIZE, 0) < 0 && errno == ESPIPE);
	EDGE_MUST(pwrite(fd, &number, SIZE, 0) < 0 && errno == ESPIPE);
	send_op(0, 0);
	recv_op(0, 0);
	edge_end();
	drop();
}

static void bad_memory(void)
{
	char *bad = cliff + PAGE;
	uint64_t number;

	make(7, EFD_NONBLOCK);
	edge_begin("EFAULT from a write");
	EDGE_MUST(write(fd, bad, SIZE) < 0 && errno == EFAULT);
	EDGE_MUST(write(fd, bad - 4, SIZE) < 0 && errno == EFAULT);
	send_op(0, 2);
	edge_end();

	edge_begin("EFAULT from a read, which takes all the same");
	EDGE_MUST(read(fd, bad - 4, SIZE) < 0 && errno == EFAULT);
	EDGE_MUST(read(fd, &number, SIZE) < 0 && errno == EAGAIN);
	recv_op(0, 2);
	edge_end();

	edge_begin("EFAULT for an address of the kernel's does not reach it");
	EDGE_MUST(write(fd, (void *)-PAGE, SIZE) < 0 && errno == EFAULT);
	EDGE_MUST(read(fd, (void *)-PAGE, SIZE) < 0 && errno == EFAULT);
	send_op(0, 0);
	recv_op(0, 0);
	edge_end();
	drop();
}

static _Atomic pid_t faulting;

static void *write_missing(void *page)
{
	faulting = gettid();
	EDGE_MUST(write(fd, page, SIZE) == SIZE);
	return NULL;
}

/* Before 6.4 there is no place that tells a sleep for the page from one for the counter. */
static void missing_page(void)
{
	struct uffdio_api api = { .api = UFFD_API };
	struct uffdio_register area = { .mode = UFFDIO_REGISTER_MODE_MISSING };
	static char page[PAGE];
	struct uffdio_copy copy = { .src = (uintptr_t)page, .len = PAGE };
	int uffd = syscall(SYS_userfaultfd, O_CLOEXEC), major, minor;
	char *mem;
	struct utsname kernel;
	pthread_t thread;

	EDGE_MUST(!uname(&kernel) && sscanf(kernel.release, "%d.%d", &major, &minor) == 2);
	mem = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	EDGE_MUST(uffd >= 0 && mem != MAP_FAILED && !ioctl(uffd, UFFDIO_API, &api));
	area.range.start = copy.dst = (uintptr_t)mem;
	area.range.len = PAGE;
	EDGE_MUST(!ioctl(uffd, UFFDIO_REGISTER, &area));

	make(0, 0);
	edge_begin("a missing page: a wait before 6.4, and since then none");
	EDGE_MUST(!pthread_create(&thread, NULL, write_missing, mem));
	while (!faulting)
		usleep(1000);
	usleep(50000);
	EDGE_MUST(!ioctl(uffd, UFFDIO_COPY, &copy));
	pthread_join(thread, NULL);
	send_op(1, 0);
	edge_expect(row, "send_waits", major * 100 + minor < 604);
	edge_end();
	drop();
	munmap(mem, PAGE);
	close(uffd);
}

/* ---- signals ---- */

static void on_signal(int sig)
{
	(void)sig;
	*shared = 1;
}

static void handle(int flags)
{
	struct sigaction sa = { .sa_handler = on_signal, .sa_flags = flags };

	EDGE_MUST(!sigaction(SIGUSR1, &sa, NULL));
}

/* @restart: int, SA_RESTART or 0 */
static int read_signalled(void *restart)
{
	uint64_t number;
	ssize_t got;

	handle(*(int *)restart);
	got = read(fd, &number, SIZE);
	if (*(int *)restart)
		return got != SIZE || number != 5;
	return got >= 0 || errno != EINTR;
}

static int write_signalled(void *restart)
{
	ssize_t sent;

	handle(*(int *)restart);
	sent = add(5);
	if (*(int *)restart)
		return sent != SIZE;
	return sent >= 0 || errno != EINTR;
}

/* A child that a signal interrupts, and that sleeps again if it is restarted. */
static void interrupt(int (*fn)(void *), int restart, long nr, void (*wake)(void))
{
	pid_t pid;

	*shared = 0;
	pid = edge_child(fn, &restart);
	edge_asleep(pid, nr);
	kill(pid, SIGUSR1);
	while (!*shared)
		usleep(1000);
	if (restart) {
		edge_asleep(pid, nr);
		wake();
	}
	EDGE_MUST(!edge_wait(pid));
}

static void add_five(void)
{
	must_add(5);
}

static void take_all(void)
{
	EDGE_MUST(take() == MOST);
}

static void signalled(void)
{
	make(0, 0);
	edge_begin("EINTR from a read");
	interrupt(read_signalled, 0, SYS_read, NULL);
	recv_op(0, 1);
	edge_expect(row, "recv_waits", 1);
	edge_end();

	edge_begin("a restarted read is two operations, one of them failed");
	interrupt(read_signalled, SA_RESTART, SYS_read, add_five);
	send_op(1, 0);
	recv_op(1, 1);
	edge_expect(row, "recv_waits", 2);
	edge_end();
	drop();

	make_full(0, 0);
	edge_begin("EINTR from a write");
	interrupt(write_signalled, 0, SYS_write, NULL);
	send_op(0, 1);
	edge_expect(row, "send_waits", 1);
	edge_end();

	edge_begin("a restarted write is two operations, one of them failed");
	interrupt(write_signalled, SA_RESTART, SYS_write, take_all);
	send_op(1, 1);
	recv_op(1, 0);
	edge_expect(row, "send_waits", 2);
	edge_end();
	drop();
}

/* ---- other system calls ---- */

static void vectors(void)
{
	uint64_t number[3] = { 1, 2, 4 };
	struct iovec all[3] = { { &number[0], 8 }, { &number[1], 8 }, { &number[2], 8 } };
	struct iovec halves[2] = { { number, 4 }, { (char *)number + 4, 4 } };
	struct iovec bad[2] = { { &number[0], 8 }, { cliff + PAGE, 8 } };
	struct iovec none = { number, 0 };

	make(0, EFD_NONBLOCK);
	edge_begin("writev: each part is an operation");
	EDGE_MUST(writev(fd, all, 3) == 3 * SIZE);
	send_op(3, 0);
	edge_end();

	edge_begin("readv is one operation, whatever the parts");
	EDGE_MUST(readv(fd, halves, 2) == SIZE && number[0] == 7);
	recv_op(1, 0);
	edge_end();

	edge_begin("writev whose second part fails");
	EDGE_MUST(writev(fd, bad, 2) == SIZE);
	EDGE_MUST(take() == 7);
	send_op(1, 1);
	recv_op(1, 0);
	edge_end();

	edge_begin("writev in halves");
	EDGE_MUST(writev(fd, halves, 2) < 0 && errno == EINVAL);
	send_op(0, 1);
	edge_end();

	edge_begin("vectors of no bytes do not reach it");
	EDGE_MUST(readv(fd, &none, 1) == 0 && writev(fd, &none, 1) == 0);
	send_op(0, 0);
	recv_op(0, 0);
	edge_end();
	drop();

	make(0, 0);
	edge_begin("preadv2 with RWF_NOWAIT");
	EDGE_MUST(preadv2(fd, halves, 2, -1, RWF_NOWAIT) < 0 && errno == EAGAIN);
	must_add(3);
	EDGE_MUST(preadv2(fd, halves, 2, -1, RWF_NOWAIT) == SIZE);
	send_op(1, 0);
	recv_op(1, 1);
	edge_end();

	edge_begin("pwritev2 with RWF_NOWAIT is refused ahead of it");
	EDGE_MUST(pwritev2(fd, all, 1, -1, RWF_NOWAIT) < 0 && errno == EOPNOTSUPP);
	send_op(0, 0);
	edge_end();
	drop();
}

static void splices(void)
{
	int file = memfd_create("eventfd", 0), fds[2];

	EDGE_MUST(file >= 0 && ftruncate(file, SIZE) == 0);
	EDGE_MUST(!pipe(fds) && write(fds[1], "12345678", SIZE) == SIZE);
	make(1, EFD_NONBLOCK);
	edge_begin("splice and sendfile are refused ahead of it");
	EDGE_MUST(splice(fd, NULL, fds[1], NULL, SIZE, 0) < 0 && errno == EINVAL);
	EDGE_MUST(splice(fds[0], NULL, fd, NULL, SIZE, 0) < 0 && errno == EINVAL);
	EDGE_MUST(tee(fds[0], fd, SIZE, 0) < 0 && errno == EINVAL);
	EDGE_MUST(sendfile(fd, file, NULL, SIZE) < 0 && errno == EINVAL);
	EDGE_MUST(sendfile(fds[1], fd, NULL, SIZE) < 0 && errno == EINVAL);
	send_op(0, 0);
	recv_op(0, 0);
	edge_op("pipe", EDGE_SEND, 0, 0, 0, 0);
	edge_op("pipe", EDGE_RECV, 0, 0, 0, 0);
	edge_end();
	drop();
	close(fds[0]);
	close(fds[1]);
	close(file);
}

/* ---- who has it ---- */

static int add_many(void *unused)
{
	(void)unused;
	for (int i = 0; i < 23; i++)
		if (add(2) != SIZE)
			return 1;
	return 0;
}

static void handed_on(void)
{
	char path[64];
	int again;

	make(0, 0);
	edge_begin("dup, fork");
	again = dup(fd);
	EDGE_MUST(again >= 0 && !edge_wait(edge_child(add_many, NULL)));
	close(fd);
	fd = again;
	EDGE_MUST(take() == 23 * 2);
	send_op(23, 0);
	recv_op(1, 0);
	edge_expect(row, "objects", 0);
	edge_end();

	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	edge_begin("it cannot be opened again");
	EDGE_MUST(open(path, O_RDWR) < 0 && errno == ENXIO);
	edge_expect(row, "objects", 0);
	edge_end();
	drop();
}

union control {
	struct cmsghdr head;
	char space[CMSG_SPACE(sizeof(int))];
};

static void send_fd(int to)
{
	union control control = { .head = { .cmsg_len = CMSG_LEN(sizeof(int)),
					    .cmsg_level = SOL_SOCKET,
					    .cmsg_type = SCM_RIGHTS } };
	struct iovec iov = { "", 1 };
	struct msghdr msg = {
		.msg_iov = &iov,
		.msg_iovlen = 1,
		.msg_control = &control,
		.msg_controllen = sizeof(control),
	};

	memcpy(CMSG_DATA(&control.head), &fd, sizeof(fd));
	EDGE_MUST(sendmsg(to, &msg, 0) == 1);
}

static void recv_fd(int from)
{
	union control control;
	char c;
	struct iovec iov = { &c, 1 };
	struct msghdr msg = {
		.msg_iov = &iov,
		.msg_iovlen = 1,
		.msg_control = &control,
		.msg_controllen = sizeof(control),
	};

	EDGE_MUST(recvmsg(from, &msg, 0) == 1 && control.head.cmsg_type == SCM_RIGHTS);
	memcpy(&fd, CMSG_DATA(&control.head), sizeof(fd));
}

static void in_flight(void)
{
	int pair[2];

	EDGE_MUST(!socketpair(AF_UNIX, SOCK_SEQPACKET, 0, pair));
	edge_begin("one that is only in a message exists");
	make(3, 0);
	send_fd(pair[0]);
	drop();
	edge_expect(row, "objects", 1);
	edge_end();

	edge_begin("received, it is the same");
	recv_fd(pair[1]);
	must_add(4);
	EDGE_MUST(take() == 7);
	send_op(1, 0);
	recv_op(1, 0);
	edge_expect(row, "objects", 0);
	edge_end();

	edge_begin("it goes with the message that it is in");
	send_fd(pair[0]);
	drop();
	close(pair[0]);
	close(pair[1]);
	edge_expect(row, "objects", -1);
	edge_end();
}

static int make_many(void *unused)
{
	(void)unused;
	for (int i = 0; i < 23; i++)
		if (eventfd(1, i % 2 ? EFD_SEMAPHORE : EFD_CLOEXEC) < 0)
			return 1;
	pause();
	return 0;
}

static void *make_and_close(void *unused)
{
	for (int i = 0; i < 1000; i++) {
		int one = eventfd(0, 0), two = dup(one);

		EDGE_MUST(one >= 0 && two >= 0 && !close(one) && !close(two));
	}
	return unused;
}

static void life(void)
{
	pthread_t thread[4];
	pid_t pid;
	int again;

	edge_begin("23 objects");
	pid = edge_child(make_many, NULL);
	edge_asleep(pid, SYS_pause);
	edge_expect(row, "objects", 23);
	edge_end();

	edge_begin("which go with their process");
	kill(pid, SIGKILL);
	edge_wait(pid);
	edge_expect(row, "objects", -23);
	edge_end();

	edge_begin("two descriptors are one object");
	make(0, 0);
	again = dup(fd);
	edge_expect(row, "objects", 1);
	edge_end();

	edge_begin("until the last of them is closed");
	drop();
	edge_expect(row, "objects", 0);
	edge_end();

	edge_begin("and then none");
	close(again);
	edge_expect(row, "objects", -1);
	edge_end();

	edge_begin("what could not be made is none");
	EDGE_MUST(eventfd(0, 0x40) < 0 && errno == EINVAL);
	edge_expect(row, "objects", 0);
	edge_end();

	edge_begin("4 threads that make and close 1000 each");
	for (int i = 0; i < 4; i++)
		EDGE_MUST(!pthread_create(&thread[i], NULL, make_and_close, NULL));
	for (int i = 0; i < 4; i++)
		pthread_join(thread[i], NULL);
	edge_expect(row, "objects", 0);
	edge_end();
}

/* ---- Linux AIO ---- */

static void aio(void)
{
	uint64_t number = 0;
	struct iocb in = { .aio_lio_opcode = IOCB_CMD_PREAD, .aio_nbytes = SIZE };
	struct iocb out = { .aio_lio_opcode = IOCB_CMD_PWRITE, .aio_nbytes = SIZE };
	struct iocb done = {
		.aio_lio_opcode = IOCB_CMD_PREAD,
		.aio_nbytes = SIZE,
		.aio_flags = IOCB_FLAG_RESFD,
	};
	struct iocb *list[] = { &in, &out, &done };
	struct io_event event;
	aio_context_t ctx = 0;
	int zero = open("/dev/zero", O_RDONLY);

	make(3, 0);
	in.aio_buf = out.aio_buf = done.aio_buf = (uintptr_t)&number;
	in.aio_fildes = out.aio_fildes = done.aio_resfd = fd;
	done.aio_fildes = zero;
	if (syscall(SYS_io_setup, 4, &ctx)) {
		edge_skip("Linux AIO", "this kernel has none");
		drop();
		return;
	}
	edge_begin("Linux AIO: a read");
	EDGE_MUST(syscall(SYS_io_submit, ctx, 1, &list[0]) == 1);
	EDGE_MUST(syscall(SYS_io_getevents, ctx, 1, 1, &event, NULL) == 1);
	EDGE_MUST(event.res == SIZE && number == 3);
	recv_op(1, 0);
	edge_end();

	edge_begin("Linux AIO: a write is refused ahead of it");
	EDGE_MUST(syscall(SYS_io_submit, ctx, 1, &list[1]) < 0 && errno == EINVAL);
	send_op(0, 0);
	edge_end();

	edge_begin("Linux AIO: what it adds itself at 23 ends is no send");
	for (int i = 0; i < 23; i++) {
		EDGE_MUST(syscall(SYS_io_submit, ctx, 1, &list[2]) == 1);
		EDGE_MUST(syscall(SYS_io_getevents, ctx, 1, 1, &event, NULL) == 1);
	}
	EDGE_MUST(take() == 23);
	send_op(0, 0);
	recv_op(1, 0);
	edge_end();
	syscall(SYS_io_destroy, ctx);
	close(zero);
	drop();
}

/* ---- io_uring ---- */

static struct io_uring ring;
static bool have_ring;
static uint64_t ring_number;

static struct io_uring_sqe *prepare(bool write, uint64_t number)
{
	struct io_uring_sqe *sqe = io_uring_get_sqe(&ring);

	ring_number = number;
	if (write)
		io_uring_prep_write(sqe, fd, &ring_number, SIZE, 0);
	else
		io_uring_prep_read(sqe, fd, &ring_number, SIZE, 0);
	return sqe;
}

/* Hands one request to the kernel. */
static void submit(bool write, uint64_t number, unsigned int flags)
{
	io_uring_sqe_set_flags(prepare(write, number), flags);
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

/* Whether a worker sleeps in it, or io_uring polls, is its own affair. */
static void any_waits(void)
{
	edge_any(row, "send_waits");
	edge_any(row, "recv_waits");
}

static void uring_works(int flags)
{
	static const char *const way[] = { "", ", by a worker" };
	const char *kind = flags & EFD_NONBLOCK ? "io_uring, O_NONBLOCK" : "io_uring";
	int64_t objects = edge_now(row, "objects");

	make(0, flags);
	edge_begin("%s: 23 writes and reads", kind);
	for (int i = 0; i < 23; i++) {
		submit(true, 7, 0);
		EDGE_MUST(complete() == SIZE);
		submit(false, 0, 0);
		EDGE_MUST(complete() == SIZE && ring_number == 7);
	}
	send_op(23, 0);
	recv_op(23, 0);
	edge_end();

	for (int async = 0; async < 2; async++) {
		edge_begin("%s: a read that has to wait is one operation%s", kind, way[async]);
		submit(false, 0, async ? IOSQE_ASYNC : 0);
		usleep(50000);
		must_add(9);
		EDGE_MUST(complete() == SIZE && ring_number == 9);
		send_op(1, 0);
		recv_op(1, 0);
		any_waits();
		edge_end();
	}
	drop();
	edge_settle(row, "objects", objects);

	make_full(flags, 0);
	for (int async = 0; async < 2; async++) {
		edge_begin("%s: a write that has to wait is one operation%s", kind, way[async]);
		submit(true, MOST, async ? IOSQE_ASYNC : 0);
		usleep(50000);
		EDGE_MUST(take() == MOST);
		EDGE_MUST(complete() == SIZE);
		send_op(1, 0);
		recv_op(1, 0);
		any_waits();
		edge_end();
	}
	drop();
	edge_settle(row, "objects", objects);
}

static void uring(void)
{
	int64_t objects = edge_now(row, "objects");
	int result;

	uring_works(0);
	uring_works(EFD_NONBLOCK);

	make(0, 0);
	edge_begin("io_uring: failures are operations");
	submit(true, ~0ULL, 0);
	EDGE_MUST(complete() == -EINVAL);
	io_uring_prep_read(prepare(false, 0), fd, cliff + PAGE - 4, SIZE, 0);
	must_add(1);
	EDGE_MUST(io_uring_submit(&ring) == 1);
	EDGE_MUST(complete() == -EFAULT);
	send_op(1, 1);
	recv_op(0, 1);
	any_waits();
	edge_end();

	edge_begin("io_uring: a cancelled read was none");
	submit(false, 0, 0);
	usleep(50000);
	io_uring_prep_cancel(io_uring_get_sqe(&ring), NULL, IORING_ASYNC_CANCEL_ANY);
	EDGE_MUST(io_uring_submit(&ring) == 1);
	complete();
	complete();
	recv_op(0, 0);
	edge_end();
	drop();
	edge_settle(row, "objects", objects);

	/*
	 * There is room for one: it is polled as ready, and does not take two. After some tries
	 * io_uring hands it to a worker, which ends it with EAGAIN where it is quicker than we are.
	 */
	make_full(EFD_NONBLOCK | EFD_SEMAPHORE, 0);
	edge_begin("io_uring: attempts at the end of another system call are none");
	submit(true, 2, 0);
	EDGE_MUST(take() == 1);
	EDGE_MUST(take() == 1);
	result = complete();
	EDGE_MUST(result == SIZE || result == -EAGAIN);
	send_op(result == SIZE, 0);
	recv_op(2, 0);
	any_waits();
	edge_end();
	drop();
	edge_settle(row, "objects", objects);

	make(0, EFD_NONBLOCK);
	edge_begin("io_uring: 23 times EAGAIN as the end: not told apart from attempts");
	for (int i = 0; i < 23; i++) {
		prepare(false, 0)->rw_flags = RWF_NOWAIT;
		EDGE_MUST(io_uring_submit(&ring) == 1);
		EDGE_MUST(complete() == -EAGAIN);
	}
	recv_op(0, 0);
	edge_end();
	drop();
	edge_settle(row, "objects", objects);

	make(0, 0);
	EDGE_MUST(!io_uring_register_eventfd(&ring, fd));
	edge_begin("io_uring: what it adds itself at 23 ends is no send");
	for (int i = 0; i < 23; i++) {
		io_uring_prep_nop(io_uring_get_sqe(&ring));
		EDGE_MUST(io_uring_submit(&ring) == 1);
		EDGE_MUST(complete() == 0);
	}
	EDGE_MUST(take() == 23);
	send_op(0, 0);
	recv_op(1, 0);
	edge_end();

	edge_begin("a counter that only the kernel has left is no object");
	drop();
	edge_expect(row, "objects", -1);
	edge_end();
	EDGE_MUST(!io_uring_unregister_eventfd(&ring));
}

/* ---- many at once ---- */

#define THREADS 8
#define ROUNDS 10000

static void *add_ones(void *unused)
{
	for (int i = 0; i < ROUNDS; i++)
		must_add(1);
	return unused;
}

static void *take_ones(void *unused)
{
	for (int i = 0; i < ROUNDS; i++)
		EDGE_MUST(take() == 1);
	return unused;
}

static void many(void)
{
	pthread_t writer[THREADS], reader[THREADS];
	uint64_t sum = 0;
	int64_t ops = 0;

	make(0, EFD_SEMAPHORE);
	edge_begin("%d threads that write and %d that read, %d times each", THREADS, THREADS,
		   ROUNDS);
	for (int i = 0; i < THREADS; i++) {
		EDGE_MUST(!pthread_create(&writer[i], NULL, add_ones, NULL));
		EDGE_MUST(!pthread_create(&reader[i], NULL, take_ones, NULL));
	}
	for (int i = 0; i < THREADS; i++) {
		pthread_join(writer[i], NULL);
		pthread_join(reader[i], NULL);
	}
	send_op(THREADS * ROUNDS, 0);
	recv_op(THREADS * ROUNDS, 0);
	any_waits();
	edge_end();
	drop();

	make(0, 0);
	edge_begin("%d threads that write, and one that takes what there is", THREADS);
	for (int i = 0; i < THREADS; i++)
		EDGE_MUST(!pthread_create(&writer[i], NULL, add_ones, NULL));
	for (; sum < THREADS * ROUNDS; ops++)
		sum += take();
	for (int i = 0; i < THREADS; i++)
		pthread_join(writer[i], NULL);
	EDGE_MUST(sum == THREADS * ROUNDS);
	send_op(THREADS * ROUNDS, 0);
	recv_op(ops, 0);
	any_waits();
	edge_end();
	drop();
}

static void caller32(void)
{
	if (!edge_have32(row))
		return;
	edge_begin("a 32-bit program");
	edge_run32(row);
	send_op(EDGE_OPS32, 0);
	recv_op(EDGE_OPS32, 0);
	edge_expect(row, "objects", 0);
	edge_end();
}

int main(void)
{
	/*
	 * To the end of the program: the ring's own end would interrupt what comes next.
	 * Before the cliff, below which it would be mapped.
	 */
	have_ring = !io_uring_queue_init(8, &ring, 0);
	cliff = mmap(NULL, 2 * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	shared = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	EDGE_MUST(cliff != MAP_FAILED && shared != MAP_FAILED);
	EDGE_MUST(!munmap(cliff + PAGE, PAGE));

	plain();
	nonblocking();
	invalid();
	bad_memory();
	missing_page();
	signalled();
	vectors();
	splices();
	handed_on();
	in_flight();
	life();
	aio();
	if (have_ring)
		uring();
	else
		edge_skip(row, "io_uring is not to be had");
	caller32();
	many();
	return edge_done();
}
