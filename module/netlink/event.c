// SPDX-License-Identifier: GPL-2.0-only
/* The netlink family's multicast groups, and its command EVENTS. See uapi/ipcstat.h. */
#include <linux/cred.h>
#include <linux/pid_namespace.h>
#include <linux/sched/signal.h>

#include "commands.h"
#include "reply.h"

/* What an event takes at most, and beside it the sums of a process in one mechanism. */
#define EVENT_SIZE		512
#define EVENT_TOTAL_SIZE	(IPCSTAT_NAME_MAX + 16 + 2 * IPC_FLOW_VALUES * 48)

/*
 * Who is CAP_SYS_ADMIN in a network namespace may bind to its groups, but events are sent in
 * the initial one only.
 */
#define GROUP(text)	{ .name = text, .flags = GENL_MCAST_CAP_SYS_ADMIN }

const struct genl_multicast_group ipc_mcgrps[IPC_GROUPS] = {
	[IPC_G_EXIT]		= GROUP("exit"),
	[IPC_G_LOST]		= GROUP("lost"),
	[IPC_G_SIGNAL]		= GROUP("signal"),
	[IPC_G_LIMIT]		= GROUP("limit"),
	[IPC_G_WAIT]		= GROUP("wait-1ms"),
	[IPC_G_WAIT + 1]	= GROUP("wait-10ms"),
	[IPC_G_WAIT + 2]	= GROUP("wait-100ms"),
	[IPC_G_WAIT + 3]	= GROUP("wait-1s"),
	[IPC_G_WAIT + 4]	= GROUP("wait-10s"),
};

/* ---- EVENTS ---- */

static int put_group(struct sk_buff *skb, enum ipc_group group)
{
	struct nlattr *nest = nla_nest_start(skb, IPCSTAT_A_GROUP_STATE);
	u64 wait_ns = ipc_group_wait_ns(group);
	struct ipc_group_state state;

	ipc_group_state(group, &state);
	if (!nest ||
	    nla_put_string(skb, IPCSTAT_GROUP_A_NAME, ipc_mcgrps[group].name) ||
	    nla_put_u64_64bit(skb, IPCSTAT_GROUP_A_SENT, state.sent, IPCSTAT_GROUP_A_PAD) ||
	    nla_put_u64_64bit(skb, IPCSTAT_GROUP_A_SUPPRESSED, state.suppressed,
			      IPCSTAT_GROUP_A_PAD) ||
	    (wait_ns && nla_put_u64_64bit(skb, IPCSTAT_GROUP_A_WAIT_NS, wait_ns,
					  IPCSTAT_GROUP_A_PAD)))
		return -EMSGSIZE;
	nla_nest_end(skb, nest);
	return 0;
}

static int put_events(struct sk_buff *skb, unsigned int nr)
{
	unsigned int group;
	int err;

	err = nla_put_u32(skb, IPCSTAT_A_MAX_EVENTS, ipc_max_events);
	for (group = 0; !err && group < IPC_GROUPS; group++)
		err = put_group(skb, group);
	return err;
}

int ipc_do_events(struct sk_buff *skb, struct genl_info *info)
{
	if (!netlink_capable(skb, CAP_SYS_ADMIN) || !net_eq(genl_info_net(info), &init_net) ||
	    task_active_pid_ns(current) != &init_pid_ns) {
		NL_SET_ERR_MSG(info->extack,
			       "events are for CAP_SYS_ADMIN in the initial namespaces");
		return -EPERM;
	}
	return ipc_reply(skb, info, put_events, 0);
}

/* ---- events ---- */

static int put_u64(struct sk_buff *skb, int attr, u64 value)
{
	return nla_put_u64_64bit(skb, attr, value, IPCSTAT_EVENT_A_PAD);
}

static int put_process(struct sk_buff *skb, const struct ipc_event *event)
{
	char comm[TASK_COMM_LEN];

	if (!event->tgid)
		return 0;
	memcpy(comm, event->comm, sizeof(comm));
	comm[sizeof(comm) - 1] = '\0';
	return nla_put_u32(skb, IPCSTAT_EVENT_A_PID, event->tgid) ?:
	       nla_put_string(skb, IPCSTAT_EVENT_A_COMM, comm) ?:
	       nla_put_u32(skb, IPCSTAT_EVENT_A_UID, from_kuid(&init_user_ns, event->euid)) ?:
	       put_u64(skb, IPCSTAT_EVENT_A_START_NS, event->start);
}

static int put_object(struct sk_buff *skb, const struct ipc_object *object)
{
	if (!object->kind)
		return 0;
	return nla_put_string(skb, IPCSTAT_EVENT_A_OBJECT, object->kind) ?:
	       put_u64(skb, IPCSTAT_EVENT_A_ID, object->id) ?:
	       nla_put_u32(skb, IPCSTAT_EVENT_A_SPACE, object->space) ?:
	       (object->part < 0 ? 0 : nla_put_u32(skb, IPCSTAT_EVENT_A_PART, object->part));
}

