// SPDX-License-Identifier: GPL-2.0-only
/*
 * The netlink family's commands INFO, ROW, HIST, SIGNAL and HOOK: what /proc/ipcstat shows, and
 * what lies behind it. The protocol is in uapi/ipcstat.h.
 */
#include "commands.h"
#include "reply.h"

/* ---- INFO ---- */

/* A request is handled in the context of who has sent it. */
static int put_quotas(struct sk_buff *skb)
{
	const struct ipc_quota *quota;
	unsigned int nr;
	int err = 0;

	for (nr = 0; !err && (quota = ipc_quota_get(nr)); nr++) {
		const struct ipc_value used = { .kind = IPC_VALUE, .value = quota->read() };

		err = ipc_put_value(skb, IPCSTAT_A_QUOTA, quota->name, &used, true);
	}
	return err;
}

static int put_info(struct sk_buff *skb, unsigned int nr)
{
	const struct ipc_value sleepers = { .kind = IPC_VALUE, .value = ipc_max_sleepers };
	const struct ipc_value objects = { .kind = IPC_VALUE, .value = ipc_max_objects };
	struct ipc_summary sum;

	ipc_summary(&sum);
	if (nla_put_string(skb, IPCSTAT_A_VERSION, IPCSTAT_VERSION) ||
	    ipc_put_u64(skb, IPCSTAT_A_SINCE, sum.since) ||
	    nla_put_string(skb, IPCSTAT_A_BACKEND, sum.backend) ||
	    nla_put_u32(skb, IPCSTAT_A_HOOKS_ATTACHED, sum.hooks_attached) ||
	    nla_put_u32(skb, IPCSTAT_A_HOOKS_ALL, sum.hooks_all) ||
	    ipc_put_u64(skb, IPCSTAT_A_MISSED, sum.missed) ||
	    ipc_put_value(skb, IPCSTAT_A_LIMIT, "max_sleepers", &sleepers, false) ||
	    ipc_put_value(skb, IPCSTAT_A_LIMIT, "max_objects", &objects, false))
		return -EMSGSIZE;
	return put_quotas(skb);
}

int ipc_do_info(struct sk_buff *skb, struct genl_info *info)
{
	return ipc_reply(skb, info, put_info, 0);
}

/* ---- ROW, HIST ---- */

/* Known, or not, as the waits that it is a part of. */
static const struct {
	const char *name;
	enum ipc_dir dir;
} runq[] = {
	{ "send_runq_ns", IPC_SEND },
	{ "recv_runq_ns", IPC_RECV },
};

static int put_row(struct sk_buff *skb, unsigned int nr)
{
	struct ipc_row *row = ipc_row_get(nr);
	struct ipc_value value[IPC_COLS];
	unsigned int i;
	int err;

	if (!row)
		return -ENODATA;
	ipc_row_read(row, value);
	err = nla_put_string(skb, IPCSTAT_A_MECH, row->name);
	for (i = 0; !err && i < IPC_COLS; i++)
		err = ipc_put_value(skb, IPCSTAT_A_COUNTER, ipc_col_names[i], &value[i],
				    i < IPC_SEND_OPS);
	for (i = 0; !err && i < ARRAY_SIZE(runq); i++) {
		struct ipc_value queued = value[runq[i].dir + IPC_D_WAIT_NS];

		queued.value = ipc_row_runq_ns(row, runq[i].dir);
		err = ipc_put_value(skb, IPCSTAT_A_COUNTER, runq[i].name, &queued, false);
	}
	for (i = 0; !err && row->details && row->details[i]; i++) {
		struct ipc_value detail = { .kind = IPC_VALUE, .value = ipc_row_detail(row, i) };

		err = ipc_put_value(skb, IPCSTAT_A_COUNTER, row->details[i], &detail, false);
	}
	return err;
}

static int put_hist(struct sk_buff *skb, const struct ipc_hist *hist)
{
	struct nlattr *nest = nla_nest_start(skb, IPCSTAT_A_HIST);
	unsigned int used = IPC_BUCKETS;

	if (!nest ||
	    nla_put_string(skb, IPCSTAT_HIST_A_NAME, hist->name) ||
	    nla_put_string(skb, IPCSTAT_HIST_A_UNIT, hist->unit))
		return -EMSGSIZE;
	while (used && !hist->bucket[used - 1])
		used--;
	if (hist->kind == IPC_UNKNOWN ? nla_put_flag(skb, IPCSTAT_HIST_A_UNKNOWN) :
	    hist->kind == IPC_NONE ? nla_put_flag(skb, IPCSTAT_HIST_A_NONE) :
	    nla_put(skb, IPCSTAT_HIST_A_BUCKETS, used * sizeof(*hist->bucket), hist->bucket))
		return -EMSGSIZE;
	if (hist->has_longest &&
	    nla_put_u64_64bit(skb, IPCSTAT_HIST_A_LONGEST, hist->longest, IPCSTAT_HIST_A_PAD))
		return -EMSGSIZE;
	nla_nest_end(skb, nest);
	return 0;
}

