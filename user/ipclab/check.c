// SPDX-License-Identifier: GPL-2.0-only
/*
 * The comparison: the counters of a row before an exercise, half-way and after
 * it, against what the exercise says that they must have become. The counters
 * are those of the whole machine: other people's traffic is looked for, so that
 * it can be told from a wrong count.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "exercise.h"
#include "snapshot.h"

const char *const verdict_names[] = {
	[NOT_APPLICABLE] = "does not apply",
	[UNKNOWN] = "not known on this kernel",
	[UNCHECKED] = "not checked: ",
	[OK] = "ok",
	[BUSY] = "busy",
	[DIFFERS] = "DIFFERS",
	[FAILED] = "FAILED",
};

void settle_output(void)
{
	uint64_t start = lab_now();
	struct stat out;
	int unread;

	if (fstat(STDOUT_FILENO, &out) || !S_ISFIFO(out.st_mode))
		return;
	while (!ioctl(STDOUT_FILENO, FIONREAD, &unread) && unread > 0 &&
	       lab_now() - start < NS_PER_S)
		lab_nap(1000);
}

/* ---- the comparison ---- */

struct comparison {
	struct lab *lab;
	struct snapshot first, half_way, last;
	bool busy; /* others use the row, too */
};

/* One counter of a row, or one moment of a gauge. */
struct item {
	char name[2 * IPCSTAT_NAME_MAX]; /* "send_ops", or "signal 10 delivered" */
	bool gauge, half_way;
	const struct want *want;
	enum nl_kind kind;
	int64_t counted;
};

static struct item item(const struct comparison *c, unsigned int i, bool half_way)
{
	const struct cell *first = &c->first.cell[i];
	const struct cell *now = half_way ? &c->half_way.cell[i] : &c->last.cell[i];
	struct item item = {
		.gauge = now->gauge,
		.half_way = half_way,
		.kind = first->kind == NL_UNKNOWN ? NL_UNKNOWN : now->kind,
		.counted = (int64_t)(now->value - first->value),
	};

	if (strcmp(now->row, c->lab->exercise->name))
		snprintf(item.name, sizeof(item.name), "%s %s", now->row, now->counter);
	else
		strcpy(item.name, now->counter);
	item.want = find_want(c->lab, item.name, half_way);
	return item;
}

static enum verdict judge(const struct comparison *c, const struct item *item)
{
	const struct want *w = item->want;
	int64_t low = w->low, high = w->high;

	if (item->kind == NL_UNKNOWN)
		return UNKNOWN;
	if (item->kind == NL_NONE)
		return high ? DIFFERS : NOT_APPLICABLE;
	if (w->unchecked)
		return UNCHECKED;
	if (item->counted >= low && item->counted <= high)
		return OK;
	/* Others can only add to a counter, but move a gauge either way. */
	return c->busy && (item->gauge || item->counted > high) ? BUSY : DIFFERS;
}

/* Of the 448 cells of the signals' table, those that somebody expects or has moved. */
static bool of_interest(const struct item *item)
{
	return strncmp(item->name, "signal ", 7) || item->want->high ||
	       (item->kind == NL_VALUE && item->counted);
}

static void wanted_text(char text[48], const struct item *item)
{
	const struct want *w = item->want;

	if (item->kind == NL_NONE && !w->high)
		strcpy(text, "-");
	else if (w->unchecked)
		strcpy(text, "any");
	else if (w->low != w->high)
		sprintf(text, "%llu..%llu", (unsigned long long)w->low,
			(unsigned long long)w->high);
	else
		sprintf(text, item->gauge ? "%+lld" : "%lld", (long long)w->low);
}

static void counted_text(char text[48], const struct item *item)
{
	if (item->kind == NL_VALUE)
		sprintf(text, item->gauge ? "%+lld" : "%lld", (long long)item->counted);
	else
		strcpy(text, item->kind == NL_NONE ? "-" : "?");
}

/* A gauge without a number is the same at all moments. */
static bool said_once(const struct item *item)
{
	return item->kind == NL_UNKNOWN || (item->kind == NL_NONE && !item->want->high);
}

static void print(const struct item *item, enum verdict verdict)
{
	char name[64], wanted[48], counted[48], note[80] = "";
	long long more = item->counted - (int64_t)item->want->high;

	snprintf(name, sizeof(name), "%s", item->name);
	if (item->gauge && !said_once(item))
		strcat(name, item->half_way ? ", half-way" : ", at the end");
	wanted_text(wanted, item);
	counted_text(counted, item);
	if (verdict == BUSY)
		snprintf(note, sizeof(note), ": %lld %s than ours", llabs(more),
			 more > 0 ? "more" : "fewer");
	printf("  %-24s %15s %15s  %s%s%s\n", name, wanted, counted, verdict_names[verdict], note,
	       item->want->unchecked && verdict == UNCHECKED ? item->want->unchecked : "");
}

