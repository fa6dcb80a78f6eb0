// SPDX-License-Identifier: GPL-2.0-only
/* The operations that are measured, and what each needs. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <linux/futex.h>
#include <mqueue.h>
#include <netinet/in.h>
#include <sched.h>
#include <signal.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/ipc.h>
#include <sys/mman.h>
#include <sys/msg.h>
#include <sys/sem.h>
#include <sys/shm.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "bench.h"

static char data[65536];
static int fd[2] = { -1, -1 }, id = -1;
static size_t size;
static const char *path;
static pid_t child;

static void close_fds(void)
{
	close(fd[0]);
	close(fd[1]);
}

/* ---- pipes and other files ---- */

static void make_pipe(void)
{
	MUST(!pipe(fd));
	MUST(fcntl(fd[1], F_SETPIPE_SZ, 1 << 20) == 1 << 20);
}

static void make_fifo(void)
{
	unlink("ops.fifo");
	MUST(!mkfifo("ops.fifo", 0600));
	fd[0] = open("ops.fifo", O_RDWR);
	fd[1] = dup(fd[0]);
	MUST(fd[1] >= 0);
	unlink("ops.fifo");
}

static void make_eventfd(void)
{
	fd[0] = eventfd(0, 0);
	fd[1] = dup(fd[0]);
	MUST(fd[1] >= 0);
	size = sizeof(uint64_t);
	memset(data, 0, sizeof(data));
	data[0] = 1;
}

/* On a disk if the working directory is; writing and reading at one place. */
static void make_file(void)
{
	fd[0] = fd[1] = open("ops.file", O_RDWR | O_CREAT | O_TRUNC, 0600);
	MUST(fd[0] >= 0 && write(fd[0], data, size) == (ssize_t)size);
	unlink("ops.file");
}

static void make_tmpfs(void)
{
	fd[0] = fd[1] = memfd_create("ops", 0);
	MUST(fd[0] >= 0 && write(fd[0], data, size) == (ssize_t)size);
}

static void make_zero(void)
{
	fd[0] = fd[1] = open("/dev/zero", O_RDWR);
	MUST(fd[0] >= 0);
}

static void do_write(void)
{
	MUST(write(fd[1], data, size) == (ssize_t)size);
}

static void do_read(void)
{
	MUST(read(fd[0], data, size) == (ssize_t)size);
}

static void do_pwrite(void)
{
	MUST(pwrite(fd[1], data, size, 0) == (ssize_t)size);
}

static void do_pread(void)
{
	MUST(pread(fd[0], data, size, 0) == (ssize_t)size);
}

/* ---- sockets ---- */

static void make_pair(int type)
{
	MUST(!socketpair(AF_UNIX, type, 0, fd));
	MUST(!setsockopt(fd[1], SOL_SOCKET, SO_SNDBUF, &(int){ 1 << 20 }, sizeof(int)));
}

static void make_stream(void)
{
	make_pair(SOCK_STREAM);
}

static void make_dgram(void)
{
	make_pair(SOCK_DGRAM);
}

static void make_seqpacket(void)
{
	make_pair(SOCK_SEQPACKET);
}

static struct sockaddr_in addr;

static int bound(int type, int protocol)
{
	socklen_t len = sizeof(addr);
	int sk = socket(AF_INET, type, protocol);

	addr = (struct sockaddr_in){ .sin_family = AF_INET,
				     .sin_addr = { htonl(INADDR_LOOPBACK) } };
	MUST(sk >= 0 && !bind(sk, (void *)&addr, len) && !getsockname(sk, (void *)&addr, &len));
	return sk;
}

static void make_tcp(void)
{
	int listener = bound(SOCK_STREAM, 0);

	fd[1] = socket(AF_INET, SOCK_STREAM, 0);
	MUST(!listen(listener, 1) && !connect(fd[1], (void *)&addr, sizeof(addr)));
	fd[0] = accept(listener, NULL, NULL);
	MUST(fd[0] >= 0);
	close(listener);
}

static void make_udp(void)
{
	fd[0] = bound(SOCK_DGRAM, 0);
	fd[1] = socket(AF_INET, SOCK_DGRAM, 0);
	MUST(!connect(fd[1], (void *)&addr, sizeof(addr)));
}

static void make_raw(void)
{
	fd[0] = bound(SOCK_RAW, 253);
	fd[1] = socket(AF_INET, SOCK_RAW, 253);
	MUST(!connect(fd[1], (void *)&addr, sizeof(addr)));
}

static void do_send(void)
{
	MUST(send(fd[1], data, size, 0) == (ssize_t)size);
}

static void do_recv(void)
{
	MUST(recv(fd[0], data, size, 0) == (ssize_t)size);
}

