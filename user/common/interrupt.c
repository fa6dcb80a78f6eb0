// SPDX-License-Identifier: GPL-2.0-only
#include <stddef.h>

#include "interrupt.h"

volatile sig_atomic_t interrupted;

static void on_interrupt(int signal)
{
	(void)signal;
	interrupted = 1;
}

static void take(int signal, sigset_t *block)
{
	struct sigaction action = { .sa_handler = on_interrupt }, old;

	sigaddset(block, signal);
	sigaction(signal, &action, &old);
	if (old.sa_handler == SIG_IGN)
		sigaction(signal, &old, NULL);
}

void interrupt_block(bool term, sigset_t *mask)
{
	sigset_t block;

	sigemptyset(&block);
	take(SIGINT, &block);
	if (term)
		take(SIGTERM, &block);
	sigprocmask(SIG_BLOCK, &block, mask);
	sigdelset(mask, SIGINT);
	if (term)
		sigdelset(mask, SIGTERM);
}