/* Judges all counters; the row's verdict is the gravest of theirs. */
static enum verdict judge_all(const struct comparison *c, bool show, unsigned int nr[])
{
	enum verdict verdict, worst = NOT_APPLICABLE;

	for (unsigned int i = 0; i < c->last.nr; i++) {
		for (int half_way = c->last.cell[i].gauge; half_way >= 0; half_way--) {
			struct item it = item(c, i, half_way);

			if (!of_interest(&it) || (half_way && said_once(&it)))
				continue;
			verdict = judge(c, &it);
			nr[verdict]++;
			worst = MAX(worst, verdict);
			if (show)
				print(&it, verdict);
		}
	}
	return worst;
}

/* Whether the row moves without us, in a time as long as ours was. */
static bool others_use(struct nl *nl, const char *name, uint64_t ns)
{
	static struct snapshot before, after;

	if (snapshot_take(nl, name, &before))
		return true;
	lab_nap(MAX(200000, MIN(3000000, ns / 1000)));
	return snapshot_take(nl, name, &after) || !snapshots_equal(&before, &after, false);
}

static void fill_cell(char text[24], const struct comparison *c, const char *counter, bool wanted)
{
	char buf[48] = "";

	for (unsigned int i = 0; i < c->last.nr; i++) {
		struct item it = item(c, i, false);

		if (strcmp(it.name, counter))
			continue;
		if (wanted && it.kind == NL_VALUE)
			wanted_text(buf, &it);
		else
			counted_text(buf, &it);
	}
	snprintf(text, 24, "%.23s", buf);
}

static void fill_result(struct result *result, const struct comparison *c)
{
	for (int counted = 0; counted < 2; counted++) {
		fill_cell(result->sent[counted], c, "send_ops", !counted);
		fill_cell(result->received[counted], c, "recv_ops", !counted);
	}
	fill_cell(result->copied[0], c, "send_copied", false);
	fill_cell(result->copied[1], c, "recv_copied", false);
}

static int run(struct nl *nl, struct comparison *c, bool *quiet)
{
	const char *name = c->lab->exercise->name;
	bool ignored;

	settle_output();
	if (snapshot_take_quiet(nl, name, &c->first, quiet))
		return -1;
	if (lab_start(c->lab))
		return -1;
	if (snapshot_take_quiet(nl, name, &c->half_way, &ignored))
		return -1;
	if (lab_finish(c->lab))
		return -1;
	if (snapshot_take_last(nl, name, &c->last, &c->first))
		return -1;
	if (c->first.nr == c->half_way.nr && c->first.nr == c->last.nr)
		return 0;
	lab_blame(c->lab, "the module", "was exchanged meanwhile");
	return -1;
}

void check(struct nl *nl, struct lab *lab, bool strict, struct result *result)
{
	const char *name = lab->exercise->name, *reason;
	unsigned int nr[FAILED + 1] = { 0 };
	static struct comparison c;
	uint64_t start = lab_now();
	bool quiet = false;

	c.lab = lab;
	c.busy = false;
	result->name = name;
	printf("%s: %s\n", name, lab->exercise->what);
	printf("  %u pair%s of processes, %lu operation%s", lab->pairs, lab->pairs == 1 ? "" : "s",
	       lab->count, lab->count == 1 ? "" : "s");
	if (lab->size)
		printf(" of %zu byte%s", lab->size, lab->size == 1 ? "" : "s");
	printf(" each way\n\n  %-24s %15s %15s  %s\n", "counter", "expected", "counted", "verdict");
	fflush(stdout);

	if (run(nl, &c, &quiet)) {
		reason = lab_reason(lab);
		if (!lab_interrupted)
			fprintf(stderr, "ipclab: %s: %s\n", name, *reason ? reason : nl_error(nl));
		result->verdict = FAILED;
	} else {
		lab->exercise->expect(lab);
		if (!strict && judge_all(&c, false, nr) == DIFFERS)
			c.busy = !quiet || others_use(nl, name, lab_now() - start);
		memset(nr, 0, sizeof(nr));
		result->verdict = judge_all(&c, true, nr);
		fill_result(result, &c);
		printf("%s: %s: %u as expected", name, verdict_names[result->verdict], nr[OK]);
		if (nr[DIFFERS])
			printf(", %u differ", nr[DIFFERS]);
		if (nr[BUSY])
			printf(", %u hold other traffic, too", nr[BUSY]);
		if (nr[UNKNOWN])
			printf(", %u not known", nr[UNKNOWN]);
		if (nr[UNCHECKED])
			printf(", %u not checked", nr[UNCHECKED]);
		printf("\n\n");
	}
}
