// SPDX-License-Identifier: GPL-2.0-only
/* Ten SIGUSR1 and ten SIGRTMIN are sent while both are blocked. How often does the handler run? */
#include <err.h>
#include <signal.h>
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

static volatile sig_atomic_t standard, realtime;

static void handler(int sig)
{
	if (sig == SIGUSR1)
		standard++;
	else
		realtime++;
}

int main(void)
{
	struct sigaction action = { .sa_handler = handler };
	sigset_t both;

	sigemptyset(&both);
	sigaddset(&both, SIGUSR1);
	sigaddset(&both, SIGRTMIN);
	if (sigaction(SIGUSR1, &action, NULL) || sigaction(SIGRTMIN, &action, NULL) ||
	    sigprocmask(SIG_BLOCK, &both, NULL))
		err(1, "sigaction");
	if (!fork()) {
		for (int i = 0; i < 10; i++) {
			kill(getppid(), SIGUSR1);
			kill(getppid(), SIGRTMIN);
		}
		return 0;
	}
	wait(NULL);
	sigprocmask(SIG_UNBLOCK, &both, NULL);
	printf("SIGUSR1: %d times, SIGRTMIN: %d times\n", standard, realtime);
	return 0;
}
