// SPDX-License-Identifier: GPL-2.0-only
/*
 * The generic netlink family "ipcstat". The protocol is in uapi/ipcstat.h.
 *
 * A dump's cursor is in cb->args[]: [0] the next row, signal, hook, note, flow or share; [1] is 0 for
 * all, or the number, plus one, of the only row or signal wanted, or of the row
 * whose hooks, sleepers or flows are; [2] is set when all is said of sleepers, flows or
 * shares.
 */
#include <linux/cred.h>
#include <linux/pid_namespace.h>
#include <linux/sched/task.h>
#include <linux/timekeeping.h>
#include <net/genetlink.h>
#include <net/sock.h>

#include "reply.h"

/* What a task takes in a dump at most, and what comes behind all of them. */
#define IPC_SLEEPER_SIZE	256
#define IPC_TRAILER_SIZE	(IPC_MAX_ROWS * 64)

/* The number of the row that MECH names, or -1. */
static int ipc_find_row(const struct nlattr *attr)
{
	struct ipc_row *row;
	int nr;

	for (nr = 0; (row = ipc_row_get(nr)); nr++)
		if (!nla_strcmp(attr, row->name))
			return nr;
	return -1;
}

/*
 * Part of the policies, since a dump's start has no extack on 6.1 (genl_start()).
 */
static int ipc_check_mech(const struct nlattr *attr, struct netlink_ext_ack *extack)
{
	if (ipc_find_row(attr) >= 0)
		return 0;
	NL_SET_ERR_MSG_ATTR(extack, attr, "no mechanism of this name");
	return -ENOENT;
}

static const struct nla_policy ipc_row_policy[IPCSTAT_A_MECH + 1] = {
	[IPCSTAT_A_MECH]	= NLA_POLICY_VALIDATE_FN(NLA_NUL_STRING, ipc_check_mech,
							 IPCSTAT_NAME_MAX - 1),
};

static const struct nla_policy ipc_blocked_policy[IPCSTAT_A_START + 1] = {
	[IPCSTAT_A_MECH]	= NLA_POLICY_VALIDATE_FN(NLA_NUL_STRING, ipc_check_mech,
							 IPCSTAT_NAME_MAX - 1),
	[IPCSTAT_A_START]	= { .type = NLA_U32 },
};

static const struct nla_policy ipc_share_policy[IPCSTAT_A_START + 1] = {
	[IPCSTAT_A_START]	= { .type = NLA_U32 },
};

static const struct nla_policy ipc_flows_policy[IPCSTAT_A_MAX_FLOWS + 1] = {
	[IPCSTAT_A_MAX_FLOWS]	= { .type = NLA_U32 },
};

static const struct nla_policy ipc_flow_policy[IPCSTAT_A_BYTES + 1] = {
	[IPCSTAT_A_MECH]	= NLA_POLICY_VALIDATE_FN(NLA_NUL_STRING, ipc_check_mech,
							 IPCSTAT_NAME_MAX - 1),
	[IPCSTAT_A_START]	= { .type = NLA_U32 },
	[IPCSTAT_A_PID]		= { .type = NLA_U32 },
	[IPCSTAT_A_ID]		= { .type = NLA_U64 },
	[IPCSTAT_A_BYTES]	= { .type = NLA_U64 },
};

static const struct nla_policy ipc_signal_policy[IPCSTAT_A_SIGNAL + 1] = {
	[IPCSTAT_A_SIGNAL]	= NLA_POLICY_RANGE(NLA_U32, 1, IPC_SIGNALS),
};

/*
 * The family is no way around the file's mode: where others may not read the file, it
 * answers nobody but CAP_SYS_ADMIN, whatever is asked. The sender and who has opened
 * the socket must have it.
 */
