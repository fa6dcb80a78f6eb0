// SPDX-License-Identifier: GPL-2.0-only
/* Row sysv_msg: msgsnd(2), msgrcv(2). */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/msg.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "edge.h"

#define PAGE 4096L
#ifndef MSG_COPY
#define MSG_COPY 040000
#endif

static const char row[] = "sysv_msg";
static struct message {
	long type;
	char text[16384];
} msg = { .type = 1 };
static char *cliff; /* a page of memory, with none behind it */
static int queue;

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
	queue = msgget(IPC_PRIVATE, 0600);
	EDGE_MUST(queue >= 0);
}

static void drop(void)
{
	EDGE_MUST(!msgctl(queue, IPC_RMID, NULL));
}

static int put(size_t size)
{
	return msgsnd(queue, &msg, size, IPC_NOWAIT);
}

static ssize_t take(size_t size, int flags)
{
	return msgrcv(queue, &msg, size, 0, IPC_NOWAIT | flags);
}

/* Lets the queue hold no more than @bytes. */
static void limit(size_t bytes)
{
	struct msqid_ds ds;

	EDGE_MUST(!msgctl(queue, IPC_STAT, &ds));
	ds.msg_qbytes = bytes;
	EDGE_MUST(!msgctl(queue, IPC_SET, &ds));
}

static bool fails(long result, int error)
{
	return result == -1 && errno == error;
}

static void plain(void)
{
	struct msqid_ds ds;

	edge_begin("a queue");
	make();
	edge_expect(row, "objects", 1);
	edge_end();

	edge_begin("23 messages of 64 bytes");
	for (int i = 0; i < 23; i++) {
		EDGE_MUST(!put(64));
		EDGE_MUST(take(64, 0) == 64);
	}
	send_op(23, 23 * 64, 0);
	recv_op(23, 23 * 64, 0);
	edge_end();

	edge_begin("messages that stay");
	for (int i = 1; i <= 5; i++)
		EDGE_MUST(!put(100 * i));
	EDGE_MUST(!msgctl(queue, IPC_STAT, &ds));
	EDGE_MUST(ds.msg_qnum == 5 && ds.msg_cbytes == 1500);
	send_op(5, 1500, 0);
	queued(ds.msg_qnum, ds.msg_cbytes);
	edge_end();

	edge_begin("the fourth of them by its type, a big one, an empty one");
	EDGE_MUST(take(sizeof(msg.text), 0) == 100);
	msg.type = 7;
	EDGE_MUST(!put(8192));
	EDGE_MUST(!put(0));
	EDGE_MUST(msgrcv(queue, &msg, 8192, 7, 0) == 8192);
	EDGE_MUST(msgrcv(queue, &msg, 8192, -7, 0) == 200);
	EDGE_MUST(msgrcv(queue, &msg, 8192, 1, MSG_EXCEPT) == 0);
	msg.type = 1;
	send_op(2, 8192, 0);
	recv_op(4, 100 + 8192 + 200, 0);
	queued(-2, -300);
	edge_end();

	edge_begin("a queue removed with its messages");
	drop();
	edge_expect(row, "objects", -1);
	queued(-3, -1200);
	edge_end();
}

static void full_and_empty(void)
{
	make();
	edge_begin("an empty queue: ENOMSG");
	EDGE_MUST(fails(take(64, 0), ENOMSG));
	recv_op(1, 0, 1);
	edge_end();

	limit(1000);
	edge_begin("a full queue: EAGAIN");
	for (int i = 0; i < 10; i++)
		EDGE_MUST(!put(100));
	EDGE_MUST(fails(put(100), EAGAIN));
	send_op(11, 1000, 1);
	queued(10, 1000);
	edge_end();

	edge_begin("a buffer too small: E2BIG, then MSG_NOERROR");
	EDGE_MUST(fails(take(10, 0), E2BIG));
	EDGE_MUST(take(10, MSG_NOERROR) == 10);
	recv_op(2, 10, 1);
	queued(-1, -100);
	edge_end();
	drop();
}

