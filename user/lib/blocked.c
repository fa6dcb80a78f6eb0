// SPDX-License-Identifier: GPL-2.0-only
/* Tasks that are asleep. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <netlink/genl/genl.h>
#include <netlink/netlink.h>

#include "private.h"

static int read_task(const struct nlattr *nest, struct nl_sleeper *task)
{
	static struct nla_policy policy[IPCSTAT_BLOCKED_A_MAX + 1] = {
		[IPCSTAT_BLOCKED_A_PID] = { .type = NLA_U32 },
		[IPCSTAT_BLOCKED_A_TGID] = { .type = NLA_U32 },
		[IPCSTAT_BLOCKED_A_COMM] = { .type = NLA_STRING },
		[IPCSTAT_BLOCKED_A_MECH] = { .type = NLA_STRING },
		[IPCSTAT_BLOCKED_A_DIRECTION] = { .type = NLA_STRING },
		[IPCSTAT_BLOCKED_A_OBJECT] = { .type = NLA_STRING },
		[IPCSTAT_BLOCKED_A_ID] = { .type = NLA_U64 },
		[IPCSTAT_BLOCKED_A_SPACE] = { .type = NLA_U32 },
		[IPCSTAT_BLOCKED_A_PART] = { .type = NLA_U32 },
		[IPCSTAT_BLOCKED_A_SINCE_NS] = { .type = NLA_U64 },
		[IPCSTAT_BLOCKED_A_WAITED_NS] = { .type = NLA_U64 },
		[IPCSTAT_BLOCKED_A_TIMEOUT] = { .type = NLA_FLAG },
	};
	struct nlattr *tb[IPCSTAT_BLOCKED_A_MAX + 1];

	if (nla_parse_nested(tb, IPCSTAT_BLOCKED_A_MAX, (struct nlattr *)nest, policy) < 0 ||
	    !tb[IPCSTAT_BLOCKED_A_PID] || !tb[IPCSTAT_BLOCKED_A_TGID] ||
	    !tb[IPCSTAT_BLOCKED_A_SINCE_NS] || !tb[IPCSTAT_BLOCKED_A_WAITED_NS] ||
	    nl_copy_string(tb[IPCSTAT_BLOCKED_A_COMM], task->comm, sizeof(task->comm)) ||
	    nl_copy_string(tb[IPCSTAT_BLOCKED_A_MECH], task->mech, sizeof(task->mech)) ||
	    nl_copy_string(tb[IPCSTAT_BLOCKED_A_DIRECTION], task->direction,
			   sizeof(task->direction)))
		return -EPROTO;
	task->pid = nla_get_u32(tb[IPCSTAT_BLOCKED_A_PID]);
	task->tgid = nla_get_u32(tb[IPCSTAT_BLOCKED_A_TGID]);
	task->since_ns = nla_get_u64(tb[IPCSTAT_BLOCKED_A_SINCE_NS]);
	task->waited_ns = nla_get_u64(tb[IPCSTAT_BLOCKED_A_WAITED_NS]);
	task->timeout = tb[IPCSTAT_BLOCKED_A_TIMEOUT];
	if (!tb[IPCSTAT_BLOCKED_A_OBJECT])
		return 0;
	if (!tb[IPCSTAT_BLOCKED_A_ID] || !tb[IPCSTAT_BLOCKED_A_SPACE])
		return -EPROTO;
	task->id = nla_get_u64(tb[IPCSTAT_BLOCKED_A_ID]);
	task->space = nla_get_u32(tb[IPCSTAT_BLOCKED_A_SPACE]);
	task->has_part = tb[IPCSTAT_BLOCKED_A_PART];
	if (task->has_part)
		task->part = nla_get_u32(tb[IPCSTAT_BLOCKED_A_PART]);
	return nl_copy_string(tb[IPCSTAT_BLOCKED_A_OBJECT], task->object, sizeof(task->object));
}

/* One task; or how many of a row are hidden; or where to go on. */
static int read_sleeper(struct nlmsghdr *hdr, void *result)
{
	struct nlattr *tb[IPCSTAT_A_MAX + 1];
	struct nl_sleepers *sleepers = result;
	struct nl_sleeper *task;
	int err;

	err = nl_parse(hdr, tb);
	if (err)
		return err;
	if (tb[IPCSTAT_A_HIDDEN])
		sleepers->hidden += nla_get_u64(tb[IPCSTAT_A_HIDDEN]);
	if (tb[IPCSTAT_A_NEXT])
		sleepers->next = nla_get_u32(tb[IPCSTAT_A_NEXT]);
	if (!tb[IPCSTAT_A_BLOCKED])
		return 0;
	task = reallocarray(sleepers->task, sleepers->nr + 1, sizeof(*task));
	if (!task)
		return -ENOMEM;
	sleepers->task = task;
	task += sleepers->nr++;
	memset(task, 0, sizeof(*task));
	return read_task(tb[IPCSTAT_A_BLOCKED], task);
}

static int by_pid_and_age(const void *a, const void *b)
{
	const struct nl_sleeper *x = a, *y = b;

	if (x->pid != y->pid)
		return x->pid < y->pid ? -1 : 1;
	return x->since_ns > y->since_ns ? -1 : x->since_ns < y->since_ns;
}

/* One that woke and slept again while we asked came twice: the newer stays. */
static void drop_older(struct nl_sleepers *sleepers)
{
	unsigned int nr = 0;

	if (sleepers->nr)
		qsort(sleepers->task, sleepers->nr, sizeof(*sleepers->task), by_pid_and_age);
	for (unsigned int i = 0; i < sleepers->nr; i++)
		if (!nr || !sleepers->task[i].pid ||
		    sleepers->task[i].pid != sleepers->task[nr - 1].pid)
			sleepers->task[nr++] = sleepers->task[i];
	sleepers->nr = nr;
}

int nl_get_sleepers(struct nl *nl, struct nl_sleepers *sleepers)
{
	struct param start[] = { { IPCSTAT_A_START, PARAM_U32, NULL, 0 }, { 0 } };
	int err = 0;

	memset(sleepers, 0, sizeof(*sleepers));
	do {
		start[0].number = sleepers->next;
		sleepers->next = 0;
		err = nl_ask(nl, nl->family, IPCSTAT_CMD_BLOCKED, NLM_F_DUMP, start, read_sleeper,
			     NULL, sleepers);
	} while (!err && sleepers->next > start[0].number);
	if (err)
		nl_free_sleepers(sleepers);
	drop_older(sleepers);
	return err;
}

void nl_free_sleepers(struct nl_sleepers *sleepers)
{
	free(sleepers->task);
	memset(sleepers, 0, sizeof(*sleepers));
}
