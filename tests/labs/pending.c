// SPDX-License-Identifier: GPL-2.0-only
/*
 * The task of the lab pending, as a student does it; WRONG: the signals go to the parent, who does
 * not block them, so that each one comes at once.
 */
#include <err.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#define TIMES 5

/* What parent and child tell each other. */
struct told {
	volatile int blocked, sent;
};

static struct told *told;

static void handler(int sig)
{
	(void)sig;
}

static void child(void)
{
	sigset_t both;

	sigemptyset(&both);
	sigaddset(&both, SIGUSR1);
	sigaddset(&both, SIGRTMIN);
	sigprocmask(SIG_BLOCK, &both, NULL);
	told->blocked = 1;
	while (!told->sent)
		usleep(1000);
	sigprocmask(SIG_UNBLOCK, &both, NULL);
	_exit(0);
}

int main(void)
{
	pid_t pid;

	told = mmap(NULL, sizeof(*told), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (told == MAP_FAILED)
		err(1, "mmap");
	signal(SIGUSR1, handler);
	signal(SIGRTMIN, handler);
	pid = fork();
	if (!pid)
		child();
	while (!told->blocked)
		usleep(1000);
#ifdef WRONG
	pid = getpid();
#endif
	for (int i = 0; i < TIMES; i++)
		if (kill(pid, SIGUSR1) || kill(pid, SIGRTMIN))
			err(1, "kill");
	told->sent = 1;
	wait(NULL);
	return 0;
}
