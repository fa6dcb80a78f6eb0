// SPDX-License-Identifier: GPL-2.0-only
/* The netlink family's command SHARE. The protocol is in uapi/ipcstat.h. */
#include <linux/cred.h>

#include "commands.h"
#include "reply.h"
#include "share.h"

/* The size of one message at most. */
#define SHARE_SIZE		128
#define SHARE_TABLES		16
#define SHARES_OF_A_TABLE	(IPC_SHARES + 1)

/* The cursor counts through the shares of all tables; flows are the last one. */
static unsigned int share_tables(void)
{
	return ipc_sets_nr() + 1;
}

static bool share_read(unsigned int cursor, struct ipc_share_info *info)
{
	unsigned int table = cursor / SHARES_OF_A_TABLE, nr = cursor % SHARES_OF_A_TABLE;
	bool found;

	if (table < ipc_sets_nr())
		return ipc_set_share(table, nr, info);
	found = ipc_flows_begin() && ipc_flows_share(nr, info);
	ipc_flows_end();
	return found;
}

/* Users see what is theirs; what users without an entry of their own have is nobody's. */
static bool share_may_see(const struct ipc_reader *reader, const struct ipc_share_info *info)
{
	return !info->shared &&
	       (reader->sees_all || (reader->sees_own && uid_eq(info->uid, current_uid())));
}

static int share_put_nest(struct sk_buff *skb, const struct ipc_share_info *info)
{
	struct nlattr *nest = nla_nest_start(skb, IPCSTAT_A_SHARE);

	if (!nest ||
	    nla_put_string(skb, IPCSTAT_SHARE_A_TABLE, info->table) ||
	    (!info->shared &&
	     (nla_put_u32(skb, IPCSTAT_SHARE_A_UID,
			  from_kuid_munged(current_user_ns(), info->uid)) ||
	      nla_put_u32(skb, IPCSTAT_SHARE_A_LIMIT, info->max))) ||
	    nla_put_u32(skb, IPCSTAT_SHARE_A_USED, info->used) ||
	    nla_put_u64_64bit(skb, IPCSTAT_SHARE_A_LOST, info->lost, IPCSTAT_SHARE_A_PAD))
		return -EMSGSIZE;
	nla_nest_end(skb, nest);
	return 0;
}

/* A share; or, with NULL, where to go on. */
static int share_put(struct sk_buff *skb, struct netlink_callback *cb,
		     const struct ipc_share_info *info)
{
	void *hdr = ipc_dump_header(skb, cb, IPCSTAT_CMD_SHARE);

	if (!hdr || (info ? share_put_nest(skb, info) :
			    nla_put_u32(skb, IPCSTAT_A_NEXT, cb->args[0])))
		return -EMSGSIZE;
	genlmsg_end(skb, hdr);
	return 0;
}

static void share_hide(struct ipc_share_info *sum, const struct ipc_share_info *info)
{
	sum->table = info->table;
	sum->shared = true;
	sum->used += info->used;
	sum->lost += info->lost;
}

/* One skb and no more: see ipc_dump_start(). */
int ipc_dump_shares(struct sk_buff *skb, struct netlink_callback *cb)
{
	const unsigned long tables = share_tables(), end = tables * SHARES_OF_A_TABLE;
	struct ipc_share_info info, hidden[SHARE_TABLES] = {};
	struct ipc_reader reader;
	unsigned int i;
	int err = 0;

	if (cb->args[2] || WARN_ON_ONCE(tables > SHARE_TABLES))
		return 0;
	cb->args[2] = 1;
	ipc_reader_init(&reader, cb);
	/* Sums from here and from there would tell what lies between: what a user sees fits at once. */
	if (!reader.sees_all && cb->args[0])
		return 0;
	for (; !err && cb->args[0] < end; cb->args[0]++) {
		if (skb_tailroom(skb) < SHARE_SIZE * (SHARE_TABLES + 2))
			break;
		if (!(cb->args[0] % 256))
			cond_resched();
		if (!share_read(cb->args[0], &info))
			continue;
		if (share_may_see(&reader, &info))
			err = share_put(skb, cb, &info);
		else
			share_hide(&hidden[cb->args[0] / SHARES_OF_A_TABLE], &info);
	}
	for (i = 0; !err && i < tables; i++)
		if (hidden[i].table)
			err = share_put(skb, cb, &hidden[i]);
	if (!err && cb->args[0] < end)
		err = share_put(skb, cb, NULL);
	return err;
}
