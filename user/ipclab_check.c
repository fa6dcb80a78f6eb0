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

#include "lab.h"
#include "nl.h"

const char *const verdict_names[] = {
	[NOT_APPLICABLE] = "does not apply",
	[UNKNOWN] = "not known on this kernel",
	[UNCHECKED] = "not checked: ",
	[OK] = "ok",
	[BUSY] = "busy",
	[DIFFERS] = "DIFFERS",
	[FAILED] = "FAILED",
};

/* ---- what is counted ---- */

struct reading {
	unsigned int nr;
	struct nl_counter *counter;
};

static void append(struct reading *reading, const struct nl_counter *counter)
{
	reading->counter = realloc(reading->counter, (reading->nr + 1) * sizeof(*reading->counter));
	if (!reading->counter)
		abort();
	reading->counter[reading->nr++] = *counter;
}

static void forget(struct reading *reading)
{
	free(reading->counter);
	memset(reading, 0, sizeof(*reading));
}

static int take_signals(struct nl *nl, struct reading *reading)
{
	struct nl_counter counter;
	struct nl_rows rows;

	if (nl_get_signals(nl, &rows))
		return -1;
	for (unsigned int i = 0; i < rows.nr; i++) {
		for (unsigned int j = 0; j < rows.row[i].nr; j++) {
			counter = rows.row[i].counter[j];
			snprintf(counter.name, sizeof(counter.name), "signal %u %.15s",
				 rows.row[i].signal, rows.row[i].counter[j].name);
			append(reading, &counter);
		}
	}
	nl_free_rows(&rows);
	return 0;
}

/* Replaces a reading by a new one. */
static int take(struct nl *nl, const char *name, struct reading *reading)
{
	struct nl_rows rows;

	forget(reading);
	if (nl_get_rows(nl, name, &rows))
		return -1;
	for (unsigned int i = 0; rows.nr && i < rows.row[0].nr; i++)
		append(reading, &rows.row[0].counter[i]);
	nl_free_rows(&rows);
	return strcmp(name, "signal") ? 0 : take_signals(nl, reading);
}

static bool equal(const struct reading *a, const struct reading *b, bool gauges_only)
{
	if (a->nr != b->nr)
		return false;
	for (unsigned int i = 0; i < a->nr; i++)
		if ((a->counter[i].gauge || !gauges_only) &&
		    (a->counter[i].kind != b->counter[i].kind ||
		     a->counter[i].value != b->counter[i].value))
			return false;
	return true;
}

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

/*
 * Reads until nothing has moved for a moment: a packet may be on its way to a
 * queue, or something that has been before still goes on. Gives up after a
 * second, on a busy machine: *quiet.
 */
static int take_quiet(struct nl *nl, const char *name, struct reading *reading, bool *quiet)
{
	struct reading before = { 0 };
	uint64_t start = lab_now();
	int ret;

	do {
		ret = take(nl, name, &before);
		lab_nap(20000);
		ret = ret ?: take(nl, name, reading);
		*quiet = !ret && equal(&before, reading, false);
	} while (!ret && !*quiet && lab_now() - start < NS_PER_S);
	forget(&before);
	return ret;
}

/* The last reading: the kernel may need a moment to free what was closed. */
static int take_last(struct nl *nl, const char *name, struct reading *reading,
		     const struct reading *first)
{
	uint64_t start = lab_now();
	int ret;

	for (;;) {
		ret = take(nl, name, reading);
		if (ret || equal(first, reading, true) || lab_now() - start > 2 * NS_PER_S)
			return ret;
		lab_nap(5000);
	}
}

/* ---- the comparison ---- */

struct comparison {
	struct lab *lab;
	struct reading first, half_way, last;
	bool busy; /* others use the row, too */
};

/* One counter of a row, or one moment of a gauge. */
struct item {
	const char *name;
	bool gauge, half_way;
	const struct want *want;
	enum nl_kind kind;
	int64_t counted;
};

static struct item item(const struct comparison *c, unsigned int i, bool half_way)
{
	const struct nl_counter *first = &c->first.counter[i];
	const struct nl_counter *now = half_way ? &c->half_way.counter[i] : &c->last.counter[i];

	return (struct item){
		.name = now->name,
		.gauge = now->gauge,
		.half_way = half_way,
		.want = find_want(c->lab, now->name, half_way),
		.kind = first->kind == NL_UNKNOWN ? NL_UNKNOWN : now->kind,
		.counted = (int64_t)(now->value - first->value),
	};
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
		for (int half_way = c->last.counter[i].gauge; half_way >= 0; half_way--) {
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
	struct reading before = { 0 }, after = { 0 };
	bool quiet;

	quiet = !take(nl, name, &before);
	lab_nap(MAX(200000, MIN(3000000, ns / 1000)));
	quiet = quiet && !take(nl, name, &after) && equal(&before, &after, false);
	forget(&before);
	forget(&after);
	return !quiet;
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
	if (take_quiet(nl, name, &c->first, quiet))
		return -1;
	if (lab_start(c->lab))
		return -1;
	if (take_quiet(nl, name, &c->half_way, &ignored))
		return -1;
	if (lab_finish(c->lab))
		return -1;
	if (take_last(nl, name, &c->last, &c->first))
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
	struct comparison c = { .lab = lab };
	uint64_t start = lab_now();
	bool quiet = false;

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
	forget(&c.first);
	forget(&c.half_way);
	forget(&c.last);
}
