// SPDX-License-Identifier: GPL-2.0-only
#include <err.h>
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "options.h"

const struct program *the_program;

const struct syntax *program_command(const char *name)
{
	for (const struct syntax *const *command = the_program->commands; *command; command++)
		if (!strcmp((*command)->command, name))
			return *command;
	return NULL;
}

int program_version(void)
{
	printf("%s %s\n", the_program->name, IPCSTAT_VERSION);
	return EXIT_SUCCESS;
}

int program_main(int argc, char **argv, const struct program *program)
{
	const struct syntax *command;
	int status;

	the_program = program;
	command = argc > 1 ? program_command(argv[1]) : NULL;
	/* A reader that has seen enough ends us quietly, whatever our parent ignores. */
	signal(SIGPIPE, SIG_DFL);
	program_invocation_name = program_invocation_short_name;
	opterr = 0;

	status = command ? command->run(argc - 1, argv + 1) : program->alone->run(argc, argv);

	if (fflush(stdout) || ferror(stdout)) {
		warn("cannot write the output");
		return EXIT_FAILURE;
	}
	return status;
}
