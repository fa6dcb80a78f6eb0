// SPDX-License-Identifier: GPL-2.0-only
/* Claim 7: the sender to a message queue does not wait for the receiver. */
#include <stdio.h>
#include <string.h>
#include <sys/msg.h>
#include <unistd.h>

#include "textbook.h"

#define MESSAGES 23
#define SIZE 100

struct message {
	long type;
	char text[SIZE];
};

static void sender(int queue)
{
	struct message message = { .type = 1 };

	for (int i = 0; i < MESSAGES; i++) {
		snprintf(message.text, SIZE, "message %d", i);
		must(msgsnd(queue, &message, SIZE, 0));
	}
	_exit(0);
}

static void act(void)
{
	struct message message;
	int queue, right = 0;
	char text[SIZE];
	pid_t pid;

	queue = must(msgget(IPC_PRIVATE, 0600));
	remove_at_end(QUEUE, queue);
	step("A process sends %d messages of %d bytes to a queue, and ends. None has been "
	     "received.",
	     MESSAGES, SIZE);
	pid = must(fork());
	if (!pid)
		sender(queue);
	join(pid);
	look("when the sender is gone");

	step("Now another process receives them.");
	for (int i = 0; i < MESSAGES; i++) {
		must(msgrcv(queue, &message, SIZE, 0, 0));
		snprintf(text, SIZE, "message %d", i);
		right += !strcmp(message.text, text);
	}
	saw(right == MESSAGES, "all messages arrived in order, although their sender had ended");
}

static void expect(void)
{
	predict_at("when the sender is gone", "sysv_msg", "queued", MESSAGES,
		   "the queue keeps the messages");
	predict_at("when the sender is gone", "sysv_msg", "queued_bytes", MESSAGES * SIZE,
		   "and their bytes");
	predict("sysv_msg", "send_ops", MESSAGES, "each msgsnd(2) is one operation");
	predict("sysv_msg", "send_waits", 0, "the sender never waited");
	predict("sysv_msg", "recv_ops", MESSAGES, "each msgrcv(2) is one");
	predict("sysv_msg", "recv_waits", 0, "the receiver never waited: all messages were there");
	predict("sysv_msg", "queued", 0, "the queue is empty again");
}

LAB(put_and_go, .nr = 7, .rows = "sysv_msg",
    .claim = "With a message queue the sender puts its message there and returns. The receiver "
	     "takes it when it likes.",
    .about = "The queue belongs to the kernel, not to a process. It keeps the messages even after "
	     "their sender has ended. (A full queue makes the sender wait: see lab 9.)",
    .task = "Make a System V queue. One process sends 23 messages of 100 bytes to it and ends; "
	    "only then another one receives them. Remove the queue.");
