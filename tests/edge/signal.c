// SPDX-License-Identifier: GPL-2.0-only
/* Signals: the row, and the table by number and disposition. */
#define _GNU_SOURCE
#include <errno.h>
#include <liburing.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "edge.h"
#include "ipcstat/ipcstat.h"

#define THREADS 3
#define SENDERS 8
#define ROUNDS 10000

/* ---- blocks that also hold the table of signals against what was done ---- */

static const char *const columns[] = {
	"generated", "delivered", "default", "ignored", "coalesced", "lost", "taken",
};
#define COLUMNS 7

/* Where in the table: GEN(3) is column 0, moved by 3. */
#define GEN(n) 0, n
#define DELIV(n) 1, n
#define DEF(n) 2, n
#define IGN(n) 3, n
#define COAL(n) 4, n
#define LOST(n) 5, n
#define TAKEN(n) 6, n
#define END -1

static struct nl *nl;
static struct nl_rows before;
static char block[256];
static int64_t wanted[65][COLUMNS];

static void table(struct nl_rows *rows)
{
	if ((!nl && nl_open(&nl)) || nl_get_signals(nl, rows)) {
		printf("Bail out! %s\n", nl_error(nl));
		exit(1);
	}
}

static void begin(const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	vsnprintf(block, sizeof(block), fmt, args);
	va_end(args);
	memset(wanted, 0, sizeof(wanted));
	table(&before);
	edge_begin("%s", block);
}

/* by_number(SIGTERM, GEN(2), DEF(1), END) */
static void by_number(int sig, ...)
{
	va_list args;
	int column;

	va_start(args, sig);
	while ((column = va_arg(args, int)) >= 0)
		wanted[sig][column] += va_arg(args, int);
	va_end(args);
}

/* A child's end, stop or continuation, which nobody here has a handler for. */
static void child_signals(int n)
{
	by_number(SIGCHLD, GEN(n), IGN(n), END);
}

/*
 * The row follows from the table: generated is sent, delivered, default and taken is
 * received. @recv_fails are receives that got nothing.
 */
static void end(int recv_fails)
{
	int64_t send = 0, lost = 0, recv = recv_fails;
	bool ok = true;
	struct nl_rows after;

	for (int sig = 1; sig <= 64; sig++) {
		send += wanted[sig][0];
		lost += wanted[sig][5];
		recv += wanted[sig][1] + wanted[sig][2] + wanted[sig][6];
	}
	edge_expect("signal", "send_ops", send);
	edge_expect("signal", "send_fails", lost);
	edge_expect("signal", "recv_ops", recv);
	edge_expect("signal", "recv_fails", recv_fails);
	edge_end();

	table(&after);
	for (unsigned int i = 0; i < after.nr; i++) {
		for (int c = 0; c < COLUMNS; c++) {
			const struct nl_counter *old = nl_find_counter(&before.row[i], columns[c]);
			const struct nl_counter *new = nl_find_counter(&after.row[i], columns[c]);
			int64_t want = wanted[after.row[i].signal][c];

			EDGE_MUST(old && new &&new->kind == NL_VALUE);
			if ((int64_t)(new->value - old->value) == want)
				continue;
			ok = false;
			printf("# signal %u %s: counted %lld, expected %lld\n", after.row[i].signal,
			       columns[c], (long long)(new->value - old->value), (long long)want);
		}
	}
	edge_check(ok, "%s: the table by number", block);
	nl_free_rows(&before);
	nl_free_rows(&after);
}

static void queued(int64_t n)
{
	edge_expect("signal", "queued", n);
}

/* ---- one process ---- */

static void on_signal(int sig)
{
	(void)sig;
}

static void action(int sig, void (*handler)(int), int flags)
{
	struct sigaction sa = { .sa_handler = handler, .sa_flags = flags };

	EDGE_MUST(!sigaction(sig, &sa, NULL));
}

static void mask(int how, int sig)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, sig);
	EDGE_MUST(!sigprocmask(how, &set, NULL));
}

static void send_self(int sig, int n)
{
	for (int i = 0; i < n; i++)
		EDGE_MUST(!kill(getpid(), sig));
}

static void queue_self(int sig, int n)
{
	for (int i = 0; i < n; i++)
		EDGE_MUST(!sigqueue(getpid(), sig, (union sigval){ 0 }));
}

