// SPDX-License-Identifier: GPL-2.0-only
/* Process-shared futexes: futex(2), futex2, POSIX semaphores and mutexes. */
#define _GNU_SOURCE
#include <errno.h>
#include <linux/futex.h>
#include <pthread.h>
#include <sched.h>
#include <semaphore.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "edge.h"

#ifndef SYS_futex_waitv
#define SYS_futex_waitv 449
#endif
#define FUTEX2_WAKE 454 /* the futex2 calls, from 6.7 on */
#define FUTEX2_WAIT 455
#define FUTEX2_REQUEUE 456
#ifndef FUTEX_LOCK_PI2
#define FUTEX_LOCK_PI2 13
#endif

#define ROUNDS 20000
#define TASKS 8
#define OPS 10000

/* What the processes share. */
static struct {
	atomic_uint word, other;
	atomic_ulong sends, send_fails, recvs, recv_fails;
	sem_t sem;
} * shared;

static void *nowhere; /* memory that is not there */

static long futex(atomic_uint *word, int op, unsigned int val, const struct timespec *timeout)
{
	return syscall(SYS_futex, word, op, val, timeout, NULL, FUTEX_BITSET_MATCH_ANY);
}

/* @nr is a number of tasks in the place of the timeout. */
static long futex2(atomic_uint *word, int op, unsigned int val, unsigned long nr,
		   atomic_uint *word2, unsigned int val3)
{
	return syscall(SYS_futex, word, op, val, nr, word2, val3);
}

static void send_op(int64_t ops, int64_t fails)
{
	edge_expect("futex", "send_ops", ops);
	edge_expect("futex", "send_fails", fails);
}

static void recv_op(int64_t ops, int64_t fails, int64_t waits)
{
	edge_expect("futex", "recv_ops", ops);
	edge_expect("futex", "recv_fails", fails);
	edge_expect("futex", "recv_waits", waits);
	if (waits)
		edge_any("futex", "recv_wait_ns");
}

static void no_op(void)
{
	send_op(0, 0);
	recv_op(0, 0, 0);
}

/* ---- calls that return at once ---- */

static void at_once(void)
{
	struct timespec soon = { 0, 1000000 };

	edge_begin("private futexes do not count");
	EDGE_MUST(futex(&shared->word, FUTEX_WAKE_PRIVATE, 1, NULL) == 0);
	EDGE_MUST(futex(&shared->word, FUTEX_WAIT_PRIVATE, 1, NULL) < 0 && errno == EAGAIN);
	EDGE_MUST(futex(&shared->word, FUTEX_WAIT_PRIVATE, 0, &soon) < 0 && errno == ETIMEDOUT);
	no_op();
	edge_end();

	edge_begin("23 wakes of nobody");
	for (int i = 0; i < 23; i++)
		EDGE_MUST(futex(&shared->word, FUTEX_WAKE, 1, NULL) == 0);
	send_op(23, 0);
	edge_end();

	edge_begin("a word that has changed: EAGAIN");
	EDGE_MUST(futex(&shared->word, FUTEX_WAIT, 1, NULL) < 0 && errno == EAGAIN);
	EDGE_MUST(futex(&shared->word, FUTEX_WAIT_BITSET, 1, NULL) < 0 && errno == EAGAIN);
	recv_op(2, 2, 0);
	edge_end();

	edge_begin("bad addresses");
	EDGE_MUST(futex(nowhere, FUTEX_WAIT, 0, NULL) < 0 && errno == EFAULT);
	EDGE_MUST(futex(nowhere, FUTEX_WAKE, 1, NULL) < 0 && errno == EFAULT);
	EDGE_MUST(futex((void *)((char *)&shared->word + 1), FUTEX_WAKE, 1, NULL) < 0 &&
		  errno == EINVAL);
	recv_op(1, 1, 0);
	send_op(2, 2);
	edge_end();

	/* The system call itself reads the timeout, before the futex's own function. */
	edge_begin("a timeout that can't be read does not reach the futex");
	EDGE_MUST(futex(&shared->word, FUTEX_WAIT, 0, nowhere) < 0 && errno == EFAULT);
	no_op();
	edge_end();

	edge_begin("no such operation");
	EDGE_MUST(futex(&shared->word, 99, 0, NULL) < 0 && errno == ENOSYS);
	no_op();
	edge_end();

	edge_begin("requeue and wake_op");
	EDGE_MUST(futex2(&shared->word, FUTEX_REQUEUE, 1, 1, &shared->other, 0) == 0);
	EDGE_MUST(futex2(&shared->word, FUTEX_CMP_REQUEUE, 1, 1, &shared->other, 0) == 0);
	EDGE_MUST(futex2(&shared->word, FUTEX_CMP_REQUEUE, 1, 1, &shared->other, 7) < 0 &&
		  errno == EAGAIN);
	EDGE_MUST(futex2(&shared->word, FUTEX_WAKE_OP, 1, 1, &shared->other,
			 FUTEX_OP(FUTEX_OP_SET, 0, FUTEX_OP_CMP_EQ, 0)) == 0);
	send_op(4, 1);
	edge_end();
}