/* What it is about, by its group. */
static int put_values(struct sk_buff *skb, const struct ipc_event *event)
{
	switch (event->group) {
	case IPC_G_LOST:
		return put_u64(skb, IPCSTAT_EVENT_A_BYTES, event->bytes) ?:
		       (event->messages ?
			put_u64(skb, IPCSTAT_EVENT_A_MESSAGES, event->messages) : 0);
	case IPC_G_SIGNAL:
		return nla_put_u32(skb, IPCSTAT_EVENT_A_SIGNAL, event->sig) ?:
		       (event->info_only ? nla_put_flag(skb, IPCSTAT_EVENT_A_INFO_ONLY) : 0);
	case IPC_G_WAIT:
		return put_u64(skb, IPCSTAT_EVENT_A_WAIT_NS, event->wait_ns);
	default:
		return 0;
	}
}

static int put_event(struct sk_buff *skb, const struct ipc_event *event, bool partial)
{
	struct nlattr *nest = nla_nest_start(skb, IPCSTAT_A_EVENT);

	if (!nest ||
	    put_u64(skb, IPCSTAT_EVENT_A_TIME_NS, event->time_ns) ||
	    put_process(skb, event) ||
	    (event->row && nla_put_string(skb, IPCSTAT_EVENT_A_MECH, event->row->name)) ||
	    (event->dir && nla_put_string(skb, IPCSTAT_EVENT_A_DIRECTION,
					  event->dir == IPC_SEND ? "send" : "recv")) ||
	    put_object(skb, &event->object) ||
	    put_values(skb, event) ||
	    (partial && nla_put_flag(skb, IPCSTAT_EVENT_A_PARTIAL)))
		return -EMSGSIZE;
	nla_nest_end(skb, nest);
	return 0;
}

static bool has_total(const struct ipc_process_flows *flows, const struct ipc_row *row)
{
	return memchr_inv(flows->value[row->nr], 0, sizeof(flows->value[row->nr]));
}

static int put_total(struct sk_buff *skb, const struct ipc_process_flows *flows,
		     const struct ipc_row *row)
{
	static const enum ipc_dir dirs[] = { IPC_SEND, IPC_RECV };
	struct nlattr *nest = nla_nest_start(skb, IPCSTAT_A_TOTAL);
	unsigned int i, j;
	int err;

	if (!nest)
		return -EMSGSIZE;
	err = nla_put_string(skb, IPCSTAT_TOTAL_A_MECH, row->name);
	for (i = 0; i < ARRAY_SIZE(dirs); i++) {
		for (j = 0; !err && j < IPC_FLOW_VALUES; j++) {
			const struct ipc_value value = {
				ipc_col_kind(row, dirs[i] + j), flows->value[row->nr][i][j],
			};

			err = ipc_put_value(skb, IPCSTAT_TOTAL_A_COUNTER,
					    ipc_col_names[dirs[i] + j], &value, false);
		}
	}
	nla_nest_end(skb, nest);
	return err;
}

static int put_totals(struct sk_buff *skb, const struct ipc_process_flows *flows)
{
	const struct ipc_row *row;
	unsigned int nr;
	int err = 0;

	for (nr = 0; !err && flows && (row = ipc_row_get(nr)); nr++)
		if (has_total(flows, row))
			err = put_total(skb, flows, row);
	return err;
}

static size_t event_size(const struct ipc_process_flows *flows)
{
	size_t size = EVENT_SIZE;
	const struct ipc_row *row;
	unsigned int nr;

	for (nr = 0; flows && (row = ipc_row_get(nr)); nr++)
		if (has_total(flows, row))
			size += EVENT_TOTAL_SIZE;
	return size;
}

static int send_event(enum ipc_group group, const struct ipc_event *event,
		      const struct ipc_process_flows *flows, u64 seq, u64 suppressed)
{
	struct sk_buff *skb = genlmsg_new(event_size(flows), GFP_KERNEL);
	void *hdr;

	if (!skb)
		return -ENOMEM;
	hdr = ipc_header(skb, 0, 0, 0, IPCSTAT_CMD_EVENT);
	if (!hdr || nla_put_string(skb, IPCSTAT_A_GROUP, ipc_mcgrps[group].name) ||
	    ipc_put_u64(skb, IPCSTAT_A_SEQ, seq) ||
	    (suppressed && ipc_put_u64(skb, IPCSTAT_A_SUPPRESSED, suppressed)) ||
	    (event && put_event(skb, event, flows && flows->partial)) ||
	    put_totals(skb, flows)) {
		nlmsg_free(skb);
		return -EMSGSIZE;
	}
	genlmsg_end(skb, hdr);
	/* That a listener has no room is its own loss, of which it is told. */
	ipc_multicast(skb, group);
	return 0;
}

const struct ipc_event_sink ipc_event_netlink = {
	.has_listeners = ipc_has_listeners,
	.send = send_event,
};
