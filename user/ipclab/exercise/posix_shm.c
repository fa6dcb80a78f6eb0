// SPDX-License-Identifier: GPL-2.0-only
/*
 * POSIX shared memory: files of a file system that lies in memory, mapped. As
 * with System V, what can be counted is the mapping, and nothing is copied.
 * Both processes do half of the mappings, and each time add one to a number.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/mman.h>
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
	snprintf(p->name, sizeof(p->name), "/ipclab.%d.%u", getpid(), p->nr);
	p->fd[0] = shm_open(p->name, O_RDWR | O_CREAT | O_EXCL, 0600);
	if (p->fd[0] < 0)
		return lab_error(p, "shm_open");
	return ftruncate(p->fd[0], p->size) ? lab_error(p, "ftruncate") : 0;
}

static int add_one(struct pair *p, unsigned long *number)
{
	atomic_ulong *shared = mmap(NULL, p->size, PROT_READ | PROT_WRITE, MAP_SHARED, p->fd[0], 0);

	if (shared == MAP_FAILED)
		return lab_error(p, "mmap");
	*number = atomic_fetch_add(shared, 1);
	return munmap(shared, p->size) ? lab_error(p, "munmap") : 0;
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
	return number == p->count - 1 ? 0 : lab_error(p, "the number in the file is wrong");
}

static void teardown(struct pair *p)
{
	if (p->fd[0] >= 0)
		shm_unlink(p->name);
	lab_close(p);
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
	.exercise = &exercise_posix_shm,
	.mark = 6,
	.hand = &exercise_futex,
	BENCH_RING,
};

const struct exercise exercise_posix_shm = {
	.name = "posix_shm",
	.what = "two processes map a file of /dev/shm, count in it, and unmap it",
	.limit = limit,
	.setup = setup,
	.sender = sender,
	.receiver = receiver,
	.teardown = teardown,
	.expect = expect,
	.carrier = &carrier,
};
