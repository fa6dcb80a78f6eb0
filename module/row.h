/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What a mechanism counts: rows and their cells, with both sides of them. How a value is stored
 * is decided here, and nowhere else: who counts and who reads call what is below.
 */
#ifndef _IPCSTAT_ROW_H
#define _IPCSTAT_ROW_H

#include <linux/atomic.h>
#include <linux/log2.h>
#include <linux/math64.h>
#include <linux/percpu.h>
#include <linux/time64.h>
#include <linux/types.h>

/* Columns of /proc/ipcstat, in its order; for ever: new ones come at the end. */
enum ipc_col {
	IPC_OBJECTS,
	IPC_QUEUED,
	IPC_QUEUED_BYTES,
	IPC_BLOCKED,
	IPC_SEND_OPS,
	IPC_SEND_BYTES,
	IPC_SEND_COPIED,
	IPC_SEND_WAITS,
	IPC_SEND_WAIT_NS,
	IPC_SEND_FAILS,
	IPC_RECV_OPS,
	IPC_RECV_BYTES,
	IPC_RECV_COPIED,
	IPC_RECV_WAITS,
	IPC_RECV_WAIT_NS,
	IPC_RECV_FAILS,

	IPC_COLS
};

/* A direction is the column of its ops; the others follow at fixed distances. */
enum ipc_dir {
	IPC_SEND = IPC_SEND_OPS,
	IPC_RECV = IPC_RECV_OPS,
};

enum {
	IPC_D_OPS, IPC_D_BYTES, IPC_D_COPIED, IPC_D_WAITS, IPC_D_WAIT_NS, IPC_D_FAILS,
};

/* Sets of columns. */
#define IPC_BIT(col)	(1U << (col))
#define IPC_BITS_OPS(dir)	(IPC_BIT((dir) + IPC_D_OPS))
#define IPC_BITS_DATA(dir)	(IPC_BIT((dir) + IPC_D_BYTES) | IPC_BIT((dir) + IPC_D_COPIED))
#define IPC_BITS_WAITS(dir)	(IPC_BIT((dir) + IPC_D_WAITS) | IPC_BIT((dir) + IPC_D_WAIT_NS))
#define IPC_BITS_FAILS(dir)	(IPC_BIT((dir) + IPC_D_FAILS))
/* all waits of a row, in the directions in which it can wait */
#define IPC_BITS_SLEEP(dir)	(IPC_BITS_WAITS(dir) | IPC_BIT(IPC_BLOCKED))
/* what a return value tells */
#define IPC_BITS_RESULT(dir)	(IPC_BITS_OPS(dir) | IPC_BITS_DATA(dir) | IPC_BITS_FAILS(dir))
#define IPC_BITS_QUEUE		(IPC_BIT(IPC_QUEUED) | IPC_BIT(IPC_QUEUED_BYTES))

#define IPC_MAX_DETAILS		8
#define IPC_MAX_ROWS		32
#define IPC_BUCKETS		64

/*
 * One CPU's share of a row. Only ever added to; summed on read. The arrays of two are for
 * sending and receiving. Histograms: bucket 0 counts the values 0 and 1, bucket i those
 * from 2^i to 2^(i+1) - 1.
 */
struct ipc_cells {
	u64 col[IPC_COLS];		/* as ipc_cells_col() reads them */
	u64 detail[IPC_MAX_DETAILS];
	u64 runq_ns[2];			/* of wait_ns */
	u64 longest_us[2];		/* not added to: the longest wait that ended here */
	u64 waits[2][IPC_BUCKETS];	/* by their time in us */
	u64 sizes[2][IPC_BUCKETS];	/* operations that did not fail, by their bytes */
};

/**
 * struct ipc_gauge - what a row's gauge function fills in
 * @value: indexed by IPC_OBJECTS, IPC_QUEUED, IPC_QUEUED_BYTES
 * @unknown: IPC_BIT()s of the values that could not be known this time
 */
struct ipc_gauge {
	u64 value[3];
	u32 unknown;
};

