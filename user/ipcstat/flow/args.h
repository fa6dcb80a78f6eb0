/* SPDX-License-Identifier: GPL-2.0-only */
/* Which flows: the options of the commands that show them, and asking for these. */
#ifndef IPCSTAT_FLOW_ARGS_H
#define IPCSTAT_FLOW_ARGS_H

#include <stdbool.h>
#include <stdint.h>

#include "ipcstat/ipcstat.h"
#include "common/options.h"

struct flow_args {
	struct nl_flow_filter filter;
	const char *comm; /* or NULL: any */
};

/* -p and so on; those that take --min-bytes, too. */
extern const struct opt flow_opts[], min_bytes_opt[];

/* What opt_next() returned c for. 0; EXIT_BAD_ARGS, and a line; -1: it is none of these. */
int flow_option(int c, struct flow_args *args);

/* mech: a row's name, or NULL. 0; EXIT_BAD_ARGS, and a line that says why; or EXIT_FAILURE. */
int check_mechanism(struct nl *nl, const char *mech);

/*
 * The flows that the arguments ask for, with printable names. The exit status. With peers there
 * are also all other flows of the mechanism, marked as only_peer: which of them are the other ends
 * is for pairs.h to find.
 */
int flow_args_ask(struct nl *nl, const struct flow_args *args, bool peers, struct nl_flows *flows);

#endif
