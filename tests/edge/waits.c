// SPDX-License-Identifier: GPL-2.0-only
/*
 * The waits of every row: who sleeps, how often, for how long.
 *
 * For each place where an operation sleeps, a child does 23 operations that must sleep
 * once each. The parent sees it asleep (/proc/PID), lets it sleep a little longer, and does
 * what it waits for. Two more sleeps end by a handled signal and by SIGKILL. So the
 * row's waits are known, and its wait_ns lies between two sums that the parent
 * measures: from seeing the child asleep until acting, and from letting it begin
 * until seeing that it has ended. Its runq_ns is a part of what the scheduler itself
 * counts for the child (/proc/PID/schedstat), by the scheduler's own clock, which may
 * be a coarse one. And the tracepoint sched_switch, by a trigger of the kernel's own,
 * counts how often a task whose name says that it is in an operation falls asleep.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <linux/futex.h>
#include <mqueue.h>
#include <netinet/in.h>
#include <netinet/ip.h>
#include <signal.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/msg.h>
#include <sys/prctl.h>
#include <sys/sem.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "edge.h"

#define ROUNDS 23
#define SLEEP_MS 3
#define PAGE 4096

/*
 * @row, @dir: where the waits are to be counted
 * @name: what sleeps
 * @nr: the system call that it sleeps in
 * @rounds: how often; 0: ROUNDS
 * @often: one operation may fall asleep again
 * @setup, @end: once; may be NULL
 * @prep: in the parent, before each sleep; may be NULL
 * @op: in the child: the operation; < 0 with errno EINTR when a signal ends it
 * @wake: in the parent: what it waits for
 */
struct wait {
	const char *row, *dir, *name;
	long nr;
	int rounds;
	bool often;
	void (*setup)(void);
	void (*prep)(void);
	long (*op)(void);
	void (*wake)(void);
	void (*end)(void);
};

/* Shared with the child. */
static struct {
	atomic_int go, done;
	int futex[2];
} * shared;

static pid_t child;
static int64_t all_runq_ns;
static int fd[2], other = -1;
static char page[PAGE] __attribute__((aligned(PAGE)));

static uint64_t now_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * 1000000000ULL + ts.tv_nsec;
}

/* The time that a task was awake but no CPU ran it. */
static int64_t run_delay_ns(pid_t pid)
{
	unsigned long long delay;
	char path[64];
	FILE *f;

	snprintf(path, sizeof(path), "/proc/%d/schedstat", pid);
	f = fopen(path, "r");
	EDGE_MUST(f && fscanf(f, "%*u %llu", &delay) == 1);
	fclose(f);
	return delay;
}

/* ---- the scheduler's tracepoint ---- */

#define TRACING "/sys/kernel/tracing/"
#define SWITCH TRACING "events/sched/sched_switch/"
#define IN_OPERATION "in operation"
#define TRIGGER "hist:keys=prev_comm if prev_comm == \"" IN_OPERATION "\" && prev_state & 1"

static void trigger(const char *text)
{
	int file = open(SWITCH "trigger", O_WRONLY);

	EDGE_MUST(file >= 0 && write(file, text, strlen(text)) == (ssize_t)strlen(text));
	close(file);
}

static int switches(void)
{
	char line[256];
	int hits = -1;
	FILE *f = fopen(SWITCH "hist", "r");

	EDGE_MUST(f);
	while (fgets(line, sizeof(line), f))
		sscanf(line, " Hits: %d", &hits);
	fclose(f);
	EDGE_MUST(hits >= 0);
	return hits;
}

static void pause_ms(int ms)
{
	nanosleep(&(struct timespec){ .tv_nsec = ms * 1000000L }, NULL);
}

static void close_all(void)
{
	close(fd[0]);
	close(fd[1]);
	if (other >= 0)
		close(other);
	other = -1;
}

/* ---- pipes ---- */

static void make_pipe(void)
{
	EDGE_MUST(!pipe(fd));
	EDGE_MUST(fcntl(fd[1], F_SETPIPE_SZ, PAGE) == PAGE);
}

static void make_full_pipe(void)
{
	make_pipe();
	EDGE_MUST(write(fd[1], page, PAGE) == PAGE);
}

#define FIFO "waits.fifo"

static void make_fifo(void)
{
	unlink(FIFO);
	EDGE_MUST(!mkfifo(FIFO, 0600));
	fd[0] = open(FIFO, O_RDWR);
	EDGE_MUST(fd[0] >= 0);
	fd[1] = dup(fd[0]);
	EDGE_MUST(fcntl(fd[1], F_SETPIPE_SZ, PAGE) == PAGE);
}

