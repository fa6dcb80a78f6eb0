// SPDX-License-Identifier: GPL-2.0-only
/* Labs: output of a lab for a reader, or as TAP for a grader. */
#include <signal.h>
#include <stdio.h>
#include <string.h>

#include "ipclab/exercise.h"
#include "private.h"

#define COLUMNS 78

/*
 * Prints text in lines of COLUMNS. @at is the current column of the first line; the others begin
 * after @indent blanks. Several blanks between words are kept.
 */
static void wrap(const char *text, int at, int indent)
{
	int blanks = 0, word;

	while (*text) {
		word = strcspn(text, " ");
		if (at > indent && at + blanks + word > COLUMNS) {
			printf("\n%*s", indent, "");
			at = indent;
			blanks = 0;
		}
		printf("%*s%.*s", blanks, "", word, text);
		at += blanks + word;
		text += word;
		blanks = strspn(text, " ");
		text += blanks;
	}
	putchar('\n');
}

static void paragraph(const char *head, const char *text)
{
	printf("  %s", head);
	wrap(text, 2 + strlen(head), 2);
}

void print_list(const struct textbook_lab *const *lab, unsigned int nr)
{
	for (unsigned int i = 0; i < nr; i++) {
		printf("%2u  %-16s  ", lab[i]->nr, lab[i]->name);
		wrap(lab[i]->claim, 22, 22);
	}
}

static unsigned int steps_printed;

void print_before(const struct textbook_lab *lab, const struct lab_options *options)
{
	steps_printed = 0;
	if (options->quiet)
		return;
	printf("Lab %u: %s\n\n", lab->nr, lab->name);
	paragraph("The textbook: ", lab->claim);
	putchar('\n');
	paragraph("", lab->about);
	putchar('\n');
	if (options->program)
		printf("  %s runs in place of the lab.\n", options->program);
	fflush(stdout);
}

void print_steps(void)
{
	for (; steps_printed < board->nr_steps; steps_printed++) {
		printf("  %2u. ", steps_printed + 1);
		wrap(board->step[steps_printed], 6, 6);
	}
	fflush(stdout);
}

static void predicted_text(char text[48], const struct prediction *p)
{
	if (p->low == p->high)
		snprintf(text, 48, "%llu", (unsigned long long)p->low);
	else if (p->high == UINT64_MAX || (int64_t)p->high == INT64_MAX)
		snprintf(text, 48, "at least %llu", (unsigned long long)p->low);
	else
		snprintf(text, 48, "%llu to %llu", (unsigned long long)p->low,
			 (unsigned long long)p->high);
}

static void counted_text(char text[48], const struct prediction *p)
{
	if (p->kind == NL_VALUE)
		snprintf(text, 48, "%lld", (long long)p->counted);
	else
		strcpy(text, p->kind == NL_NONE ? "-" : "?");
}

static void name_text(char text[96], const struct prediction *p)
{
	int sig = 0;

	if (sscanf(p->row, "signal %d", &sig) == 1 && sigabbrev_np(sig))
		snprintf(text, 96, "SIG%s %s", sigabbrev_np(sig), p->counter);
	else if (sig == SIGRTMIN)
		snprintf(text, 96, "SIGRTMIN %s", p->counter);
	else
		snprintf(text, 96, "%s %s%s%s", p->row, p->counter, p->moment ? ", " : "",
			 p->moment ?: "");
}

static void print_predictions(const struct judgement *judgement)
{
	char name[96], predicted[48], counted[48];

	printf("\n  %-44s %11s %11s\n", "", "predicted", "counted");
	for (unsigned int i = 0; i < judgement->nr; i++) {
		const struct prediction *p = &judgement->prediction[i];

		if (p->outcome == NOT_ASKED_FOR)
			continue;
		name_text(name, p);
		predicted_text(predicted, p);
		counted_text(counted, p);
		printf("  %-44s %11s %11s%s\n", name, predicted, counted,
		       p->outcome == NOT_AS_PREDICTED ? "  <-- differs" : "");
		printf("      ");
		wrap(p->why, 6, 6);
	}
}