static void peeks(void)
{
	make();
	EDGE_MUST(!put(64) && !put(100));
	if (msgrcv(queue, &msg, 200, 1, MSG_COPY | IPC_NOWAIT) < 0 && errno == ENOSYS) {
		edge_skip("MSG_COPY", "this kernel has none");
		drop();
		return;
	}
	edge_begin("MSG_COPY: a peek");
	EDGE_MUST(msgrcv(queue, &msg, 200, 1, MSG_COPY | IPC_NOWAIT) == 100);
	recv_op(1, 0, 0);
	edge_expect(row, "peeks", 1);
	edge_end();

	edge_begin("MSG_COPY of a message that is not there, and without IPC_NOWAIT");
	EDGE_MUST(fails(msgrcv(queue, &msg, 200, 2, MSG_COPY | IPC_NOWAIT), ENOMSG));
	EDGE_MUST(fails(msgrcv(queue, &msg, 200, 1, MSG_COPY), EINVAL));
	recv_op(2, 0, 2);
	edge_end();
	drop();
}

static void errors(void)
{
	long max;
	FILE *f = fopen("/proc/sys/kernel/msgmax", "r");

	EDGE_MUST(f && fscanf(f, "%ld", &max) == 1 && max < (long)sizeof(msg.text));
	fclose(f);
	make();
	edge_begin("above MSGMAX, a bad type, a bad queue: EINVAL");
	EDGE_MUST(fails(put(max + 1), EINVAL));
	msg.type = 0;
	EDGE_MUST(fails(put(1), EINVAL));
	msg.type = 1;
	EDGE_MUST(fails(msgsnd(-1, &msg, 1, 0), EINVAL));
	EDGE_MUST(fails(msgrcv(0x7fff0000, &msg, 1, 0, 0), EINVAL));
	send_op(3, 0, 3);
	recv_op(1, 0, 1);
	edge_end();

	edge_begin("EFAULT on the type: the queue was not reached");
	EDGE_MUST(fails(msgsnd(queue, cliff + PAGE, 64, 0), EFAULT));
	send_op(0, 0, 0);
	edge_end();

	edge_begin("EFAULT at once and in the middle of the text");
	*(long *)(cliff + PAGE - 8) = 1;
	*(long *)(cliff + PAGE - 40) = 1;
	EDGE_MUST(fails(msgsnd(queue, cliff + PAGE - 8, 64, 0), EFAULT));
	EDGE_MUST(fails(msgsnd(queue, cliff + PAGE - 40, 64, 0), EFAULT));
	send_op(2, 0, 2);
	edge_end();

	EDGE_MUST(!put(64) && !put(64));
	edge_begin("EFAULT of a receiver: the message is lost");
	EDGE_MUST(fails(msgrcv(queue, cliff + PAGE, 64, 0, 0), EFAULT));
	EDGE_MUST(fails(msgrcv(queue, cliff + PAGE - 40, 64, 0, 0), EFAULT));
	recv_op(2, 0, 2);
	queued(-2, -128);
	edge_end();
	drop();
}

static int as_nobody(void *unused)
{
	(void)unused;
	EDGE_MUST(!setresuid(65534, 65534, 65534));
	return !fails(put(1), EACCES);
}

static void denied(void)
{
	make();
	edge_begin("somebody else's queue: EACCES");
	EDGE_MUST(!edge_wait(edge_child(as_nobody, NULL)));
	send_op(1, 0, 1);
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
	ret = s->sends ? msgsnd(queue, &msg, 100, 0) : msgrcv(queue, &msg, 100, 0, 0);
	return s->error ? !fails(ret, s->error) : ret != (s->sends ? 0 : 100);
}

static pid_t sleeper(const struct sleeper *s)
{
	pid_t pid = edge_child(sleeps, (void *)s);

	edge_asleep(pid, s->sends ? SYS_msgsnd : SYS_msgrcv);
	return pid;
}

