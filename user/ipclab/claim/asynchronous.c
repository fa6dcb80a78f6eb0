// SPDX-License-Identifier: GPL-2.0-only
/* Claim 16: signals come at any time, from the hardware and from software. */
#include <fcntl.h>
#include <mqueue.h>
#include <pty.h>
#include <signal.h>
#include <stdio.h>
#include <unistd.h>

#include "textbook.h"

/* Shared by all processes of the lab. */
static atomic_int *events; /* how often the computation was interrupted */
static int *sender;        /* for each signal: its si_code */

static void handler(int sig, siginfo_t *info, void *context)
{
	(void)context;
	sender[sig] = info->si_code;
	++*events;
	if (sig == SIGSEGV)
		_exit(0); /* a return would repeat the write */
}

/* Computes, without a wait or a system call. */
static void compute_until(int wanted)
{
	static volatile unsigned long sum;

	while (*events < wanted)
		sum = sum * 3 + 1;
}

/* Runs in a terminal of its own. */
static void child(void)
{
	struct sigaction action = { .sa_sigaction = handler, .sa_flags = SA_SIGINFO };
	static char *volatile nowhere;

	must(sigaction(SIGINT, &action, NULL));
	must(sigaction(SIGTERM, &action, NULL));
	must(sigaction(SIGSEGV, &action, NULL));
	*events = 1;
	compute_until(3);
	*nowhere = 'x';
	_exit(1);
}

static void three_signals(void)
{
	int terminal;
	pid_t pid = must(forkpty(&terminal, NULL, NULL, NULL));

	if (!pid)
		child();
	compute_until(1);
	step("A process computes in a terminal. The user types Ctrl+C.");
	must(write(terminal, "\003", 1));
	compute_until(2);
	step("It goes on computing. Another process sends SIGTERM with kill(2).");
	must(kill(pid, SIGTERM));
	compute_until(3);
	step("Finally it writes through a null pointer.");
	join(pid);
	close(terminal);
	saw(sender[SIGINT] == SI_KERNEL, "SIGINT came from the kernel: from the terminal driver");
	saw(sender[SIGTERM] == SI_USER, "SIGTERM came from another process");
	saw(sender[SIGSEGV] == SEGV_MAPERR,
	    "SIGSEGV came from the kernel: nothing is mapped at that address");
}

static void called(union sigval queue)
{
	char text[8];

	must(mq_receive(queue.sival_int, text, sizeof(text), NULL));
	++*events;
}

static void a_message(void)
{
	struct sigevent event = { .sigev_notify = SIGEV_THREAD, .sigev_notify_function = called };
	char name[32];
	sigset_t all;
	mqd_t queue;
	pid_t pid;

	step("A process blocks all signals. With mq_notify(3) it asks for a function call when a "
	     "message arrives in its empty queue. It computes; another process sends a message.");
	snprintf(name, sizeof(name), "/ipclab.%d", getpid());
	queue = must(mq_open(name, O_RDWR | O_CREAT | O_EXCL, 0600,
			     &(struct mq_attr){ .mq_maxmsg = 1, .mq_msgsize = 8 }));
	must(mq_unlink(name));
	sigfillset(&all);
	must(sigprocmask(SIG_SETMASK, &all, NULL));
	event.sigev_value.sival_int = queue;
	must(mq_notify(queue, &event));
	*events = 0;
	pid = must(fork());
	if (!pid) {
		must(mq_send(queue, "hello", 5, 0));
		_exit(0);
	}
	compute_until(1);
	saw_but(*events == 1,
		"the function was called while the process computed, without a signal");
	join(pid);
}

static void act(void)
{
	events = shared(sizeof(*events));
	sender = shared(NSIG * sizeof(*sender));
	three_signals();
	a_message();
}

static void expect(void)
{
	predict_signal(SIGINT, "delivered", 1, "Ctrl+C");
	predict_signal(SIGTERM, "delivered", 1, "kill(2)");
	predict_signal(SIGSEGV, "delivered", 1, "the fault");
	predict_but();
	predict("posix_mq", "send_ops", 1, "a message was sent ...");
	predict("posix_mq", "recv_ops", 1, "... and received ...");
	predict("posix_mq", "recv_waits", 0, "... and no receiver had to wait for it");
}

LAB(asynchronous, .nr = 16, .rows = "signal posix_mq",
    .claim = "Signals are the only asynchronous mechanism: they may come at any time. They come "
	     "from the hardware (Ctrl+C, a fault) or from software (kill).",
    .about = "A process computes and waits for nothing. Each signal interrupts it: the handler "
	     "runs, and then the computation goes on. The kernel writes into si_code who sent "
	     "the signal.",
    .task = "Handle SIGINT, SIGTERM and SIGSEGV; each must be delivered once. Then receive one "
	    "message from a POSIX message queue, in the function that mq_notify(3) calls.",
    .but = "a message can also start a function in a process that does not wait for it: "
	   "mq_notify(3) runs it in a thread of the C library. And Ctrl+C is not hardware: the "
	   "terminal driver sends SIGINT, with or without a keyboard.");