/* ---- waits ---- */

static void on_signal(int sig)
{
	(void)sig;
}

static void catch (int flags)
{
	struct sigaction sa = { .sa_handler = on_signal, .sa_flags = flags };

	sigaction(SIGUSR1, &sa, NULL);
}

static int wait_plain(void *unused)
{
	(void)unused;
	return futex(&shared->word, FUTEX_WAIT, 0, NULL) != 0;
}

static int wait_eintr(void *unused)
{
	(void)unused;
	catch (0);
	return futex(&shared->word, FUTEX_WAIT, 0, NULL) == 0 || errno != EINTR;
}

static int wait_restarted(void *unused)
{
	(void)unused;
	catch (SA_RESTART);
	return futex(&shared->word, FUTEX_WAIT, 0, NULL) != 0;
}

static int wait_minute(void *unused)
{
	struct timespec minute = { 60, 0 };

	(void)unused;
	return futex(&shared->word, FUTEX_WAIT, 0, &minute) != 0;
}

static int wait_private(void *unused)
{
	struct timespec second = { 0, 300000000 };

	(void)unused;
	return futex(&shared->word, FUTEX_WAIT_PRIVATE, 0, &second) == 0;
}

/* A child asleep in @fn: on its word. */
static pid_t sleeper(int (*fn)(void *arg), long nr)
{
	pid_t pid = edge_child(fn, NULL);

	edge_asleep(pid, nr);
	return pid;
}

static void wake_word(void)
{
	EDGE_MUST(futex(&shared->word, FUTEX_WAKE, 1, NULL) == 1);
}

