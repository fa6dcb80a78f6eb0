// SPDX-License-Identifier: GPL-2.0-only
/*
 * Reading the module's numbers over generic netlink, with libnl.
 *
 * Every question goes through nl_ask(): one request, its replies handed one by one
 * to a reader, until the kernel says that it is done. A dump that was cut by a
 * change is asked again.
 */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include <linux/genetlink.h>
#include <linux/netlink.h>
#include <netlink/genl/genl.h>
#include <netlink/netlink.h>

#include "private.h"

#define MAX_ERRNO 4095 /* the kernel's */

/* One question under way. */
struct question {
	struct nl *nl;
	reader_t reader;
	void *result;
	int err; /* the first thing that went wrong */
	bool done;
	bool interrupted; /* the dump is not consistent */
};

int nl_fail(struct nl *nl, int err, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(nl->error, sizeof(nl->error), fmt, ap);
	va_end(ap);
	nl->err = err;
	return err;
}

static int fail_absent(struct nl *nl)
{
	return nl_fail(
		nl, -ENODEV,
		"the ipcstat module is not loaded: run `modprobe ipcstat` or `ipcstat load`");
}

/* Stores why the kernel refused: its own text when it sent one. */
static void refused(struct question *q, int err, const char *text)
{
	if (err >= 0 || err < -MAX_ERRNO)
		err = -EPROTO;
	if (text)
		q->err = nl_fail(q->nl, err, "the ipcstat module says: %s (%s)%s", text,
				 strerror(-err), err == -EPERM ? ": run this as root" : "");
	else if (err == -ENOENT || err == -EPROTONOSUPPORT)
		/*
		 * No family of that number or name; or there is one, but its module is on
		 * its way out, so that no dump begins (try_module_get() in
		 * __netlink_dump_start()).
		 */
		q->err = fail_absent(q->nl);
	else
		q->err = nl_fail(q->nl, err, "the kernel refused the request: %s", strerror(-err));
}

/* The text among the extended acknowledgement's attributes, or NULL. */
static const char *extack_text(struct nlmsghdr *hdr, size_t skip)
{
	struct nla_policy policy[NLMSGERR_ATTR_MAX + 1] = {
		[NLMSGERR_ATTR_MSG] = { .type = NLA_STRING },
	};
	struct nlattr *tb[NLMSGERR_ATTR_MAX + 1];

	if (!(hdr->nlmsg_flags & NLM_F_ACK_TLVS) || skip > (size_t)nlmsg_datalen(hdr) ||
	    nlmsg_parse(hdr, (int)skip, tb, NLMSGERR_ATTR_MAX, policy) < 0)
		return NULL;
	return tb[NLMSGERR_ATTR_MSG] ? nla_get_string(tb[NLMSGERR_ATTR_MSG]) : NULL;
}

static int on_reply(struct nl_msg *msg, void *arg)
{
	struct question *q = arg;

	if (!q->err) {
		q->err = q->reader(nlmsg_hdr(msg), q->result);
		if (q->err == -ENOMEM)
			nl_fail(q->nl, q->err, "out of memory");
		else if (q->err)
			nl_fail(q->nl, q->err,
				"the ipcstat module sent what this program cannot read: "
				"use the module and the tools of one release");
	}
	return NL_OK; /* to the end, so that the next question finds no old answer */
}

static int on_error(struct sockaddr_nl *who, struct nlmsgerr *nlerr, void *arg)
{
	struct nlmsghdr *hdr = (struct nlmsghdr *)((char *)nlerr - NLMSG_HDRLEN);
	struct question *q = arg;
	size_t skip = sizeof(*nlerr);

	(void)who;
	if (!(hdr->nlmsg_flags & NLM_F_CAPPED))
		skip += nlerr->msg.nlmsg_len - sizeof(nlerr->msg);
	refused(q, nlerr->error, extack_text(hdr, skip));
	q->done = true;
	return NL_SKIP;
}

