/* SPDX-License-Identifier: GPL-2.0-only */
/* The commands of ipcstat, of which main.c makes the table. */
#ifndef IPCSTAT_COMMANDS_H
#define IPCSTAT_COMMANDS_H

#include "common/options.h"

extern const struct syntax show_syntax, signals_syntax, blocked_syntax, hist_syntax, flows_syntax,
	graph_syntax, top_syntax, events_syntax, run_syntax, limits_syntax, hooks_syntax,
	exporter_syntax, load_syntax, unload_syntax;

#endif
