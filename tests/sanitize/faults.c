// SPDX-License-Identifier: GPL-2.0-only
/*
 * Lets the kernel's N-th allocation fail, for N = 1, 2, 3 ... until none is left to fail
 * (/proc/thread-self/fail-nth, Documentation/fault-injection). Which allocations those are
 * is up to the fault attributes in debugfs: see faults.sh. Output is TAP.
 *
 *	faults load SECONDS MODULE [PARAMETERS]	of an initialization of the module
 *	faults run COMMAND...			of a command, from its execve() on
 *	faults lack COMMAND...			the same of one that may go on without what it
 *						asks for, and says so in a line
 *	faults change UNCHANGED UNDO COMMAND...	the same of one that changes something; the
 *						first two are for a shell: the first fails
 *						if something has changed
 *	faults follow				of taking up one object of each kind
 *
 * load goes through all N if it can in so many seconds, else through as many of them as it
 * can, spread over all; and says so.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/futex.h>
#include <mqueue.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/msg.h>
#include <sys/sem.h>
#include <sys/shm.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define OPS 23
#define NEVER 1000000000
#define TABLE 16384

static int nr, failed;

static void die(const char *what)
{
	printf("Bail out! %s: %s\n", what, strerror(errno));
	exit(1);
}

static void result(bool good, const char *what)
{
	nr++;
	failed += !good;
	printf("%sok %d - %s\n", good ? "" : "not ", nr, what);
}

/* ---- faults ---- */

static int fail_nth;

/* The @nth allocation from now on fails. */
static void arm(unsigned int nth)
{
	char text[16];
	int len = snprintf(text, sizeof(text), "%u", nth);

	if (pwrite(fail_nth, text, len, 0) != len)
		die("fail-nth");
}

/* How many more allocations there would have to be; 0: one has failed. */
static unsigned int left(int file)
{
	char text[16] = "";

	if (pread(file, text, sizeof(text) - 1, 0) <= 0)
		die("fail-nth");
	return strtoul(text, NULL, 10);
}

static unsigned int disarm(void)
{
	unsigned int rest = left(fail_nth);

	arm(0);
	return rest;
}

/* ---- /proc/ipcstat ---- */

/* Reads it; false: there is none. */
static bool read_table(char table[TABLE])
{
	int fd = open("/proc/ipcstat", O_RDONLY);
	ssize_t len;

	if (fd < 0)
		return false;
	len = read(fd, table, TABLE - 1);
	close(fd);
	if (len <= 0)
		die("/proc/ipcstat");
	table[len] = '\0';
	return true;
}

/* Its cells, one after the other, without the first line. */
static char *next_cell(char **rest)
{
	return strtok_r(NULL, " \n", rest);
}

/* Whether each cell is the same, or unknown; and something is, if events were missed. */
static bool same_or_unknown(const char *expected, const char *found, int *unknown)
{
	char a[TABLE], b[TABLE], *rest_a, *rest_b, *cell_a, *cell_b;
	int unknown_a = 0;
	bool good;

	strcpy(a, expected);
	strcpy(b, found);
	strtok_r(a, "\n", &rest_a);
	strtok_r(b, "\n", &rest_b);
	good = true;
	*unknown = 0;
	do {
		cell_a = next_cell(&rest_a);
		cell_b = next_cell(&rest_b);
		if (!cell_a || !cell_b)
			return good && cell_a == cell_b &&
			       (strstr(found, " missed 0\n") || *unknown > unknown_a);
		if (strcmp(cell_a, cell_b) && strcmp(cell_b, "?"))
			good = false;
		*unknown += !strcmp(cell_b, "?");
		unknown_a += !strcmp(cell_a, "?");
	} while (true);
}

/* ---- what there is to count: nothing of it sleeps ---- */

static void caught(int sig)
{
	(void)sig;
}

static void pass_on(int to, int from)
{
	char byte[8] = { 1 };

	for (int i = 0; i < OPS; i++)
		if (write(to, byte, sizeof(byte)) != sizeof(byte) ||
		    read(from, byte, sizeof(byte)) != sizeof(byte))
			die("write or read");
	close(to);
	if (from != to)
		close(from);
}

static void work_files(void)
{
	int fd[2];

	if (pipe(fd))
		die("pipe");
	pass_on(fd[1], fd[0]);
	for (int type = SOCK_STREAM; type <= SOCK_DGRAM; type++) {
		if (socketpair(AF_UNIX, type, 0, fd))
			die("socketpair");
		pass_on(fd[1], fd[0]);
	}
	fd[0] = eventfd(0, 0);
	pass_on(fd[0], fd[0]);
}