static int put_hists(struct sk_buff *skb, unsigned int nr)
{
	struct ipc_row *row = ipc_row_get(nr);
	struct ipc_hist hist;
	unsigned int i;
	int err;

	if (!row)
		return -ENODATA;
	err = nla_put_string(skb, IPCSTAT_A_MECH, row->name);
	for (i = 0; !err && ipc_row_hist(row, i, &hist); i++)
		err = put_hist(skb, &hist);
	return err;
}

/* With the message of the row that MECH names. */
static int reply_row(struct sk_buff *skb, struct genl_info *info, ipc_put_t *put)
{
	if (!info->attrs[IPCSTAT_A_MECH]) {
		NL_SET_ERR_MSG(info->extack, "MECH, the name of a mechanism, is missing");
		return -EINVAL;
	}
	return ipc_reply(skb, info, put, ipc_find_row(info->attrs[IPCSTAT_A_MECH]));
}

int ipc_do_row(struct sk_buff *skb, struct genl_info *info)
{
	return reply_row(skb, info, put_row);
}

int ipc_dump_rows(struct sk_buff *skb, struct netlink_callback *cb)
{
	return ipc_dump(skb, cb, put_row, NULL);
}

int ipc_do_hist(struct sk_buff *skb, struct genl_info *info)
{
	return reply_row(skb, info, put_hists);
}

int ipc_dump_hists(struct sk_buff *skb, struct netlink_callback *cb)
{
	return ipc_dump(skb, cb, put_hists, NULL);
}

/* ---- SIGNAL ---- */

static int put_signal(struct sk_buff *skb, unsigned int nr)
{
	const struct ipc_signals *signals = ipc_signals_get();
	unsigned int i, sig = nr + 1;
	u32 known;
	int err;

	if (!signals || sig > IPC_SIGNALS)
		return -ENODATA;
	known = signals->known();
	err = nla_put_u32(skb, IPCSTAT_A_SIGNAL, sig);
	for (i = 0; !err && i < IPC_SIGNAL_COLS; i++) {
		struct ipc_value value = {
			.kind = known & BIT(i) ? IPC_VALUE : IPC_UNKNOWN,
			.value = signals->read(sig, i),
		};

		err = ipc_put_value(skb, IPCSTAT_A_COUNTER, signals->cols[i], &value, false);
	}
	return err;
}

int ipc_do_signal(struct sk_buff *skb, struct genl_info *info)
{
	struct nlattr *attr = info->attrs[IPCSTAT_A_SIGNAL];

	if (!attr) {
		NL_SET_ERR_MSG(info->extack, "SIGNAL, the number of a signal, is missing");
		return -EINVAL;
	}
	return ipc_reply(skb, info, put_signal, nla_get_u32(attr) - 1);
}

int ipc_dump_signals(struct sk_buff *skb, struct netlink_callback *cb)
{
	return ipc_dump(skb, cb, put_signal, NULL);
}

/* ---- HOOK ---- */

static int put_hook(struct sk_buff *skb, unsigned int nr)
{
	const struct ipc_feed *feed;
	struct ipc_hook_info info;
	struct nlattr *nest;

	if (!ipc_hook_info(nr, &info))
		return -ENODATA;
	nest = nla_nest_start(skb, IPCSTAT_A_HOOK);
	if (!nest ||
	    nla_put_string(skb, IPCSTAT_HOOK_A_NAME, info.name) ||
	    nla_put_string(skb, IPCSTAT_HOOK_A_KIND, info.kind) ||
	    nla_put_string(skb, IPCSTAT_HOOK_A_STATE, info.state) ||
	    (info.symbol && nla_put_string(skb, IPCSTAT_HOOK_A_SYMBOL, info.symbol)) ||
	    (info.reason && nla_put_string(skb, IPCSTAT_HOOK_A_REASON, info.reason)) ||
	    nla_put_u64_64bit(skb, IPCSTAT_HOOK_A_MISSED, info.missed, IPCSTAT_HOOK_A_PAD))
		return -EMSGSIZE;
	for (feed = info.feeds; feed && feed->row; feed++)
		if (nla_put_string(skb, IPCSTAT_HOOK_A_FEEDS, feed->row->name))
			return -EMSGSIZE;
	if (info.nargs && nla_put_u32(skb, IPCSTAT_HOOK_A_ARGS, info.nargs))
		return -EMSGSIZE;
	nla_nest_end(skb, nest);
	return 0;
}

static bool hook_feeds(const struct ipc_row *row, unsigned int nr)
{
	const struct ipc_feed *feed;
	struct ipc_hook_info info;

	if (!ipc_hook_info(nr, &info))
		return true;	/* past the end: let the dump see it */
	for (feed = info.feeds; feed && feed->row; feed++)
		if (feed->row == row)
			return true;
	return false;
}

int ipc_dump_hooks(struct sk_buff *skb, struct netlink_callback *cb)
{
	return ipc_dump(skb, cb, put_hook, hook_feeds);
}