/* A dump ends in NLMSG_DONE, which carries an error number of its own. */
static int on_finish(struct nl_msg *msg, void *arg)
{
	struct nlmsghdr *hdr = nlmsg_hdr(msg);
	struct question *q = arg;
	int err = 0;

	if (nlmsg_datalen(hdr) >= (int)sizeof(err))
		memcpy(&err, nlmsg_data(hdr), sizeof(err));
	if (err < 0)
		refused(q, err, extack_text(hdr, sizeof(err)));
	q->done = true;
	return NL_OK;
}

static int on_ack(struct nl_msg *msg, void *arg)
{
	struct question *q = arg;

	(void)msg;
	q->done = true;
	return NL_OK;
}

static int on_interrupted(struct nl_msg *msg, void *arg)
{
	struct question *q = arg;

	(void)msg;
	q->interrupted = true;
	return NL_OK;
}

/* Sends msg and reads until the kernel is done with it. */
static int ask_once(struct question *q, struct nl_msg *msg)
{
	struct nl_cb *cb = nl_cb_alloc(NL_CB_DEFAULT);
	int err;

	if (!cb)
		return nl_fail(q->nl, -ENOMEM, "out of memory");
	nl_cb_err(cb, NL_CB_CUSTOM, on_error, q);
	nl_cb_set(cb, NL_CB_VALID, NL_CB_CUSTOM, on_reply, q);
	nl_cb_set(cb, NL_CB_FINISH, NL_CB_CUSTOM, on_finish, q);
	nl_cb_set(cb, NL_CB_ACK, NL_CB_CUSTOM, on_ack, q);
	nl_cb_set(cb, NL_CB_DUMP_INTR, NL_CB_CUSTOM, on_interrupted, q);

	err = nl_send_auto(q->nl->sock, msg);
	while (err >= 0 && !q->done)
		err = nl_recvmsgs(q->nl->sock, cb);
	if (err < 0)
		q->err = nl_fail(q->nl, -EIO, "netlink: %s", nl_geterror(err));
	nl_cb_put(cb);
	return q->err;
}

static int put_params(struct nl_msg *msg, const struct param *param)
{
	int err = 0;

	for (; param && param->attr && !err; param++) {
		switch (param->type) {
		case PARAM_STRING:
			err = nla_put_string(msg, param->attr, param->string);
			break;
		case PARAM_U32:
			err = nla_put_u32(msg, param->attr, (uint32_t)param->number);
			break;
		case PARAM_U64:
			err = nla_put_u64(msg, param->attr, param->number);
			break;
		}
	}
	return err;
}

int nl_ask(struct nl *nl, int family, int cmd, int flags, const struct param *params,
	   reader_t reader, void (*forget)(void *result), void *result)
{
	/* The kernel says yes to whatever is asked of number 0, and nothing else. */
	if (family == NO_FAMILY)
		return nl->err;
	for (int tries = 0; tries < DUMP_TRIES; tries++) {
		struct question q = { .nl = nl, .reader = reader, .result = result };
		struct nl_msg *msg = nlmsg_alloc();
		int err = -ENOMEM;

		if (!msg ||
		    !genlmsg_put(msg, NL_AUTO_PORT, NL_AUTO_SEQ, family, 0, flags, (uint8_t)cmd,
				 IPCSTAT_GENL_VERSION) ||
		    put_params(msg, params))
			nl_fail(nl, err, "out of memory");
		else
			err = ask_once(&q, msg);
		nlmsg_free(msg);
		if (!err && !q.interrupted)
			return 0;
		if (forget)
			forget(result);
		if (err)
			return err;
	}
	return nl_fail(nl, -EAGAIN, "the answer kept changing while it was read: try again");
}

/* ---- the family ---- */

struct family {
	uint16_t id;
	uint32_t version;
};

static int read_family(struct nlmsghdr *hdr, void *result)
{
	static struct nla_policy policy[CTRL_ATTR_MAX + 1] = {
		[CTRL_ATTR_FAMILY_ID] = { .type = NLA_U16 },
		[CTRL_ATTR_VERSION] = { .type = NLA_U32 },
	};
	struct nlattr *tb[CTRL_ATTR_MAX + 1];
	struct family *family = result;

	if (genlmsg_parse(hdr, 0, tb, CTRL_ATTR_MAX, policy) < 0 || !tb[CTRL_ATTR_FAMILY_ID] ||
	    !tb[CTRL_ATTR_VERSION])
		return -EPROTO;
	family->id = nla_get_u16(tb[CTRL_ATTR_FAMILY_ID]);
	if (family->id < NLMSG_MIN_TYPE)
		return -EPROTO;
	family->version = nla_get_u32(tb[CTRL_ATTR_VERSION]);
	return 0;
}

