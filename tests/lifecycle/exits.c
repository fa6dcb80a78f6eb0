// SPDX-License-Identifier: GPL-2.0-only
/*
 * Tasks that exit, and what the kernel still sends for them. Each command is one case of
 * tests/guest/56-exits.sh:
 *
 *	exits tls COUNT plain|linger|threads|uring	COUNT processes exit with a full kTLS socket
 *	exits close COUNT FILE	COUNT processes close one and live on
 *	exits linger FILE	a process waits in the close(2) of one
 *	exits ipc COUNT		exits with SEM_UNDO and with a notification of a POSIX queue
 *	exits core COUNT	processes dump core
 *	exits acct [PATH]	switches process accounting on, or off
 *	exits nbd DEVICE DIR	serves a network block device over TCP
 *	exits dirty PATH exit|fsync [FILE]	writes to it, and exits or calls fsync(2)
 *	exits later COMMAND	operations behind one that is older than the module
 *
 * A command with FILE creates it when the case is reached, and ends when the file is removed.
 * Exit status 77: this kernel lacks something, which stdout names.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <linux/blkpg.h>
#include <linux/fs.h>
#include <linux/io_uring.h>
#include <linux/nbd.h>
#include <linux/tls.h>
#include <mqueue.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <sys/ipc.h>
#include <sys/mman.h>
#include <sys/msg.h>
#include <sys/sem.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "asleep.h"

#define MUST(cond)                                                         \
	do {                                                               \
		if (!(cond)) {                                             \
			fprintf(stderr, "exits: line %d: %m\n", __LINE__); \
			exit(1);                                           \
		}                                                          \
	} while (0)

#define LACKS 77

static char zeros[65536];

static void create(const char *path)
{
	MUST(!close(open(path, O_CREAT | O_WRONLY, 0666)));
}

static void await_removal(const char *path)
{
	while (!access(path, F_OK))
		usleep(10000);
}

static void await_sleep(pid_t pid, long nr)
{
	for (int tries = 0; !asleep(pid, pid, nr); tries++) {
		MUST(tries < 60000);
		usleep(1000);
	}
}

static int reap(pid_t pid)
{
	int status;

	MUST(waitpid(pid, &status, 0) == pid);
	return status;
}

/* A connection whose ends hold little: what is sent at fd[1] is received at fd[0]. */
static void tcp_pair(int fd[2])
{
	struct sockaddr_in addr = { .sin_family = AF_INET, .sin_addr = { htonl(INADDR_LOOPBACK) } };
	socklen_t len = sizeof(addr);
	int listener = socket(AF_INET, SOCK_STREAM, 0), small = 4096;

	fd[1] = socket(AF_INET, SOCK_STREAM, 0);
	MUST(listener >= 0 && fd[1] >= 0);
	setsockopt(listener, SOL_SOCKET, SO_RCVBUF, &small, sizeof(small));
	setsockopt(fd[1], SOL_SOCKET, SO_SNDBUF, &small, sizeof(small));
	MUST(!bind(listener, (void *)&addr, len) && !listen(listener, 1));
	MUST(!getsockname(listener, (void *)&addr, &len));
	MUST(!connect(fd[1], (void *)&addr, len));
	MUST(poll(&(struct pollfd){ .fd = listener, .events = POLLIN }, 1, -1) == 1);
	fd[0] = accept(listener, NULL, NULL);
	MUST(fd[0] >= 0);
	close(listener);
}

/* ---- kTLS: a record that is sent in part, the rest of which is sent by close ---- */

static void tls_fill(int fd)
{
	struct tls12_crypto_info_aes_gcm_128 keys = {
		.info = { .version = TLS_1_2_VERSION, .cipher_type = TLS_CIPHER_AES_GCM_128 },
	};

	MUST(!setsockopt(fd, SOL_TCP, TCP_ULP, "tls", sizeof("tls")));
	MUST(!setsockopt(fd, SOL_TLS, TLS_TX, &keys, sizeof(keys)));
	MUST(!fcntl(fd, F_SETFL, O_NONBLOCK));
	while (send(fd, zeros, 16384, 0) > 0)
		;
	MUST(errno == EAGAIN);
}

