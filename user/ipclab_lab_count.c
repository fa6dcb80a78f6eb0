// SPDX-License-Identifier: GPL-2.0-only
/* Labs: readings of the counters that a lab is about. */
#include <stdio.h>
#include <string.h>

#include "lab.h"
#include "textbook_private.h"

static void append(struct reading *reading, const char *row, const struct nl_row *from)
{
	for (unsigned int i = 0; i < from->nr && reading->nr < MAX_CELLS; i++) {
		struct cell *cell = &reading->cell[reading->nr++];

		snprintf(cell->row, sizeof(cell->row), "%s", row);
		memcpy(cell->counter, from->counter[i].name, sizeof(cell->counter));
		cell->kind = from->counter[i].kind;
		cell->gauge = from->counter[i].gauge;
		cell->value = from->counter[i].value;
	}
}

static int take_signals(struct nl *nl, struct reading *reading)
{
	struct nl_rows rows;
	char name[32];
	int ret;

	ret = nl_get_signals(nl, &rows);
	if (ret)
		return ret;
	for (unsigned int i = 0; i < rows.nr; i++) {
		snprintf(name, sizeof(name), "signal %u", rows.row[i].signal);
		append(reading, name, &rows.row[i]);
	}
	nl_free_rows(&rows);
	return 0;
}

static int take_row(struct nl *nl, const char *name, struct reading *reading)
{
	struct nl_rows rows;
	int ret;

	ret = nl_get_rows(nl, name, &rows);
	if (ret)
		return ret;
	for (unsigned int i = 0; i < rows.nr; i++)
		append(reading, name, &rows.row[i]);
	nl_free_rows(&rows);
	return strcmp(name, "signal") ? 0 : take_signals(nl, reading);
}

int reading_take_now(struct nl *nl, const char *rows, struct reading *reading)
{
	struct nl_info info = { 0 };
	char name[IPCSTAT_NAME_MAX];
	int ret = nl_get_info(nl, &info), len;

	reading->missed = info.missed;
	reading->nr = 0;
	nl_free_info(&info);
	for (; !ret && sscanf(rows, "%31s%n", name, &len) == 1; rows += len)
		ret = take_row(nl, name, reading);
	return ret;
}

static bool equal(const struct reading *a, const struct reading *b, bool gauges_only)
{
	if (a->nr != b->nr)
		return false;
	for (unsigned int i = 0; i < a->nr; i++)
		if ((a->cell[i].gauge || !gauges_only) &&
		    (a->cell[i].kind != b->cell[i].kind || a->cell[i].value != b->cell[i].value))
			return false;
	return true;
}

int reading_take_quiet(struct nl *nl, const char *rows, struct reading *reading, bool *quiet)
{
	static struct reading before;
	uint64_t start = lab_now();
	int ret;

	do {
		ret = reading_take_now(nl, rows, &before);
		lab_nap(20000);
		ret = ret ?: reading_take_now(nl, rows, reading);
		*quiet = !ret && equal(&before, reading, false);
	} while (!ret && !*quiet && lab_now() - start < NS_PER_S);
	return ret;
}

int reading_take_last(struct nl *nl, const char *rows, struct reading *reading,
		      const struct reading *first)
{
	uint64_t start = lab_now();
	bool ignored;
	int ret;

	do
		ret = reading_take_quiet(nl, rows, reading, &ignored);
	while (!ret && !equal(first, reading, true) && lab_now() - start < 2 * NS_PER_S);
	return ret;
}

const struct cell *reading_find(const struct reading *reading, const char *row, const char *counter)
{
	for (unsigned int i = 0; i < reading->nr; i++)
		if (!strcmp(reading->cell[i].row, row) &&
		    !strcmp(reading->cell[i].counter, counter))
			return &reading->cell[i];
	return NULL;
}
