// SPDX-License-Identifier: GPL-2.0-only
/* AF_UNIX seqpacket: a connection like a stream's, with messages like datagrams. */
#include <sys/socket.h>
#include <unistd.h>

#include "ipclab/bench/carrier.h"
#include "ipclab/exercise.h"

static size_t limit(const char **why)
{
	*why = "net.core.wmem_default, but for 32 bytes";
	return lab_sysctl("net/core/wmem_default", 212992) - 32;
}

/* Relatives need no name: a connected pair of sockets, as with pipe(2). */
static int setup(struct pair *p)
{
	if (socketpair(AF_UNIX, SOCK_SEQPACKET, 0, p->fd))
		return lab_error(p, "socketpair");
	p->hold = MAX(1, MIN(lab_fits(p, 65536), lab_sysctl("net/unix/max_dgram_qlen", 10)));
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
	want_any_waits(lab);
	want_half_way(lab, "objects", 2 * lab->pairs);
	want_half_way(lab, "queued", held);
	want_half_way(lab, "queued_bytes", held * lab->size);
}

/* ---- in ipclab bench ---- */

static const struct carrier carrier = {
	.exercise = &exercise_unix_seqpacket,
	.mark = 12,
	.duplex = true,
	BENCH_SOCKET,
};

const struct exercise exercise_unix_seqpacket = {
	.name = "unix_seqpacket",
	.what = "a process sends packets to another one through a pair of sockets",
	.limit = limit,
	.setup = setup,
	.sender = sender,
	.receiver = receiver,
	.teardown = lab_close,
	.expect = expect,
	.carrier = &carrier,
};
