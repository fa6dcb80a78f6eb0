/* SPDX-License-Identifier: GPL-2.0-only */
/* Ctrl+C, taken only where a command sleeps, so that what it prints is whole. */
#ifndef IPCSTAT_INTERRUPT_H
#define IPCSTAT_INTERRUPT_H

#include <signal.h>
#include <stdbool.h>

extern volatile sig_atomic_t interrupted;

/*
 * From now on SIGINT, and with term SIGTERM, wait until ppoll(2) sleeps with mask, and set
 * interrupted. What our parent ignores (for a job in the background of a script) we ignore.
 */
void interrupt_block(bool term, sigset_t *mask);

#endif
