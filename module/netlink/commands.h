/* SPDX-License-Identifier: GPL-2.0-only */
/* The commands of the netlink family, each in the file of its name, for family.c. */
#ifndef _IPCSTAT_NETLINK_COMMANDS_H
#define _IPCSTAT_NETLINK_COMMANDS_H

#include <net/genetlink.h>

#include "read.h"

/* row.c */
int ipc_do_info(struct sk_buff *skb, struct genl_info *info);
int ipc_do_row(struct sk_buff *skb, struct genl_info *info);
int ipc_dump_rows(struct sk_buff *skb, struct netlink_callback *cb);
int ipc_do_hist(struct sk_buff *skb, struct genl_info *info);
int ipc_dump_hists(struct sk_buff *skb, struct netlink_callback *cb);
int ipc_do_signal(struct sk_buff *skb, struct genl_info *info);
int ipc_dump_signals(struct sk_buff *skb, struct netlink_callback *cb);
int ipc_dump_hooks(struct sk_buff *skb, struct netlink_callback *cb);

/* blocked.c */
int ipc_dump_blocked(struct sk_buff *skb, struct netlink_callback *cb);

/* flow.c */
int ipc_do_flows(struct sk_buff *skb, struct genl_info *info);
int ipc_dump_flows(struct sk_buff *skb, struct netlink_callback *cb);

/* share.c */
int ipc_dump_shares(struct sk_buff *skb, struct netlink_callback *cb);

/* event.c: the groups, and what sends to them */
extern const struct genl_multicast_group ipc_mcgrps[IPC_GROUPS];
extern const struct ipc_event_sink ipc_event_netlink;
int ipc_do_events(struct sk_buff *skb, struct genl_info *info);

#endif /* _IPCSTAT_NETLINK_COMMANDS_H */
