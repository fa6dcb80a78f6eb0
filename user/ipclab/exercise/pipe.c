// SPDX-License-Identifier: GPL-2.0-only
/* pipe(2): bytes in order, one way, between relatives. */
#include <fcntl.h>
#include <limits.h>
#include <unistd.h>

#include "ipclab/bench/carrier.h"
#include "ipclab/exercise.h"

#define PAGE 4096
#define CAPACITY (16 * PAGE)

static size_t limit(const char **why)
{
	*why = "what a pipe holds";
	return CAPACITY;
}

static int setup(struct pair *p)
{
	unsigned long pages;

	if (pipe(p->fd))
		return lab_error(p, "pipe");

	/* Each write takes at most so many of the pipe's pages. */
	pages = (p->size + PAGE - 1) / PAGE;
	p->hold = fcntl(p->fd[1], F_GETPIPE_SZ) / PAGE / pages;
	if (!p->hold)
		return lab_error(p, "pipe: too small for this size, the user has too many");
	/*
	 * A write of up to PIPE_BUF bytes is one piece, whatever happens. A larger
	 * one is, too, as long as there is room for all of it.
	 */
	p->window = p->size > PIPE_BUF ? p->hold : 0;
	return 0;
}

static int sender(struct pair *p)
{
	close(p->fd[0]);
	for (unsigned long i = 0; i < p->count; i++) {
		lab_turn(p);
		if (lab_whole(p, "write", write(p->fd[1], p->buf, p->size), p->size))
			return -1;
	}
	return 0;
}

static int receiver(struct pair *p)
{
	close(p->fd[1]);
	lab_half_way(p);
	for (unsigned long i = 0; i < p->count; i++) {
		if (lab_whole(p, "read", read(p->fd[0], p->buf, p->size), p->size))
			return -1;
		lab_took(p);
	}
	return 0;
}

static void expect(struct lab *lab)
{
	want_copied(lab, "send", lab->total, lab->size);
	want_copied(lab, "recv", lab->total, lab->size);
	want_any_waits(lab);
	want_half_way(lab, "objects", lab->pairs);
	want_half_way(lab, "queued_bytes", lab->pairs * lab->pair[0].hold * lab->size);
}

/* ---- in ipclab bench ---- */

static const struct carrier carrier = {
	.exercise = &exercise_pipe,
	.mark = 7,
	BENCH_PIPE,
};

const struct exercise exercise_pipe = {
	.name = "pipe",
	.what = "a process writes into a pipe, another one reads",
	.limit = limit,
	.setup = setup,
	.sender = sender,
	.receiver = receiver,
	.teardown = lab_close,
	.expect = expect,
	.carrier = &carrier,
};
