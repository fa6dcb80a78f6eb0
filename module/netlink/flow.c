// SPDX-License-Identifier: GPL-2.0-only
/* The netlink family's commands FLOWS and FLOW. The protocol is in uapi/ipcstat.h. */
#include <linux/cred.h>
#include <linux/jiffies.h>
#include <linux/pid_namespace.h>
#include <linux/sched/signal.h>
#include <linux/sched/task.h>
#include <linux/timekeeping.h>

#include "commands.h"
#include "reply.h"

/* What a flow takes in a dump at most, what an OTHER does, and what comes at the end. */
#define FLOW_SIZE	640
#define FLOW_OTHER_SIZE	320
#define FLOW_END_SIZE	64

static const char *const flow_names[IPC_FLOW_VALUES] = {
	[IPC_D_OPS]	= "ops",
	[IPC_D_BYTES]	= "bytes",
	[IPC_D_COPIED]	= "copied",
	[IPC_D_WAITS]	= "waits",
	[IPC_D_WAIT_NS]	= "wait_ns",
	[IPC_D_FAILS]	= "fails",
};

static const char *flow_direction(unsigned int dir)
{
	return dir == IPC_SEND ? "send" : "recv";
}

/* ---- the table ---- */

static int put_flows(struct sk_buff *skb, unsigned int nr)
{
	struct ipc_flow_state state;

	ipc_flows_state(&state);
	return nla_put_u32(skb, IPCSTAT_A_MAX_FLOWS, state.max) ?:
	       nla_put_u32(skb, IPCSTAT_A_USED, state.used) ?:
	       ipc_put_u64(skb, IPCSTAT_A_EVICTED, state.evicted);
}

static int flows_may_set(struct genl_info *info, const struct sk_buff *request, u32 max)
{
	if (!netlink_capable(request, CAP_SYS_ADMIN)) {
		NL_SET_ERR_MSG(info->extack, "to turn flows on or off needs CAP_SYS_ADMIN");
		return -EPERM;
	}
	if (max && (max < IPC_MIN_FLOWS || max > IPC_MAX_FLOWS)) {
		NL_SET_ERR_MSG_ATTR(info->extack, info->attrs[IPCSTAT_A_MAX_FLOWS],
				    "flows: 16 to 4194304, or 0 for none");
		return -ERANGE;
	}
	return 0;
}

static int flows_set(struct genl_info *info, u32 max)
{
	int err;

	if (!max) {
		ipc_flows_stop();
		return 0;
	}
	err = ipc_flows_start(max);
	if (err == -EALREADY)
		NL_SET_ERR_MSG(info->extack, "flows are on, with another size: turn them off first");
	else if (err)
		NL_SET_ERR_MSG(info->extack, "not enough memory for so many flows");
	return err;
}

int ipc_do_flows(struct sk_buff *skb, struct genl_info *info)
{
	struct nlattr *max = info->attrs[IPCSTAT_A_MAX_FLOWS];
	int err = max ? flows_may_set(info, skb, nla_get_u32(max)) : 0;
	struct sk_buff *reply;

	if (err)
		return err;
	reply = ipc_reply_new(skb, info);
	if (IS_ERR(reply))
		return PTR_ERR(reply);
	if (max)
		err = flows_set(info, nla_get_u32(max));
	if (err) {
		nlmsg_free(reply);
		return err;
	}
	return ipc_reply_send(reply, info, put_flows, 0);
}

/* ---- flows ---- */

/* What is asked for. */
struct flow_filter {
	const struct ipc_row *row;
	bool by_pid, by_id;
	u32 pid;
	u64 id, bytes;
};

/* A flow as its reader sees it. */
struct flow_view {
	struct ipc_flow flow;
	u32 pid;
	bool exited;
	bool has_id;
};

/* Its process, with a reference; NULL: it has ended. */
static struct task_struct *flow_task(const struct ipc_flow *flow)
{
	struct task_struct *task;

	rcu_read_lock();
	task = pid_task(find_pid_ns(flow->tgid, &init_pid_ns), PIDTYPE_TGID);
	if (task && task->start_boottime == flow->start)
		get_task_struct(task);
	else
		task = NULL;
	rcu_read_unlock();
	return task;
}

