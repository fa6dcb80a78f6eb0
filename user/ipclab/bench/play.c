// SPDX-License-Identifier: GPL-2.0-only
/* What the two processes of a cell do: round trips, then messages one way. */
#include <errno.h>
#include <sched.h>

#include "private.h"

/* Before anything is measured, in each phase of round trips: memory is there, windows are open. */
#define WARM_UP 8

/* ---- both stand, both begin ---- */

/* With naps, so that nothing is counted; until the main process has read the counters. */
static void stand(struct bench_shared *shared, unsigned int phase)
{
	unsigned int nap = 50;

	atomic_fetch_add(&shared->standing, 1);
	while (atomic_load(&shared->go) <= phase) {
		lab_nap(nap);
		nap = MIN(2 * nap, 1000U);
	}
}

/* Without one, so that both are awake. */
static void meet(struct bench_shared *shared, unsigned int phase)
{
	atomic_fetch_add(&shared->met, 1);
	while (atomic_load(&shared->met) < 2 * (phase + 1))
		sched_yield();
}

/* ---- a message ---- */

/* What can be written and read of it. */
static size_t payload(const struct peer *p)
{
	return p->carrier->fixed ? 0 : p->size;
}

static void moved(struct peer *p)
{
	atomic_store_explicit(&p->shared->peer[!p->first].moved, p->sent + p->received,
			      memory_order_relaxed);
}

static int send_one(struct peer *p)
{
	const struct carrier *carrier = p->carrier;
	unsigned long window = p->out->window ? p->out->window : BENCH_WINDOW;

	if (p->phase == ONE_WAY && carrier->window)
		while (p->sent - atomic_load(&p->shared->taken) >= window)
			sched_yield();
	if (carrier->place && carrier->place(p))
		return -1;
	for (size_t i = 0; i < payload(p); i += CACHE_LINE)
		p->out_buf[i] = (char)p->sent;
	if (carrier->send(p))
		return -1;
	p->sent++;
	moved(p);
	return 0;
}

static int receive_one(struct peer *p)
{
	const struct carrier *carrier = p->carrier;
	bool good = true;

	if (carrier->receive(p))
		return -1;
	for (size_t i = 0; i < payload(p); i += CACHE_LINE)
		good &= p->in_buf[i] == (char)p->received;
	if (!good) {
		errno = EPROTO;
		return lab_error(p->in, "a message is not the one that was sent");
	}
	if (carrier->took && carrier->took(p))
		return -1;
	p->received++;
	moved(p);
	if (p->phase == ONE_WAY && carrier->window)
		atomic_store(&p->shared->taken, p->received);
	return 0;
}

/* ---- round trips ---- */

static int ask(struct peer *p)
{
	struct bench_shared *shared = p->shared;
	uint64_t began = 0, sent;
	bool last = false;

	while (!last) {
		sent = lab_now();
		if (p->sent <= WARM_UP)
			began = sent;
		if (p->count)
			last = p->sent + 1 == p->count + WARM_UP;
		else
			last = sent - began >= p->time_ns;
		if (last)
			atomic_store(&shared->last, p->sent);
		atomic_store(&shared->cpu, sched_getcpu());
		atomic_store(&shared->sent_ns, sent);
		if (send_one(p) || receive_one(p))
			return -1;
		if (p->sent > WARM_UP)
			bench_times_add(&shared->round_trip, lab_now() - sent);
	}
	return 0;
}

static int answer(struct peer *p)
{
	struct bench_shared *shared = p->shared;
	uint64_t ns;
	bool last;

	do {
		if (receive_one(p))
			return -1;
		ns = lab_now() - atomic_load(&shared->sent_ns);
		if (p->received > WARM_UP) {
			bench_times_add(&shared->one_way, ns);
			shared->same_cpu += atomic_load(&shared->cpu) == sched_getcpu();
		}
		last = atomic_load(&shared->last) == p->received - 1;
		if (send_one(p))
			return -1;
	} while (!last);
	return 0;
}

/* ---- one way ---- */

static int pour(struct peer *p)
{
	struct bench_shared *shared = p->shared;
	uint64_t look = 1; /* at the clock before this message: now and then */
	bool last = false;

	shared->began_ns = lab_now();
	while (!last) {
		if (p->count) {
			last = p->sent + 1 == p->count;
		} else if (p->sent == look) {
			last = lab_now() - shared->began_ns >= p->time_ns;
			look += 1 + look / 16;
		}
		if (last)
			atomic_store(&shared->last, p->sent);
		if (send_one(p))
			return -1;
	}
	return 0;
}

static int drain(struct peer *p)
{
	struct bench_shared *shared = p->shared;

	do {
		if (receive_one(p))
			return -1;
	} while (atomic_load(&shared->last) != p->received - 1);
	shared->ended_ns = lab_now();
	return 0;
}

/* ---- */

int bench_play(struct peer *p)
{
	static int (*const first[])(struct peer * p) = { [ROUND_TRIPS] = ask, [ONE_WAY] = pour };
	static int (*const second[])(struct peer *
				     p) = { [ROUND_TRIPS] = answer, [ONE_WAY] = drain };
	unsigned int i = !p->first;

	if (p->carrier->begin && p->carrier->begin(p))
		return -1;
	for (p->phase = 0; p->phase < BENCH_PHASES; p->phase++) {
		stand(p->shared, p->phase);
		p->sent = p->received = p->calls = 0;
		meet(p->shared, p->phase);
		if (p->first ? first[p->phase](p) : second[p->phase](p))
			return -1;
		p->shared->peer[i].messages[p->phase] = p->sent;
		p->shared->peer[i].calls[p->phase] = p->calls;
	}
	stand(p->shared, BENCH_PHASES);
	return 0;
}
