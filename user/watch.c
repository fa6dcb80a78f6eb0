// SPDX-License-Identifier: GPL-2.0-only
/* Reports at an interval. */
#include <err.h>
#include <errno.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>

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

/* Sleeps until then, or until one of the signals comes: returns whether it did. */
static bool sleep_until(const struct timespec *then, const sigset_t *signals)
{
	for (;;) {
		struct timespec now, rest = { 0 };

		clock_gettime(CLOCK_MONOTONIC, &now);
		rest.tv_sec = then->tv_sec - now.tv_sec;
		rest.tv_nsec = then->tv_nsec - now.tv_nsec;
		if (rest.tv_nsec < 0) {
			rest.tv_sec--;
			rest.tv_nsec += 1000000000;
		}
		if (rest.tv_sec < 0)
			rest = (struct timespec){ 0 };
		if (sigtimedwait(signals, NULL, &rest) > 0)
			return true;
		if (errno == EAGAIN)
			return false;
	}
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

/*
 * Ctrl+C waits until a report is whole: it is blocked, and taken while we sleep.
 * Where our parent ignores it (a job in the background of a script) so do we.
 */
static void block_interrupt(sigset_t *signals)
{
	struct sigaction old;

	sigemptyset(signals);
	sigaction(SIGINT, NULL, &old);
	if (old.sa_handler == SIG_IGN)
		return;
	sigaddset(signals, SIGINT);
	sigprocmask(SIG_BLOCK, signals, NULL);
}

int watch(struct nl **nl, const struct report *report, struct sample *first, unsigned int delay,
	  unsigned int count, bool omit_first)
{
	struct timespec deadline = first->clock;
	struct sample now = *first, before = { 0 };
	bool since_load = true; /* and not since before */
	int status = EXIT_FAILURE;
	unsigned int done = 0;
	sigset_t signals;

	*first = (struct sample){ 0 };
	block_interrupt(&signals);
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
		if (done == count && count) {
			status = EXIT_SUCCESS;
			break;
		}
		if (sleep_until(&deadline, &signals)) {
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