static void print_sights(void)
{
	if (board->nr_sights)
		printf("\n  Seen:\n");
	for (unsigned int i = 0; i < board->nr_sights; i++) {
		printf("    %-3s ", board->sight[i].yes ? "yes" : "NO");
		wrap(board->sight[i].text, 8, 8);
	}
}

/* A user's program is judged, not the claim. */
static const char *verdict_text(const struct lab_options *options, enum lab_verdict verdict)
{
	if (options->program && verdict <= HALF_TRUE)
		return "as predicted";
	if (options->program && verdict == DOES_NOT_HOLD)
		return "not as predicted";
	return lab_verdict_names[verdict];
}

static const char *because(const struct textbook_lab *lab, const struct lab_options *options,
			   const struct judgement *judgement)
{
	switch (judgement->verdict) {
	case HALF_TRUE:
		return options->program ? "" : lab->but;
	case DOES_NOT_HOLD:
		if (board->failed)
			return board->reason;
		return "see the lines marked \"differs\" or NO.";
	case CANNOT_BE_TOLD:
		if (judgement->missed)
			return "the module missed events; see `ipcstat hooks`.";
		if (judgement->others)
			return "other processes use the same mechanism, and the counters cover the "
			       "whole machine. Use a quiet machine, for example a virtual one.";
		return "some counters are unknown on this kernel; see `ipcstat hooks`.";
	case DID_NOT_RUN:
		return board->reason;
	default:
		return "";
	}
}

static bool expected(const struct textbook_lab *lab, enum lab_verdict verdict)
{
	return verdict == (lab->but ? HALF_TRUE : HOLDS);
}

static void tap_line(unsigned int *tap, bool good, const char *lab, const char *text)
{
	printf("%sok %u - %s: %s\n", good ? "" : "not ", ++*tap, lab, text);
}

static unsigned int print_tap(const struct textbook_lab *lab, const struct lab_options *options,
			      const struct judgement *judgement, unsigned int *tap)
{
	char name[96], predicted[48], counted[48], text[512];
	unsigned int bad = 0;
	bool good;

	for (unsigned int i = 0; i < judgement->nr; i++) {
		const struct prediction *p = &judgement->prediction[i];

		if (p->outcome == NOT_ASKED_FOR)
			continue;
		name_text(name, p);
		predicted_text(predicted, p);
		counted_text(counted, p);
		good = p->outcome == AS_PREDICTED;
		bad += !good;
		snprintf(text, sizeof(text), "%s is %s%s%s: %s", name, predicted,
			 good && p->low == p->high ? "" : ", counted ",
			 good && p->low == p->high ? "" : counted, p->why);
		tap_line(tap, good, lab->name, text);
	}
	for (unsigned int i = 0; judgement->verdict != DID_NOT_RUN && i < board->nr_sights; i++) {
		bad += !board->sight[i].yes;
		tap_line(tap, board->sight[i].yes, lab->name, board->sight[i].text);
	}
	good = expected(lab, judgement->verdict);
	bad += !good;
	snprintf(text, sizeof(text), "%s%s%s", verdict_text(options, judgement->verdict),
		 *because(lab, options, judgement) ? ": " : "", because(lab, options, judgement));
	tap_line(tap, good, lab->name, text);
	fflush(stdout);
	return bad;
}

unsigned int print_result(const struct textbook_lab *lab, const struct lab_options *options,
			  const struct judgement *judgement, unsigned int *tap)
{
	const char *name = verdict_text(options, judgement->verdict);

	if (options->quiet)
		return print_tap(lab, options, judgement, tap);
	print_steps();
	if (judgement->nr)
		print_predictions(judgement);
	if (judgement->verdict != DID_NOT_RUN)
		print_sights();
	printf("\n  => %s%s", name, *because(lab, options, judgement) ? ": " : "");
	wrap(because(lab, options, judgement), 5 + strlen(name) + 2, 2);
	putchar('\n');
	fflush(stdout);
	return !expected(lab, judgement->verdict);
}
