// SPDX-License-Identifier: GPL-2.0-only
/* Claim 18: of standard signals one is pending at most; real-time signals queue. */
#include <signal.h>
#include <string.h>
#include <unistd.h>

#include "textbook.h"

#define TIMES 5

/* What both processes see. */
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

static void act(void)
{
	int names = 0, in_order = 0;
	pid_t pid;

	seen = shared(sizeof(*seen));
	pid = must(fork());
	if (!pid)
		child();
	while (!seen->ready)
		usleep(1000);
	step("A process blocks SIGUSR1 and SIGRTMIN. It is sent %d of each.", TIMES);
	for (int i = 0; i < TIMES; i++) {
		must(kill(pid, SIGUSR1));
		must(sigqueue(pid, SIGRTMIN, (union sigval){ .sival_int = i }));
	}
	look("blocked");
	step("It lets them come.");
	seen->go_on = true;
	join(pid);

	for (int sig = 1; sig < NSIG; sig++)
		names += !!sigabbrev_np(sig);
	saw(names == 31 && SIGRTMAX == 64,
	    "there are %d standard signals, and those from SIGRTMIN (%d) to SIGRTMAX (%d)", names,
	    SIGRTMIN, SIGRTMAX);
	for (int i = 0; i < TIMES; i++)
		in_order += seen->order[i] == i;
	saw(seen->standard == 1, "the handler of SIGUSR1 was called once");
	saw(seen->real_time == TIMES && in_order == TIMES,
	    "that of SIGRTMIN %d times, in the order in which they were sent, each with its number",
	    TIMES);
}

static void expect(void)
{
	predict_signal(SIGUSR1, "generated", TIMES, "all that were sent");
	predict_signal(SIGUSR1, "coalesced", TIMES - 1,
		       "one is pending already: it is not kept twice");
	predict_signal(SIGUSR1, "delivered", 1, "so it comes once");
	predict_signal(SIGRTMIN, "generated", TIMES, "all that were sent");
	predict_signal(SIGRTMIN, "coalesced", 0, "each one is kept");
	predict_signal(SIGRTMIN, "delivered", TIMES, "and all come");
	predict_at("blocked", "signal", "queued", 1 + TIMES, "what is pending: one and five");
	predict("signal", "queued", 0, "in the end nothing is");
}

LAB(pending, .nr = 18, .rows = "signal",
    .claim = "`kill -l` lists all signals, 1 to 64. Standard signals do not queue, real-time "
	     "signals do.",
    .about = "A signal that is blocked when it comes stays pending. Of a standard signal, 1 to 31, "
	     "the kernel remembers that it is, but not how often. A real-time signal has a queue.",
    .task = "Make a child that blocks SIGUSR1 and SIGRTMIN, and handles both. Send it 5 of each. "
	    "Then it lets them come.");
