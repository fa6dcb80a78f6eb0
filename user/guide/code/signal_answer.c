// SPDX-License-Identifier: GPL-2.0-only
/* Ten SIGUSR1, each sent when the one before has been answered: none is lost. */
#include <err.h>
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

static volatile sig_atomic_t times;
static int end[2];

static void handler(int sig)
{
	(void)sig;
	times++;
	if (write(end[1], "", 1) != 1)
		_exit(1);
}

int main(void)
{
	struct sigaction action = { .sa_handler = handler };
	char answer;

	if (pipe(end) || sigaction(SIGUSR1, &action, NULL))
		err(1, "sigaction");
	if (!fork()) {
		for (int i = 0; i < 10; i++) {
			kill(getppid(), SIGUSR1);
			if (read(end[0], &answer, 1) != 1)
				err(1, "read");
		}
		return 0;
	}
	while (wait(NULL) < 0 && errno == EINTR)
		;
	printf("SIGUSR1: %d times\n", times);
	return 0;
}
