// SPDX-License-Identifier: GPL-2.0-only
/* mkfifo(3): a pipe with a name, for processes that are no relatives. */
#include <fcntl.h>
#include <limits.h>
#include <sys/stat.h>
#include <unistd.h>

#include "ipclab/bench/carrier.h"
#include "ipclab/exercise.h"

#define PAGE 4096
#define CAPACITY (16 * PAGE)

static size_t limit(const char **why)
{
	*why = "what a FIFO holds";
	return CAPACITY;
}

static int setup(struct pair *p)
{
	unsigned long pages;

	if (lab_path(p))
		return -1;
	if (mkfifo(p->name, 0600))
		return lab_error(p, "mkfifo");
	/*
	 * Opening a FIFO waits for somebody at the other end, unless it is opened
	 * like this. A FIFO has a capacity only while it is open.
	 */
	p->fd[0] = open(p->name, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	if (p->fd[0] < 0)
		return lab_error(p, "open");

	/* The same as for a pipe. */
	pages = (p->size + PAGE - 1) / PAGE;
	p->hold = fcntl(p->fd[0], F_GETPIPE_SZ) / PAGE / pages;
	if (!p->hold)
		return lab_error(p, "open: too small for this size, the user has too many");
	p->window = p->size > PIPE_BUF ? p->hold : 0;
	return 0;
}

static int sender(struct pair *p)
{
	int fd = open(p->name, O_WRONLY);

	if (fd < 0)
		return lab_error(p, "open for writing");
	for (unsigned long i = 0; i < p->count; i++) {
		lab_turn(p);
		if (lab_whole(p, "write", write(fd, p->buf, p->size), p->size))
			return -1;
	}
	return 0;
}

static int receiver(struct pair *p)
{
	int fd = open(p->name, O_RDONLY);

	if (fd < 0)
		return lab_error(p, "open for reading");
	lab_half_way(p);
	for (unsigned long i = 0; i < p->count; i++) {
		if (lab_whole(p, "read", read(fd, p->buf, p->size), p->size))
			return -1;
		lab_took(p);
	}
	return 0;
}

static void teardown(struct pair *p)
{
	lab_close(p);
	if (p->name[0])
		unlink(p->name);
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

static int carrier_begin(struct peer *p)
{
	/* The main process has it open for reading, so this waits for nobody. */
	p->out_fd = open(p->out->name, O_WRONLY | O_CLOEXEC);
	if (p->out_fd < 0)
		return lab_error(p->out, "open for writing");
	p->in_fd = open(p->in->name, O_RDONLY | O_CLOEXEC);
	return p->in_fd < 0 ? lab_error(p->in, "open for reading") : 0;
}

static const struct carrier carrier = {
	.exercise = &exercise_fifo,
	.mark = 5,
	.begin = carrier_begin,
	BENCH_PIPE,
};

const struct exercise exercise_fifo = {
	.name = "fifo",
	.what = "a process writes into a named pipe, another one reads",
	.limit = limit,
	.setup = setup,
	.sender = sender,
	.receiver = receiver,
	.teardown = teardown,
	.expect = expect,
	.carrier = &carrier,
};
