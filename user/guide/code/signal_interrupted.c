// SPDX-License-Identifier: GPL-2.0-only
/* signal_interrupted [restart]: a signal comes while read(2) sleeps at an empty pipe. */
#include <err.h>
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static void handler(int sig)
{
	(void)sig;
}

int main(int argc, char **argv)
{
	struct sigaction action = { .sa_handler = handler };
	char byte;
	ssize_t n;
	int end[2];

	if (argc == 2 && !strcmp(argv[1], "restart"))
		action.sa_flags = SA_RESTART;
	if (sigaction(SIGUSR1, &action, NULL) || pipe(end))
		err(1, "pipe");
	if (!fork()) {
		usleep(200000);
		kill(getppid(), SIGUSR1);
		usleep(200000);
		if (write(end[1], "x", 1) != 1)
			err(1, "write");
		return 0;
	}
	n = read(end[0], &byte, 1);
	printf("read() returns %zd%s%s\n", n, n < 0 ? ", " : "", n < 0 ? strerror(errno) : "");
	while (wait(NULL) > 0)
		;
	return 0;
}