static struct nl out_of_memory = { .err = -ENOMEM, .error = "out of memory" };

int nl_open(struct nl **result)
{
	static const struct param name[] = {
		{ CTRL_ATTR_FAMILY_NAME, PARAM_STRING, IPCSTAT_GENL_NAME, 0 },
		{ 0 },
	};
	struct family family = { 0 };
	struct nl *nl;
	int err, one = 1;

	nl = calloc(1, sizeof(*nl));
	*result = nl ? nl : &out_of_memory;
	if (!nl)
		return -ENOMEM;
	nl->sock = nl_socket_alloc();
	if (!nl->sock)
		return nl_fail(nl, -ENOMEM, "out of memory");
	err = genl_connect(nl->sock);
	if (err < 0)
		return nl_fail(nl, -EIO, "cannot open a netlink socket: %s", nl_geterror(err));
	/* Without it there is no text in errors, and all else works. */
	setsockopt(nl_socket_get_fd(nl->sock), SOL_NETLINK, NETLINK_EXT_ACK, &one, sizeof(one));

	err = nl_ask(nl, GENL_ID_CTRL, CTRL_CMD_GETFAMILY, 0, name, read_family, NULL, &family);
	if (err)
		return err;
	if (family.version < IPCSTAT_GENL_VERSION)
		return nl_fail(nl, -EPROTO,
			       "the loaded ipcstat module is too old (protocol %u, this program "
			       "needs %u): unload it and load the one of this release",
			       family.version, IPCSTAT_GENL_VERSION);
	if (family.version > IPCSTAT_GENL_VERSION)
		return nl_fail(nl, -EPROTO,
			       "the loaded ipcstat module is too new (protocol %u, this program "
			       "knows %u): use the tools of the module's release",
			       family.version, IPCSTAT_GENL_VERSION);
	nl->family = family.id;
	return 0;
}

void nl_end(struct nl *nl)
{
	if (!nl || nl == &out_of_memory)
		return;
	nl_socket_free(nl->sock);
	nl_socket_free(nl->events);
	free(nl);
}

const char *nl_error(const struct nl *nl)
{
	return nl->error;
}

/* ---- replies ---- */

static struct nla_policy message_policy[IPCSTAT_A_MAX + 1] = {
	[IPCSTAT_A_VERSION] = { .type = NLA_STRING },
	[IPCSTAT_A_SINCE] = { .type = NLA_U64 },
	[IPCSTAT_A_BACKEND] = { .type = NLA_STRING },
	[IPCSTAT_A_HOOKS_ATTACHED] = { .type = NLA_U32 },
	[IPCSTAT_A_HOOKS_ALL] = { .type = NLA_U32 },
	[IPCSTAT_A_MISSED] = { .type = NLA_U64 },
	[IPCSTAT_A_LIMIT] = { .type = NLA_NESTED },
	[IPCSTAT_A_MECH] = { .type = NLA_STRING },
	[IPCSTAT_A_COUNTER] = { .type = NLA_NESTED },
	[IPCSTAT_A_SIGNAL] = { .type = NLA_U32 },
	[IPCSTAT_A_HOOK] = { .type = NLA_NESTED },
	[IPCSTAT_A_HIST] = { .type = NLA_NESTED },
	[IPCSTAT_A_BLOCKED] = { .type = NLA_NESTED },
	[IPCSTAT_A_START] = { .type = NLA_U32 },
	[IPCSTAT_A_NEXT] = { .type = NLA_U32 },
	[IPCSTAT_A_HIDDEN] = { .type = NLA_U64 },
	[IPCSTAT_A_MAX_FLOWS] = { .type = NLA_U32 },
	[IPCSTAT_A_USED] = { .type = NLA_U32 },
	[IPCSTAT_A_EVICTED] = { .type = NLA_U64 },
	[IPCSTAT_A_FLOW] = { .type = NLA_NESTED },
	[IPCSTAT_A_DIRECTION] = { .type = NLA_STRING },
	[IPCSTAT_A_OTHER] = { .type = NLA_FLAG },
	[IPCSTAT_A_MAX_EVENTS] = { .type = NLA_U32 },
	[IPCSTAT_A_GROUP_STATE] = { .type = NLA_NESTED },
	[IPCSTAT_A_GROUP] = { .type = NLA_STRING },
	[IPCSTAT_A_SEQ] = { .type = NLA_U64 },
	[IPCSTAT_A_SUPPRESSED] = { .type = NLA_U64 },
	[IPCSTAT_A_EVENT] = { .type = NLA_NESTED },
	[IPCSTAT_A_TOTAL] = { .type = NLA_NESTED },
	[IPCSTAT_A_QUOTA] = { .type = NLA_NESTED },
	[IPCSTAT_A_SHARE] = { .type = NLA_NESTED },
};

