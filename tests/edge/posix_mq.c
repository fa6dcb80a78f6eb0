// SPDX-License-Identifier: GPL-2.0-only
/* Row posix_mq: mq_send(3), mq_receive(3) and their timed forms. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <mqueue.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "edge.h"

#define PAGE 4096L
#define ROOM 4 /* messages a queue holds */
#define SIZE 8192

static const char row[] = "posix_mq";
static const char name[] = "/edge";
static char data[SIZE];
static char *cliff; /* two pages of memory, with none behind them */
static mqd_t queue;

static void send_op(int64_t ops, int64_t bytes, int64_t fails)
{
	edge_op(row, EDGE_SEND, ops, bytes, bytes, fails);
}

static void recv_op(int64_t ops, int64_t bytes, int64_t fails)
{
	edge_op(row, EDGE_RECV, ops, bytes, bytes, fails);
}

static void queued(int64_t messages, int64_t bytes)
{
	edge_expect(row, "queued", messages);
	edge_expect(row, "queued_bytes", bytes);
}

static void make(void)
{
	struct mq_attr attr = { .mq_maxmsg = ROOM, .mq_msgsize = SIZE };

	queue = mq_open(name, O_RDWR | O_CREAT | O_EXCL, 0600, &attr);
	EDGE_MUST(queue >= 0);
}

static void drop(void)
{
	EDGE_MUST(!mq_unlink(name) && !mq_close(queue));
}

static void nonblock(bool on)
{
	EDGE_MUST(!mq_setattr(queue, &(struct mq_attr){ .mq_flags = on ? O_NONBLOCK : 0 }, NULL));
}

static int put(size_t size)
{
	return mq_send(queue, data, size, 0);
}

static ssize_t take(void)
{
	return mq_receive(queue, data, SIZE, NULL);
}

static bool fails(long result, int error)
{
	return result == -1 && errno == error;
}

static void plain(void)
{
	struct mq_attr attr;

	edge_begin("a queue");
	make();
	edge_expect(row, "objects", 1);
	edge_end();

	edge_begin("23 messages of 64 bytes");
	for (int i = 0; i < 23; i++) {
		EDGE_MUST(!put(64));
		EDGE_MUST(take() == 64);
	}
	send_op(23, 23 * 64, 0);
	recv_op(23, 23 * 64, 0);
	edge_end();

	edge_begin("messages that stay, one of them empty, one big");
	EDGE_MUST(!put(100) && !put(0) && !put(SIZE));
	EDGE_MUST(!mq_getattr(queue, &attr));
	send_op(3, 100 + SIZE, 0);
	queued(attr.mq_curmsgs, 100 + SIZE);
	edge_end();

	edge_begin("the first two of them");
	EDGE_MUST(take() == 100 && take() == 0);
	recv_op(2, 100, 0);
	queued(-2, -100);
	edge_end();

	edge_begin("a queue unlinked with its messages, and still open");
	EDGE_MUST(!mq_unlink(name) && !put(50));
	send_op(1, 50, 0);
	queued(1, 50);
	edge_end();

	edge_begin("and closed");
	EDGE_MUST(!mq_close(queue));
	edge_expect(row, "objects", -1);
	queued(-2, -SIZE - 50);
	edge_end();
}

static void full_and_empty(void)
{
	struct timespec soon;

	make();
	nonblock(true);
	edge_begin("an empty queue: EAGAIN");
	EDGE_MUST(fails(take(), EAGAIN));
	recv_op(1, 0, 1);
	edge_end();

	edge_begin("a full queue: EAGAIN");
	for (int i = 0; i < ROOM; i++)
		EDGE_MUST(!put(100));
	EDGE_MUST(fails(put(100), EAGAIN));
	send_op(ROOM + 1, ROOM * 100, 1);
	queued(ROOM, ROOM * 100);
	edge_end();

	nonblock(false);
	edge_begin("a full queue: ETIMEDOUT");
	EDGE_MUST(!clock_gettime(CLOCK_REALTIME, &soon));
	soon.tv_sec++;
	EDGE_MUST(fails(mq_timedsend(queue, data, 100, 0, &soon), ETIMEDOUT));
	send_op(1, 0, 1);
	edge_expect(row, "send_waits", 1);
	edge_end();

	edge_begin("the queue removed: the messages go");
	drop();
	edge_expect(row, "objects", -1);
	queued(-ROOM, -ROOM * 100);
	edge_end();
}

