// SPDX-License-Identifier: GPL-2.0-only
/*
 * sleepers ROW|all COUNT FILE: put COUNT threads to sleep in a mechanism (in each
 * of them), create FILE when all of them sleep, wait until somebody removes it,
 * wake them all, and end.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <linux/futex.h>
#include <mqueue.h>
#include <netinet/in.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/ipc.h>
#include <sys/mman.h>
#include <sys/msg.h>
#include <sys/resource.h>
#include <sys/sem.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "asleep.h"

#define MUST(cond)                                                            \
	do {                                                                  \
		if (!(cond)) {                                                \
			fprintf(stderr, "sleepers: line %d: %m\n", __LINE__); \
			exit(1);                                              \
		}                                                             \
	} while (0)

#define STACK 16384

static char zeros[65536];
static int count;

/* ---- the mechanisms: make, sleep once, wake all ---- */

static int pipe_fd[2];

static void make_pipe(void)
{
	MUST(!pipe(pipe_fd));
}

static void sleep_pipe(void)
{
	char c;

	MUST(read(pipe_fd[0], &c, 1) == 1);
}

static void wake_pipe(void)
{
	MUST(write(pipe_fd[1], zeros, count) == count);
}

static const char fifo[] = "/tmp/sleepers.fifo";

static void make_fifo(void)
{
	unlink(fifo);
	MUST(!mkfifo(fifo, 0600));
}

/* wait_for_partner(), from fifo_open() */
static void sleep_fifo(void)
{
	MUST(open(fifo, O_RDONLY) >= 0);
}

static void wake_fifo(void)
{
	MUST(open(fifo, O_WRONLY) >= 0);
	unlink(fifo);
}

static int msg_id;

static void make_sysv_msg(void)
{
	msg_id = msgget(IPC_PRIVATE, 0600);
	MUST(msg_id >= 0);
}

static void sleep_sysv_msg(void)
{
	struct {
		long type;
		char text[1];
	} msg;

	MUST(msgrcv(msg_id, &msg, 1, 0, 0) == 1);
}

static void wake_sysv_msg(void)
{
	struct {
		long type;
		char text[1];
	} msg = { .type = 1 };

	for (int i = 0; i < count; i++)
		MUST(!msgsnd(msg_id, &msg, 1, 0));
}

static void end_sysv_msg(void)
{
	msgctl(msg_id, IPC_RMID, NULL);
}

static mqd_t mq;

static void make_posix_mq(void)
{
	struct mq_attr attr = { .mq_maxmsg = 10, .mq_msgsize = 1 };

	mq = mq_open("/sleepers", O_RDWR | O_CREAT | O_EXCL, 0600, &attr);
	MUST(mq >= 0);
	MUST(!mq_unlink("/sleepers"));
}

static void sleep_posix_mq(void)
{
	char c;

	MUST(mq_receive(mq, &c, 1, NULL) == 1);
}

static void wake_posix_mq(void)
{
	for (int i = 0; i < count; i++)
		MUST(!mq_send(mq, zeros, 1, 0));
}

static int sem_id;

static void make_sysv_sem(void)
{
	sem_id = semget(IPC_PRIVATE, 1, 0600);
	MUST(sem_id >= 0);
}

static void sleep_sysv_sem(void)
{
	struct sembuf down = { 0, -1, 0 };

	MUST(!semop(sem_id, &down, 1));
}

static void wake_sysv_sem(void)
{
	struct sembuf up = { 0, 1, 0 };

	for (int i = 0; i < count; i++)
		MUST(!semop(sem_id, &up, 1));
}

static void end_sysv_sem(void)
{
	semctl(sem_id, 0, IPC_RMID);
}

static int *word;

static void make_futex(void)
{
	word = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	MUST(word != MAP_FAILED);
}

static void sleep_futex(void)
{
	MUST(!syscall(SYS_futex, word, FUTEX_WAIT, 0, NULL, NULL, 0));
}

static void wake_futex(void)
{
	MUST(syscall(SYS_futex, word, FUTEX_WAKE, count, NULL, NULL, 0) == count);
}

/* SIGUSR2 is blocked everywhere; the threads' ids are in signal_tid[]. */
static pid_t *signal_tid;
static atomic_int nr_signal;

static void make_signal(void)
{
	signal_tid = calloc(count, sizeof(*signal_tid));
	MUST(signal_tid);
}

static void sleep_signal(void)
{
	sigset_t set;

	signal_tid[nr_signal++] = gettid();
	sigemptyset(&set);
	sigaddset(&set, SIGUSR2);
	MUST(sigwaitinfo(&set, NULL) == SIGUSR2);
}

