// SPDX-License-Identifier: GPL-2.0-only
/* The test framework of edge.h. */
#include "edge.h"

#include <errno.h>
#include <libgen.h>
#include <limits.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdio_ext.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "ipcstat/ipcstat.h"

#define MAX_EXPECT 64

enum kind {
	DELTA,
	VALUE,
	ANY
};

static struct expect {
	enum kind kind;
	const char *row, *name;
	int64_t value;
} expect[MAX_EXPECT];

static unsigned int nr_expect, nr_tests, nr_failed;
static struct nl *nl;
static struct nl_rows before;
static char block[256];

static void pause_ms(long ms)
{
	nanosleep(&(struct timespec){ ms / 1000, ms % 1000 * 1000000 }, NULL);
}

void edge_bail(const char *file, int line, const char *what)
{
	printf("Bail out! %s:%d: %s: %s\n", file, line, what, strerror(errno));
	fflush(stdout);
	_exit(1);
}

static void bail_nl(void)
{
	printf("Bail out! %s\n", nl_error(nl));
	exit(1);
}

static void snapshot(struct nl_rows *rows)
{
	if (!nl && nl_open(&nl))
		bail_nl();
	if (nl_get_rows(nl, NULL, rows))
		bail_nl();
}

/*
 * Where stdout is a pipe or socket its reader must not wake between two snapshots:
 * all output waits for the end.
 */
static void __attribute__((constructor)) set_buffer(void)
{
	static char buffer[1 << 20];
	struct stat st;

	if (!fstat(STDOUT_FILENO, &st) && (S_ISFIFO(st.st_mode) || S_ISSOCK(st.st_mode)))
		setvbuf(stdout, buffer, _IOFBF, sizeof(buffer));
	else
		setvbuf(stdout, NULL, _IOLBF, 0);
}

static void result(bool ok, const char *fmt, ...)
{
	va_list args;

	if (!ok)
		nr_failed++;
	printf("%sok %u - ", ok ? "" : "not ", ++nr_tests);
	va_start(args, fmt);
	vprintf(fmt, args);
	va_end(args);
	putchar('\n');
}

void edge_check(bool cond, const char *fmt, ...)
{
	char text[512];
	va_list args;

	va_start(args, fmt);
	vsnprintf(text, sizeof(text), fmt, args);
	va_end(args);
	result(cond, "%s", text);
}

void edge_skip(const char *what, const char *reason)
{
	result(true, "%s # SKIP %s", what, reason);
}

int edge_done(void)
{
	printf("1..%u\n", nr_tests);
	if (nr_failed)
		printf("# %u failed\n", nr_failed);
	fflush(stdout);
	nl_end(nl);
	return nr_failed != 0;
}

int64_t edge_now(const char *row, const char *name)
{
	const struct nl_counter *counter;
	struct nl_rows rows;
	int64_t value = -2;

	snapshot(&rows);
	counter = nl_find_row(&rows, row) ? nl_find_counter(nl_find_row(&rows, row), name) : NULL;
	if (counter && counter->kind == NL_VALUE)
		value = counter->value;
	else if (counter && counter->kind == NL_UNKNOWN)
		value = -1;
	nl_free_rows(&rows);
	return value;
}

void edge_settle(const char *row, const char *name, int64_t value)
{
	for (int i = 0; edge_now(row, name) != value; i++) {
		EDGE_MUST(i < 200);
		usleep(10000);
	}
}

/* ---- blocks ---- */

void edge_begin(const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	vsnprintf(block, sizeof(block), fmt, args);
	va_end(args);
	nr_expect = 0;
	snapshot(&before);
}

static void add(enum kind kind, const char *row, const char *name, int64_t value)
{
	EDGE_MUST(nr_expect < MAX_EXPECT);
	expect[nr_expect++] = (struct expect){ kind, row, name, value };
}

void edge_expect(const char *row, const char *name, int64_t delta)
{
	add(DELTA, row, name, delta);
}

void edge_value(const char *row, const char *name, int64_t value)
{
	add(VALUE, row, name, value);
}

void edge_any(const char *row, const char *name)
{
	add(ANY, row, name, 0);
}

/* Names that live as long as the program: edge_op() is called with literals. */
static const char *column(const char *dir, unsigned int nr)
{
	static const char *const names[2][4] = {
		{ "send_ops", "send_bytes", "send_copied", "send_fails" },
		{ "recv_ops", "recv_bytes", "recv_copied", "recv_fails" },
	};

	return names[!strcmp(dir, EDGE_RECV)][nr];
}

