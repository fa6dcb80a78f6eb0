/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef _BENCH_H
#define _BENCH_H

#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>

#define MUST(cond)                                                                     \
	do {                                                                           \
		if (!(cond)) {                                                         \
			fprintf(stderr, "ops: %s: line %d: %m\n", __FILE__, __LINE__); \
			exit(1);                                                       \
		}                                                                      \
	} while (0)

/*
 * @name, @back: what there and back are called; without @undo there is one operation
 * @batch: how many of each are done in a row
 * @path: what it reads: where that does not exist, it is left out
 */
struct op {
	const char *name, *back;
	size_t size;
	int batch;
	void (*make)(void), (*act)(void), (*undo)(void), (*end)(void);
	const char *path;
};

extern const struct op ops[];
extern const size_t nr_ops;

/* What comes before the first @act. One operation at a time. */
void op_make(const struct op *op);

/* A dump of all rows over generic netlink, on a socket that stays open. */
void netlink_open(void);
void netlink_dump(void);
void netlink_close(void);

/*
 * A process that has @nr objects of a kind, or is so many tasks, until crowd_leave().
 * Returns the kernel memory in bytes that they took, slab and vmalloc.
 */
long crowd_enter(const char *kind, int nr);
void crowd_leave(void);

#endif
