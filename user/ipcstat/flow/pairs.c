// SPDX-License-Identifier: GPL-2.0-only
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "common/cli.h"
#include "pairs.h"

/* Where a flow receives. */
struct meeting {
	char *key;
	unsigned int nr;  /* of the flow */
	unsigned int end; /* of the meetings that have this key */
};

struct flow_meetings {
	const struct nl_flows *flows;
	const struct flow_names *names;
	unsigned int nr;
	struct meeting *meeting; /* by key */
	unsigned int *flow;      /* their flows, in the same order */
	unsigned int nr_sums;
	const struct nl_flow **sum; /* of flows that are not shown, one a mechanism and direction */
};

static bool sends(const struct nl_flow *flow)
{
	return !strcmp(flow->direction, "send");
}

static bool is_signal(const struct nl_flow *flow)
{
	return !strcmp(flow->mech, "signal");
}

static char *at_socket(const struct nl_flow *flow, uint64_t ino)
{
	return format("%s at %" PRIu64, flow->mech, ino);
}

static char *from_socket(const struct nl_flow *flow, uint64_t ino)
{
	return format("%s from %" PRIu64, flow->mech, ino);
}

/* Where what the flow sends arrives; to be freed. NULL: nowhere that is known. */
static char *target(const struct nl_flow *flow, const struct flow_names *names)
{
	if (flow->other || !sends(flow) || !flow->has_id)
		return NULL;
	/* The sender of a signal names the process. */
	if (is_signal(flow))
		return format("signal %" PRIu64, flow->id);
	if (!flow_is_socket(flow))
		return must(strdup(names->key));
	return names->peer.kind == PEER_KNOWN ? at_socket(flow, names->peer.ino)
					      : from_socket(flow, flow->id);
}

static void add(struct flow_meetings *meetings, char *key, unsigned int nr)
{
	meetings->meeting[meetings->nr++] = (struct meeting){ key, nr, 0 };
}

static void add_receiver(struct flow_meetings *meetings, unsigned int nr)
{
	const struct nl_flow *flow = &meetings->flows->flow[nr];
	const struct peer *peer = &meetings->names[nr].peer;

	if (flow->other || sends(flow) || !(flow->has_id || is_signal(flow)))
		return;
	if (is_signal(flow)) {
		add(meetings, format("signal %u", flow->pid), nr);
	} else if (!flow_is_socket(flow)) {
		add(meetings, must(strdup(meetings->names[nr].key)), nr);
	} else {
		add(meetings, at_socket(flow, flow->id), nr);
		/* Its peer, if that is connected to no other socket, may send to it. */
		if (peer->kind == PEER_KNOWN)
			add(meetings, from_socket(flow, peer->ino), nr);
	}
}

static int by_key(const void *a, const void *b)
{
	const struct meeting *x = a, *y = b;
	int diff = strcmp(x->key, y->key);

	return diff ? diff : x->nr < y->nr ? -1 : x->nr > y->nr;
}

static void find_ends(struct flow_meetings *meetings)
{
	struct meeting *meeting = meetings->meeting;

	for (unsigned int i = meetings->nr; i-- > 0;)
		meeting[i].end = i + 1 < meetings->nr && !strcmp(meeting[i].key, meeting[i + 1].key)
					 ? meeting[i + 1].end
					 : i + 1;
}

static void add_sum(struct flow_meetings *meetings, const struct nl_flow *sum)
{
	for (unsigned int i = 0; i < meetings->nr_sums; i++)
		if (!strcmp(meetings->sum[i]->mech, sum->mech) &&
		    sends(meetings->sum[i]) == sends(sum))
			return;
	meetings->sum = must(
		reallocarray(meetings->sum, meetings->nr_sums + 1, sizeof(const struct nl_flow *)));
	meetings->sum[meetings->nr_sums++] = sum;
}