static int ipc_check_reader(const struct sk_buff *request, struct netlink_ext_ack *extack)
{
	if (ipc_proc_mode & 0004 || netlink_capable(request, CAP_SYS_ADMIN))
		return 0;
	NL_SET_ERR_MSG(extack, "its proc_mode lets only those read who have CAP_SYS_ADMIN");
	return -EPERM;
}

/* ---- putting ---- */

int ipc_put_u64(struct sk_buff *skb, int attr, u64 value)
{
	return nla_put_u64_64bit(skb, attr, value, IPCSTAT_A_PAD);
}

int ipc_put_value(struct sk_buff *skb, int attr, const char *name,
		  const struct ipc_value *value, bool gauge)
{
	struct nlattr *nest = nla_nest_start(skb, attr);
	int err;

	if (!nest)
		return -EMSGSIZE;
	err = nla_put_string(skb, IPCSTAT_COUNTER_A_NAME, name);
	if (!err && gauge)
		err = nla_put_flag(skb, IPCSTAT_COUNTER_A_GAUGE);
	if (err)
		return err;
	switch (value->kind) {
	case IPC_VALUE:
		err = nla_put_u64_64bit(skb, IPCSTAT_COUNTER_A_VALUE, value->value,
					IPCSTAT_COUNTER_A_PAD);
		break;
	case IPC_UNKNOWN:
		err = nla_put_flag(skb, IPCSTAT_COUNTER_A_UNKNOWN);
		break;
	case IPC_NONE:
		err = nla_put_flag(skb, IPCSTAT_COUNTER_A_NONE);
		break;
	}
	nla_nest_end(skb, nest);
	return err;
}

/* Known, or not, as the waits that it is a part of. */
static const struct {
	const char *name;
	enum ipc_dir dir;
} runq[] = {
	{ "send_runq_ns", IPC_SEND },
	{ "recv_runq_ns", IPC_RECV },
};

static int ipc_put_row(struct sk_buff *skb, struct ipc_row *row)
{
	struct ipc_value value[IPC_COLS];
	unsigned int i;
	int err;

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

static int ipc_put_hist(struct sk_buff *skb, const struct ipc_hist *hist)
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

static int ipc_put_hists(struct sk_buff *skb, struct ipc_row *row)
{
	struct ipc_hist hist;
	unsigned int i;
	int err;

	err = nla_put_string(skb, IPCSTAT_A_MECH, row->name);
	for (i = 0; !err && ipc_row_hist(row, i, &hist); i++)
		err = ipc_put_hist(skb, &hist);
	return err;
}

static int ipc_put_signal(struct sk_buff *skb, unsigned int sig)
{
	u32 known = ipc_signal_known();
	unsigned int i;
	int err;

	err = nla_put_u32(skb, IPCSTAT_A_SIGNAL, sig);
	for (i = 0; !err && i < IPC_SIGNAL_COLS; i++) {
		struct ipc_value value = {
			.kind = known & BIT(i) ? IPC_VALUE : IPC_UNKNOWN,
			.value = ipc_signal_read(sig, i),
		};

		err = ipc_put_value(skb, IPCSTAT_A_COUNTER, ipc_signal_cols[i], &value, false);
	}
	return err;
}

static int ipc_put_hook(struct sk_buff *skb, const struct ipc_hook_info *info)
{
	struct nlattr *nest = nla_nest_start(skb, IPCSTAT_A_HOOK);
	const struct ipc_feed *feed;

	if (!nest ||
	    nla_put_string(skb, IPCSTAT_HOOK_A_NAME, info->name) ||
	    nla_put_string(skb, IPCSTAT_HOOK_A_KIND, info->kind) ||
	    nla_put_string(skb, IPCSTAT_HOOK_A_STATE, info->state) ||
	    (info->symbol && nla_put_string(skb, IPCSTAT_HOOK_A_SYMBOL, info->symbol)) ||
	    (info->reason && nla_put_string(skb, IPCSTAT_HOOK_A_REASON, info->reason)) ||
	    nla_put_u64_64bit(skb, IPCSTAT_HOOK_A_MISSED, info->missed, IPCSTAT_HOOK_A_PAD))
		return -EMSGSIZE;
	for (feed = info->feeds; feed && feed->row; feed++)
		if (nla_put_string(skb, IPCSTAT_HOOK_A_FEEDS, feed->row->name))
			return -EMSGSIZE;
	if (info->nargs && nla_put_u32(skb, IPCSTAT_HOOK_A_ARGS, info->nargs))
		return -EMSGSIZE;
	nla_nest_end(skb, nest);
	return 0;
}

/* A request is handled in the context of who has sent it. */
static int ipc_put_quotas(struct sk_buff *skb)
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

static int ipc_put_info(struct sk_buff *skb)
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
	return ipc_put_quotas(skb);
}

