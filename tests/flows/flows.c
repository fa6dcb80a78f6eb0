// SPDX-License-Identifier: GPL-2.0-only
/*
 * Flows: who moved what, and that all of them are all that was counted. Output is TAP.
 *
 *	flows sums			of each row: flows and others are its counters. The
 *					flows must have been on from the beginning.
 *	flows who			fork, threads, exec, a passed descriptor, io_uring, a
 *					process number that is used again; filters
 *	flows crowd PROCESSES FLOWS	so many short-lived ones, where so few flows fit
 *	flows mine			as an ordinary user: nobody else's are shown
 *	flows write FD COUNT		(of "who")
 */
#define _GNU_SOURCE
#include <err.h>
#include <inttypes.h>
#include <liburing.h>
#include <linux/sched.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "edge.h"
#include "ipcstat/ipcstat.h"

#define SIZE 8
#define TRIES 50

static struct nl *nl;
static char text[SIZE];

static const char *const value_names[NL_FLOW_VALUES] = {
	[NL_OPS] = "ops",     [NL_BYTES] = "bytes",     [NL_COPIED] = "copied",
	[NL_WAITS] = "waits", [NL_WAIT_NS] = "wait_ns", [NL_FAILS] = "fails",
};

static void must_nl(int status)
{
	if (status)
		errx(1, "Bail out! %s", nl_error(nl));
}

static struct nl_flows get(const struct nl_flow_filter *filter)
{
	struct nl_flows flows;

	must_nl(nl_get_flows(nl, filter, &flows));
	return flows;
}

/* ---- sums ---- */

static bool same_rows(const struct nl_rows *a, const struct nl_rows *b)
{
	for (unsigned int i = 0; i < a->nr; i++)
		for (unsigned int j = 0; j < a->row[i].nr; j++)
			if (!a->row[i].counter[j].gauge &&
			    a->row[i].counter[j].value != b->row[i].counter[j].value)
				return false;
	return true;
}

/* Rows and flows of one moment, in which nothing was counted. */
static void read_both(struct nl_rows *rows, struct nl_flows *flows)
{
	static const struct nl_flow_filter all;
	struct nl_rows later;

	for (int i = 0; i < TRIES; i++) {
		must_nl(nl_get_rows(nl, NULL, rows));
		*flows = get(&all);
		must_nl(nl_get_rows(nl, NULL, &later));
		if (!flows->changed && same_rows(rows, &later)) {
			nl_free_rows(&later);
			return;
		}
		nl_free_rows(rows);
		nl_free_rows(&later);
		nl_free_flows(flows);
		usleep(100000);
	}
	errx(1, "Bail out! the machine is not quiet");
}

/* What differs between a row and its flows, in words; or "". */
static void compare(const struct nl_row *row, const struct nl_flows *flows, const char *dir,
		    char difference[256])
{
	char name[64];

	for (int i = 0; i < NL_FLOW_VALUES; i++) {
		const struct nl_counter *counter;
		uint64_t sum = 0;

		snprintf(name, sizeof(name), "%s_%s", dir, value_names[i]);
		counter = nl_find_counter(row, name);
		for (unsigned int j = 0; j < flows->nr; j++) {
			const struct nl_flow *flow = &flows->flow[j];

			if (strcmp(flow->mech, row->name) || strcmp(flow->direction, dir))
				continue;
			sum += flow->value[i].value;
			if (counter && flow->value[i].kind != counter->kind)
				snprintf(difference, 256, "%s is not known in both", name);
		}
		if (!counter || (counter->kind == NL_VALUE && counter->value != sum))
			snprintf(difference, 256, "%s: %" PRIu64 ", flows %" PRIu64, name,
				 counter ? counter->value : 0, sum);
	}
}

static void sums(void)
{
	struct nl_flows flows;
	struct nl_rows rows;

	read_both(&rows, &flows);
	for (unsigned int i = 0; i < rows.nr; i++) {
		char difference[256] = "";

		compare(&rows.row[i], &flows, "send", difference);
		compare(&rows.row[i], &flows, "recv", difference);
		edge_check(!*difference, "%s: its flows are what it counts%s%s", rows.row[i].name,
			   *difference ? ": " : "", difference);
	}
	nl_free_rows(&rows);
	nl_free_flows(&flows);
}

/* ---- who ---- */

static int pipe_fd[2];
static uint64_t pipe_ino;

