// SPDX-License-Identifier: GPL-2.0-only
/*
 * Percentiles of any number of times. Up to 2^FINE_BITS ns each has a bucket of its own; from
 * there on each power of two has so many buckets.
 */
#include "private.h"

#define FINE_BITS 7
#define FINE (1UL << FINE_BITS)

static unsigned int bucket_of(uint64_t ns)
{
	unsigned int shift = ns < 2 * FINE ? 0 : 63 - FINE_BITS - __builtin_clzll(ns);

	return shift * FINE + (ns >> shift);
}

/* The largest time in it. */
static uint64_t end_of(unsigned int bucket)
{
	unsigned int shift = bucket < 2 * FINE ? 0 : bucket / FINE - 1;

	return ((bucket - shift * FINE + 1) << shift) - 1;
}

void bench_times_add(struct bench_times *times, uint64_t ns)
{
	times->nr++;
	times->max_ns = MAX(times->max_ns, ns);
	times->bucket[bucket_of(ns)]++;
}

uint64_t bench_times_percentile(const struct bench_times *times, unsigned int percent)
{
	uint64_t wanted = (times->nr * percent + 99) / 100, below = 0;

	for (unsigned int i = 0; i < ARRAY_SIZE(times->bucket); i++) {
		below += times->bucket[i];
		if (below >= wanted)
			return MIN(end_of(i), times->max_ns);
	}
	return times->max_ns;
}