static void tls_needed(void)
{
	int fd[2];

	tcp_pair(fd);
	if (setsockopt(fd[1], SOL_TCP, TCP_ULP, "tls", sizeof("tls"))) {
		printf("no kTLS: %s\n", strerror(errno));
		exit(LACKS);
	}
	close(fd[0]);
	close(fd[1]);
}

static void set_linger(int fd, int seconds)
{
	struct linger linger = { .l_onoff = 1, .l_linger = seconds };

	MUST(!setsockopt(fd, SOL_SOCKET, SO_LINGER, &linger, sizeof(linger)));
}

static int shared_fd;
static _Atomic pid_t sharer_tid;

static void *sharer(void *unused)
{
	(void)unused;
	sharer_tid = gettid();
	send(shared_fd, zeros, 16384, 0);
	return NULL;
}

/* Another thread sends, and sleeps, when this one ends the process. */
static void share(int fd)
{
	pthread_t thread;

	MUST(!fcntl(fd, F_SETFL, 0));
	shared_fd = fd;
	errno = pthread_create(&thread, NULL, sharer, NULL);
	MUST(!errno);
	while (!sharer_tid || !asleep(getpid(), sharer_tid, SYS_sendto))
		usleep(1000);
}

/* The only reference to the socket is in the table of an io_uring, which a worker tears down. */
static void into_uring(int fd)
{
	struct io_uring_params params = { 0 };
	int ring = syscall(SYS_io_uring_setup, 1, &params);

	if (ring < 0)
		_exit(LACKS);
	MUST(!syscall(SYS_io_uring_register, ring, IORING_REGISTER_FILES, &fd, 1));
	close(fd);
}

/* A local port of TCP has a connection that is open at this end. */
static bool established(unsigned int port)
{
	unsigned int local, state;
	bool found = false;
	char line[256];
	FILE *f = fopen("/proc/net/tcp", "r");

	MUST(f);
	while (!found && fgets(line, sizeof(line), f))
		found = sscanf(line, "%*d: %*x:%x %*x:%*x %x", &local, &state) == 2 &&
			local == port && state == TCP_ESTABLISHED;
	fclose(f);
	return found;
}

static int tls(int count, const char *mode)
{
	tls_needed();
	for (int i = 0; i < count; i++) {
		struct sockaddr_in addr;
		socklen_t len = sizeof(addr);
		int fd[2], status;
		pid_t pid;

		tcp_pair(fd);
		MUST(!getsockname(fd[1], (void *)&addr, &len));
		pid = fork();
		MUST(pid >= 0);
		if (!pid) {
			close(fd[0]);
			tls_fill(fd[1]);
			if (!strcmp(mode, "linger"))
				set_linger(fd[1], 1);
			else if (!strcmp(mode, "threads"))
				share(fd[1]);
			else if (!strcmp(mode, "uring"))
				into_uring(fd[1]);
			_exit(0);
		}
		close(fd[1]);
		status = reap(pid);
		if (WEXITSTATUS(status) == LACKS) {
			printf("no io_uring\n");
			return LACKS;
		}
		MUST(!status);
		/* What is left to send must not be lost before the socket is closed. */
		while (established(ntohs(addr.sin_port)))
			usleep(1000);
		close(fd[0]);
	}
	return 0;
}

static int tls_close(int count, const char *path)
{
	pid_t pid[count];
	int fd[2];

	tls_needed();
	for (int i = 0; i < count; i++) {
		tcp_pair(fd);
		pid[i] = fork();
		MUST(pid[i] >= 0);
		if (!pid[i]) {
			tls_fill(fd[1]);
			close(fd[1]);
			for (;;)
				usleep(100000);
		}
		close(fd[1]);
		await_sleep(pid[i], SYS_clock_nanosleep);
	}
	create(path);
	await_removal(path);
	for (int i = 0; i < count; i++) {
		kill(pid[i], SIGKILL);
		reap(pid[i]);
	}
	return 0;
}

