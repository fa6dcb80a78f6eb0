/* SPDX-License-Identifier: GPL-2.0-only */
/* What the commands of the netlink family share. See family.c. */
#ifndef _IPCSTAT_NETLINK_H
#define _IPCSTAT_NETLINK_H

#include <linux/pid_namespace.h>
#include <net/genetlink.h>

#include "ipcstat.h"
#include "uapi/ipcstat.h"

extern struct genl_family ipc_family;

/*
 * What fits one skb ends with the request (ipc_dump_start()), and readers bring a buffer
 * of 32 KiB (netlink_dump()).
 */
#define IPC_DUMP_SIZE	SKB_WITH_OVERHEAD(32768)

/*
 * The sender of a request. ipcstat(5) says which tasks it may see. The process that has opened
 * the socket must be allowed to, too: it may have passed the socket to a set-user-ID program.
 * @sees_all: all tasks, by CAP_SYS_PTRACE
 * @sees_own: both have the same user and group, @euid and @egid
 */
struct ipc_reader {
	struct pid_namespace *pid_ns;
	kuid_t euid;
	kgid_t egid;
	bool sees_all, sees_own;
};

void ipc_reader_init(struct ipc_reader *reader, struct netlink_callback *cb);
/* Whether it is a user's own process; its namespace is not looked at. */
bool ipc_reader_owns(const struct ipc_reader *reader, const struct ipc_access *access);
/* May sleep. */
bool ipc_reader_may_see(const struct ipc_reader *reader, struct task_struct *task);

/* Before a dump: whether the sender may read, and the socket has room for all of it. */
int ipc_dump_start(struct netlink_callback *cb);

int ipc_put_u64(struct sk_buff *skb, int attr, u64 value);
int ipc_put_value(struct sk_buff *skb, int attr, const char *name,
		  const struct ipc_value *value, bool gauge);

/*
 * Answers a do with message number @nr of its command; in two steps where it changes something
 * in between, which must not be refused afterwards for want of memory.
 */
struct sk_buff *ipc_reply_new(const struct sk_buff *request, struct genl_info *info);
int ipc_reply_send(struct sk_buff *skb, struct genl_info *info, unsigned int nr);
int ipc_reply(const struct sk_buff *request, struct genl_info *info, unsigned int nr);

/* The commands of flows (flow.c). */
int ipc_put_flows(struct sk_buff *skb);
int ipc_do_flows(struct sk_buff *skb, struct genl_info *info);
int ipc_dump_flows(struct sk_buff *skb, struct netlink_callback *cb);

/* The command SHARE (share.c). */
int ipc_dump_shares(struct sk_buff *skb, struct netlink_callback *cb);

/* Groups and events (event.c). */
extern const struct genl_multicast_group ipc_mcgrps[IPC_GROUPS];
int ipc_put_events(struct sk_buff *skb);
int ipc_do_events(struct sk_buff *skb, struct genl_info *info);
bool ipc_group_has_listeners(enum ipc_group group);
/*
 * Send one message to a group: of @event (NULL: none), of @flows where it is the end of a
 * process, and that so many were suppressed. May sleep; only while the family is there.
 * Return: 0, also where a listener had no room; a negative errno if there is no message.
 */
int ipc_send_event(enum ipc_group group, const struct ipc_event *event,
		   const struct ipc_process_flows *flows, u64 seq, u64 suppressed);

#endif /* _IPCSTAT_NETLINK_H */
