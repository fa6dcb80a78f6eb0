/* SPDX-License-Identifier: GPL-2.0-only */
/* How `ipclab bench` carries messages with the objects of an exercise: each exercise says it. */
#ifndef IPCLAB_CARRIER_H
#define IPCLAB_CARRIER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum bench_phase {
	ROUND_TRIPS,
	ONE_WAY,
	BENCH_PHASES
};

struct bench_shared;
struct exercise;
struct pair;
struct carrier;

/* One of the two processes. */
struct peer {
	struct bench_shared *shared;
	const struct carrier *carrier;
	bool first;
	uint64_t count, time_ns; /* messages to send in a phase; 0: as many as the time lets */
	enum bench_phase phase;
	uint64_t sent, received; /* messages, in this phase */
	uint64_t calls;          /* operations of the mechanism, in this phase */

	size_t size;            /* bytes of a message */
	char *out_buf, *in_buf; /* room for one, and LAB_HEADROOM before it */
	struct pair *out, *in;  /* the objects to send through, and to receive from */
	int out_fd, in_fd;      /* of them */

	/* Shared memory: a ring of slots each way, and what hands them over. */
	struct bench_ring {
		char *mem;
		struct pair *full, *empty;
	} out_ring, in_ring;
};

/* All functions return 0, or -1 through lab_error(). */
struct carrier {
	const struct exercise *exercise; /* makes and removes the objects */
	unsigned int mark;               /* in a plot: gnuplot's type of its points or dashes */
	const struct exercise *hand;     /* hands over what lies in shared memory, or NULL */
	bool unlimited;                  /* the limit of the exercise is one of its own */
	bool duplex;                     /* one object for both ways */
	bool window;                  /* nothing but ourselves keeps the sender from running away */
	size_t fixed;                 /* bytes of a message, where nobody can choose; or 0 */
	int (*begin)(struct peer *p); /* before the first message; or NULL */
	/* Points out_buf to where the next message is to be written; NULL: it stays. */
	int (*place)(struct peer *p);
	int (*send)(struct peer *p);
	int (*receive)(struct peer *p);
	int (*took)(struct peer *p); /* what was received has been read; or NULL */
};

/* ---- for exercises: what several carriers do alike (carry.c, shm.c); p->calls counts it ---- */

/* Any number of bytes, in pieces. */
int bench_write(struct peer *p);
int bench_read(struct peer *p);
/* A whole message, through a stream, too. */
int bench_send_socket(struct peer *p);
int bench_receive_socket(struct peer *p);
/* A ring of messages in shared memory. */
int bench_ring_begin(struct peer *p);
int bench_ring_place(struct peer *p);
int bench_ring_send(struct peer *p);
int bench_ring_receive(struct peer *p);
int bench_ring_took(struct peer *p);
/* A semaphore, of System V or in a futex: one more, one less. */
int bench_give(struct peer *p, struct pair *hand);
int bench_take(struct peer *p, struct pair *hand);

#define BENCH_PIPE .unlimited = true, .send = bench_write, .receive = bench_read
#define BENCH_SOCKET .send = bench_send_socket, .receive = bench_receive_socket
#define BENCH_RING                                                                     \
	.begin = bench_ring_begin, .place = bench_ring_place, .send = bench_ring_send, \
	.receive = bench_ring_receive, .took = bench_ring_took

#endif