/* ---- messages ---- */

/*
 * Put message number @nr of a command. Return: 0; -EMSGSIZE where it does not fit
 * (then nothing is left of it in the skb); -ENODATA where there is no such number.
 */
static int ipc_put_message(struct sk_buff *skb, u32 portid, u32 seq, int flags, u8 cmd,
			   unsigned int nr)
{
	struct ipc_hook_info hook;
	struct ipc_row *row;
	int err = -ENODATA;
	void *hdr;

	hdr = genlmsg_put(skb, portid, seq, &ipc_family, flags, cmd);
	if (!hdr)
		return -EMSGSIZE;
	switch (cmd) {
	case IPCSTAT_CMD_INFO:
		if (nr == 0)
			err = ipc_put_info(skb);
		break;
	case IPCSTAT_CMD_ROW:
		row = ipc_row_get(nr);
		if (row)
			err = ipc_put_row(skb, row);
		break;
	case IPCSTAT_CMD_HIST:
		row = ipc_row_get(nr);
		if (row)
			err = ipc_put_hists(skb, row);
		break;
	case IPCSTAT_CMD_SIGNAL:
		if (nr < IPC_SIGNALS)
			err = ipc_put_signal(skb, nr + 1);
		break;
	case IPCSTAT_CMD_FLOWS:
		if (nr == 0)
			err = ipc_put_flows(skb);
		break;
	case IPCSTAT_CMD_EVENTS:
		if (nr == 0)
			err = ipc_put_events(skb);
		break;
	case IPCSTAT_CMD_HOOK:
		if (ipc_hook_info(nr, &hook))
			err = ipc_put_hook(skb, &hook);
		break;
	}
	if (err)
		genlmsg_cancel(skb, hdr);
	else
		genlmsg_end(skb, hdr);
	return err;
}

struct sk_buff *ipc_reply_new(const struct sk_buff *request, struct genl_info *info)
{
	struct sk_buff *skb;
	int err;

	ipc_hooks_check();
	err = ipc_check_reader(request, info->extack);
	if (err)
		return ERR_PTR(err);
	skb = genlmsg_new(NLMSG_DEFAULT_SIZE, GFP_KERNEL);
	if (!skb) {
		NL_SET_ERR_MSG(info->extack, "not enough memory for the reply");
		return ERR_PTR(-ENOMEM);
	}
	return skb;
}

int ipc_reply_send(struct sk_buff *skb, struct genl_info *info, unsigned int nr)
{
	int err;

	err = ipc_put_message(skb, info->snd_portid, info->snd_seq, 0, info->genlhdr->cmd, nr);
	if (err) {
		NL_SET_ERR_MSG(info->extack, "the reply does not fit a message");
		nlmsg_free(skb);
		return err;
	}
	return genlmsg_reply(skb, info);
}

int ipc_reply(const struct sk_buff *request, struct genl_info *info, unsigned int nr)
{
	struct sk_buff *skb = ipc_reply_new(request, info);

	return IS_ERR(skb) ? PTR_ERR(skb) : ipc_reply_send(skb, info, nr);
}