void edge_op(const char *row, const char *dir, int64_t ops, int64_t bytes, int64_t copied,
	     int64_t fails)
{
	edge_expect(row, column(dir, 0), ops);
	edge_expect(row, column(dir, 1), bytes);
	edge_expect(row, column(dir, 2), copied);
	edge_expect(row, column(dir, 3), fails);
}

static const struct nl_counter *find(const struct nl_rows *rows, const char *row, const char *name)
{
	const struct nl_row *found = nl_find_row(rows, row);

	return found ? nl_find_counter(found, name) : NULL;
}

/* What an expectation is held against: the new value, or its distance to the old. */
static int64_t seen(const struct expect *e, const struct nl_rows *after)
{
	const struct nl_counter *old = find(&before, e->row, e->name);
	const struct nl_counter *new = find(after, e->row, e->name);

	if (e->kind == VALUE || old->kind != NL_VALUE)
		return new->value;
	return new->value - old->value;
}

static bool gauges_settled(const struct nl_rows *after)
{
	for (unsigned int i = 0; i < nr_expect; i++) {
		const struct expect *e = &expect[i];
		const struct nl_counter *new;

		if (e->kind == ANY)
			continue;
		new = find(after, e->row, e->name);
		if (new &&new->gauge &&new->kind == NL_VALUE && seen(e, after) != e->value)
			return false;
	}
	return true;
}

static bool may_be_unknown(const char *row, const char *name)
{
	const char *list = getenv("EDGE_UNKNOWN");
	char word[2 * IPCSTAT_NAME_MAX + 4], padded[8192];

	snprintf(word, sizeof(word), " %s.%s ", row, name);
	snprintf(padded, sizeof(padded), " %s ", list ? list : "");
	for (char *p = padded; *p; p++)
		if (*p == '\n')
			*p = ' ';
	return strstr(padded, word);
}

static void judge(const struct expect *e, const struct nl_rows *after)
{
	const struct nl_counter *new = find(after, e->row, e->name);
	const char *sign = e->kind == VALUE ? "=" : e->value < 0 ? "" : "+";

	if (!new)
		return result(false, "%s: there is no %s %s", block, e->row, e->name);
	if (new->kind == NL_NONE)
		return result(false, "%s: %s %s %s%lld (it does not apply)", block, e->row, e->name,
			      sign, (long long)e->value);
	if (new->kind == NL_UNKNOWN) {
		if (may_be_unknown(e->row, e->name))
			return result(true, "%s: %s %s # SKIP not known on this kernel", block,
				      e->row, e->name);
		return result(false, "%s: %s %s is unknown, and the README does not say so", block,
			      e->row, e->name);
	}
	result(seen(e, after) == e->value, "%s: %s %s %s%lld", block, e->row, e->name, sign,
	       (long long)e->value);
	if (seen(e, after) != e->value)
		printf("#   counted %s%lld\n", e->kind == VALUE ? "" : "a difference of ",
		       (long long)seen(e, after));
}

static bool is_expected(const char *row, const char *name)
{
	for (unsigned int i = 0; i < nr_expect; i++)
		if (!strcmp(expect[i].row, row) &&
		    (!expect[i].name || !strcmp(expect[i].name, name)))
			return true;
	return false;
}

/* The time of waits: it moves with their number, which is expected or not. */
static bool is_time_of_waits(const char *row, const char *name, const struct nl_rows *after)
{
	const char *waits = strncmp(name, "send_", 5) ? "recv_waits" : "send_waits";
	const struct nl_counter *o = find(&before, row, waits), *n = find(after, row, waits);

	if (strcmp(name + 4, "_wait_ns") && strcmp(name + 4, "_runq_ns"))
		return false;
	return o && n && o->value != n->value;
}

/* No other counter of the row may have moved. */
static void judge_rest(const char *row, const struct nl_rows *after)
{
	const struct nl_row *old = nl_find_row(&before, row), *new = nl_find_row(after, row);
	char text[512] = "";
	size_t used = 0;

	if (!old || !new || old->nr != new->nr)
		return result(false, "%s: row %s is gone", block, row);
	for (unsigned int i = 0; i < new->nr; i++) {
		const struct nl_counter *o = &old->counter[i], *n = &new->counter[i];

		if (is_expected(row, n->name) || (o->kind == n->kind && o->value == n->value) ||
		    is_time_of_waits(row, n->name, after) || used >= sizeof(text))
			continue;
		used += snprintf(text + used, sizeof(text) - used, " %s %lld to %lld", n->name,
				 (long long)o->value, (long long)n->value);
	}
	result(!used, "%s: nothing else in %s has moved", block, row);
	if (used)
		printf("#   moved:%s\n", text);
}

