// SPDX-License-Identifier: GPL-2.0-only
/* Reports at an interval. */
#include <err.h>
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>

#include "common/interrupt.h"
#include "report.h"

/*
 * Takes a sample, also where the module has been reloaded: netlink then knows its
 * family by another number, and has to be asked for it again.
 */
static int take(struct nl **nl, struct sample *sample)
{
	int err = sample_take(*nl, sample);

	if (err == -ENODEV) {
		nl_end(*nl);
		err = nl_open(nl);
		if (!err)
			err = sample_take(*nl, sample);
	}
	if (err)
		warnx("%s", nl_error(*nl));
	return err;
}

/* Has counting begun anew? */
static bool restarted(const struct sample *now, const struct sample *before)
{
	if (now->info.since != before->info.since)
		return true;
	for (unsigned int i = 0; i < now->rows.nr; i++) {
		const struct nl_row *row = &now->rows.row[i];
		const struct nl_row *old = nl_find_row(&before->rows, row->name);

		for (unsigned int j = 0; old && j < row->nr; j++) {
			const struct nl_counter *is = &row->counter[j];
			const struct nl_counter *was = nl_find_counter(old, is->name);

			if (was && !is->gauge && is->value < was->value)
				return true;
		}
	}
	return false;
}

/* Sleeps until then, or Ctrl+C. ppoll() because it is no IPC: nothing of ours is counted. */
static void sleep_until(const struct timespec *then, const sigset_t *mask)
{
	struct timespec now, rest;

	do {
		clock_gettime(CLOCK_MONOTONIC, &now);
		rest.tv_sec = then->tv_sec - now.tv_sec;
		rest.tv_nsec = then->tv_nsec - now.tv_nsec;
		if (rest.tv_nsec < 0) {
			rest.tv_sec--;
			rest.tv_nsec += 1000000000;
		}
		if (rest.tv_sec < 0)
			rest = (struct timespec){ 0 };
	} while (ppoll(NULL, 0, &rest, mask) < 0 && errno == EINTR && !interrupted);
}

/* The deadline after this one; where it is long past, as after a stop, a whole delay from now. */
static void next_deadline(struct timespec *deadline, const struct sample *now, unsigned int delay)
{
	deadline->tv_sec += delay;
	if (deadline->tv_sec < now->clock.tv_sec) {
		*deadline = now->clock;
		deadline->tv_sec += delay;
	}
}

int watch(struct nl **nl, const struct report *report, struct sample *first, unsigned int delay,
	  unsigned int count, bool omit_first)
{
	struct timespec deadline = first->clock;
	struct sample now = *first, before = { 0 };
	bool since_load = true; /* and not since before */
	int status = EXIT_FAILURE;
	unsigned int done = 0;
	sigset_t mask;

	*first = (struct sample){ 0 };
	interrupt_block(false, &mask);
	for (;;) {
		if (!since_load || !omit_first) {
			report_print(report, &now, since_load ? NULL : &before);
			if (fflush(stdout))
				break; /* main() says it */
			warn_missed(&now.info, since_load ? 0 : before.info.missed);
			done++;
		}
		sample_free(&before);
		before = now;
		now = (struct sample){ 0 };
		next_deadline(&deadline, &before, delay);
		if (!count || done < count)
			sleep_until(&deadline, &mask);
		if (interrupted || (count && done == count)) {
			status = EXIT_SUCCESS;
			break;
		}
		if (take(nl, &now))
			break;
		since_load = restarted(&now, &before);
		if (since_load)
			warnx("the module was reloaded: counting begins anew");
	}
	sample_free(&before);
	sample_free(&now);
	return status;
}
