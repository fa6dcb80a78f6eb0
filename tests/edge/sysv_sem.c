// SPDX-License-Identifier: GPL-2.0-only
/* Row sysv_sem: semop(2), semtimedop(2), and the waits of a mechanism. */
#define _GNU_SOURCE
#include <errno.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/sem.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "edge.h"

#define SEMS 3
#define ROUNDS 3000

static const char row[] = "sysv_sem";
static int set;

union semun {
	int val;
	struct semid_ds *buf;
	unsigned short *array;
};

static void ops(const char *dir, int64_t nr, int64_t fails)
{
	edge_expect(row, dir[0] == 's' ? "send_ops" : "recv_ops", nr);
	edge_expect(row, dir[0] == 's' ? "send_fails" : "recv_fails", fails);
}

static void waits(int64_t nr)
{
	edge_expect(row, "recv_waits", nr);
	edge_any(row, "recv_wait_ns");
}

static void make(void)
{
	set = semget(IPC_PRIVATE, SEMS, 0600);
	EDGE_MUST(set >= 0);
}

static void drop(void)
{
	EDGE_MUST(!semctl(set, 0, IPC_RMID));
}

/* One operation on semaphore @num. */
static int one(int num, int op, int flags)
{
	return semop(set, &(struct sembuf){ num, op, flags }, 1);
}

static bool fails(long result, int error)
{
	return result == -1 && errno == error;
}

static void plain(void)
{
	struct sembuf up[] = { { 0, 1, 0 }, { 1, 2, 0 } };
	struct sembuf mixed[] = { { 0, 1, 0 }, { 1, -1, 0 } };
	struct sembuf down[] = { { 0, -2, 0 }, { 1, -1, 0 }, { 2, 0, 0 } };
	struct sembuf many[200];

	edge_begin("a set");
	make();
	edge_expect(row, "objects", 1);
	edge_end();

	edge_begin("23 ups and downs");
	for (int i = 0; i < 23; i++)
		EDGE_MUST(!one(0, 1, 0) && !one(0, -1, 0));
	ops(EDGE_SEND, 23, 0);
	ops(EDGE_RECV, 23, 0);
	edge_end();

	edge_begin("several semaphores: only a pure release is a send");
	EDGE_MUST(!semop(set, up, 2) && !semop(set, mixed, 2) && !semop(set, down, 3));
	ops(EDGE_SEND, 1, 0);
	ops(EDGE_RECV, 2, 0);
	edge_end();

	edge_begin("200 semaphore operations at once, the last one an acquisition");
	for (int i = 0; i < 200; i++)
		many[i] = (struct sembuf){ 0, 1, 0 };
	EDGE_MUST(!semop(set, many, 200));
	many[199].sem_op = -200;
	EDGE_MUST(!semop(set, many, 200));
	ops(EDGE_SEND, 1, 0);
	ops(EDGE_RECV, 1, 0);
	edge_end();

	edge_begin("semctl is no operation");
	EDGE_MUST(!semctl(set, 0, SETVAL, (union semun){ .val = 0 }));
	ops(EDGE_SEND, 0, 0);
	ops(EDGE_RECV, 0, 0);
	edge_end();
}

static void errors(void)
{
	struct timespec bad = { .tv_nsec = -1 };
	struct sembuf many[600] = { { 0 } };
	struct sembuf down = { 0, -1, 0 };

	edge_begin("EAGAIN");
	EDGE_MUST(fails(one(0, -1, IPC_NOWAIT), EAGAIN));
	ops(EDGE_RECV, 1, 1);
	edge_end();

	edge_begin("EFBIG, ERANGE; EINVAL for a set and a timeout");
	EDGE_MUST(fails(one(SEMS, 1, 0), EFBIG));
	EDGE_MUST(!semctl(set, 0, SETVAL, (union semun){ .val = 32767 }));
	EDGE_MUST(fails(one(0, 1, 0), ERANGE));
	EDGE_MUST(!semctl(set, 0, SETVAL, (union semun){ .val = 0 }));
	EDGE_MUST(fails(semop(-1, &down, 1), EINVAL));
	EDGE_MUST(fails(semtimedop(set, &down, 1, &bad), EINVAL));
	ops(EDGE_SEND, 2, 2);
	ops(EDGE_RECV, 2, 2);
	edge_end();

	edge_begin("E2BIG, EINVAL for no operation, EFAULT: refused before the set is reached");
	EDGE_MUST(fails(semop(set, many, 600), E2BIG));
	EDGE_MUST(fails(semop(set, many, 0), EINVAL));
	EDGE_MUST(fails(syscall(SYS_semop, set, (void *)8, 1), EFAULT));
	ops(EDGE_SEND, 0, 0);
	ops(EDGE_RECV, 0, 0);
	edge_end();
}