void edge_end(void)
{
	struct nl_rows after;

	snapshot(&after);
	for (int tries = 0; tries < 100 && !gauges_settled(&after); tries++) {
		nl_free_rows(&after);
		pause_ms(20);
		snapshot(&after);
	}
	for (unsigned int i = 0; i < nr_expect; i++)
		if (expect[i].kind != ANY)
			judge(&expect[i], &after);
	for (unsigned int i = 0; i < nr_expect; i++) {
		unsigned int first = 0;

		while (strcmp(expect[first].row, expect[i].row))
			first++;
		if (first == i)
			judge_rest(expect[i].row, &after);
	}
	nl_free_rows(&before);
	nl_free_rows(&after);
}

/* ---- children ---- */

pid_t edge_child(int (*fn)(void *arg), void *arg)
{
	pid_t pid;

	pid = fork();
	EDGE_MUST(pid >= 0);
	if (!pid) {
		__fpurge(stdout);
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		_exit(fn(arg));
	}
	return pid;
}

int edge_wait(pid_t pid)
{
	int status;

	while (waitpid(pid, &status, 0) < 0)
		EDGE_MUST(errno == EINTR);
	return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}

static bool read_file(char *text, size_t size, pid_t pid, const char *name)
{
	char path[64];
	size_t len;
	FILE *f;

	snprintf(path, sizeof(path), "/proc/%d/%s", pid, name);
	f = fopen(path, "r");
	if (!f)
		return false;
	len = fread(text, 1, size - 1, f);
	fclose(f);
	text[len] = '\0';
	return len;
}

/*
 * State and system call are read one after the other: both twice the same. Who is only about to
 * sleep has that state already, but his system call is "running".
 */
static bool sleeps_in(pid_t pid, long nr)
{
	char stat[512], call[256], *state;

	for (int i = 0; i < 2; i++) {
		if (!read_file(stat, sizeof(stat), pid, "stat"))
			return false;
		state = strrchr(stat, ')');
		if (!state || state[2] != 'S')
			return false;
		if (!read_file(call, sizeof(call), pid, "syscall") || call[0] == 'r')
			return false;
		if (nr >= 0 && (call[0] == '-' || strtol(call, NULL, 10) != nr))
			return false;
	}
	return true;
}

void edge_asleep(pid_t pid, long nr)
{
	for (int tries = 0; tries < 1000; tries++) {
		if (sleeps_in(pid, nr))
			return;
		pause_ms(10);
	}
	errno = ETIMEDOUT;
	edge_bail(__FILE__, __LINE__, "a child does not fall asleep");
}

/* ---- the module ---- */

static void run(const char *variable, const char *command)
{
	const char *given = getenv(variable);
	int status;

	status = system(given ? given : command);
	EDGE_MUST(!status);
}

void edge_unload(void)
{
	nl_end(nl);
	nl = NULL;
	run("EDGE_UNLOAD", "rmmod ipcstat");
}

void edge_load(void)
{
	run("EDGE_LOAD", "modprobe ipcstat");
}

/* ---- the 32-bit caller ---- */

static const char *caller32(void)
{
	static char path[PATH_MAX + 16];
	char exe[PATH_MAX];
	ssize_t len = readlink("/proc/self/exe", exe, sizeof(exe) - 1);

	EDGE_MUST(len > 0);
	exe[len] = '\0';
	snprintf(path, sizeof(path), "%s/caller32", dirname(exe));
	return path;
}

static int exec32(void *mech)
{
	execl(caller32(), "caller32", (char *)mech, NULL);
	return 127;
}

bool edge_have32(const char *mech)
{
	const char *reason = NULL;
	char what[64];

	if (access(caller32(), X_OK))
		reason = "this compiler makes no 32-bit programs";
	else if (edge_wait(edge_child(exec32, (void *)mech)) == 77)
		reason = "this kernel lacks a system call of it";
	if (!reason)
		return true;
	snprintf(what, sizeof(what), "a 32-bit program: %s", mech);
	edge_skip(what, reason);
	return false;
}

void edge_run32(const char *mech)
{
	EDGE_MUST(!edge_wait(edge_child(exec32, (void *)mech)));
}