static int tls_linger(const char *path)
{
	int fd[2];
	pid_t pid;

	tls_needed();
	tcp_pair(fd);
	pid = fork();
	MUST(pid >= 0);
	if (!pid) {
		close(fd[0]);
		tls_fill(fd[1]);
		/* Else close(2) does not wait either. */
		MUST(!fcntl(fd[1], F_SETFL, 0));
		set_linger(fd[1], 600);
		close(fd[1]);
		_exit(0);
	}
	close(fd[1]);
	await_sleep(pid, SYS_close);
	create(path);
	await_removal(path);
	kill(pid, SIGKILL);
	reap(pid);
	return 0;
}

/* ---- System V semaphores, POSIX queues ---- */

static int ipc(int count)
{
	struct sembuf down = { 0, -1, SEM_UNDO }, up = { 0, 1, SEM_UNDO };
	int id = semget(IPC_PRIVATE, 1, 0600);

	MUST(id >= 0 && !semctl(id, 0, SETVAL, 1));
	for (int i = 0; i < count; i++) {
		int go[2];
		pid_t pid;

		MUST(!pipe(go));
		MUST(!semop(id, &down, 1));
		pid = fork();
		MUST(pid >= 0);
		if (!pid) {
			struct mq_attr attr = { .mq_maxmsg = 1, .mq_msgsize = 1 };
			struct sigevent event = { .sigev_notify = SIGEV_SIGNAL,
						  .sigev_signo = SIGUSR1 };
			char name[32], c;
			mqd_t mq;

			close(go[1]);
			snprintf(name, sizeof(name), "/exits%d", getpid());
			mq = mq_open(name, O_RDWR | O_CREAT | O_EXCL, 0600, &attr);
			MUST(mq >= 0 && !mq_unlink(name) && !mq_notify(mq, &event));
			/* It sleeps until the parent gives that back, and exits with it. */
			MUST(!semop(id, &down, 1));
			_exit(read(go[0], &c, 1));
		}
		close(go[0]);
		await_sleep(pid, SYS_semtimedop);
		MUST(!semop(id, &up, 1));
		await_sleep(pid, SYS_read);
		close(go[1]);
		/* The child's exit ends this sleep. */
		MUST(!semop(id, &down, 1));
		MUST(!semop(id, &up, 1));
		MUST(!reap(pid));
	}
	MUST(!semctl(id, 0, IPC_RMID));
	return 0;
}

static int core(int count)
{
	for (int i = 0; i < count; i++) {
		pid_t pid = fork();

		MUST(pid >= 0);
		if (!pid)
			abort();
		MUST(WCOREDUMP(reap(pid)));
	}
	return 0;
}

/* ---- a network block device ---- */

#define NBD_BLOCKS 4096 /* of 512 bytes */

static struct nbd_shared {
	atomic_ulong send_ops, send_bytes, recv_ops, recv_bytes;
	atomic_bool served; /* since this was false */
} * nbd;

static char *disk;

static void nbd_get(int fd, void *to, size_t len, const char *stall)
{
	while (len) {
		ssize_t got;

		await_removal(stall);
		/* A wait in poll(2) is none in TCP. */
		MUST(poll(&(struct pollfd){ .fd = fd, .events = POLLIN }, 1, -1) == 1);
		if (!access(stall, F_OK))
			continue;
		got = recv(fd, to, len, MSG_DONTWAIT);
		if (!got)
			_exit(0);
		MUST(got > 0);
		nbd->recv_ops++;
		nbd->recv_bytes += got;
		nbd->served = true;
		to = (char *)to + got;
		len -= got;
	}
}

static void nbd_put(int fd, const void *from, size_t len)
{
	MUST(send(fd, from, len, MSG_DONTWAIT) == (ssize_t)len);
	nbd->send_ops++;
	nbd->send_bytes += len;
}

