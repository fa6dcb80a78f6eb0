/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Tests that hold the module's counters against what a C program has really
 * done. Output is TAP.
 *
 *	int main(void)
 *	{
 *		edge_begin("a partial read");
 *		EDGE_MUST(read(fd, buf, 10) == 10);
 *		edge_op("pipe", EDGE_RECV, 1, 10, 10, 0);
 *		edge_end();
 *		return edge_done();
 *	}
 *
 * The numbers are those of the whole machine: run it where nothing else runs.
 * What is printed between edge_begin() and edge_end() may itself be IPC (stdout
 * is a pipe): print nothing there.
 */
#ifndef EDGE_H
#define EDGE_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#define EDGE_SEND "send"
#define EDGE_RECV "recv"

/* Takes a snapshot of all rows: the start of one block. */
void edge_begin(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
/* The counter has to move by @delta until edge_end(); a gauge may also shrink. */
void edge_expect(const char *row, const char *name, int64_t delta);
/* The four counters that a return value tells: NAME_ops, _bytes, _copied, _fails. */
void edge_op(const char *row, const char *dir, int64_t ops, int64_t bytes, int64_t copied,
	     int64_t fails);
/* The counter or gauge has to be @value at edge_end(). */
void edge_value(const char *row, const char *name, int64_t value);
/*
 * Lets a counter of the row move as it likes. @name NULL: all counters of the
 * row for which nothing is expected.
 */
void edge_any(const char *row, const char *name);
/*
 * Takes the second snapshot and prints one line for each expectation, and one
 * for each row named in them: no other counter or gauge of it has moved. Gauges
 * get two seconds to arrive at their value. An expectation about a "?" is
 * skipped if $EDGE_UNKNOWN, a list of "row.column" words (the README's table
 * for this kernel), has it; otherwise it fails.
 */
void edge_end(void);

/* One line: ok if @cond. */
void edge_check(bool cond, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
/* One line: skipped. */
void edge_skip(const char *what, const char *reason);
/* Prints the plan; returns the exit status of the program. */
int edge_done(void);

/* Waits until a gauge is at @value: what io_uring has worked on is closed late. */
void edge_settle(const char *row, const char *name, int64_t value);
/* The value of a counter now; -1 for "?", -2 for "-" or where there is none. */
int64_t edge_now(const char *row, const char *name);

/* What the test stands on and does not test: it ends ("Bail out!") if it fails. */
#define EDGE_MUST(cond)                                       \
	do {                                                  \
		if (!(cond))                                  \
			edge_bail(__FILE__, __LINE__, #cond); \
	} while (0)
void edge_bail(const char *file, int line, const char *what) __attribute__((noreturn));

/* Runs @fn in a child, which exits with what @fn returns. */
pid_t edge_child(int (*fn)(void *arg), void *arg);
/* Waits for a child to end: its exit status, or 128 + signal. */
int edge_wait(pid_t pid);
/*
 * Waits until a task (a thread's id is as good) sleeps in system call @nr, or in
 * any if @nr is -1. Bails out after ten seconds.
 */
void edge_asleep(pid_t pid, long nr);

/*
 * For objects that are older than the module: take it out, and in again, by the
 * commands in $EDGE_UNLOAD and $EDGE_LOAD ("rmmod ipcstat" and "modprobe
 * ipcstat" if unset). All counters start from 0.
 */
void edge_unload(void);
void edge_load(void);

/*
 * The 32-bit program beside this one does 23 sends and 23 receives of 64 bytes
 * through an object of its own (caller.c). False: there is none here; a line
 * with "SKIP" has been printed.
 */
bool edge_have32(const char *mech);
void edge_run32(const char *mech);
#define EDGE_OPS32 23
#define EDGE_SIZE32 64

#endif