static void new_pipe(void)
{
	struct stat st;

	EDGE_MUST(!pipe(pipe_fd) && !fstat(pipe_fd[0], &st));
	pipe_ino = st.st_ino;
}

static void close_pipe(void)
{
	close(pipe_fd[0]);
	close(pipe_fd[1]);
}

static void write_pipe(int fd, int count)
{
	while (count--)
		EDGE_MUST(write(fd, text, SIZE) == SIZE);
}

/* The flows at the pipe. */
static struct nl_flows at_pipe(void)
{
	return get(&(struct nl_flow_filter){ .mech = "pipe", .has_id = true, .id = pipe_ino });
}

/* Of a process, one that sends so often, with that name and state; and no other one. */
static bool has(const struct nl_flows *flows, pid_t pid, uint64_t ops, const char *comm,
		bool exited)
{
	unsigned int found = 0, nr = 0;

	for (unsigned int i = 0; i < flows->nr; i++) {
		const struct nl_flow *flow = &flows->flow[i];

		if (flow->other || flow->pid != (uint32_t)pid)
			continue;
		nr++;
		found += !strcmp(flow->direction, "send") && flow->value[NL_OPS].value == ops &&
			 flow->value[NL_BYTES].value == ops * SIZE &&
			 flow->value[NL_COPIED].value == ops * SIZE && !strcmp(flow->comm, comm) &&
			 flow->exited == exited;
	}
	if (found != 1 || nr != 1)
		for (unsigned int i = 0; i < flows->nr; i++)
			printf("# %u (%s) %s %" PRIu64 "%s\n", flows->flow[i].pid,
			       flows->flow[i].comm, flows->flow[i].direction,
			       flows->flow[i].value[NL_OPS].value,
			       flows->flow[i].exited ? " ended" : "");
	return found == 1 && nr == 1;
}

static int child_writes(void *count)
{
	write_pipe(pipe_fd[1], *(int *)count);
	return 0;
}

static void *thread_writes(void *count)
{
	prctl(PR_SET_NAME, "a thread");
	write_pipe(pipe_fd[1], *(int *)count);
	return NULL;
}

static void forks_and_threads(void)
{
	int child = 29, thread = 5;
	struct nl_flows flows;
	pthread_t id;
	pid_t pid;

	new_pipe();
	prctl(PR_SET_NAME, "parent");
	write_pipe(pipe_fd[1], 23);
	EDGE_MUST(!pthread_create(&id, NULL, thread_writes, &thread) && !pthread_join(id, NULL));
	pid = edge_child(child_writes, &child);
	EDGE_MUST(!edge_wait(pid));
	flows = at_pipe();
	edge_check(flows.nr == 2, "a pipe, and two that write: two flows (%u)", flows.nr);
	edge_check(has(&flows, getpid(), 23 + 5, "parent", false), "a process and its thread: 28");
	edge_check(has(&flows, pid, 29, "parent", true), "its child, which has ended: 29");
	nl_free_flows(&flows);
	close_pipe();
}

static int child_execs(void *unused)
{
	char fd[16];

	(void)unused;
	prctl(PR_SET_NAME, "before");
	write_pipe(pipe_fd[1], 23);
	snprintf(fd, sizeof(fd), "%d", pipe_fd[1]);
	execl("/proc/self/exe", "flows", "write", fd, "31", NULL);
	return 1;
}

static void execs(void)
{
	struct nl_flows flows;
	pid_t pid;

	new_pipe();
	pid = edge_child(child_execs, NULL);
	EDGE_MUST(!edge_wait(pid));
	flows = at_pipe();
	edge_check(flows.nr == 1 && has(&flows, pid, 23 + 31, "exe", true),
		   "23 writes before exec and 31 after it: 54, by the later name");
	nl_free_flows(&flows);
	close_pipe();
}

static void pass(int sock, int fd)
{
	char space[CMSG_SPACE(sizeof(int))] = { 0 };
	struct iovec iov = { text, 1 };
	struct msghdr msg = { .msg_iov = &iov,
			      .msg_iovlen = 1,
			      .msg_control = space,
			      .msg_controllen = sizeof(space) };
	struct cmsghdr *cmsg = CMSG_FIRSTHDR(&msg);

	cmsg->cmsg_level = SOL_SOCKET;
	cmsg->cmsg_type = SCM_RIGHTS;
	cmsg->cmsg_len = CMSG_LEN(sizeof(int));
	memcpy(CMSG_DATA(cmsg), &fd, sizeof(fd));
	EDGE_MUST(sendmsg(sock, &msg, 0) == 1);
}