static void waits(void)
{
	struct timespec soon = { 0, 200000000 };
	int64_t ns;
	pid_t pid;

	edge_begin("a timeout");
	ns = edge_now("futex", "recv_wait_ns");
	EDGE_MUST(futex(&shared->word, FUTEX_WAIT, 0, &soon) < 0 && errno == ETIMEDOUT);
	recv_op(1, 1, 1);
	edge_end();
	ns = edge_now("futex", "recv_wait_ns") - ns;
	/* The timeout begins before the sleep does. */
	edge_check(ns >= 100000000 && ns < 5000000000, "a timeout of 200 ms: slept for %lld ns",
		   (long long)ns);

	edge_begin("a sleeper shows up as blocked");
	pid = sleeper(wait_plain, SYS_futex);
	edge_expect("futex", "blocked", 1);
	no_op();
	edge_end();

	edge_begin("and is woken");
	wake_word();
	EDGE_MUST(!edge_wait(pid));
	send_op(1, 0);
	recv_op(1, 0, 1);
	edge_expect("futex", "blocked", -1);
	edge_end();

	edge_begin("a private sleeper does not show up");
	pid = sleeper(wait_private, SYS_futex);
	edge_expect("futex", "blocked", 0);
	no_op();
	edge_end();
	EDGE_MUST(!edge_wait(pid));

	edge_begin("EINTR");
	pid = sleeper(wait_eintr, SYS_futex);
	kill(pid, SIGUSR1);
	EDGE_MUST(!edge_wait(pid));
	recv_op(1, 1, 1);
	edge_end();

	edge_begin("a restarted wait is two operations, one of them failed");
	pid = sleeper(wait_restarted, SYS_futex);
	kill(pid, SIGUSR1);
	usleep(50000);
	edge_asleep(pid, SYS_futex);
	wake_word();
	EDGE_MUST(!edge_wait(pid));
	send_op(1, 0);
	recv_op(2, 1, 2);
	edge_end();

	edge_begin("a wait with a timeout goes on after a stop (restart_syscall)");
	pid = sleeper(wait_minute, SYS_futex);
	kill(pid, SIGSTOP);
	EDGE_MUST(waitpid(pid, NULL, WUNTRACED) == pid);
	kill(pid, SIGCONT);
	edge_asleep(pid, SYS_restart_syscall);
	edge_expect("futex", "blocked", 1);
	recv_op(1, 1, 1);
	edge_end();

	edge_begin("and is woken");
	wake_word();
	EDGE_MUST(!edge_wait(pid));
	send_op(1, 0);
	recv_op(1, 0, 1);
	edge_expect("futex", "blocked", -1);
	edge_end();

	edge_begin("kill -9 of a sleeper");
	pid = sleeper(wait_plain, SYS_futex);
	kill(pid, SIGKILL);
	EDGE_MUST(edge_wait(pid) == 128 + SIGKILL);
	recv_op(1, 1, 1);
	edge_expect("futex", "blocked", 0);
	edge_end();

	edge_begin("a sleeper that is requeued sleeps once");
	pid = sleeper(wait_plain, SYS_futex);
	EDGE_MUST(futex2(&shared->word, FUTEX_CMP_REQUEUE, 0, 1, &shared->other, 0) == 1);
	EDGE_MUST(futex(&shared->word, FUTEX_WAKE, 1, NULL) == 0);
	EDGE_MUST(futex(&shared->other, FUTEX_WAKE, 1, NULL) == 1);
	EDGE_MUST(!edge_wait(pid));
	send_op(3, 0);
	recv_op(1, 0, 1);
	edge_end();
}

/* ---- priority inheritance ---- */

static int lock_pi(void *op)
{
	return futex(&shared->word, *(int *)op, 0, NULL) != 0 ||
	       futex(&shared->word, FUTEX_UNLOCK_PI, 0, NULL) != 0;
}

static int trylock_pi(void *unused)
{
	(void)unused;
	return futex(&shared->word, FUTEX_TRYLOCK_PI, 0, NULL) == 0 || errno != EAGAIN;
}

static int wait_requeue_pi(void *unused)
{
	(void)unused;
	return futex2(&shared->word, FUTEX_WAIT_REQUEUE_PI, 0, 0, &shared->other, 0) != 0 ||
	       futex(&shared->other, FUTEX_UNLOCK_PI, 0, NULL) != 0;
}

static void inheritance(void)
{
	int ops[] = { FUTEX_LOCK_PI, FUTEX_LOCK_PI2 };
	pid_t pid;

	for (int i = 0; i < 2; i++) {
		shared->word = gettid();
		edge_begin("a lock with priority inheritance (%d): a sleeper", ops[i]);
		pid = edge_child(lock_pi, &ops[i]);
		edge_asleep(pid, SYS_futex);
		edge_expect("futex", "blocked", 1);
		no_op();
		edge_end();

		edge_begin("a lock with priority inheritance (%d): is handed over", ops[i]);
		EDGE_MUST(!futex(&shared->word, FUTEX_UNLOCK_PI, 0, NULL));
		EDGE_MUST(!edge_wait(pid));
		send_op(2, 0);
		recv_op(1, 0, 1);
		edge_expect("futex", "blocked", -1);
		edge_end();
	}

	shared->word = gettid();
	edge_begin("trylock of a taken lock");
	EDGE_MUST(!edge_wait(edge_child(trylock_pi, NULL)));
	recv_op(1, 1, 0);
	edge_end();
	shared->word = 0;

	shared->other = gettid();
	edge_begin("a wait that is requeued to a lock: one operation, one wait");
	pid = sleeper(wait_requeue_pi, SYS_futex);
	EDGE_MUST(futex2(&shared->word, FUTEX_CMP_REQUEUE_PI, 1, 0, &shared->other, 0) == 1);
	usleep(50000);
	EDGE_MUST(!futex(&shared->other, FUTEX_UNLOCK_PI, 0, NULL));
	EDGE_MUST(!edge_wait(pid));
	send_op(3, 0);
	recv_op(1, 0, 1);
	edge_end();
	shared->other = 0;
}

