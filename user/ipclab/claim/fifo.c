// SPDX-License-Identifier: GPL-2.0-only
/* Claim 4: a FIFO is a file of type p. Half true: echo waits for a reader, not for a read(2). */
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "textbook.h"

#define TEXT "hello\n"

/* Whether a child exits within ten seconds, with status 0. */
static bool exits_soon(pid_t child)
{
	pid_t pid = 0;
	int status;

	for (int i = 0; !pid && i < 10000; i++) {
		usleep(1000);
		pid = must(waitpid(child, &status, WNOHANG));
	}
	return pid && !status;
}

static void act(void)
{
	char path[64], command[96], text[16] = "";
	struct stat st;
	bool exited;
	pid_t shell;
	int fd;

	snprintf(path, sizeof(path), "%s/fifo", directory());
	step("mkfifo %s", path);
	must(mkfifo(path, 0600));
	must(stat(path, &st));
	saw(S_ISFIFO(st.st_mode), "its type is FIFO: ls -l shows a p");

	step("A shell runs: echo hello > fifo");
	snprintf(command, sizeof(command), "echo hello > %s", path);
	shell = must(fork());
	if (!shell) {
		execl("/bin/sh", "sh", "-c", command, NULL);
		give_up("no shell");
	}
	await_asleep("fifo", 1);
	look("while the shell waits");

	step("The shell waits. Another process opens the FIFO for reading, and reads nothing.");
	fd = must(open(path, O_RDONLY));
	exited = exits_soon(shell);
	look("when echo has exited");
	saw_but(exited, "echo has exited, although no process has read anything");

	step("Now that process reads.");
	must(read(fd, text, sizeof(text) - 1));
	if (!exited)
		join(shell);
	saw(!strcmp(text, TEXT), "it got what the shell wrote, without being related to it");
	close(fd);
	must(unlink(path));
}

static void expect(void)
{
	predict_at("while the shell waits", "fifo", "blocked", 1,
		   "the shell sleeps in open(2), before echo can write");
	predict_at("while the shell waits", "fifo", "send_ops", 0, "nothing is written yet");
	predict("fifo", "send_waits", 1,
		"it never waits again: write(2) does not wait for a reader");
	predict_between("fifo", "send_wait_ns", 1, INT64_MAX, "how long, in nanoseconds");
	predict("fifo", "send_bytes", strlen(TEXT), "echo writes these bytes");
	predict("fifo", "recv_bytes", strlen(TEXT), "the other process reads them");
	predict("pipe", "send_ops", 0, "everything went through the FIFO");
	predict_but();
	predict_at("when echo has exited", "fifo", "queued_bytes", strlen(TEXT),
		   "the kernel holds what echo wrote");
	predict_at("when echo has exited", "fifo", "recv_ops", 0, "no process has read it");
}

LAB(fifo, .nr = 4, .rows = "fifo pipe",
    .claim = "A named pipe (FIFO) is a file of type p. Unrelated processes can use it. "
	     "echo > fifo exits only when the data has been read.",
    .about = "A FIFO is a pipe with a name in a file system. Only the name is there; the data "
	     "never reaches the disk. open(2) waits until the other side is open, too. So the "
	     "shell stops before echo runs.",
    .task = "Make a FIFO. One process opens it for writing and sleeps there, because no process "
	    "has it open for reading. Then another one opens it for reading. Write the six bytes "
	    "\"hello\\n\", read them.",
    .but = "echo waits until a process opens the FIFO for reading, not until one reads. Then it "
	   "writes and exits; the kernel keeps the bytes for the reader.");