static void wake_signal(void)
{
	for (int i = 0; i < count; i++)
		MUST(!tgkill(getpid(), signal_tid[i], SIGUSR2));
}

static int stream[2], dgram[2], seqpacket[2], tcp[2], udp, raw;
static struct sockaddr_in udp_addr;

static void recv_one(int fd, int min)
{
	char buf[256];

	MUST(recv(fd, buf, min == 1 ? 1 : sizeof(buf), 0) >= min);
}

static void send_each(int fd)
{
	for (int i = 0; i < count; i++)
		MUST(send(fd, zeros, 1, 0) == 1);
}

static void make_unix_stream(void)
{
	MUST(!socketpair(AF_UNIX, SOCK_STREAM, 0, stream));
}

static void sleep_unix_stream(void)
{
	recv_one(stream[1], 1);
}

static void wake_unix_stream(void)
{
	MUST(send(stream[0], zeros, count, 0) == count);
}

static void make_unix_dgram(void)
{
	MUST(!socketpair(AF_UNIX, SOCK_DGRAM, 0, dgram));
}

static void sleep_unix_dgram(void)
{
	recv_one(dgram[1], 1);
}

static void wake_unix_dgram(void)
{
	send_each(dgram[0]);
}

static void make_unix_seqpacket(void)
{
	MUST(!socketpair(AF_UNIX, SOCK_SEQPACKET, 0, seqpacket));
}

static void sleep_unix_seqpacket(void)
{
	recv_one(seqpacket[1], 1);
}

static void wake_unix_seqpacket(void)
{
	send_each(seqpacket[0]);
}

static void make_tcp(void)
{
	struct sockaddr_in addr = { .sin_family = AF_INET, .sin_addr = { htonl(INADDR_LOOPBACK) } };
	socklen_t len = sizeof(addr);
	int listener = socket(AF_INET, SOCK_STREAM, 0);

	tcp[0] = socket(AF_INET, SOCK_STREAM, 0);
	MUST(!bind(listener, (void *)&addr, len) && !listen(listener, 1));
	MUST(!getsockname(listener, (void *)&addr, &len));
	MUST(!connect(tcp[0], (void *)&addr, len));
	/* The test expects that nobody has waited: poll(2) is not accept(2). */
	MUST(poll(&(struct pollfd){ .fd = listener, .events = POLLIN }, 1, -1) == 1);
	tcp[1] = accept(listener, NULL, NULL);
	MUST(tcp[1] >= 0);
	close(listener);
}

static void sleep_tcp(void)
{
	recv_one(tcp[1], 1);
}

static void wake_tcp(void)
{
	MUST(send(tcp[0], zeros, count, 0) == count);
}

static void make_udp(void)
{
	socklen_t len = sizeof(udp_addr);

	udp_addr = (struct sockaddr_in){ .sin_family = AF_INET,
					 .sin_addr = { htonl(INADDR_LOOPBACK) } };
	udp = socket(AF_INET, SOCK_DGRAM, 0);
	MUST(udp >= 0 && !bind(udp, (void *)&udp_addr, len));
	MUST(!getsockname(udp, (void *)&udp_addr, &len));
}

static void sleep_udp(void)
{
	recv_one(udp, 1);
}

static atomic_int woken; /* threads that have left their sleep */

/* A socket's queue drops what does not fit: not too far ahead of the readers. */
static void paced(int done, int base)
{
	while (done - (woken - base) > 50)
		usleep(1000);
}

static void wake_udp(void)
{
	int base = woken;

	for (int i = 0; i < count; i++) {
		paced(i, base);
		MUST(sendto(udp, zeros, 1, 0, (void *)&udp_addr, sizeof(udp_addr)) == 1);
	}
}

static void make_raw(void)
{
	raw = socket(AF_INET, SOCK_RAW, 253);
	MUST(raw >= 0);
}

static void sleep_raw(void)
{
	recv_one(raw, 21); /* the IP header is part of it */
}

static void wake_raw(void)
{
	struct sockaddr_in addr = { .sin_family = AF_INET, .sin_addr = { htonl(INADDR_LOOPBACK) } };
	int base = woken;

	for (int i = 0; i < count; i++) {
		paced(i, base);
		MUST(sendto(raw, zeros, 1, 0, (void *)&addr, sizeof(addr)) == 1);
	}
}

static int events;

static void make_eventfd(void)
{
	events = eventfd(0, EFD_SEMAPHORE);
	MUST(events >= 0);
}

static void sleep_eventfd(void)
{
	eventfd_t one;

	MUST(!eventfd_read(events, &one));
}

static void wake_eventfd(void)
{
	MUST(!eventfd_write(events, count));
}

