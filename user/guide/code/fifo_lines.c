// SPDX-License-Identifier: GPL-2.0-only
/*
 * fifo_lines FIFO SIZE: two processes write 500 lines of SIZE bytes each into a FIFO, one of 'a'
 * and one of 'b'. A third one reads them, and prints how many lines have both letters.
 */
#include <err.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define LINES 500

static void writer(const char *fifo, char letter, long size)
{
	char *line = malloc(size);
	int to = open(fifo, O_WRONLY);

	if (!line || to < 0)
		err(1, "%s", fifo);
	memset(line, letter, size);
	line[size - 1] = '\n';
	for (int i = 0; i < LINES; i++)
		if (write(to, line, size) != size)
			err(1, "write");
	exit(0);
}

int main(int argc, char **argv)
{
	long size = argc == 3 ? atol(argv[2]) : 0, torn = 0;
	char *line = NULL;
	size_t room = 0;
	FILE *from;

	if (size < 2)
		errx(2, "Usage: fifo_lines FIFO SIZE");
	if (!fork())
		writer(argv[1], 'a', size);
	if (!fork())
		writer(argv[1], 'b', size);
	from = fopen(argv[1], "r");
	if (!from)
		err(1, "%s", argv[1]);
	while (getline(&line, &room, from) > 0)
		torn += strchr(line, 'a') && strchr(line, 'b');
	printf(torn ? "torn lines: %ld\n" : "no line is torn\n", torn);
	while (wait(NULL) > 0)
		;
	return 0;
}