static void work_udp(void)
{
	struct sockaddr_in address = { .sin_family = AF_INET };
	socklen_t len = sizeof(address);
	int fd = socket(AF_INET, SOCK_DGRAM, 0);

	address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	if (bind(fd, (struct sockaddr *)&address, len) ||
	    getsockname(fd, (struct sockaddr *)&address, &len) ||
	    connect(fd, (struct sockaddr *)&address, len))
		die("udp");
	pass_on(fd, fd);
}

static void work_sysv(void)
{
	struct {
		long type;
		char text[8];
	} message = { .type = 1 };
	struct sembuf up = { .sem_op = 1 };
	int queue = msgget(IPC_PRIVATE, 0600), sem = semget(IPC_PRIVATE, 1, 0600);
	int shm = shmget(IPC_PRIVATE, 4096, 0600);

	for (int i = 0; i < OPS; i++)
		if (msgsnd(queue, &message, sizeof(message.text), 0) ||
		    msgrcv(queue, &message, sizeof(message.text), 0, 0) < 0 || semop(sem, &up, 1) ||
		    shmdt(shmat(shm, NULL, 0)))
			die("System V");
	msgctl(queue, IPC_RMID, NULL);
	semctl(sem, 0, IPC_RMID);
	shmctl(shm, IPC_RMID, NULL);
}

static void work_posix(void)
{
	struct mq_attr attr = { .mq_maxmsg = 1, .mq_msgsize = 8 };
	mqd_t queue = mq_open("/faults", O_RDWR | O_CREAT, 0600, &attr);
	char text[8];
	static int word;

	for (int i = 0; i < OPS; i++) {
		if (mq_send(queue, text, sizeof(text), 0) ||
		    mq_receive(queue, text, sizeof(text), NULL) < 0)
			die("POSIX");
		syscall(SYS_futex, &word, FUTEX_WAKE, 1, NULL, NULL, 0);
		raise(SIGUSR1);
	}
	mq_close(queue);
	mq_unlink("/faults");
}

static void work(void)
{
	signal(SIGUSR1, caught);
	work_files();
	work_udp();
	work_sysv();
	work_posix();
}

/* ---- load ---- */

static int module;
static const char *parameters;

/* With the @nth allocation failing; *rest are those that were left. Returns 0 or an errno. */
static int load(unsigned int nth, unsigned int *rest)
{
	int err;

	arm(nth);
	err = syscall(SYS_finit_module, module, parameters, 0) ? errno : 0;
	*rest = disarm();
	return err;
}

static void unload(void)
{
	if (syscall(SYS_delete_module, "ipcstat", O_NONBLOCK))
		die("delete_module");
}

/* What a failed load must not leave. */
static bool nothing_left(void)
{
	char line[512];
	bool left = !access("/proc/ipcstat", F_OK) || !access("/sys/module/ipcstat", F_OK);
	FILE *file = fopen("/sys/kernel/tracing/enabled_functions", "r");

	while (file && fgets(line, sizeof(line), file))
		left |= strstr(line, "[ipcstat]") != NULL;
	if (file)
		fclose(file);
	file = fopen("/sys/kernel/debug/kprobes/list", "r");
	left |= file && fgets(line, sizeof(line), file);
	if (file)
		fclose(file);
	return !left;
}

/* How a load ends. */
enum {
	REFUSED,
	DEGRADED,
	WHOLE,
	WRONG
};

/* Of the first line, " hooks ATTACHED/ALL". */
static bool same_hooks(const char *a, const char *b)
{
	a = strstr(a, " hooks ");
	b = strstr(b, " hooks ");
	return a && b && !strncmp(a, b, strcspn(a, "\n") - strlen(" missed 0"));
}

static int try(unsigned int nth, const char *expected, int unknown)
{
	char table[TABLE], text[200];
	unsigned int rest;
	int err = load(nth, &rest), now;

	if (err) {
		if (err == ENOMEM && nothing_left())
			return REFUSED;
		snprintf(text, sizeof(text), "allocation %u: %s, and nothing is left", nth,
			 strerror(err));
		result(nothing_left(), text);
		return nothing_left() ? REFUSED : WRONG;
	}
	work();
	read_table(table);
	unload();
	if (!same_or_unknown(expected, table, &now)) {
		snprintf(text, sizeof(text), "allocation %u: what is known is right", nth);
		result(false, text);
		for (char *lines = table, *line; (line = strsep(&lines, "\n"));)
			printf("# %s\n", line);
		return WRONG;
	}
	return now > unknown || !same_hooks(expected, table) ? DEGRADED : WHOLE;
}