/**
 * struct ipc_row - one line of /proc/ipcstat
 * @name: first column
 * @na: IPC_BIT()s of the columns whose idea does not apply ("-")
 * @unknown: columns that are never known exactly ("?"); for all others the hooks
 *	decide: a column is known when every hook that feeds it is attached
 * @details: names of further counters, NULL-terminated, at most IPC_MAX_DETAILS
 * @gauge: reads the gauges. Process context, may sleep, several at once.
 * @mappings: bytes are those of mappings, which are no messages: they have no histogram
 * @addresses: its objects are known by their addresses in a process: see struct ipc_flow
 * @processes: its objects are processes, known by their numbers in the initial PID namespace
 * @unnamed: what its objects' numbers are could not be verified: they are not told
 * @nr: of the engine: its number in the order of /proc/ipcstat
 * @cells: of the engine
 * @blocked: of the engine: tasks asleep in the row, per CPU, may be negative on one
 * @fed: of the engine: columns fed by some hook
 * @lost: of the engine: columns fed by a hook that is not attached
 */
struct ipc_row {
	const char *name;
	u32 na;
	u32 unknown;
	const char *const *details;
	void (*gauge)(struct ipc_row *row, struct ipc_gauge *gauge);
	bool mappings, addresses, processes, unnamed;

	unsigned int nr;
	struct ipc_cells __percpu *cells;
	s64 __percpu *blocked;
	u32 fed;
	u32 lost;
};

/* A NULL-terminated list of names, for ->details, and for ->symbols and its like of a hook. */
#define IPC_NAMES(...)	((const char *const []){ __VA_ARGS__, NULL })

/* ---- all rows, in the order of /proc/ipcstat ---- */

/* How many there are. */
unsigned int ipc_nr_rows(void);
/* Row number @nr in the order of /proc/ipcstat; NULL past the end. */
struct ipc_row *ipc_row_get(unsigned int nr);

/* Events that found a table full, or no memory for an entry; hooks have counts of their own. */
extern atomic64_t ipc_missed;

/*
 * ---- how a cell is stored ----
 *
 * An operation that has not failed is counted by its size alone. So the cell of the operations
 * holds only those that have failed, and those of rows without bytes. What is copied is stored as
 * its difference from the bytes, which is 0 most of the time. A row of mappings, whose bytes are
 * no messages, stores each as it is. Flows (flow.c) store what is copied in the same way.
 */

/* What is stored of @copied bytes of an operation that has moved @bytes; not of a mapping. */
static __always_inline long ipc_difference(long bytes, long copied)
{
	return copied - bytes;
}

/* The same for any row. */
static __always_inline long ipc_store_copied(const struct ipc_row *row, long bytes, long copied)
{
	return row->mappings ? copied : ipc_difference(bytes, copied);
}

/* And back: what was copied. */
static __always_inline u64 ipc_stored_copied(const struct ipc_row *row, u64 bytes, u64 stored)
{
	return row->mappings ? stored : stored + bytes;
}

/* A counter of a row, of one CPU. */
static inline u64 ipc_cells_col(const struct ipc_row *row, int cpu, unsigned int col)
{
	const struct ipc_cells *cells = per_cpu_ptr(row->cells, cpu);
	u64 sum = READ_ONCE(cells->col[col]);
	unsigned int i;

	switch (col) {
	case IPC_SEND_OPS:
	case IPC_RECV_OPS:
		for (i = 0; i < IPC_BUCKETS; i++)
			sum += READ_ONCE(cells->sizes[col == IPC_RECV_OPS][i]);
		break;
	case IPC_SEND_COPIED:
	case IPC_RECV_COPIED:
		/* As ipc_stored_copied(). */
		if (!row->mappings)
			sum += READ_ONCE(cells->col[col - IPC_D_COPIED + IPC_D_BYTES]);
		break;
	}
	return sum;
}

/*
 * ---- counting: from any context, no lock, no shared cache line ----
 *
 * Array elements are written as pointers here: their numbers are right by construction, and
 * some kernels check each subscript (UBSAN_BOUNDS), at a third of the cost of counting.
 */

/* Add to a column that has no function of its own here. */
static __always_inline void ipc_add(struct ipc_row *row, unsigned int col, u64 n)
{
	this_cpu_add(*(row->cells->col + col), n);
}

/* Add to a detail, by its number in ->details. */
static __always_inline void ipc_detail(struct ipc_row *row, unsigned int nr, u64 n)
{
	this_cpu_add(*(row->cells->detail + nr), n);
}

/* The bucket of a histogram that counts @n. */
static __always_inline unsigned long ipc_bucket(u64 n)
{
	return __fls(n | 1);
}

