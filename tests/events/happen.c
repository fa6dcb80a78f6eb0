// SPDX-License-Identifier: GPL-2.0-only
/*
 * Let something happen that is an event, and say what, as "OBJECT-ID BYTES MESSAGES" or so:
 *
 *	happen lost MECH	an object goes with data in it: 7 of 100 bytes each, 3 where
 *				there are messages on a socket
 *	happen limit MECH	a sender finds no room, in an object that does not wait
 *	happen full MECH	the same, and waits for 50 ms or so
 *	happen signal		with room for 3 pending ones 5 are sent with sigqueue(3), and
 *				one with kill(2)
 *	happen wait MS		a reader of a pipe waits so long
 *	happen flood N		so many pipes are closed with a byte in them
 *
 * MECH: pipe fifo sysv_msg posix_mq unix_stream unix_dgram unix_seqpacket tcp udp raw eventfd
 */
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <mqueue.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <sys/ipc.h>
#include <sys/msg.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define SIZE 100
#define SENDS 7
#define SMALL 3

static char data[65536];

struct message {
	long type;
	char text[SIZE];
};

/* A channel: what is written to one end can be read from the other. */
struct channel {
	int in, out;
};

static const char *const socket_names[] = { "unix_stream", "unix_dgram", "unix_seqpacket",
					    "tcp",         "udp",        "raw" };

static int must(int result, const char *what)
{
	if (result < 0)
		err(1, "%s", what);
	return result;
}

static unsigned long inode(int fd)
{
	struct stat st;

	must(fstat(fd, &st), "fstat");
	return st.st_ino;
}

/* What people know it by. */
static unsigned long identity(int fd, const char *mech)
{
	unsigned long id = 0;
	char path[64], line[256];
	FILE *f;

	if (strcmp(mech, "eventfd"))
		return inode(fd);
	snprintf(path, sizeof(path), "/proc/self/fdinfo/%d", fd);
	f = fopen(path, "r");
	while (f && fgets(line, sizeof(line), f))
		if (sscanf(line, "eventfd-id: %lu", &id) == 1)
			break;
	if (f)
		fclose(f);
	return id;
}

static void nap(long ms)
{
	const struct timespec time = { ms / 1000, ms % 1000 * 1000000 };

	nanosleep(&time, NULL);
}

static struct channel loopback(int type)
{
	struct sockaddr_in address = { .sin_family = AF_INET,
				       .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	int protocol = type == SOCK_RAW ? 253 : 0;
	socklen_t size = sizeof(address);
	int server = must(socket(AF_INET, type, protocol), "socket");
	struct channel channel = { must(socket(AF_INET, type, protocol), "socket"), server };

	must(bind(server, (struct sockaddr *)&address, size), "bind");
	must(getsockname(server, (struct sockaddr *)&address, &size), "getsockname");
	if (type == SOCK_STREAM)
		must(listen(server, 1), "listen");
	/* A raw socket gets all: the sender must be none of its own kind. */
	if (type == SOCK_RAW) {
		close(channel.in);
		channel.in = must(socket(AF_INET, type, IPPROTO_RAW), "socket");
	}
	must(connect(channel.in, (struct sockaddr *)&address, size), "connect");
	if (type == SOCK_STREAM) {
		channel.out = must(accept(server, NULL, NULL), "accept");
		close(server);
	}
	return channel;
}

static struct channel unix_pair(int type)
{
	int pair[2];

	must(socketpair(AF_UNIX, type, 0, pair), "socketpair");
	return (struct channel){ pair[0], pair[1] };
}

static struct channel open_channel(const char *mech)
{
	int pair[2];

