// SPDX-License-Identifier: GPL-2.0-only
/*
 * Without the module: whatever is asked after a failed nl_open() fails as that did, and says the
 * same. (Its family would be number 0, to which the kernel says yes and nothing else.)
 */
#include <stdio.h>
#include <string.h>

#include "ipcstat/ipcstat.h"

static int nr, failed;

static void check(const struct nl *nl, const char *what, int err, int want)
{
	bool good = err == want && strstr(nl_error(nl), "not loaded");

	failed += !good;
	printf("%sok %d - %s: %s\n", good ? "" : "not ", ++nr, what, good ? "fails, too" : "");
	if (!good)
		printf("# returned %d, expected %d; says: %s\n", err, want, nl_error(nl));
}

int main(void)
{
	const struct nl_flow_filter all = { 0 };
	struct nl_flow_state state;
	struct nl_sleepers sleepers;
	struct nl_groups groups = { 0 };
	struct nl_hists hists;
	struct nl_hooks hooks;
	struct nl_flows flows;
	struct nl_info info;
	struct nl_rows rows;
	struct nl *nl;
	int err;

	err = nl_open(&nl);
	if (!err) {
		printf("Bail out! the module is loaded\n");
		return 1;
	}
	check(nl, "info", nl_get_info(nl, &info), err);
	check(nl, "all rows", nl_get_rows(nl, NULL, &rows), err);
	check(nl, "a row", nl_get_rows(nl, "pipe", &rows), err);
	check(nl, "signals", nl_get_signals(nl, &rows), err);
	check(nl, "hooks", nl_get_hooks(nl, &hooks), err);
	check(nl, "histograms", nl_get_hists(nl, &hists), err);
	check(nl, "sleepers", nl_get_sleepers(nl, &sleepers), err);
	check(nl, "the state of flows", nl_get_flow_state(nl, &state), err);
	check(nl, "flows on", nl_set_flows(nl, 64, &state), err);
	check(nl, "flows", nl_get_flows(nl, &all, &flows), err);
	check(nl, "groups", nl_get_groups(nl, &groups), err);
	nl_end(nl);
	printf("1..%d\n", nr);
	return failed != 0;
}
