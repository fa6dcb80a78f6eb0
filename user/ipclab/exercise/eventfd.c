// SPDX-License-Identifier: GPL-2.0-only
/*
 * eventfd(2), used as a semaphore: one process takes what another one gives. For the first
 * ones it comes too early, and sleeps: the giver looks that it does. All others are given
 * first.
 */
#include <sys/eventfd.h>
#include <unistd.h>

#include "ipclab/bench/carrier.h"
#include "ipclab/exercise.h"

static int setup(struct pair *p)
{
	p->fd[0] = eventfd(0, EFD_SEMAPHORE);
	if (p->fd[0] < 0)
		return lab_error(p, "eventfd");
	return 0;
}

static int sender(struct pair *p)
{
	for (unsigned long i = 0; i < p->count; i++) {
		if (i < LAB_SLEEPS && lab_await_sleep(p, "eventfd_read do_wait_intr_irq"))
			return -1;
		lab_turn(p);
		if (eventfd_write(p->fd[0], 1))
			return lab_error(p, "write");
	}
	return 0;
}

static int receiver(struct pair *p)
{
	eventfd_t one;
	uint64_t start;

	for (unsigned long i = 0; i < p->count; i++) {
		if (i >= LAB_SLEEPS)
			lab_await(p, i);
		start = lab_now();
		if (eventfd_read(p->fd[0], &one))
			return lab_error(p, "read");
		if (i < LAB_SLEEPS)
			lab_slept(p, start);
		lab_took(p);
	}
	return 0;
}

static void expect(struct lab *lab)
{
	want_copied(lab, "send", lab->total, sizeof(eventfd_t));
	want_copied(lab, "recv", lab->total, sizeof(eventfd_t));
	want_sleeps(lab);
	want_half_way(lab, "objects", lab->pairs);
}

/* ---- in ipclab bench ---- */

static int carrier_send(struct peer *p)
{
	p->calls++;
	return eventfd_write(p->out->fd[0], 1) ? lab_error(p->out, "write") : 0;
}

static int carrier_receive(struct peer *p)
{
	eventfd_t one;

	p->calls++;
	return eventfd_read(p->in->fd[0], &one) ? lab_error(p->in, "read") : 0;
}

static const struct carrier carrier = {
	.exercise = &exercise_eventfd,
	.mark = 3,
	.fixed = sizeof(eventfd_t),
	.send = carrier_send,
	.receive = carrier_receive,
};

const struct exercise exercise_eventfd = {
	.name = "eventfd",
	.what = "a process takes from an eventfd what another one gives",
	.setup = setup,
	.sender = sender,
	.receiver = receiver,
	.teardown = lab_close,
	.expect = expect,
	.carrier = &carrier,
};