static void make_full_fifo(void)
{
	make_fifo();
	EDGE_MUST(write(fd[1], page, PAGE) == PAGE);
}

static void end_fifo(void)
{
	close_all();
	unlink(FIFO);
}

static void make_closed_fifo(void)
{
	unlink(FIFO);
	EDGE_MUST(!mkfifo(FIFO, 0600));
}

static void unlink_fifo(void)
{
	unlink(FIFO);
}

static long read_byte(void)
{
	char c;

	return read(fd[0], &c, 1);
}

static void write_byte(void)
{
	EDGE_MUST(write(fd[1], page, 1) == 1);
}

static long write_page(void)
{
	return write(fd[1], page, PAGE);
}

static void read_page(void)
{
	EDGE_MUST(read(fd[0], page, PAGE) == PAGE);
}

/* Two sleeps or more: the pipe holds a page. */
static long write_pages(void)
{
	static char pages[3 * PAGE];

	return write(fd[1], pages, sizeof(pages));
}

/* It must not be us who sleeps: the writer may be slow. */
static void read_pages(void)
{
	int ready;

	for (int i = 0; i < 3; i++) {
		do {
			pause_ms(1);
			EDGE_MUST(!ioctl(fd[0], FIONREAD, &ready));
		} while (ready < PAGE);
		EDGE_MUST(read(fd[0], page, PAGE) == PAGE);
	}
}

static long open_to_read(void)
{
	int file = open(FIFO, O_RDONLY);

	return file < 0 ? -1 : close(file);
}

static long open_to_write(void)
{
	int file = open(FIFO, O_WRONLY);

	return file < 0 ? -1 : close(file);
}

static void let_read(void)
{
	EDGE_MUST(!open_to_write());
}

static void let_write(void)
{
	EDGE_MUST(!open_to_read());
}

static int null_fd = -1;

static long splice_out(void)
{
	return splice(fd[0], NULL, null_fd, NULL, 1, 0);
}

static long tee_out(void)
{
	int into[2], err;
	long ret;

	EDGE_MUST(!pipe(into));
	ret = tee(fd[0], into[1], 1, 0);
	err = errno;
	close(into[0]);
	close(into[1]);
	errno = err;
	return ret;
}

/* tee takes nothing */
static void write_for_tee(void)
{
	write_byte();
	while (shared->done != shared->go)
		pause_ms(1);
	EDGE_MUST(read(fd[0], page, 1) == 1);
}

static long vmsplice_in(void)
{
	return vmsplice(fd[1], &(struct iovec){ page, PAGE }, 1, 0);
}

/* ---- queues ---- */

static int id;
static struct {
	long type;
	char text[64];
} msg = { .type = 1 };

static void make_queue(void)
{
	struct msqid_ds ds;

	id = msgget(IPC_PRIVATE, 0600);
	EDGE_MUST(id >= 0 && !msgctl(id, IPC_STAT, &ds));
	ds.msg_qbytes = sizeof(msg.text);
	EDGE_MUST(!msgctl(id, IPC_SET, &ds));
}

static void make_full_queue(void)
{
	make_queue();
	EDGE_MUST(!msgsnd(id, &msg, sizeof(msg.text), 0));
}

static void end_queue(void)
{
	EDGE_MUST(!msgctl(id, IPC_RMID, NULL));
}

static long queue_send(void)
{
	return msgsnd(id, &msg, sizeof(msg.text), 0);
}

static long queue_receive(void)
{
	return msgrcv(id, &msg, sizeof(msg.text), 0, 0);
}

static void let_queue_receive(void)
{
	EDGE_MUST(!queue_send());
}

static void let_queue_send(void)
{
	EDGE_MUST(queue_receive() == sizeof(msg.text));
}

static mqd_t mq;

static void make_mq(void)
{
	struct mq_attr attr = { .mq_maxmsg = 1, .mq_msgsize = 1 };

	mq = mq_open("/waits", O_RDWR | O_CREAT | O_EXCL, 0600, &attr);
	EDGE_MUST(mq >= 0 && !mq_unlink("/waits"));
}

static void make_full_mq(void)
{
	make_mq();
	EDGE_MUST(!mq_send(mq, page, 1, 0));
}

static void end_mq(void)
{
	mq_close(mq);
}

