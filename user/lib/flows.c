// SPDX-License-Identifier: GPL-2.0-only
/* The table of flows. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <netlink/genl/genl.h>
#include <netlink/netlink.h>

#include "private.h"

static int read_flow_identity(const struct nlattr *nest, struct nl_flow *flow)
{
	static struct nla_policy policy[IPCSTAT_FLOW_A_MAX + 1] = {
		[IPCSTAT_FLOW_A_MECH] = { .type = NLA_STRING },
		[IPCSTAT_FLOW_A_DIRECTION] = { .type = NLA_STRING },
		[IPCSTAT_FLOW_A_PID] = { .type = NLA_U32 },
		[IPCSTAT_FLOW_A_COMM] = { .type = NLA_STRING },
		[IPCSTAT_FLOW_A_EXITED] = { .type = NLA_FLAG },
		[IPCSTAT_FLOW_A_START_NS] = { .type = NLA_U64 },
		[IPCSTAT_FLOW_A_UID] = { .type = NLA_U32 },
		[IPCSTAT_FLOW_A_CGROUP] = { .type = NLA_U64 },
		[IPCSTAT_FLOW_A_ID] = { .type = NLA_U64 },
		[IPCSTAT_FLOW_A_SPACE] = { .type = NLA_U32 },
		[IPCSTAT_FLOW_A_FILE] = { .type = NLA_U64 },
		[IPCSTAT_FLOW_A_DEV] = { .type = NLA_U32 },
		[IPCSTAT_FLOW_A_OFFSET] = { .type = NLA_U64 },
		[IPCSTAT_FLOW_A_FIRST_NS] = { .type = NLA_U64 },
		[IPCSTAT_FLOW_A_LAST_NS] = { .type = NLA_U64 },
	};
	struct nlattr *tb[IPCSTAT_FLOW_A_MAX + 1];

	if (nla_parse_nested(tb, IPCSTAT_FLOW_A_MAX, (struct nlattr *)nest, policy) < 0 ||
	    nl_copy_string(tb[IPCSTAT_FLOW_A_MECH], flow->mech, sizeof(flow->mech)) ||
	    nl_copy_string(tb[IPCSTAT_FLOW_A_DIRECTION], flow->direction,
			   sizeof(flow->direction)) ||
	    nl_copy_string(tb[IPCSTAT_FLOW_A_COMM], flow->comm, sizeof(flow->comm)) ||
	    !tb[IPCSTAT_FLOW_A_PID] || !tb[IPCSTAT_FLOW_A_START_NS] || !tb[IPCSTAT_FLOW_A_CGROUP] ||
	    !tb[IPCSTAT_FLOW_A_FIRST_NS] || !tb[IPCSTAT_FLOW_A_LAST_NS] ||
	    !tb[IPCSTAT_FLOW_A_ID] != !tb[IPCSTAT_FLOW_A_SPACE] ||
	    !tb[IPCSTAT_FLOW_A_FILE] != !tb[IPCSTAT_FLOW_A_DEV] ||
	    !tb[IPCSTAT_FLOW_A_FILE] != !tb[IPCSTAT_FLOW_A_OFFSET])
		return -EPROTO;
	flow->pid = nla_get_u32(tb[IPCSTAT_FLOW_A_PID]);
	flow->start_ns = nla_get_u64(tb[IPCSTAT_FLOW_A_START_NS]);
	flow->cgroup = nla_get_u64(tb[IPCSTAT_FLOW_A_CGROUP]);
	flow->first_ns = nla_get_u64(tb[IPCSTAT_FLOW_A_FIRST_NS]);
	flow->last_ns = nla_get_u64(tb[IPCSTAT_FLOW_A_LAST_NS]);
	flow->exited = tb[IPCSTAT_FLOW_A_EXITED];
	flow->has_uid = tb[IPCSTAT_FLOW_A_UID];
	if (flow->has_uid)
		flow->uid = nla_get_u32(tb[IPCSTAT_FLOW_A_UID]);
	flow->has_id = tb[IPCSTAT_FLOW_A_ID];
	if (flow->has_id) {
		flow->id = nla_get_u64(tb[IPCSTAT_FLOW_A_ID]);
		flow->space = nla_get_u32(tb[IPCSTAT_FLOW_A_SPACE]);
	}
	flow->has_file = tb[IPCSTAT_FLOW_A_FILE];
	if (flow->has_file) {
		flow->file = nla_get_u64(tb[IPCSTAT_FLOW_A_FILE]);
		flow->dev = nla_get_u32(tb[IPCSTAT_FLOW_A_DEV]);
		flow->offset = nla_get_u64(tb[IPCSTAT_FLOW_A_OFFSET]);
	}
	return 0;
}

const char *const nl_flow_value_names[NL_FLOW_VALUES] = {
	[NL_OPS] = "ops",     [NL_BYTES] = "bytes",     [NL_COPIED] = "copied",
	[NL_WAITS] = "waits", [NL_WAIT_NS] = "wait_ns", [NL_FAILS] = "fails",
};

/* The values, by their names; one that is not sent, or of another name, is skipped. */
static int read_flow_values(struct nlmsghdr *hdr, struct nl_flow *flow)
{
	struct nl_counter *counter = NULL;
	unsigned int nr = 0;
	int err;

	for (unsigned int i = 0; i < NL_FLOW_VALUES; i++)
		flow->value[i].kind = NL_UNKNOWN;
	err = nl_read_counters(hdr, IPCSTAT_A_COUNTER, &counter, &nr);
	for (unsigned int i = 0; !err && i < nr; i++)
		for (unsigned int j = 0; j < NL_FLOW_VALUES; j++)
			if (!strcmp(counter[i].name, nl_flow_value_names[j]))
				flow->value[j] = counter[i];
	free(counter);
	return err;
}

