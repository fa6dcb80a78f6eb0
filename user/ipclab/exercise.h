/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The frame of ipclab: pairs of processes that do a known number of operations,
 * and what the module's counters must say about it.
 *
 * An exercise is one file in exercise/. For each pair of processes the frame calls
 *
 *	setup()		in the main process: make the object
 *	sender()	in one child:     p->count operations ...
 *	receiver()	in another child: ... and the other direction, at the same time
 *	teardown()	in the main process: remove the object; also after a failure
 *			or Ctrl+C, and also after half a setup
 *
 * and then, once, expect(): what the counters must have become. The first three
 * return 0, or -1 through lab_error().
 *
 * Half-way, when the objects exist and p->hold messages lie in each, all pairs
 * stop and the gauges are read. The processes agree on this, and on all else,
 * through shared memory and short naps: nothing in the frame is an operation
 * that some exercise counts.
 */
#ifndef IPCLAB_LAB_H
#define IPCLAB_LAB_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>
#include <sys/types.h>

#include "ipcstat/ipcstat.h"

#define ARRAY_SIZE(a) (sizeof(a) / sizeof((a)[0]))
#define MIN(a, b) ((a) < (b) ? (a) : (b))
#define MAX(a, b) ((a) > (b) ? (a) : (b))

#define NS_PER_S 1000000000ULL
/* No single step takes so long; not even on a slow and busy machine. */
#define STUCK_SECONDS 60

/* What both processes of a pair and the main process see. */
struct pair_shared {
	_Alignas(128) atomic_ulong done;  /* operations that the sender has finished */
	_Alignas(128) atomic_ulong taken; /* and the receiver */
	atomic_uint word;                 /* for the exercise */
	atomic_int receiver;              /* its process id */
	atomic_ullong asleep_ns;          /* all its sleeps together were at least so long ... */
	atomic_ullong away_ns;            /* ... and at most so long */
};

/* What all processes see. */
struct lab_shared {
	atomic_uint half_way; /* senders that have stopped there */
	atomic_bool go_on;
	atomic_flag failed;
	char reason[256];
	struct pair_shared pair[];
};

struct pair {
	struct lab *lab;
	struct pair_shared *shared;
	unsigned int nr;     /* 0, 1, 2, ... */
	unsigned long count; /* operations to do */
	size_t size;         /* bytes in each */
	char *buf;           /* room for them and LAB_HEADROOM more; in the children */
	bool sender;
	pid_t child[2]; /* of the main process: receiver, sender; 0: none (any more) */
	bool been_half_way;
	unsigned long turn;
	uint64_t seen_ns;

	/* For setup() to fill in. */
	unsigned long hold;   /* operations to do before the stop half-way */
	unsigned long window; /* the sender may be so far ahead, no further; 0: no limit */
	int fd[2];            /* -1 at first */
	int id;               /* -1 at first */
	int family;
	char name[64]; /* "" at first */
	void *mem;     /* NULL at first */
};

#define LAB_HEADROOM 64
/* How often a pair puts its receiver to sleep, where sleeping is what is exercised. */
#define LAB_SLEEPS 32UL

struct lab {
	const struct exercise *exercise;
	unsigned int pairs;
	unsigned long count; /* of each pair */
	uint64_t total;      /* of all pairs, in one direction */
	size_t size;
	struct pair *pair;
	struct lab_shared *shared;
	size_t shared_size;
	unsigned int made;     /* pairs that setup() was called for */
	unsigned int children; /* that have not ended */
	char dir[32];          /* private directory for names in the file system, or "" */
	unsigned int nr_wants;
	struct want *want;
};

struct carrier;

struct exercise {
	const char *name; /* the row of /proc/ipcstat */
	const char *what;
	/* The largest size and the reason for it. NULL: nothing here has a size. */
	size_t (*limit)(const char **why);
	int (*setup)(struct pair *p);
	int (*sender)(struct pair *p);
	int (*receiver)(struct pair *p);
	void (*teardown)(struct pair *p);
	void (*expect)(struct lab *lab);
	const struct carrier *carrier; /* in ipclab bench; NULL: it is not measured */
};

/* One for each file in exercise/, in the order of the rows; the last one is NULL (exercises.c). */
extern const struct exercise *const exercises[];
#define MAX_EXERCISES 64
#define E(name) extern const struct exercise exercise_##name;
#include "ipclab/exercises.list"
#undef E

/* ---- for exercises (pair.c, want.c) ---- */

/* Keeps a sentence made of the call and errno for the user. Returns -1. */
int lab_error(struct pair *p, const char *call);
/* The same, in plain words. The first reason is the cause of all later ones. */
void lab_blame(struct lab *lab, const char *what, const char *why);
/* 0 if a call moved as many bytes as it should; otherwise lab_error(). */
int lab_whole(struct pair *p, const char *call, ssize_t moved, size_t bytes);

