// SPDX-License-Identifier: GPL-2.0-only
/* Claim 5: a pipe is a stream of bytes, first in, first out, and of limited size. */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "textbook.h"

#define PAGE 4096

static void writer(int to, long capacity)
{
	char page[PAGE] = "";

	for (long sent = 0; sent <= capacity; sent += PAGE)
		must(write(to, page, PAGE));
	_exit(0);
}

static void act(void)
{
	char buffer[PAGE] = "";
	long capacity, got = 0, n;
	int end[2];
	pid_t pid;

	must(pipe(end));
	step("Three writes, of \"abc\", \"def\" and \"ghi\"; then one read.");
	must(write(end[1], "abc", 3));
	must(write(end[1], "def", 3));
	must(write(end[1], "ghi", 3));
	n = must(read(end[0], buffer, PAGE));
	saw(n == 9 && !memcmp(buffer, "abcdefghi", 9),
	    "the order is kept, the message boundaries are not: one read gets all nine bytes");
	saw(lseek(end[0], 0, SEEK_SET) == -1 && errno == ESPIPE,
	    "a reader cannot go back: lseek(2) fails with ESPIPE");

	capacity = must(fcntl(end[0], F_GETPIPE_SZ));
	remember("capacity", capacity);
	step("A child writes whole pages, one more than the %ld bytes that fit into the pipe.",
	     capacity);
	pid = must(fork());
	if (!pid)
		writer(end[1], capacity);
	close(end[1]);
	await_asleep("pipe", 1);
	look("when it is full");

	step("The child sleeps. The parent reads until the pipe is empty and closed.");
	while ((n = must(read(end[0], buffer, PAGE))) > 0)
		got += n;
	join(pid);
	saw(got == capacity + PAGE, "everything that was written was read");
	close(end[0]);
}

static void expect(void)
{
	predict_at("when it is full", "pipe", "queued_bytes", recall("capacity"),
		   "the pipe is full of bytes that nobody has read yet");
	predict_at("when it is full", "pipe", "blocked", 1,
		   "the writer sleeps until there is room");
	predict("pipe", "send_waits", 1, "only the last write had to wait");
	predict("pipe", "send_ops", 3 + recall("capacity") / PAGE + 1,
		"three small writes, and one for each page");
	predict("pipe", "send_bytes", 9 + recall("capacity") + PAGE, "nothing is lost");
	predict("pipe", "recv_bytes", 9 + recall("capacity") + PAGE, "nothing was read twice");
	predict("pipe", "queued_bytes", 0, "the pipe is empty again");
}

LAB(byte_stream, .nr = 5, .rows = "pipe",
    .claim = "The data of a pipe is a stream of bytes: first in, first out, without lseek. Its "
	     "size is limited.",
    .about = "A reader cannot tell how the bytes were written. Programs that exchange messages "
	     "have to mark the boundaries themselves. A pipe has 16 slots for one page each "
	     "(F_SETPIPE_SZ of fcntl(2) changes that). When all slots are taken, a writer sleeps "
	     "until somebody reads.");