static void errors(void)
{
	mqd_t receiver;

	make();
	edge_begin("too big, too small a buffer: EMSGSIZE; no such priority: EINVAL");
	EDGE_MUST(fails(mq_send(queue, data, SIZE + 1, 0), EMSGSIZE));
	EDGE_MUST(fails(mq_receive(queue, data, SIZE - 1, NULL), EMSGSIZE));
	EDGE_MUST(fails(mq_send(queue, data, 1, 1U << 31), EINVAL));
	send_op(2, 0, 2);
	recv_op(1, 0, 1);
	edge_end();

	receiver = mq_open(name, O_RDONLY);
	EDGE_MUST(receiver >= 0);
	edge_begin("EBADF never reaches a queue");
	EDGE_MUST(fails(mq_send(receiver, data, 1, 0), EBADF));
	EDGE_MUST(fails(mq_send(-1, data, 1, 0), EBADF));
	EDGE_MUST(fails(mq_receive(STDIN_FILENO, data, SIZE, NULL), EBADF));
	send_op(0, 0, 0);
	recv_op(0, 0, 0);
	edge_end();
	mq_close(receiver);

	edge_begin("EFAULT of a sender, at once and in the middle");
	EDGE_MUST(fails(mq_send(queue, cliff + 2 * PAGE, 64, 0), EFAULT));
	EDGE_MUST(fails(mq_send(queue, cliff + 2 * PAGE - 40, 64, 0), EFAULT));
	send_op(2, 0, 2);
	edge_end();

	EDGE_MUST(!put(64) && !put(SIZE));
	edge_begin("EFAULT of a receiver, at once and in the middle: the message is lost");
	EDGE_MUST(fails(mq_receive(queue, cliff + 2 * PAGE, SIZE, NULL), EFAULT));
	EDGE_MUST(fails(mq_receive(queue, cliff + PAGE, SIZE, NULL), EFAULT));
	recv_op(2, 0, 2);
	queued(-2, -64 - SIZE);
	edge_end();
	drop();
}

static void on_signal(int sig)
{
	(void)sig;
}

/* What a sleeping child waits for, and how that ends. */
struct sleeper {
	bool sends;
	int flags; /* of sigaction */
	int error; /* 0: none */
};

static int sleeps(void *arg)
{
	const struct sleeper *s = arg;
	struct sigaction act = { .sa_handler = on_signal, .sa_flags = s->flags };
	long ret;

	EDGE_MUST(!sigaction(SIGUSR1, &act, NULL));
	ret = s->sends ? put(100) : take();
	return s->error ? !fails(ret, s->error) : ret != (s->sends ? 0 : 100);
}

static pid_t sleeper(const struct sleeper *s)
{
	pid_t pid = edge_child(sleeps, (void *)s);

	edge_asleep(pid, s->sends ? SYS_mq_timedsend : SYS_mq_timedreceive);
	return pid;
}

static void fill(void)
{
	for (int i = 0; i < ROOM; i++)
		EDGE_MUST(!put(100));
}

