// SPDX-License-Identifier: GPL-2.0-only
/* Rows unix_*, tcp, udp, raw: the sockets there are, and what waits in them. */
#define _GNU_SOURCE
#include <fcntl.h>
#include <linux/sockios.h>
#include <sched.h>
#include <stdlib.h>
#include <sys/wait.h>

#include "sock.h"

static const struct sock_kind *kind; /* the kind under test */
static char data[4096];

/* The kind of this name. */
static const struct sock_kind *named(const char *name)
{
	for (unsigned int i = 0; i < SOCK_KINDS; i++)
		if (!strcmp(sock_kinds[i].name, name))
			return &sock_kinds[i];
	EDGE_MUST(!"no such kind");
	return NULL;
}

static void gauges(int64_t objects, int64_t messages, int64_t bytes)
{
	edge_expect(kind->row, "objects", objects);
	if (!kind->stream)
		edge_expect(kind->row, "queued", messages);
	edge_expect(kind->row, "queued_bytes", bytes);
}

/* Any operation may be counted. */
static void operations(void)
{
	edge_any(kind->row, NULL);
}

static void end(void)
{
	operations();
	edge_end();
}

static void pair(void)
{
	int fd[2], other;

	edge_begin("%s: a pair, and what is sent", kind->name);
	sock_pair(kind, fd);
	EDGE_MUST(send(fd[1], data, 100, 0) == 100);
	EDGE_MUST(send(fd[1], data, 50, 0) == 50);
	gauges(sock_pair_objects(kind), 2, 150 + 2 * kind->header);
	end();

	edge_begin("%s: a descriptor more is not a socket more", kind->name);
	other = dup(fd[0]);
	EDGE_MUST(other >= 0);
	close(fd[0]);
	fd[0] = other;
	gauges(0, 0, 0);
	end();

	edge_begin("%s: they go with what they hold", kind->name);
	close(fd[0]);
	close(fd[1]);
	gauges(-sock_pair_objects(kind), -2, -(150 + 2 * kind->header));
	end();
}

/* Connections that nobody has accepted yet are sockets, and hold data. */
static void embryos(const char *name)
{
	union sock_addr addr;
	socklen_t len;
	int listener, to[2];

	kind = named(name);
	edge_begin("%s: two connections that are not accepted", kind->name);
	listener = sock_bound(kind, &addr, &len);
	EDGE_MUST(!listen(listener, 2));
	for (int i = 0; i < 2; i++) {
		to[i] = socket(kind->family, kind->type, 0);
		EDGE_MUST(!connect(to[i], &addr.sa, len));
		EDGE_MUST(send(to[i], data, 30, 0) == 30);
	}
	gauges(5, 2, 60);
	end();

	edge_begin("%s: the listener goes, and they with it", kind->name);
	close(listener);
	gauges(-3, -2, -60);
	end();

	edge_begin("%s: the other ends go", kind->name);
	close(to[0]);
	close(to[1]);
	gauges(-2, 0, 0);
	end();
}

/* ---- what the kernel itself tells ---- */

/* Lines of a file of /proc/net whose word number @nr (from 0) is @word; NULL: any. */
static int64_t lines(const char *path, int nr, const char *word)
{
	char line[512], *save, *p;
	int64_t count = -1; /* the headline */
	FILE *f = fopen(path, "r");

	EDGE_MUST(f);
	while (fgets(line, sizeof(line), f)) {
		p = strtok_r(line, " \n", &save);
		for (int i = 0; p && i < nr; i++)
			p = strtok_r(NULL, " \n", &save);
		if (count < 0 || !word || (p && !strcmp(p, word)))
			count++;
	}
	fclose(f);
	return count;
}

/* "TCP: inuse 3 orphan 0 tw 1 alloc 5 mem 0" */
static int64_t tcp_allocated(void)
{
	char line[512];
	long value = -1;
	FILE *f = fopen("/proc/net/sockstat", "r");

	EDGE_MUST(f);
	while (fgets(line, sizeof(line), f))
		if (sscanf(line, "TCP: inuse %*d orphan %*d tw %*d alloc %ld", &value) == 1)
			break;
	fclose(f);
	return value;
}

