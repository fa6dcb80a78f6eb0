// SPDX-License-Identifier: GPL-2.0-only
/*
 * Many objects of a kind, or many tasks, that are there and do nothing. They are another
 * process's: the one that is measured has no more files or threads for them.
 */
#define _GNU_SOURCE
#include <mqueue.h>
#include <netinet/in.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <string.h>
#include <sys/ipc.h>
#include <sys/mman.h>
#include <sys/msg.h>
#include <sys/resource.h>
#include <sys/sem.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "bench.h"

#define STACK 16384

static pid_t child;
/* What the process tells: the memory that was taken, once all are there. */
static struct {
	atomic_bool ready;
	long bytes;
} * told;
static int *ids;

static void pipes(int nr)
{
	int fd[2];

	while (nr--)
		MUST(!pipe(fd));
}

static void sysv_msg(int nr)
{
	for (int i = 0; i < nr; i++) {
		ids[i] = msgget(IPC_PRIVATE, 0600);
		MUST(ids[i] >= 0);
	}
}

static void end_sysv_msg(int nr)
{
	for (int i = 0; i < nr; i++)
		msgctl(ids[i], IPC_RMID, NULL);
}

static void sysv_sem(int nr)
{
	for (int i = 0; i < nr; i++) {
		ids[i] = semget(IPC_PRIVATE, 1, 0600);
		MUST(ids[i] >= 0);
	}
}

static void end_sysv_sem(int nr)
{
	for (int i = 0; i < nr; i++)
		semctl(ids[i], 0, IPC_RMID);
}

static void posix_mq(int nr)
{
	struct mq_attr attr = { .mq_maxmsg = 1, .mq_msgsize = 64 };

	while (nr--) {
		MUST(mq_open("/crowd", O_RDWR | O_CREAT | O_EXCL, 0600, &attr) >= 0);
		MUST(!mq_unlink("/crowd"));
	}
}

/* Pairs of connected sockets: half as many. */
static void unix_stream(int nr)
{
	int fd[2];

	for (; nr > 0; nr -= 2)
		MUST(!socketpair(AF_UNIX, SOCK_STREAM, 0, fd));
}

static int bound(int type)
{
	struct sockaddr_in addr = { .sin_family = AF_INET, .sin_addr = { htonl(INADDR_LOOPBACK) } };
	int fd = socket(AF_INET, type, 0);

	MUST(fd >= 0 && !bind(fd, (void *)&addr, sizeof(addr)));
	return fd;
}

static void udp(int nr)
{
	while (nr--)
		bound(SOCK_DGRAM);
}

/* As above; they end without TIME_WAIT. */
static void tcp(int nr)
{
	const struct linger at_once = { .l_onoff = 1 };
	int listener = bound(SOCK_STREAM);
	struct sockaddr_in addr;
	socklen_t len = sizeof(addr);

	MUST(!listen(listener, 1) && !getsockname(listener, (void *)&addr, &len));
	for (; nr > 0; nr -= 2) {
		int fd = socket(AF_INET, SOCK_STREAM, 0);

		MUST(!setsockopt(fd, SOL_SOCKET, SO_LINGER, &at_once, sizeof(at_once)));
		MUST(!connect(fd, (void *)&addr, len));
		fd = accept(listener, NULL, NULL);
		MUST(!setsockopt(fd, SOL_SOCKET, SO_LINGER, &at_once, sizeof(at_once)));
	}
	close(listener);
}

static void threads(int nr, void *(*body)(void *), void *arg)
{
	char *stacks = mmap(NULL, (size_t)(nr + 1) * STACK, PROT_READ | PROT_WRITE,
			    MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	pthread_attr_t attr;
	pthread_t thread;

	MUST(stacks != MAP_FAILED && !pthread_attr_init(&attr));
	for (int i = 0; i < nr; i++) {
		MUST(!pthread_attr_setstack(&attr, stacks + (size_t)i * STACK, STACK));
		MUST(!pthread_create(&thread, &attr, body, arg));
	}
	/* Until the last of them sleeps. */
	sleep(1);
}

static void *idle(void *arg)
{
	for (;;)
		pause();
	return arg;
}

static void *asleep(void *arg)
{
	char c;

	MUST(read(*(int *)arg, &c, 1) == 1);
	return arg;
}

static void tasks(int nr)
{
	threads(nr, idle, NULL);
}

static void sleepers(int nr)
{
	static int fd[2];

	MUST(!pipe(fd));
	threads(nr, asleep, fd);
}

static const struct kind {
	const char *name;
	void (*make)(int nr);
	void (*end)(int nr); /* of what outlives its process */
} kinds[] = {
	{ "pipes", pipes, NULL },
	{ "sysv_msg", sysv_msg, end_sysv_msg },
	{ "posix_mq", posix_mq, NULL },
	{ "sysv_sem", sysv_sem, end_sysv_sem },
	{ "unix_stream", unix_stream, NULL },
	{ "udp", udp, NULL },
	{ "tcp", tcp, NULL },
	{ "tasks", tasks, NULL },
	{ "sleepers", sleepers, NULL },
};

static long kernel_memory(void)
{
	FILE *file = fopen("/proc/meminfo", "r");
	long sum = 0, kb;
	char name[32];

	MUST(file);
	while (fscanf(file, "%31s %ld%*[^\n]", name, &kb) == 2)
		if (!strcmp(name, "Slab:") || !strcmp(name, "VmallocUsed:"))
			sum += kb * 1024;
	fclose(file);
	return sum;
}

static void live(const struct kind *kind, int nr)
{
	long before;
	sigset_t end;
	int sig;

	sigemptyset(&end);
	sigaddset(&end, SIGTERM);
	sigprocmask(SIG_BLOCK, &end, NULL);
	ids = calloc(nr, sizeof(*ids));
	before = kernel_memory();
	kind->make(nr);
	told->bytes = kernel_memory() - before;
	told->ready = true;
	sigwait(&end, &sig);
	if (kind->end)
		kind->end(nr);
	exit(0);
}

long crowd_enter(const char *name, int nr)
{
	const struct rlimit files = { 1 << 18, 1 << 18 };
	const struct rlimit queues = { RLIM_INFINITY, RLIM_INFINITY };
	const struct kind *kind = kinds;
	const struct kind *past = kinds + sizeof(kinds) / sizeof(kinds[0]);

	while (kind < past && strcmp(kind->name, name))
		kind++;
	if (kind == past) {
		fprintf(stderr, "ops: no such crowd: %s\n", name);
		exit(2);
	}
	/* Ours as well: the queues of a user are counted together. */
	MUST(!setrlimit(RLIMIT_NOFILE, &files) && !setrlimit(RLIMIT_MSGQUEUE, &queues));
	told = mmap(NULL, sizeof(*told), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	MUST(told != MAP_FAILED);
	child = fork();
	MUST(child >= 0);
	if (!child)
		live(kind, nr);
	while (!told->ready) {
		MUST(!waitpid(child, NULL, WNOHANG));
		usleep(10000);
	}
	return told->bytes;
}

void crowd_leave(void)
{
	int status;

	kill(child, SIGTERM);
	MUST(waitpid(child, &status, 0) == child && !status);
}
