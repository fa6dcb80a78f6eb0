/* SPDX-License-Identifier: GPL-2.0-only */
/* Flows that have to be on for a while. */
#ifndef IPCSTAT_FLOW_HOLD_H
#define IPCSTAT_FLOW_HOLD_H

#include <stdbool.h>
#include <stdint.h>

#include "ipcstat/ipcstat.h"

struct flow_hold {
	int lock;  /* or -1 */
	bool ours; /* on for such as us: the last one turns them off */
};

/*
 * Turns flows on if they are off, with so many entries (0: as many as usual). -1: it could
 * not, and a line has said why. What was on already, and not by this function, stays on.
 */
int flow_hold(struct nl *nl, uint32_t max, struct flow_hold *hold);
void flow_release(struct nl *nl, struct flow_hold *hold);

#endif