static int child_is_passed(void *sock)
{
	char space[CMSG_SPACE(sizeof(int))];
	struct iovec iov = { text, 1 };
	struct msghdr msg = { .msg_iov = &iov,
			      .msg_iovlen = 1,
			      .msg_control = space,
			      .msg_controllen = sizeof(space) };
	int fd;

	EDGE_MUST(recvmsg(*(int *)sock, &msg, 0) == 1);
	memcpy(&fd, CMSG_DATA(CMSG_FIRSTHDR(&msg)), sizeof(fd));
	write_pipe(fd, 37);
	return 0;
}

static void passes(void)
{
	struct nl_flows flows;
	int sock[2];
	pid_t pid;

	EDGE_MUST(!socketpair(AF_UNIX, SOCK_STREAM, 0, sock));
	pid = edge_child(child_is_passed, &sock[1]);
	new_pipe();
	pass(sock[0], pipe_fd[1]);
	EDGE_MUST(!edge_wait(pid));
	flows = at_pipe();
	edge_check(flows.nr == 1 && has(&flows, pid, 37, "parent", true),
		   "37 writes to a descriptor that was passed: his who made them");
	nl_free_flows(&flows);
	close_pipe();
	close(sock[0]);
	close(sock[1]);
}

static void rings(void)
{
	struct io_uring ring;
	struct nl_flows flows;

	if (io_uring_queue_init(8, &ring, 0)) {
		edge_skip("io_uring", "is not to be had");
		return;
	}
	new_pipe();
	for (int i = 0; i < 23; i++) {
		struct io_uring_sqe *sqe = io_uring_get_sqe(&ring);
		struct io_uring_cqe *cqe;

		io_uring_prep_write(sqe, pipe_fd[1], text, SIZE, 0);
		/* Some in the system call, some by a worker. */
		if (i % 2)
			io_uring_sqe_set_flags(sqe, IOSQE_ASYNC);
		EDGE_MUST(io_uring_submit(&ring) == 1 && !io_uring_wait_cqe(&ring, &cqe));
		EDGE_MUST(cqe->res == SIZE);
		io_uring_cqe_seen(&ring, cqe);
	}
	flows = at_pipe();
	edge_check(flows.nr == 1 && has(&flows, getpid(), 23, "parent", false),
		   "23 writes by io_uring: its process's");
	nl_free_flows(&flows);
	io_uring_queue_exit(&ring);
	close_pipe();
}

/* A child with that number, or with any (0). */
static pid_t numbered_child(pid_t number, int count)
{
	struct clone_args args = {
		.exit_signal = SIGCHLD,
		.set_tid = number ? (uintptr_t)&number : 0,
		.set_tid_size = number ? 1 : 0,
	};
	pid_t pid = (pid_t)syscall(SYS_clone3, &args, sizeof(args));

	EDGE_MUST(pid >= 0);
	if (!pid) {
		write_pipe(pipe_fd[1], count);
		_exit(0);
	}
	EDGE_MUST(!edge_wait(pid));
	return pid;
}

static void reuses(void)
{
	struct nl_flows flows;
	pid_t pid;

	new_pipe();
	pid = numbered_child(0, 3);
	EDGE_MUST(numbered_child(pid, 5) == pid);
	flows = at_pipe();
	edge_check(flows.nr == 2 && flows.flow[0].pid == (uint32_t)pid &&
			   flows.flow[1].pid == (uint32_t)pid &&
			   flows.flow[0].start_ns != flows.flow[1].start_ns &&
			   flows.flow[0].value[NL_OPS].value + flows.flow[1].value[NL_OPS].value ==
				   8 &&
			   flows.flow[0].value[NL_OPS].value * flows.flow[1].value[NL_OPS].value ==
				   15,
		   "one number for two processes: two flows, of 3 and of 5");
	nl_free_flows(&flows);
	close_pipe();
}

static unsigned int found(struct nl_flow_filter filter)
{
	struct nl_flows flows = get(&filter);
	unsigned int nr = 0;

	for (unsigned int i = 0; i < flows.nr; i++)
		nr += !flows.flow[i].other;
	nl_free_flows(&flows);
	return nr;
}