static void oracles(void)
{
	int fd[SOCK_KINDS][2];

	for (unsigned int i = 0; i < SOCK_KINDS; i++)
		sock_pair(&sock_kinds[i], fd[i]);
	edge_begin("as many sockets as /proc/net tells");
	/* the fifth word is the type */
	edge_value("unix_stream", "objects", lines("/proc/net/unix", 4, "0001"));
	edge_value("unix_dgram", "objects", lines("/proc/net/unix", 4, "0002"));
	edge_value("unix_seqpacket", "objects", lines("/proc/net/unix", 4, "0005"));
	edge_value("tcp", "objects", tcp_allocated());
	edge_value("udp", "objects",
		   lines("/proc/net/udp", 0, NULL) + lines("/proc/net/udp6", 0, NULL));
	edge_value("raw", "objects",
		   lines("/proc/net/raw", 0, NULL) + lines("/proc/net/raw6", 0, NULL));
	edge_end();
	for (unsigned int i = 0; i < SOCK_KINDS; i++)
		sock_drop(&sock_kinds[i], fd[i], 0);
}

/* ---- TCP ---- */

/* A stream that is full: what was received, and what could not be sent yet. */
static void tcp_full(void)
{
	int fd[2], unread, unsent;

	sock_pair(kind, fd);
	edge_begin("%s: as SIOCINQ and SIOCOUTQNSD tell", kind->name);
	while (send(fd[1], data, sizeof(data), MSG_DONTWAIT) > 0)
		;
	usleep(100000);
	EDGE_MUST(!ioctl(fd[0], SIOCINQ, &unread) && !ioctl(fd[1], SIOCOUTQNSD, &unsent));
	EDGE_MUST(unread > 0 && unsent > 0);
	gauges(0, 0, (int64_t)unread + unsent);
	end();
	sock_drop(kind, fd, 0);
}

/* The end of a stream has a sequence number, but is no byte. */
static void tcp_end(void)
{
	int fd[2], off[2] = { 0, 0 };

	sock_pair(kind, fd);
	edge_begin("%s: the end of the stream is no byte", kind->name);
	EDGE_MUST(send(fd[1], data, 10, 0) == 10);
	EDGE_MUST(!shutdown(fd[1], SHUT_WR));
	gauges(0, 0, 10);
	end();

	edge_begin("%s: it is read, and its end not yet", kind->name);
	EDGE_MUST(recv(fd[0], data, 100, 0) == 10);
	gauges(0, 0, -10);
	end();

	/* fd[0] sends its last bytes and goes; fd[1] then is in no table of the kernel's. */
	edge_begin("%s: both have ended, the last bytes are not read", kind->name);
	EDGE_MUST(send(fd[0], data, 20, 0) == 20);
	close(fd[0]);
	fd[0] = -1;
	gauges(-1, 0, 20);
	end();

	edge_begin("%s: now they are, in two parts", kind->name);
	EDGE_MUST(recv(fd[1], data, 5, 0) == 5);
	EDGE_MUST(recv(fd[1], data, 100, 0) == 15);
	EDGE_MUST(recv(fd[1], data, 100, 0) == 0);
	gauges(0, 0, -20);
	end();
	sock_drop(kind, fd, off[0]);

	/* fd[0] goes with bytes unread: a reset. */
	sock_pair(kind, fd);
	EDGE_MUST(send(fd[1], data, 10, 0) == 10);
	edge_begin("%s: a reset behind bytes that are not read", kind->name);
	EDGE_MUST(send(fd[0], data, 30, 0) == 30);
	close(fd[0]);
	fd[0] = -1;
	gauges(-1, 0, 20); /* 30 more, and 10 lost */
	end();

	edge_begin("%s: it is closed with them", kind->name);
	close(fd[1]);
	gauges(-1, 0, -30);
	end();
}

/* The sequence numbers of a listener are those of a connection that it had before. */
static void tcp_listens_again(void)
{
	union sock_addr nobody = { .sa = { .sa_family = AF_UNSPEC } };
	int fd[2], off[2] = { -1, -1 };

	sock_pair(kind, fd);
	edge_begin("%s: a socket that was connected listens", kind->name);
	close(fd[0]);
	EDGE_MUST(!connect(fd[1], &nobody.sa, sizeof(nobody.sa)));
	EDGE_MUST(!listen(fd[1], 1));
	gauges(-1, 0, 0);
	end();
	off[0] = fd[1];
	sock_drop(kind, off, 0);
}

/* ---- MPTCP ---- */

#define CHILD_EHASH "/proc/sys/net/ipv4/tcp_child_ehash_entries"

static void write_number(const char *path, int number)
{
	FILE *f = fopen(path, "w");

	EDGE_MUST(f && fprintf(f, "%d", number) > 0 && !fclose(f));
}

/* A socket of MPTCP, and the one of TCP that it has for its first path. */
static int mptcp_listener(void)
{
	struct sockaddr_in addr = { .sin_family = AF_INET, .sin_addr = { htonl(INADDR_LOOPBACK) } };
	int fd = socket(AF_INET, SOCK_STREAM, IPPROTO_MPTCP);

	EDGE_MUST(fd >= 0);
	EDGE_MUST(!bind(fd, (struct sockaddr *)&addr, sizeof(addr)) && !listen(fd, 1));
	return fd;
}

