// SPDX-License-Identifier: GPL-2.0-only
/* How much does a pipe hold? Write, without waiting, until it takes no more; then run COMMAND. */
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

int main(int argc, char **argv)
{
	char page[4096] = "";
	long bytes = 0, writes = 0;
	int end[2];
	ssize_t n;

	if (pipe2(end, O_NONBLOCK))
		err(1, "pipe2");
	for (; (n = write(end[1], page, sizeof(page))) > 0; bytes += n)
		writes++;
	printf("%ld bytes in %ld writes, then: %s\n", bytes, writes, strerror(errno));
	fflush(stdout);
	return argc > 1 ? system(argv[1]) : 0;
}
