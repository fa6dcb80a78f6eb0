// SPDX-License-Identifier: GPL-2.0-only
/*
 * Messages in shared memory: a ring of slots, which the sender writes in place and the receiver
 * reads in place, and two semaphores that count the full and the empty ones. Those of System V go
 * with a System V segment; with a POSIX segment go futexes, which POSIX semaphores are made of.
 */
#include <errno.h>
#include <linux/futex.h>
#include <sys/mman.h>
#include <sys/sem.h>
#include <sys/shm.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "private.h"

/* ---- semaphores ---- */

/* In the word of a pair: a bit that says that somebody sleeps, and above it the value. */
#define ASLEEP 1U
#define ONE 2U

/* A system call only if somebody sleeps. */
static int give_futex(struct peer *p, struct pair *hand)
{
	atomic_uint *word = &hand->shared->word;
	unsigned int value = atomic_load(word);

	while (!atomic_compare_exchange_weak(word, &value, (value & ~ASLEEP) + ONE))
		;
	if (!(value & ASLEEP))
		return 0;
	p->calls++;
	return syscall(SYS_futex, word, FUTEX_WAKE, 1) < 0 ? lab_error(hand, "futex to wake") : 0;
}

/* There is but one process that takes: nobody else's sleep is forgotten. */
static int take_futex(struct peer *p, struct pair *hand)
{
	atomic_uint *word = &hand->shared->word;
	unsigned int value = atomic_load(word);

	for (;;) {
		if (value >= ONE) {
			if (atomic_compare_exchange_weak(word, &value, (value - ONE) & ~ASLEEP))
				return 0;
			continue;
		}
		if (!value && !atomic_compare_exchange_weak(word, &value, ASLEEP))
			continue;
		p->calls++;
		if (syscall(SYS_futex, word, FUTEX_WAIT, ASLEEP, NULL) && errno != EAGAIN)
			return lab_error(hand, "futex to wait");
		value = atomic_load(word);
	}
}

static int change_sem(struct peer *p, struct pair *hand, short by, const char *what)
{
	struct sembuf op = { .sem_num = 0, .sem_op = by };

	p->calls++;
	return semop(hand->id, &op, 1) ? lab_error(hand, what) : 0;
}

static bool is_sem(const struct pair *hand)
{
	return hand->lab->exercise == &exercise_sysv_sem;
}

int bench_give(struct peer *p, struct pair *hand)
{
	return is_sem(hand) ? change_sem(p, hand, 1, "semop to give") : give_futex(p, hand);
}

int bench_take(struct peer *p, struct pair *hand)
{
	return is_sem(hand) ? change_sem(p, hand, -1, "semop to take") : take_futex(p, hand);
}

/* ---- the ring ---- */

/* As much as a pipe holds, as far as that is more than two messages. */
#define RING_BYTES 65536UL

/* Each begins in a cache line of its own. */
static size_t slot_bytes(size_t size)
{
	return (size + CACHE_LINE - 1) / CACHE_LINE * CACHE_LINE;
}

static unsigned int slots(size_t size)
{
	return MAX(2, RING_BYTES / slot_bytes(size));
}

size_t bench_ring_bytes(size_t size)
{
	return slots(size) * slot_bytes(size);
}

static char *slot(const struct bench_ring *ring, uint64_t nr, size_t size)
{
	return ring->mem + nr % slots(size) * slot_bytes(size);
}

static int attach(struct peer *p, struct pair *memory, struct bench_ring *ring)
{
	size_t bytes = bench_ring_bytes(p->size);

	if (memory->lab->exercise == &exercise_sysv_shm)
		ring->mem = shmat(memory->id, NULL, 0);
	else
		ring->mem = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_SHARED, memory->fd[0], 0);
	if (ring->mem == MAP_FAILED)
		return lab_error(memory, "attach the memory");
	bench_populate(ring->mem, bytes);
	return 0;
}

int bench_ring_begin(struct peer *p)
{
	return attach(p, p->out, &p->out_ring) || attach(p, p->in, &p->in_ring) ? -1 : 0;
}

/* With round trips the answer says that the slot is empty again. */
int bench_ring_place(struct peer *p)
{
	p->out_buf = slot(&p->out_ring, p->sent, p->size);
	if (p->phase == ROUND_TRIPS || p->sent < slots(p->size))
		return 0;
	return bench_take(p, p->out_ring.empty);
}

int bench_ring_send(struct peer *p)
{
	return bench_give(p, p->out_ring.full);
}

int bench_ring_receive(struct peer *p)
{
	p->in_buf = slot(&p->in_ring, p->received, p->size);
	return bench_take(p, p->in_ring.full);
}

int bench_ring_took(struct peer *p)
{
	return p->phase == ROUND_TRIPS ? 0 : bench_give(p, p->in_ring.empty);
}