static void blocked(void)
{
	struct sleeper s = { .sends = false };
	int64_t failed;
	pid_t pid;

	make();
	edge_begin("a message for a sleeping receiver");
	pid = sleeper(&s);
	EDGE_MUST(!put(100));
	EDGE_MUST(!edge_wait(pid));
	send_op(1, 100, 0);
	recv_op(1, 100, 0);
	edge_expect(row, "recv_waits", 1);
	edge_end();

	s.error = EINTR;
	edge_begin("a receiver interrupted, without SA_RESTART");
	pid = sleeper(&s);
	kill(pid, SIGUSR1);
	EDGE_MUST(!edge_wait(pid));
	recv_op(1, 0, 1);
	edge_expect(row, "recv_waits", 1);
	edge_end();

	s = (struct sleeper){ .flags = SA_RESTART };
	edge_begin("a receiver interrupted, with SA_RESTART");
	pid = sleeper(&s);
	failed = edge_now(row, "recv_fails");
	kill(pid, SIGUSR1);
	while (edge_now(row, "recv_fails") == failed)
		sched_yield();
	edge_asleep(pid, SYS_mq_timedreceive);
	EDGE_MUST(!put(100));
	EDGE_MUST(!edge_wait(pid));
	send_op(1, 100, 0);
	recv_op(2, 100, 1);
	edge_expect(row, "recv_waits", 2);
	edge_end();

	s = (struct sleeper){ .sends = true };
	edge_begin("room for a sleeping sender");
	fill();
	pid = sleeper(&s);
	EDGE_MUST(take() == 100);
	EDGE_MUST(!edge_wait(pid));
	send_op(ROOM + 1, (ROOM + 1) * 100, 0);
	recv_op(1, 100, 0);
	queued(ROOM, ROOM * 100);
	edge_expect(row, "send_waits", 1);
	edge_end();

	s.error = EINTR;
	edge_begin("a sender interrupted, without SA_RESTART");
	pid = sleeper(&s);
	kill(pid, SIGUSR1);
	EDGE_MUST(!edge_wait(pid));
	send_op(1, 0, 1);
	edge_expect(row, "send_waits", 1);
	edge_end();

	s = (struct sleeper){ .sends = true, .flags = SA_RESTART };
	edge_begin("a sender killed while it sleeps");
	pid = sleeper(&s);
	kill(pid, SIGKILL);
	EDGE_MUST(edge_wait(pid) == 128 + SIGKILL);
	send_op(1, 0, 1);
	edge_expect(row, "send_waits", 1);
	edge_end();
	drop();
}

/* A child with an IPC namespace of its own, and @arg messages of 10 bytes in it. */
static int elsewhere(void *arg)
{
	EDGE_MUST(!unshare(CLONE_NEWIPC));
	make();
	for (long i = 0; i < (long)arg; i++)
		EDGE_MUST(!put(10));
	pause();
	return 1;
}

static void namespaces(void)
{
	pid_t pid;

	edge_begin("a queue in another namespace");
	pid = edge_child(elsewhere, (void *)3L);
	edge_asleep(pid, SYS_pause);
	send_op(3, 30, 0);
	edge_expect(row, "objects", 1);
	queued(3, 30);
	edge_end();

	edge_begin("the end of that namespace");
	kill(pid, SIGKILL);
	edge_wait(pid);
	edge_expect(row, "objects", -1);
	queued(-3, -30);
	edge_end();
}

static void older(void)
{
	pid_t pid;

	edge_unload();
	make();
	pid = edge_child(elsewhere, (void *)0L);
	edge_asleep(pid, SYS_pause);
	edge_load();
	edge_begin("empty queues older than the module");
	EDGE_MUST(!put(100));
	send_op(1, 100, 0);
	edge_value(row, "objects", 2);
	edge_value(row, "queued", 1);
	edge_value(row, "queued_bytes", 100);
	edge_end();
	kill(pid, SIGKILL);
	edge_wait(pid);

	edge_unload(); /* the queue has a message now */
	EDGE_MUST(!mq_unlink(name));
	edge_load();
	edge_begin("messages older than the module, in a queue without a name");
	edge_value(row, "queued", 1);
	edge_value(row, "queued_bytes", 100);
	edge_end();
	edge_begin("and newer ones behind");
	EDGE_MUST(!put(10) && !put(20) && take() == 100);
	send_op(2, 30, 0);
	recv_op(1, 100, 0);
	edge_value(row, "queued", 2);
	edge_value(row, "queued_bytes", 30);
	edge_end();
	edge_begin("the queue goes with its messages");
	mq_close(queue);
	edge_value(row, "objects", 0);
	edge_value(row, "queued", 0);
	edge_value(row, "queued_bytes", 0);
	edge_end();
}

int main(void)
{
	cliff = mmap(NULL, 3 * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	EDGE_MUST(cliff != MAP_FAILED && !munmap(cliff + 2 * PAGE, PAGE));
	mq_unlink(name);
	plain();
	full_and_empty();
	errors();
	blocked();
	if (edge_have32(row)) {
		edge_begin("a 32-bit program");
		edge_run32(row);
		send_op(EDGE_OPS32, EDGE_OPS32 * EDGE_SIZE32, 0);
		recv_op(EDGE_OPS32, EDGE_OPS32 * EDGE_SIZE32, 0);
		edge_end();
	}
	namespaces();
	older();
	return edge_done();
}
