// SPDX-License-Identifier: GPL-2.0-only
/* Labs: compares the predictions of expect() with the readings and the observations. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "private.h"

const char *const lab_verdict_names[] = {
	[HOLDS] = "holds",
	[HALF_TRUE] = "half true",
	[DOES_NOT_HOLD] = "does not hold",
	[CANNOT_BE_TOLD] = "cannot be told",
	[DID_NOT_RUN] = "did not run",
};

/* The judgement that expect() fills in. */
static struct judgement *current;
static bool of_program, but, forgotten;

static struct prediction *add(const char *moment, const char *row, const char *counter,
			      uint64_t low, uint64_t high, const char *why)
{
	struct prediction *p;

	if (current->nr == MAX_PREDICTIONS) {
		fprintf(stderr, "ipclab: %s: more than %d predictions\n", the_lab->name,
			MAX_PREDICTIONS);
		exit(1);
	}
	p = &current->prediction[current->nr++];
	*p = (struct prediction){
		.moment = moment,
		.counter = counter,
		.why = why,
		.but = but,
		.low = low,
		.high = high,
		.outcome = of_program && (moment || forgotten) ? NOT_ASKED_FOR : AS_PREDICTED,
	};
	snprintf(p->row_name, sizeof(p->row_name), "%s", row);
	p->row = p->row_name;
	forgotten = false;
	return p;
}

void predict(const char *row, const char *counter, uint64_t n, const char *why)
{
	add(NULL, row, counter, n, n, why);
}

void predict_between(const char *row, const char *counter, uint64_t low, uint64_t high,
		     const char *why)
{
	add(NULL, row, counter, low, high, why);
}

void predict_at(const char *moment, const char *row, const char *counter, uint64_t n,
		const char *why)
{
	add(moment, row, counter, n, n, why);
}

void predict_signal_at(const char *moment, int sig, const char *fate, uint64_t n, const char *why)
{
	char row[IPCSTAT_NAME_MAX];

	snprintf(row, sizeof(row), "signal %d", sig);
	add(moment, row, fate, n, n, why);
}

void predict_signal(int sig, const char *fate, uint64_t n, const char *why)
{
	predict_signal_at(NULL, sig, fate, n, why);
}

void predict_but(void)
{
	but = true;
}

uint64_t recall(const char *what)
{
	for (unsigned int i = 0; i < board->nr_memories; i++)
		if (!strcmp(board->memory[i].what, what))
			return board->memory[i].value;
	forgotten = true;
	return 0;
}

/* ---- the judgement ---- */

static const struct snapshot *snapshot_of(const char *moment)
{
	if (!moment)
		return &board->last;
	for (unsigned int i = 0; i < board->nr_looks; i++)
		if (!strcmp(board->look[i].moment, moment))
			return &board->look[i];
	return NULL;
}

static void compare(struct prediction *p)
{
	const struct snapshot *then = snapshot_of(p->moment);
	const struct cell *first, *now;

	if (p->outcome == NOT_ASKED_FOR)
		return;
	first = snapshot_find(&board->first, p->row, p->counter);
	now = then ? snapshot_find(then, p->row, p->counter) : NULL;
	if (!first || !now) {
		fprintf(stderr, "ipclab: %s: unknown counter %s %s%s%s\n", the_lab->name, p->row,
			p->counter, p->moment ? ", " : "", p->moment ?: "");
		exit(1);
	}
	p->kind = first->kind == NL_VALUE ? now->kind : first->kind;
	p->counted = (int64_t)(now->value - first->value);
	if (p->kind != NL_VALUE)
		p->outcome = NOT_KNOWN;
	else if (p->counted < (int64_t)p->low || p->counted > (int64_t)p->high)
		p->outcome = NOT_AS_PREDICTED;
}

static enum lab_verdict verdict(const struct textbook_lab *lab, struct judgement *j)
{
	unsigned int wrong = 0, more = 0, unknown = 0, buts = 0, buts_true = 0;

	for (unsigned int i = 0; i < j->nr; i++) {
		const struct prediction *p = &j->prediction[i];

		unknown += p->outcome == NOT_KNOWN;
		wrong += p->outcome == NOT_AS_PREDICTED && !p->but;
		more += p->outcome == NOT_AS_PREDICTED &&
			(p->counted > (int64_t)p->high ||
			 snapshot_find(&board->first, p->row, p->counter)->gauge);
		buts += p->but && p->outcome != NOT_ASKED_FOR;
		buts_true += p->but && p->outcome == AS_PREDICTED;
	}
	for (unsigned int i = 0; i < board->nr_sights; i++) {
		const struct sight *sight = &board->sight[i];

		wrong += !sight->yes && !sight->but;
		buts += sight->but;
		buts_true += sight->but && sight->yes;
	}
	if ((j->others && more) || j->missed)
		return CANNOT_BE_TOLD;
	if (wrong)
		return DOES_NOT_HOLD;
	if (unknown)
		return CANNOT_BE_TOLD;
	/* A program shows what the claim is about, but not everything that qualifies it. */
	return lab->but && (of_program || (buts && buts == buts_true)) ? HALF_TRUE : HOLDS;
}

void judge_lab(const struct textbook_lab *lab, bool program, struct judgement *judgement)
{
	current = judgement;
	of_program = program;
	but = forgotten = false;
	judgement->nr = 0;
	judgement->missed = board->last.missed - board->first.missed;
	lab->expect();
	for (unsigned int i = 0; i < judgement->nr; i++)
		compare(&judgement->prediction[i]);
	judgement->verdict = verdict(lab, judgement);
}