static void nbd_serve(int fd, const char *stall)
{
	int large = 1 << 20;

	setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &large, sizeof(large));
	for (;;) {
		struct nbd_reply reply = { .magic = htonl(NBD_REPLY_MAGIC) };
		struct nbd_request request;
		uint32_t type, len;
		uint64_t from;

		nbd_get(fd, &request, sizeof(request), stall);
		MUST(request.magic == htonl(NBD_REQUEST_MAGIC));
		memcpy(&reply.handle, &request.handle, sizeof(reply.handle));
		type = ntohl(request.type) & 0xffff;
		len = ntohl(request.len);
		from = be64toh(request.from);
		if (type == NBD_CMD_DISC)
			_exit(0);
		if (type == NBD_CMD_WRITE)
			nbd_get(fd, disk + from, len, stall);
		nbd_put(fd, &reply, sizeof(reply));
		if (type == NBD_CMD_READ)
			nbd_put(fd, disk + from, len);
	}
}

static void partition(int fd, int op)
{
	struct blkpg_partition part = { .pno = 1, .length = NBD_BLOCKS * 512 };
	struct blkpg_ioctl_arg arg = { .op = op, .datalen = sizeof(part), .data = &part };

	MUST(!ioctl(fd, BLKPG, &arg));
}

/*
 * DIR/stall: the server does not read. DIR/ready is there while it serves. In the end it prints
 * the server's operations since then. The device has a partition: the last close of that is the
 * last close of a file system's or a process's, while NBD_DO_IT keeps the whole device open.
 */
static int nbd_device(const char *device, const char *dir)
{
	char stall[256], ready[256];
	pid_t server, doer;
	int fd[2], dev;

	snprintf(stall, sizeof(stall), "%s/stall", dir);
	snprintf(ready, sizeof(ready), "%s/ready", dir);
	dev = open(device, O_RDWR);
	if (dev < 0) {
		printf("no NBD: %s\n", strerror(errno));
		return LACKS;
	}
	nbd = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	disk = calloc(NBD_BLOCKS, 512);
	MUST(nbd != MAP_FAILED && disk);
	tcp_pair(fd);
	server = fork();
	MUST(server >= 0);
	if (!server) {
		close(fd[1]);
		close(dev);
		nbd_serve(fd[0], stall);
	}
	close(fd[0]);
	MUST(!ioctl(dev, NBD_SET_BLKSIZE, 4096UL));
	MUST(!ioctl(dev, NBD_SET_SIZE_BLOCKS, NBD_BLOCKS / 8UL));
	MUST(!ioctl(dev, NBD_SET_FLAGS, NBD_FLAG_HAS_FLAGS | NBD_FLAG_SEND_FLUSH));
	MUST(!ioctl(dev, NBD_SET_SOCK, fd[1]));
	doer = fork();
	MUST(doer >= 0);
	if (!doer)
		_exit(ioctl(dev, NBD_DO_IT) ? 1 : 0);
	await_sleep(doer, SYS_ioctl);
	/* The first open looks for partitions, and removes what it does not find on the disk. */
	MUST(!close(open(device, O_RDONLY)));
	partition(dev, BLKPG_ADD_PARTITION);
	do { /* until it has nothing more to do */
		nbd->served = false;
		usleep(300000);
	} while (nbd->served);
	nbd->send_ops = nbd->send_bytes = nbd->recv_ops = nbd->recv_bytes = 0;
	create(ready);
	await_removal(ready);
	printf("%lu %lu %lu %lu\n", nbd->send_ops, nbd->send_bytes, nbd->recv_ops, nbd->recv_bytes);
	fflush(stdout);
	partition(dev, BLKPG_DEL_PARTITION);
	MUST(!ioctl(dev, NBD_DISCONNECT));
	reap(doer);
	kill(server, SIGKILL);
	reap(server);
	ioctl(dev, NBD_CLEAR_SOCK);
	return 0;
}

