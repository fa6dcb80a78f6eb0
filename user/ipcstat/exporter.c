// SPDX-License-Identifier: GPL-2.0-only
/* ipcstat exporter: starts the program that it is, which not everybody has. */
#include <err.h>
#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "commands.h"
#include "common/cli.h"

#define PROGRAM "ipcstat-exporter"

/* The one beside us, in the same folder. */
static void start_ours(char **argv)
{
	char path[PATH_MAX + sizeof(PROGRAM)];
	ssize_t length = readlink("/proc/self/exe", path, PATH_MAX);

	errno = ENOENT;
	if (length <= 0 || length == PATH_MAX)
		return;
	path[length] = '\0';
	strcpy(strrchr(path, '/') + 1, PROGRAM);
	execv(path, argv);
}

/* Does not return, unless there is no such program. */
static int cmd_exporter(int argc, char **argv)
{
	(void)argc;
	argv[0] = PROGRAM;
	start_ours(argv);
	if (errno == ENOENT)
		execvp(PROGRAM, argv);
	if (errno == ENOENT)
		warnx(PROGRAM " is not installed: install the package " PROGRAM);
	else
		warn(PROGRAM);
	return EXIT_FAILURE;
}

/* argv: the words after "exporter" */
static int complete_exporter(int argc, char **argv)
{
	static char **words; /* kept: who is executed needs it */

	words = must(calloc((size_t)argc + 4, sizeof(*words)));
	words[1] = "complete";
	words[2] = "--";
	memcpy(words + 3, argv, (size_t)argc * sizeof(*words));
	return cmd_exporter(argc + 3, words);
}

const struct syntax exporter_syntax = {
	.command = "exporter",
	.args = "[OPTION]...",
	.what = "serve numbers to Prometheus, and as a page",
	.run = cmd_exporter,
	.complete = complete_exporter,
};