static long post(void)
{
	return mq_send(mq, page, 1, 0);
}

static long fetch(void)
{
	char c;

	return mq_receive(mq, &c, 1, NULL);
}

static void let_fetch(void)
{
	EDGE_MUST(!post());
}

static void let_post(void)
{
	EDGE_MUST(fetch() == 1);
}

/* ---- semaphores, futexes ---- */

static void make_sem(void)
{
	id = semget(IPC_PRIVATE, 1, 0600);
	EDGE_MUST(id >= 0);
}

static void end_sem(void)
{
	EDGE_MUST(!semctl(id, 0, IPC_RMID));
}

static long sem_down(void)
{
	return semop(id, &(struct sembuf){ 0, -1, 0 }, 1);
}

static void sem_up(void)
{
	EDGE_MUST(!semop(id, &(struct sembuf){ 0, 1, 0 }, 1));
}

static long futex(int *word, int op, unsigned int val)
{
	return syscall(SYS_futex, word, op, val, NULL, NULL, FUTEX_BITSET_MATCH_ANY);
}

static long futex_sleeps(void)
{
	return futex(&shared->futex[0], FUTEX_WAIT, 0);
}

static long futex_waitv_sleeps(void)
{
	struct futex_waitv waiters[2] = {
		{ .uaddr = (uintptr_t)&shared->futex[1], .flags = FUTEX_32 },
		{ .uaddr = (uintptr_t)&shared->futex[0], .flags = FUTEX_32 },
	};

	return syscall(SYS_futex_waitv, waiters, 2, 0, NULL, 0);
}

static void futex_wakes(void)
{
	EDGE_MUST(futex(&shared->futex[0], FUTEX_WAKE, 1) == 1);
}

/* The waiter is moved to another futex, and woken there: the same wait. */
static void futex_requeues(void)
{
	EDGE_MUST(syscall(SYS_futex, &shared->futex[0], FUTEX_CMP_REQUEUE, 0, 1L, &shared->futex[1],
			  0) == 1);
	pause_ms(1);
	EDGE_MUST(futex(&shared->futex[1], FUTEX_WAKE, 1) == 1);
}

static long requeue_pi_sleeps(void)
{
	long ret = syscall(SYS_futex, &shared->futex[0], FUTEX_WAIT_REQUEUE_PI, 0, NULL,
			   &shared->futex[1], 0);

	if (!ret)
		shared->futex[1] = 0;
	return ret;
}

static void requeue_pi_wakes(void)
{
	EDGE_MUST(syscall(SYS_futex, &shared->futex[0], FUTEX_CMP_REQUEUE_PI, 1, 1L,
			  &shared->futex[1], 0) == 1);
}

/* Unlocks from user space's side: nobody may be waiting. */
static void pi_lock(void)
{
	shared->futex[0] = gettid();
}

static long pi_sleeps(void)
{
	long ret = futex(&shared->futex[0], FUTEX_LOCK_PI, 0);

	if (!ret)
		shared->futex[0] = 0;
	return ret;
}

static void pi_unlock(void)
{
	EDGE_MUST(!futex(&shared->futex[0], FUTEX_UNLOCK_PI, 0));
}

static void pi_end(void)
{
	shared->futex[0] = 0;
}

/* ---- signals: SIGUSR1 has a handler, SIGUSR2 is blocked ---- */

static void handler(int sig)
{
	(void)sig;
}

static sigset_t usr2;

static long sigwait_sleeps(void)
{
	return sigwaitinfo(&usr2, NULL);
}

static void send_usr2(void)
{
	EDGE_MUST(!kill(child, SIGUSR2));
}

static void send_usr1(void)
{
	EDGE_MUST(!kill(child, SIGUSR1));
}

static long pause_sleeps(void)
{
	return pause();
}

static long sigsuspend_sleeps(void)
{
	return sigsuspend(&usr2);
}

static void make_signalfd(void)
{
	fd[0] = signalfd(-1, &usr2, 0);
	fd[1] = -1;
	EDGE_MUST(fd[0] >= 0);
}

static long signalfd_sleeps(void)
{
	struct signalfd_siginfo info;

	return read(fd[0], &info, sizeof(info));
}

/* ---- sockets ---- */

