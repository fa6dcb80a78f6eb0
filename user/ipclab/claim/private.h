/* SPDX-License-Identifier: GPL-2.0-only */
/* Shared by the parts of `ipclab lab`: see textbook.h. */
#ifndef IPCLAB_TEXTBOOK_PRIVATE_H
#define IPCLAB_TEXTBOOK_PRIVATE_H

#include "ipclab/snapshot.h"
#include "textbook.h"

/* ---- the record of a run of act(), shared by all processes (act.c) ---- */

#define MAX_STEPS 32
#define MAX_SIGHTS 64
#define MAX_MEMORIES 64
#define MAX_LOOKS 8
#define MAX_REMOVALS 16
#define TEXT 256

struct sight {
	char text[TEXT];
	bool yes, but;
};

struct memory {
	char what[32];
	uint64_t value;
};

struct removal {
	enum sysv kind;
	int id;
};

struct board {
	atomic_flag lock; /* of all below */
	bool failed;
	char reason[TEXT];
	unsigned int nr_steps, nr_sights, nr_memories, nr_looks, nr_removals;
	char step[MAX_STEPS][TEXT];
	struct sight sight[MAX_SIGHTS];
	struct memory memory[MAX_MEMORIES];
	struct removal removal[MAX_REMOVALS];
	char directory[32];
	struct snapshot first, last, look[MAX_LOOKS];
	size_t arena_used;
	_Alignas(64) char arena[1 << 20];
};

/* The lab that runs, and its board. */
extern struct board *board;
extern const struct textbook_lab *the_lab;

/* Runs the lab's act(), or the program (NULL: none), to its end. 0, or -1: board->reason. */
int act_run(const struct textbook_lab *lab, const char *program, void (*progress)(void));

/* ---- predictions (judge.c) ---- */

enum lab_verdict {
	HOLDS,
	HALF_TRUE,
	DOES_NOT_HOLD,
	CANNOT_BE_TOLD,
	DID_NOT_RUN
};

enum outcome {
	AS_PREDICTED,
	NOT_AS_PREDICTED,
	NOT_KNOWN,    /* "?" */
	NOT_ASKED_FOR /* a program has no such moment */
};

struct prediction {
	const char *moment, *row, *counter, *why; /* moment NULL: the end */
	char row_name[IPCSTAT_NAME_MAX];
	bool but;
	uint64_t low, high;
	enum outcome outcome;
	enum nl_kind kind;
	int64_t counted;
};

#define MAX_PREDICTIONS 64

struct judgement {
	unsigned int nr;
	struct prediction prediction[MAX_PREDICTIONS];
	uint64_t missed; /* events while it ran */
	bool others;     /* use the rows, too: *more than predicted* may be theirs */
	enum lab_verdict verdict;
};

extern const char *const lab_verdict_names[];

/* Compares the board with the lab's predictions. */
void judge_lab(const struct textbook_lab *lab, bool program, struct judgement *judgement);

/* ---- output (print.c) ---- */

struct lab_options {
	bool quiet; /* TAP */
	const char *program;
};

void print_list(const struct textbook_lab *const *lab, unsigned int nr);
void print_before(const struct textbook_lab *lab, const struct lab_options *options);
/* Steps that have not been printed yet. */
void print_steps(void);
/* Returns how many lines of TAP were "not ok"; counts lines in *tap. */
unsigned int print_result(const struct textbook_lab *lab, const struct lab_options *options,
			  const struct judgement *judgement, unsigned int *tap);

#endif