/**
 * ipc_result - count one operation of a row without bytes
 * @row: the row
 * @dir: IPC_SEND or IPC_RECV
 * @ret: a negative errno if it failed
 */
static __always_inline void ipc_result(struct ipc_row *row, enum ipc_dir dir, long ret)
{
	/* Once: the compiler cannot know that the additions leave it alone. */
	struct ipc_cells __percpu *cells = row->cells;

	this_cpu_inc(*(cells->col + dir + IPC_D_OPS));
	if (unlikely(ret < 0))
		this_cpu_inc(*(cells->col + dir + IPC_D_FAILS));
}

/* Count one operation that has failed. */
static __always_inline void ipc_failed(struct ipc_row *row, enum ipc_dir dir)
{
	ipc_result(row, dir, -1);
}

/**
 * ipc_moved - count one operation that has not failed
 * @row: the row
 * @dir: IPC_SEND or IPC_RECV
 * @bytes: what it moved, copied between user memory and kernel memory
 */
static __always_inline void ipc_moved(struct ipc_row *row, enum ipc_dir dir, unsigned long bytes)
{
	struct ipc_cells __percpu *cells = row->cells;

	this_cpu_add(*(cells->col + dir + IPC_D_BYTES), bytes);
	this_cpu_inc(*(cells->sizes[dir == IPC_RECV] + ipc_bucket(bytes)));
}

/* The same, where only @copied of the bytes were copied. */
static __always_inline void ipc_moved_copied(struct ipc_row *row, enum ipc_dir dir, long bytes,
					     long copied)
{
	ipc_moved(row, dir, bytes);
	if (unlikely(copied != bytes))
		ipc_add(row, dir + IPC_D_COPIED, ipc_difference(bytes, copied));
}

/* Count attachments of a row of mappings, and the bytes mapped. */
static __always_inline void ipc_mapped(struct ipc_row *row, enum ipc_dir dir, unsigned int ops,
				       u64 bytes)
{
	if (ops)
		ipc_add(row, dir + IPC_D_OPS, ops);
	ipc_add(row, dir + IPC_D_BYTES, bytes);
}

/* Count what is copied through a row of mappings. */
static __always_inline void ipc_mapping_copied(struct ipc_row *row, enum ipc_dir dir, u64 bytes)
{
	ipc_add(row, dir + IPC_D_COPIED, bytes);
}

/* The handlers that come here may be preempted: another task may count, but not in between. */
static inline void ipc_longest(u64 __percpu *longest, u64 us)
{
	u64 old = this_cpu_read(*longest);

	while (us > old && this_cpu_cmpxchg(*longest, old, us) != old)
		old = this_cpu_read(*longest);
}

/* Count one wait; of its time the task was awake, and not running, for @runq_ns. */
static inline void ipc_waited(struct ipc_row *row, enum ipc_dir dir, u64 wait_ns, u64 runq_ns)
{
	unsigned int recv = dir == IPC_RECV;
	u64 us = div_u64(wait_ns, NSEC_PER_USEC);

	ipc_add(row, dir + IPC_D_WAITS, 1);
	ipc_add(row, dir + IPC_D_WAIT_NS, wait_ns);
	this_cpu_add(row->cells->runq_ns[recv], runq_ns);
	this_cpu_inc(row->cells->waits[recv][ipc_bucket(us)]);
	ipc_longest(&row->cells->longest_us[recv], us);
}

/* ---- beside the rows ---- */

/**
 * struct ipc_quota - how much is used of a limit that is a user's, or a namespace's
 * @name: what is used, with its unit
 * @read: of the current task's user, or namespace. Process context.
 */
struct ipc_quota {
	const char *name;
	u64 (*read)(void);
};

/* Signals are 1 to this. */
#define IPC_SIGNALS		64
#define IPC_SIGNAL_COLS		7

/**
 * struct ipc_signals - a mechanism's table of signals by number
 * @cols: names of its columns
 * @known: bit n: column n is known
 * @read: the value of a signal, 1 to IPC_SIGNALS, in a column
 */
struct ipc_signals {
	const char *const *cols;
	u32 (*known)(void);
	u64 (*read)(unsigned int sig, unsigned int col);
};

#endif /* _IPCSTAT_ROW_H */
