// SPDX-License-Identifier: GPL-2.0-only
/*
 * Claim 18: of standard signals one is pending at most; real-time signals queue. Half true: kill -l
 * does not list all signals.
 */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "textbook.h"

#define TIMES 5
/* The C library keeps it for its threads: sigaction(3) refuses it, kill(2) does not. */
#define UNLISTED 32

/* Shared by both processes. */
struct seen {
	atomic_bool ready, go_on;
	int standard, real_time;
	int order[TIMES];
};

static struct seen *seen;

static void handler(int sig, siginfo_t *info, void *context)
{
	(void)context;
	if (sig == SIGUSR1)
		seen->standard++;
	else if (seen->real_time < TIMES)
		seen->order[seen->real_time++] = info->si_value.sival_int;
}

static void child(void)
{
	struct sigaction action = { .sa_sigaction = handler, .sa_flags = SA_SIGINFO };
	sigset_t both;

	sigemptyset(&both);
	sigaddset(&both, SIGUSR1);
	sigaddset(&both, SIGRTMIN);
	must(sigprocmask(SIG_BLOCK, &both, NULL));
	must(sigaction(SIGUSR1, &action, NULL));
	must(sigaction(SIGRTMIN, &action, NULL));
	seen->ready = true;
	while (!seen->go_on)
		usleep(1000);
	must(sigprocmask(SIG_UNBLOCK, &both, NULL));
	_exit(0);
}

/* Returns how many signals bash's `kill -l` lists; *unlisted: whether 32 and 33 are among them. */
static int list(bool *unlisted)
{
	FILE *from = popen("bash -c 'kill -l'", "r");
	char word[32];
	int nr = 0, sig;

	if (!from)
		give_up("popen: %s", strerror(errno));
	*unlisted = false;
	while (fscanf(from, "%31s", word) == 1) {
		if (sscanf(word, "%d)", &sig) != 1)
			continue;
		nr++;
		*unlisted |= sig == UNLISTED || sig == UNLISTED + 1;
	}
	pclose(from);
	return nr;
}

/* A shell lists the signals; then a child gets one that is not on the list. */
static void look_at_the_list(void)
{
	pid_t pid = must(fork());
	bool unlisted;
	int nr, status;

	if (!pid) {
		pause();
		_exit(0);
	}
	step("bash lists the signals: kill -l");
	nr = list(&unlisted);
	saw_but(nr == SIGRTMAX - 2 && !unlisted, "bash lists %d signals: %d and %d are missing", nr,
		UNLISTED, UNLISTED + 1);
	step("A child gets signal %d, which is not listed.", UNLISTED);
	must(kill(pid, UNLISTED));
	must(waitpid(pid, &status, 0));
	look("after signal 32");
	saw_but(WIFSIGNALED(status) && WTERMSIG(status) == UNLISTED,
		"signal %d exists: it killed the child", UNLISTED);
}

static void act(void)
{
	int in_order = 0;
	pid_t pid;

	seen = shared(sizeof(*seen));
	pid = must(fork());
	if (!pid)
		child();
	while (!seen->ready)
		usleep(1000);
	step("A process blocks SIGUSR1 and SIGRTMIN. Another one sends it %d of each.", TIMES);
	for (int i = 0; i < TIMES; i++) {
		must(kill(pid, SIGUSR1));
		must(sigqueue(pid, SIGRTMIN, (union sigval){ .sival_int = i }));
	}
	look("while blocked");
	step("It unblocks them.");
	seen->go_on = true;
	join(pid);

	for (int i = 0; i < TIMES; i++)
		in_order += seen->order[i] == i;
	saw(seen->standard == 1, "the handler of SIGUSR1 was called once");
	saw(seen->real_time == TIMES && in_order == TIMES,
	    "the handler of SIGRTMIN was called %d times, in the order of sending, each time with "
	    "its value",
	    TIMES);
	saw(kill(getpid(), SIGRTMAX + 1) == -1 && errno == EINVAL,
	    "%d is the last signal: kill(2) refuses %d with EINVAL", SIGRTMAX, SIGRTMAX + 1);
	look_at_the_list();
}

static void expect(void)
{
	predict_signal(SIGUSR1, "generated", TIMES, "all that were sent");
	predict_signal(SIGUSR1, "coalesced", TIMES - 1,
		       "one is pending already, and only one is kept");
	predict_signal(SIGUSR1, "delivered", 1, "so the handler runs once");
	predict_signal(SIGRTMIN, "generated", TIMES, "all that were sent");
	predict_signal(SIGRTMIN, "coalesced", 0, "each one is kept");
	predict_signal(SIGRTMIN, "delivered", TIMES, "and the handler runs for each");
	predict_at("while blocked", "signal", "queued", 1 + TIMES,
		   "pending: one SIGUSR1 and five SIGRTMIN");
	predict("signal", "queued", 0, "at the end nothing is pending");
	predict_but();
	predict_signal_at("after signal 32", UNLISTED, "generated", 1,
			  "the kernel knows signal 32, and counts it");
	predict_signal_at("after signal 32", UNLISTED, "default", 1,
			  "its default action was taken");
}

LAB(pending, .nr = 18, .rows = "signal",
    .claim = "`kill -l` lists all signals, 1 to 64. Standard signals do not queue, real-time "
	     "signals do.",
    .about = "A blocked signal stays pending. Of a standard signal, 1 to 31, the kernel remembers "
	     "that it is pending, but not how often it was sent. Real-time signals are queued.",
    .task = "Make a child that blocks SIGUSR1 and SIGRTMIN, and handles both. Send it 5 of each. "
	    "Then the child unblocks them.",
    .but = "the kernel has the signals 1 to 64, but bash's `kill -l` lists 62: the C library keeps "
	   "32 and 33 for its threads.");
