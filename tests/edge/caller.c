// SPDX-License-Identifier: GPL-2.0-only
/*
 * caller ROW [COUNT [PAUSE]]: 23, or COUNT, sends and receives of 64 bytes (where
 * there are bytes) through an object of its own, with PAUSE microseconds of sleep
 * after each 16. It is built twice: as a 32-bit program (caller32) it comes through
 * another system call table with other structures, and has to move the same
 * counters.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <linux/futex.h>
#include <mqueue.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/ipc.h>
#include <sys/mman.h>
#include <sys/msg.h>
#include <sys/sem.h>
#include <sys/shm.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#define SIZE 64

#define MUST(cond)                                                          \
	do {                                                                \
		if (!(cond)) {                                              \
			fprintf(stderr, "caller: line %d: %m\n", __LINE__); \
			return errno == ENOSYS ? 77 : 1;                    \
		}                                                           \
	} while (0)

static char data[1024];
static int ops = 23;
static int pause_us;

static int next(int i)
{
	if (pause_us && i % 16 == 15)
		usleep(pause_us);
	return i + 1;
}

static int through(int to, int from)
{
	for (int i = 0; i < ops; i = next(i)) {
		MUST(write(to, data, SIZE) == SIZE);
		MUST(read(from, data, SIZE) == SIZE);
	}
	return 0;
}

static int use_pipe(void)
{
	int fd[2];

	MUST(!pipe(fd));
	return through(fd[1], fd[0]);
}

static int use_fifo(void)
{
	char name[64];
	int fd;

	sprintf(name, "caller.%d.fifo", getpid());
	MUST(!mkfifo(name, 0600));
	fd = open(name, O_RDWR);
	unlink(name);
	MUST(fd >= 0);
	return through(fd, fd);
}

static int use_sysv_msg(void)
{
	struct {
		long type;
		char text[SIZE];
	} msg = { .type = 1 };
	int id = msgget(IPC_PRIVATE, 0600);

	MUST(id >= 0);
	for (int i = 0; i < ops; i = next(i)) {
		MUST(!msgsnd(id, &msg, SIZE, 0));
		MUST(msgrcv(id, &msg, SIZE, 0, 0) == SIZE);
	}
	MUST(!msgctl(id, IPC_RMID, NULL));
	return 0;
}

static int use_posix_mq(void)
{
	struct mq_attr attr = { .mq_maxmsg = 4, .mq_msgsize = SIZE };
	char name[64];
	mqd_t mq;

	sprintf(name, "/caller.%d", getpid());
	mq = mq_open(name, O_RDWR | O_CREAT | O_EXCL, 0600, &attr);
	MUST(mq >= 0);
	MUST(!mq_unlink(name));
	for (int i = 0; i < ops; i = next(i)) {
		MUST(!mq_send(mq, data, SIZE, 0));
		MUST(mq_receive(mq, data, SIZE, NULL) == SIZE);
	}
	return 0;
}

/* attaches and detaches of a page */
static int use_sysv_shm(void)
{
	int id = shmget(IPC_PRIVATE, 4096, 0600);
	void *mem;

	MUST(id >= 0);
	for (int i = 0; i < ops; i = next(i)) {
		mem = shmat(id, NULL, 0);
		MUST(mem != (void *)-1);
		MUST(!shmdt(mem));
	}
	MUST(!shmctl(id, IPC_RMID, NULL));
	return 0;
}

/* mappings of a page, and writes and reads of 64 bytes */
static int use_posix_shm(void)
{
	int fd = memfd_create("caller", 0);
	void *mem;

	MUST(fd >= 0 && !ftruncate(fd, 4096));
	for (int i = 0; i < ops; i = next(i)) {
		mem = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
		MUST(mem != MAP_FAILED && !munmap(mem, 4096));
		MUST(pwrite(fd, data, SIZE, 0) == SIZE);
		MUST(pread(fd, data, SIZE, 0) == SIZE);
	}
	return 0;
}

static int up_and_down(int id)
{
	struct sembuf up = { 0, 1, 0 }, down = { 0, -1, 0 };

	for (int i = 0; i < ops; i = next(i)) {
		MUST(!semop(id, &up, 1));
		MUST(!semop(id, &down, 1));
	}
	return 0;
}

static int use_sysv_sem(void)
{
	int id = semget(IPC_PRIVATE, 1, 0600), status;

	MUST(id >= 0);
	status = up_and_down(id);
	/* The set goes, too, where the kernel lacks the call. */
	MUST(!semctl(id, 0, IPC_RMID));
	return status;
}

/* wakes, and waits that find another value: receives that fail */
static int use_futex(void)
{
	int *word = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	MUST(word != MAP_FAILED);
	for (int i = 0; i < ops; i = next(i)) {
		MUST(syscall(SYS_futex, word, FUTEX_WAKE, 1, NULL, NULL, 0) == 0);
		MUST(syscall(SYS_futex, word, FUTEX_WAIT, 1, NULL, NULL, 0) < 0);
	}
	return 0;
}

