// SPDX-License-Identifier: GPL-2.0-only
/*
 * The generic netlink family "ipcstat": its commands, what they may be asked with, and its start
 * and stop. The protocol is in uapi/ipcstat.h.
 */
#include <net/genetlink.h>

#include "commands.h"
#include "reply.h"

/*
 * Part of the policies, since a dump's start has no extack on 6.1 (genl_start()).
 */
static int check_mech(const struct nlattr *attr, struct netlink_ext_ack *extack)
{
	if (ipc_find_row(attr) >= 0)
		return 0;
	NL_SET_ERR_MSG_ATTR(extack, attr, "no mechanism of this name");
	return -ENOENT;
}

static const struct nla_policy row_policy[IPCSTAT_A_MECH + 1] = {
	[IPCSTAT_A_MECH]	= NLA_POLICY_VALIDATE_FN(NLA_NUL_STRING, check_mech,
							 IPCSTAT_NAME_MAX - 1),
};

static const struct nla_policy blocked_policy[IPCSTAT_A_START + 1] = {
	[IPCSTAT_A_MECH]	= NLA_POLICY_VALIDATE_FN(NLA_NUL_STRING, check_mech,
							 IPCSTAT_NAME_MAX - 1),
	[IPCSTAT_A_START]	= { .type = NLA_U32 },
};

static const struct nla_policy share_policy[IPCSTAT_A_START + 1] = {
	[IPCSTAT_A_START]	= { .type = NLA_U32 },
};

static const struct nla_policy flows_policy[IPCSTAT_A_MAX_FLOWS + 1] = {
	[IPCSTAT_A_MAX_FLOWS]	= { .type = NLA_U32 },
};

static const struct nla_policy flow_policy[IPCSTAT_A_BYTES + 1] = {
	[IPCSTAT_A_MECH]	= NLA_POLICY_VALIDATE_FN(NLA_NUL_STRING, check_mech,
							 IPCSTAT_NAME_MAX - 1),
	[IPCSTAT_A_START]	= { .type = NLA_U32 },
	[IPCSTAT_A_PID]		= { .type = NLA_U32 },
	[IPCSTAT_A_ID]		= { .type = NLA_U64 },
	[IPCSTAT_A_BYTES]	= { .type = NLA_U64 },
};

static const struct nla_policy signal_policy[IPCSTAT_A_SIGNAL + 1] = {
	[IPCSTAT_A_SIGNAL]	= NLA_POLICY_RANGE(NLA_U32, 1, IPC_SIGNALS),
};

static int do_dump_only(struct sk_buff *skb, struct genl_info *info)
{
	NL_SET_ERR_MSG(info->extack, "this is only dumped: set NLM_F_DUMP");
	return -EOPNOTSUPP;
}

static const struct genl_ops family_ops[] = {
	{
		.cmd	= IPCSTAT_CMD_INFO,
		.doit	= ipc_do_info,
	}, {
		.cmd	= IPCSTAT_CMD_ROW,
		.doit	= ipc_do_row,
		.start	= ipc_dump_start,
		.dumpit	= ipc_dump_rows,
		.policy	= row_policy,
		.maxattr = ARRAY_SIZE(row_policy) - 1,
	}, {
		.cmd	= IPCSTAT_CMD_SIGNAL,
		.doit	= ipc_do_signal,
		.start	= ipc_dump_start,
		.dumpit	= ipc_dump_signals,
		.policy	= signal_policy,
		.maxattr = ARRAY_SIZE(signal_policy) - 1,
	}, {
		.cmd	= IPCSTAT_CMD_HOOK,
		.doit	= do_dump_only,
		.start	= ipc_dump_start,
		.dumpit	= ipc_dump_hooks,
		.policy	= row_policy,
		.maxattr = ARRAY_SIZE(row_policy) - 1,
	}, {
		.cmd	= IPCSTAT_CMD_HIST,
		.doit	= ipc_do_hist,
		.start	= ipc_dump_start,
		.dumpit	= ipc_dump_hists,
		.policy	= row_policy,
		.maxattr = ARRAY_SIZE(row_policy) - 1,
	}, {
		.cmd	= IPCSTAT_CMD_BLOCKED,
		.doit	= do_dump_only,
		.start	= ipc_dump_start,
		.dumpit	= ipc_dump_blocked,
		.policy	= blocked_policy,
		.maxattr = ARRAY_SIZE(blocked_policy) - 1,
	}, {
		.cmd	= IPCSTAT_CMD_FLOWS,
		.doit	= ipc_do_flows,
		.policy	= flows_policy,
		.maxattr = ARRAY_SIZE(flows_policy) - 1,
	}, {
		.cmd	= IPCSTAT_CMD_FLOW,
		.doit	= do_dump_only,
		.start	= ipc_dump_start,
		.dumpit	= ipc_dump_flows,
		.policy	= flow_policy,
		.maxattr = ARRAY_SIZE(flow_policy) - 1,
	}, {
		.cmd	= IPCSTAT_CMD_EVENTS,
		.doit	= ipc_do_events,
	}, {
		.cmd	= IPCSTAT_CMD_SHARE,
		.doit	= do_dump_only,
		.start	= ipc_dump_start,
		.dumpit	= ipc_dump_shares,
		.policy	= share_policy,
		.maxattr = ARRAY_SIZE(share_policy) - 1,
	},
};

static struct genl_family family __ro_after_init = {
	.name		= IPCSTAT_GENL_NAME,
	.version	= IPCSTAT_GENL_VERSION,
	.module		= THIS_MODULE,
	.netnsok	= true,
	.parallel_ops	= true,
	.ops		= family_ops,
	.n_ops		= ARRAY_SIZE(family_ops),
	.mcgrps		= ipc_mcgrps,
	.n_mcgrps	= IPC_GROUPS,
};

/* Events are sent while the family is there. */
int ipc_netlink_init(void)
{
	int err;

	ipc_reply_init(&family);
	err = genl_register_family(&family);
	if (!err)
		ipc_events_open(&ipc_event_netlink);
	return err;
}

void ipc_netlink_exit(void)
{
	ipc_events_close();
	genl_unregister_family(&family);
}
