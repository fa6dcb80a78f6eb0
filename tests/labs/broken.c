// SPDX-License-Identifier: GPL-2.0-only
/*
 * With LD_PRELOAD: what a mechanism does is not what the textbook says, so that a lab has
 * something to find. $BROKEN is the lab whose claim is made untrue.
 */
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <mqueue.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/msg.h>
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
		flags = (flags & ~O_ACCMODE) | O_RDWR;
	return REAL(open)(path, flags, mode);
}

int open(const char *path, int flags, ...)
{
	__builtin_va_list ap;
	mode_t mode = 0;

	__builtin_va_start(ap, flags);
	if (flags & O_CREAT)
		mode = __builtin_va_arg(ap, int);
	__builtin_va_end(ap);
	return open_any(path, flags, mode);
}

int open64(const char *path, int flags, ...)
{
	__builtin_va_list ap;
	mode_t mode = 0;

	__builtin_va_start(ap, flags);
	if (flags & O_CREAT)
		mode = __builtin_va_arg(ap, int);
	__builtin_va_end(ap);
	return open_any(path, flags, mode);
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

/* What was dropped the receiver must not wait for. typed: it takes what comes first. */
ssize_t msgrcv(int queue, void *message, size_t n, long type, int flags)
{
	static unsigned int received;

	if ((broken("put_and_go") || broken("queue_copies")) && received++ % 5 == 4)
		return 0;
	if (broken("typed"))
		type = 0;
	return REAL(msgrcv)(queue, message, n, type, flags);
}
