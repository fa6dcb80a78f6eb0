// SPDX-License-Identifier: GPL-2.0-only
/* What an exercise wants the counters to have become. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "exercise.h"

static struct want *new_want(struct lab *lab, const char *counter)
{
	struct want *want;

	lab->want = realloc(lab->want, (lab->nr_wants + 1) * sizeof(*want));
	if (!lab->want)
		abort();
	want = &lab->want[lab->nr_wants++];
	memset(want, 0, sizeof(*want));
	snprintf(want->counter, sizeof(want->counter), "%s", counter);
	return want;
}

void want_between(struct lab *lab, const char *counter, uint64_t low, uint64_t high)
{
	struct want *want = new_want(lab, counter);

	want->low = low;
	want->high = high;
}

void want(struct lab *lab, const char *counter, uint64_t n)
{
	want_between(lab, counter, n, n);
}

void want_half_way(struct lab *lab, const char *gauge, uint64_t n)
{
	struct want *want = new_want(lab, gauge);

	want->low = want->high = n;
	want->half_way = true;
}

void want_unchecked(struct lab *lab, const char *counter, const char *why)
{
	new_want(lab, counter)->unchecked = why;
}

void want_copied(struct lab *lab, const char *direction, uint64_t ops, uint64_t bytes)
{
	const struct {
		const char *name;
		uint64_t n;
	} column[] = { { "ops", ops }, { "bytes", ops * bytes }, { "copied", ops * bytes } };
	char counter[IPCSTAT_NAME_MAX];

	for (unsigned int i = 0; i < ARRAY_SIZE(column); i++) {
		snprintf(counter, sizeof(counter), "%s_%s", direction, column[i].name);
		want(lab, counter, column[i].n);
	}
}

void want_any_waits(struct lab *lab)
{
	static const char why[] = "who waits for whom is up to the scheduler";

	want_unchecked(lab, "send_waits", why);
	want_unchecked(lab, "send_wait_ns", why);
	want_unchecked(lab, "recv_waits", why);
	want_unchecked(lab, "recv_wait_ns", why);
	want_unchecked(lab, "send_runq_ns", why);
	want_unchecked(lab, "recv_runq_ns", why);
}

/*
 * What a sleep's time on the run queue may be wrong by: the scheduler has a clock of its own,
 * which goes by ticks where the processors' clocks are not trusted.
 */
static uint64_t tick_ns(void)
{
	struct timespec tick;

	clock_getres(CLOCK_MONOTONIC_COARSE, &tick);
	return tick.tv_nsec;
}

void want_sleeps(struct lab *lab)
{
	uint64_t sleeps = lab->pairs * MIN(lab->count, LAB_SLEEPS), asleep = 0, away = 0;

	for (unsigned int i = 0; i < lab->pairs; i++) {
		asleep += atomic_load(&lab->pair[i].shared->asleep_ns);
		away += atomic_load(&lab->pair[i].shared->away_ns);
	}
	want(lab, "recv_waits", sleeps);
	want_between(lab, "recv_wait_ns", asleep, away);
	want_between(lab, "recv_runq_ns", 0, away - asleep + sleeps * tick_ns());
	want_half_way(lab, "blocked", lab->pairs);
}

void want_families(struct lab *lab)
{
	uint64_t ipv6 = 0;

	for (unsigned int i = 0; i < lab->pairs; i++)
		ipv6 += lab->pair[i].family == AF_INET6 ? lab->count : 0;
	want(lab, "ipv4_send_ops", lab->total - ipv6);
	want(lab, "ipv4_recv_ops", lab->total - ipv6);
	want(lab, "ipv6_send_ops", ipv6);
	want(lab, "ipv6_recv_ops", ipv6);
}

const struct want *find_want(const struct lab *lab, const char *counter, bool half_way)
{
	static const struct want nothing;

	for (unsigned int i = 0; i < lab->nr_wants; i++)
		if (lab->want[i].half_way == half_way && !strcmp(lab->want[i].counter, counter))
			return &lab->want[i];
	return &nothing;
}
