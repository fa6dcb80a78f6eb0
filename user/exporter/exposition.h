/* SPDX-License-Identifier: GPL-2.0-only */
/* Prometheus' text format 0.0.4, and OpenMetrics 1.0. */
#ifndef IPCSTAT_EXPOSITION_H
#define IPCSTAT_EXPOSITION_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

/* An array of them ends with one whose name is NULL; one whose value is NULL is left out. */
struct label {
	const char *name, *value;
};

struct family {
	const char *name; /* without _total or _info */
	enum {
		GAUGE,
		COUNTER,
		HISTOGRAM,
		INFO
	} type;
	const char *unit; /* the name's last word, if that is a base unit; or NULL */
	const char *help; /* nothing in it that would have to be escaped */
};

struct exposition {
	FILE *out;
	bool openmetrics; /* otherwise 0.0.4 */
	bool created;     /* _created beside each counter and histogram, in OpenMetrics */
	uint64_t since;   /* what is in it: seconds since the epoch */
	unsigned int series, limit;
	unsigned int truncated; /* left out, for there are limit already */

	const struct family *family; /* of exposition.c */
	bool headed;
};

/* What follows belongs to this family. A family without a series is not shown. */
void exposition_family(struct exposition *e, const struct family *family);

/* One series of a gauge, counter or info. */
void exposition_value(struct exposition *e, const struct label *labels, uint64_t value);
void exposition_seconds(struct exposition *e, const struct label *labels, uint64_t ns);

/* Values up to a bound, in seconds as they are to be shown: how many there are in all. */
struct exposition_bucket {
	const char *le;
	uint64_t count;
};

/* One histogram: nr buckets, of which the last one is +Inf. */
void exposition_histogram(struct exposition *e, const struct label *labels,
			  const struct exposition_bucket *bucket, unsigned int nr, uint64_t sum_ns);

/* What ends the text. */
void exposition_end(struct exposition *e);

#endif