static unsigned int common_divisor(unsigned int a, unsigned int b)
{
	return b ? common_divisor(b, a % b) : a;
}

/* In steps that go through all, since they have no divisor in common. */
static void try_all(unsigned int all, time_t seconds, const char *expected, int unknown)
{
	unsigned int ends[4] = { 0 }, done, step = all * 0.618;
	time_t end = time(NULL) + seconds;
	char text[200];

	while (common_divisor(all, step) != 1)
		step--;
	for (done = 0; done < all && time(NULL) < end; done++)
		ends[try((unsigned long)done * step % all + 1, expected, unknown)]++;
	printf("# %u of %u allocations: %u times refused, %u degraded, %u made good\n", done, all,
	       ends[REFUSED], ends[DEGRADED], ends[WHOLE]);
	snprintf(text, sizeof(text), "load %s: each is refused cleanly, shows, or is made good",
		 parameters);
	/* A few samples may all be of one kind. */
	result(!ends[WRONG] && (ends[DEGRADED] || done < all), text);
}

static int load_all(int argc, char **argv)
{
	char expected[TABLE], again[TABLE];
	unsigned int rest;
	int unknown;

	if (argc < 4)
		return 2;
	module = open(argv[3], O_RDONLY | O_CLOEXEC);
	parameters = argc > 4 ? argv[4] : "";
	if (module < 0 || load(NEVER, &rest))
		die("loading it as it is");
	work();
	read_table(expected);
	unload();
	if (load(0, &(unsigned int){ 0 }))
		die("loading it again");
	work();
	read_table(again);
	result(same_or_unknown(expected, again, &unknown),
	       "without a fault all counts are the same");
	unload();
	try_all(NEVER - rest, strtoul(argv[2], NULL, 10), expected, unknown);
	result(!load(0, &rest), "after that it loads");
	unload();
	return 0;
}

/* ---- run ---- */

/* Runs it, its output in a file. Whether the fault happened. */
static bool run(unsigned int nth, char **command, const char *out, int *status)
{
	char path[64];
	siginfo_t info;
	int file;
	bool was;
	pid_t pid = fork();

	if (!pid) {
		/* The descriptor is the parent's. */
		fail_nth = open("/proc/thread-self/fail-nth", O_RDWR | O_CLOEXEC);
		file = open(out, O_WRONLY | O_CREAT | O_TRUNC, 0600);
		if (fail_nth < 0 || dup2(file, 1) < 0 || dup2(file, 2) < 0)
			_exit(126);
		arm(nth);
		execvp(command[0], command);
		_exit(127);
	}
	if (pid < 0 || waitid(P_PID, pid, &info, WEXITED | WNOWAIT))
		die("fork");
	snprintf(path, sizeof(path), "/proc/%d/fail-nth", pid);
	file = open(path, O_RDONLY);
	was = file >= 0 && !left(file);
	close(file);
	waitpid(pid, status, 0);
	return was;
}

static unsigned int lines_of(const char *path)
{
	unsigned int lines = 0;
	FILE *file = fopen(path, "r");
	int c;

	while (file && (c = getc(file)) != EOF)
		lines += c == '\n';
	if (file)
		fclose(file);
	return lines;
}

static int run_all(int argc, char **argv, bool lacking)
{
	unsigned int lines, nth, refused = 0, lacked = 0, wrong = 0;
	const char *out = "/tmp/faults.out";
	char text[200];
	int status;

	if (argc < 3)
		return 2;
	run(NEVER, argv + 2, out, &status);
	lines = lines_of(out);
	if (status || !lines)
		die(argv[2]);
	for (nth = 1; run(nth, argv + 2, out, &status); nth++) {
		if (WIFEXITED(status) && WEXITSTATUS(status) == 1 && lines_of(out) >= 1)
			refused++;
		else if (!status && lacking && lines_of(out) == lines + 1)
			lacked++;
		else if (status || lines_of(out) != lines)
			printf("# allocation %u: status %#x, %u lines instead of %u\n", nth, status,
			       lines_of(out), lines),
				wrong++;
	}
	printf("# %u allocations, of which %u make it fail with a message, and %u lack something\n",
	       nth - 1, refused, lacked);
	snprintf(text, sizeof(text), "%s %s: an error or the whole answer", argv[2],
		 argc > 3 ? argv[3] : "");
	result(!wrong, text);
	result(!status && lines_of(out) == lines, "and once nothing fails, the answer");
	unlink(out);
	return 0;
}

static int shell(const char *command)
{
	char text[256];

	snprintf(text, sizeof(text), "{ %s; } > /dev/null 2>&1", command);
	return system(text);
}

