// SPDX-License-Identifier: GPL-2.0-only
/* Claim 3: an anonymous pipe has no name, and joins related processes only. */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "textbook.h"

#define HELLO "hello"

/* Has inherited nothing: it was there before the pipe. */
static void stranger(const char *path)
{
	char text[16] = "";
	int fd;

	while (!path[0])
		usleep(1000);
	fd = must(open(path, O_RDONLY));
	must(read(fd, text, sizeof(text) - 1));
	saw_but(!strcmp(text, HELLO),
		"a process that was there before the pipe opened it through /proc, and read it");
	_exit(0);
}

static void act(void)
{
	char *path = shared(64), at[64], name[64] = "", text[16] = "";
	struct stat st;
	int end[2];
	pid_t pid, old;

	old = must(fork());
	if (!old)
		stranger(path);

	step("A process makes a pipe, and looks for its name.");
	must(pipe(end));
	look("with the pipe");
	must(fstat(end[0], &st));
	snprintf(at, sizeof(at), "/proc/self/fd/%d", end[0]);
	must(readlink(at, name, sizeof(name) - 1));
	saw(S_ISFIFO(st.st_mode) && !strncmp(name, "pipe:[", 6),
	    "it is in no directory: /proc/self/fd calls it %s", name);

	step("It forks: the child has both ends, as its parent has, and can use them.");
	pid = must(fork());
	if (!pid) {
		must(write(end[1], HELLO, strlen(HELLO)));
		_exit(0);
	}
	must(read(end[0], text, sizeof(text) - 1));
	join(pid);
	saw(!strcmp(text, HELLO), "the child wrote what the parent has read");

	step("A process that is older than the pipe opens /proc/%d/fd/%d. The kernel lets it: "
	     "the user is the same.",
	     getpid(), end[0]);
	must(write(end[1], HELLO, strlen(HELLO)));
	snprintf(path, 64, "/proc/%d/fd/%d", getpid(), end[0]);
	join(old);

	step("Both ends are closed. Then a shell runs: printf hello | wc -c");
	close(end[0]);
	close(end[1]);
	look("without it");
	must(system("printf " HELLO " | wc -c > /dev/null"));
}

static void expect(void)
{
	predict_at("with the pipe", "pipe", "objects", 1, "pipe(2) has made one");
	predict_at("without it", "pipe", "objects", 0, "its last end is closed: it is gone");
	predict("pipe", "send_bytes", 3 * strlen(HELLO),
		"twice through our pipe, once through the shell's");
	predict("pipe", "recv_bytes", 3 * strlen(HELLO), "all of it was read");
	predict("fifo", "send_ops", 0, "nothing of it is a FIFO: those have names");
}

LAB(no_name, .nr = 3, .rows = "pipe fifo",
    .claim = "An anonymous pipe has no name, lives in memory, joins only related processes, and "
	     "dies with them.",
    .about = "A pipe is no file of a file system. What fork(2) does is why parent and child, or "
	     "two children, have it in common: they inherit its descriptors. The shell does that "
	     "for each | in a command.",
    .but = "it is inherited, or received: a descriptor can also be sent through a Unix socket "
	   "(SCM_RIGHTS), or opened in /proc/PID/fd by who has the right to. And it dies with its "
	   "last descriptor, whoever has that.");
