// SPDX-License-Identifier: GPL-2.0-only
/* Claim 2: a pipe is unidirectional. Two directions need two pipes. */
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
	step("A process writes to the reading end of a pipe, and reads from the writing end.");
	saw(write(there[0], "x", 1) == -1 && errno == EBADF,
	    "write(2) to the reading end fails with EBADF");
	saw(read(there[1], &answer, 1) == -1 && errno == EBADF,
	    "read(2) from the writing end fails with EBADF");

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
	saw(right == QUESTIONS, "each answer belongs to its question");
	for (int i = 0; i < 2; i++) {
		close(there[i]);
		close(back[i]);
	}
}

static void expect(void)
{
	predict_at("with two pipes", "pipe", "objects", 2, "one for each direction");
	predict("pipe", "send_ops", 2 * QUESTIONS,
		"questions and answers; the call that failed with EBADF reached no pipe");
	predict("pipe", "recv_ops", 2 * QUESTIONS, "the same, at the other ends");
	predict("pipe", "send_bytes", 2 * QUESTIONS, "one byte each");
	predict("pipe", "send_fails", 0, "no call that reached a pipe failed");
}

LAB(one_way, .nr = 2, .rows = "pipe",
    .claim = "A pipe is unidirectional: data flows in one direction. For two processes to talk "
	     "both ways, two pipes are needed.",
    .about = "pipe(2) gives two descriptors: one to read from, one to write to. Linux allows no "
	     "other use of them. (Some textbooks say \"half duplex\", but that means both ways in "
	     "turns. On some other systems a pipe is bidirectional; POSIX leaves it open.)",
    .task = "Make two pipes and a child. Send it 23 questions of one byte, one after the other; "
	    "it answers each with one byte through the other pipe, before the next comes.");