static const struct mech {
	const char *row;
	long syscall; /* that they sleep in */
	void (*make)(void), (*sleep)(void), (*wake)(void), (*end)(void);
} mechs[] = {
	{ "pipe", SYS_read, make_pipe, sleep_pipe, wake_pipe, NULL },
	{ "fifo", SYS_openat, make_fifo, sleep_fifo, wake_fifo, NULL },
	{ "sysv_msg", SYS_msgrcv, make_sysv_msg, sleep_sysv_msg, wake_sysv_msg, end_sysv_msg },
	{ "posix_mq", SYS_mq_timedreceive, make_posix_mq, sleep_posix_mq, wake_posix_mq, NULL },
	{ "sysv_sem", SYS_semtimedop, make_sysv_sem, sleep_sysv_sem, wake_sysv_sem, end_sysv_sem },
	{ "futex", SYS_futex, make_futex, sleep_futex, wake_futex, NULL },
	{ "signal", SYS_rt_sigtimedwait, make_signal, sleep_signal, wake_signal, NULL },
	{ "unix_stream", SYS_recvfrom, make_unix_stream, sleep_unix_stream, wake_unix_stream,
	  NULL },
	{ "unix_dgram", SYS_recvfrom, make_unix_dgram, sleep_unix_dgram, wake_unix_dgram, NULL },
	{ "unix_seqpacket", SYS_recvfrom, make_unix_seqpacket, sleep_unix_seqpacket,
	  wake_unix_seqpacket, NULL },
	{ "tcp", SYS_recvfrom, make_tcp, sleep_tcp, wake_tcp, NULL },
	{ "udp", SYS_recvfrom, make_udp, sleep_udp, wake_udp, NULL },
	{ "raw", SYS_recvfrom, make_raw, sleep_raw, wake_raw, NULL },
	{ "eventfd", SYS_read, make_eventfd, sleep_eventfd, wake_eventfd, NULL },
};

#define NR_MECHS (sizeof(mechs) / sizeof(mechs[0]))

/* ---- the threads ---- */

struct sleeper {
	const struct mech *mech;
	pthread_t thread;
	_Atomic pid_t tid;
};

static void *run(void *arg)
{
	struct sleeper *s = arg;

	s->tid = gettid();
	s->mech->sleep();
	woken++;
	return NULL;
}

int main(int argc, char **argv)
{
	struct rlimit files = { 65536, 65536 };
	struct sleeper *sleeper;
	pthread_attr_t attr;
	sigset_t set;
	char *stacks;
	int nr = 0;

	if (argc != 4 || (count = atoi(argv[2])) < 1) {
		fprintf(stderr, "Usage: sleepers ROW|all COUNT FILE\n");
		return 2;
	}
	setrlimit(RLIMIT_NOFILE, &files); /* each FIFO reader has a file of its own */
	sigemptyset(&set);
	sigaddset(&set, SIGUSR2);
	sigprocmask(SIG_BLOCK, &set, NULL);
	sleeper = calloc(count * NR_MECHS, sizeof(*sleeper));
	/* One mapping for all stacks: the number of mappings is limited. */
	stacks = mmap(NULL, (size_t)count * NR_MECHS * STACK, PROT_READ | PROT_WRITE,
		      MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	MUST(sleeper && stacks != MAP_FAILED);

	for (size_t m = 0; m < NR_MECHS; m++) {
		if (strcmp(argv[1], "all") && strcmp(argv[1], mechs[m].row))
			continue;
		mechs[m].make();
		for (int i = 0; i < count; i++, nr++) {
			sleeper[nr].mech = &mechs[m];
			pthread_attr_init(&attr);
			pthread_attr_setstack(&attr, stacks + (size_t)nr * STACK, STACK);
			errno = pthread_create(&sleeper[nr].thread, &attr, run, &sleeper[nr]);
			MUST(!errno);
		}
	}
	MUST(nr);
	for (int i = 0; i < nr; i++)
		while (!sleeper[i].tid ||
		       !asleep(getpid(), sleeper[i].tid, sleeper[i].mech->syscall))
			usleep(1000);

	MUST(close(open(argv[3], O_CREAT | O_WRONLY, 0600)) == 0);
	while (!access(argv[3], F_OK))
		usleep(10000);
	for (size_t m = 0; m < NR_MECHS; m++)
		if (!strcmp(argv[1], "all") || !strcmp(argv[1], mechs[m].row))
			mechs[m].wake();
	/* Not pthread_join(): it waits on a futex that is not private, which counts. */
	while (woken < nr)
		usleep(10000);
	for (size_t m = 0; m < NR_MECHS; m++)
		if (mechs[m].end && (!strcmp(argv[1], "all") || !strcmp(argv[1], mechs[m].row)))
			mechs[m].end();
	return 0;
}
