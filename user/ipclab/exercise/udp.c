// SPDX-License-Identifier: GPL-2.0-only
/* UDP over the loopback interface; every second pair of processes over IPv6. */
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include "ipclab/bench/carrier.h"
#include "ipclab/exercise.h"

static size_t limit(const char **why)
{
	*why = "an IP packet less its headers";
	return 65535 - 20 - 8;
}

static int setup(struct pair *p)
{
	struct sockaddr_storage addr;
	socklen_t len = lab_loopback(p, &addr);

	p->fd[0] = socket(p->family, SOCK_DGRAM, IPPROTO_UDP);
	if (p->fd[0] < 0)
		return lab_error(p, "socket of the receiver");
	if (bind(p->fd[0], (struct sockaddr *)&addr, len))
		return lab_error(p, "bind");
	if (getsockname(p->fd[0], (struct sockaddr *)&addr, &len))
		return lab_error(p, "getsockname");
	p->fd[1] = socket(p->family, SOCK_DGRAM, IPPROTO_UDP);
	if (p->fd[1] < 0)
		return lab_error(p, "socket of the sender");
	if (connect(p->fd[1], (struct sockaddr *)&addr, len))
		return lab_error(p, "connect");
	/* A datagram that finds the buffer full is dropped: never let it come to that. */
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
	close(p->fd[1]);
	lab_half_way(p);
	for (unsigned long i = 0; i < p->count; i++) {
		if (lab_whole(p, "recv", recv(p->fd[0], p->buf, p->size, 0), p->size))
			return -1;
		lab_took(p);
	}
	return 0;
}

static void expect(struct lab *lab)
{
	unsigned long held = lab->pairs * lab->pair[0].hold;

	want_copied(lab, "send", lab->total, lab->size);
	want_copied(lab, "recv", lab->total, lab->size);
	want_families(lab);
	want_any_waits(lab);
	want_half_way(lab, "objects", 2 * lab->pairs);
	want_half_way(lab, "queued", held);
	want_half_way(lab, "queued_bytes", held * lab->size);
}

/* ---- in ipclab bench ---- */

static const struct carrier carrier = {
	.exercise = &exercise_udp,
	.mark = 10,
	.window = true,
	BENCH_SOCKET,
};

const struct exercise exercise_udp = {
	.name = "udp",
	.what = "a process sends UDP datagrams to another one",
	.limit = limit,
	.setup = setup,
	.sender = sender,
	.receiver = receiver,
	.teardown = lab_close,
	.expect = expect,
	.carrier = &carrier,
};