/* It listens when it has read a byte, and closes the socket at the next one. */
static int mptcp_in_namespace(void *pipes)
{
	int(*to)[2] = pipes, fd;
	char c = 0;

	if (unshare(CLONE_NEWNET))
		return 1;
	sock_loopback_up();
	EDGE_MUST(write(to[1][1], &c, 1) == 1);
	EDGE_MUST(read(to[0][0], &c, 1) == 1);
	fd = mptcp_listener();
	EDGE_MUST(write(to[1][1], &c, 1) == 1);
	EDGE_MUST(read(to[0][0], &c, 1) == 1);
	close(fd);
	return 0;
}

/* A listener of MPTCP is none of TCP, also where a namespace has a table of its own. */
static void mptcp_listens(bool own_table)
{
	const char *where = own_table ? "a namespace with a table of its own" : "a namespace";
	int to[2][2], fd[2], own;
	pid_t pid;
	char c = 0;

	/* There must be sockets of TCP, or a sum below zero goes unnoticed. */
	sock_pair(kind, fd);
	EDGE_MUST(!pipe(to[0]) && !pipe(to[1]));
	if (own_table)
		write_number(CHILD_EHASH, 128);
	pid = edge_child(mptcp_in_namespace, to);
	EDGE_MUST(read(to[1][0], &c, 1) == 1);
	if (own_table)
		write_number(CHILD_EHASH, 0);

	edge_begin("%s: beside %s, MPTCP listens", kind->name, where);
	own = mptcp_listener();
	gauges(0, 0, 0);
	end();
	edge_begin("%s: in %s, MPTCP listens", kind->name, where);
	EDGE_MUST(write(to[0][1], &c, 1) == 1);
	EDGE_MUST(read(to[1][0], &c, 1) == 1);
	gauges(0, 0, 0);
	end();
	edge_begin("%s: both listeners of MPTCP go", kind->name);
	close(own);
	EDGE_MUST(write(to[0][1], &c, 1) == 1);
	EDGE_MUST(edge_wait(pid) == 0);
	gauges(0, 0, 0);
	end();
	for (int i = 0; i < 2; i++) {
		close(to[i][0]);
		close(to[i][1]);
	}
	sock_drop(kind, fd, 0);
}

static void mptcp(void)
{
	int fd = socket(AF_INET, SOCK_STREAM, IPPROTO_MPTCP);

	if (fd < 0) {
		edge_skip("listeners of MPTCP", "this kernel has no MPTCP");
		return;
	}
	close(fd);
	mptcp_listens(false);
	if (!access(CHILD_EHASH, W_OK))
		mptcp_listens(true);
	else
		edge_skip("listeners of MPTCP beside a table",
			  "this kernel has no tcp_child_ehash_entries");
}

/* ---- UDP ---- */

static void udp_queues(void)
{
	struct sockaddr nobody = { .sa_family = AF_UNSPEC };
	union sock_addr addr;
	socklen_t len;
	int fd[2], s;

	edge_begin("%s: a socket without a port", kind->name);
	s = socket(kind->family, SOCK_DGRAM, 0);
	gauges(1, 0, 0);
	end();
	edge_begin("%s: it is closed", kind->name);
	close(s);
	gauges(-1, 0, 0);
	end();

	/* a peek moves what has come to the queue of the readers */
	sock_pair(kind, fd);
	edge_begin("%s: three datagrams in two queues", kind->name);
	EDGE_MUST(send(fd[1], data, 10, 0) == 10);
	EDGE_MUST(send(fd[1], data, 0, 0) == 0);
	EDGE_MUST(recv(fd[0], data, 100, MSG_PEEK) == 10);
	EDGE_MUST(send(fd[1], data, 30, 0) == 30);
	gauges(0, 3, 40);
	end();

	edge_begin("%s: they stay when the peer has gone", kind->name);
	close(fd[1]);
	fd[1] = -1;
	gauges(-1, 0, 0);
	end();
	edge_begin("%s: they are received", kind->name);
	EDGE_MUST(recv(fd[0], data, 100, 0) == 10 && recv(fd[0], data, 100, 0) == 0);
	EDGE_MUST(recv(fd[0], data, 100, 0) == 30);
	gauges(0, -3, -40);
	end();
	sock_drop(kind, fd, 0);

	/* connect() chose the port, and takes it back */
	fd[1] = sock_bound(kind, &addr, &len);
	fd[0] = socket(kind->family, SOCK_DGRAM, 0);
	EDGE_MUST(!connect(fd[0], &addr.sa, len));
	len = sizeof(addr);
	EDGE_MUST(!getsockname(fd[0], &addr.sa, &len));
	edge_begin("%s: a datagram in a socket that has lost its port", kind->name);
	EDGE_MUST(sendto(fd[1], data, 70, 0, &addr.sa, len) == 70);
	EDGE_MUST(!connect(fd[0], &nobody, sizeof(nobody)));
	gauges(0, 1, 70);
	end();
	edge_begin("%s: it is received", kind->name);
	EDGE_MUST(recv(fd[0], data, 100, 0) == 70);
	gauges(0, -1, -70);
	end();
	sock_drop(kind, fd, 0);
}