/* With the IP header. */
static void do_recv_raw(void)
{
	MUST(recv(fd[0], data, sizeof(data), 0) == (ssize_t)size + 20);
}

/* ---- queues, semaphores, memory ---- */

static struct {
	long type;
	char text[64];
} msg = { .type = 1 };

static void make_msg(void)
{
	id = msgget(IPC_PRIVATE, 0600);
	MUST(id >= 0);
}

static void end_msg(void)
{
	msgctl(id, IPC_RMID, NULL);
}

static void do_msgsnd(void)
{
	MUST(!msgsnd(id, &msg, 64, 0));
}

static void do_msgrcv(void)
{
	MUST(msgrcv(id, &msg, 64, 0, 0) == 64);
}

static void make_mq(void)
{
	struct mq_attr attr = { .mq_maxmsg = 10, .mq_msgsize = 64 };

	fd[0] = mq_open("/ops", O_RDWR | O_CREAT, 0600, &attr);
	fd[1] = -1;
	MUST(fd[0] >= 0 && !mq_unlink("/ops"));
}

static void do_mq_send(void)
{
	MUST(!mq_send(fd[0], data, 64, 0));
}

static void do_mq_receive(void)
{
	MUST(mq_receive(fd[0], data, 64, NULL) == 64);
}

static void make_sem(void)
{
	id = semget(IPC_PRIVATE, 2, 0600);
	MUST(id >= 0);
}

static void end_sem(void)
{
	semctl(id, 0, IPC_RMID);
}

static void do_semop(short nr, short by)
{
	MUST(!semop(id, &(struct sembuf){ nr, by, 0 }, 1));
}

static void do_up(void)
{
	do_semop(0, 1);
}

static void do_down(void)
{
	do_semop(0, -1);
}

static int *word;

static void make_futex(void)
{
	word = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	MUST(word != MAP_FAILED);
	*word = 0;
}

static void do_futex_wake(void)
{
	MUST(!syscall(SYS_futex, word, FUTEX_WAKE, 1, NULL, NULL, 0));
}

static void make_shm(void)
{
	id = shmget(IPC_PRIVATE, 4096, 0600);
	MUST(id >= 0);
}

static void end_shm(void)
{
	shmctl(id, IPC_RMID, NULL);
}

static void do_shm(void)
{
	void *at = shmat(id, NULL, 0);

	MUST(at != (void *)-1 && !shmdt(at));
}

/* ---- signals ---- */

static void handler(int sig)
{
	(void)sig;
}

static void make_handler(void)
{
	signal(SIGUSR1, handler);
}

static void make_ignored(void)
{
	signal(SIGUSR1, SIG_IGN);
}

static void do_kill(void)
{
	MUST(!kill(getpid(), SIGUSR1));
}

/* ---- what is no IPC ---- */

static void do_getppid(void)
{
	syscall(SYS_getppid);
}

static void do_nap(void)
{
	clock_nanosleep(CLOCK_MONOTONIC, 0, &(struct timespec){ 0, 1 }, NULL);
}

static void make_epoll(void)
{
	fd[0] = epoll_create1(0);
	fd[1] = -1;
	MUST(fd[0] >= 0);
}

static void do_epoll(void)
{
	struct epoll_event event;

	MUST(!epoll_wait(fd[0], &event, 1, 1));
}

static void make_yielder(void)
{
	child = fork();
	while (!child)
		sched_yield();
	MUST(child > 0);
}

static void do_yield(void)
{
	sched_yield();
}

static void end_child(void)
{
	kill(child, SIGKILL);
	waitpid(child, NULL, 0);
}

/* ---- readers of counters ---- */

static void do_read_path(void)
{
	int file = open(path, O_RDONLY);
	ssize_t got;

	MUST(file >= 0);
	while ((got = read(file, data, sizeof(data))) > 0)
		;
	MUST(!got && !close(file));
}

/* ---- ping-pong: two processes that really sleep ---- */

static int back[2];

static void make_pong_pipe(void)
{
	char c;

	MUST(!pipe(fd) && !pipe(back));
	child = fork();
	while (!child)
		if (read(fd[0], &c, 1) != 1 || write(back[1], &c, 1) != 1)
			_exit(1);
	MUST(child > 0);
}

static void do_pong_pipe(void)
{
	char c = 0;

	MUST(write(fd[1], &c, 1) == 1 && read(back[0], &c, 1) == 1);
}

static void end_pong_pipe(void)
{
	end_child();
	close_fds();
	close(back[0]);
	close(back[1]);
}

