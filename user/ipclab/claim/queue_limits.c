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

	step("A message of one byte more than MSGMAX, which is %d.", limits.msgmax);
	large = calloc(1, sizeof(long) + limits.msgmax + 1);
	if (!large)
		give_up("memory");
	large->type = 1;
	saw(msgsnd(queue, large, limits.msgmax + 1, 0) == -1 && errno == EINVAL,
	    "it is refused: EINVAL");
	free(large);

	step("%lu messages of %d bytes: the queue takes %lu bytes (MSGMNB), and is full.", room,
	     SIZE, (unsigned long)state.msg_qbytes);
	for (unsigned long i = 0; i < room; i++)
		must(msgsnd(queue, &message, SIZE, 0));

	step("One more, without waiting (IPC_NOWAIT).");
	saw(msgsnd(queue, &message, SIZE, IPC_NOWAIT) == -1 && errno == EAGAIN,
	    "it is refused: EAGAIN");

	step("One more, by a child that waits.");
	pid = must(fork());
	if (!pid)
		late_sender(queue);
	await_asleep("sysv_msg", 1);
	look("when it is full");

	step("All are received: the child's one, too.");
	for (unsigned long i = 0; i < room + 1; i++)
		must(msgrcv(queue, &message, SIZE, 0, 0));
	saw(message.type == 2, "the one that waited came last");
	join(pid);
}

static void expect(void)
{
	predict_at("when it is full", "sysv_msg", "queued", recall("room"), "no more fit");
	predict_at("when it is full", "sysv_msg", "queued_bytes", recall("room") * SIZE,
		   "as many bytes as MSGMNB allows");
	predict_at("when it is full", "sysv_msg", "blocked", 1, "who sends now, sleeps");
	predict("sysv_msg", "send_fails", 2, "the one above MSGMAX, and the one that did not wait");
	predict("sysv_msg", "send_waits", 1, "the one that did");
	predict("sysv_msg", "recv_ops", recall("room") + 1, "all that were accepted");
}

LAB(queue_limits, .nr = 9, .rows = "sysv_msg",
    .claim = "Messages have a largest size (MSGMAX), and queues a largest total (MSGMNB): they do "
	     "not suit large data.",
    .about = "The kernel's memory is not for storing data. Who sends too much is refused, or has "
	     "to wait. `ipcstat limits` shows how near a machine is to such limits.");