/* ---- other namespaces, other times ---- */

static int fds[SOCK_KINDS][2];

static void fill_all(void)
{
	for (unsigned int i = 0; i < SOCK_KINDS; i++) {
		sock_pair(&sock_kinds[i], fds[i]);
		EDGE_MUST(send(fds[i][1], data, 100, 0) == 100);
	}
}

/* Adds up what fill_all() makes, by row. */
static void expect_all(int sign)
{
	static const char *const rows[] = { "unix_stream", "unix_dgram", "unix_seqpacket",
					    "tcp",         "udp",        "raw" };

	for (unsigned int r = 0; r < sizeof(rows) / sizeof(rows[0]); r++) {
		int64_t objects = 0, messages = 0, bytes = 0;

		for (unsigned int i = 0; i < SOCK_KINDS; i++) {
			if (strcmp(sock_kinds[i].row, rows[r]))
				continue;
			kind = &sock_kinds[i];
			objects += sock_pair_objects(kind);
			messages++;
			bytes += 100 + kind->header;
		}
		gauges(sign * objects, sign * messages, sign * bytes);
		operations();
	}
}

static int in_namespace(void *pipes)
{
	int *to = pipes;
	char c = 0;

	if (unshare(CLONE_NEWNET))
		return 1;
	sock_loopback_up();
	fill_all();
	if (write(to[1], &c, 1) != 1)
		return 1;
	return pause();
}

static void namespaces(void)
{
	int pipes[2];
	pid_t pid;
	char c;

	EDGE_MUST(!pipe(pipes));
	edge_begin("sockets of another network namespace");
	pid = edge_child(in_namespace, pipes);
	EDGE_MUST(read(pipes[0], &c, 1) == 1);
	expect_all(1);
	edge_end();

	edge_begin("they go with it");
	kill(pid, SIGKILL);
	EDGE_MUST(edge_wait(pid) == 128 + SIGKILL);
	expect_all(-1);
	edge_end();
	close(pipes[0]);
	close(pipes[1]);
}

/* A UDP socket without a port, and a TCP connection that has ended unread. */
static void older(void)
{
	int udp, tcp[2];

	edge_unload();
	udp = socket(AF_INET6, SOCK_DGRAM, 0);
	sock_pair(named("tcp"), tcp);
	EDGE_MUST(!shutdown(tcp[1], SHUT_WR));
	EDGE_MUST(recv(tcp[0], data, 100, 0) == 0);
	EDGE_MUST(send(tcp[0], data, 55, 0) == 55);
	close(tcp[0]);
	fill_all();
	usleep(100000);
	edge_load();

	kind = named("udp6");
	edge_begin("%s: a socket of before, without a port", kind->name);
	close(udp);
	gauges(-1, 0, 0);
	end();

	kind = named("tcp");
	edge_begin("%s: a connection that ended before", kind->name);
	EDGE_MUST(recv(tcp[1], data, 50, 0) == 50);
	gauges(0, 0, -50);
	end();
	edge_begin("%s: it is closed", kind->name);
	close(tcp[1]);
	gauges(-1, 0, -5);
	end();

	edge_begin("sockets of before");
	for (unsigned int i = 0; i < SOCK_KINDS; i++) {
		close(fds[i][0]);
		close(fds[i][1]);
	}
	expect_all(-1);
	edge_end();
}

int main(void)
{
	sock_loopback_up();
	for (kind = sock_kinds; kind < sock_kinds + SOCK_KINDS; kind++)
		pair();
	embryos("unix_stream");
	embryos("unix_seqpacket");
	embryos("tcp");
	embryos("tcp6");
	oracles();
	for (unsigned int i = 0; i < 2; i++) {
		kind = named(i ? "tcp6" : "tcp");
		tcp_full();
		tcp_end();
		tcp_listens_again();
		kind = named(i ? "udp6" : "udp");
		udp_queues();
	}
	kind = named("tcp");
	mptcp();
	namespaces();
	older();
	return edge_done();
}