static void dispositions(void)
{
	action(SIGUSR1, on_signal, 0);
	begin("23 signals to a handler");
	send_self(SIGUSR1, 23);
	by_number(SIGUSR1, GEN(23), DELIV(23), END);
	end(0);

	action(SIGUSR2, SIG_IGN, 0);
	begin("ignored signals are not received");
	send_self(SIGUSR2, 5);
	by_number(SIGUSR2, GEN(5), IGN(5), END);
	end(0);
	action(SIGUSR2, SIG_DFL, 0);

	begin("signals that are ignored by default");
	send_self(SIGWINCH, 3);
	send_self(SIGCONT, 2);
	by_number(SIGWINCH, GEN(3), IGN(3), END);
	by_number(SIGCONT, GEN(2), IGN(2), END);
	end(0);

	begin("signal 0, and a number that is none, are no signals");
	EDGE_MUST(!kill(getpid(), 0));
	EDGE_MUST(kill(getpid(), 65) < 0 && errno == EINVAL);
	end(0);
}

static void *pause_thread(void *tid)
{
	*(volatile pid_t *)tid = gettid();
	for (;;)
		pause();
	return NULL;
}

static void pending(void)
{
	struct itimerval soon = { .it_value = { 0, 10000 } };

	action(SIGUSR1, on_signal, 0);
	mask(SIG_BLOCK, SIGUSR1);
	begin("a standard signal that is pending is pending once");
	send_self(SIGUSR1, 5);
	queued(1);
	by_number(SIGUSR1, GEN(5), COAL(4), END);
	end(0);

	begin("and is delivered once");
	mask(SIG_UNBLOCK, SIGUSR1);
	queued(-1);
	by_number(SIGUSR1, DELIV(1), END);
	end(0);

	mask(SIG_BLOCK, SIGUSR1);
	begin("pending for the thread and for the process");
	send_self(SIGUSR1, 1);
	EDGE_MUST(!tgkill(getpid(), gettid(), SIGUSR1));
	queued(2);
	by_number(SIGUSR1, GEN(2), END);
	end(0);
	begin("both are delivered");
	mask(SIG_UNBLOCK, SIGUSR1);
	queued(-2);
	by_number(SIGUSR1, DELIV(2), END);
	end(0);

	action(SIGRTMIN, on_signal, 0);
	mask(SIG_BLOCK, SIGRTMIN);
	begin("real-time signals queue up");
	queue_self(SIGRTMIN, 23);
	queued(23);
	by_number(SIGRTMIN, GEN(23), END);
	end(0);
	begin("and are all delivered");
	mask(SIG_UNBLOCK, SIGRTMIN);
	queued(-23);
	by_number(SIGRTMIN, DELIV(23), END);
	end(0);

	mask(SIG_BLOCK, SIGUSR2);
	begin("pending, then ignored: dropped");
	send_self(SIGUSR2, 1);
	action(SIGUSR2, SIG_IGN, 0);
	queued(0);
	by_number(SIGUSR2, GEN(1), END);
	end(0);
	begin("ignored and blocked: ignored when it is unblocked");
	send_self(SIGUSR2, 1);
	mask(SIG_UNBLOCK, SIGUSR2);
	by_number(SIGUSR2, GEN(1), IGN(1), END);
	end(0);
	action(SIGUSR2, SIG_DFL, 0);

	mask(SIG_BLOCK, SIGTSTP);
	begin("SIGCONT removes a stop signal that is pending");
	send_self(SIGTSTP, 1);
	send_self(SIGCONT, 1);
	mask(SIG_UNBLOCK, SIGTSTP);
	queued(0);
	by_number(SIGTSTP, GEN(1), END);
	by_number(SIGCONT, GEN(1), IGN(1), END);
	end(0);

	action(SIGALRM, on_signal, 0);
	begin("a timer's signal");
	EDGE_MUST(!setitimer(ITIMER_REAL, &soon, NULL));
	pause();
	by_number(SIGALRM, GEN(1), DELIV(1), END);
	edge_expect("signal", "recv_waits", 1);
	end(0);
}