/* ---- the C library ---- */

static int take_sem(void *unused)
{
	(void)unused;
	return sem_wait(&shared->sem);
}

static void semaphores(void)
{
	pid_t pid;

	EDGE_MUST(!sem_init(&shared->sem, 1, 0));
	edge_begin("a semaphore that nobody waits for never enters the kernel");
	for (int i = 0; i < 23; i++)
		EDGE_MUST(!sem_post(&shared->sem) && !sem_wait(&shared->sem));
	no_op();
	edge_end();

	edge_begin("a semaphore that a process waits for");
	pid = sleeper(take_sem, SYS_futex);
	EDGE_MUST(!sem_post(&shared->sem));
	EDGE_MUST(!edge_wait(pid));
	send_op(1, 0);
	recv_op(1, 0, 1);
	edge_end();
}

static pid_t joiner;

static void *wait_for_joiner(void *unused)
{
	edge_asleep(joiner, SYS_futex);
	return unused;
}

/* Where it lies after set_tid_address(2). */
static int own_tid_word(void *unused)
{
	(void)unused;
	syscall(SYS_set_tid_address, &shared->word);
	return futex(&shared->word, FUTEX_WAKE, 1, NULL) != 0;
}

static int exec_true(void *unused)
{
	(void)unused;
	execl("/bin/true", "true", NULL);
	return 1;
}

static void threads(void)
{
	static char stack[65536] __attribute__((aligned(16)));
	pthread_t thread;
	int pid, tid;

	/* The joiner waits on the thread's id, which the kernel clears and wakes. */
	joiner = getpid();
	edge_begin("a thread's end: its joiner's wait counts, the kernel's wake does not");
	EDGE_MUST(!pthread_create(&thread, NULL, wait_for_joiner, NULL));
	EDGE_MUST(!pthread_join(thread, NULL));
	send_op(0, 0);
	recv_op(1, 0, 1);
	edge_end();

	/* mm_release(), called by exec: the memory is shared, so it wakes the word. */
	edge_begin("an exec by a task that shares its memory");
	pid = clone(exec_true, stack + sizeof(stack),
		    CLONE_VM | CLONE_VFORK | SIGCHLD | CLONE_CHILD_CLEARTID, NULL, NULL, NULL,
		    &tid);
	EDGE_MUST(pid > 0 && !edge_wait(pid));
	no_op();
	edge_end();

	edge_begin("a wake of that same word by the task itself counts");
	EDGE_MUST(!edge_wait(edge_child(own_tid_word, NULL)));
	send_op(1, 0);
	edge_end();
}

/* ---- futex2 ---- */

static long waitv(struct futex_waitv *waiters, unsigned int nr)
{
	return syscall(SYS_futex_waitv, waiters, nr, 0, NULL, CLOCK_MONOTONIC);
}

static void waitv_set(struct futex_waitv *waiter, atomic_uint *word, unsigned int val, int flags)
{
	*waiter = (struct futex_waitv){
		.uaddr = (uintptr_t)word,
		.val = val,
		.flags = FUTEX_32 | flags,
	};
}