	if (!strcmp(mech, "fifo")) {
		unlink("/tmp/happen.fifo");
		must(mkfifo("/tmp/happen.fifo", 0600), "mkfifo");
		pair[0] = must(open("/tmp/happen.fifo", O_RDWR), "open");
		return (struct channel){ pair[0], pair[0] };
	}
	if (!strcmp(mech, "unix_stream"))
		return unix_pair(SOCK_STREAM);
	if (!strcmp(mech, "unix_dgram"))
		return unix_pair(SOCK_DGRAM);
	if (!strcmp(mech, "unix_seqpacket"))
		return unix_pair(SOCK_SEQPACKET);
	if (!strcmp(mech, "tcp"))
		return loopback(SOCK_STREAM);
	if (!strcmp(mech, "udp"))
		return loopback(SOCK_DGRAM);
	if (!strcmp(mech, "raw"))
		return loopback(SOCK_RAW);
	if (!strcmp(mech, "eventfd")) {
		pair[0] = must(eventfd(0, 0), "eventfd");
		return (struct channel){ pair[0], pair[0] };
	}
	if (strcmp(mech, "pipe"))
		errx(2, "%s: no such mechanism", mech);
	must(pipe(pair), "pipe");
	return (struct channel){ pair[1], pair[0] };
}

/* IPPROTO_RAW wants the header of IP: 20 bytes that say nothing but where to, and what. */
static ssize_t put(int fd, const char *mech, size_t size)
{
	unsigned char packet[SIZE + 20] = { 0x45 };
	const uint64_t most = UINT64_MAX - 1;

	if (!strcmp(mech, "eventfd"))
		return write(fd, &most, sizeof(most));
	if (strcmp(mech, "raw"))
		return write(fd, data, size);
	packet[8] = 64;
	packet[9] = 253;
	packet[16] = 127;
	packet[19] = 1;
	return write(fd, packet, size + 20);
}

/* ---- lost ---- */

static void lose_msg(void)
{
	struct message message = { .type = 1 };
	int id = must(msgget(IPC_PRIVATE, 0600), "msgget");

	for (int i = 0; i < SENDS; i++)
		must(msgsnd(id, &message, SIZE, 0), "msgsnd");
	must(msgctl(id, IPC_RMID, NULL), "msgctl");
	printf("%d %d %d\n", id, SENDS * SIZE, SENDS);
}

static void lose_mq(void)
{
	struct mq_attr attr = { .mq_maxmsg = SENDS, .mq_msgsize = SIZE };
	mqd_t queue = must(mq_open("/happen", O_RDWR | O_CREAT, 0600, &attr), "mq_open");

	for (int i = 0; i < SENDS; i++)
		must(mq_send(queue, data, SIZE, (unsigned int)i), "mq_send");
	printf("%lu %d %d\n", inode(queue), SENDS * SIZE, SENDS);
	must(mq_unlink("/happen"), "mq_unlink");
	must(mq_close(queue), "mq_close");
}

/* Loopback takes a moment. */
static void wait_until_there(int fd)
{
	struct pollfd poll_fd = { .fd = fd, .events = POLLIN };

	must(poll(&poll_fd, 1, 5000), "poll");
	nap(50);
}

static void lose(const char *mech)
{
	struct channel channel;
	bool is_socket = false;
	int sends = SENDS;

	if (!strcmp(mech, "sysv_msg")) {
		lose_msg();
		return;
	}
	if (!strcmp(mech, "posix_mq")) {
		lose_mq();
		return;
	}
	for (size_t i = 0; i < sizeof(socket_names) / sizeof(socket_names[0]); i++)
		is_socket |= !strcmp(mech, socket_names[i]);
	channel = open_channel(mech);
	if (is_socket)
		sends = SMALL;
	for (int i = 0; i < sends; i++)
		must((int)put(channel.in, mech, SIZE), "write");
	wait_until_there(channel.out);
	if (!is_socket || strstr(mech, "stream") || !strcmp(mech, "tcp"))
		printf("%lu %d 0\n", inode(channel.out), sends * SIZE);
	else /* a raw socket gets the header, too */
		printf("%lu %d %d\n", inode(channel.out),
		       sends * (SIZE + (strcmp(mech, "raw") ? 0 : 20)), sends);
	close(channel.out);
	if (channel.in != channel.out)
		close(channel.in);
}

static void flood(long nr)
{
	int pair[2];

	for (long i = 0; i < nr; i++) {
		must(pipe(pair), "pipe");
		must((int)write(pair[1], data, 1), "write");
		close(pair[0]);
		close(pair[1]);
	}
}

/* ---- limit ---- */

static void overfill(int id, int flags)
{
	struct message message = { .type = 1 };

	while (msgsnd(id, &message, SIZE, flags) == 0)
		;
}

static void overfill_mq(mqd_t queue, int nr)
{
	for (int i = 0; i < nr; i++)
		mq_send(queue, data, SIZE, 0);
}

static bool is_asleep(pid_t pid)
{
	char path[64], state = '?';
	FILE *file;

	snprintf(path, sizeof(path), "/proc/%d/stat", pid);
	file = fopen(path, "r");
	if (!file || fscanf(file, "%*d (%*[^)]) %c", &state) != 1)
		errx(1, "%s", path);
	fclose(file);
	return state == 'S';
}

/* A child that sends until it waits, and has waited for 50 ms. */
static pid_t start_waiting(void)
{
	pid_t child = must(fork(), "fork");

	for (int asleep = 0; child && asleep < 3;) {
		nap(20);
		asleep = is_asleep(child) ? asleep + 1 : 0;
	}
	return child;
}

static void end_waiting(pid_t child)
{
	kill(child, SIGKILL);
	waitpid(child, NULL, 0);
}

static void limit_msg(bool waits)
{
	int id = must(msgget(IPC_PRIVATE, 0600), "msgget");
	pid_t child;

	if (!waits) {
		overfill(id, IPC_NOWAIT);
	} else {
		child = start_waiting();
		if (!child)
			overfill(id, 0);
		end_waiting(child);
	}
	printf("%d\n", id);
	must(msgctl(id, IPC_RMID, NULL), "msgctl");
}

static void limit_mq(bool waits)
{
	struct mq_attr attr = { .mq_maxmsg = SENDS, .mq_msgsize = SIZE };
	mqd_t queue =
		must(mq_open("/happen", O_RDWR | O_CREAT | (waits ? 0 : O_NONBLOCK), 0600, &attr),
		     "mq_open");
	pid_t child;

	if (!waits) {
		overfill_mq(queue, SENDS + 1);
	} else {
		child = start_waiting();
		if (!child)
			overfill_mq(queue, SENDS + 1);
		end_waiting(child);
	}
	printf("%lu\n", inode(queue));
	mq_unlink("/happen");
	mq_close(queue);
}

static void limit(const char *mech, bool waits)
{
	struct channel channel;
	pid_t child;

	if (!strcmp(mech, "sysv_msg")) {
		limit_msg(waits);
		return;
	}
	if (!strcmp(mech, "posix_mq")) {
		limit_mq(waits);
		return;
	}
	channel = open_channel(mech);
	if (!waits) {
		must(fcntl(channel.in, F_SETFL, O_NONBLOCK), "fcntl");
		while (put(channel.in, mech, SIZE) > 0)
			;
	} else {
		child = start_waiting();
		while (!child)
			put(channel.in, mech, SIZE);
	}
	printf("%lu\n", identity(channel.in, mech));
	if (waits)
		end_waiting(child);
}

/* ---- signals, waits ---- */

static void lose_signals(void)
{
	const struct rlimit room = { SMALL, SMALL };
	const union sigval value = { .sival_int = 0 };
	sigset_t set;
	int failed = 0;

	sigemptyset(&set);
	sigaddset(&set, SIGRTMIN);
	sigprocmask(SIG_BLOCK, &set, NULL);
	must(setrlimit(RLIMIT_SIGPENDING, &room), "setrlimit");
	for (int i = 0; i < SMALL + 2; i++)
		failed += sigqueue(getpid(), SIGRTMIN, value) < 0 && errno == EAGAIN;
	must(kill(getpid(), SIGRTMIN), "kill");
	printf("%d %d\n", getpid(), failed);
}

static void wait_for(long ms)
{
	int pair[2];
	pid_t child;

	must(pipe(pair), "pipe");
	child = must(fork(), "fork");
	if (!child) {
		nap(ms);
		must((int)write(pair[1], data, 1), "write");
		_exit(0);
	}
	must((int)read(pair[0], data, 1), "read");
	waitpid(child, NULL, 0);
	printf("%lu %d\n", inode(pair[0]), getpid());
}

int main(int argc, char **argv)
{
	if (argc == 3 && !strcmp(argv[1], "lost"))
		lose(argv[2]);
	else if (argc == 3 && !strcmp(argv[1], "limit"))
		limit(argv[2], false);
	else if (argc == 3 && !strcmp(argv[1], "full"))
		limit(argv[2], true);
	else if (argc == 2 && !strcmp(argv[1], "signal"))
		lose_signals();
	else if (argc == 3 && !strcmp(argv[1], "wait"))
		wait_for(atol(argv[2]));
	else if (argc == 3 && !strcmp(argv[1], "flood"))
		flood(atol(argv[2]));
	else
		errx(2, "Usage: happen lost|limit|full MECH | signal | wait MS | flood N");
	return 0;
}