static void on_signal(int sig)
{
	(void)sig;
}

/* How a sleeping child's operation ends. */
struct sleeper {
	int op;
	int flags; /* of sigaction */
	int error; /* 0: none */
};

static int sleeps(void *arg)
{
	const struct sleeper *s = arg;
	struct sigaction act = { .sa_handler = on_signal, .sa_flags = s->flags };
	long ret;

	EDGE_MUST(!sigaction(SIGUSR1, &act, NULL));
	ret = one(0, s->op, 0);
	return s->error ? !fails(ret, s->error) : ret != 0;
}

static pid_t sleeper(const struct sleeper *s)
{
	pid_t pid = edge_child(sleeps, (void *)s);

	edge_asleep(pid, -1);
	return pid;
}

static int64_t now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1000000000LL + t.tv_nsec;
}

static void slept(void)
{
	struct timespec ms50 = { .tv_nsec = 50000000 };
	struct sleeper s = { .op = -1 };
	int64_t outside, inside, counted;
	pid_t pid;

	edge_begin("a sleeper is blocked");
	outside = now();
	pid = sleeper(&s);
	inside = now();
	edge_expect(row, "blocked", 1);
	edge_end();

	counted = edge_now(row, "recv_wait_ns");
	edge_begin("and woken");
	nanosleep(&ms50, NULL);
	inside = now() - inside;
	EDGE_MUST(!one(0, 1, 0) && !edge_wait(pid));
	outside = now() - outside;
	ops(EDGE_SEND, 1, 0);
	ops(EDGE_RECV, 1, 0);
	edge_expect(row, "blocked", -1);
	waits(1);
	edge_end();
	counted = edge_now(row, "recv_wait_ns") - counted;
	edge_check(counted >= inside && counted <= outside,
		   "its time: %lld ns, between %lld and %lld", (long long)counted,
		   (long long)inside, (long long)outside);

	edge_begin("a wait for zero, woken by semctl");
	EDGE_MUST(!semctl(set, 0, SETVAL, (union semun){ .val = 1 }));
	s.op = 0;
	pid = sleeper(&s);
	EDGE_MUST(!semctl(set, 0, SETVAL, (union semun){ .val = 0 }) && !edge_wait(pid));
	ops(EDGE_RECV, 1, 0);
	waits(1);
	edge_end();

	edge_begin("a timeout: EAGAIN");
	EDGE_MUST(fails(semtimedop(set, &(struct sembuf){ 0, -1, 0 }, 1, &ms50), EAGAIN));
	ops(EDGE_RECV, 1, 1);
	waits(1);
	edge_end();

	s = (struct sleeper){ .op = -1, .error = EINTR };
	for (int i = 0; i < 2; i++) {
		/* semop(2) is never restarted */
		edge_begin("interrupted, %s SA_RESTART", i ? "with" : "without");
		s.flags = i ? SA_RESTART : 0;
		pid = sleeper(&s);
		kill(pid, SIGUSR1);
		EDGE_MUST(!edge_wait(pid));
		ops(EDGE_RECV, 1, 1);
		waits(1);
		edge_end();
	}

	edge_begin("killed");
	pid = sleeper(&s);
	kill(pid, SIGKILL);
	EDGE_MUST(edge_wait(pid) == 128 + SIGKILL);
	ops(EDGE_RECV, 1, 1);
	waits(1);
	edge_end();

	s.error = EIDRM;
	edge_begin("the set removed: EIDRM");
	pid = sleeper(&s);
	drop();
	EDGE_MUST(!edge_wait(pid));
	ops(EDGE_RECV, 1, 1);
	waits(1);
	edge_expect(row, "objects", -1);
	edge_end();
}

