// SPDX-License-Identifier: GPL-2.0-only
/* AF_UNIX datagrams: messages to a socket that has a name in the file system. */
#include <stdio.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "ipclab/bench/carrier.h"
#include "ipclab/exercise.h"

static size_t limit(const char **why)
{
	*why = "net.core.wmem_default, but for 32 bytes";
	return lab_sysctl("net/core/wmem_default", 212992) - 32;
}

static int setup(struct pair *p)
{
	struct sockaddr_un addr = { .sun_family = AF_UNIX };

	if (lab_path(p))
		return -1;
	snprintf(addr.sun_path, sizeof(addr.sun_path), "%s", p->name);
	p->fd[0] = socket(AF_UNIX, SOCK_DGRAM, 0);
	if (p->fd[0] < 0)
		return lab_error(p, "socket of the receiver");
	if (bind(p->fd[0], (struct sockaddr *)&addr, sizeof(addr)))
		return lab_error(p, "bind");
	p->fd[1] = socket(AF_UNIX, SOCK_DGRAM, 0);
	if (p->fd[1] < 0)
		return lab_error(p, "socket of the sender");
	if (connect(p->fd[1], (struct sockaddr *)&addr, sizeof(addr)))
		return lab_error(p, "connect");
	/* net.unix.max_dgram_qlen is the other limit: the sender waits at it. */
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

static void teardown(struct pair *p)
{
	lab_close(p);
	if (p->name[0])
		unlink(p->name);
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
	.exercise = &exercise_unix_dgram,
	.mark = 8,
	BENCH_SOCKET,
};

const struct exercise exercise_unix_dgram = {
	.name = "unix_dgram",
	.what = "a process sends local datagrams to another one",
	.limit = limit,
	.setup = setup,
	.sender = sender,
	.receiver = receiver,
	.teardown = teardown,
	.expect = expect,
	.carrier = &carrier,
};