struct flow_meetings *flow_meetings_new(const struct nl_flows *flows,
					const struct flow_names *names)
{
	struct flow_meetings *meetings = must(calloc(1, sizeof(*meetings)));

	meetings->flows = flows;
	meetings->names = names;
	meetings->meeting = must(calloc(2 * (size_t)flows->nr + 1, sizeof(*meetings->meeting)));
	for (unsigned int i = 0; i < flows->nr; i++) {
		if (flows->flow[i].other)
			add_sum(meetings, &flows->flow[i]);
		else
			add_receiver(meetings, i);
	}
	if (meetings->nr)
		qsort(meetings->meeting, meetings->nr, sizeof(*meetings->meeting), by_key);
	find_ends(meetings);
	meetings->flow = must(calloc(meetings->nr + 1, sizeof(*meetings->flow)));
	for (unsigned int i = 0; i < meetings->nr; i++)
		meetings->flow[i] = meetings->meeting[i].nr;
	return meetings;
}

void flow_meetings_free(struct flow_meetings *meetings)
{
	for (unsigned int i = 0; i < meetings->nr; i++)
		free(meetings->meeting[i].key);
	free(meetings->meeting);
	free(meetings->flow);
	free(meetings->sum);
	free(meetings);
}

/* The first one with that key, or behind all smaller ones. */
static unsigned int first_with(const struct flow_meetings *meetings, const char *key)
{
	unsigned int low = 0, high = meetings->nr;

	while (low < high) {
		unsigned int middle = low + (high - low) / 2;

		if (strcmp(meetings->meeting[middle].key, key) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

const unsigned int *flow_receivers(const struct flow_meetings *meetings, unsigned int nr,
				   unsigned int *count)
{
	char *key = target(&meetings->flows->flow[nr], &meetings->names[nr]);
	unsigned int first = key ? first_with(meetings, key) : meetings->nr;

	*count = 0;
	if (first < meetings->nr && !strcmp(meetings->meeting[first].key, key))
		*count = meetings->meeting[first].end - first;
	free(key);
	return &meetings->flow[first];
}

bool flow_peer_is_unknown(const struct flow_meetings *meetings, unsigned int nr)
{
	const struct nl_flow *flow = &meetings->flows->flow[nr];
	enum peer_kind kind = meetings->names[nr].peer.kind;

	if (flow->other || !flow->has_id)
		return true;
	/* A datagram socket that is connected to none sends, and receives, by addresses. */
	if (flow_is_socket(flow) &&
	    (kind == PEER_UNKNOWN || (kind == PEER_NONE && !strcmp(flow->mech, "unix_dgram"))))
		return true;
	for (unsigned int i = 0; i < meetings->nr_sums; i++)
		if (!strcmp(meetings->sum[i]->mech, flow->mech) &&
		    sends(meetings->sum[i]) != sends(flow))
			return true;
	return false;
}

/* ---- the other ends of those that were asked for ---- */

static bool any_asked_for(const struct nl_flows *flows, const unsigned int *nr, unsigned int count)
{
	for (unsigned int i = 0; i < count; i++)
		if (!flows->flow[nr[i]].only_peer)
			return true;
	return false;
}

/* All that receive by one key are looked at once, however many send to them. */
void flow_keep_peers(struct nl_flows *flows, const struct flow_names *names)
{
	struct flow_meetings *meetings = flow_meetings_new(flows, names);
	bool *keep = must(calloc(flows->nr + 1, sizeof(*keep)));
	struct group {
		bool known, asked_for, kept;
	} *groups = must(calloc(meetings->nr + 1, sizeof(*groups)));

	for (unsigned int i = 0; i < flows->nr; i++) {
		unsigned int count;
		const unsigned int *receiver = flow_receivers(meetings, i, &count);
		struct group *group = &groups[receiver - meetings->flow];

		if (!count)
			continue;
		if (!group->known)
			group->asked_for = any_asked_for(flows, receiver, count);
		group->known = true;
		keep[i] |= group->asked_for;
		if (group->kept || flows->flow[i].only_peer)
			continue;
		group->kept = true;
		for (unsigned int j = 0; j < count; j++)
			keep[receiver[j]] = true;
	}
	for (unsigned int i = 0; i < flows->nr; i++)
		if (keep[i])
			flows->flow[i].only_peer = false;
	free(keep);
	free(groups);
	flow_meetings_free(meetings);
}