static bool flow_same_pid_ns(const struct ipc_flow *flow, const struct pid_namespace *ns)
{
	struct ns_identity id;

	rcu_read_lock();
	id = ipc_pid_ns_id(ns);
	rcu_read_unlock();
	return ipc_pid_ns_same(flow->pid_ns, id);
}

/*
 * What the process was when it used the flow last. What it has done as another user before is not
 * shown to its new one.
 */
static bool flow_is_own(const struct ipc_reader *reader, const struct ipc_flow *flow)
{
	return uid_valid(flow->euid) && ipc_reader_owns(reader, &flow->access);
}

/* Whether the reader may see a flow of no process, or of one that has ended, and its number. */
static bool flow_may_see_ended(const struct ipc_reader *reader, struct flow_view *view)
{
	const struct ipc_flow *flow = &view->flow;

	view->exited = flow->tgid;
	if (reader->pid_ns == &init_pid_ns)
		view->pid = flow->tgid;
	else
		view->pid = flow_same_pid_ns(flow, reader->pid_ns) ? flow->pid : 0;
	return reader->sees_all || (view->pid && flow_is_own(reader, flow));
}

/*
 * A first thread that has ended, or is about to, may have no memory any more, while others go on:
 * then what the flow says counts alone.
 */
static bool flow_may_see(const struct ipc_reader *reader, struct flow_view *view)
{
	struct task_struct *task = view->flow.tgid ? flow_task(&view->flow) : NULL;
	bool sees;

	if (!task)
		return flow_may_see_ended(reader, view);
	view->exited = false;
	view->pid = task_tgid_nr_ns(task, reader->pid_ns);
	sees = reader->sees_all ||
	       (view->pid && flow_is_own(reader, &view->flow) &&
		(task->flags & PF_EXITING || ipc_reader_may_see(reader, task)));
	put_task_struct(task);
	return sees;
}

/* The name of its object, where that depends on the reader. */
static void flow_name(const struct ipc_reader *reader, struct flow_view *view)
{
	struct ipc_flow *flow = &view->flow;

	if (flow->row->processes && flow->id && reader->pid_ns != &init_pid_ns) {
		rcu_read_lock();
		flow->id = pid_nr_ns(find_pid_ns(flow->id, &init_pid_ns), reader->pid_ns);
		rcu_read_unlock();
	}
	/* A process of which the reader's namespace knows nothing has none there. */
	view->has_id = flow->named && !READ_ONCE(flow->row->unnamed) &&
		       (flow->id || !flow->row->processes);
}

static bool flow_wanted(const struct flow_filter *filter, const struct flow_view *view)
{
	return (!filter->by_pid || view->pid == filter->pid) &&
	       (!filter->by_id || (view->has_id && view->flow.id == filter->id)) &&
	       view->flow.value[IPC_D_BYTES] >= filter->bytes;
}

/* ---- putting ---- */

static int flow_put_u64(struct sk_buff *skb, int attr, u64 value)
{
	return nla_put_u64_64bit(skb, attr, value, IPCSTAT_FLOW_A_PAD);
}

static int flow_put_values(struct sk_buff *skb, const struct ipc_row *row, unsigned int dir,
			   const u64 value[IPC_FLOW_VALUES])
{
	unsigned int i;
	int err = 0;

	for (i = 0; !err && i < IPC_FLOW_VALUES; i++) {
		const struct ipc_value one = { ipc_col_kind(row, dir + i), value[i] };

		err = ipc_put_value(skb, IPCSTAT_A_COUNTER, flow_names[i], &one, false);
	}
	return err;
}

