// SPDX-License-Identifier: GPL-2.0-only
/* Claim 19: sockets connect processes on different hosts, and on one host as well. */
#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "textbook.h"

#define MESSAGES 23
#define SIZE 1024

/* How far both have come. */
enum {
	MOVED = 1,
	CABLED,
	LISTENING
};

static atomic_int *state;

static void await(int wanted)
{
	while (*state != wanted)
		usleep(1000);
}

static void run(const char *command)
{
	if (system(command))
		give_up("`%s` failed: it takes ip(8), and the kernel's module veth", command);
}

static struct sockaddr_in socket_address(const char *host)
{
	struct sockaddr_in address = { .sin_family = AF_INET, .sin_port = htons(7) };

	inet_pton(AF_INET, host, &address.sin_addr);
	return address;
}

/* Sends back what it gets. */
static void serve(void)
{
	struct sockaddr_in any = socket_address("0.0.0.0");
	int listener = must(socket(AF_INET, SOCK_STREAM, 0)), client;
	char buffer[SIZE];

	must(bind(listener, (struct sockaddr *)&any, sizeof(any)));
	must(listen(listener, 1));
	*state = LISTENING;
	client = must(accept(listener, NULL, NULL));
	for (int i = 0; i < MESSAGES; i++) {
		must(recv(client, buffer, SIZE, MSG_WAITALL));
		must(send(client, buffer, SIZE, 0));
	}
	/* With its last process a host goes, and the cable: not before the client has all. */
	must(recv(client, buffer, SIZE, 0));
	_exit(0);
}

/* Returns whether all came back. */
static bool ask(const char *host)
{
	struct sockaddr_in address = socket_address(host);
	int server = must(socket(AF_INET, SOCK_STREAM, 0)), good = 0;
	char buffer[SIZE];

	await(LISTENING);
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

static bool has_address(const char *host)
{
	struct sockaddr_in address = socket_address(host);
	int fd = must(socket(AF_INET, SOCK_STREAM, 0)), ret;

	ret = bind(fd, (struct sockaddr *)&address, sizeof(address));
	close(fd);
	return !ret || errno != EADDRNOTAVAIL;
}

static void second_host(void)
{
	move_to_new_host();
	*state = MOVED;
	await(CABLED);
	run("ip address add 10.0.0.2/24 dev eth0 && ip link set eth0 up");
	serve();
}

static void act(void)
{
	char command[80];
	pid_t pid;

	state = shared(sizeof(*state));
	setenv("PATH", "/usr/sbin:/usr/bin:/sbin:/bin", 1);
	move_to_new_host();
	step("A host. A client sends %d messages of %d bytes to a server on the same host, and gets "
	     "them back.",
	     MESSAGES, SIZE);
	pid = must(fork());
	if (!pid)
		serve();
	saw(ask("127.0.0.1"), "on one host all messages come back");
	join(pid);
	look("one host");

	step("Another host, and a cable between them (veth). The same, but the server is on the "
	     "second host, 10.0.0.2.");
	pid = must(fork());
	if (!pid)
		second_host();
	await(MOVED);
	sprintf(command, "ip link add eth0 type veth peer name eth0 netns %d", pid);
	run(command);
	run("ip address add 10.0.0.1/24 dev eth0 && ip link set eth0 up");
	*state = CABLED;
	saw(has_address("10.0.0.1") && !has_address("10.0.0.2"),
	    "the client's host is 10.0.0.1, and it is not 10.0.0.2");
	saw(ask("10.0.0.2"), "between two hosts all messages come back");
	join(pid);
}

static void expect(void)
{
	predict_at("one host", "tcp", "send_ops", 2 * MESSAGES, "messages, and what came back");
	predict_at("one host", "tcp", "send_copied", 2 * MESSAGES * SIZE, "copied in ...");
	predict_at("one host", "tcp", "recv_copied", 2 * MESSAGES * SIZE, "... and out");
	predict("tcp", "send_ops", 4 * MESSAGES, "the same once more, between two hosts");
	predict("tcp", "send_copied", 4 * MESSAGES * SIZE, "copied in: as often as on one host");
	predict("tcp", "recv_copied", 4 * MESSAGES * SIZE, "copied out: as often as on one host");
	predict("tcp", "send_fails", 0, "nothing has failed");
	predict("tcp", "recv_fails", 0, "nothing has failed");
}

LAB(two_hosts, .nr = 19, .rows = "tcp",
    .claim = "Sockets are for processes on different hosts. They work on one host, too.",
    .about = "A network namespace has its own interfaces, addresses and ports: to a program it is "
	     "a host. The same client talks to the same server first on one host, and then on "
	     "another one. For both it is the same program, and for the counters the same work; "
	     "only the way between the sockets is longer.");