/* Sender, before each operation: stops half-way, and while it is too far ahead. */
void lab_turn(struct pair *p);
/* Sender, before lab_turn(): wait until the receiver sleeps in one of these kernel functions. */
int lab_await_sleep(struct pair *p, const char *functions);
/* Receiver, before it takes anything: wait until everybody has stopped half-way. */
void lab_half_way(struct pair *p);
/* Receiver, after each operation. */
void lab_took(struct pair *p);
/* Receiver: wait until the sender has done operation number nr (from 0). */
void lab_await(struct pair *p, unsigned long nr);
/* Receiver: a call that slept began at lab_now() == since. */
void lab_slept(struct pair *p, uint64_t since);
uint64_t lab_now(void);

/* Gives p->name a path in a private directory. */
int lab_path(struct pair *p);
/* Closes both p->fd. */
void lab_close(struct pair *p);
/* 127.0.0.1, or ::1 for every second pair where there is IPv6; any port. */
socklen_t lab_loopback(struct pair *p, struct sockaddr_storage *addr);
/* The number in /proc/sys/NAME. */
unsigned long lab_sysctl(const char *name, unsigned long otherwise);
/* So many messages fit for sure where messages and their overhead get so much room. */
unsigned long lab_fits(const struct pair *p, size_t room);

/*
 * What a counter must have grown by. One that is not mentioned must not have
 * moved. A gauge has two: at the end, where 0 is all there is to want, and
 * half-way. "signal 17 ignored" is a cell of the table of signals.
 */
void want(struct lab *lab, const char *counter, uint64_t n);
void want_between(struct lab *lab, const char *counter, uint64_t low, uint64_t high);
void want_half_way(struct lab *lab, const char *gauge, uint64_t n);
void want_unchecked(struct lab *lab, const char *counter, const char *why);
/* The ops of a direction, and their bytes, all of them copied. */
void want_copied(struct lab *lab, const char *direction, uint64_t ops, uint64_t bytes);
/* Who finds the other too slow, and how often, is up to the scheduler. */
void want_any_waits(struct lab *lab);
/* Of total receives, all that the pairs' receivers did asleep. */
void want_sleeps(struct lab *lab);
/* The details of rows that serve IPv4 and IPv6. */
void want_families(struct lab *lab);

/* ---- for main.c: one run (run.c) ---- */

/* The signal that asks us to stop, or 0. */
extern volatile int lab_interrupted;

/* Never NULL: memory for this is the first thing that ipclab cannot do without. */
struct lab *lab_new(const struct exercise *exercise, unsigned int pairs, unsigned long count,
		    size_t size);
/* Makes the objects of all pairs. 0 or -1. */
int lab_setup(struct lab *lab);
/* Does that, and runs the pairs until all stand half-way. 0 or -1. */
int lab_start(struct lab *lab);
/* Lets them go on to the end, and removes everything. 0 or -1. */
int lab_finish(struct lab *lab);
/* Ends and removes whatever is left, in any state. */
void lab_free(struct lab *lab);
/* Why one of these returned -1. */
const char *lab_reason(const struct lab *lab);
void lab_nap(unsigned int microseconds);
/* In a new child: it takes signals as others do, and dies with its parent. */
void lab_become_child(pid_t parent);

/* ---- for main.c: the comparison (check.c) ---- */

struct want {
	char counter[IPCSTAT_NAME_MAX];
	bool half_way;
	uint64_t low, high;
	const char *unchecked; /* why, or NULL */
};

/* Never NULL. */
const struct want *find_want(const struct lab *lab, const char *counter, bool half_way);

struct nl;

/* Of a counter, and of a row: that of its gravest counter. */
enum verdict {
	NOT_APPLICABLE,
	UNKNOWN,
	UNCHECKED,
	OK,
	BUSY,
	DIFFERS,
	FAILED
};

/* A line of the table at the end of a run. */
struct result {
	const char *name;
	char sent[2][24], received[2][24]; /* ops expected, ops counted */
	char copied[2][24];
	enum verdict verdict;
};

/* Runs an exercise between two readings and prints what differs and what does not. */
void check(struct nl *nl, struct lab *lab, bool strict, struct result *result);
extern const char *const verdict_names[];
/* Whoever reads our output through a pipe moves the pipes' counters: waits for it. */
void settle_output(void);

/* ---- for all commands (main.c) ---- */

/* Before anything is done: may we read at all? NULL: no, and the user has been told why. */
struct nl *open_reader(void);
/* From now on a signal that asks us to stop sets lab_interrupted. */
void prepare(void);
/* ... and we end of it here, when all is tidy. */
void end_if_interrupted(void);
/* Bad arguments: one line, and the end with status 2. */
void lab_bad(const char *fmt, ...) __attribute__((format(printf, 1, 2), noreturn));
/* A whole number from 1 to max; anything else is a bad argument. */
unsigned long lab_number(const char *option, const char *text, unsigned long max);

#endif
