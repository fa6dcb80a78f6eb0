// SPDX-License-Identifier: GPL-2.0-only
/* Claim 17: default action, handler, or ignored; but not SIGKILL and SIGSTOP. */
#include <errno.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include "textbook.h"

#define CAUGHT 2
#define IGNORED 3

static atomic_int *ready, *caught;

static void handler(int sig)
{
	(void)sig;
	++*caught;
}

static int set(int sig, void (*disposition)(int))
{
	struct sigaction action = { .sa_handler = disposition };

	return sigaction(sig, &action, NULL);
}

static bool refuses(int sig, void (*disposition)(int))
{
	return set(sig, disposition) == -1 && errno == EINVAL;
}

/* Starts a child with this disposition of SIGUSR1. It does nothing else. */
static pid_t start(void (*disposition)(int))
{
	int before = *ready;
	pid_t pid = must(fork());

	if (!pid) {
		must(set(SIGUSR1, disposition));
		++*ready;
		for (;;)
			pause();
	}
	while (*ready == before)
		usleep(1000);
	return pid;
}

static bool was_killed(pid_t pid, int by)
{
	int status;

	must(waitpid(pid, &status, 0));
	return WIFSIGNALED(status) && WTERMSIG(status) == by;
}

static void act(void)
{
	pid_t defaulter, catcher, ignorer;
	int status;

	ready = shared(sizeof(*ready));
	caught = shared(sizeof(*caught));
	step("A process leaves SIGUSR1 at its default. It gets one.");
	defaulter = start(SIG_DFL);
	must(kill(defaulter, SIGUSR1));
	saw(was_killed(defaulter, SIGUSR1), "SIGUSR1 killed it: that is the default action");

	step("A second process catches SIGUSR1. It gets %d, one after the other.", CAUGHT);
	catcher = start(handler);
	for (int i = 0; i < CAUGHT; i++) {
		must(kill(catcher, SIGUSR1));
		while (*caught <= i)
			usleep(1000);
	}

	step("A third process ignores SIGUSR1. It gets %d; then SIGSTOP, and SIGKILL.", IGNORED);
	ignorer = start(SIG_IGN);
	for (int i = 0; i < IGNORED; i++)
		must(kill(ignorer, SIGUSR1));
	must(kill(ignorer, SIGSTOP));
	must(waitpid(ignorer, &status, WUNTRACED));
	saw(WIFSTOPPED(status),
	    "a process that ignores SIGUSR1 survives it; SIGSTOP stops the process");
	must(kill(ignorer, SIGKILL));
	saw(was_killed(ignorer, SIGKILL), "SIGKILL kills it, even while it is stopped");
	must(kill(catcher, SIGKILL));
	saw(was_killed(catcher, SIGKILL), "SIGKILL also kills the process that catches SIGUSR1");

	step("A process tries to catch and to ignore SIGKILL and SIGSTOP.");
	saw(refuses(SIGKILL, handler) && refuses(SIGSTOP, handler),
	    "they cannot be caught: sigaction(2) fails with EINVAL");
	saw(refuses(SIGKILL, SIG_IGN) && refuses(SIGSTOP, SIG_IGN),
	    "they cannot be ignored: EINVAL");
}

static void expect(void)
{
	predict_signal(SIGUSR1, "generated", 1 + CAUGHT + IGNORED, "all that were sent");
	predict_signal(SIGUSR1, "default", 1, "the default action was taken");
	predict_signal(SIGUSR1, "delivered", CAUGHT, "a handler was called");
	predict_signal(SIGUSR1, "ignored", IGNORED, "dropped, without waking the process");
	predict_signal(SIGSTOP, "default", 1, "a process cannot change what SIGSTOP does");
	predict_signal(SIGKILL, "default", 2, "nor what SIGKILL does");
	predict_signal(SIGKILL, "delivered", 0, "there is never a handler");
}

LAB(dispositions, .nr = 17, .rows = "signal",
    .claim = "A process lets a signal take its default action, catches it, or ignores it. SIGKILL "
	     "and SIGSTOP cannot be caught or ignored.",
    .about = "The process chooses one of the three beforehand, with sigaction(2). The kernel looks "
	     "it up when the signal comes. The counters tell the three apart: `ipcstat signals` "
	     "has a column for each.",
    .task = "Send SIGUSR1 six times in all, to three children: one that leaves it at its default "
	    "(1), one that catches it (2, one after the other), and one that ignores it (3). Then "
	    "send SIGSTOP to the last one, and SIGKILL to both that are left.");