static int wait_vector(void *unused)
{
	struct futex_waitv waiters[2];

	(void)unused;
	waitv_set(&waiters[0], &shared->other, 0, FUTEX_PRIVATE_FLAG);
	waitv_set(&waiters[1], &shared->word, 0, 0);
	return waitv(waiters, 2) != 1;
}

static void vectors(void)
{
	struct futex_waitv waiters[2];
	pid_t pid;

	waitv_set(&waiters[0], &shared->word, 0, 0);
	waitv_set(&waiters[1], &shared->other, 1, 0);
	edge_begin("futex_waitv: EAGAIN");
	EDGE_MUST(waitv(waiters, 2) < 0 && errno == EAGAIN);
	recv_op(1, 1, 0);
	edge_end();

	waitv_set(&waiters[0], &shared->word, 0, FUTEX_PRIVATE_FLAG);
	waitv_set(&waiters[1], &shared->other, 1, FUTEX_PRIVATE_FLAG);
	edge_begin("futex_waitv: private ones do not count, nor does nonsense");
	EDGE_MUST(waitv(waiters, 2) < 0 && errno == EAGAIN);
	EDGE_MUST(waitv(waiters, 0) < 0 && errno == EINVAL);
	EDGE_MUST(waitv(nowhere, 1) < 0 && errno == EFAULT);
	no_op();
	edge_end();

	edge_begin("futex_waitv: a private and a shared one: a sleeper");
	pid = sleeper(wait_vector, SYS_futex_waitv);
	edge_expect("futex", "blocked", 1);
	no_op();
	edge_end();

	edge_begin("futex_waitv: is woken");
	wake_word();
	EDGE_MUST(!edge_wait(pid));
	send_op(1, 0);
	recv_op(1, 0, 1);
	edge_expect("futex", "blocked", -1);
	edge_end();
}

static int wait2(void *unused)
{
	(void)unused;
	return syscall(FUTEX2_WAIT, &shared->word, 0, ~0U, FUTEX_32, NULL, CLOCK_MONOTONIC) != 0;
}

static int wait2_private(void *unused)
{
	struct timespec until;

	(void)unused;
	clock_gettime(CLOCK_MONOTONIC, &until);
	until.tv_sec++;
	return syscall(FUTEX2_WAIT, &shared->word, 0, ~0U, FUTEX_32 | FUTEX_PRIVATE_FLAG, &until,
		       CLOCK_MONOTONIC) == 0;
}

static void calls2(void)
{
	struct futex_waitv waiters[2];
	pid_t pid;

	edge_begin("futex_wake");
	if (syscall(FUTEX2_WAKE, &shared->word, ~0U, 1, FUTEX_32) < 0 && errno == ENOSYS) {
		no_op();
		edge_end();
		edge_skip("futex_wait, futex_wake, futex_requeue", "this kernel has none");
		return;
	}
	EDGE_MUST(!syscall(FUTEX2_WAKE, &shared->word, ~0U, 1, FUTEX_32 | FUTEX_PRIVATE_FLAG));
	send_op(1, 0);
	edge_end();

	edge_begin("futex_wait: EAGAIN");
	EDGE_MUST(syscall(FUTEX2_WAIT, &shared->word, 1, ~0U, FUTEX_32, NULL, 1) < 0 &&
		  errno == EAGAIN);
	recv_op(1, 1, 0);
	edge_end();

	edge_begin("futex_wait: private");
	pid = sleeper(wait2_private, FUTEX2_WAIT);
	edge_expect("futex", "blocked", 0);
	no_op();
	edge_end();
	EDGE_MUST(!edge_wait(pid));

	edge_begin("futex_wait: a sleeper");
	pid = sleeper(wait2, FUTEX2_WAIT);
	edge_expect("futex", "blocked", 1);
	no_op();
	edge_end();

	waitv_set(&waiters[0], &shared->word, 0, 0);
	waitv_set(&waiters[1], &shared->other, 0, 0);
	edge_begin("futex_requeue, and a wake");
	EDGE_MUST(syscall(FUTEX2_REQUEUE, waiters, 0, 0, 1) == 1);
	EDGE_MUST(syscall(FUTEX2_WAKE, &shared->other, ~0U, 1, FUTEX_32) == 1);
	EDGE_MUST(!edge_wait(pid));
	send_op(2, 0);
	recv_op(1, 0, 1);
	edge_expect("futex", "blocked", -1);
	edge_end();

	waitv_set(&waiters[0], &shared->word, 0, FUTEX_PRIVATE_FLAG);
	waitv_set(&waiters[1], &shared->other, 0, FUTEX_PRIVATE_FLAG);
	edge_begin("futex_requeue: private");
	EDGE_MUST(syscall(FUTEX2_REQUEUE, waiters, 0, 0, 1) == 0);
	no_op();
	edge_end();
}

