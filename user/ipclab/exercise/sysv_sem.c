// SPDX-License-Identifier: GPL-2.0-only
/*
 * System V semaphores: one process takes what another one gives. For the first
 * ones it comes too early, and sleeps: the giver looks that it does. All others
 * are given first.
 */
#include <sys/ipc.h>
#include <sys/sem.h>

#include "ipclab/bench/carrier.h"
#include "ipclab/exercise.h"

#define SEMVMX 32767 /* the largest value of a semaphore */

static int setup(struct pair *p)
{
	p->id = semget(IPC_PRIVATE, 1, 0600);
	if (p->id < 0)
		return lab_error(p, "semget");
	if (semctl(p->id, 0, SETVAL, 0))
		return lab_error(p, "semctl");
	p->window = SEMVMX;
	return 0;
}

static int sender(struct pair *p)
{
	struct sembuf give = { .sem_num = 0, .sem_op = 1 };

	for (unsigned long i = 0; i < p->count; i++) {
		if (i < LAB_SLEEPS && lab_await_sleep(p, "semtimedop"))
			return -1;
		lab_turn(p);
		if (semop(p->id, &give, 1))
			return lab_error(p, "semop to give");
	}
	return 0;
}

static int receiver(struct pair *p)
{
	struct sembuf take = { .sem_num = 0, .sem_op = -1 };
	uint64_t start;

	for (unsigned long i = 0; i < p->count; i++) {
		if (i >= LAB_SLEEPS)
			lab_await(p, i);
		start = lab_now();
		if (semop(p->id, &take, 1))
			return lab_error(p, "semop to take");
		if (i < LAB_SLEEPS)
			lab_slept(p, start);
		lab_took(p);
	}
	return 0;
}

static void teardown(struct pair *p)
{
	if (p->id >= 0)
		semctl(p->id, 0, IPC_RMID);
}

static void expect(struct lab *lab)
{
	want(lab, "send_ops", lab->total);
	want(lab, "recv_ops", lab->total);
	want_sleeps(lab);
	want_half_way(lab, "objects", lab->pairs);
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
	.exercise = &exercise_sysv_sem,
	.mark = 2,
	.window = true,
	.send = carrier_send,
	.receive = carrier_receive,
};

const struct exercise exercise_sysv_sem = {
	.name = "sysv_sem",
	.what = "a process takes from a System V semaphore what another one gives",
	.setup = setup,
	.sender = sender,
	.receiver = receiver,
	.teardown = teardown,
	.expect = expect,
	.carrier = &carrier,
};
