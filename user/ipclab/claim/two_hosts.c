// SPDX-License-Identifier: GPL-2.0-only
/* Claim 19: sockets connect processes on different hosts, and on one host as well. */
#include <arpa/inet.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "textbook.h"

#define MESSAGES 23
#define SIZE 1024

static atomic_int *servers; /* number of servers that have begun to listen */

static struct sockaddr_in socket_address(const char *host)
{
	struct sockaddr_in address = { .sin_family = AF_INET, .sin_port = htons(7) };

	inet_pton(AF_INET, host, &address.sin_addr);
	return address;
}

/* An echo server for one client. */
static void serve(void)
{
	struct sockaddr_in any = socket_address("0.0.0.0");
	int listener = must(socket(AF_INET, SOCK_STREAM, 0)), client;
	char buffer[SIZE];

	must(bind(listener, (struct sockaddr *)&any, sizeof(any)));
	must(listen(listener, 1));
	++*servers;
	client = must(accept(listener, NULL, NULL));
	for (int i = 0; i < MESSAGES; i++) {
		must(recv(client, buffer, SIZE, MSG_WAITALL));
		must(send(client, buffer, SIZE, 0));
	}
	/* The host and its cable go with their last process: wait until the client has closed. */
	must(recv(client, buffer, SIZE, 0));
	_exit(0);
}

/* Returns whether all messages came back. */
static bool ask(const char *host)
{
	struct sockaddr_in address = socket_address(host);
	int server = must(socket(AF_INET, SOCK_STREAM, 0)), good = 0;
	char buffer[SIZE];

	must(connect(server, (struct sockaddr *)&address, sizeof(address)));
	for (int i = 0; i < MESSAGES; i++) {
		memset(buffer, 'a' + i, SIZE);
		must(send(server, buffer, SIZE, 0));
		memset(buffer, 0, SIZE);
		must(recv(server, buffer, SIZE, MSG_WAITALL));
		good += buffer[0] == 'a' + i && buffer[SIZE - 1] == 'a' + i;
	}
	close(server);
	return good == MESSAGES;
}

/* A socket can be bound to the addresses of its own host only. */
static bool is_mine(const char *host)
{
	struct sockaddr_in address = socket_address(host);
	int fd = must(socket(AF_INET, SOCK_DGRAM, 0));
	bool mine = !bind(fd, (struct sockaddr *)&address, sizeof(address));

	close(fd);
	return mine;
}

/* Makes a cable; its other end is in the client's host. */
static void second_host(void)
{
	move_to_new_host();
	shell("ip link add eth0 type veth peer name eth0 netns %d", getppid());
	shell("ip address add 10.0.0.2/24 dev eth0 && ip link set eth0 up");
	serve();
}

/* Returns the server's process, once it listens. */
static pid_t start(void (*server)(void))
{
	int before = *servers;
	pid_t pid = must(fork());

	if (!pid)
		server();
	while (*servers == before)
		usleep(1000);
	return pid;
}

static void act(void)
{
	pid_t server;

	servers = shared(sizeof(*servers));
	move_to_new_host();
	step("On one host a client sends %d messages of %d bytes to a server, and gets them back.",
	     MESSAGES, SIZE);
	server = start(serve);
	saw(ask("127.0.0.1"), "on one host all messages came back");
	join(server);
	look("one host");

	step("A second host is connected by a cable (veth). The same, but the server is on the "
	     "second host, 10.0.0.2.");
	server = start(second_host);
	shell("ip address add 10.0.0.1/24 dev eth0 && ip link set eth0 up");
	saw(is_mine("10.0.0.1") && !is_mine("10.0.0.2"),
	    "the client's host is 10.0.0.1, not 10.0.0.2");
	saw(ask("10.0.0.2"), "between two hosts all messages came back");
	join(server);
}

static void expect(void)
{
	predict_at("one host", "tcp", "send_ops", 2 * MESSAGES, "the messages, and the replies");
	predict_at("one host", "tcp", "send_copied", 2 * MESSAGES * SIZE, "copied in ...");
	predict_at("one host", "tcp", "recv_copied", 2 * MESSAGES * SIZE, "... and out");
	predict("tcp", "send_ops", 4 * MESSAGES, "the same once more, between two hosts");
	predict("tcp", "send_copied", 4 * MESSAGES * SIZE, "copied in: as often as on one host");
	predict("tcp", "recv_copied", 4 * MESSAGES * SIZE, "copied out: as often as on one host");
	predict("tcp", "send_fails", 0, "nothing failed");
	predict("tcp", "recv_fails", 0, "nothing failed");
}

LAB(two_hosts, .nr = 19, .rows = "tcp",
    .claim = "Sockets are for processes on different hosts. They work on one host, too.",
    .about = "A network namespace has its own interfaces, addresses and ports. For a program it is "
	     "a host of its own. The same client talks to the same server, first on one host, then "
	     "on two. The program and the counts are the same in both cases; only the path between "
	     "the sockets is longer. (The lab needs ip(8), and the kernel's veth.)");