static void interrupted(void)
{
	static const int flags[] = { 0, SA_RESTART };
	struct sleeper s = { .error = EINTR };
	pid_t pid;

	make();
	limit(100);
	for (int i = 0; i < 2; i++) {
		s.flags = flags[i];
		s.sends = false;
		/* do_msgrcv() returns -ERESTARTNOHAND: a handler always ends it */
		edge_begin("a receiver interrupted, %s SA_RESTART", i ? "with" : "without");
		pid = sleeper(&s);
		kill(pid, SIGUSR1);
		EDGE_MUST(!edge_wait(pid));
		recv_op(1, 0, 1);
		edge_expect(row, "recv_waits", 1);
		edge_end();

		s.sends = true;
		EDGE_MUST(!put(100));
		edge_begin("a sender interrupted, %s SA_RESTART", i ? "with" : "without");
		pid = sleeper(&s);
		kill(pid, SIGUSR1);
		EDGE_MUST(!edge_wait(pid));
		send_op(1, 0, 1);
		edge_expect(row, "send_waits", 1);
		edge_end();
		EDGE_MUST(take(100, 0) == 100);
	}

	s = (struct sleeper){ .sends = false };
	edge_begin("a receiver stopped and continued: the kernel restarts it");
	pid = sleeper(&s);
	kill(pid, SIGSTOP);
	EDGE_MUST(waitid(P_PID, pid, &(siginfo_t){ 0 }, WSTOPPED) == 0);
	kill(pid, SIGCONT);
	edge_asleep(pid, SYS_msgrcv);
	EDGE_MUST(!put(100));
	EDGE_MUST(!edge_wait(pid));
	send_op(1, 100, 0);
	recv_op(2, 100, 1);
	edge_expect(row, "recv_waits", 2);
	edge_end();
	drop();
}

static void blocked(void)
{
	struct sleeper s = { .sends = false };
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

	limit(100);
	s.sends = true;
	edge_begin("room for a sleeping sender");
	EDGE_MUST(!put(100));
	pid = sleeper(&s);
	EDGE_MUST(take(100, 0) == 100);
	EDGE_MUST(!edge_wait(pid));
	send_op(2, 200, 0);
	recv_op(1, 100, 0);
	queued(1, 100);
	edge_expect(row, "send_waits", 1);
	edge_end();

	s.error = EIDRM;
	edge_begin("a queue removed under a sleeping sender: EIDRM");
	pid = sleeper(&s);
	drop();
	EDGE_MUST(!edge_wait(pid));
	send_op(1, 0, 1);
	edge_expect(row, "objects", -1);
	queued(-1, -100);
	edge_expect(row, "send_waits", 1);
	edge_end();

	make();
	s.sends = false;
	edge_begin("a queue removed under a sleeping receiver: EIDRM");
	pid = sleeper(&s);
	drop();
	EDGE_MUST(!edge_wait(pid));
	recv_op(1, 0, 1);
	edge_expect(row, "objects", -1);
	edge_expect(row, "recv_waits", 1);
	edge_end();
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
	static const char name[] = "edge.ipcns";
	char path[64];
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

	edge_unload();
	make();
	EDGE_MUST(!put(100) && !put(50));
	pid = edge_child(elsewhere, (void *)4L);
	edge_asleep(pid, SYS_pause);
	close(open(name, O_CREAT | O_WRONLY, 0600));
	snprintf(path, sizeof(path), "/proc/%d/ns/ipc", pid);
	EDGE_MUST(!mount(path, name, NULL, MS_BIND, NULL));
	kill(pid, SIGKILL);
	edge_wait(pid);
	edge_load();
	edge_begin("older than the module: two queues, one in a namespace without a process");
	edge_value(row, "objects", 2);
	edge_value(row, "queued", 6);
	edge_value(row, "queued_bytes", 190);
	edge_end();

	edge_begin("and the namespace goes");
	EDGE_MUST(!umount(name));
	unlink(name);
	edge_expect(row, "objects", -1);
	queued(-4, -40);
	edge_end();

	edge_begin("an old message is received");
	EDGE_MUST(take(100, 0) == 100);
	recv_op(1, 100, 0);
	queued(-1, -100);
	edge_end();
	drop();
}

int main(void)
{
	cliff = mmap(NULL, 2 * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	EDGE_MUST(cliff != MAP_FAILED && !munmap(cliff + PAGE, PAGE));
	plain();
	full_and_empty();
	peeks();
	errors();
	denied();
	interrupted();
	blocked();
	if (edge_have32(row)) {
		edge_begin("a 32-bit program");
		edge_run32(row);
		send_op(EDGE_OPS32, EDGE_OPS32 * EDGE_SIZE32, 0);
		recv_op(EDGE_OPS32, EDGE_OPS32 * EDGE_SIZE32, 0);
		edge_end();
	}
	namespaces();
	return edge_done();
}
