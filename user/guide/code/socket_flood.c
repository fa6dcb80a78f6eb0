// SPDX-License-Identifier: GPL-2.0-only
/* socket_flood tcp|udp: 20000 messages of 1000 bytes for a receiver that sleeps half a second. */
#include <arpa/inet.h>
#include <err.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#define MESSAGES 20000
#define SIZE 1000

static char message[SIZE];

/* Reads until the other end has gone, or, where there is no end, until nothing comes. */
static long drain(int from)
{
	struct timeval second = { .tv_sec = 1 };
	long bytes = 0;
	ssize_t n;

	setsockopt(from, SOL_SOCKET, SO_RCVTIMEO, &second, sizeof(second));
	usleep(500000);
	while ((n = recv(from, message, SIZE, 0)) > 0)
		bytes += n;
	return bytes;
}

static void send_all(int to)
{
	for (int i = 0; i < MESSAGES; i++)
		if (send(to, message, SIZE, 0) != SIZE)
			err(1, "send");
}

int main(int argc, char **argv)
{
	struct sockaddr_in address = { .sin_family = AF_INET };
	socklen_t length = sizeof(address);
	int type, at, to;

	if (argc != 2 || (strcmp(argv[1], "tcp") && strcmp(argv[1], "udp")))
		errx(2, "Usage: socket_flood tcp|udp");
	type = strcmp(argv[1], "tcp") ? SOCK_DGRAM : SOCK_STREAM;
	address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	at = socket(AF_INET, type, 0);
	to = socket(AF_INET, type, 0);
	if (at < 0 || to < 0 || bind(at, (struct sockaddr *)&address, length) ||
	    getsockname(at, (struct sockaddr *)&address, &length) ||
	    (type == SOCK_STREAM && listen(at, 1)))
		err(1, "bind");
	if (!fork()) {
		close(to);
		if (type == SOCK_STREAM)
			at = accept(at, NULL, NULL);
		printf("%d bytes were sent, %ld arrived\n", MESSAGES * SIZE, drain(at));
		return 0;
	}
	close(at);
	if (connect(to, (struct sockaddr *)&address, length))
		err(1, "connect");
	send_all(to);
	close(to);
	wait(NULL);
	return 0;
}