int nl_parse(struct nlmsghdr *hdr, struct nlattr **tb)
{
	return genlmsg_parse(hdr, 0, tb, IPCSTAT_A_MAX, message_policy) < 0 ? -EPROTO : 0;
}

int nl_copy_string(const struct nlattr *attr, char *buffer, size_t size)
{
	size_t len;

	if (!attr)
		return -EPROTO;
	len = strlen(nla_get_string(attr));
	if (len >= size)
		return -EPROTO;
	memcpy(buffer, nla_get_string(attr), len + 1);
	return 0;
}

int nl_dup_string(const struct nlattr *attr, char **result)
{
	if (!attr)
		return 0;
	*result = strdup(nla_get_string(attr));
	return *result ? 0 : -ENOMEM;
}

int nl_read_counter(const struct nlattr *nest, struct nl_counter *counter)
{
	static struct nla_policy policy[IPCSTAT_COUNTER_A_MAX + 1] = {
		[IPCSTAT_COUNTER_A_NAME] = { .type = NLA_STRING },
		[IPCSTAT_COUNTER_A_VALUE] = { .type = NLA_U64 },
		[IPCSTAT_COUNTER_A_UNKNOWN] = { .type = NLA_FLAG },
		[IPCSTAT_COUNTER_A_NONE] = { .type = NLA_FLAG },
		[IPCSTAT_COUNTER_A_GAUGE] = { .type = NLA_FLAG },
	};
	struct nlattr *tb[IPCSTAT_COUNTER_A_MAX + 1];

	if (nla_parse_nested(tb, IPCSTAT_COUNTER_A_MAX, (struct nlattr *)nest, policy) < 0)
		return -EPROTO;
	if (tb[IPCSTAT_COUNTER_A_VALUE]) {
		counter->kind = NL_VALUE;
		counter->value = nla_get_u64(tb[IPCSTAT_COUNTER_A_VALUE]);
	} else if (tb[IPCSTAT_COUNTER_A_UNKNOWN]) {
		counter->kind = NL_UNKNOWN;
	} else if (tb[IPCSTAT_COUNTER_A_NONE]) {
		counter->kind = NL_NONE;
	} else {
		return -EPROTO;
	}
	counter->gauge = tb[IPCSTAT_COUNTER_A_GAUGE];
	return nl_copy_string(tb[IPCSTAT_COUNTER_A_NAME], counter->name, sizeof(counter->name));
}

int nl_read_counters(struct nlmsghdr *hdr, int type, struct nl_counter **result, unsigned int *nr)
{
	struct nlattr *head = genlmsg_attrdata(genlmsg_hdr(hdr), 0);
	int rest, len = genlmsg_attrlen(genlmsg_hdr(hdr), 0);
	struct nl_counter *counter;
	struct nlattr *attr;
	unsigned int all = 0;

	nla_for_each_attr(attr, head, len, rest)
		all += nla_type(attr) == type;
	if (!all)
		return 0;
	counter = calloc(all, sizeof(*counter));
	if (!counter)
		return -ENOMEM;
	*result = counter;
	nla_for_each_attr(attr, head, len, rest) {
		int err;

		if (nla_type(attr) != type)
			continue;
		err = nl_read_counter(attr, counter++);
		if (err)
			return err;
		++*nr;
	}
	return 0;
}