static int ipc_do_info(struct sk_buff *skb, struct genl_info *info)
{
	return ipc_reply(skb, info, 0);
}

static int ipc_do_row(struct sk_buff *skb, struct genl_info *info)
{
	if (!info->attrs[IPCSTAT_A_MECH]) {
		NL_SET_ERR_MSG(info->extack, "MECH, the name of a mechanism, is missing");
		return -EINVAL;
	}
	return ipc_reply(skb, info, ipc_find_row(info->attrs[IPCSTAT_A_MECH]));
}

static int ipc_do_signal(struct sk_buff *skb, struct genl_info *info)
{
	struct nlattr *attr = info->attrs[IPCSTAT_A_SIGNAL];

	if (!attr) {
		NL_SET_ERR_MSG(info->extack, "SIGNAL, the number of a signal, is missing");
		return -EINVAL;
	}
	return ipc_reply(skb, info, nla_get_u32(attr) - 1);
}

static int ipc_do_dump_only(struct sk_buff *skb, struct genl_info *info)
{
	NL_SET_ERR_MSG(info->extack, "this is only dumped: set NLM_F_DUMP");
	return -EOPNOTSUPP;
}

/* ---- dumps ---- */

/*
 * A dump that waits for its reader holds a reference on this module: anybody
 * could keep it from being unloaded. So all of it goes into one skb as long as it
 * fits, and a socket without room for it, where netlink_dump() would give up and
 * leave the dump waiting, is turned away.
 */
int ipc_dump_start(struct netlink_callback *cb)
{
	u8 cmd = ((struct genlmsghdr *)nlmsg_data(cb->nlh))->cmd;
	const struct sock *sk = NETLINK_CB(cb->skb).sk;
	struct nlattr **attrs = ipc_dump_attrs(cb);
	int queued = atomic_read(&sk->sk_rmem_alloc);
	int err = ipc_check_reader(cb->skb, cb->extack);

	ipc_hooks_check();
	if (err)
		return err;
	if (queued && queued + SKB_TRUESIZE(2 * IPC_DUMP_SIZE) >= READ_ONCE(sk->sk_rcvbuf))
		return -ENOBUFS;
	cb->min_dump_alloc = IPC_DUMP_SIZE;
	if (!attrs)
		return 0;
	if (cmd == IPCSTAT_CMD_SIGNAL && attrs[IPCSTAT_A_SIGNAL])
		cb->args[1] = nla_get_u32(attrs[IPCSTAT_A_SIGNAL]);
	else if (cmd != IPCSTAT_CMD_SIGNAL && attrs[IPCSTAT_A_MECH])
		cb->args[1] = ipc_find_row(attrs[IPCSTAT_A_MECH]) + 1;
	if (cmd == IPCSTAT_CMD_BLOCKED || cmd == IPCSTAT_CMD_FLOW || cmd == IPCSTAT_CMD_SHARE) {
		if (attrs[IPCSTAT_A_START])
			cb->args[0] = nla_get_u32(attrs[IPCSTAT_A_START]);
	} else if (cb->args[1] && cmd != IPCSTAT_CMD_HOOK) {
		cb->args[0] = cb->args[1] - 1;
	}
	return 0;
}

static bool ipc_hook_feeds(unsigned int nr, const struct ipc_row *row)
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

static int ipc_dump(struct sk_buff *skb, struct netlink_callback *cb)
{
	u8 cmd = ((struct genlmsghdr *)nlmsg_data(cb->nlh))->cmd;
	int err = 0;

	for (; !err; cb->args[0]++) {
		if (cb->args[1] && cmd != IPCSTAT_CMD_HOOK && cb->args[0] == cb->args[1])
			return 0;
		if (cb->args[1] && cmd == IPCSTAT_CMD_HOOK &&
		    !ipc_hook_feeds(cb->args[0], ipc_row_get(cb->args[1] - 1)))
			continue;
		err = ipc_put_message(skb, NETLINK_CB(cb->skb).portid, cb->nlh->nlmsg_seq,
				      NLM_F_MULTI, cmd, cb->args[0]);
		if (err)
			break;
	}
	if (err == -ENODATA)
		return 0;
	/* Full: go on here with the next skb. One message that fits none is an error. */
	return skb->len ?: err;
}

