// SPDX-License-Identifier: GPL-2.0-only
/*
 * pipe_embrace [BYTES [politely]]: two processes, two pipes. Each writes all its bytes before it
 * reads: a deadlock, if they do not fit into a pipe. With "politely" one of them reads first.
 */
#include <err.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

static long bytes = 100000;

static void tell(int to)
{
	char *buffer = calloc(1, bytes);

	if (!buffer || write(to, buffer, bytes) != bytes)
		err(1, "write");
	free(buffer);
}

static void listen_to(int from)
{
	char buffer[4096];
	ssize_t n;

	for (long got = 0; got < bytes; got += n) {
		n = read(from, buffer, sizeof(buffer));
		if (n <= 0)
			err(1, "read");
	}
}

int main(int argc, char **argv)
{
	int there[2], back[2];

	if (argc > 1)
		bytes = atol(argv[1]);
	if (pipe(there) || pipe(back))
		err(1, "pipe");
	switch (fork()) {
	case -1:
		err(1, "fork");
	case 0:
		close(there[1]);
		close(back[0]);
		if (argc > 2) {
			listen_to(there[0]);
			tell(back[1]);
		} else {
			tell(back[1]);
			listen_to(there[0]);
		}
		return 0;
	}
	close(there[0]);
	close(back[1]);
	tell(there[1]);
	listen_to(back[0]);
	wait(NULL);
	return 0;
}