static int flow_put_identity(struct sk_buff *skb, const struct flow_view *view)
{
	struct nlattr *nest = nla_nest_start(skb, IPCSTAT_A_FLOW);
	const struct ipc_flow *flow = &view->flow;
	u64 last = ktime_get_ns() - jiffies64_to_nsecs(get_jiffies_64() - flow->last);
	char comm[TASK_COMM_LEN];

	/* It has been copied without its owner's lock. */
	memcpy(comm, flow->comm, sizeof(comm));
	comm[sizeof(comm) - 1] = '\0';
	if (!nest ||
	    nla_put_string(skb, IPCSTAT_FLOW_A_MECH, flow->row->name) ||
	    nla_put_string(skb, IPCSTAT_FLOW_A_DIRECTION, flow_direction(flow->dir)) ||
	    nla_put_u32(skb, IPCSTAT_FLOW_A_PID, view->pid) ||
	    nla_put_string(skb, IPCSTAT_FLOW_A_COMM, comm) ||
	    (view->exited && nla_put_flag(skb, IPCSTAT_FLOW_A_EXITED)) ||
	    flow_put_u64(skb, IPCSTAT_FLOW_A_START_NS, flow->start) ||
	    (uid_valid(flow->euid) &&
	     nla_put_u32(skb, IPCSTAT_FLOW_A_UID, from_kuid_munged(current_user_ns(), flow->euid))) ||
	    flow_put_u64(skb, IPCSTAT_FLOW_A_CGROUP, flow->cgroup) ||
	    (view->has_id && (flow_put_u64(skb, IPCSTAT_FLOW_A_ID, flow->id) ||
			      nla_put_u32(skb, IPCSTAT_FLOW_A_SPACE,
					  ipc_flow_space(flow->space, flow->by_device)))) ||
	    (flow->file && (flow_put_u64(skb, IPCSTAT_FLOW_A_FILE, flow->file) ||
			    nla_put_u32(skb, IPCSTAT_FLOW_A_DEV, flow->dev) ||
			    flow_put_u64(skb, IPCSTAT_FLOW_A_OFFSET, flow->offset))) ||
	    flow_put_u64(skb, IPCSTAT_FLOW_A_FIRST_NS, flow->first) ||
	    flow_put_u64(skb, IPCSTAT_FLOW_A_LAST_NS, max(last, flow->first)))
		return -EMSGSIZE;
	nla_nest_end(skb, nest);
	return 0;
}

static int flow_put(struct sk_buff *skb, struct netlink_callback *cb, const struct flow_view *view)
{
	void *hdr = ipc_dump_header(skb, cb, IPCSTAT_CMD_FLOW);

	if (!hdr || flow_put_identity(skb, view) ||
	    flow_put_values(skb, view->flow.row, view->flow.dir, view->flow.value))
		return -EMSGSIZE;
	genlmsg_end(skb, hdr);
	return 0;
}

static int flow_put_other(struct sk_buff *skb, struct netlink_callback *cb,
			  const struct ipc_row *row, const struct ipc_flow_other *other)
{
	static const enum ipc_dir dirs[] = { IPC_SEND, IPC_RECV };
	unsigned int i;
	void *hdr;

	for (i = 0; i < ARRAY_SIZE(dirs); i++) {
		if (!memchr_inv(other->value[i], 0, sizeof(other->value[i])))
			continue;
		hdr = ipc_dump_header(skb, cb, IPCSTAT_CMD_FLOW);
		if (!hdr || nla_put_string(skb, IPCSTAT_A_MECH, row->name) ||
		    nla_put_string(skb, IPCSTAT_A_DIRECTION, flow_direction(dirs[i])) ||
		    nla_put_flag(skb, IPCSTAT_A_OTHER) ||
		    flow_put_values(skb, row, dirs[i], other->value[i]))
			return -EMSGSIZE;
		genlmsg_end(skb, hdr);
	}
	return 0;
}

/* ---- the dump ---- */

struct flow_dump {
	struct ipc_reader reader;
	struct flow_filter filter;
	struct flow_view view;
	struct ipc_flow_other other[IPC_MAX_ROWS];
};

static void flow_filter_init(struct flow_filter *filter, struct netlink_callback *cb)
{
	struct nlattr **attrs = ipc_dump_attrs(cb);

	if (cb->args[1])
		filter->row = ipc_row_get(cb->args[1] - 1);
	if (!attrs)
		return;
	filter->by_pid = attrs[IPCSTAT_A_PID];
	if (filter->by_pid)
		filter->pid = nla_get_u32(attrs[IPCSTAT_A_PID]);
	filter->by_id = attrs[IPCSTAT_A_ID];
	if (filter->by_id)
		filter->id = nla_get_u64(attrs[IPCSTAT_A_ID]);
	if (attrs[IPCSTAT_A_BYTES])
		filter->bytes = nla_get_u64(attrs[IPCSTAT_A_BYTES]);
}

