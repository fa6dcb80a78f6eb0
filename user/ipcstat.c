// SPDX-License-Identifier: GPL-2.0-only
/* ipcstat: what every IPC mechanism of this machine has done. The commands' table. */
#include <err.h>
#include <errno.h>
#include <getopt.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli.h"

static const struct command {
	const char *name, *args, *what;
	int (*run)(int argc, char **argv);
} commands[] = {
	{ "signals", "[-z] [-J]", "signals by number, and what became of them", cmd_signals },
	{ "blocked", "[OPTION]...", "who is asleep, at what, and who could wake him", cmd_blocked },
	{ "hist", "[-z] [-J] [MECH,...]", "how long waits took, how large messages were",
	  cmd_hist },
	{ "flows", "[on|off|OPTION]...", "who moves what through which object", cmd_flows },
	{ "graph", "[OPTION]...", "flows as a picture: Graphviz DOT, or SVG", cmd_graph },
	{ "top", "[OPTION]...", "the same as it happens, on a screen of its own", cmd_top },
	{ "events", "[OPTION|GROUP]...", "what is lost, full, slow, or ends, as it happens",
	  cmd_events },
	{ "run", "[OPTION]... -- CMD", "the same of a command, and of all it starts", cmd_run },
	{ "limits", "[-J] [MECH...]", "how near each mechanism is to its limits", cmd_limits },
	{ "hooks", "[-J]", "where the kernel is watched, and what was missed", cmd_hooks },
	{ "exporter", "[OPTION]...", "serve the numbers to Prometheus", cmd_exporter },
	{ "load", "[PARAMETER=VALUE]...", "load the kernel module", cmd_load },
	{ "unload", "", "unload it", cmd_unload },
};

#define NR_COMMANDS (sizeof(commands) / sizeof(commands[0]))

int help(void)
{
	puts("Usage: ipcstat [OPTION]... [DELAY [COUNT]]\n"
	     "       ipcstat COMMAND [ARGUMENT]...\n"
	     "\n"
	     "Show what each IPC mechanism has done since the ipcstat module was loaded; or,\n"
	     "every DELAY seconds, what it does per second: first the average since then.\n"
	     "\n"
	     "  -o, --output COLS        these columns, with commas between, or: all\n"
	     "      --mechanism NAME,... these rows\n"
	     "  -z                       leave out rows where nothing happened\n"
	     "  -y                       leave out the first report, the one since load\n"
	     "      --timestamp          the time with each report\n"
	     "  -J, --json               JSON; with a DELAY one object a line\n"
	     "  -h, --help               this text\n"
	     "  -V, --version            the version\n"
	     "\n"
	     "Commands:");
	for (size_t i = 0; i < NR_COMMANDS; i++)
		printf("  %-8s %-20s %s\n", commands[i].name, commands[i].args, commands[i].what);
	puts("\n"
	     "In the numbers, - means that the idea does not apply to the row, and ? that this\n"
	     "kernel gives no exact way to know.\n"
	     "\n"
	     "Exit status: 0 fine, 1 failed (the module is not loaded, ...), 2 bad arguments.");
	return EXIT_SUCCESS;
}

static const struct command *find_command(const char *name)
{
	for (size_t i = 0; i < NR_COMMANDS; i++)
		if (!strcmp(commands[i].name, name))
			return &commands[i];
	return NULL;
}

int main(int argc, char **argv)
{
	const struct command *command = argc > 1 ? find_command(argv[1]) : NULL;
	int status;

	/* A reader that has seen enough ends us quietly, whatever our parent ignores. */
	signal(SIGPIPE, SIG_DFL);
	program_invocation_name = program_invocation_short_name;
	opterr = 0;

	status = command ? command->run(argc - 1, argv + 1) : cmd_show(argc, argv);

	if (fflush(stdout) || ferror(stdout)) {
		warn("cannot write the output");
		return EXIT_FAILURE;
	}
	return status;
}