static void make_pair(int type)
{
	EDGE_MUST(!socketpair(AF_UNIX, type, 0, fd));
	EDGE_MUST(!setsockopt(fd[1], SOL_SOCKET, SO_SNDBUF, &(int){ 4096 }, sizeof(int)));
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

static struct sockaddr_un unix_addr = { .sun_family = AF_UNIX, .sun_path = "\0waits" };
#define UNIX_LEN (offsetof(struct sockaddr_un, sun_path) + 6)

static long receive_byte(void)
{
	char c;

	return recv(fd[0], &c, 1, 0);
}

static void send_byte(void)
{
	EDGE_MUST(send(fd[1], page, 1, 0) == 1);
}

/* Until no more fits, also when the network has moved on what it can. */
static void fill(void)
{
	int sent;

	do {
		for (sent = 0; send(fd[1], page, 1024, MSG_DONTWAIT) > 0; sent++)
			;
		EDGE_MUST(errno == EAGAIN);
		pause_ms(2);
	} while (sent);
}

static long send_more(void)
{
	return send(fd[1], page, 1024, 0);
}

static void drain(void)
{
	while (recv(fd[0], page, PAGE, MSG_DONTWAIT) > 0)
		;
	EDGE_MUST(errno == EAGAIN);
}

/* fd[1] sends to fd[0] without being connected: the length of the queue is its limit. */
static void make_unconnected(void)
{
	fd[0] = socket(AF_UNIX, SOCK_DGRAM, 0);
	fd[1] = socket(AF_UNIX, SOCK_DGRAM, 0);
	EDGE_MUST(!bind(fd[0], (void *)&unix_addr, UNIX_LEN));
}

static void fill_queue(void)
{
	while (sendto(fd[1], page, 1, MSG_DONTWAIT, (void *)&unix_addr, UNIX_LEN) > 0)
		;
	EDGE_MUST(errno == EAGAIN);
}

static long sendto_more(void)
{
	return sendto(fd[1], page, 1, 0, (void *)&unix_addr, UNIX_LEN);
}

static int unix_type;

static void make_unix_listener(int type, int backlog)
{
	unix_type = type;
	fd[0] = socket(AF_UNIX, type, 0);
	fd[1] = -1;
	EDGE_MUST(!bind(fd[0], (void *)&unix_addr, UNIX_LEN) && !listen(fd[0], backlog));
}

static void listen_stream(void)
{
	make_unix_listener(SOCK_STREAM, 0);
}

static void listen_seqpacket(void)
{
	make_unix_listener(SOCK_SEQPACKET, 0);
}

static long unix_connects(void)
{
	int sk = socket(AF_UNIX, unix_type, 0);
	int ret = connect(sk, (void *)&unix_addr, UNIX_LEN), err = errno;

	close(sk);
	errno = err;
	return ret;
}

static void fill_backlog(void)
{
	for (int ret = 0; !ret;) {
		int sk = socket(AF_UNIX, unix_type | SOCK_NONBLOCK, 0);

		ret = connect(sk, (void *)&unix_addr, UNIX_LEN);
		EDGE_MUST(!ret || errno == EAGAIN);
		close(sk);
	}
}

static long accepts(void)
{
	int sk = accept(fd[0], NULL, NULL);

	return sk < 0 ? -1 : close(sk);
}

static void accept_all(void)
{
	int sk;

	EDGE_MUST(!fcntl(fd[0], F_SETFL, O_NONBLOCK));
	while ((sk = accept(fd[0], NULL, NULL)) >= 0)
		close(sk);
	EDGE_MUST(errno == EAGAIN && !fcntl(fd[0], F_SETFL, 0));
}

static void let_accept(void)
{
	EDGE_MUST(!unix_connects());
}

static struct sockaddr_in in_addr;

static int inet_socket(int type, int protocol)
{
	socklen_t len = sizeof(in_addr);
	int sk = socket(AF_INET, type, protocol);

	in_addr = (struct sockaddr_in){ .sin_family = AF_INET,
					.sin_addr = { htonl(INADDR_LOOPBACK) } };
	EDGE_MUST(sk >= 0 && !bind(sk, (void *)&in_addr, len));
	EDGE_MUST(!getsockname(sk, (void *)&in_addr, &len));
	return sk;
}

static void listen_tcp(void)
{
	fd[0] = inet_socket(SOCK_STREAM, 0);
	fd[1] = -1;
	EDGE_MUST(!listen(fd[0], 0));
}

static long tcp_connects(void)
{
	int sk = socket(AF_INET, SOCK_STREAM, 0);
	int ret = connect(sk, (void *)&in_addr, sizeof(in_addr)), err = errno;

	close(sk);
	errno = err;
	return ret;
}

static void let_tcp_accept(void)
{
	EDGE_MUST(!tcp_connects());
}

/* What does not fit the backlog is not answered; it is sent again after a second. */
static void fill_tcp_backlog(void)
{
	accept_all();
	EDGE_MUST(!tcp_connects());
}

static void make_tcp(void)
{
	other = inet_socket(SOCK_STREAM, 0);
	EDGE_MUST(!setsockopt(other, SOL_SOCKET, SO_RCVBUF, &(int){ 8192 }, sizeof(int)));
	EDGE_MUST(!listen(other, 1));
	fd[1] = socket(AF_INET, SOCK_STREAM, 0);
	EDGE_MUST(!setsockopt(fd[1], SOL_SOCKET, SO_SNDBUF, &(int){ 8192 }, sizeof(int)));
	EDGE_MUST(!connect(fd[1], (void *)&in_addr, sizeof(in_addr)));
	fd[0] = accept(other, NULL, NULL);
	EDGE_MUST(fd[0] >= 0);
}

/* More than a little room that the network still makes. */
static long send_much(void)
{
	static char much[64 * 1024];

	return send(fd[1], much, sizeof(much), 0);
}

/* The child's send ends, or sleeps again: the same wait. */
static void drain_tcp(void)
{
	while (shared->done != shared->go) {
		while (recv(fd[0], page, PAGE, MSG_DONTWAIT) > 0)
			;
		pause_ms(1);
	}
}

static void make_udp(void)
{
	fd[0] = inet_socket(SOCK_DGRAM, 0);
	fd[1] = socket(AF_INET, SOCK_DGRAM, 0);
	EDGE_MUST(!connect(fd[1], (void *)&in_addr, sizeof(in_addr)));
}

static void make_raw(void)
{
	fd[0] = inet_socket(SOCK_RAW, 253);
	fd[1] = socket(AF_INET, SOCK_RAW, 253);
	EDGE_MUST(!connect(fd[1], (void *)&in_addr, sizeof(in_addr)));
}

/*
 * On its way to the receiver, what was sent leaves the sender's buffer at once. Unless the
 * way is slow: a token bucket of a packet a second. Without it all goes, and the sender
 * wakes.
 */
static bool make_slow(void)
{
	return !system("tc qdisc replace dev lo root tbf rate 8kbit burst 1600 limit 1000000");
}

static void slow_fill(void)
{
	EDGE_MUST(make_slow());
	fill();
}

static void end_slowness(void)
{
	EDGE_MUST(!system("tc qdisc del dev lo root"));
}

static void close_slow(void)
{
	end_slowness();
	close_all();
}

static void small_buffer(void)
{
	EDGE_MUST(!setsockopt(fd[1], SOL_SOCKET, SO_SNDBUF, &(int){ 4096 }, sizeof(int)));
}

static void make_slow_udp(void)
{
	make_udp();
	small_buffer();
}

/* It sleeps only with IP headers of one's own; otherwise it gets ENOBUFS. */
static void make_slow_raw(void)
{
	struct iphdr ip = { .version = 4, .ihl = 5, .ttl = 64, .protocol = 253 };

	make_raw();
	small_buffer();
	ip.daddr = htonl(INADDR_LOOPBACK);
	memcpy(page, &ip, sizeof(ip));
	EDGE_MUST(!setsockopt(fd[1], IPPROTO_IP, IP_HDRINCL, &(int){ 1 }, sizeof(int)));
}

/* ---- eventfds: fd[1] is a duplicate ---- */

static void make_eventfd(void)
{
	fd[0] = eventfd(0, EFD_SEMAPHORE);
	fd[1] = dup(fd[0]);
	EDGE_MUST(fd[1] >= 0);
}

static void make_full_eventfd(void)
{
	make_eventfd();
	EDGE_MUST(!eventfd_write(fd[1], ~0ULL - 1));
}

static long take_one(void)
{
	eventfd_t one;

	return eventfd_read(fd[0], &one);
}

static void let_take(void)
{
	EDGE_MUST(!eventfd_write(fd[1], 1));
}

static long add_one(void)
{
	return eventfd_write(fd[1], 1);
}

static void let_add(void)
{
	EDGE_MUST(!take_one());
}

/* With room for one it falls asleep again. */
static long add_two(void)
{
	return eventfd_write(fd[1], 2);
}

static void let_add_two(void)
{
	let_add();
	pause_ms(1);
	let_add();
}

/* From a socket through a pipe that is never full. */
static long splice_socket(void)
{
	int into[2], err;
	long ret;

	EDGE_MUST(!pipe(into));
	ret = splice(fd[0], NULL, into[1], NULL, 1, 0);
	err = errno;
	close(into[0]);
	close(into[1]);
	errno = err;
	return ret;
}

/* clang-format off */
static const struct wait waits[] = {
	{ "pipe", "recv", "read", SYS_read, 0, false, make_pipe, NULL, read_byte, write_byte, close_all },
	{ "pipe", "send", "write", SYS_write, 0, false, make_full_pipe, NULL, write_page, read_page, close_all },
	{ "pipe", "send", "write in parts", SYS_write, 0, true, make_full_pipe, NULL, write_pages, read_pages, close_all },
	{ "pipe", "recv", "splice out", SYS_splice, 0, false, make_pipe, NULL, splice_out, write_byte, close_all },
	{ "pipe", "recv", "tee", SYS_tee, 0, false, make_pipe, NULL, tee_out, write_for_tee, close_all },
	{ "pipe", "send", "vmsplice in", SYS_vmsplice, 0, false, make_full_pipe, NULL, vmsplice_in, read_page, close_all },
	{ "fifo", "recv", "read", SYS_read, 0, false, make_fifo, NULL, read_byte, write_byte, end_fifo },
	{ "fifo", "send", "write", SYS_write, 0, false, make_full_fifo, NULL, write_page, read_page, end_fifo },
	{ "fifo", "recv", "splice out", SYS_splice, 0, false, make_fifo, NULL, splice_out, write_byte, end_fifo },
	{ "fifo", "send", "vmsplice in", SYS_vmsplice, 0, false, make_full_fifo, NULL, vmsplice_in, read_page, end_fifo },
	{ "fifo", "recv", "open to read", SYS_openat, 0, false, make_closed_fifo, NULL, open_to_read, let_read, unlink_fifo },
	{ "fifo", "send", "open to write", SYS_openat, 0, false, make_closed_fifo, NULL, open_to_write, let_write, unlink_fifo },
	{ "sysv_msg", "recv", "msgrcv", SYS_msgrcv, 0, false, make_queue, NULL, queue_receive, let_queue_receive, end_queue },
	{ "sysv_msg", "send", "msgsnd", SYS_msgsnd, 0, false, make_full_queue, NULL, queue_send, let_queue_send, end_queue },
	{ "posix_mq", "recv", "mq_receive", SYS_mq_timedreceive, 0, false, make_mq, NULL, fetch, let_fetch, end_mq },
	{ "posix_mq", "send", "mq_send", SYS_mq_timedsend, 0, false, make_full_mq, NULL, post, let_post, end_mq },
	{ "sysv_sem", "recv", "semop", SYS_semtimedop, 0, false, make_sem, NULL, sem_down, sem_up, end_sem },
	{ "futex", "recv", "FUTEX_WAIT", SYS_futex, 0, false, NULL, NULL, futex_sleeps, futex_wakes, NULL },
	{ "futex", "recv", "futex_waitv", SYS_futex_waitv, 0, false, NULL, NULL, futex_waitv_sleeps, futex_wakes, NULL },
	{ "futex", "recv", "FUTEX_WAIT, requeued", SYS_futex, 0, false, NULL, NULL, futex_sleeps, futex_requeues, NULL },
	{ "futex", "recv", "FUTEX_WAIT_REQUEUE_PI", SYS_futex, 0, false, NULL, NULL, requeue_pi_sleeps, requeue_pi_wakes, NULL },
	{ "futex", "recv", "FUTEX_LOCK_PI", SYS_futex, 0, false, NULL, pi_lock, pi_sleeps, pi_unlock, pi_end },
	{ "signal", "recv", "sigwaitinfo", SYS_rt_sigtimedwait, 0, false, NULL, NULL, sigwait_sleeps, send_usr2, NULL },
	{ "signal", "recv", "pause", SYS_pause, 0, false, NULL, NULL, pause_sleeps, send_usr1, NULL },
	{ "signal", "recv", "sigsuspend", SYS_rt_sigsuspend, 0, false, NULL, NULL, sigsuspend_sleeps, send_usr1, NULL },
	{ "signal", "recv", "read of a signalfd", SYS_read, 0, false, make_signalfd, NULL, signalfd_sleeps, send_usr2, close_all },
	{ "unix_stream", "recv", "recv", SYS_recvfrom, 0, false, make_stream, NULL, receive_byte, send_byte, close_all },
	{ "unix_stream", "recv", "splice out", SYS_splice, 0, false, make_stream, NULL, splice_socket, send_byte, close_all },
	{ "unix_stream", "send", "send", SYS_sendto, 0, false, make_stream, fill, send_more, drain, close_all },
	{ "unix_stream", "recv", "accept", SYS_accept, 0, false, listen_stream, NULL, accepts, let_accept, close_all },
	{ "unix_stream", "send", "connect", SYS_connect, 0, false, listen_stream, fill_backlog, unix_connects, accept_all, close_all },
	{ "unix_dgram", "recv", "recv", SYS_recvfrom, 0, false, make_dgram, NULL, receive_byte, send_byte, close_all },
	{ "unix_dgram", "send", "send", SYS_sendto, 0, false, make_dgram, fill, send_more, drain, close_all },
	{ "unix_dgram", "send", "sendto a full queue", SYS_sendto, 0, false, make_unconnected, fill_queue, sendto_more, drain, close_all },
	{ "unix_seqpacket", "recv", "recv", SYS_recvfrom, 0, false, make_seqpacket, NULL, receive_byte, send_byte, close_all },
	{ "unix_seqpacket", "send", "send", SYS_sendto, 0, false, make_seqpacket, fill, send_more, drain, close_all },
	{ "unix_seqpacket", "recv", "accept", SYS_accept, 0, false, listen_seqpacket, NULL, accepts, let_accept, close_all },
	{ "unix_seqpacket", "send", "connect", SYS_connect, 0, false, listen_seqpacket, fill_backlog, unix_connects, accept_all, close_all },
	{ "tcp", "recv", "recv", SYS_recvfrom, 0, false, make_tcp, NULL, receive_byte, send_byte, close_all },
	{ "tcp", "send", "send", SYS_sendto, 0, true, make_tcp, fill, send_much, drain_tcp, close_all },
	{ "tcp", "recv", "accept", SYS_accept, 0, false, listen_tcp, NULL, accepts, let_tcp_accept, close_all },
	{ "tcp", "send", "connect", SYS_connect, 2, false, listen_tcp, fill_tcp_backlog, tcp_connects, accept_all, close_all },
	{ "udp", "recv", "recv", SYS_recvfrom, 0, false, make_udp, NULL, receive_byte, send_byte, close_all },
	{ "udp", "send", "send", SYS_sendto, 0, false, make_slow_udp, slow_fill, send_more, end_slowness, close_slow },
	{ "raw", "send", "send", SYS_sendto, 0, false, make_slow_raw, slow_fill, send_more, end_slowness, close_slow },
	{ "raw", "recv", "recv", SYS_recvfrom, 0, false, make_raw, NULL, receive_byte, send_byte, close_all },
	{ "eventfd", "recv", "read", SYS_read, 0, false, make_eventfd, NULL, take_one, let_take, close_all },
	{ "eventfd", "send", "write", SYS_write, 0, false, make_full_eventfd, NULL, add_one, let_add, close_all },
	{ "eventfd", "send", "write, room for a part", SYS_write, 0, true, make_full_eventfd, NULL, add_two, let_add_two, close_all },
};
/* clang-format on */

/* Sleeps between the operations are nanosleep's: they belong to no mechanism. */
static int sleeper(void *arg)
{
	const struct wait *w = arg;
	long ret;

	for (int nr = 1;; nr++) {
		while (shared->go < nr)
			pause_ms(1);
		prctl(PR_SET_NAME, IN_OPERATION);
		ret = w->op();
		prctl(PR_SET_NAME, "waits");
		if (ret < 0 && errno != EINTR)
			return 1;
		shared->done = nr;
	}
}

/* Until the operation that the child was let begin is asleep: the time of seeing it. */
static uint64_t begin(const struct wait *w)
{
	if (w->prep)
		w->prep();
	shared->go++;
	edge_asleep(child, w->nr);
	return now_ns();
}

static void await_done(void)
{
	for (int tries = 0; shared->done != shared->go; tries++) {
		EDGE_MUST(tries < 20000);
		pause_ms(1);
	}
}

static void try(const struct wait *w)
{
	int rounds = w->rounds ? w->rounds : ROUNDS;
	uint64_t start, asleep, least = 0, most = 0;
	int64_t blocked = 0, before_blocked, wait_ns, before_ns;
	int64_t runq_ns = 0, before_runq, most_runq = 0;
	int slept;
	bool sends = w->dir[0] == 's';
	bool restarts = w->op == pi_sleeps || w->op == requeue_pi_sleeps; /* only SIGKILL ends it */
	const char *waits_name = sends ? "send_waits" : "recv_waits";
	const char *others_name = sends ? "recv_waits" : "send_waits";
	const char *wait_name = sends ? "send_wait_ns" : "recv_wait_ns";
	const char *runq_name = sends ? "send_runq_ns" : "recv_runq_ns";

	if (w->prep == slow_fill) {
		if (!make_slow()) {
			edge_skip(w->row, "this kernel cannot make the way slow (tc, tbf)");
			return;
		}
		end_slowness();
	}
	if (w->setup)
		w->setup();
	memset(shared, 0, sizeof(*shared));
	child = edge_child(sleeper, (void *)w);

	before_blocked = edge_now(w->row, "blocked");
	before_ns = edge_now(w->row, wait_name);
	before_runq = edge_now(w->row, runq_name);
	most_runq = -run_delay_ns(child);
	slept = -switches();
	edge_begin("%s %s, %s", w->row, w->dir, w->name);
	for (int i = 0; i < rounds + 2; i++) {
		start = now_ns();
		asleep = begin(w);
		pause_ms(SLEEP_MS);
		if (i == 0)
			blocked = edge_now(w->row, "blocked");
		least += now_ns() - asleep;
		if (i < rounds + restarts)
			w->wake();
		else
			EDGE_MUST(!kill(child, i == rounds ? SIGALRM : SIGKILL));
		if (i <= rounds)
			await_done();
		else
			EDGE_MUST(edge_wait(child) == 128 + SIGKILL);
		most += now_ns() - start;
		if (i == rounds) {
			runq_ns = edge_now(w->row, runq_name) - before_runq;
			most_runq += run_delay_ns(child);
		}
	}
	slept += switches();
	edge_any(w->row, NULL);
	edge_expect(w->row, waits_name, rounds + 2);
	if (edge_now(w->row, others_name) >= 0)
		edge_expect(w->row, others_name, 0);
	edge_expect(w->row, "blocked", 0);
	edge_end();
	edge_check(blocked == before_blocked + 1, "%s %s, %s: blocked +1 while it sleeps", w->row,
		   w->dir, w->name);
	edge_check(w->often ? slept >= rounds + 2 : slept == rounds + 2,
		   "%s %s, %s: the scheduler says that it fell asleep %d times", w->row, w->dir,
		   w->name, slept);
	wait_ns = edge_now(w->row, wait_name) - before_ns;
	edge_check(wait_ns >= (int64_t)least && wait_ns <= (int64_t)most,
		   "%s %s, %s: wait_ns %lld is in %llu to %llu", w->row, w->dir, w->name,
		   (long long)wait_ns, (unsigned long long)least, (unsigned long long)most);
	edge_check(runq_ns >= 0 && runq_ns <= most_runq && runq_ns < wait_ns - (int64_t)least,
		   "%s %s, %s: runq_ns %lld is a part of the scheduler's %lld", w->row, w->dir,
		   w->name, (long long)runq_ns, (long long)most_runq);
	all_runq_ns += runq_ns;
	if (w->end)
		w->end();
}

/* waits [ROW]: only the waits of that row */
int main(int argc, char **argv)
{
	struct sigaction action = { .sa_handler = handler };

	shared = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	EDGE_MUST(shared != MAP_FAILED);
	null_fd = open("/dev/null", O_WRONLY);
	EDGE_MUST(null_fd >= 0);
	if (access(SWITCH, F_OK))
		EDGE_MUST(!mount("tracefs", TRACING, "tracefs", 0, NULL));
	trigger(TRIGGER);
	sigemptyset(&usr2);
	sigaddset(&usr2, SIGUSR2);
	EDGE_MUST(!sigprocmask(SIG_BLOCK, &usr2, NULL));
	EDGE_MUST(!sigaction(SIGUSR1, &action, NULL) && !sigaction(SIGALRM, &action, NULL));
	for (size_t i = 0; i < sizeof(waits) / sizeof(waits[0]); i++)
		if (argc < 2 || !strcmp(argv[1], waits[i].row))
			try(&waits[i]);
	trigger("!" TRIGGER);
	edge_check(all_runq_ns > 0, "runq_ns of all of them: %lld", (long long)all_runq_ns);
	return edge_done();
}
