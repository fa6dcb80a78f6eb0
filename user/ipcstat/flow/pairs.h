/* SPDX-License-Identifier: GPL-2.0-only */
/* Which flows are the two ends of one channel. */
#ifndef IPCSTAT_FLOW_PAIRS_H
#define IPCSTAT_FLOW_PAIRS_H

#include <stdbool.h>

#include "ipcstat/ipcstat.h"
#include "ipcstat/who/objects.h"

/* Flows that receive, by where they do; senders look for theirs. */
struct flow_meetings;

/* The flows and their names must stay as they are until flow_meetings_free(). Never NULL. */
struct flow_meetings *flow_meetings_new(const struct nl_flows *flows,
					const struct flow_names *names);
void flow_meetings_free(struct flow_meetings *meetings);

/*
 * The flows that receive what flow nr sends: their numbers, which the meetings keep. Sets *count
 * to 0 where there are none, as for a flow that receives.
 */
const unsigned int *flow_receivers(const struct flow_meetings *meetings, unsigned int nr,
				   unsigned int *count);

/*
 * Whether a flow without a flow at its other end may have one that we cannot see: the peer of its
 * socket is unknown, it names no object, or flows in its mechanism are shown as sums only.
 */
bool flow_peer_is_unknown(const struct flow_meetings *meetings, unsigned int nr);

/* Clears only_peer of all flows that are the other end of one that was asked for. */
void flow_keep_peers(struct nl_flows *flows, const struct flow_names *names);

#endif