/* ---- sleepers ---- */

void ipc_reader_init(struct ipc_reader *reader, struct netlink_callback *cb)
{
	const struct socket *sock = NETLINK_CB(cb->skb).sk->sk_socket;

	reader->pid_ns = task_active_pid_ns(current);
	reader->euid = current_euid();
	reader->egid = current_egid();
	reader->sees_all = netlink_capable(cb->skb, CAP_SYS_PTRACE);
	reader->sees_own = sock && sock->file &&
			   uid_eq(sock->file->f_cred->euid, reader->euid) &&
			   gid_eq(sock->file->f_cred->egid, reader->egid);
}

bool ipc_reader_owns(const struct ipc_reader *reader, const struct ipc_access *access)
{
	return reader->sees_own && uid_eq(access->uid, reader->euid) &&
	       gid_eq(access->gid, reader->egid);
}

/* A process stops being dumpable before it becomes another user: read in the opposite order. */
bool ipc_reader_may_see(const struct ipc_reader *reader, struct task_struct *task)
{
	struct ipc_access access;
	int dumpable;

	if (reader->sees_all)
		return true;
	rcu_read_lock();
	access = ipc_access_of(__task_cred(task), true);
	rcu_read_unlock();
	smp_rmb();	/* pairs with commit_creds() */
	dumpable = ipc_dumpable(task, false);
	return dumpable > 0 && ipc_reader_owns(reader, &access) &&
	       task_pid_nr_ns(task, reader->pid_ns);
}

static int ipc_put_object(struct sk_buff *skb, const struct ipc_object *object)
{
	if (!object->kind)
		return 0;
	if (nla_put_string(skb, IPCSTAT_BLOCKED_A_OBJECT, object->kind) ||
	    nla_put_u64_64bit(skb, IPCSTAT_BLOCKED_A_ID, object->id, IPCSTAT_BLOCKED_A_PAD) ||
	    nla_put_u32(skb, IPCSTAT_BLOCKED_A_SPACE, object->space))
		return -EMSGSIZE;
	return object->part < 0 ? 0 : nla_put_u32(skb, IPCSTAT_BLOCKED_A_PART, object->part);
}

static int ipc_put_sleeper(struct sk_buff *skb, const struct ipc_sleeper *sleeper,
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
	    ipc_put_object(skb, &sleeper->object) ||
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
static int ipc_put_blocked(struct sk_buff *skb, struct netlink_callback *cb,
			   const struct ipc_sleeper *sleeper, const struct ipc_reader *reader,
			   const struct ipc_row *row, u32 number)
{
	void *hdr = genlmsg_put(skb, NETLINK_CB(cb->skb).portid, cb->nlh->nlmsg_seq, &ipc_family,
				NLM_F_MULTI, IPCSTAT_CMD_BLOCKED);
	int err;

	if (!hdr)
		return -EMSGSIZE;
	if (sleeper)
		err = ipc_put_sleeper(skb, sleeper, reader->pid_ns);
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
static int ipc_put_trailer(struct sk_buff *skb, struct netlink_callback *cb, const u32 *hidden)
{
	struct ipc_row *row;
	unsigned int nr;
	int err = 0;

	for (nr = 0; !err && (row = ipc_row_get(nr)); nr++)
		if (hidden[nr])
			err = ipc_put_blocked(skb, cb, NULL, NULL, row, hidden[nr]);
	if (!err && cb->args[0] < ipc_nr_notes())
		err = ipc_put_blocked(skb, cb, NULL, NULL, NULL, cb->args[0]);
	return err;
}

/* One skb and no more: see ipc_dump_start(). */
static int ipc_dump_blocked(struct sk_buff *skb, struct netlink_callback *cb)
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
			err = ipc_put_blocked(skb, cb, &sleeper, &reader, NULL, 0);
		else
			hidden[sleeper.row->nr]++;
put:
		put_task_struct(sleeper.task);
	}
	return err ?: ipc_put_trailer(skb, cb, hidden);
}

