// SPDX-License-Identifier: GPL-2.0-only
/*
 * Labs: the functions that act() calls, and the process that it runs in. The lab's processes report
 * to the frame through shared memory, so nothing here is an operation that a lab counts.
 */
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/msg.h>
#include <sys/prctl.h>
#include <sys/sem.h>
#include <sys/shm.h>
#include <sys/wait.h>
#include <unistd.h>

#include "ipclab/exercise.h"
#include "private.h"

/* Even on a slow machine no step, and no task that falls asleep, takes longer. */
#define STEP_SECONDS 60
#define SLEEP_SECONDS 10

struct board *board;
const struct textbook_lab *the_lab;

static void lock(void)
{
	while (atomic_flag_test_and_set(&board->lock))
		lab_nap(100);
}

static void unlock(void)
{
	atomic_flag_clear(&board->lock);
}

/* ---- reports ---- */

/* Keeps the first reason only: it is the cause of all later ones. */
static void blame(const char *fmt, va_list ap)
{
	lock();
	if (!board->failed)
		vsnprintf(board->reason, TEXT, fmt, ap);
	board->failed = true;
	unlock();
}

void give_up(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	blame(fmt, ap);
	va_end(ap);
	_exit(1);
}

long must_not_fail(long value, const char *call, const char *file, int line)
{
	if (value == -1)
		give_up("%s:%d: %s: %s", file, line, call, strerror(errno));
	return value;
}

void step(const char *fmt, ...)
{
	va_list ap;

	lock();
	if (board->nr_steps < MAX_STEPS) {
		va_start(ap, fmt);
		vsnprintf(board->step[board->nr_steps++], TEXT, fmt, ap);
		va_end(ap);
	}
	unlock();
}

static void see(bool yes, bool but, const char *fmt, va_list ap)
{
	struct sight *sight;

	lock();
	if (board->nr_sights == MAX_SIGHTS) {
		unlock();
		give_up("more than %d observations", MAX_SIGHTS);
	}
	sight = &board->sight[board->nr_sights++];
	sight->yes = yes;
	sight->but = but;
	vsnprintf(sight->text, TEXT, fmt, ap);
	unlock();
}

void saw(bool yes, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	see(yes, false, fmt, ap);
	va_end(ap);
}

void saw_but(bool yes, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	see(yes, true, fmt, ap);
	va_end(ap);
}

void remember(const char *what, uint64_t value)
{
	struct memory *memory;

	lock();
	if (board->nr_memories == MAX_MEMORIES) {
		unlock();
		give_up("more than %d numbers to remember", MAX_MEMORIES);
	}
	memory = &board->memory[board->nr_memories++];
	snprintf(memory->what, sizeof(memory->what), "%s", what);
	memory->value = value;
	unlock();
}

void *shared(size_t bytes)
{
	void *mem;

	lock();
	mem = board->arena + board->arena_used;
	board->arena_used += (bytes + 63) / 64 * 64;
	unlock();
	if (board->arena_used > sizeof(board->arena))
		give_up("more than %zu bytes of shared memory", sizeof(board->arena));
	return mem;
}

const char *directory(void)
{
	if (!*board->directory) {
		strcpy(board->directory, "/tmp/ipclab.XXXXXX");
		if (!mkdtemp(board->directory)) {
			*board->directory = '\0';
			give_up("cannot make a directory in /tmp: %s", strerror(errno));
		}
	}
	return board->directory;
}

void remove_at_end(enum sysv kind, int id)
{
	lock();
	if (board->nr_removals == MAX_REMOVALS) {
		unlock();
		give_up("more than %d objects to remove", MAX_REMOVALS);
	}
	board->removal[board->nr_removals++] = (struct removal){ kind, id };
	unlock();
}

/* ---- waits, and readings ---- */

void join(pid_t child)
{
	int status;

	if (waitpid(child, &status, 0) != child)
		give_up("waitpid: %s", strerror(errno));
	if (WIFSIGNALED(status))
		give_up("a child was killed by signal %d", WTERMSIG(status));
	if (WEXITSTATUS(status))
		give_up("a child ended with status %d", WEXITSTATUS(status));
}

/* A netlink connection of this process: a child must not use its parent's. */
static struct nl *connection(void)
{
	static struct nl *nl;
	static pid_t owner;

	if (owner != getpid()) {
		owner = getpid();
		if (nl_open(&nl))
			give_up("%s", nl_error(nl));
	}
	return nl;
}

void look(const char *moment)
{
	struct nl *nl = connection();
	struct snapshot *snapshot;
	int ret;

	lock();
	if (board->nr_looks == MAX_LOOKS) {
		unlock();
		give_up("more than %d looks", MAX_LOOKS);
	}
	snapshot = &board->look[board->nr_looks++];
	snprintf(snapshot->moment, sizeof(snapshot->moment), "%s", moment);
	ret = snapshot_take(nl, the_lab->rows, snapshot);
	unlock();
	if (ret)
		give_up("%s", nl_error(nl));
}

