// SPDX-License-Identifier: GPL-2.0-only
/*
 * System V shared memory. Loads and stores are no system calls, and nothing is
 * copied: what can be counted are the attaches and the detaches. Both processes
 * do half of them, and each time add one to a number in the segment.
 */
#include <errno.h>
#include <sys/ipc.h>
#include <sys/shm.h>
#include <unistd.h>

#include "ipclab/bench/carrier.h"
#include "ipclab/exercise.h"

static size_t limit(const char **why)
{
	*why = "the memory of this machine";
	return (size_t)sysconf(_SC_PHYS_PAGES) * sysconf(_SC_PAGESIZE);
}

static int setup(struct pair *p)
{
	p->id = shmget(IPC_PRIVATE, p->size, IPC_CREAT | 0600);
	return p->id < 0 ? lab_error(p, "shmget") : 0;
}

static int add_one(struct pair *p, unsigned long *number)
{
	atomic_ulong *shared = shmat(p->id, NULL, 0);

	if (shared == (void *)-1)
		return lab_error(p, "shmat");
	*number = atomic_fetch_add(shared, 1);
	return shmdt(shared) ? lab_error(p, "shmdt") : 0;
}

static int sender(struct pair *p)
{
	unsigned long number;

	for (unsigned long i = 0; i < p->count / 2; i++) {
		lab_turn(p);
		if (add_one(p, &number))
			return -1;
	}
	return 0;
}

static int receiver(struct pair *p)
{
	unsigned long number = 0;

	lab_half_way(p);
	for (unsigned long i = p->count / 2; i < p->count; i++) {
		if (i == p->count - 1)
			lab_await(p, i); /* the sender has added its last one */
		if (add_one(p, &number))
			return -1;
		lab_took(p);
	}
	errno = EPROTO;
	return number == p->count - 1 ? 0 : lab_error(p, "the number in the segment is wrong");
}

static void teardown(struct pair *p)
{
	if (p->id >= 0)
		shmctl(p->id, IPC_RMID, NULL);
}

static void expect(struct lab *lab)
{
	size_t page = sysconf(_SC_PAGESIZE), mapped = (lab->size + page - 1) / page * page;

	want(lab, "send_ops", lab->total);
	want(lab, "recv_ops", lab->total);
	want(lab, "send_bytes", lab->total * mapped);
	want(lab, "recv_bytes", lab->total * mapped);
	want_half_way(lab, "objects", lab->pairs);
}

/* ---- in ipclab bench ---- */

static const struct carrier carrier = {
	.exercise = &exercise_sysv_shm,
	.mark = 13,
	.hand = &exercise_sysv_sem,
	BENCH_RING,
};

const struct exercise exercise_sysv_shm = {
	.name = "sysv_shm",
	.what = "two processes attach a System V segment, count in it, and detach it",
	.limit = limit,
	.setup = setup,
	.sender = sender,
	.receiver = receiver,
	.teardown = teardown,
	.expect = expect,
	.carrier = &carrier,
};