static const struct genl_ops ipc_genl_ops[] = {
	{
		.cmd	= IPCSTAT_CMD_INFO,
		.doit	= ipc_do_info,
	}, {
		.cmd	= IPCSTAT_CMD_ROW,
		.doit	= ipc_do_row,
		.start	= ipc_dump_start,
		.dumpit	= ipc_dump,
		.policy	= ipc_row_policy,
		.maxattr = ARRAY_SIZE(ipc_row_policy) - 1,
	}, {
		.cmd	= IPCSTAT_CMD_SIGNAL,
		.doit	= ipc_do_signal,
		.start	= ipc_dump_start,
		.dumpit	= ipc_dump,
		.policy	= ipc_signal_policy,
		.maxattr = ARRAY_SIZE(ipc_signal_policy) - 1,
	}, {
		.cmd	= IPCSTAT_CMD_HOOK,
		.doit	= ipc_do_dump_only,
		.start	= ipc_dump_start,
		.dumpit	= ipc_dump,
		.policy	= ipc_row_policy,
		.maxattr = ARRAY_SIZE(ipc_row_policy) - 1,
	}, {
		.cmd	= IPCSTAT_CMD_HIST,
		.doit	= ipc_do_row,
		.start	= ipc_dump_start,
		.dumpit	= ipc_dump,
		.policy	= ipc_row_policy,
		.maxattr = ARRAY_SIZE(ipc_row_policy) - 1,
	}, {
		.cmd	= IPCSTAT_CMD_BLOCKED,
		.doit	= ipc_do_dump_only,
		.start	= ipc_dump_start,
		.dumpit	= ipc_dump_blocked,
		.policy	= ipc_blocked_policy,
		.maxattr = ARRAY_SIZE(ipc_blocked_policy) - 1,
	}, {
		.cmd	= IPCSTAT_CMD_FLOWS,
		.doit	= ipc_do_flows,
		.policy	= ipc_flows_policy,
		.maxattr = ARRAY_SIZE(ipc_flows_policy) - 1,
	}, {
		.cmd	= IPCSTAT_CMD_FLOW,
		.doit	= ipc_do_dump_only,
		.start	= ipc_dump_start,
		.dumpit	= ipc_dump_flows,
		.policy	= ipc_flow_policy,
		.maxattr = ARRAY_SIZE(ipc_flow_policy) - 1,
	}, {
		.cmd	= IPCSTAT_CMD_EVENTS,
		.doit	= ipc_do_events,
	}, {
		.cmd	= IPCSTAT_CMD_SHARE,
		.doit	= ipc_do_dump_only,
		.start	= ipc_dump_start,
		.dumpit	= ipc_dump_shares,
		.policy	= ipc_share_policy,
		.maxattr = ARRAY_SIZE(ipc_share_policy) - 1,
	},
};

struct genl_family ipc_family = {
	.name		= IPCSTAT_GENL_NAME,
	.version	= IPCSTAT_GENL_VERSION,
	.module		= THIS_MODULE,
	.netnsok	= true,
	.parallel_ops	= true,
	.ops		= ipc_genl_ops,
	.n_ops		= ARRAY_SIZE(ipc_genl_ops),
	.mcgrps		= ipc_mcgrps,
	.n_mcgrps	= IPC_GROUPS,
};

int ipc_netlink_init(void)
{
	return genl_register_family(&ipc_family);
}

void ipc_netlink_exit(void)
{
	genl_unregister_family(&ipc_family);
}