void await_asleep(const char *row, unsigned int tasks)
{
	const struct cell *first = snapshot_find(&board->first, row, "blocked");
	struct nl *nl = connection();
	uint64_t start = lab_now();
	static struct snapshot now;
	const struct cell *cell;

	if (!first)
		give_up("the lab does not list row %s, or the row has no `blocked`", row);
	for (;;) {
		if (snapshot_take(nl, row, &now))
			give_up("%s", nl_error(nl));
		cell = snapshot_find(&now, row, "blocked");
		if (!cell || cell->kind != NL_VALUE || first->kind != NL_VALUE)
			give_up("on this kernel `blocked` of %s is unknown", row);
		if (cell->value >= first->value + tasks)
			return;
		if (board->failed)
			_exit(1);
		if (lab_now() - start > SLEEP_SECONDS * NS_PER_S) {
			saw(false, "%u task%s in %s", tasks, tasks == 1 ? " sleeps" : "s sleep",
			    row);
			return;
		}
		lab_nap(1000);
	}
}

/* ---- the process ---- */

static int remove_one(const char *path, const struct stat *st, int flag, struct FTW *ftw)
{
	(void)st;
	(void)flag;
	(void)ftw;
	return remove(path);
}

static void clean_up(void)
{
	if (*board->directory)
		nftw(board->directory, remove_one, 8, FTW_DEPTH | FTW_PHYS);
	for (unsigned int i = 0; i < board->nr_removals; i++) {
		const struct removal *removal = &board->removal[i];

		switch (removal->kind) {
		case QUEUE:
			msgctl(removal->id, IPC_RMID, NULL);
			break;
		case SEMAPHORES:
			semctl(removal->id, 0, IPC_RMID);
			break;
		case SEGMENT:
			shmctl(removal->id, IPC_RMID, NULL);
			break;
		}
	}
}

/* In the child. The program's output goes to stderr: stdout is for the lab's report. */
static void become(const char *program)
{
	int null = open("/dev/null", O_RDONLY);

	if (null < 0 || dup2(null, STDIN_FILENO) < 0 || dup2(STDERR_FILENO, STDOUT_FILENO) < 0)
		_exit(127);
	execl(program, program, NULL);
	give_up("%s: %s", program, strerror(errno));
}

static void default_signals(void)
{
	static const int ours[] = { SIGINT, SIGTERM, SIGHUP };

	for (unsigned int i = 0; i < ARRAY_SIZE(ours); i++)
		signal(ours[i], SIG_DFL);
}

/* A program reports no steps, so it gets more time. */
static bool is_stuck(bool program, uint64_t *since)
{
	static unsigned int steps;

	if (steps != board->nr_steps)
		*since = lab_now();
	steps = board->nr_steps;
	return lab_now() - *since > (program ? 2 : 1) * STEP_SECONDS * NS_PER_S;
}

int act_run(const struct textbook_lab *lab, const char *program, void (*progress)(void))
{
	pid_t child, parent = getpid();
	uint64_t since = lab_now();
	bool stuck = false;
	int status = 0;

	child = fork();
	if (!child) {
		setpgid(0, 0);
		default_signals();
		if (prctl(PR_SET_PDEATHSIG, SIGKILL) || getppid() != parent)
			_exit(1);
		if (program)
			become(program);
		lab->act();
		_exit(0);
	}
	setpgid(child, child);
	while (child > 0 && !waitpid(child, &status, WNOHANG)) {
		progress();
		stuck = is_stuck(program, &since);
		if (lab_interrupted || stuck) {
			kill(-child, SIGKILL);
			waitpid(child, &status, 0);
			break;
		}
		lab_nap(5000);
	}
	/* Kill children that are left: a lab that ended early does not wait for them. */
	if (child > 0)
		kill(-child, SIGKILL);
	clean_up();
	if (child > 0 && !status && !board->failed)
		return 0;
	if (!board->failed) {
		board->failed = true;
		if (child < 0)
			snprintf(board->reason, TEXT, "fork: %s", strerror(errno));
		else if (stuck)
			snprintf(board->reason, TEXT, "no progress for %d seconds",
				 (program ? 2 : 1) * STEP_SECONDS);
		else if (WIFSIGNALED(status))
			snprintf(board->reason, TEXT, "killed by signal %d", WTERMSIG(status));
		else
			snprintf(board->reason, TEXT, "it ended with status %d",
				 WEXITSTATUS(status));
	}
	return -1;
}