static int change_all(int argc, char **argv)
{
	unsigned int nth = 0, refused = 0, wrong = 0;
	const char *out = "/tmp/faults.out";
	char text[200];
	int status;
	bool was;

	if (argc < 5)
		return 2;
	do {
		if (shell(argv[2]))
			die(argv[2]);
		was = run(++nth, argv + 4, out, &status);
		if (status) {
			refused++;
			if (!WIFEXITED(status) || WEXITSTATUS(status) != 1 || lines_of(out) < 1 ||
			    shell(argv[2])) {
				printf("# allocation %u: status %#x, %u lines\n", nth, status,
				       lines_of(out));
				wrong++;
			}
		} else if (!shell(argv[2])) {
			printf("# allocation %u: nothing has changed\n", nth);
			wrong++;
		}
		if (shell(argv[3]))
			die(argv[3]);
	} while (was);
	printf("# %u allocations, of which %u make it fail with a message\n", nth - 1, refused);
	snprintf(text, sizeof(text), "%s %s %s: an error and no change, or the change", argv[4],
		 argc > 5 ? argv[5] : "", argc > 6 ? argv[6] : "");
	result(!wrong && refused, text);
	result(!status, "and once nothing fails, the change");
	unlink(out);
	return 0;
}

/* ---- follow ---- */

static int make_pipe(void)
{
	int fd[2];

	return pipe(fd) ? -1 : close(fd[1]), fd[0];
}

static int make_fifo(void)
{
	int fd;

	mkfifo("/tmp/faults.fifo", 0600);
	fd = open("/tmp/faults.fifo", O_RDWR);
	unlink("/tmp/faults.fifo");
	return fd;
}

static int make_eventfd(void)
{
	return eventfd(0, 0);
}

static int make_udp(void)
{
	return socket(AF_INET, SOCK_DGRAM, 0);
}

static const struct {
	const char *row;
	int (*make)(void);
} kinds[] = {
	{ "pipe", make_pipe },
	{ "fifo", make_fifo },
	{ "eventfd", make_eventfd },
	{ "udp", make_udp },
};

/* The second word of a row: its objects. */
static void objects_of(const char *row, char value[32])
{
	char table[TABLE], format[64], *line, *rest = table;

	read_table(table);
	snprintf(format, sizeof(format), "%s %%31s", row);
	strcpy(value, "no such row");
	while ((line = strsep(&rest, "\n")))
		if (!strncmp(line, row, strlen(row)) && line[strlen(row)] == ' ')
			sscanf(line, format, value);
}

static int follow_all(void)
{
	char table[TABLE], value[32], text[200];

	for (unsigned int i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		unsigned int rest, nth = 0;
		int fd;

		/* Not the module's own allocation: refused by the system call. */
		do {
			arm(++nth);
			fd = kinds[i].make();
			rest = disarm();
		} while (fd < 0 && !rest);
		snprintf(text, sizeof(text), "%s: an object comes without memory to follow it",
			 kinds[i].row);
		result(!rest && fd >= 0, text);
		objects_of(kinds[i].row, value);
		snprintf(text, sizeof(text), "%s: its objects are unknown (%s)", kinds[i].row,
			 value);
		result(!strcmp(value, "?"), text);
		close(fd);
		read_table(table);
		snprintf(text, sizeof(text), " missed %u\n", i + 1);
		result(strstr(table, text) != NULL, "and it is counted as missed");
	}
	return 0;
}

int main(int argc, char **argv)
{
	int status = 2;

	setvbuf(stdout, NULL, _IOLBF, 0);
	fail_nth = open("/proc/thread-self/fail-nth", O_RDWR | O_CLOEXEC);
	if (fail_nth < 0)
		die("/proc/thread-self/fail-nth");
	if (argc > 1 && !strcmp(argv[1], "load"))
		status = load_all(argc, argv);
	else if (argc > 1 && !strcmp(argv[1], "run"))
		status = run_all(argc, argv, false);
	else if (argc > 1 && !strcmp(argv[1], "lack"))
		status = run_all(argc, argv, true);
	else if (argc > 1 && !strcmp(argv[1], "change"))
		status = change_all(argc, argv);
	else if (argc > 1 && !strcmp(argv[1], "follow"))
		status = follow_all();
	if (status == 2) {
		fprintf(stderr,
			"Usage: faults load SECONDS MODULE [PARAMETERS] | run|lack COMMAND... |\n"
			"              change UNCHANGED UNDO COMMAND... | follow\n");
		return 2;
	}
	printf("1..%d\n", nr);
	return failed != 0;
}
