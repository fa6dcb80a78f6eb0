// SPDX-License-Identifier: GPL-2.0-only
/* Claim 10: each message of a queue is copied in and out. */
#include <fcntl.h>
#include <mqueue.h>
#include <stdio.h>
#include <sys/msg.h>
#include <unistd.h>

#include "textbook.h"

#define MESSAGES 23
#define SIZE 4096

static void system_v(void)
{
	static struct {
		long type;
		char text[SIZE];
	} message = { .type = 1 };
	int queue;
	pid_t pid;

	queue = must(msgget(IPC_PRIVATE, 0600));
	remove_at_end(QUEUE, queue);
	pid = must(fork());
	if (!pid) {
		for (int i = 0; i < MESSAGES; i++)
			must(msgsnd(queue, &message, SIZE, 0));
		_exit(0);
	}
	for (int i = 0; i < MESSAGES; i++)
		must(msgrcv(queue, &message, SIZE, 0, 0));
	join(pid);
}

static void posix(void)
{
	struct mq_attr attr = { .mq_maxmsg = 4, .mq_msgsize = SIZE };
	static char text[SIZE];
	char name[32];
	mqd_t queue;
	pid_t pid;

	snprintf(name, sizeof(name), "/ipclab.%d", getpid());
	queue = must(mq_open(name, O_CREAT | O_EXCL | O_RDWR, 0600, &attr));
	must(mq_unlink(name)); /* as with a file, it lives until it is closed */
	pid = must(fork());
	if (!pid) {
		for (int i = 0; i < MESSAGES; i++)
			must(mq_send(queue, text, SIZE, 0));
		_exit(0);
	}
	for (int i = 0; i < MESSAGES; i++)
		must(mq_receive(queue, text, SIZE, NULL));
	join(pid);
	must(mq_close(queue));
}

static void act(void)
{
	step("%d messages of %d bytes go through a System V queue.", MESSAGES, SIZE);
	system_v();
	step("The same messages go through a POSIX queue.");
	posix();
}

static void expect(void)
{
	predict("sysv_msg", "send_copied", MESSAGES * SIZE, "msgsnd(2) copies each byte in");
	predict("sysv_msg", "recv_copied", MESSAGES * SIZE, "msgrcv(2) copies each byte out");
	predict("posix_mq", "send_copied", MESSAGES * SIZE, "mq_send(3) copies each byte in");
	predict("posix_mq", "recv_copied", MESSAGES * SIZE, "mq_receive(3) copies each byte out");
	predict("sysv_msg", "recv_bytes", MESSAGES * SIZE, "as many as were sent");
	predict("posix_mq", "recv_bytes", MESSAGES * SIZE, "as many as were sent");
}

LAB(queue_copies, .nr = 10, .rows = "sysv_msg posix_mq",
    .claim = "Sending and receiving a message copies it: from the process to the kernel, and from "
	     "the kernel to the process.",
    .about = "The kernel keeps a message between the two calls. That lets the sender go on, but "
	     "costs two copies, as with a pipe. Linux has two kinds of queues; both copy.",
    .task = "Send 23 messages of 4096 bytes from one process to another through a System V queue, "
	    "then as many through a POSIX queue.");