static void make_pong_sem(void)
{
	make_sem();
	child = fork();
	while (!child) {
		if (semop(id, &(struct sembuf){ 0, -1, 0 }, 1) ||
		    semop(id, &(struct sembuf){ 1, 1, 0 }, 1))
			_exit(1);
	}
	MUST(child > 0);
}

static void do_pong_sem(void)
{
	do_semop(0, 1);
	do_semop(1, -1);
}

static void end_pong_sem(void)
{
	end_child();
	end_sem();
}

const struct op ops[] = {
	/* clang-format off */
	{ "pipe write 64 B", "pipe read 64 B", 64, 64, make_pipe, do_write, do_read, close_fds },
	{ "pipe write 4 KiB", "pipe read 4 KiB", 4096, 16, make_pipe, do_write, do_read, close_fds },
	{ "pipe write 64 KiB", "pipe read 64 KiB", 65536, 8, make_pipe, do_write, do_read, close_fds },
	{ "fifo write 64 B", "fifo read 64 B", 64, 64, make_fifo, do_write, do_read, close_fds },
	{ "eventfd write", "eventfd read", 8, 1, make_eventfd, do_write, do_read, close_fds },
	{ "unix_stream send 64 B", "unix_stream recv 64 B", 64, 16, make_stream, do_send, do_recv, close_fds },
	{ "unix_stream send 64 KiB", "unix_stream recv 64 KiB", 65536, 2, make_stream, do_send, do_recv, close_fds },
	{ "unix_dgram send 64 B", "unix_dgram recv 64 B", 64, 8, make_dgram, do_send, do_recv, close_fds },
	{ "unix_seqpacket send 64 B", "unix_seqpacket recv 64 B", 64, 8, make_seqpacket, do_send, do_recv, close_fds },
	{ "tcp send 64 B", "tcp recv 64 B", 64, 1, make_tcp, do_send, do_recv, close_fds },
	{ "udp send 64 B", "udp recv 64 B", 64, 16, make_udp, do_send, do_recv, close_fds },
	{ "raw send 64 B", "raw recv 64 B", 64, 16, make_raw, do_send, do_recv_raw, close_fds },
	{ "sysv_msg send 64 B", "sysv_msg receive 64 B", 64, 64, make_msg, do_msgsnd, do_msgrcv, end_msg },
	{ "posix_mq send 64 B", "posix_mq receive 64 B", 64, 8, make_mq, do_mq_send, do_mq_receive, close_fds },
	{ "semop up", "semop down", 0, 64, make_sem, do_up, do_down, end_sem },
	{ "futex wake, shared", NULL, 0, 64, make_futex, do_futex_wake, NULL, NULL },
	{ "signal to a handler", NULL, 0, 16, make_handler, do_kill, NULL, NULL },
	{ "signal ignored", NULL, 0, 64, make_ignored, do_kill, NULL, NULL },
	{ "shmat and shmdt", NULL, 0, 16, make_shm, do_shm, NULL, end_shm },
	{ "tmpfs write 64 B", "tmpfs read 64 B", 64, 64, make_tmpfs, do_pwrite, do_pread, close_fds },
	{ "ping-pong, pipes", NULL, 0, 16, make_pong_pipe, do_pong_pipe, NULL, end_pong_pipe },
	{ "ping-pong, semaphores", NULL, 0, 16, make_pong_sem, do_pong_sem, NULL, end_pong_sem },
	{ "- getppid", NULL, 0, 64, NULL, do_getppid, NULL, NULL },
	{ "- /dev/zero write 64 B", "- /dev/zero read 64 B", 64, 64, make_zero, do_write, do_read, close_fds },
	{ "- file write 64 B", "- file read 64 B", 64, 16, make_file, do_pwrite, do_pread, close_fds },
	{ "- sched_yield, two switches", NULL, 0, 4096, make_yielder, do_yield, NULL, end_child },
	{ "- nanosleep 1 ns", NULL, 0, 4, NULL, do_nap, NULL, NULL },
	{ "- epoll_wait 1 ms", NULL, 0, 2, make_epoll, do_epoll, NULL, close_fds },
	{ .name = "read /proc/ipcstat", .path = "/proc/ipcstat", .batch = 1, .act = do_read_path },
	{ .name = "dump over netlink", .path = "/proc/ipcstat", .batch = 1, .make = netlink_open, .act = netlink_dump, .end = netlink_close },
	{ .name = "read /proc/stat", .path = "/proc/stat", .batch = 1, .act = do_read_path },
	{ .name = "read /proc/net/snmp", .path = "/proc/net/snmp", .batch = 1, .act = do_read_path },
	/* clang-format on */
};

const size_t nr_ops = sizeof(ops) / sizeof(ops[0]);

void op_make(const struct op *op)
{
	size = op->size;
	path = op->path;
	if (op->make)
		op->make();
}
