/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The frame of `ipclab lab`: what the textbook says, held against what the kernel counts.
 *
 * A lab is one file in lab/. It has two functions. act() does what the textbook describes, as a
 * program of its own would, and tells step by step; it knows nothing of counters. expect() says
 * what the counters must have become if the textbook is right. The frame reads them before and
 * after act(), and prints predictions beside counts, and a verdict:
 *
 *	holds			all predictions are as counted, and all that was to be seen was
 *	half true		the same, and what the textbook leaves out has been seen, too
 *	does not hold		one of them is not
 *	cannot be told		the kernel or other people's traffic hides a number
 *
 * act() runs in a process of its own, and may fork more. With `ipclab lab NAME --program PROG`
 * somebody's program stands in its place. Nothing in the frame is an operation that a lab counts.
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
	const char *about; /* a paragraph: what it means, and how it is shown */
	const char *task;  /* what a program in act()'s place has to do, for --program */
	const char *but;   /* why it is half true; NULL: it holds */
	const char *rows;  /* of /proc/ipcstat, separated by blanks: all that expect() names */
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

/* What happens next, for the reader; as printf(). */
void step(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

/* The value of a call that must not return -1 (or MAP_FAILED); else the lab ends, and says why. */
#define must(call) must_not_fail((long)(call), #call, __FILE__, __LINE__)
long must_not_fail(long value, const char *call, const char *file, int line);
/* The lab cannot go on, as printf(). */
void give_up(const char *fmt, ...) __attribute__((format(printf, 1, 2), noreturn));

/* Waits for a child's end. It must have succeeded. */
void join(pid_t child);
/* Waits until so many tasks more than at the lab's start sleep in this row (its `blocked`). If
 * they do not, that is seen: the claim does not hold. */
void await_asleep(const char *row, unsigned int tasks);
/* Reads the counters, for predict_at(). */
void look(const char *moment);

/* Something that is seen without counters: part of the claim. It is true, or the claim is not. */
void saw(bool yes, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
/* The same, but of what the textbook leaves out: it makes a claim half true. */
void saw_but(bool yes, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
/* A number that expect() wants, or that the reader may like to know: remember(), recall(). */
void remember(const char *what, uint64_t value);
uint64_t recall(const char *what); /* 0 if it was never remembered */
/* Zeroed memory that all processes of the lab see. */
void *shared(size_t bytes);
/* A directory for names, of this lab alone; it is removed with all that is in it. */
const char *directory(void);
/* System V objects outlive their processes. The frame removes this one at the lab's end, with
 * msgctl(), semctl() or shmctl() and IPC_RMID; also if the lab ends early. */
enum sysv {
	QUEUE,
	SEMAPHORES,
	SEGMENT
};
void remove_at_end(enum sysv kind, int id);
/* This process moves to a host of its own: a network namespace that has nothing but a loopback
 * interface. It may connect it to others, as root may; so may those that it forks. */
void move_to_new_host(void);
/* A line for sh(1), as printf(). It must succeed. */
void shell(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
/* As socketpair(2), which TCP does not have: two connected sockets of this host. */
void tcp_pair(int end[2]);

/* ---- for act(): what the kernel tells a process of itself (self.c) ---- */

/* Which of the machine's pages this one is, by /proc/self/pagemap. 0: only root is told. */
uint64_t page_frame(const void *page);
/* Page faults of this process until now that took no disk. */
long page_faults(void);
/* Nanoseconds that a processor has worked for this process until now. */
long processor_ns(void);

/* ---- for expect() ---- */

/* A counter of a row has grown by @n; a gauge is at the end what it was before, and @n more. */
void predict(const char *row, const char *counter, uint64_t n, const char *why);
void predict_between(const char *row, const char *counter, uint64_t low, uint64_t high,
		     const char *why);
/* The same, of the moment of a look(); counted from the lab's start. */
void predict_at(const char *moment, const char *row, const char *counter, uint64_t n,
		const char *why);
/* A cell of `ipcstat signals`: "generated", "delivered", "coalesced", ... */
void predict_signal(int sig, const char *fate, uint64_t n, const char *why);
/* What follows is of what the textbook leaves out: it makes the claim half true. */
void predict_but(void);

#endif
