// SPDX-License-Identifier: GPL-2.0-only
/* Claim 3: an anonymous pipe has no name, and connects related processes only. */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "textbook.h"

#define HELLO "hello"

/* Older than the pipe, so it has inherited no descriptor of it. */
static void stranger(const char *path)
{
	char text[16] = "";
	int fd;

	while (!path[0])
		usleep(1000);
	fd = must(open(path, O_RDONLY));
	must(read(fd, text, sizeof(text) - 1));
	saw_but(!strcmp(text, HELLO),
		"a process that is older than the pipe opened it through /proc, and read from it");
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

	step("A process makes a pipe and looks for its name.");
	must(pipe(end));
	look("with the pipe");
	must(fstat(end[0], &st));
	snprintf(at, sizeof(at), "/proc/self/fd/%d", end[0]);
	must(readlink(at, name, sizeof(name) - 1));
	saw(S_ISFIFO(st.st_mode) && !strncmp(name, "pipe:[", 6),
	    "it has no path: /proc/self/fd calls it %s", name);

	step("The process forks. The child inherits both ends and can use them.");
	pid = must(fork());
	if (!pid) {
		must(write(end[1], HELLO, strlen(HELLO)));
		_exit(0);
	}
	must(read(end[0], text, sizeof(text) - 1));
	join(pid);
	saw(!strcmp(text, HELLO), "the parent read what the child wrote");

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
	predict_at("without it", "pipe", "objects", 0,
		   "the last descriptor is closed: the pipe is gone");
	predict("pipe", "send_bytes", 3 * strlen(HELLO),
		"twice through the lab's pipe, once through the shell's");
	predict("pipe", "recv_bytes", 3 * strlen(HELLO), "all of it was read");
	predict("fifo", "send_ops", 0, "no FIFO is used: a FIFO has a name");
}

LAB(no_name, .nr = 3, .rows = "pipe fifo",
    .claim = "An anonymous pipe has no name, lives in memory, joins only related processes, and "
	     "dies with them.",
    .about = "A pipe has no name in a file system. Parent and child, or two children, share it "
	     "because fork(2) copies descriptors. The shell makes such a pipe for each | in a "
	     "command.",
    .but = "a process can also get the descriptor through a Unix socket (SCM_RIGHTS), or open "
	   "/proc/PID/fd if it has the permission. And the pipe ends with its last descriptor, "
	   "whichever process has that.");
