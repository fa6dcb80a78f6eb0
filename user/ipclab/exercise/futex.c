// SPDX-License-Identifier: GPL-2.0-only
/*
 * futex(2) between processes, which is what POSIX semaphores, mutexes and
 * condition variables sleep on. A waiter says which value it has seen. The first
 * times it is early, and sleeps: the waker looks that it does. Later the word
 * has changed before, and the kernel sends the waiter back at once: EAGAIN.
 */
#include <errno.h>
#include <linux/futex.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "ipclab/bench/carrier.h"
#include "ipclab/exercise.h"

/* The word lies in memory that both processes have: no FUTEX_PRIVATE_FLAG. */
static int setup(struct pair *p)
{
	atomic_store(&p->shared->word, 0);
	return 0;
}

static int sender(struct pair *p)
{
	for (unsigned long i = 0; i < p->count; i++) {
		if (i < LAB_SLEEPS && lab_await_sleep(p, "futex"))
			return -1;
		lab_turn(p);
		atomic_store(&p->shared->word, i + 1);
		if (syscall(SYS_futex, &p->shared->word, FUTEX_WAKE, 1) < 0)
			return lab_error(p, "futex to wake");
	}
	return 0;
}

static int receiver(struct pair *p)
{
	uint64_t start;
	long ret;

	for (unsigned long i = 0; i < p->count; i++) {
		if (i >= LAB_SLEEPS)
			lab_await(p, i);
		start = lab_now();
		ret = syscall(SYS_futex, &p->shared->word, FUTEX_WAIT, (unsigned int)i, NULL);
		if (i < LAB_SLEEPS)
			lab_slept(p, start);
		if (ret && (i < LAB_SLEEPS || errno != EAGAIN))
			return lab_error(p, "futex to wait");
		lab_took(p);
	}
	return 0;
}

static void teardown(struct pair *p)
{
	(void)p; /* the word goes with the frame's memory */
}

static void expect(struct lab *lab)
{
	unsigned long early = lab->pairs * MIN(lab->count, LAB_SLEEPS);

	want(lab, "send_ops", lab->total);
	want(lab, "recv_ops", lab->total);
	want(lab, "recv_fails", lab->total - early);
	want_sleeps(lab);
}

/* ---- in ipclab bench ---- */

static int carrier_send(struct peer *p)
{
	return bench_give(p, p->out);
}

static int carrier_receive(struct peer *p)
{
	return bench_take(p, p->in);
}

static const struct carrier carrier = {
	.exercise = &exercise_futex,
	.mark = 3,
	.window = true,
	.send = carrier_send,
	.receive = carrier_receive,
};

const struct exercise exercise_futex = {
	.name = "futex",
	.what = "a process waits on a word of shared memory, another one changes it and wakes",
	.setup = setup,
	.sender = sender,
	.receiver = receiver,
	.teardown = teardown,
	.expect = expect,
	.carrier = &carrier,
};