/* A flow; or a sum of others; or how it goes on. */
static int read_flow(struct nlmsghdr *hdr, void *result)
{
	struct nlattr *tb[IPCSTAT_A_MAX + 1];
	struct nl_flows *flows = result;
	struct nl_flow *flow;
	int err;

	err = nl_parse(hdr, tb);
	if (err)
		return err;
	if (tb[IPCSTAT_A_EVICTED])
		flows->evicted = nla_get_u64(tb[IPCSTAT_A_EVICTED]);
	if (tb[IPCSTAT_A_NEXT])
		flows->next = nla_get_u32(tb[IPCSTAT_A_NEXT]);
	if (!tb[IPCSTAT_A_FLOW] && !tb[IPCSTAT_A_OTHER])
		return 0;
	if (flows->nr == flows->room) {
		unsigned int room = flows->room ? 2 * flows->room : 64;

		flow = reallocarray(flows->flow, room, sizeof(*flow));
		if (!flow)
			return -ENOMEM;
		flows->flow = flow;
		flows->room = room;
	}
	flow = &flows->flow[flows->nr++];
	memset(flow, 0, sizeof(*flow));
	flow->other = !tb[IPCSTAT_A_FLOW];
	if (tb[IPCSTAT_A_FLOW])
		err = read_flow_identity(tb[IPCSTAT_A_FLOW], flow);
	else
		err = nl_copy_string(tb[IPCSTAT_A_MECH], flow->mech, sizeof(flow->mech))
			      ?: nl_copy_string(tb[IPCSTAT_A_DIRECTION], flow->direction,
						sizeof(flow->direction));
	return err ? err : read_flow_values(hdr, flow);
}

static int read_flow_state(struct nlmsghdr *hdr, void *result)
{
	struct nlattr *tb[IPCSTAT_A_MAX + 1];
	struct nl_flow_state *state = result;

	if (nl_parse(hdr, tb) || !tb[IPCSTAT_A_MAX_FLOWS] || !tb[IPCSTAT_A_USED] ||
	    !tb[IPCSTAT_A_EVICTED])
		return -EPROTO;
	state->max = nla_get_u32(tb[IPCSTAT_A_MAX_FLOWS]);
	state->used = nla_get_u32(tb[IPCSTAT_A_USED]);
	state->evicted = nla_get_u64(tb[IPCSTAT_A_EVICTED]);
	return 0;
}

int nl_get_flow_state(struct nl *nl, struct nl_flow_state *state)
{
	memset(state, 0, sizeof(*state));
	return nl_ask(nl, nl->family, IPCSTAT_CMD_FLOWS, 0, NULL, read_flow_state, NULL, state);
}

int nl_set_flows(struct nl *nl, uint32_t max, struct nl_flow_state *state)
{
	const struct param params[] = { { IPCSTAT_A_MAX_FLOWS, PARAM_U32, NULL, max }, { 0 } };

	memset(state, 0, sizeof(*state));
	return nl_ask(nl, nl->family, IPCSTAT_CMD_FLOWS, 0, params, read_flow_state, NULL, state);
}

/* All parts of a dump; what was evicted meanwhile may be in it twice: then it is asked again. */
static int get_flows_once(struct nl *nl, const struct nl_flow_filter *filter,
			  struct nl_flows *flows)
{
	struct param params[6] = { { IPCSTAT_A_START, PARAM_U32, NULL, 0 } };
	unsigned int nr = 1;
	uint64_t evicted = 0;
	bool first = true;
	int err;

	memset(flows, 0, sizeof(*flows));
	if (filter->mech)
		params[nr++] = (struct param){ IPCSTAT_A_MECH, PARAM_STRING, filter->mech, 0 };
	if (filter->pid)
		params[nr++] = (struct param){ IPCSTAT_A_PID, PARAM_U32, NULL, filter->pid };
	if (filter->has_id)
		params[nr++] = (struct param){ IPCSTAT_A_ID, PARAM_U64, NULL, filter->id };
	if (filter->bytes)
		params[nr++] = (struct param){ IPCSTAT_A_BYTES, PARAM_U64, NULL, filter->bytes };
	do {
		params[0].number = flows->next;
		flows->next = 0;
		err = nl_ask(nl, nl->family, IPCSTAT_CMD_FLOW, NLM_F_DUMP, params, read_flow, NULL,
			     flows);
		if (!first && flows->evicted != evicted)
			flows->changed = true;
		evicted = flows->evicted;
		first = false;
	} while (!err && flows->next > params[0].number);
	return err;
}

int nl_get_flows(struct nl *nl, const struct nl_flow_filter *filter, struct nl_flows *flows)
{
	int err = 0;

	for (int tries = 0; tries < DUMP_TRIES; tries++) {
		err = get_flows_once(nl, filter, flows);
		if (!err && !flows->changed)
			break;
		if (err || tries + 1 < DUMP_TRIES)
			nl_free_flows(flows);
		if (err)
			break;
	}
	return err;
}

void nl_free_flows(struct nl_flows *flows)
{
	free(flows->flow);
	memset(flows, 0, sizeof(*flows));
}
