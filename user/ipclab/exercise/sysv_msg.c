// SPDX-License-Identifier: GPL-2.0-only
/* System V message queues: messages with a type, in a queue that outlives its processes. */
#include <sys/ipc.h>
#include <sys/msg.h>

#include "ipclab/bench/carrier.h"
#include "ipclab/exercise.h"

struct message {
	long type;
	char text[];
};

static size_t limit(const char **why)
{
	struct msginfo info;

	*why = "the smaller of kernel.msgmax and kernel.msgmnb";
	if (msgctl(0, IPC_INFO, (struct msqid_ds *)&info) < 0)
		return 8192;
	return MIN(info.msgmax, info.msgmnb);
}

static int setup(struct pair *p)
{
	struct msqid_ds queue;

	p->id = msgget(IPC_PRIVATE, 0600);
	if (p->id < 0)
		return lab_error(p, "msgget");
	if (msgctl(p->id, IPC_STAT, &queue))
		return lab_error(p, "msgctl");
	p->hold = MIN(16, queue.msg_qbytes / p->size);
	return 0;
}

static int sender(struct pair *p)
{
	struct message *message = (struct message *)p->buf;

	message->type = 1;
	for (unsigned long i = 0; i < p->count; i++) {
		lab_turn(p);
		if (msgsnd(p->id, message, p->size, 0))
			return lab_error(p, "msgsnd");
	}
	return 0;
}

static int receiver(struct pair *p)
{
	struct message *message = (struct message *)p->buf;

	lab_half_way(p);
	for (unsigned long i = 0; i < p->count; i++) {
		if (lab_whole(p, "msgrcv", msgrcv(p->id, message, p->size, 1, 0), p->size))
			return -1;
		lab_took(p);
	}
	return 0;
}

static void teardown(struct pair *p)
{
	if (p->id >= 0)
		msgctl(p->id, IPC_RMID, NULL);
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

/* The type of a System V message lies before its text. */
static int carrier_send(struct peer *p)
{
	long *message = (long *)(void *)p->out_buf - 1;

	*message = 1;
	p->calls++;
	return msgsnd(p->out->id, message, p->size, 0) ? lab_error(p->out, "msgsnd") : 0;
}

static int carrier_receive(struct peer *p)
{
	long *message = (long *)(void *)p->in_buf - 1;

	p->calls++;
	return lab_whole(p->in, "msgrcv", msgrcv(p->in->id, message, p->size, 1, 0), p->size);
}

static const struct carrier carrier = {
	.exercise = &exercise_sysv_msg,
	.mark = 9,
	.send = carrier_send,
	.receive = carrier_receive,
};

const struct exercise exercise_sysv_msg = {
	.name = "sysv_msg",
	.what = "a process puts messages into a System V queue, another one takes them",
	.limit = limit,
	.setup = setup,
	.sender = sender,
	.receiver = receiver,
	.teardown = teardown,
	.expect = expect,
	.carrier = &carrier,
};
