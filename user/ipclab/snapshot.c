// SPDX-License-Identifier: GPL-2.0-only
/* Reading the counters until they are at rest. */
#include <stdio.h>
#include <string.h>

#include "exercise.h"
#include "snapshot.h"

static void append(struct snapshot *snapshot, const char *row, const struct nl_row *from)
{
	for (unsigned int i = 0; i < from->nr && snapshot->nr < MAX_CELLS; i++) {
		struct cell *cell = &snapshot->cell[snapshot->nr++];

		snprintf(cell->row, sizeof(cell->row), "%s", row);
		memcpy(cell->counter, from->counter[i].name, sizeof(cell->counter));
		cell->kind = from->counter[i].kind;
		cell->gauge = from->counter[i].gauge;
		cell->value = from->counter[i].value;
	}
}

static int take_signals(struct nl *nl, struct snapshot *snapshot)
{
	struct nl_rows rows;
	char name[32];
	int ret;

	ret = nl_get_signals(nl, &rows);
	if (ret)
		return ret;
	for (unsigned int i = 0; i < rows.nr; i++) {
		snprintf(name, sizeof(name), "signal %u", rows.row[i].signal);
		append(snapshot, name, &rows.row[i]);
	}
	nl_free_rows(&rows);
	return 0;
}

static int take_row(struct nl *nl, const char *name, struct snapshot *snapshot)
{
	struct nl_rows rows;
	int ret;

	ret = nl_get_rows(nl, name, &rows);
	if (ret)
		return ret;
	for (unsigned int i = 0; i < rows.nr; i++)
		append(snapshot, name, &rows.row[i]);
	nl_free_rows(&rows);
	return strcmp(name, "signal") ? 0 : take_signals(nl, snapshot);
}

int snapshot_take(struct nl *nl, const char *rows, struct snapshot *snapshot)
{
	struct nl_info info = { 0 };
	char name[IPCSTAT_NAME_MAX];
	int ret = nl_get_info(nl, &info), len;

	snapshot->missed = info.missed;
	snapshot->nr = 0;
	nl_free_info(&info);
	for (; !ret && sscanf(rows, "%31s%n", name, &len) == 1; rows += len)
		ret = take_row(nl, name, snapshot);
	return ret;
}

bool snapshots_equal(const struct snapshot *a, const struct snapshot *b, bool gauges_only)
{
	if (a->nr != b->nr)
		return false;
	for (unsigned int i = 0; i < a->nr; i++)
		if ((a->cell[i].gauge || !gauges_only) &&
		    (a->cell[i].kind != b->cell[i].kind || a->cell[i].value != b->cell[i].value))
			return false;
	return true;
}

int snapshot_take_quiet(struct nl *nl, const char *rows, struct snapshot *snapshot, bool *quiet)
{
	static struct snapshot before;
	uint64_t start = lab_now();
	int ret;

	do {
		ret = snapshot_take(nl, rows, &before);
		lab_nap(20000);
		ret = ret ?: snapshot_take(nl, rows, snapshot);
		*quiet = !ret && snapshots_equal(&before, snapshot, false);
	} while (!ret && !*quiet && lab_now() - start < NS_PER_S);
	return ret;
}

int snapshot_take_last(struct nl *nl, const char *rows, struct snapshot *snapshot,
		       const struct snapshot *first)
{
	uint64_t start = lab_now();
	bool ignored;
	int ret;

	do
		ret = snapshot_take_quiet(nl, rows, snapshot, &ignored);
	while (!ret && !snapshots_equal(first, snapshot, true) && lab_now() - start < 2 * NS_PER_S);
	return ret;
}

const struct cell *snapshot_find(const struct snapshot *snapshot, const char *row,
				 const char *counter)
{
	for (unsigned int i = 0; i < snapshot->nr; i++)
		if (!strcmp(snapshot->cell[i].row, row) &&
		    !strcmp(snapshot->cell[i].counter, counter))
			return &snapshot->cell[i];
	return NULL;
}
