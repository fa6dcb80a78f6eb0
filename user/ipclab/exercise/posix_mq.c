// SPDX-License-Identifier: GPL-2.0-only
/* POSIX message queues: messages with a priority, in a queue that has a name. */
#include <fcntl.h>
#include <mqueue.h>
#include <stdio.h>
#include <unistd.h>

#include "ipclab/bench/carrier.h"
#include "ipclab/exercise.h"

static size_t limit(const char **why)
{
	*why = "fs.mqueue.msgsize_max";
	return lab_sysctl("fs/mqueue/msgsize_max", 8192);
}

static int setup(struct pair *p)
{
	struct mq_attr attr = { .mq_msgsize = p->size };

	attr.mq_maxmsg = MIN(10, lab_sysctl("fs/mqueue/msg_max", 10));
	snprintf(p->name, sizeof(p->name), "/ipclab.%d.%u", getpid(), p->nr);
	p->id = mq_open(p->name, O_RDWR | O_CREAT | O_EXCL, 0600, &attr);
	if (p->id < 0)
		return lab_error(p, "mq_open");
	p->hold = attr.mq_maxmsg;
	return 0;
}

static int sender(struct pair *p)
{
	for (unsigned long i = 0; i < p->count; i++) {
		lab_turn(p);
		if (mq_send(p->id, p->buf, p->size, 0))
			return lab_error(p, "mq_send");
	}
	return 0;
}

static int receiver(struct pair *p)
{
	lab_half_way(p);
	for (unsigned long i = 0; i < p->count; i++) {
		if (lab_whole(p, "mq_receive", mq_receive(p->id, p->buf, p->size, NULL), p->size))
			return -1;
		lab_took(p);
	}
	return 0;
}

static void teardown(struct pair *p)
{
	if (p->id < 0)
		return;
	mq_close(p->id);
	mq_unlink(p->name);
}

static void expect(struct lab *lab)
{
	unsigned long held = lab->pairs * lab->pair[0].hold;

	want_copied(lab, "send", lab->total, lab->size);
	want_copied(lab, "recv", lab->total, lab->size);
	want_any_waits(lab);
	want_half_way(lab, "objects", lab->pairs);
	want_half_way(lab, "queued", held);
	want_half_way(lab, "queued_bytes", held * lab->size);
}

/* ---- in ipclab bench ---- */

static int carrier_send(struct peer *p)
{
	p->calls++;
	return mq_send(p->out->id, p->out_buf, p->size, 0) ? lab_error(p->out, "mq_send") : 0;
}

static int carrier_receive(struct peer *p)
{
	p->calls++;
	return lab_whole(p->in, "mq_receive", mq_receive(p->in->id, p->in_buf, p->size, NULL),
			 p->size);
}

static const struct carrier carrier = {
	.exercise = &exercise_posix_mq,
	.mark = 11,
	.send = carrier_send,
	.receive = carrier_receive,
};

const struct exercise exercise_posix_mq = {
	.name = "posix_mq",
	.what = "a process puts messages into a POSIX queue, another one takes them",
	.limit = limit,
	.setup = setup,
	.sender = sender,
	.receiver = receiver,
	.teardown = teardown,
	.expect = expect,
	.carrier = &carrier,
};
