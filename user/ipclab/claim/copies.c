// SPDX-License-Identifier: GPL-2.0-only
/* Claim 1: data goes from one process to another through a buffer in the kernel. */
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "textbook.h"

#define MESSAGES 23
#define SIZE 1024

static void child(int from, int *variable)
{
	char buffer[SIZE];

	*variable = 2;
	for (int i = 0; i < MESSAGES; i++)
		if (must(read(from, buffer, SIZE)) != SIZE || buffer[0] != 'a' + i)
			give_up("another message than was sent");
	_exit(0);
}

static void act(void)
{
	int end[2], variable = 1;
	char buffer[SIZE];
	pid_t pid;

	step("A process makes a pipe and forks. Its child sets a variable from 1 to 2.");
	must(pipe(end));
	pid = must(fork());
	if (!pid)
		child(end[0], &variable);

	step("The parent writes %d messages of %d bytes into the pipe. The child reads them.",
	     MESSAGES, SIZE);
	for (int i = 0; i < MESSAGES; i++) {
		memset(buffer, 'a' + i, SIZE);
		must(write(end[1], buffer, SIZE));
	}
	join(pid);
	saw(variable == 1, "the parent's variable is still 1: the child changed its own copy");
	close(end[0]);
	close(end[1]);
}

static void expect(void)
{
	predict("pipe", "send_ops", MESSAGES, "each write(2) is one operation");
	predict("pipe", "send_copied", MESSAGES * SIZE,
		"process 1 copies each byte into the kernel, once");
	predict("pipe", "recv_copied", MESSAGES * SIZE,
		"process 2 copies each byte out of the kernel, once");
	predict("pipe", "objects", 0, "the pipe is gone when all its descriptors are closed");
}

LAB(copies, .nr = 1, .rows = "pipe",
    .claim = "Processes have separate address spaces. Data goes through a buffer in the kernel: "
	     "process 1 copies it in, process 2 copies it out.",
    .about = "No process sees what another one writes into its own memory, not even a child. So "
	     "the kernel has to carry the data. A pipe does that, and each byte is copied "
	     "twice: from the writer into the kernel, and from the kernel to the reader.",
    .task = "Make a pipe and a child. Write 23 messages of 1024 bytes, each with one write(2); "
	    "the child reads all of them. Wait for it.");
