/* SPDX-License-Identifier: GPL-2.0-only */
/* What the commands of the netlink family share. */
#ifndef _IPCSTAT_NETLINK_H
#define _IPCSTAT_NETLINK_H

#include <linux/pid_namespace.h>
#include <net/genetlink.h>

#include "read.h"
#include "uapi/ipcstat.h"

/* Before the family is registered: it is @family that all of this is of. */
void ipc_reply_init(const struct genl_family *family);

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

/* The sender of a dump's request, who is the current task. */
void ipc_reader_init(struct ipc_reader *reader, struct netlink_callback *cb);
/* Whether it is a user's own process; its namespace is not looked at. */
bool ipc_reader_owns(const struct ipc_reader *reader, const struct ipc_access *access);
/* Whether it may see a task. May sleep. */
bool ipc_reader_may_see(const struct ipc_reader *reader, struct task_struct *task);

/* The number of the row that MECH names, or -1. */
int ipc_find_row(const struct nlattr *attr);

/* A number, as an attribute of the first level. */
int ipc_put_u64(struct sk_buff *skb, int attr, u64 value);
/* A nest of a name and a value: known, unknown, or none. */
int ipc_put_value(struct sk_buff *skb, int attr, const char *name,
		  const struct ipc_value *value, bool gauge);

/* The header of a message; NULL: there is no room. */
void *ipc_header(struct sk_buff *skb, u32 portid, u32 seq, int flags, u8 cmd);
/* The same, of one message of a dump. */
void *ipc_dump_header(struct sk_buff *skb, struct netlink_callback *cb, u8 cmd);

/* Puts message number @nr of a command. -ENODATA: there is no such number. */
typedef int ipc_put_t(struct sk_buff *skb, unsigned int nr);

/* Answers a do with message number @nr of its command. */
int ipc_reply(const struct sk_buff *request, struct genl_info *info, ipc_put_t *put,
	      unsigned int nr);
/*
 * The same in two steps, where something is changed in between, which must not be refused
 * afterwards for want of memory. Return: an empty message, or an ERR_PTR().
 */
struct sk_buff *ipc_reply_new(const struct sk_buff *request, struct genl_info *info);
/* Fills and sends it; it is freed if that fails. */
int ipc_reply_send(struct sk_buff *skb, struct genl_info *info, ipc_put_t *put, unsigned int nr);

/* Before a dump: whether the sender may read, and the socket has room for all of it. */
int ipc_dump_start(struct netlink_callback *cb);
/*
 * A dump of all messages of a command. Where MECH was given: of the one with that row's number, or
 * of those that are @wanted for that row.
 */
int ipc_dump(struct sk_buff *skb, struct netlink_callback *cb, ipc_put_t *put,
	     bool (*wanted)(const struct ipc_row *row, unsigned int nr));

/* Whether anybody listens to a group of the family. From any context but an NMI. */
bool ipc_has_listeners(enum ipc_group group);
/* Sends a message to those who listen to a group. It is freed. */
void ipc_multicast(struct sk_buff *skb, enum ipc_group group);

#endif /* _IPCSTAT_NETLINK_H */
