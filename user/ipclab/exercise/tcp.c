// SPDX-License-Identifier: GPL-2.0-only
/* TCP over the loopback interface; every second pair of processes over IPv6. */
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
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
	struct sockaddr_storage addr;
	socklen_t len = lab_loopback(p, &addr);
	int server;

	p->id = server = socket(p->family, SOCK_STREAM, IPPROTO_TCP);
	if (server < 0)
		return lab_error(p, "socket of the server");
	if (bind(server, (struct sockaddr *)&addr, len))
		return lab_error(p, "bind");
	if (listen(server, 1))
		return lab_error(p, "listen");
	if (getsockname(server, (struct sockaddr *)&addr, &len))
		return lab_error(p, "getsockname");
	p->fd[1] = socket(p->family, SOCK_STREAM, IPPROTO_TCP);
	if (p->fd[1] < 0)
		return lab_error(p, "socket of the client");
	if (connect(p->fd[1], (struct sockaddr *)&addr, len))
		return lab_error(p, "connect");
	p->fd[0] = accept(server, NULL, NULL);
	if (p->fd[0] < 0)
		return lab_error(p, "accept");
	/* So many bytes fit into the buffers for sure. */
	p->hold = lab_fits(p, 16384);
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
}

static void expect(struct lab *lab)
{
	want_copied(lab, "send", lab->total, lab->size);
	want_copied(lab, "recv", lab->total, lab->size);
	want_families(lab);
	want_any_waits(lab);
	want_half_way(lab, "objects", 3 * lab->pairs);
	want_half_way(lab, "queued_bytes", lab->pairs * lab->pair[0].hold * lab->size);
}

/* ---- in ipclab bench ---- */

/* Otherwise the end of a message waits for what the other side says to its beginning. */
static int carrier_begin(struct peer *p)
{
	int on = 1;

	if (setsockopt(p->out_fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on)))
		return lab_error(p->out, "setsockopt TCP_NODELAY");
	return 0;
}

static const struct carrier carrier = {
	.exercise = &exercise_tcp,
	.mark = 15,
	.unlimited = true,
	.duplex = true,
	.begin = carrier_begin,
	BENCH_SOCKET,
};

const struct exercise exercise_tcp = {
	.name = "tcp",
	.what = "a client sends through a TCP connection, the server receives",
	.limit = limit,
	.setup = setup,
	.sender = sender,
	.receiver = receiver,
	.teardown = teardown,
	.expect = expect,
	.carrier = &carrier,
};
