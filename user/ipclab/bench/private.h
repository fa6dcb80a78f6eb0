/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * ipclab bench: how fast each mechanism carries messages between two processes.
 *
 * A cell is one mechanism at one size. The main process makes the objects, as the exercises of
 * exercise.h do, and two children use them, in two phases:
 *
 *	round trips	the first one sends, the second one answers, and so on
 *	one way		the first one sends as fast as the second one takes
 *
 * Before, between and after them both children stand still, and the module's counters are read.
 * The sender writes a byte in each cache line of a message, the receiver reads and checks it; in
 * shared memory they do that in place.
 */
#ifndef IPCLAB_BENCH_H
#define IPCLAB_BENCH_H

#include "carrier.h"
#include "ipclab/exercise.h"

#define BENCH_MAX_SIZES 32
#define BENCH_MAX_SIZE (64UL << 20)
#define BENCH_CPU_SETS 8 /* of cpu_set_t, one behind the other */
/* Messages that both may be apart where the mechanism itself has no limit. */
#define BENCH_WINDOW 32767UL
#define CACHE_LINE 64

/* ---- times (times.c) ---- */

/* Any number of times, each known to 1%, in a fixed room. Zeroed: none. */
struct bench_times {
	uint64_t nr, max_ns;
	uint64_t bucket[7424];
};

void bench_times_add(struct bench_times *times, uint64_t ns);
/* So many percent of the times are not above; 100: the longest one, exactly. */
uint64_t bench_times_percentile(const struct bench_times *times, unsigned int percent);

/* ---- the two processes (play.c) ---- */

/* What both of them and the main process see. */
struct bench_shared {
	_Alignas(128) atomic_uint go; /* phases that may begin; one more: the end */
	atomic_uint standing;         /* processes that stood before a phase, or at the end */
	atomic_uint met;              /* and began it */
	_Alignas(128) atomic_ullong sent_ns; /* when the first process sent its last message */
	atomic_ulong last;                   /* the number of its last message */
	atomic_int cpu;                      /* where it was then */
	_Alignas(128) atomic_ulong taken;    /* messages that have arrived, one way */
	_Alignas(128) struct {
		_Alignas(128) atomic_ulong moved; /* messages sent and received, of both phases */
		uint64_t messages[BENCH_PHASES];  /* sent */
		uint64_t calls[BENCH_PHASES];
	} peer[2];
	uint64_t began_ns, ended_ns; /* one way */
	struct bench_times round_trip, one_way;
	uint64_t same_cpu; /* of these, how often both were on one CPU */
};

/* Runs all phases. 0, or -1 through lab_error(). */
int bench_play(struct peer *p);

/* ---- shared memory (shm.c) ---- */

/* Bytes of a ring for messages of this size. */
size_t bench_ring_bytes(size_t size);

/* ---- what the kernel counted (count.c) ---- */

/* During a phase. */
struct bench_counted {
	uint64_t messages; /* that it was during; 0: it has not been read */
	struct nl_counter ops, waits, copied, signals;
	bool others; /* it is more than we have done: somebody else did something, too */
};

/* Subtracts two readings of all rows. calls: what we have done. */
void bench_count(const struct carrier *carrier, const struct nl_rows *before,
		 const struct nl_rows *after, uint64_t calls, struct bench_counted *counted);
/* Adds what two phases had. */
struct nl_counter bench_sum(const struct nl_counter *a, const struct nl_counter *b);

/* ---- a cell (cell.c) ---- */

struct bench_options {
	const struct carrier *carrier[MAX_EXERCISES];
	unsigned int nr_carriers, nr_sizes;
	size_t size[BENCH_MAX_SIZES]; /* in ascending order */
	uint64_t count, time_ns;      /* of each cell; count 0: time_ns is what counts */
	int cpu[2];                   /* -1: any */
	bool json;
	const char *plot; /* or NULL */
};

/* In a child: from now on no page of it is missing. */
void bench_populate(void *mem, size_t bytes);

/* Percentiles. */
struct bench_latency {
	uint64_t nr, p50_ns, p90_ns, p99_ns, max_ns;
};

struct bench_cell {
	const struct carrier *carrier;
	size_t size; /* 0: nothing has a size */
	struct bench_latency round_trip, one_way;
	uint64_t same_cpu;            /* round trips whose first way was from a CPU to itself */
	uint64_t streamed, stream_ns; /* messages one way, and how long they took all together */
	struct bench_counted counted[BENCH_PHASES];
};

/* Fills all but carrier and size. nl NULL: nothing is counted. 0; or -1 and why. */
int bench_measure(const struct bench_options *opt, struct nl *nl, struct bench_cell *cell,
		  char why[256]);

/* ---- all of it ---- */

struct bench_result {
	const struct bench_options *opt;
	unsigned int nr;
	struct bench_cell *cell; /* by mechanism, by size */
	/* Of each mechanism, as far as its row goes: why no further. */
	struct bench_end {
		size_t size;   /* not measured any more; 0: the row has all sizes, or none can be */
		size_t limit;  /* the largest it takes; 0: something has failed */
		char why[256]; /* "": it has all */
	} end[MAX_EXERCISES];
	const char *uncounted; /* why the kernel has counted nothing, or NULL */
	bool interrupted;
};

/* args.c: fills the options, or ends the program. -1, or the exit status. */
int bench_arguments(int argc, char **argv, struct bench_options *opt);

/* print.c, words.c, json.c */
void bench_print(const struct bench_result *result);
void bench_print_words(const struct bench_result *result);
void bench_print_json(const struct bench_result *result);
/* "16K"; "-" for 0 */
void bench_size_text(size_t size, char text[24]);
/* Three digits of it, or more: "0.012", "1.23", "1234". */
void bench_number_text(double value, char text[24]);
double bench_mib_per_s(const struct bench_cell *cell);
double bench_messages_per_s(const struct bench_cell *cell);

/* plot.c: 0; or -1, and a line that says why. */
int bench_plot_check(const char *file);
int bench_plot(const struct bench_result *result);

/* host.c */
struct bench_host {
	enum bench_machine {
		MACHINE_REAL,
		MACHINE_VIRTUAL,
		MACHINE_EMULATED,
		MACHINE_UNKNOWN, /* it may be emulated */
	} machine;
	char hypervisor[16]; /* what it calls itself, or "" */
	char kernel[136];
	unsigned int cpus; /* online */
};

void bench_host(struct bench_host *host);
extern const char *const bench_machine_names[];

/* The command; returns the exit status. */
int bench_main(int argc, char **argv);

#endif
