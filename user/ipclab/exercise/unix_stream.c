// SPDX-License-Identifier: GPL-2.0-only
/* AF_UNIX stream sockets: a server with a name, a client that connects to it. */
#include <stdio.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "ipclab/bench/carrier.h"
#include "ipclab/exercise.h"

static size_t limit(const char **why)
{
	*why = "no system call moves more";
	return 0x7ffff000;
}

static int setup(struct pair *p)
{
	struct sockaddr_un addr = { .sun_family = AF_UNIX };
	int server;

	if (lab_path(p))
		return -1;
	snprintf(addr.sun_path, sizeof(addr.sun_path), "%s", p->name);
	p->id = server = socket(AF_UNIX, SOCK_STREAM, 0);
	if (server < 0)
		return lab_error(p, "socket of the server");
	if (bind(server, (struct sockaddr *)&addr, sizeof(addr)))
		return lab_error(p, "bind");
	if (listen(server, 1))
		return lab_error(p, "listen");
	p->fd[1] = socket(AF_UNIX, SOCK_STREAM, 0);
	if (p->fd[1] < 0)
		return lab_error(p, "socket of the client");
	if (connect(p->fd[1], (struct sockaddr *)&addr, sizeof(addr)))
		return lab_error(p, "connect");
	p->fd[0] = accept(server, NULL, NULL);
	if (p->fd[0] < 0)
		return lab_error(p, "accept");
	/* So many bytes fit into the default buffer for sure. */
	p->hold = lab_fits(p, 65536);
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

/* A stream has no messages: MSG_WAITALL asks for the bytes of a whole one. */
static int receiver(struct pair *p)
{
	close(p->fd[1]);
	lab_half_way(p);
	for (unsigned long i = 0; i < p->count; i++) {
		if (lab_whole(p, "recv", recv(p->fd[0], p->buf, p->size, MSG_WAITALL), p->size))
			return -1;
		lab_took(p);
	}
	return 0;
}

static void teardown(struct pair *p)
{
	lab_close(p);
	if (p->id >= 0)
		close(p->id);
	if (p->name[0])
		unlink(p->name);
}

static void expect(struct lab *lab)
{
	want_copied(lab, "send", lab->total, lab->size);
	want_copied(lab, "recv", lab->total, lab->size);
	want_any_waits(lab);
	want_half_way(lab, "objects", 3 * lab->pairs);
	want_half_way(lab, "queued_bytes", lab->pairs * lab->pair[0].hold * lab->size);
}

/* ---- in ipclab bench ---- */

static const struct carrier carrier = {
	.exercise = &exercise_unix_stream,
	.mark = 4,
	.unlimited = true,
	.duplex = true,
	BENCH_SOCKET,
};

const struct exercise exercise_unix_stream = {
	.name = "unix_stream",
	.what = "a client sends through a local stream socket, the server receives",
	.limit = limit,
	.setup = setup,
	.sender = sender,
	.receiver = receiver,
	.teardown = teardown,
	.expect = expect,
	.carrier = &carrier,
};