/* Voluntary context switches of this process: its sleeps. */
static long sleeps_so_far(void)
{
	struct rusage usage;

	EDGE_MUST(!getrusage(RUSAGE_SELF, &usage));
	return usage.ru_nvcsw;
}

/* The timer often fires between the decision to sleep and the sleep. */
static void hardly_slept(void)
{
	struct timespec zero = { 0 };
	long before;

	make();
	edge_begin("%d timeouts of 0", ROUNDS);
	before = sleeps_so_far();
	for (int i = 0; i < ROUNDS; i++)
		EDGE_MUST(fails(semtimedop(set, &(struct sembuf){ 0, -1, 0 }, 1, &zero), EAGAIN));
	ops(EDGE_RECV, ROUNDS, ROUNDS);
	waits(sleeps_so_far() - before);
	edge_end();
	drop();
}

/* Two players that wake each other: many wake-ups come before their sleep. */
static volatile long *switches;

static int play(void *arg)
{
	long me = (long)arg;
	long before;

	EDGE_MUST(!one(me, -1, 0)); /* the first touch of everything */
	before = sleeps_so_far();
	for (int i = 0; i < ROUNDS; i++)
		EDGE_MUST(!one(!me, 1, 0) && !one(me, -1, 0));
	switches[me] = sleeps_so_far() - before;
	return 0;
}

static void match(void)
{
	pid_t a, b;

	switches = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	EDGE_MUST(switches != MAP_FAILED);
	make();
	edge_begin("two processes, %d rounds", ROUNDS);
	a = edge_child(play, (void *)0L);
	b = edge_child(play, (void *)1L);
	edge_asleep(a, -1);
	edge_asleep(b, -1);
	EDGE_MUST(!one(0, 1, 0) && !one(1, 1, 0));
	EDGE_MUST(!edge_wait(a) && !edge_wait(b));
	ops(EDGE_SEND, 2 * ROUNDS + 2, 0);
	ops(EDGE_RECV, 2 * ROUNDS + 2, 0);
	waits(switches[0] + switches[1] + 2);
	edge_end();
	drop();
}

static int with_undo(void *unused)
{
	(void)unused;
	return one(0, 1, SEM_UNDO);
}

/* A child with an IPC namespace and two sets of its own. */
static int elsewhere(void *unused)
{
	(void)unused;
	EDGE_MUST(!unshare(CLONE_NEWIPC));
	make();
	make();
	pause();
	return 1;
}

static void lives(void)
{
	pid_t pid;

	make();
	edge_begin("SEM_UNDO: what the kernel undoes is no operation");
	EDGE_MUST(!edge_wait(edge_child(with_undo, NULL)));
	EDGE_MUST(semctl(set, 0, GETVAL) == 0);
	ops(EDGE_SEND, 1, 0);
	edge_end();

	edge_unload();
	pid = edge_child(elsewhere, NULL);
	edge_asleep(pid, SYS_pause);
	edge_load();
	edge_begin("sets older than the module, in two namespaces");
	EDGE_MUST(!one(0, 1, 0));
	edge_value(row, "objects", 3);
	edge_value(row, "send_ops", 1);
	edge_end();
	edge_begin("one namespace goes");
	kill(pid, SIGKILL);
	edge_wait(pid);
	edge_expect(row, "objects", -2);
	edge_end();
	drop();
}

int main(void)
{
	plain();
	errors();
	slept();
	hardly_slept();
	match();
	if (edge_have32(row)) {
		edge_begin("a 32-bit program");
		edge_run32(row);
		ops(EDGE_SEND, EDGE_OPS32, 0);
		ops(EDGE_RECV, EDGE_OPS32, 0);
		edge_end();
	}
	lives();
	return edge_done();
}
