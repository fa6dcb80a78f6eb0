/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The frame of `ipclab lab`: compares textbooks' claims with the kernel's counts.
 *
 * A lab is one file in lab/. It has two functions. act() does what the textbook describes, as an
 * ordinary program would, and reports each step; it does not know the counters. expect() predicts
 * the counters for the case that the textbook is right. The frame reads the counters before and
 * after act(), and prints predictions beside counts, and a verdict:
 *
 *	holds			every prediction and every observation is true
 *	half true		the same, and so is what the textbook leaves out
 *	does not hold		a prediction or an observation is false
 *	cannot be told		a number is unknown, or includes other processes' traffic
 *
 * act() runs in a process of its own, and may fork more. With `ipclab lab NAME --program PROG`
 * the frame runs a user's program instead. Nothing in the frame is an operation that a lab counts.
 */
#ifndef IPCLAB_TEXTBOOK_H
#define IPCLAB_TEXTBOOK_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

struct textbook_lab {
	unsigned int nr;   /* of the claim, from 1 */
	const char *name;  /* as a user types it */
	const char *claim; /* the textbook's sentence */
	const char *about; /* a paragraph: what it means, and how the lab shows it */
	const char *task;  /* what a program has to do, for --program; NULL: no program */
	const char *but;   /* why it is half true; NULL: it holds */
	const char *rows;  /* of /proc/ipcstat, separated by blanks: all rows in expect() */
	void (*act)(void);
	void (*expect)(void);
	const char *source; /* of this file */
};

/*
 * At the end of each lab's file: LAB(copies, .nr = 1, ...). It puts the lab on the list (the
 * linker makes one of the section "labs"), and its own source beside it.
 */
#define LAB(id, ...)                                                                          \
	asm(".pushsection .rodata\nsource_" #id ":\n.incbin \"" __FILE__                      \
	    "\"\n.byte 0\n.popsection");                                                      \
	extern const char source_##id[];                                                      \
	static const struct textbook_lab lab = {                                              \
		.name = #id, .source = source_##id, .act = act, .expect = expect, __VA_ARGS__ \
	};                                                                                    \
	static const struct textbook_lab *const entry __attribute__((section("labs"), used)) = &lab

/* ---- for act(), in all its processes ---- */

/* Tells the reader what happens next, as printf(). */
void step(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

/* The value of a call. If it is -1 (or MAP_FAILED), the lab ends and says why. */
#define must(call) must_not_fail((long)(call), #call, __FILE__, __LINE__)
long must_not_fail(long value, const char *call, const char *file, int line);
/* Ends the lab with a reason, as printf(). */
void give_up(const char *fmt, ...) __attribute__((format(printf, 1, 2), noreturn));

/* Waits for a child's end. It must have succeeded. */
void join(pid_t child);
/* Waits until the row's `blocked` is this many tasks more than at the lab's start. If it takes too
 * long, that is an observation: the claim does not hold. */
void await_asleep(const char *row, unsigned int tasks);
/* Reads the counters, for predict_at(). */
void look(const char *moment);

/* An observation without counters that is part of the claim: if it is false, so is the claim. */
void saw(bool yes, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
/* An observation that the textbook leaves out: it makes a claim half true. */
void saw_but(bool yes, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
/* Keeps a number of act() for expect(): remember(), recall(). */
void remember(const char *what, uint64_t value);
uint64_t recall(const char *what); /* 0 if it was never remembered */
/* Zeroed memory that all processes of the lab share. */
void *shared(size_t bytes);
/* A directory of this lab alone; it is removed at the end, with everything in it. */
const char *directory(void);
/* System V objects outlive their processes. The frame removes this one at the lab's end, with
 * msgctl(), semctl() or shmctl() and IPC_RMID; also if the lab ends early. */
enum sysv {
	QUEUE,
	SEMAPHORES,
	SEGMENT
};
void remove_at_end(enum sysv kind, int id);
/* Moves this process to a host of its own: a network namespace with a loopback interface only.
 * The process and its children may connect it to others, as root may. */
void move_to_new_host(void);
/* Runs a line in sh(1), as printf(). It must succeed. */
void shell(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
/* Two connected TCP sockets on this host, as socketpair(2) would make them. */
void tcp_pair(int end[2]);

/* ---- for act(): facts that the kernel tells a process about itself (self.c) ---- */

/* The physical page behind this one, from /proc/self/pagemap. 0: only root may know. */
uint64_t page_frame(const void *page);
/* Page faults of this process until now that needed no disk. */
long page_faults(void);
/* Processor time of this process until now, in nanoseconds. */
long processor_ns(void);
/* A clock in nanoseconds: only differences have a meaning. */
long elapsed_ns(void);

/* ---- for expect() ---- */

/* A counter of a row grows by @n; a gauge is at the end @n more than before. */
void predict(const char *row, const char *counter, uint64_t n, const char *why);
void predict_between(const char *row, const char *counter, uint64_t low, uint64_t high,
		     const char *why);
/* The same, from the lab's start to the moment of a look(). */
void predict_at(const char *moment, const char *row, const char *counter, uint64_t n,
		const char *why);
/* A cell of `ipcstat signals`: "generated", "delivered", "coalesced", ... */
void predict_signal(int sig, const char *fate, uint64_t n, const char *why);
/* The same at the moment of a look(), as predict_at(). */
void predict_signal_at(const char *moment, int sig, const char *fate, uint64_t n, const char *why);
/* The following predictions are left out by the textbook: they make the claim half true. */
void predict_but(void);

#endif
