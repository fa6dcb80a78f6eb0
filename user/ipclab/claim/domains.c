// SPDX-License-Identifier: GPL-2.0-only
/* Claim 20: the three arguments of socket(2). */
#include <errno.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include "textbook.h"

#define SIZE 100
#define IP_HEADER 20
/* A protocol number of IP that is reserved for experiments. */
#define EXPERIMENT 253

/* Two sockets that are connected: [1] sends to [0]. */
static void connected(int domain, int type, int protocol, int end[2])
{
	/* An address of zeros means this host; port 0 means any free port. */
	struct sockaddr_storage here = { .ss_family = domain };
	socklen_t len = sizeof(here);
	int listener;

	if (domain == AF_LOCAL) {
		must(socketpair(domain, type, protocol, end));
		return;
	}
	end[0] = must(socket(domain, type, protocol));
	end[1] = must(socket(domain, type, protocol));
	must(bind(end[0], (struct sockaddr *)&here, len));
	must(getsockname(end[0], (struct sockaddr *)&here, &len));
	if (type == SOCK_STREAM)
		must(listen(end[0], 1));
	must(connect(end[1], (struct sockaddr *)&here, len));
	if (type == SOCK_STREAM) {
		listener = end[0];
		end[0] = must(accept(listener, NULL, NULL));
		close(listener);
	}
}

/* Sends two messages, then receives them. Returns the size of the first. */
static int exchange(int domain, int type, int protocol)
{
	char buffer[2 * SIZE] = { 0 };
	int end[2], first;

	connected(domain, type, protocol, end);
	must(send(end[1], buffer, SIZE, 0));
	must(send(end[1], buffer, SIZE, 0));
	first = must(recv(end[0], buffer, 2 * SIZE, MSG_WAITALL));
	if (type != SOCK_STREAM)
		must(recv(end[0], buffer, 2 * SIZE, 0));
	close(end[0]);
	close(end[1]);
	return first;
}

/* An option of socket(domain, type, protocol), by getsockopt(2); -1 if socket(2) fails. */
static int option_of(int domain, int type, int protocol, int option)
{
	int fd = socket(domain, type, protocol), value;
	socklen_t len = sizeof(value);

	if (fd == -1)
		return -1;
	must(getsockopt(fd, SOL_SOCKET, option, &value, &len));
	close(fd);
	return value;
}

static void try_domain(int domain, const char *name)
{
	int stream, dgram, raw;

	step("%s: two messages of %d bytes through SOCK_STREAM, SOCK_DGRAM and SOCK_RAW.", name,
	     SIZE);
	stream = exchange(domain, SOCK_STREAM, 0);
	dgram = exchange(domain, SOCK_DGRAM, 0);
	raw = exchange(domain, SOCK_RAW, domain == AF_LOCAL ? 0 : EXPERIMENT);
	saw(stream == 2 * SIZE, "%s: a stream merges the messages: %d bytes at once", name, stream);
	saw(dgram == SIZE, "%s: datagrams stay separate: %d bytes, and %d", name, dgram, dgram);
	saw(raw == SIZE + (domain == AF_INET ? IP_HEADER : 0), "%s: raw messages, too: %d bytes%s",
	    name, raw, domain == AF_INET ? ", including the IP header" : "");
}

static void act(void)
{
	/* Raw sockets of AF_INET need CAP_NET_RAW: an ordinary user has it in a new namespace. */
	if (option_of(AF_INET, SOCK_RAW, EXPERIMENT, SO_TYPE) == -1)
		move_to_new_host();
	try_domain(AF_INET, "AF_INET");
	try_domain(AF_INET6, "AF_INET6");
	try_domain(AF_LOCAL, "AF_LOCAL");
	saw(option_of(AF_INET, SOCK_STREAM, 0, SO_PROTOCOL) == IPPROTO_TCP &&
		    option_of(AF_INET, SOCK_DGRAM, 0, SO_PROTOCOL) == IPPROTO_UDP,
	    "with protocol 0, AF_INET uses TCP for streams and UDP for datagrams");
	saw_but(option_of(AF_INET, SOCK_RAW, 0, SO_TYPE) == -1 && errno == EPROTONOSUPPORT &&
			option_of(AF_INET6, SOCK_RAW, 0, SO_TYPE) == -1 && errno == EPROTONOSUPPORT,
		"with protocol 0, AF_INET and AF_INET6 refuse a raw socket: EPROTONOSUPPORT");
	saw_but(option_of(AF_LOCAL, SOCK_RAW, 0, SO_TYPE) == SOCK_DGRAM,
		"AF_LOCAL turns SOCK_RAW into SOCK_DGRAM, says getsockopt(2)");
}

static void expect(void)
{
	predict("tcp", "ipv4_send_ops", 2, "AF_INET, SOCK_STREAM: two messages ...");
	predict("tcp", "ipv4_recv_ops", 1, "... are received as one");
	predict("udp", "ipv4_send_ops", 2, "AF_INET, SOCK_DGRAM: two messages ...");
	predict("udp", "ipv4_recv_ops", 2, "... are received as two");
	predict("raw", "ipv4_send_ops", 2, "AF_INET, SOCK_RAW: two messages ...");
	predict("raw", "ipv4_recv_ops", 2, "... are received as two");
	predict("tcp", "ipv6_send_ops", 2, "AF_INET6, SOCK_STREAM");
	predict("tcp", "ipv6_recv_ops", 1, "received as one");
	predict("udp", "ipv6_send_ops", 2, "AF_INET6, SOCK_DGRAM");
	predict("udp", "ipv6_recv_ops", 2, "received as two");
	predict("raw", "ipv6_send_ops", 2, "AF_INET6, SOCK_RAW");
	predict("raw", "ipv6_recv_ops", 2, "received as two");
	predict("unix_stream", "send_ops", 2, "AF_LOCAL, SOCK_STREAM");
	predict("unix_stream", "recv_ops", 1, "received as one");
	predict("unix_dgram", "send_ops", 2 + 2, "AF_LOCAL, SOCK_DGRAM and SOCK_RAW");
	predict("unix_dgram", "recv_ops", 2 + 2, "each received as two");
}

LAB(domains, .nr = 20, .rows = "tcp udp raw unix_stream unix_dgram",
    .claim = "socket(domain, type, protocol): the domain is AF_INET, AF_INET6 or AF_LOCAL, the "
	     "type SOCK_STREAM, SOCK_DGRAM or SOCK_RAW, and the protocol mostly 0.",
    .about = "Domain and type together choose the protocol, and each protocol has its counters. "
	     "Two messages are sent before anything is received. A stream does not know where a "
	     "message ends; the others do.",
    .task = "For each of the nine pairs connect two sockets. Raw sockets of AF_INET and AF_INET6 "
	    "use protocol 253. Send two messages of 100 bytes through each pair, and then receive "
	    "both: with one recv(2) from a stream (MSG_WAITALL), with two from the others.",
    .but = "a raw socket of AF_INET or AF_INET6 needs a protocol other than 0. AF_LOCAL has no raw "
	   "sockets: it makes a datagram socket instead.");