/* The limit is on what is pending for the user; the kernel tells how many that are. */
static int overflow(void *unused)
{
	struct rlimit limit;
	char line[128];
	long now = -1;
	FILE *f;

	(void)unused;
	f = fopen("/proc/self/status", "r");
	while (f && fgets(line, sizeof(line), f))
		sscanf(line, "SigQ: %ld/", &now);
	if (now < 0)
		return 1;
	fclose(f);
	limit.rlim_cur = limit.rlim_max = now + 3;
	if (setrlimit(RLIMIT_SIGPENDING, &limit))
		return 2;
	action(SIGRTMIN, on_signal, 0);
	action(SIGRTMIN + 1, on_signal, 0);
	mask(SIG_BLOCK, SIGRTMIN);
	mask(SIG_BLOCK, SIGRTMIN + 1);
	queue_self(SIGRTMIN, 3);
	for (int i = 0; i < 2; i++)
		if (!sigqueue(getpid(), SIGRTMIN, (union sigval){ 0 }) || errno != EAGAIN)
			return 3;
	/* kill(2) promises not to fail so: the signal comes without its siginfo. */
	send_self(SIGRTMIN + 1, 1);
	send_self(SIGSTOP, 1);
	mask(SIG_UNBLOCK, SIGRTMIN);
	mask(SIG_UNBLOCK, SIGRTMIN + 1);
	return 0;
}

static void lost(void)
{
	pid_t pid;

	begin("RLIMIT_SIGPENDING: two signals are lost, one loses its siginfo");
	pid = edge_child(overflow, NULL);
	EDGE_MUST(waitpid(pid, NULL, WUNTRACED) == pid);
	queued(4);
	edge_expect("signal", "info_lost", 1);
	by_number(SIGRTMIN, GEN(5), LOST(2), END);
	by_number(SIGRTMIN + 1, GEN(1), END);
	by_number(SIGSTOP, GEN(1), DEF(1), END);
	child_signals(1);
	end(0);

	begin("RLIMIT_SIGPENDING: the others arrive");
	kill(pid, SIGCONT);
	EDGE_MUST(!edge_wait(pid));
	queued(-4);
	by_number(SIGRTMIN, DELIV(3), END);
	by_number(SIGRTMIN + 1, DELIV(1), END);
	by_number(SIGCONT, GEN(1), IGN(1), END);
	child_signals(2);
	end(0);
}

/* ---- taken without a handler ---- */

static int take(void *unused)
{
	sigset_t set;

	(void)unused;
	sigemptyset(&set);
	sigaddset(&set, SIGUSR2);
	return sigwaitinfo(&set, NULL) != SIGUSR2;
}

static int take_interrupted(void *unused)
{
	sigset_t set;

	(void)unused;
	sigemptyset(&set);
	sigaddset(&set, SIGUSR2);
	return sigwaitinfo(&set, NULL) >= 0 || errno != EINTR;
}

static void sigwait_calls(void)
{
	struct timespec none = { 0, 0 }, bad = { 0, -1 }, soon = { 0, 10000000 };
	sigset_t set;
	pid_t pid;

	sigemptyset(&set);
	sigaddset(&set, SIGUSR2);
	sigaddset(&set, SIGRTMIN);
	EDGE_MUST(!sigprocmask(SIG_BLOCK, &set, NULL));
	begin("sigwaitinfo, sigtimedwait");
	send_self(SIGUSR2, 1);
	queue_self(SIGRTMIN, 2);
	EDGE_MUST(sigwaitinfo(&set, NULL) == SIGUSR2);
	EDGE_MUST(sigtimedwait(&set, NULL, &none) == SIGRTMIN);
	EDGE_MUST(sigtimedwait(&set, NULL, &none) == SIGRTMIN);
	by_number(SIGUSR2, GEN(1), TAKEN(1), END);
	by_number(SIGRTMIN, GEN(2), TAKEN(2), END);
	queued(0);
	end(0);

	begin("sigtimedwait: EAGAIN");
	EDGE_MUST(sigtimedwait(&set, NULL, &none) < 0 && errno == EAGAIN);
	EDGE_MUST(sigtimedwait(&set, NULL, &soon) < 0 && errno == EAGAIN);
	edge_expect("signal", "recv_waits", 1);
	end(2);

	begin("sigtimedwait: EINVAL and EFAULT do not count");
	EDGE_MUST(sigtimedwait(&set, NULL, &bad) < 0 && errno == EINVAL);
	EDGE_MUST(syscall(SYS_rt_sigtimedwait, 8, NULL, NULL, 8) < 0 && errno == EFAULT);
	end(0);

	begin("sigwaitinfo: a sleeper");
	pid = edge_child(take, NULL);
	edge_asleep(pid, SYS_rt_sigtimedwait);
	kill(pid, SIGUSR2);
	EDGE_MUST(!edge_wait(pid));
	by_number(SIGUSR2, GEN(1), TAKEN(1), END);
	child_signals(1);
	edge_expect("signal", "recv_waits", 1);
	end(0);

	begin("sigwaitinfo: EINTR by another signal");
	pid = edge_child(take_interrupted, NULL);
	edge_asleep(pid, SYS_rt_sigtimedwait);
	kill(pid, SIGUSR1);
	EDGE_MUST(!edge_wait(pid));
	by_number(SIGUSR1, GEN(1), DELIV(1), END);
	child_signals(1);
	edge_expect("signal", "recv_waits", 1);
	end(1);
	EDGE_MUST(!sigprocmask(SIG_UNBLOCK, &set, NULL));
}

