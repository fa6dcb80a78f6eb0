// SPDX-License-Identifier: GPL-2.0-only
/*
 * pipe_fill [BYTES] [COMMAND]: how much does a pipe hold? Writes BYTES at a time (4096), without
 * waiting, until the pipe takes no more; then runs COMMAND.
 */
#include <ctype.h>
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

int main(int argc, char **argv)
{
	char data[4096] = "";
	size_t size = sizeof(data);
	long bytes = 0, writes = 0;
	int end[2];
	ssize_t n;

	if (argc > 1 && isdigit(*argv[1])) {
		size = atoi(argv[1]);
		argc--;
		argv++;
	}
	if (!size || size > sizeof(data))
		errx(2, "invalid size: give 1 to %zu", sizeof(data));
	if (pipe2(end, O_NONBLOCK))
		err(1, "pipe2");
	for (; (n = write(end[1], data, size)) > 0; bytes += n)
		writes++;
	printf("%ld bytes in %ld writes, then: %s\n", bytes, writes, strerror(errno));
	fflush(stdout);
	return argc > 1 ? system(argv[1]) : 0;
}
