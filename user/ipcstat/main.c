// SPDX-License-Identifier: GPL-2.0-only
/* ipcstat: what every IPC mechanism of this machine has done. The commands' table. */
#include <stddef.h>

#include "commands.h"

static const struct syntax *const commands[] = {
	&signals_syntax,  &blocked_syntax, &hist_syntax,   &flows_syntax,    &graph_syntax,
	&top_syntax,      &events_syntax,  &run_syntax,    &limits_syntax,   &hooks_syntax,
	&exporter_syntax, &load_syntax,    &unload_syntax, &complete_syntax, NULL,
};

static const struct program ipcstat = {
	.name = "ipcstat",
	.what = "Show what each IPC mechanism has done since the ipcstat module was loaded; or,\n"
		"every DELAY seconds, what it does per second: first the average since then.\n",
	.alone = &show_syntax,
	.commands = commands,
	.more = "In the numbers, - means that the idea does not apply to the row, and ? that this\n"
		"kernel gives no exact way to know.\n"
		"\n"
		"Exit status: 0 fine, 1 failed (the module is not loaded, ...), 2 bad arguments.",
};

int main(int argc, char **argv)
{
	return program_main(argc, argv, &ipcstat);
}