static int fd;

static int read_signal(void *unused)
{
	struct signalfd_siginfo info;

	(void)unused;
	return read(fd, &info, sizeof(info)) >= 0 || errno != EINTR;
}

static void signalfds(void)
{
	long page = sysconf(_SC_PAGESIZE);
	struct signalfd_siginfo info[4];
	struct io_uring_cqe *cqe;
	struct io_uring ring;
	sigset_t set;
	char *cliff;
	pid_t pid;

	/* A page with no memory behind it. */
	cliff = mmap(NULL, 2 * page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	EDGE_MUST(cliff != MAP_FAILED && !munmap(cliff + page, page));
	sigemptyset(&set);
	sigaddset(&set, SIGUSR2);
	sigaddset(&set, SIGRTMIN);
	EDGE_MUST(!sigprocmask(SIG_BLOCK, &set, NULL));
	fd = signalfd(-1, &set, SFD_NONBLOCK);
	EDGE_MUST(fd >= 0);

	begin("signalfd: one read of three signals is three receives");
	send_self(SIGUSR2, 1);
	queue_self(SIGRTMIN, 2);
	EDGE_MUST(read(fd, info, sizeof(info)) == 3 * sizeof(*info));
	by_number(SIGUSR2, GEN(1), TAKEN(1), END);
	by_number(SIGRTMIN, GEN(2), TAKEN(2), END);
	queued(0);
	end(0);

	begin("signalfd: EAGAIN, EINVAL");
	EDGE_MUST(read(fd, info, sizeof(info)) < 0 && errno == EAGAIN);
	EDGE_MUST(read(fd, info, 10) < 0 && errno == EINVAL);
	end(2);

	begin("signalfd: EFAULT loses the signal");
	send_self(SIGUSR2, 1);
	EDGE_MUST(read(fd, cliff + page, sizeof(*info)) < 0 && errno == EFAULT);
	by_number(SIGUSR2, GEN(1), END);
	queued(0);
	end(1);

	begin("signalfd: EFAULT in the middle");
	queue_self(SIGRTMIN, 2);
	EDGE_MUST(read(fd, cliff + page - sizeof(*info), 2 * sizeof(*info)) == sizeof(*info));
	by_number(SIGRTMIN, GEN(2), TAKEN(1), END);
	queued(0);
	end(1);

	if (io_uring_queue_init(4, &ring, 0)) {
		edge_skip("signalfd: io_uring", "this kernel has none");
	} else {
		close(fd);
		fd = signalfd(-1, &set, 0);
		begin("signalfd: io_uring, a read that has to wait is one operation");
		io_uring_prep_read(io_uring_get_sqe(&ring), fd, info, sizeof(*info), 0);
		EDGE_MUST(io_uring_submit(&ring) == 1);
		usleep(50000);
		send_self(SIGUSR2, 1);
		EDGE_MUST(!io_uring_wait_cqe(&ring, &cqe) && cqe->res == sizeof(*info));
		by_number(SIGUSR2, GEN(1), TAKEN(1), END);
		end(0); /* the ring stays: its end would interrupt what comes next */
	}
	close(fd);

	fd = signalfd(-1, &set, 0);
	begin("signalfd: EINTR");
	pid = edge_child(read_signal, NULL);
	edge_asleep(pid, SYS_read);
	kill(pid, SIGUSR1);
	EDGE_MUST(!edge_wait(pid));
	by_number(SIGUSR1, GEN(1), DELIV(1), END);
	child_signals(1);
	edge_expect("signal", "recv_waits", 1);
	end(1);
	close(fd);
	EDGE_MUST(!sigprocmask(SIG_UNBLOCK, &set, NULL));
}

/* ---- fatal ones, and processes of several threads ---- */

static volatile int *nowhere; /* memory that is not there */
static volatile pid_t *tids;  /* shared: those of the child's threads */

static void four_threads(void)
{
	pthread_t thread;

	for (int i = 0; i < THREADS; i++)
		if (pthread_create(&thread, NULL, pause_thread, (void *)&tids[i]))
			_exit(99);
	for (int i = 0; i < THREADS; i++)
		while (!tids[i])
			sched_yield();
	tids[THREADS] = 1; /* all are there */
}

enum act {
	SLEEP,
	CRASH,
	ABORT,
	EXIT,
	EXEC,
	EXIT_THREAD,
	BLOCKED
};

static int threaded(void *arg)
{
	struct rlimit none = { 0, 0 };

	setrlimit(RLIMIT_CORE, &none);
	if (*(enum act *)arg == BLOCKED)
		mask(SIG_BLOCK, SIGTERM); /* the threads inherit it */
	four_threads();
	switch (*(enum act *)arg) {
	case SLEEP:
		pause();
		break;
	case CRASH:
		*nowhere = 0;
		break;
	case ABORT:
		abort();
	case EXIT:
		exit(0);
	case EXEC:
		execl("/bin/true", "true", NULL);
		break;
	case EXIT_THREAD:
		pthread_exit(NULL);
	case BLOCKED:
		raise(SIGTERM);
		kill(getpid(), SIGTERM);
		mask(SIG_UNBLOCK, SIGTERM);
		break;
	}
	return 98;
}

static pid_t start(enum act act)
{
	static enum act arg;
	pid_t pid;

	arg = act;
	memset((void *)tids, 0, (THREADS + 1) * sizeof(*tids));
	pid = edge_child(threaded, &arg);
	while (!tids[THREADS])
		usleep(1000);
	return pid;
}

static void fatal(void)
{
	siginfo_t info;
	pid_t pid;

	begin("SIGTERM to a process of four threads: one default action");
	pid = start(SLEEP);
	edge_asleep(pid, SYS_pause);
	kill(pid, SIGTERM);
	EDGE_MUST(edge_wait(pid) == 128 + SIGTERM);
	by_number(SIGTERM, GEN(1), DEF(1), END);
	child_signals(1);
	queued(0);
	edge_any("signal", "recv_waits"); /* threads that have fallen asleep */
	end(0);

	begin("SIGKILL to a process of four threads");
	pid = start(SLEEP);
	kill(pid, SIGKILL);
	EDGE_MUST(edge_wait(pid) == 128 + SIGKILL);
	by_number(SIGKILL, GEN(1), DEF(1), END);
	child_signals(1);
	edge_any("signal", "recv_waits");
	end(0);

	begin("SIGTERM to one of four threads ends them all");
	pid = start(SLEEP);
	EDGE_MUST(!tgkill(pid, tids[1], SIGTERM));
	EDGE_MUST(edge_wait(pid) == 128 + SIGTERM);
	by_number(SIGTERM, GEN(1), DEF(1), END);
	child_signals(1);
	edge_any("signal", "recv_waits");
	end(0);

	begin("SIGTERM when the first thread has gone");
	pid = start(EXIT_THREAD);
	edge_asleep(tids[0], SYS_pause);
	kill(pid, SIGTERM);
	EDGE_MUST(edge_wait(pid) == 128 + SIGTERM);
	by_number(SIGTERM, GEN(1), DEF(1), END);
	child_signals(1);
	edge_any("signal", "recv_waits");
	end(0);

	/* The process-wide one goes with the process. */
	begin("SIGTERM that was blocked in all threads, for the thread and the process");
	pid = start(BLOCKED);
	EDGE_MUST(edge_wait(pid) == 128 + SIGTERM);
	by_number(SIGTERM, GEN(2), DEF(1), END);
	child_signals(1);
	queued(0);
	edge_any("signal", "recv_waits");
	end(0);

	begin("a fault in a process of four threads");
	pid = start(CRASH);
	EDGE_MUST(edge_wait(pid) == 128 + SIGSEGV);
	by_number(SIGSEGV, GEN(1), DEF(1), END);
	child_signals(1);
	edge_any("signal", "recv_waits");
	end(0);

	begin("abort in a process of four threads");
	pid = start(ABORT);
	EDGE_MUST(edge_wait(pid) == 128 + SIGABRT);
	by_number(SIGABRT, GEN(1), DEF(1), END);
	child_signals(1);
	edge_any("signal", "recv_waits");
	end(0);

	begin("exit, with threads left, is no signal to them");
	pid = start(EXIT);
	EDGE_MUST(edge_wait(pid) == 0);
	child_signals(1);
	edge_any("signal", "recv_waits");
	end(0);

	begin("exec, with threads left, is no signal to them");
	pid = start(EXEC);
	EDGE_MUST(edge_wait(pid) == 0);
	child_signals(1);
	edge_any("signal", "recv_waits");
	end(0);

	begin("a signal to a process that is dead already is ignored");
	pid = start(SLEEP);
	kill(pid, SIGKILL);
	EDGE_MUST(!waitid(P_PID, pid, &info, WEXITED | WNOWAIT));
	kill(pid, SIGTERM);
	kill(pid, SIGKILL);
	EDGE_MUST(edge_wait(pid) == 128 + SIGKILL);
	by_number(SIGKILL, GEN(2), DEF(1), IGN(1), END);
	by_number(SIGTERM, GEN(1), IGN(1), END);
	child_signals(1);
	edge_any("signal", "recv_waits");
	end(0);

	begin("a stop and a continuation of four threads");
	pid = start(SLEEP);
	kill(pid, SIGSTOP);
	EDGE_MUST(waitpid(pid, NULL, WUNTRACED) == pid);
	kill(pid, SIGCONT);
	EDGE_MUST(waitpid(pid, NULL, WCONTINUED) == pid);
	/* One of them has told us by now. */
	edge_asleep(pid, SYS_pause);
	for (int i = 0; i < THREADS; i++)
		edge_asleep(tids[i], SYS_pause);
	by_number(SIGSTOP, GEN(1), DEF(1), END);
	by_number(SIGCONT, GEN(1), IGN(1), END);
	child_signals(2);
	edge_any("signal", "recv_waits");
	edge_expect("signal", "blocked", THREADS + 1);
	end(0);
	kill(pid, SIGKILL);
	edge_wait(pid);
}

/* ---- the rest ---- */

static int send_many(void *unused)
{
	(void)unused;
	for (int i = 0; i < ROUNDS; i++)
		raise(SIGUSR1);
	return 0;
}

static void many(void)
{
	pid_t pid[SENDERS];

	begin("%d processes, %d signals each", SENDERS, ROUNDS);
	for (int i = 0; i < SENDERS; i++)
		pid[i] = edge_child(send_many, NULL);
	for (int i = 0; i < SENDERS; i++)
		EDGE_MUST(!edge_wait(pid[i]));
	by_number(SIGUSR1, GEN(SENDERS * ROUNDS), DELIV(SENDERS * ROUNDS), END);
	child_signals(SENDERS);
	end(0);
}

static void caller32(void)
{
	if (!edge_have32("signal"))
		return;
	begin("a 32-bit program");
	edge_run32("signal");
	by_number(SIGUSR1, GEN(EDGE_OPS32), DELIV(EDGE_OPS32), END);
	child_signals(1);
	end(0);
}

static void older(void)
{
	int64_t now = edge_now("signal", "queued");

	mask(SIG_BLOCK, SIGRTMIN);
	queue_self(SIGRTMIN, 3);
	nl_end(nl);
	nl = NULL;
	edge_unload();
	edge_load();
	edge_begin("signals that are older than the module");
	edge_value("signal", "queued", now + 3);
	edge_end();
	mask(SIG_UNBLOCK, SIGRTMIN);
}

int main(void)
{
	tids = mmap(NULL, (THREADS + 1) * sizeof(*tids), PROT_READ | PROT_WRITE,
		    MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	nowhere = mmap(NULL, 4096, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	EDGE_MUST(tids != MAP_FAILED && nowhere != MAP_FAILED);

	dispositions();
	pending();
	lost();
	sigwait_calls();
	signalfds();
	fatal();
	caller32();
	many();
	older();
	return edge_done();
}
