// SPDX-License-Identifier: GPL-2.0-only
/* Claim 4: a FIFO is a file of type p, and whoever opens it waits for the other side. */
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "textbook.h"

#define TEXT "hello\n"

static void act(void)
{
	char path[64], command[96], text[16] = "";
	struct stat st;
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

	step("It has stopped: nobody reads. Another process opens the FIFO, and reads.");
	fd = must(open(path, O_RDONLY));
	must(read(fd, text, sizeof(text) - 1));
	join(shell);
	saw(!strcmp(text, TEXT), "it got what the shell wrote, without being related to it");
	close(fd);
	must(unlink(path));
}

static void expect(void)
{
	predict_at("while the shell waits", "fifo", "blocked", 1,
		   "the shell sleeps in open(2), before it can write");
	predict_at("while the shell waits", "fifo", "send_ops", 0, "nothing is written yet");
	predict("fifo", "send_waits", 1, "that was its only wait");
	predict_between("fifo", "send_wait_ns", 1, INT64_MAX, "how long, in nanoseconds");
	predict("fifo", "send_bytes", strlen(TEXT), "what echo writes");
	predict("fifo", "recv_bytes", strlen(TEXT), "and the other process reads");
	predict("pipe", "send_ops", 0, "all of it went through the FIFO");
}

LAB(fifo, .nr = 4, .rows = "fifo pipe",
    .claim = "A named pipe (FIFO) is a file of type p. Unrelated processes can use it. "
	     "echo > fifo stops until someone reads.",
    .about = "A FIFO is a pipe with a name in a file system. Only the name is there; the data "
	     "never is on the disk. open(2) waits until both sides have come: that is why the "
	     "shell stops before echo has run.",
    .task = "Make a FIFO. One process opens it for writing and sleeps there, since nobody reads. "
	    "Then another one opens it for reading. Write the six bytes \"hello\\n\", read them.");
