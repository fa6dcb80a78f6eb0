// SPDX-License-Identifier: GPL-2.0-only
/* Labs: network namespaces as hosts, shell commands, and TCP connections. */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <net/if.h>
#include <sched.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "private.h"

/* Enters a new user namespace as its root, which may make other namespaces. */
static void become_root(void)
{
	char line[32];
	int len, fd;

	len = snprintf(line, sizeof(line), "0 %u 1", geteuid());
	if (unshare(CLONE_NEWUSER))
		give_up("the lab needs root, or a kernel that allows user namespaces "
			"(unshare: %s)",
			strerror(errno));
	fd = must(open("/proc/self/uid_map", O_WRONLY));
	must(write(fd, line, len));
	close(fd);
}

void move_to_new_host(void)
{
	struct ifreq loopback = { .ifr_name = "lo", .ifr_flags = IFF_UP };
	int fd;

	if (unshare(CLONE_NEWNET)) {
		become_root();
		must(unshare(CLONE_NEWNET));
	}
	fd = must(socket(AF_INET, SOCK_DGRAM, 0));
	must(ioctl(fd, SIOCSIFFLAGS, &loopback));
	close(fd);
}

void shell(const char *fmt, ...)
{
	static const char path[] = "PATH=/usr/sbin:/usr/bin:/sbin:/bin; ";
	char line[256];
	va_list ap;

	strcpy(line, path);
	va_start(ap, fmt);
	vsnprintf(line + strlen(path), sizeof(line) - strlen(path), fmt, ap);
	va_end(ap);
	if (system(line))
		give_up("`%s` failed", line + strlen(path));
}

void tcp_pair(int end[2])
{
	struct sockaddr_in here = { .sin_family = AF_INET };
	socklen_t len = sizeof(here);
	int listener = must(socket(AF_INET, SOCK_STREAM, 0));

	here.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	must(bind(listener, (struct sockaddr *)&here, len));
	must(listen(listener, 1));
	must(getsockname(listener, (struct sockaddr *)&here, &len));
	end[1] = must(socket(AF_INET, SOCK_STREAM, 0));
	must(connect(end[1], (struct sockaddr *)&here, len));
	end[0] = must(accept(listener, NULL, NULL));
	close(listener);
}
