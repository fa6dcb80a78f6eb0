// SPDX-License-Identifier: GPL-2.0-only
/* Claim 9: messages and queues have a largest size. */
#include <errno.h>
#include <stdlib.h>
#include <sys/msg.h>
#include <unistd.h>

#include "textbook.h"

#define SIZE 1024

struct message {
	long type;
	char text[SIZE];
};

static void late_sender(int queue)
{
	struct message message = { .type = 2 };

	must(msgsnd(queue, &message, SIZE, 0));
	_exit(0);
}

static void act(void)
{
	struct message message = { .type = 1 }, *large;
	struct msqid_ds state;
	struct msginfo limits;
	unsigned long room;
	int queue;
	pid_t pid;

	queue = must(msgget(IPC_PRIVATE, 0600));
	remove_at_end(QUEUE, queue);
	must(msgctl(queue, IPC_INFO, (struct msqid_ds *)&limits));
	must(msgctl(queue, IPC_STAT, &state));
	room = state.msg_qbytes / SIZE;
	remember("room", room);

	step("A process sends a message of one byte more than MSGMAX, which is %d.", limits.msgmax);
	large = calloc(1, sizeof(long) + limits.msgmax + 1);
	if (!large)
		give_up("memory");
	large->type = 1;
	saw(msgsnd(queue, large, limits.msgmax + 1, 0) == -1 && errno == EINVAL,
	    "msgsnd(2) refuses it: EINVAL");
	free(large);

	step("It sends %lu messages of %d bytes. Now the queue is full: it takes %lu bytes (MSGMNB).",
	     room, SIZE, (unsigned long)state.msg_qbytes);
	for (unsigned long i = 0; i < room; i++)
		must(msgsnd(queue, &message, SIZE, 0));

	step("It sends one more with IPC_NOWAIT.");
	saw(msgsnd(queue, &message, SIZE, IPC_NOWAIT) == -1 && errno == EAGAIN,
	    "msgsnd(2) refuses it: EAGAIN");

	step("A child sends one more and waits.");
	pid = must(fork());
	if (!pid)
		late_sender(queue);
	await_asleep("sysv_msg", 1);
	look("when it is full");

	step("All messages are received, also the child's.");
	for (unsigned long i = 0; i < room + 1; i++)
		must(msgrcv(queue, &message, SIZE, 0, 0));
	saw(message.type == 2, "the message of the child that waited came last");
	join(pid);
}

static void expect(void)
{
	predict_at("when it is full", "sysv_msg", "queued", recall("room"), "no more fit");
	predict_at("when it is full", "sysv_msg", "queued_bytes", recall("room") * SIZE,
		   "as many bytes as MSGMNB allows");
	predict_at("when it is full", "sysv_msg", "blocked", 1, "the child sleeps in msgsnd(2)");
	predict("sysv_msg", "send_fails", 2,
		"the message above MSGMAX, and the one with IPC_NOWAIT");
	predict("sysv_msg", "send_waits", 1, "the child's message");
	predict("sysv_msg", "recv_ops", recall("room") + 1, "all messages that were accepted");
}

LAB(queue_limits, .nr = 9, .rows = "sysv_msg",
    .claim = "Messages have a largest size (MSGMAX), and queues a largest total (MSGMNB): they do "
	     "not suit large data.",
    .about = "The kernel's memory is not a place to store data. A sender of too much is refused, "
	     "or has to wait. `ipcstat limits` shows how near a machine is to these limits, and "
	     "the sysctl(8) setting that changes each.");