/* ---- many at once ---- */

static int wake_many(void *unused)
{
	(void)unused;
	for (int i = 0; i < OPS; i++)
		if (futex(&shared->word, FUTEX_WAKE, 1, NULL) < 0)
			return 1;
	return 0;
}

static void many(void)
{
	pid_t pid[TASKS];

	edge_begin("%d processes, %d wakes each", TASKS, OPS);
	for (int i = 0; i < TASKS; i++)
		pid[i] = edge_child(wake_many, NULL);
	for (int i = 0; i < TASKS; i++)
		EDGE_MUST(!edge_wait(pid[i]));
	send_op(TASKS * OPS, 0);
	edge_end();
}

/*
 * Two processes take turns as fast as they can: wakes meet waiters that have queued up
 * and are not asleep yet. Each of them counts its own calls.
 */
static int take_turns(void *arg)
{
	unsigned int parity = *(unsigned int *)arg;

	for (unsigned int i = parity; i < ROUNDS; i += 2) {
		for (unsigned int now; (now = shared->word) != i;) {
			shared->recvs++;
			if (futex(&shared->word, FUTEX_WAIT, now, NULL))
				shared->recv_fails++;
		}
		shared->word = i + 1;
		shared->sends++;
		if (futex(&shared->word, FUTEX_WAKE, 1, NULL) < 0)
			shared->send_fails++;
	}
	return 0;
}

static void turns(void)
{
	unsigned int parity[2] = { 0, 1 };
	int64_t slept;
	pid_t pid[2];

	slept = edge_now("futex", "recv_waits");
	edge_begin("two processes take turns");
	for (int i = 0; i < 2; i++)
		pid[i] = edge_child(take_turns, &parity[i]);
	for (int i = 0; i < 2; i++)
		EDGE_MUST(!edge_wait(pid[i]));
	send_op(shared->sends, shared->send_fails);
	edge_expect("futex", "recv_ops", shared->recvs);
	edge_expect("futex", "recv_fails", shared->recv_fails);
	edge_expect("futex", "blocked", 0);
	edge_any("futex", "recv_waits");
	edge_any("futex", "recv_wait_ns");
	edge_end();
	slept = edge_now("futex", "recv_waits") - slept;
	edge_check(slept <= (int64_t)(shared->recvs - shared->recv_fails),
		   "%lld sleeps in %lu waits, %lu of which failed", (long long)slept,
		   (unsigned long)shared->recvs, (unsigned long)shared->recv_fails);
	shared->word = 0;
}

static void caller32(void)
{
	if (!edge_have32("futex"))
		return;
	edge_begin("a 32-bit program");
	edge_run32("futex");
	send_op(EDGE_OPS32, 0);
	recv_op(EDGE_OPS32, EDGE_OPS32, 0);
	edge_end();
}

int main(void)
{
	shared = mmap(NULL, sizeof(*shared), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1,
		      0);
	nowhere = mmap(NULL, 4096, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	EDGE_MUST(shared != MAP_FAILED && nowhere != MAP_FAILED);

	at_once();
	waits();
	inheritance();
	semaphores();
	threads();
	vectors();
	calls2();
	caller32();
	many();
	turns();
	return edge_done();
}