static void flow_hide(struct flow_dump *dump)
{
	const struct ipc_flow *flow = &dump->view.flow;

	ipc_flow_sum(dump->other[flow->row->nr].value[flow->dir == IPC_RECV], flow->value);
}

/* Behind the last flow of all: what has no flow any more. */
static void flow_add_other(struct flow_dump *dump, const struct ipc_row *row)
{
	struct ipc_flow_other evicted;
	unsigned int dir;

	ipc_flows_read_other(row, &evicted);
	for (dir = 0; dir < 2; dir++)
		ipc_flow_sum(dump->other[row->nr].value[dir], evicted.value[dir]);
}

static int flow_put_end(struct sk_buff *skb, struct netlink_callback *cb, struct flow_dump *dump,
			unsigned int max)
{
	const struct flow_filter *filter = &dump->filter;
	bool others = !filter->by_pid && !filter->by_id && !filter->bytes;
	bool last = cb->args[0] >= max;
	const struct ipc_row *row;
	unsigned int nr;
	void *hdr;
	int err = 0;

	for (nr = 0; !err && others && (row = ipc_row_get(nr)); nr++) {
		if (filter->row && row != filter->row)
			continue;
		if (last)
			flow_add_other(dump, row);
		err = flow_put_other(skb, cb, row, &dump->other[nr]);
	}
	if (err)
		return err;
	hdr = ipc_dump_header(skb, cb, IPCSTAT_CMD_FLOW);
	if (!hdr || ipc_put_u64(skb, IPCSTAT_A_EVICTED, ipc_flows_evicted()) ||
	    (!last && nla_put_u32(skb, IPCSTAT_A_NEXT, cb->args[0])))
		return -EMSGSIZE;
	genlmsg_end(skb, hdr);
	return 0;
}

static int flow_put_all(struct sk_buff *skb, struct netlink_callback *cb, struct flow_dump *dump,
			unsigned int max)
{
	const unsigned int end = FLOW_END_SIZE + 2 * ipc_nr_rows() * FLOW_OTHER_SIZE;
	struct flow_view *view = &dump->view;
	int err = 0;

	for (; !err && cb->args[0] < max; cb->args[0]++) {
		if (skb_tailroom(skb) < FLOW_SIZE + end)
			break;
		if (!(cb->args[0] % 256))
			cond_resched();
		if (!ipc_flows_read(cb->args[0], &view->flow))
			continue;
		if (dump->filter.row && view->flow.row != dump->filter.row)
			continue;
		if (!flow_may_see(&dump->reader, view)) {
			flow_hide(dump);
			continue;
		}
		flow_name(&dump->reader, view);
		if (flow_wanted(&dump->filter, view))
			err = flow_put(skb, cb, view);
	}
	return err ?: flow_put_end(skb, cb, dump, max);
}

/* One skb and no more: see ipc_dump_start(). */
int ipc_dump_flows(struct sk_buff *skb, struct netlink_callback *cb)
{
	struct flow_dump *dump;
	unsigned int max;
	int err;

	if (cb->args[2])
		return 0;
	cb->args[2] = 1;
	dump = kzalloc(sizeof(*dump), GFP_KERNEL);
	if (!dump) {
		NL_SET_ERR_MSG(cb->extack, "not enough memory for the reply");
		return -ENOMEM;
	}
	ipc_reader_init(&dump->reader, cb);
	flow_filter_init(&dump->filter, cb);
	max = ipc_flows_begin();
	if (max) {
		err = flow_put_all(skb, cb, dump, max);
	} else {
		NL_SET_ERR_MSG(cb->extack, "flows are off: turn them on with `ipcstat flows on`");
		err = -ENODATA;
	}
	ipc_flows_end();
	kfree(dump);
	return err;
}