static int dirty(const char *device, const char *how, const char *path)
{
	int fd = open(device, O_RDWR);

	MUST(fd >= 0);
	for (int i = 0; i < 4; i++)
		MUST(write(fd, zeros, sizeof(zeros)) == sizeof(zeros));
	if (!strcmp(how, "exit"))
		_exit(0);
	MUST(!fsync(fd));
	create(path);
	await_removal(path);
	return 0;
}

/* ---- what follows an operation that is older than the module ---- */

static int later_tcp[2], later_msg, later_sem, later_event;
static mqd_t later_mq;

struct later_text {
	long type;
	char text[1];
};

static bool later_msgrcv(void)
{
	struct later_text text;

	return msgrcv(later_msg, &text, 1, 0, 0) == 1;
}

static void wake_msgrcv(pid_t pid)
{
	struct later_text text = { .type = 1 };

	(void)pid;
	MUST(!msgsnd(later_msg, &text, 1, 0));
}

static bool later_semop(void)
{
	struct sembuf down = { 0, -1, 0 };

	return !semop(later_sem, &down, 1);
}

static void wake_semop(pid_t pid)
{
	struct sembuf up = { 0, 1, 0 };

	(void)pid;
	MUST(!semop(later_sem, &up, 1));
}

static bool later_eventfd(void)
{
	eventfd_t value;

	return !eventfd_read(later_event, &value);
}

static void wake_eventfd(pid_t pid)
{
	(void)pid;
	MUST(!eventfd_write(later_event, 1));
}

static bool later_mq_receive(void)
{
	char c;

	return mq_receive(later_mq, &c, 1, NULL) == 1;
}

static void wake_mq_receive(pid_t pid)
{
	(void)pid;
	MUST(!mq_send(later_mq, zeros, 1, 0));
}

static bool later_sigwait(void)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGUSR2);
	return sigwaitinfo(&set, NULL) == SIGUSR2;
}

static void wake_sigwait(pid_t pid)
{
	MUST(!kill(pid, SIGUSR2));
}

static const struct later {
	const char *row;
	long nr;
	bool (*sleep)(void);
	void (*wake)(pid_t pid);
} laters[] = {
	{ "sysv_msg", SYS_msgrcv, later_msgrcv, wake_msgrcv },
	{ "sysv_sem", SYS_semtimedop, later_semop, wake_semop },
	{ "eventfd", SYS_read, later_eventfd, wake_eventfd },
	{ "posix_mq", SYS_mq_timedreceive, later_mq_receive, wake_mq_receive },
	{ "signal", SYS_rt_sigtimedwait, later_sigwait, wake_sigwait },
};

#define NR_LATERS (sizeof(laters) / sizeof(laters[0]))

static void on_signal(int nr)
{
	(void)nr;
}

static void later_task(const struct later *later, int fd)
{
	char two[2];

	MUST(recv(fd, two, 2, MSG_WAITALL) == 2);
	while (!later->sleep())
		MUST(errno == EINTR);
	for (;;)
		usleep(100000);
}

/* Prints the column `blocked` of tcp and of these rows. */
static void print_blocked(const char *when)
{
	char line[4096], *save, *word;
	int column = -1;
	FILE *f = fopen("/proc/ipcstat", "r");

	MUST(f);
	printf("%s:", when);
	for (int nr = 0; fgets(line, sizeof(line), f); nr++) {
		const char *row = strtok_r(line, " \n", &save);
		bool wanted = !strcmp(row, "tcp");

		for (size_t i = 0; i < NR_LATERS; i++)
			wanted = wanted || !strcmp(row, laters[i].row);
		if (nr != 1 && !wanted)
			continue;
		for (int i = 1; (word = strtok_r(NULL, " \n", &save)); i++) {
			if (nr == 1 && !strcmp(word, "blocked"))
				column = i;
			else if (nr > 1 && i == column)
				printf(" %s %s", row, word);
		}
	}
	printf("\n");
	fclose(f);
}

