// SPDX-License-Identifier: GPL-2.0-only
/*
 * Raw IPv4 sockets, with a protocol number that is reserved for experiments. All
 * raw sockets of a protocol see all its packets, unless they are bound to an
 * address: each has its own, out of 127.0.0.0/8.
 */
#include <netinet/in.h>
#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>

#include "ipclab/bench/carrier.h"
#include "ipclab/exercise.h"

#define PROTOCOL 253
#define HEADER 20 /* a raw IPv4 socket receives the header, too */

static size_t limit(const char **why)
{
	*why = "an IP packet less its header";
	return 65535 - HEADER;
}

static int setup(struct pair *p)
{
	struct sockaddr_in addr[2] = { 0 };

	for (int i = 0; i < 2; i++) {
		addr[i].sin_family = p->family = AF_INET;
		addr[i].sin_addr.s_addr = htonl(INADDR_LOOPBACK + 256 + 2 * p->nr + i);
		p->fd[i] = socket(AF_INET, SOCK_RAW, PROTOCOL);
		if (p->fd[i] < 0)
			return lab_error(p, "socket (needs root, or CAP_NET_RAW)");
		if (bind(p->fd[i], (struct sockaddr *)&addr[i], sizeof(addr[i])))
			return lab_error(p, "bind");
	}
	if (connect(p->fd[1], (struct sockaddr *)&addr[0], sizeof(addr[0])))
		return lab_error(p, "connect");
	/* A packet that finds the buffer full is dropped: never let it come to that. */
	p->window = MAX(1, lab_fits(p, 65536));
	p->hold = MIN(16, p->window);
	return 0;
}

static int sender(struct pair *p)
{
	close(p->fd[0]);
	for (unsigned long i = 0; i < p->count; i++) {
		lab_turn(p);
		if (lab_whole(p, "send", send(p->fd[1], p->buf, p->size, 0), p->size))
			return -1;
	}
	return 0;
}

static int receiver(struct pair *p)
{
	size_t size = p->size + HEADER;

	close(p->fd[1]);
	lab_half_way(p);
	for (unsigned long i = 0; i < p->count; i++) {
		if (lab_whole(p, "recv", recv(p->fd[0], p->buf, size, 0), size))
			return -1;
		lab_took(p);
	}
	return 0;
}

static void expect(struct lab *lab)
{
	unsigned long held = lab->pairs * lab->pair[0].hold;

	want_copied(lab, "send", lab->total, lab->size);
	want_copied(lab, "recv", lab->total, lab->size + HEADER);
	want_families(lab);
	want_any_waits(lab);
	want_half_way(lab, "objects", 2 * lab->pairs);
	want_half_way(lab, "queued", held);
	want_half_way(lab, "queued_bytes", held * (lab->size + HEADER));
}

/* ---- in ipclab bench ---- */

static int carrier_receive(struct peer *p)
{
	size_t bytes = HEADER + p->size;

	p->calls++;
	return lab_whole(p->in, "recv", recv(p->in_fd, p->in_buf - HEADER, bytes, 0), bytes);
}

static const struct carrier carrier = {
	.exercise = &exercise_raw,
	.mark = 14,
	.window = true,
	.send = bench_send_socket,
	.receive = carrier_receive,
};

const struct exercise exercise_raw = {
	.name = "raw",
	.what = "a process sends packets of an IP protocol of its own to another one",
	.limit = limit,
	.setup = setup,
	.sender = sender,
	.receiver = receiver,
	.teardown = lab_close,
	.expect = expect,
	.carrier = &carrier,
};
