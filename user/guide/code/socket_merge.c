// SPDX-License-Identifier: GPL-2.0-only
/* socket_merge stream|dgram|seqpacket: sends three messages. How many are received? */
#include <err.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static int type_of(const char *name)
{
	if (!strcmp(name, "stream"))
		return SOCK_STREAM;
	if (!strcmp(name, "dgram"))
		return SOCK_DGRAM;
	return strcmp(name, "seqpacket") ? -1 : SOCK_SEQPACKET;
}

int main(int argc, char **argv)
{
	int type = argc == 2 ? type_of(argv[1]) : -1, end[2];
	char buffer[100];
	ssize_t n;

	if (type < 0)
		errx(2, "Usage: socket_merge stream|dgram|seqpacket");
	if (socketpair(AF_UNIX, type, 0, end))
		err(1, "socketpair");
	for (int i = 0; i < 3; i++)
		if (send(end[0], "abcde", 5, 0) != 5)
			err(1, "send");
	while ((n = recv(end[1], buffer, sizeof(buffer), MSG_DONTWAIT)) > 0)
		printf("%zd bytes: %.*s\n", n, (int)n, buffer);
	return 0;
}