static void await_laters(const pid_t pid[NR_LATERS], long nr)
{
	for (size_t i = 0; i < NR_LATERS; i++)
		await_sleep(pid[i], nr ? nr : laters[i].nr);
}

static int later(const char *load)
{
	struct mq_attr attr = { .mq_maxmsg = 1, .mq_msgsize = 1 };
	pid_t pid[NR_LATERS];
	int fd[NR_LATERS];
	sigset_t set;

	later_msg = msgget(IPC_PRIVATE, 0600);
	later_sem = semget(IPC_PRIVATE, 1, 0600);
	later_event = eventfd(0, 0);
	later_mq = mq_open("/exits", O_RDWR | O_CREAT | O_EXCL, 0600, &attr);
	MUST(later_msg >= 0 && later_sem >= 0 && later_event >= 0 && later_mq >= 0);
	MUST(!mq_unlink("/exits"));
	MUST(!sigaction(SIGUSR1, &(struct sigaction){ .sa_handler = on_signal }, NULL));
	sigemptyset(&set);
	sigaddset(&set, SIGUSR2);
	MUST(!sigprocmask(SIG_BLOCK, &set, NULL));
	for (size_t i = 0; i < NR_LATERS; i++) {
		tcp_pair(later_tcp);
		fd[i] = later_tcp[1];
		pid[i] = fork();
		MUST(pid[i] >= 0);
		if (!pid[i])
			later_task(&laters[i], later_tcp[0]);
		close(later_tcp[0]);
	}
	await_laters(pid, SYS_recvfrom);
	MUST(!system(load));
	/* The first byte does not end it: it sleeps again, which the module sees. */
	for (size_t i = 0; i < NR_LATERS; i++)
		MUST(send(fd[i], zeros, 1, 0) == 1);
	usleep(200000);
	await_laters(pid, SYS_recvfrom);
	for (size_t i = 0; i < NR_LATERS; i++)
		MUST(send(fd[i], zeros, 1, 0) == 1);
	await_laters(pid, 0);
	print_blocked("asleep");
	for (size_t i = 0; i < NR_LATERS; i++)
		MUST(!kill(pid[i], SIGUSR1));
	usleep(200000);
	await_laters(pid, 0);
	print_blocked("asleep after a signal");
	for (size_t i = 0; i < NR_LATERS; i++)
		laters[i].wake(pid[i]);
	await_laters(pid, SYS_clock_nanosleep);
	print_blocked("awake");
	for (size_t i = 0; i < NR_LATERS; i++) {
		kill(pid[i], SIGKILL);
		reap(pid[i]);
	}
	print_blocked("gone");
	msgctl(later_msg, IPC_RMID, NULL);
	semctl(later_sem, 0, IPC_RMID);
	return 0;
}

int main(int argc, char **argv)
{
	const char *command = argc > 1 ? argv[1] : "";

	if (!strcmp(command, "tls") && argc == 4)
		return tls(atoi(argv[2]), argv[3]);
	if (!strcmp(command, "close") && argc == 4)
		return tls_close(atoi(argv[2]), argv[3]);
	if (!strcmp(command, "linger") && argc == 3)
		return tls_linger(argv[2]);
	if (!strcmp(command, "ipc") && argc == 3)
		return ipc(atoi(argv[2]));
	if (!strcmp(command, "core") && argc == 3)
		return core(atoi(argv[2]));
	if (!strcmp(command, "acct") && argc <= 3) {
		if (!acct(argv[2])) /* NULL: off */
			return 0;
		printf("no process accounting: %s\n", strerror(errno));
		return errno == ENOSYS ? LACKS : 1;
	}
	if (!strcmp(command, "nbd") && argc == 4)
		return nbd_device(argv[2], argv[3]);
	if (!strcmp(command, "dirty") && (argc == 4 || argc == 5))
		return dirty(argv[2], argv[3], argv[4]);
	if (!strcmp(command, "later") && argc == 3)
		return later(argv[2]);
	fprintf(stderr, "Usage: exits COMMAND ... (see exits.c)\n");
	return 2;
}
