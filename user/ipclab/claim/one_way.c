// SPDX-License-Identifier: GPL-2.0-only
/* Claim 2: a pipe is one-way. Talking both ways takes two. */
#include <errno.h>
#include <unistd.h>

#include "textbook.h"

#define QUESTIONS 23

/* Answers each question with the next letter. */
static void child(int from, int to)
{
	char letter;

	for (int i = 0; i < QUESTIONS; i++) {
		must(read(from, &letter, 1));
		letter++;
		must(write(to, &letter, 1));
	}
	_exit(0);
}

static void act(void)
{
	int there[2], back[2], right = 0;
	char question, answer;
	pid_t pid;

	must(pipe(there));
	step("A process writes to the end of a pipe that is for reading, and reads from the other.");
	saw(write(there[0], "x", 1) == -1 && errno == EBADF,
	    "write(2) to the reading end fails: EBADF");
	saw(read(there[1], &answer, 1) == -1 && errno == EBADF,
	    "read(2) from the writing end fails: EBADF");

	step("With a second pipe it asks its child %d questions, and gets an answer to each.",
	     QUESTIONS);
	must(pipe(back));
	look("with two pipes");
	pid = must(fork());
	if (!pid)
		child(there[0], back[1]);
	for (int i = 0; i < QUESTIONS; i++) {
		question = 'a' + i;
		must(write(there[1], &question, 1));
		must(read(back[0], &answer, 1));
		right += answer == question + 1;
	}
	join(pid);
	saw(right == QUESTIONS, "each answer is the one to its question");
	for (int i = 0; i < 2; i++) {
		close(there[i]);
		close(back[i]);
	}
}

static void expect(void)
{
	predict_at("with two pipes", "pipe", "objects", 2, "one for each direction");
	predict("pipe", "send_ops", 2 * QUESTIONS,
		"questions and answers; what failed with EBADF has not reached a pipe");
	predict("pipe", "recv_ops", 2 * QUESTIONS, "the same, at the other ends");
	predict("pipe", "send_bytes", 2 * QUESTIONS, "a letter each");
	predict("pipe", "send_fails", 0, "nothing has failed in a pipe");
}

LAB(one_way, .nr = 2, .rows = "pipe",
    .claim = "A pipe is half duplex: data flows in one direction. For two processes to talk both "
	     "ways, two pipes are needed.",
    .about = "pipe(2) gives two descriptors: one to read from, one to write to. Linux allows "
	     "nothing else with them. (On some systems pipes are two-way; POSIX leaves it open.)",
    .task = "Make two pipes and a child. Send it 23 questions of one byte, one after the other; "
	    "it answers each with one byte through the other pipe, before the next comes.");
