/* SPDX-License-Identifier: GPL-2.0-only */
/* What has happened between two readings: which flows have grown, and who sleeps. */
#ifndef IPCSTAT_TOP_CHANGES_H
#define IPCSTAT_TOP_CHANGES_H

#include "ipcstat/ipcstat.h"
#include "reading.h"

struct top_sleep {
	int64_t ns; /* by which sleeps that go on have grown */
	unsigned int blocked;
};

/*
 * Flows that have moved something: their values are what they have grown by. And one more for
 * each sleeper, whose values are NL_NONE.
 */
struct top_changes {
	struct nl_flows flows;
	struct top_sleep *sleep; /* of each */
};

void top_find_changes(struct top_changes *changes, const struct reading *before,
		      const struct reading *now, const struct nl_flow_filter *filter);
void top_free_changes(struct top_changes *changes);

#endif
