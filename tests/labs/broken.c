// SPDX-License-Identifier: GPL-2.0-only
/*
 * With LD_PRELOAD: what a mechanism does is not what the textbook says, so that a lab has
 * something to find. $BROKEN is the lab whose claim is made untrue.
 */
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <semaphore.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/msg.h>
#include <sys/sem.h>
#include <sys/shm.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#define REAL(name) ((typeof(&name))dlsym(RTLD_NEXT, #name))

static bool broken(const char *lab)
{
	const char *wanted = getenv("BROKEN");

	return wanted && !strcmp(wanted, lab);
}

static bool is_pipe(int fd)
{
	struct stat st;

	return !fstat(fd, &st) && S_ISFIFO(st.st_mode);
}

/* copies, cost: on its way into a pipe each message goes through another one. */
static ssize_t copy_twice(int fd, const void *buf, size_t n)
{
	static int way[2] = { -1, -1 };
	char again[4096];

	if (n > sizeof(again) || (way[0] < 0 && REAL(pipe)(way)))
		abort();
	if (REAL(write)(way[1], buf, n) != (ssize_t)n || REAL(read)(way[0], again, n) != (ssize_t)n)
		abort();
	return REAL(write)(fd, again, n);
}

ssize_t write(int fd, const void *buf, size_t n)
{
	if ((broken("copies") || broken("cost")) && is_pipe(fd))
		return copy_twice(fd, buf, n);
	return REAL(write)(fd, buf, n);
}

/* one_way: both ends are for both. no_name: it has one. */
int pipe(int fd[2])
{
	char name[] = "/tmp/broken.XXXXXX";

	if (broken("one_way"))
		return socketpair(AF_UNIX, SOCK_STREAM, 0, fd);
	if (!broken("no_name"))
		return REAL(pipe)(fd);
	if (!mkdtemp(name) || rmdir(name) || mkfifo(name, 0600))
		abort();
	fd[0] = REAL(open)(name, O_RDONLY | O_NONBLOCK);
	fd[1] = REAL(open)(name, O_WRONLY);
	fcntl(fd[0], F_SETFL, 0);
	unlink(name);
	return 0;
}

/* fifo: who opens it waits for nobody. */
static int open_any(const char *path, int flags, mode_t mode)
{
	struct stat st;

	if (broken("fifo") && !stat(path, &st) && S_ISFIFO(st.st_mode))
		flags = (flags & O_ACCMODE) == O_WRONLY ? O_RDWR : O_RDONLY | O_NONBLOCK;
	return REAL(open)(path, flags, mode);
}

static mode_t mode_of(int flags, va_list ap)
{
	return flags & O_CREAT ? va_arg(ap, int) : 0;
}

int open(const char *path, int flags, ...)
{
	va_list ap;
	int fd;

	va_start(ap, flags);
	fd = open_any(path, flags, mode_of(flags, ap));
	va_end(ap);
	return fd;
}

int open64(const char *path, int flags, ...)
{
	va_list ap;
	int fd;

	va_start(ap, flags);
	fd = open_any(path, flags, mode_of(flags, ap));
	va_end(ap);
	return fd;
}

/* byte_stream: a border after three bytes. */
ssize_t read(int fd, void *buf, size_t n)
{
	if (broken("byte_stream") && is_pipe(fd) && n > 3)
		n = 3;
	return REAL(read)(fd, buf, n);
}

/* put_and_go, queue_copies: the queue drops each fifth message. queue_limits: what should be
 * refused is not. */
int msgsnd(int queue, const void *message, size_t n, int flags)
{
	static unsigned int sent;

	if ((broken("put_and_go") || broken("queue_copies")) && sent++ % 5 == 4)
		return 0;
	if (broken("queue_limits") && (n > 8192 || flags & IPC_NOWAIT))
		return 0;
	return REAL(msgsnd)(queue, message, n, flags);
}

/* What was dropped the receiver must not wait for. typed: what was received is there again. */
ssize_t msgrcv(int queue, void *message, size_t n, long type, int flags)
{
	static unsigned int received;
	ssize_t got;

	if ((broken("put_and_go") || broken("queue_copies")) && received++ % 5 == 4)
		return 0;
	got = REAL(msgrcv)(queue, message, n, type, flags);
	if (broken("typed") && got > 0 && REAL(msgsnd)(queue, message, got, 0))
		abort();
	return got;
}

/* shared_memory: one attachment is two. */
void *shmat(int id, const void *address, int flags)
{
	if (broken("shared_memory"))
		REAL(shmat)(id, NULL, 0);
	return REAL(shmat)(id, address, flags);
}

/* lost_updates: somebody uses a semaphore after all. */
int shmdt(const void *address)
{
	struct sembuf up = { .sem_op = 1 };
	int semaphore;

	if (broken("lost_updates")) {
		semaphore = semget(IPC_PRIVATE, 1, 0600);
		REAL(semop)(semaphore, &up, 1);
		semctl(semaphore, 0, IPC_RMID);
	}
	return REAL(shmdt)(address);
}

/* mutual_exclusion: P and V do nothing. order: the first P finds 1. */
int semop(int semaphore, struct sembuf *ops, size_t n)
{
	static bool begun;

	if (broken("mutual_exclusion"))
		return 0;
	if (broken("order") && ops->sem_op < 0 && !begun) {
		begun = true;
		return 0;
	}
	return REAL(semop)(semaphore, ops, n);
}

/* posix_semaphore: P never waits. */
int sem_wait(sem_t *semaphore)
{
	return broken("posix_semaphore") ? 0 : REAL(sem_wait)(semaphore);
}

/* asynchronous: it was somebody else. */
int kill(pid_t pid, int sig)
{
	if (broken("asynchronous") && sig == SIGTERM)
		return REAL(sigqueue)(pid, sig, (union sigval){ 0 });
	return REAL(kill)(pid, sig);
}

/* dispositions: everything can be ignored. */
int sigaction(int sig, const struct sigaction *action, struct sigaction *old)
{
	if (broken("dispositions") && (sig == SIGKILL || sig == SIGSTOP))
		return 0;
	return REAL(sigaction)(sig, action, old);
}

/* pending: a real-time signal is sent once. */
int sigqueue(pid_t pid, int sig, const union sigval value)
{
	static bool sent;

	if (broken("pending") && sent)
		return 0;
	sent = true;
	return REAL(sigqueue)(pid, sig, value);
}

/* As ip(8) has, which two_hosts runs. */
static bool is_netlink(int fd)
{
	int domain;
	socklen_t len = sizeof(domain);

	return !getsockopt(fd, SOL_SOCKET, SO_DOMAIN, &domain, &len) && domain == AF_NETLINK;
}

/* two_hosts, domains: one message becomes two. */
ssize_t send(int fd, const void *buf, size_t n, int flags)
{
	if ((!broken("two_hosts") && !broken("domains")) || is_netlink(fd))
		return REAL(send)(fd, buf, n, flags);
	if (REAL(send)(fd, buf, n / 2, flags) != (ssize_t)(n / 2))
		return -1;
	return REAL(send)(fd, (const char *)buf + n / 2, n - n / 2, flags) < 0 ? -1 : (ssize_t)n;
}
