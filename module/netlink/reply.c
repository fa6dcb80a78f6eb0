// SPDX-License-Identifier: GPL-2.0-only
/*
 * What the commands of the netlink family share: who may ask, messages, replies and dumps.
 *
 * A dump's cursor is in cb->args[]: [0] the next row, signal, hook, note, flow or share; [1] is 0 for
 * all, or the number, plus one, of the only row or signal wanted, or of the row
 * whose hooks, sleepers or flows are; [2] is set when all is said of sleepers, flows or
 * shares.
 */
#include <linux/cred.h>
#include <linux/pid_namespace.h>
#include <net/genetlink.h>
#include <net/sock.h>

#include "reply.h"

static const struct genl_family *family;

void ipc_reply_init(const struct genl_family *of)
{
	family = of;
}

/* ---- what is asked for, and by whom ---- */

int ipc_find_row(const struct nlattr *attr)
{
	struct ipc_row *row;
	int nr;

	for (nr = 0; (row = ipc_row_get(nr)); nr++)
		if (!nla_strcmp(attr, row->name))
			return nr;
	return -1;
}

/*
 * The family is no way around the file's mode: where others may not read the file, it
 * answers nobody but CAP_SYS_ADMIN, whatever is asked. The sender and who has opened
 * the socket must have it.
 */
static int check_reader(const struct sk_buff *request, struct netlink_ext_ack *extack)
{
	if (ipc_proc_mode & 0004 || netlink_capable(request, CAP_SYS_ADMIN))
		return 0;
	NL_SET_ERR_MSG(extack, "its proc_mode lets only those read who have CAP_SYS_ADMIN");
	return -EPERM;
}

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

/* ---- messages ---- */

void *ipc_header(struct sk_buff *skb, u32 portid, u32 seq, int flags, u8 cmd)
{
	return genlmsg_put(skb, portid, seq, family, flags, cmd);
}

void *ipc_dump_header(struct sk_buff *skb, struct netlink_callback *cb, u8 cmd)
{
	return ipc_header(skb, NETLINK_CB(cb->skb).portid, cb->nlh->nlmsg_seq, NLM_F_MULTI, cmd);
}

/*
 * Put message number @nr of a command. Return: 0; -EMSGSIZE where it does not fit
 * (then nothing is left of it in the skb); -ENODATA where there is no such number.
 */
static int put_message(struct sk_buff *skb, void *hdr, ipc_put_t *put, unsigned int nr)
{
	int err;

	if (!hdr)
		return -EMSGSIZE;
	err = put(skb, nr);
	if (err)
		genlmsg_cancel(skb, hdr);
	else
		genlmsg_end(skb, hdr);
	return err;
}

bool ipc_has_listeners(enum ipc_group group)
{
	return genl_has_listeners(family, &init_net, group);
}

void ipc_multicast(struct sk_buff *skb, enum ipc_group group)
{
	genlmsg_multicast(family, skb, 0, group, GFP_KERNEL);
}

/* ---- replies ---- */

struct sk_buff *ipc_reply_new(const struct sk_buff *request, struct genl_info *info)
{
	struct sk_buff *skb;
	int err;

	ipc_hooks_check();
	err = check_reader(request, info->extack);
	if (err)
		return ERR_PTR(err);
	skb = genlmsg_new(NLMSG_DEFAULT_SIZE, GFP_KERNEL);
	if (!skb) {
		NL_SET_ERR_MSG(info->extack, "not enough memory for the reply");
		return ERR_PTR(-ENOMEM);
	}
	return skb;
}

int ipc_reply_send(struct sk_buff *skb, struct genl_info *info, ipc_put_t *put, unsigned int nr)
{
	void *hdr = ipc_header(skb, info->snd_portid, info->snd_seq, 0, info->genlhdr->cmd);
	int err = put_message(skb, hdr, put, nr);

	if (err) {
		NL_SET_ERR_MSG(info->extack, "the reply does not fit a message");
		nlmsg_free(skb);
		return err;
	}
	return genlmsg_reply(skb, info);
}

int ipc_reply(const struct sk_buff *request, struct genl_info *info, ipc_put_t *put, unsigned int nr)
{
	struct sk_buff *skb = ipc_reply_new(request, info);

	return IS_ERR(skb) ? PTR_ERR(skb) : ipc_reply_send(skb, info, put, nr);
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
	int err = check_reader(cb->skb, cb->extack);

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

int ipc_dump(struct sk_buff *skb, struct netlink_callback *cb, ipc_put_t *put,
	     bool (*wanted)(const struct ipc_row *row, unsigned int nr))
{
	u8 cmd = ((struct genlmsghdr *)nlmsg_data(cb->nlh))->cmd;
	int err = 0;

	for (; !err; cb->args[0]++) {
		if (cb->args[1] && !wanted && cb->args[0] == cb->args[1])
			return 0;
		if (cb->args[1] && wanted && !wanted(ipc_row_get(cb->args[1] - 1), cb->args[0]))
			continue;
		err = put_message(skb, ipc_dump_header(skb, cb, cmd), put, cb->args[0]);
		if (err)
			break;
	}
	if (err == -ENODATA)
		return 0;
	/* Full: go on here with the next skb. One message that fits none is an error. */
	return skb->len ?: err;
}