static void on_signal(int sig)
{
	(void)sig;
}

/* SIGUSR1 to a handler */
static int use_signal(void)
{
	signal(SIGUSR1, on_signal);
	for (int i = 0; i < ops; i = next(i))
		MUST(!kill(getpid(), SIGUSR1));
	return 0;
}

static int pair(int type)
{
	int fd[2];

	MUST(!socketpair(AF_UNIX, type, 0, fd));
	for (int i = 0; i < ops; i = next(i)) {
		MUST(send(fd[0], data, SIZE, 0) == SIZE);
		MUST(recv(fd[1], data, SIZE, 0) == SIZE);
	}
	return 0;
}

static int use_unix_stream(void)
{
	return pair(SOCK_STREAM);
}

static int use_unix_dgram(void)
{
	return pair(SOCK_DGRAM);
}

static int use_unix_seqpacket(void)
{
	return pair(SOCK_SEQPACKET);
}

static int use_tcp(void)
{
	struct sockaddr_in addr = { .sin_family = AF_INET, .sin_addr = { htonl(INADDR_LOOPBACK) } };
	socklen_t len = sizeof(addr);
	int listener, to, from;

	listener = socket(AF_INET, SOCK_STREAM, 0);
	to = socket(AF_INET, SOCK_STREAM, 0);
	MUST(listener >= 0 && to >= 0 && !bind(listener, (void *)&addr, len));
	MUST(!listen(listener, 1) && !getsockname(listener, (void *)&addr, &len));
	MUST(!connect(to, (void *)&addr, len));
	from = accept(listener, NULL, NULL);
	MUST(from >= 0);
	for (int i = 0; i < ops; i = next(i)) {
		MUST(send(to, data, SIZE, 0) == SIZE);
		MUST(recv(from, data, SIZE, MSG_WAITALL) == SIZE);
	}
	return 0;
}

static int use_udp(void)
{
	struct sockaddr_in addr = { .sin_family = AF_INET, .sin_addr = { htonl(INADDR_LOOPBACK) } };
	socklen_t len = sizeof(addr);
	int fd = socket(AF_INET, SOCK_DGRAM, 0);

	MUST(fd >= 0 && !bind(fd, (void *)&addr, len) && !getsockname(fd, (void *)&addr, &len));
	for (int i = 0; i < ops; i = next(i)) {
		MUST(sendto(fd, data, SIZE, 0, (void *)&addr, len) == SIZE);
		MUST(recv(fd, data, SIZE, 0) == SIZE);
	}
	return 0;
}

/* IPv4: a raw receive has the 20 bytes of the IP header before the 64. */
static int use_raw(void)
{
	struct sockaddr_in addr = { .sin_family = AF_INET, .sin_addr = { htonl(INADDR_LOOPBACK) } };
	int fd = socket(AF_INET, SOCK_RAW, 253);

	MUST(fd >= 0);
	for (int i = 0; i < ops; i = next(i)) {
		MUST(sendto(fd, data, SIZE, 0, (void *)&addr, sizeof(addr)) == SIZE);
		MUST(recv(fd, data, sizeof(data), 0) == SIZE + 20);
	}
	return 0;
}

/* numbers of eight bytes */
static int use_eventfd(void)
{
	eventfd_t number = 3;
	int fd = eventfd(0, 0);

	MUST(fd >= 0);
	for (int i = 0; i < ops; i = next(i)) {
		MUST(write(fd, &number, sizeof(number)) == sizeof(number));
		MUST(read(fd, data, SIZE) == sizeof(number));
	}
	return 0;
}

static const struct {
	const char *row;
	int (*use)(void);
} rows[] = {
	{ "pipe", use_pipe },
	{ "fifo", use_fifo },
	{ "sysv_msg", use_sysv_msg },
	{ "posix_mq", use_posix_mq },
	{ "sysv_shm", use_sysv_shm },
	{ "posix_shm", use_posix_shm },
	{ "sysv_sem", use_sysv_sem },
	{ "futex", use_futex },
	{ "signal", use_signal },
	{ "unix_stream", use_unix_stream },
	{ "unix_dgram", use_unix_dgram },
	{ "unix_seqpacket", use_unix_seqpacket },
	{ "tcp", use_tcp },
	{ "udp", use_udp },
	{ "raw", use_raw },
	{ "eventfd", use_eventfd },
};

int main(int argc, char **argv)
{
	if (argc > 2)
		ops = atoi(argv[2]);
	if (argc > 3)
		pause_us = atoi(argv[3]);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		if (argc > 1 && !strcmp(argv[1], rows[i].row))
			return rows[i].use();
	fprintf(stderr, "Usage: caller ROW [COUNT [PAUSE]]\n");
	return 2;
}