static void filters(void)
{
	uint32_t pid = (uint32_t)getpid();

	new_pipe();
	write_pipe(pipe_fd[1], 23);
	EDGE_MUST(read(pipe_fd[0], text, SIZE) == SIZE);
	edge_check(found((struct nl_flow_filter){
			   .has_id = true, .id = pipe_ino, .mech = "pipe" }) == 2,
		   "at an object: 2");
	edge_check(found((struct nl_flow_filter){
			   .has_id = true, .id = pipe_ino, .mech = "fifo" }) == 0,
		   "of another mechanism: none");
	edge_check(found((struct nl_flow_filter){ .has_id = true, .id = pipe_ino, .pid = pid }) ==
			   2,
		   "of a process at an object: 2");
	edge_check(found((struct nl_flow_filter){ .has_id = true, .id = pipe_ino, .pid = 1 }) == 0,
		   "of another process: none");
	edge_check(found((struct nl_flow_filter){
			   .has_id = true, .id = pipe_ino, .bytes = 23 * SIZE }) == 1,
		   "of at least 184 bytes: 1");
	edge_check(found((struct nl_flow_filter){
			   .has_id = true, .id = pipe_ino, .bytes = 23 * SIZE + 1 }) == 0,
		   "of more: none");
	edge_check(found((struct nl_flow_filter){ .pid = 4000000 }) == 0,
		   "of a process that is none: none");
	close_pipe();
}

static void who(void)
{
	forks_and_threads();
	execs();
	passes();
	rings();
	reuses();
	filters();
}

/* ---- a crowd ---- */

#define STACK 65536

static int member(void *unused)
{
	(void)unused;
	return write(pipe_fd[1], text, 1) != 1;
}

static void crowd(int processes, uint32_t max)
{
	char *stack = mmap(NULL, STACK, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	static char drain[65536];
	struct nl_flow_state state;

	EDGE_MUST(stack != MAP_FAILED);
	new_pipe();
	for (int i = 0; i < processes; i++) {
		/* No signal at its end, and the parent waits until then. */
		pid_t pid = clone(member, stack + STACK, CLONE_VM | CLONE_VFORK, NULL);

		EDGE_MUST(pid > 0 && waitpid(pid, NULL, __WALL) == pid);
		if (i % 32768 == 32767)
			EDGE_MUST(read(pipe_fd[0], drain, sizeof(drain)) > 0);
	}
	must_nl(nl_get_flow_state(nl, &state));
	edge_check(state.max == max && state.used == max, "%d processes: all %u flows are in use",
		   processes, max);
	edge_check(state.evicted >= (uint64_t)processes - max, "and %" PRIu64 " have made room",
		   state.evicted);
	sums();
	close_pipe();
}

/* ---- an ordinary user ---- */

static void mine(void)
{
	static const struct nl_flow_filter all;
	struct nl_flows flows;
	unsigned int own = 0, others = 0;

	new_pipe();
	write_pipe(pipe_fd[1], 23);
	flows = get(&all);
	for (unsigned int i = 0; i < flows.nr; i++) {
		if (flows.flow[i].other)
			continue;
		own += flows.flow[i].uid == getuid() && flows.flow[i].has_uid;
		others += !flows.flow[i].has_uid || flows.flow[i].uid != getuid();
	}
	edge_check(own > 0 && !others, "own flows (%u), and nobody else's (%u)", own, others);
	nl_free_flows(&flows);
	flows = at_pipe();
	edge_check(flows.nr == 1 && has(&flows, getpid(), 23, "flows", false), "what it has done");
	nl_free_flows(&flows);
	close_pipe();
	sums();
}

int main(int argc, char **argv)
{
	if (argc == 4 && !strcmp(argv[1], "write")) {
		write_pipe(atoi(argv[2]), atoi(argv[3]));
		return 0;
	}
	if (argc < 2)
		errx(2, "Usage: flows sums|who|crowd PROCESSES FLOWS|mine");
	must_nl(nl_open(&nl));
	if (!strcmp(argv[1], "sums"))
		sums();
	else if (!strcmp(argv[1], "who"))
		who();
	else if (!strcmp(argv[1], "crowd") && argc == 4)
		crowd(atoi(argv[2]), (uint32_t)atoi(argv[3]));
	else if (!strcmp(argv[1], "mine"))
		mine();
	else
		errx(2, "no such test: %s", argv[1]);
	nl_end(nl);
	return edge_done();
}
