// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "common/cli.h"
#include "reading.h"

int top_by_identity(const void *a, const void *b)
{
	const struct nl_flow *x = a, *y = b;
	int diff = by_number(!x->other, !y->other) ?: by_number(x->pid, y->pid);

	diff = diff ?: strcmp(x->mech, y->mech);
	diff = diff ?: by_number(x->has_id, y->has_id) ?: by_number(x->id, y->id);
	diff = diff ?: by_number(x->space, y->space) ?: strcmp(x->direction, y->direction);
	return diff ?: by_number(x->start_ns, y->start_ns);
}

void top_add(struct nl_counter *sum, const struct nl_counter *one)
{
	if (one->kind == NL_UNKNOWN || sum->kind == NL_NONE)
		sum->kind = one->kind == NL_NONE ? sum->kind : one->kind;
	sum->value += one->value;
}

/* Sums of others may have come in parts. */
static void arrange(struct nl_flows *flows)
{
	unsigned int nr = 0;

	if (flows->nr)
		qsort(flows->flow, flows->nr, sizeof(*flows->flow), top_by_identity);
	for (unsigned int i = 0; i < flows->nr; i++) {
		struct nl_flow *flow = &flows->flow[i];

		if (!nr || top_by_identity(&flows->flow[nr - 1], flow)) {
			flows->flow[nr++] = *flow;
			continue;
		}
		for (int j = 0; j < NL_FLOW_VALUES; j++)
			top_add(&flows->flow[nr - 1].value[j], &flow->value[j]);
	}
	flows->nr = nr;
}

static int read_once(struct nl *nl, const struct nl_flow_filter *filter, struct reading *reading)
{
	struct timespec clock;
	int err;

	*reading = (struct reading){ 0 };
	err = nl_get_sleepers(nl, &reading->sleepers);
	clock_gettime(CLOCK_MONOTONIC, &clock);
	reading->clock_ns = clock.tv_sec * INT64_C(1000000000) + clock.tv_nsec;
	clock_gettime(CLOCK_REALTIME, &reading->wall);
	err = err ?: nl_get_flows(nl, filter, &reading->flows);
	err = err ?: nl_get_flow_state(nl, &reading->state);
	if (err) {
		top_free_reading(reading);
		return err;
	}
	arrange(&reading->flows);
	reading->valid = true;
	return 0;
}

int top_read(struct nl **nl, const struct nl_flow_filter *filter, struct reading *reading,
	     char **why)
{
	int err = -ENODEV;

	*reading = (struct reading){ 0 };
	if (*nl)
		err = read_once(*nl, filter, reading);
	/* A module that was reloaded has a family of another number. */
	if (err == -ENODEV) {
		nl_end(*nl);
		err = nl_open(nl) ?: read_once(*nl, filter, reading);
	}
	if (!err)
		return 0;
	*why = must(strdup(nl_error(*nl)));
	nl_end(*nl);
	*nl = NULL;
	return err;
}

void top_free_reading(struct reading *reading)
{
	nl_free_flows(&reading->flows);
	nl_free_sleepers(&reading->sleepers);
	*reading = (struct reading){ 0 };
}
