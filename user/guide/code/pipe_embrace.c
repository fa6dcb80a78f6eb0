// SPDX-License-Identifier: GPL-2.0-only
/*
 * pipe_embrace [BYTES]: two processes, two pipes. Each writes all it has to say before it listens:
 * with more than a pipe holds a deadlock.
 */
#include <err.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

static void talk(int to, int from, long bytes)
{
	char *buffer = calloc(1, bytes);
	ssize_t n;

	if (!buffer || write(to, buffer, bytes) != bytes)
		err(1, "write");
	for (long got = 0; got < bytes; got += n) {
		n = read(from, buffer, bytes);
		if (n <= 0)
			err(1, "read");
	}
}

int main(int argc, char **argv)
{
	long bytes = argc > 1 ? atol(argv[1]) : 100000;
	int there[2], back[2];

	if (pipe(there) || pipe(back))
		err(1, "pipe");
	switch (fork()) {
	case -1:
		err(1, "fork");
	case 0:
		close(there[1]);
		close(back[0]);
		talk(back[1], there[0], bytes);
		return 0;
	}
	close(there[0]);
	close(back[1]);
	talk(there[1], back[0], bytes);
	wait(NULL);
	return 0;
}
