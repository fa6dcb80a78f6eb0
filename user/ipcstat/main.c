// SPDX-License-Identifier: GPL-2.0-only
/* ipcstat: what every IPC mechanism of this machine has done. The commands' table. */
#include <err.h>
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "options.h"

static const struct syntax *const commands[] = {
	&signals_syntax,  &blocked_syntax, &hist_syntax,   &flows_syntax,    &graph_syntax,
	&top_syntax,      &events_syntax,  &run_syntax,    &limits_syntax,   &hooks_syntax,
	&exporter_syntax, &load_syntax,    &unload_syntax, &complete_syntax,
};

#define NR_COMMANDS (sizeof(commands) / sizeof(commands[0]))

const struct syntax *command_nr(unsigned int nr)
{
	return nr < NR_COMMANDS ? commands[nr] : NULL;
}

const struct syntax *command_find(const char *name)
{
	for (size_t i = 0; i < NR_COMMANDS; i++)
		if (!strcmp(commands[i]->command, name))
			return commands[i];
	return NULL;
}

int help(void)
{
	puts("Usage: ipcstat [OPTION]... [DELAY [COUNT]]\n"
	     "       ipcstat COMMAND [ARGUMENT]...\n"
	     "\n"
	     "Show what each IPC mechanism has done since the ipcstat module was loaded; or,\n"
	     "every DELAY seconds, what it does per second: first the average since then.\n");
	opt_help_options(&show_syntax);
	puts("\nCommands, each with a -h of its own:");
	for (size_t i = 0; i < NR_COMMANDS; i++)
		printf("  %-8s %-20s %s\n", commands[i]->command, commands[i]->args,
		       commands[i]->what);
	puts("\n"
	     "In the numbers, - means that the idea does not apply to the row, and ? that this\n"
	     "kernel gives no exact way to know.\n"
	     "\n"
	     "Exit status: 0 fine, 1 failed (the module is not loaded, ...), 2 bad arguments.");
	return EXIT_SUCCESS;
}

int main(int argc, char **argv)
{
	const struct syntax *command = argc > 1 ? command_find(argv[1]) : NULL;
	int status;

	/* A reader that has seen enough ends us quietly, whatever our parent ignores. */
	signal(SIGPIPE, SIG_DFL);
	program_invocation_name = program_invocation_short_name;
	opterr = 0;

	status = command ? command->run(argc - 1, argv + 1) : show_syntax.run(argc, argv);

	if (fflush(stdout) || ferror(stdout)) {
		warn("cannot write the output");
		return EXIT_FAILURE;
	}
	return status;
}
