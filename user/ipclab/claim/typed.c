// SPDX-License-Identifier: GPL-2.0-only
/* Claim 8: a queue is a list of messages with boundaries and types. Reading removes a message. */
#include <errno.h>
#include <string.h>
#include <sys/msg.h>

#include "textbook.h"

#define LARGEST 30

struct message {
	long type;
	char text[LARGEST];
};

static void act(void)
{
	struct message message = { 0 };
	int queue;
	long n;

	queue = must(msgget(IPC_PRIVATE, 0600));
	remove_at_end(QUEUE, queue);
	step("A process sends three messages: type 1 with 10 bytes, type 2 with 20, type 3 with 30.");
	for (int i = 1; i <= 3; i++) {
		message.type = i;
		memset(message.text, '0' + i, LARGEST);
		must(msgsnd(queue, &message, 10 * i, 0));
	}
	look("with three");

	step("It receives the second message first, by its type.");
	n = must(msgrcv(queue, &message, LARGEST, 2, 0));
	saw(n == 20 && message.type == 2 && message.text[0] == '2',
	    "it got the message of type 2, with exactly its 20 bytes");
	look("without the second");

	step("It tries to receive type 2 again, with IPC_NOWAIT.");
	saw(msgrcv(queue, &message, LARGEST, 2, IPC_NOWAIT) == -1 && errno == ENOMSG,
	    "that message is gone: ENOMSG");

	step("It receives the other two, of any type.");
	n = must(msgrcv(queue, &message, LARGEST, 0, 0));
	saw(n == 10 && message.type == 1, "first came the oldest message");
	n = must(msgrcv(queue, &message, LARGEST, 0, 0));
	saw(n == 30 && message.type == 3, "then the last message");
}

static void expect(void)
{
	predict_at("with three", "sysv_msg", "queued", 3, "three messages are on the list");
	predict_at("with three", "sysv_msg", "queued_bytes", 10 + 20 + 30, "with all their bytes");
	predict_at("without the second", "sysv_msg", "queued", 2,
		   "the one that was received is gone");
	predict_at("without the second", "sysv_msg", "queued_bytes", 10 + 30,
		   "and so are its 20 bytes");
	predict("sysv_msg", "recv_ops", 4, "three that got a message, one that did not");
	predict("sysv_msg", "recv_fails", 1, "the one that got no message");
	predict("sysv_msg", "recv_bytes", 60, "each byte was received once");
	predict("sysv_msg", "queued", 0, "the list is empty");
}

LAB(typed, .nr = 8, .rows = "sysv_msg",
    .claim = "A message queue is a linked list of messages in the kernel. It keeps their "
	     "boundaries and types. A message that is read is deleted.",
    .about = "Unlike a pipe, a queue knows where a message begins and ends. A receiver may choose: "
	     "the oldest message, or the oldest of a type.",
    .task = "Make a System V queue. Send three messages: type 1 with 10 bytes, type 2 with 20, "
	    "type 3 with 30. Receive type 2; try to receive type 2 again with IPC_NOWAIT; receive "
	    "the other two. Remove the queue.");
