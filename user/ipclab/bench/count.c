// SPDX-License-Identifier: GPL-2.0-only
/* What the module's counters say of a phase. */
#include <string.h>

#include "private.h"

static const struct nl_counter unknown = { .kind = NL_UNKNOWN }, none = { .kind = NL_NONE };

/* What a counter has grown by; a row that is not there is not known. */
static struct nl_counter grown(const struct nl_rows *before, const struct nl_rows *after,
			       const char *row, const char *name)
{
	const struct nl_row *rows[] = { nl_find_row(before, row), nl_find_row(after, row) };
	const struct nl_counter *first, *last;
	struct nl_counter counter;

	if (!rows[0] || !rows[1])
		return unknown;
	first = nl_find_counter(rows[0], name);
	last = nl_find_counter(rows[1], name);
	if (!first || !last || first->kind == NL_UNKNOWN)
		return unknown;
	counter = *last;
	counter.value -= first->value;
	return counter;
}

struct nl_counter bench_sum(const struct nl_counter *a, const struct nl_counter *b)
{
	struct nl_counter sum = *a;

	if (a->kind == NL_UNKNOWN || b->kind == NL_UNKNOWN)
		return unknown;
	if (a->kind == NL_NONE)
		return *b;
	if (b->kind == NL_VALUE)
		sum.value += b->value;
	return sum;
}

static struct nl_counter both(const struct nl_rows *before, const struct nl_rows *after,
			      const char *row, const char *send, const char *receive)
{
	struct nl_counter sent = grown(before, after, row, send);
	struct nl_counter received = grown(before, after, row, receive);

	return bench_sum(&sent, &received);
}

/* To write into memory that is attached is no operation: what hands it over has those. */
void bench_count(const struct carrier *carrier, const struct nl_rows *before,
		 const struct nl_rows *after, uint64_t calls, struct bench_counted *counted)
{
	const char *row = carrier->exercise->name;
	const char *works = carrier->hand ? carrier->hand->name : row;

	counted->copied = both(before, after, row, "send_copied", "recv_copied");
	counted->ops = both(before, after, works, "send_ops", "recv_ops");
	counted->waits = both(before, after, works, "send_waits", "recv_waits");
	counted->signals = grown(before, after, "signal", "send_ops");
	if (!carrier->exercise->limit && !carrier->fixed)
		counted->copied = none;
	counted->others = counted->ops.kind == NL_VALUE && counted->ops.value != calls;
}
