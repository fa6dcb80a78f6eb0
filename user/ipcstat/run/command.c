// SPDX-License-Identifier: GPL-2.0-only
#include <err.h>
#include <errno.h>
#include <sched.h>
#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <linux/sched.h>

#include "command.h"

/* What the child has to say: it has no pipe for that, which would count. */
struct word {
	int enter_error, user_error, exec_error;
};

static volatile sig_atomic_t command; /* a process to which signals go on; 0: none */

/* ---- signals ---- */

static void forward(int sig)
{
	int err = errno;

	if (command)
		kill(command, sig);
	errno = err;
}

/* What a signal does to us while the command runs, and did before. */
static struct {
	int sig;
	void (*handler)(int sig);
	struct sigaction before;
} signals[] = {
	{ .sig = SIGINT, .handler = SIG_IGN },  { .sig = SIGQUIT, .handler = SIG_IGN },
	{ .sig = SIGPIPE, .handler = SIG_IGN }, { .sig = SIGCHLD, .handler = SIG_DFL },
	{ .sig = SIGHUP, .handler = forward },  { .sig = SIGTERM, .handler = forward },
	{ .sig = SIGUSR1, .handler = forward }, { .sig = SIGUSR2, .handler = forward },
};

#define NR_SIGNALS (sizeof(signals) / sizeof(signals[0]))

/* Blocks them all until there is a command; before is the mask to go back to. */
static void set_signals(sigset_t *before)
{
	sigset_t mask;

	sigemptyset(&mask);
	for (size_t i = 0; i < NR_SIGNALS; i++)
		sigaddset(&mask, signals[i].sig);
	sigprocmask(SIG_BLOCK, &mask, before);
	for (size_t i = 0; i < NR_SIGNALS; i++) {
		struct sigaction action = { .sa_handler = signals[i].handler,
					    .sa_flags = SA_RESTART };

		sigaction(signals[i].sig, NULL, &signals[i].before);
		/* What nohup(1) has us ignore, the command ignores. */
		if (signals[i].handler != forward || signals[i].before.sa_handler != SIG_IGN)
			sigaction(signals[i].sig, &action, NULL);
	}
}

static void restore_signals(const sigset_t *before)
{
	for (size_t i = 0; i < NR_SIGNALS; i++)
		sigaction(signals[i].sig, &signals[i].before, NULL);
	sigprocmask(SIG_SETMASK, before, NULL);
}

/* ---- the command ---- */

struct command {
	char **argv;
	const struct run_cgroup *cgroup;
	const struct run_user *user;
};

/* It has no more rights than the command once it executes it. All our descriptors are closed then.
 */
static void child(const struct command *what, bool outside, const sigset_t *mask, struct word *word)
{
	restore_signals(mask);
	if (outside && run_cgroup_enter(what->cgroup)) {
		word->enter_error = errno;
		_exit(EXIT_FAILURE);
	}
	if (run_user_become(what->user)) {
		word->user_error = errno;
		_exit(EXIT_FAILURE);
	}
	execvp(what->argv[0], what->argv);
	word->exec_error = errno;
	_exit(errno == ENOENT ? EXIT_NOT_FOUND : EXIT_NOT_EXECUTABLE);
}

static pid_t start(const struct command *what, struct word *word)
{
	struct clone_args args = {
		.flags = CLONE_INTO_CGROUP,
		.exit_signal = SIGCHLD,
		.cgroup = (uint64_t)what->cgroup->dir,
	};
	bool outside = false;
	sigset_t mask;
	pid_t pid;

	set_signals(&mask);
	pid = (pid_t)syscall(SYS_clone3, &args, sizeof(args));
	if (pid < 0) {
		/* A container may not let us; otherwise entering it fails, too, and says why. */
		outside = true;
		pid = fork();
	}
	if (!pid)
		child(what, outside, &mask, word);
	command = pid > 0 ? pid : 0;
	if (pid < 0)
		warn("cannot start the command");
	sigprocmask(SIG_SETMASK, &mask, NULL);
	return pid;
}

static int wait_for(pid_t pid)
{
	siginfo_t info = { 0 };

	while (waitid(P_PID, (id_t)pid, &info, WEXITED | WNOWAIT) && errno == EINTR)
		;
	/* Once it is reaped its number may be another one's. */
	command = 0;
	while (waitid(P_PID, (id_t)pid, &info, WEXITED) && errno == EINTR)
		;
	return info.si_code == CLD_EXITED ? info.si_status : EXIT_SIGNAL + info.si_status;
}

static uint64_t now_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000000000 + (uint64_t)now.tv_nsec;
}

/* 0; or -1 and a line, if the command was not executed for want of something of ours. */
static int complain(const struct command *what, const struct word *word)
{
	if (word->enter_error) {
		errno = word->enter_error;
		warn("cannot start the command in the cgroup %s", what->cgroup->path);
		return -1;
	}
	if (word->user_error) {
		warnx("cannot run the command as '%s': %s: name another user with -u",
		      what->user->name, strerror(word->user_error));
		return -1;
	}
	return 0;
}

int run_command(char **argv, const struct run_cgroup *cgroup, const struct run_user *user,
		struct run_end *end)
{
	const struct command what = { .argv = argv, .cgroup = cgroup, .user = user };
	struct word *word = mmap(NULL, sizeof(*word), PROT_READ | PROT_WRITE,
				 MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	uint64_t start_ns = now_ns();
	int err = -1;
	pid_t pid;

	if (word == MAP_FAILED) {
		warn("memory");
		return -1;
	}
	pid = start(&what, word);
	if (pid > 0) {
		end->status = wait_for(pid);
		end->time_ns = now_ns() - start_ns;
		end->error = word->exec_error;
		err = complain(&what, word);
	}
	munmap(word, sizeof(*word));
	return err;
}
