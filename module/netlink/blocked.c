// SPDX-License-Identifier: GPL-2.0-only
/* The netlink family's command BLOCKED: tasks that sleep. The protocol is in uapi/ipcstat.h. */
#include <linux/sched/task.h>
#include <linux/timekeeping.h>

#include "commands.h"
#include "reply.h"

/* What a task takes in a dump at most, and what comes behind all of them. */
#define IPC_SLEEPER_SIZE	256
#define IPC_TRAILER_SIZE	(IPC_MAX_ROWS * 64)

static int put_object(struct sk_buff *skb, const struct ipc_object *object)
{
	if (!object->kind)
		return 0;
	if (nla_put_string(skb, IPCSTAT_BLOCKED_A_OBJECT, object->kind) ||
	    nla_put_u64_64bit(skb, IPCSTAT_BLOCKED_A_ID, object->id, IPCSTAT_BLOCKED_A_PAD) ||
	    nla_put_u32(skb, IPCSTAT_BLOCKED_A_SPACE, object->space))
		return -EMSGSIZE;
	return object->part < 0 ? 0 : nla_put_u32(skb, IPCSTAT_BLOCKED_A_PART, object->part);
}

static int put_sleeper(struct sk_buff *skb, const struct ipc_sleeper *sleeper,
		       struct pid_namespace *pid_ns)
{
	struct nlattr *nest = nla_nest_start(skb, IPCSTAT_A_BLOCKED);
	u64 now = ktime_get_mono_fast_ns();
	char comm[TASK_COMM_LEN];

	get_task_comm(comm, sleeper->task);
	if (!nest ||
	    nla_put_u32(skb, IPCSTAT_BLOCKED_A_PID, task_pid_nr_ns(sleeper->task, pid_ns)) ||
	    nla_put_u32(skb, IPCSTAT_BLOCKED_A_TGID, task_tgid_nr_ns(sleeper->task, pid_ns)) ||
	    nla_put_string(skb, IPCSTAT_BLOCKED_A_COMM, comm) ||
	    nla_put_string(skb, IPCSTAT_BLOCKED_A_MECH, sleeper->row->name) ||
	    nla_put_string(skb, IPCSTAT_BLOCKED_A_DIRECTION,
			   sleeper->dir == IPC_SEND ? "send" : "recv") ||
	    put_object(skb, &sleeper->object) ||
	    nla_put_u64_64bit(skb, IPCSTAT_BLOCKED_A_SINCE_NS, sleeper->since_ns,
			      IPCSTAT_BLOCKED_A_PAD) ||
	    nla_put_u64_64bit(skb, IPCSTAT_BLOCKED_A_WAITED_NS,
			      max_t(s64, 0, now - sleeper->since_ns), IPCSTAT_BLOCKED_A_PAD) ||
	    (sleeper->object.timeout && nla_put_flag(skb, IPCSTAT_BLOCKED_A_TIMEOUT)))
		return -EMSGSIZE;
	nla_nest_end(skb, nest);
	return 0;
}

/* A message of a dump of sleepers, of one of three kinds: @sleeper, @row with @number, @number. */
static int put_blocked(struct sk_buff *skb, struct netlink_callback *cb,
		       const struct ipc_sleeper *sleeper, const struct ipc_reader *reader,
		       const struct ipc_row *row, u32 number)
{
	void *hdr = ipc_dump_header(skb, cb, IPCSTAT_CMD_BLOCKED);
	int err;

	if (!hdr)
		return -EMSGSIZE;
	if (sleeper)
		err = put_sleeper(skb, sleeper, reader->pid_ns);
	else if (row)
		err = nla_put_string(skb, IPCSTAT_A_MECH, row->name) ?:
		      ipc_put_u64(skb, IPCSTAT_A_HIDDEN, number);
	else
		err = nla_put_u32(skb, IPCSTAT_A_NEXT, number);
	if (err)
		genlmsg_cancel(skb, hdr);
	else
		genlmsg_end(skb, hdr);
	return err;
}

/* Behind the sleepers: what is hidden, and where to go on. */
static int put_trailer(struct sk_buff *skb, struct netlink_callback *cb, const u32 *hidden)
{
	struct ipc_row *row;
	unsigned int nr;
	int err = 0;

	for (nr = 0; !err && (row = ipc_row_get(nr)); nr++)
		if (hidden[nr])
			err = put_blocked(skb, cb, NULL, NULL, row, hidden[nr]);
	if (!err && cb->args[0] < ipc_nr_notes())
		err = put_blocked(skb, cb, NULL, NULL, NULL, cb->args[0]);
	return err;
}

/* One skb and no more: see ipc_dump_start(). */
int ipc_dump_blocked(struct sk_buff *skb, struct netlink_callback *cb)
{
	const struct ipc_row *only = cb->args[1] ? ipc_row_get(cb->args[1] - 1) : NULL;
	u32 hidden[IPC_MAX_ROWS] = {};
	struct ipc_sleeper sleeper;
	struct ipc_reader reader;
	int err = 0;

	if (cb->args[2])
		return 0;
	cb->args[2] = 1;
	ipc_reader_init(&reader, cb);
	for (; !err && cb->args[0] < ipc_nr_notes(); cb->args[0]++) {
		if (skb_tailroom(skb) < IPC_SLEEPER_SIZE + IPC_TRAILER_SIZE)
			break;
		if (!(cb->args[0] % 1024))
			cond_resched();
		if (!ipc_note_sleeper(cb->args[0], &sleeper))
			continue;
		if (only && sleeper.row != only)
			goto put;
		if (ipc_reader_may_see(&reader, sleeper.task))
			err = put_blocked(skb, cb, &sleeper, &reader, NULL, 0);
		else
			hidden[sleeper.row->nr]++;
put:
		put_task_struct(sleeper.task);
	}
	return err ?: put_trailer(skb, cb, hidden);
}
