// SPDX-License-Identifier: GPL-2.0-only
/*
 * Signals, of the kind that queues up (real-time): the first half is delivered to
 * a handler, the second half is taken with sigwaitinfo(2).
 */
#include <signal.h>
#include <stdio.h>
#include <sys/resource.h>

#include "ipclab/bench/carrier.h"
#include "ipclab/exercise.h"

static volatile sig_atomic_t handled;

static void handler(int sig)
{
	(void)sig;
	handled++;
}

static void both(sigset_t *set)
{
	sigemptyset(set);
	sigaddset(set, SIGRTMIN);
	sigaddset(set, SIGRTMIN + 1);
}

/* The children inherit the mask: no signal comes before its receiver wants it. */
static int setup(struct pair *p)
{
	struct rlimit queue;
	sigset_t set;

	if (getrlimit(RLIMIT_SIGPENDING, &queue))
		return lab_error(p, "getrlimit");
	both(&set);
	if (sigprocmask(SIG_BLOCK, &set, NULL))
		return lab_error(p, "sigprocmask");
	p->window = MAX(1, MIN(64, queue.rlim_cur / 2 / p->lab->pairs));
	p->hold = MIN(16, p->window);
	return 0;
}

static int sender(struct pair *p)
{
	union sigval value = { 0 };

	for (unsigned long i = 0; i < p->count; i++) {
		lab_turn(p);
		if (sigqueue(p->shared->receiver, i < p->count / 2 ? SIGRTMIN : SIGRTMIN + 1,
			     value))
			return lab_error(p, "sigqueue");
	}
	return 0;
}

static int receiver(struct pair *p)
{
	struct sigaction action = { .sa_handler = handler };
	unsigned long i;
	sigset_t set;

	if (sigaction(SIGRTMIN, &action, NULL))
		return lab_error(p, "sigaction");
	lab_half_way(p);
	both(&set);
	sigaddset(&set, SIGCHLD);
	sigdelset(&set, SIGRTMIN);
	for (i = 0; i < p->count / 2; i++) {
		sigsuspend(&set);
		lab_took(p);
	}
	if ((unsigned long)handled != p->count / 2)
		return lab_error(p, "the handler was not called as often as expected");
	both(&set);
	sigdelset(&set, SIGRTMIN);
	for (; i < p->count; i++) {
		if (sigwaitinfo(&set, NULL) != SIGRTMIN + 1)
			return lab_error(p, "sigwaitinfo");
		lab_took(p);
	}
	return 0;
}

static void teardown(struct pair *p)
{
	sigset_t set;

	(void)p;
	both(&set);
	sigprocmask(SIG_UNBLOCK, &set, NULL);
}

static void want_cell(struct lab *lab, int sig, const char *what, uint64_t n)
{
	char counter[32];

	snprintf(counter, sizeof(counter), "signal %d %s", sig, what);
	want(lab, counter, n);
}

static void expect(struct lab *lab)
{
	uint64_t first = lab->pairs * (lab->count / 2), second = lab->total - first;
	uint64_t children = 2 * lab->pairs;

	/* Each child's end, too, is a signal; the main process lets it be ignored. */
	want(lab, "send_ops", lab->total + children);
	want_cell(lab, SIGCHLD, "generated", children);
	want_cell(lab, SIGCHLD, "ignored", children);

	want(lab, "recv_ops", lab->total);
	want_cell(lab, SIGRTMIN, "generated", first);
	want_cell(lab, SIGRTMIN, "delivered", first);
	want_cell(lab, SIGRTMIN + 1, "generated", second);
	want_cell(lab, SIGRTMIN + 1, "taken", second);
	want_any_waits(lab);
	want_half_way(lab, "queued", lab->pairs * lab->pair[0].hold);
}

/* ---- in ipclab bench ---- */

static int carrier_send(struct peer *p)
{
	p->calls++;
	if (sigqueue(atomic_load(&p->out->shared->receiver), SIGRTMIN, (union sigval){ 0 }))
		return lab_error(p->out, "sigqueue");
	return 0;
}

static int carrier_receive(struct peer *p)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGRTMIN);
	p->calls++;
	return sigwaitinfo(&set, NULL) < 0 ? lab_error(p->in, "sigwaitinfo") : 0;
}

static const struct carrier carrier = {
	.exercise = &exercise_signal,
	.mark = 4,
	.window = true,
	.send = carrier_send,
	.receive = carrier_receive,
};

const struct exercise exercise_signal = {
	.name = "signal",
	.what = "a process queues real-time signals, another one handles half, awaits half",
	.setup = setup,
	.sender = sender,
	.receiver = receiver,
	.teardown = teardown,
	.expect = expect,
	.carrier = &carrier,
};
