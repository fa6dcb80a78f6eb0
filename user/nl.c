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

#include "nl_private.h"

#define DUMP_TRIES 10
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
	else if (err == -ENOENT)
		q->err = fail_absent(q->nl); /* no family of that number or name */
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

/* All nests of one type in a message. */
static int read_counters(struct nlmsghdr *hdr, int type, struct nl_counter **result,
			 unsigned int *nr)
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

static int read_row(struct nlmsghdr *hdr, void *result)
{
	struct nlattr *tb[IPCSTAT_A_MAX + 1];
	struct nl_rows *rows = result;
	struct nl_row *row;
	int err;

	err = nl_parse(hdr, tb);
	if (err)
		return err;
	row = reallocarray(rows->row, rows->nr + 1, sizeof(*row));
	if (!row)
		return -ENOMEM;
	rows->row = row;
	row += rows->nr++;
	memset(row, 0, sizeof(*row));
	if (tb[IPCSTAT_A_SIGNAL]) {
		row->signal = nla_get_u32(tb[IPCSTAT_A_SIGNAL]);
		snprintf(row->name, sizeof(row->name), "%u", row->signal);
	} else {
		err = nl_copy_string(tb[IPCSTAT_A_MECH], row->name, sizeof(row->name));
		if (err)
			return err;
	}
	return read_counters(hdr, IPCSTAT_A_COUNTER, &row->counter, &row->nr);
}

static int read_info(struct nlmsghdr *hdr, void *result)
{
	struct nlattr *tb[IPCSTAT_A_MAX + 1];
	struct nl_info *info = result;
	int err;

	/* There is one of it. */
	if (info->limit || nl_parse(hdr, tb) ||
	    nl_copy_string(tb[IPCSTAT_A_VERSION], info->version, sizeof(info->version)) ||
	    nl_copy_string(tb[IPCSTAT_A_BACKEND], info->backend, sizeof(info->backend)) ||
	    !tb[IPCSTAT_A_SINCE] || !tb[IPCSTAT_A_HOOKS_ATTACHED] || !tb[IPCSTAT_A_HOOKS_ALL] ||
	    !tb[IPCSTAT_A_MISSED])
		return -EPROTO;
	info->since = nla_get_u64(tb[IPCSTAT_A_SINCE]);
	info->hooks_attached = nla_get_u32(tb[IPCSTAT_A_HOOKS_ATTACHED]);
	info->hooks_all = nla_get_u32(tb[IPCSTAT_A_HOOKS_ALL]);
	info->missed = nla_get_u64(tb[IPCSTAT_A_MISSED]);
	err = read_counters(hdr, IPCSTAT_A_LIMIT, &info->limit, &info->nr_limits);
	return err ? err : read_counters(hdr, IPCSTAT_A_QUOTA, &info->quota, &info->nr_quotas);
}

/* A copy of a string attribute; without one *result stays NULL. */
static int copy_string(const struct nlattr *attr, char **result)
{
	if (!attr)
		return 0;
	*result = strdup(nla_get_string(attr));
	return *result ? 0 : -ENOMEM;
}

/* The names of the rows that a hook feeds, with commas between. */
static int read_feeds(const struct nlattr *nest, char **result)
{
	struct nlattr *attr;
	size_t size = 1;
	char *end;
	int rest;

	nla_for_each_nested(attr, nest, rest)
		if (nla_type(attr) == IPCSTAT_HOOK_A_FEEDS)
			size += (size_t)nla_len(attr) + 1;
	*result = end = calloc(1, size);
	if (!end)
		return -ENOMEM;
	nla_for_each_nested(attr, nest, rest)
		if (nla_type(attr) == IPCSTAT_HOOK_A_FEEDS)
			end += sprintf(end, "%s%.*s", end == *result ? "" : ",", nla_len(attr),
				       nla_get_string(attr));
	return 0;
}

static int read_hook(struct nlmsghdr *hdr, void *result)
{
	static struct nla_policy policy[IPCSTAT_HOOK_A_MAX + 1] = {
		[IPCSTAT_HOOK_A_NAME] = { .type = NLA_STRING },
		[IPCSTAT_HOOK_A_KIND] = { .type = NLA_STRING },
		[IPCSTAT_HOOK_A_STATE] = { .type = NLA_STRING },
		[IPCSTAT_HOOK_A_SYMBOL] = { .type = NLA_STRING },
		[IPCSTAT_HOOK_A_REASON] = { .type = NLA_STRING },
		[IPCSTAT_HOOK_A_MISSED] = { .type = NLA_U64 },
		[IPCSTAT_HOOK_A_FEEDS] = { .type = NLA_STRING },
		[IPCSTAT_HOOK_A_ARGS] = { .type = NLA_U32 },
	};
	struct nlattr *message[IPCSTAT_A_MAX + 1], *tb[IPCSTAT_HOOK_A_MAX + 1];
	struct nl_hooks *hooks = result;
	struct nl_hook *hook;

	if (nl_parse(hdr, message) || !message[IPCSTAT_A_HOOK] ||
	    nla_parse_nested(tb, IPCSTAT_HOOK_A_MAX, message[IPCSTAT_A_HOOK], policy) < 0 ||
	    !tb[IPCSTAT_HOOK_A_NAME] || !tb[IPCSTAT_HOOK_A_KIND] || !tb[IPCSTAT_HOOK_A_STATE] ||
	    !tb[IPCSTAT_HOOK_A_MISSED])
		return -EPROTO;
	hook = reallocarray(hooks->hook, hooks->nr + 1, sizeof(*hook));
	if (!hook)
		return -ENOMEM;
	hooks->hook = hook;
	hook += hooks->nr++;
	memset(hook, 0, sizeof(*hook));
	hook->missed = nla_get_u64(tb[IPCSTAT_HOOK_A_MISSED]);
	if (tb[IPCSTAT_HOOK_A_ARGS])
		hook->args = nla_get_u32(tb[IPCSTAT_HOOK_A_ARGS]);
	if (copy_string(tb[IPCSTAT_HOOK_A_NAME], &hook->name) ||
	    copy_string(tb[IPCSTAT_HOOK_A_KIND], &hook->kind) ||
	    copy_string(tb[IPCSTAT_HOOK_A_STATE], &hook->state) ||
	    copy_string(tb[IPCSTAT_HOOK_A_SYMBOL], &hook->symbol) ||
	    copy_string(tb[IPCSTAT_HOOK_A_REASON], &hook->reason) ||
	    read_feeds(message[IPCSTAT_A_HOOK], &hook->feeds))
		return -ENOMEM;
	return 0;
}

static int read_hist(const struct nlattr *nest, struct nl_hist *hist)
{
	static struct nla_policy policy[IPCSTAT_HIST_A_MAX + 1] = {
		[IPCSTAT_HIST_A_NAME] = { .type = NLA_STRING },
		[IPCSTAT_HIST_A_UNIT] = { .type = NLA_STRING },
		[IPCSTAT_HIST_A_BUCKETS] = { .type = NLA_UNSPEC },
		[IPCSTAT_HIST_A_LONGEST] = { .type = NLA_U64 },
		[IPCSTAT_HIST_A_UNKNOWN] = { .type = NLA_FLAG },
		[IPCSTAT_HIST_A_NONE] = { .type = NLA_FLAG },
	};
	struct nlattr *tb[IPCSTAT_HIST_A_MAX + 1];
	const struct nlattr *buckets;

	if (nla_parse_nested(tb, IPCSTAT_HIST_A_MAX, (struct nlattr *)nest, policy) < 0 ||
	    nl_copy_string(tb[IPCSTAT_HIST_A_NAME], hist->name, sizeof(hist->name)) ||
	    nl_copy_string(tb[IPCSTAT_HIST_A_UNIT], hist->unit, sizeof(hist->unit)))
		return -EPROTO;
	hist->has_longest = tb[IPCSTAT_HIST_A_LONGEST];
	if (hist->has_longest)
		hist->longest = nla_get_u64(tb[IPCSTAT_HIST_A_LONGEST]);
	buckets = tb[IPCSTAT_HIST_A_BUCKETS];
	if (!buckets) {
		hist->kind = tb[IPCSTAT_HIST_A_NONE] ? NL_NONE : NL_UNKNOWN;
		return 0;
	}
	if ((size_t)nla_len(buckets) > sizeof(hist->bucket) ||
	    (size_t)nla_len(buckets) % sizeof(hist->bucket[0]))
		return -EPROTO;
	hist->kind = NL_VALUE;
	hist->nr = (unsigned int)((size_t)nla_len(buckets) / sizeof(hist->bucket[0]));
	memcpy(hist->bucket, nla_data(buckets), (size_t)nla_len(buckets));
	return 0;
}

static int read_hists(struct nlmsghdr *hdr, void *result)
{
	struct nlattr *head = genlmsg_attrdata(genlmsg_hdr(hdr), 0);
	int rest, len = genlmsg_attrlen(genlmsg_hdr(hdr), 0);
	struct nlattr *attr, *tb[IPCSTAT_A_MAX + 1];
	struct nl_hists *hists = result;
	struct nl_hist_row *row;
	int err;

	err = nl_parse(hdr, tb);
	if (err)
		return err;
	row = reallocarray(hists->row, hists->nr + 1, sizeof(*row));
	if (!row)
		return -ENOMEM;
	hists->row = row;
	row += hists->nr++;
	memset(row, 0, sizeof(*row));
	err = nl_copy_string(tb[IPCSTAT_A_MECH], row->name, sizeof(row->name));
	nla_for_each_attr(attr, head, len, rest) {
		struct nl_hist *hist;

		if (err || nla_type(attr) != IPCSTAT_A_HIST)
			continue;
		hist = reallocarray(row->hist, row->nr + 1, sizeof(*hist));
		if (!hist)
			return -ENOMEM;
		row->hist = hist;
		hist += row->nr++;
		memset(hist, 0, sizeof(*hist));
		err = read_hist(attr, hist);
	}
	return err;
}

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

/* ---- flows ---- */

static int read_flow_identity(const struct nlattr *nest, struct nl_flow *flow)
{
	static struct nla_policy policy[IPCSTAT_FLOW_A_MAX + 1] = {
		[IPCSTAT_FLOW_A_MECH] = { .type = NLA_STRING },
		[IPCSTAT_FLOW_A_DIRECTION] = { .type = NLA_STRING },
		[IPCSTAT_FLOW_A_PID] = { .type = NLA_U32 },
		[IPCSTAT_FLOW_A_COMM] = { .type = NLA_STRING },
		[IPCSTAT_FLOW_A_EXITED] = { .type = NLA_FLAG },
		[IPCSTAT_FLOW_A_START_NS] = { .type = NLA_U64 },
		[IPCSTAT_FLOW_A_UID] = { .type = NLA_U32 },
		[IPCSTAT_FLOW_A_CGROUP] = { .type = NLA_U64 },
		[IPCSTAT_FLOW_A_ID] = { .type = NLA_U64 },
		[IPCSTAT_FLOW_A_SPACE] = { .type = NLA_U32 },
		[IPCSTAT_FLOW_A_FILE] = { .type = NLA_U64 },
		[IPCSTAT_FLOW_A_DEV] = { .type = NLA_U32 },
		[IPCSTAT_FLOW_A_OFFSET] = { .type = NLA_U64 },
		[IPCSTAT_FLOW_A_FIRST_NS] = { .type = NLA_U64 },
		[IPCSTAT_FLOW_A_LAST_NS] = { .type = NLA_U64 },
	};
	struct nlattr *tb[IPCSTAT_FLOW_A_MAX + 1];

	if (nla_parse_nested(tb, IPCSTAT_FLOW_A_MAX, (struct nlattr *)nest, policy) < 0 ||
	    nl_copy_string(tb[IPCSTAT_FLOW_A_MECH], flow->mech, sizeof(flow->mech)) ||
	    nl_copy_string(tb[IPCSTAT_FLOW_A_DIRECTION], flow->direction,
			   sizeof(flow->direction)) ||
	    nl_copy_string(tb[IPCSTAT_FLOW_A_COMM], flow->comm, sizeof(flow->comm)) ||
	    !tb[IPCSTAT_FLOW_A_PID] || !tb[IPCSTAT_FLOW_A_START_NS] || !tb[IPCSTAT_FLOW_A_CGROUP] ||
	    !tb[IPCSTAT_FLOW_A_FIRST_NS] || !tb[IPCSTAT_FLOW_A_LAST_NS] ||
	    !tb[IPCSTAT_FLOW_A_ID] != !tb[IPCSTAT_FLOW_A_SPACE] ||
	    !tb[IPCSTAT_FLOW_A_FILE] != !tb[IPCSTAT_FLOW_A_DEV] ||
	    !tb[IPCSTAT_FLOW_A_FILE] != !tb[IPCSTAT_FLOW_A_OFFSET])
		return -EPROTO;
	flow->pid = nla_get_u32(tb[IPCSTAT_FLOW_A_PID]);
	flow->start_ns = nla_get_u64(tb[IPCSTAT_FLOW_A_START_NS]);
	flow->cgroup = nla_get_u64(tb[IPCSTAT_FLOW_A_CGROUP]);
	flow->first_ns = nla_get_u64(tb[IPCSTAT_FLOW_A_FIRST_NS]);
	flow->last_ns = nla_get_u64(tb[IPCSTAT_FLOW_A_LAST_NS]);
	flow->exited = tb[IPCSTAT_FLOW_A_EXITED];
	flow->has_uid = tb[IPCSTAT_FLOW_A_UID];
	if (flow->has_uid)
		flow->uid = nla_get_u32(tb[IPCSTAT_FLOW_A_UID]);
	flow->has_id = tb[IPCSTAT_FLOW_A_ID];
	if (flow->has_id) {
		flow->id = nla_get_u64(tb[IPCSTAT_FLOW_A_ID]);
		flow->space = nla_get_u32(tb[IPCSTAT_FLOW_A_SPACE]);
	}
	flow->has_file = tb[IPCSTAT_FLOW_A_FILE];
	if (flow->has_file) {
		flow->file = nla_get_u64(tb[IPCSTAT_FLOW_A_FILE]);
		flow->dev = nla_get_u32(tb[IPCSTAT_FLOW_A_DEV]);
		flow->offset = nla_get_u64(tb[IPCSTAT_FLOW_A_OFFSET]);
	}
	return 0;
}

const char *const nl_flow_value_names[NL_FLOW_VALUES] = {
	[NL_OPS] = "ops",     [NL_BYTES] = "bytes",     [NL_COPIED] = "copied",
	[NL_WAITS] = "waits", [NL_WAIT_NS] = "wait_ns", [NL_FAILS] = "fails",
};

/* The values, by their names; one that is not sent, or of another name, is skipped. */
static int read_flow_values(struct nlmsghdr *hdr, struct nl_flow *flow)
{
	struct nl_counter *counter = NULL;
	unsigned int nr = 0;
	int err;

	for (unsigned int i = 0; i < NL_FLOW_VALUES; i++)
		flow->value[i].kind = NL_UNKNOWN;
	err = read_counters(hdr, IPCSTAT_A_COUNTER, &counter, &nr);
	for (unsigned int i = 0; !err && i < nr; i++)
		for (unsigned int j = 0; j < NL_FLOW_VALUES; j++)
			if (!strcmp(counter[i].name, nl_flow_value_names[j]))
				flow->value[j] = counter[i];
	free(counter);
	return err;
}

/* A flow; or a sum of others; or how it goes on. */
static int read_flow(struct nlmsghdr *hdr, void *result)
{
	struct nlattr *tb[IPCSTAT_A_MAX + 1];
	struct nl_flows *flows = result;
	struct nl_flow *flow;
	int err;

	err = nl_parse(hdr, tb);
	if (err)
		return err;
	if (tb[IPCSTAT_A_EVICTED])
		flows->evicted = nla_get_u64(tb[IPCSTAT_A_EVICTED]);
	if (tb[IPCSTAT_A_NEXT])
		flows->next = nla_get_u32(tb[IPCSTAT_A_NEXT]);
	if (!tb[IPCSTAT_A_FLOW] && !tb[IPCSTAT_A_OTHER])
		return 0;
	if (flows->nr == flows->room) {
		unsigned int room = flows->room ? 2 * flows->room : 64;

		flow = reallocarray(flows->flow, room, sizeof(*flow));
		if (!flow)
			return -ENOMEM;
		flows->flow = flow;
		flows->room = room;
	}
	flow = &flows->flow[flows->nr++];
	memset(flow, 0, sizeof(*flow));
	flow->other = !tb[IPCSTAT_A_FLOW];
	if (tb[IPCSTAT_A_FLOW])
		err = read_flow_identity(tb[IPCSTAT_A_FLOW], flow);
	else
		err = nl_copy_string(tb[IPCSTAT_A_MECH], flow->mech, sizeof(flow->mech))
			      ?: nl_copy_string(tb[IPCSTAT_A_DIRECTION], flow->direction,
						sizeof(flow->direction));
	return err ? err : read_flow_values(hdr, flow);
}

static int read_flow_state(struct nlmsghdr *hdr, void *result)
{
	struct nlattr *tb[IPCSTAT_A_MAX + 1];
	struct nl_flow_state *state = result;

	if (nl_parse(hdr, tb) || !tb[IPCSTAT_A_MAX_FLOWS] || !tb[IPCSTAT_A_USED] ||
	    !tb[IPCSTAT_A_EVICTED])
		return -EPROTO;
	state->max = nla_get_u32(tb[IPCSTAT_A_MAX_FLOWS]);
	state->used = nla_get_u32(tb[IPCSTAT_A_USED]);
	state->evicted = nla_get_u64(tb[IPCSTAT_A_EVICTED]);
	return 0;
}

/* ---- questions ---- */

static void forget_rows(void *rows)
{
	nl_free_rows(rows);
}

static void forget_hooks(void *hooks)
{
	nl_free_hooks(hooks);
}

static void forget_hists(void *hists)
{
	nl_free_hists(hists);
}

static void forget_info(void *info)
{
	nl_free_info(info);
}

int nl_get_info(struct nl *nl, struct nl_info *info)
{
	memset(info, 0, sizeof(*info));
	return nl_ask(nl, nl->family, IPCSTAT_CMD_INFO, 0, NULL, read_info, forget_info, info);
}

int nl_get_rows(struct nl *nl, const char *mech, struct nl_rows *rows)
{
	const struct param only[] = { { IPCSTAT_A_MECH, PARAM_STRING, mech, 0 }, { 0 } };

	memset(rows, 0, sizeof(*rows));
	return nl_ask(nl, nl->family, IPCSTAT_CMD_ROW, mech ? 0 : NLM_F_DUMP, mech ? only : NULL,
		      read_row, forget_rows, rows);
}

int nl_get_signals(struct nl *nl, struct nl_rows *rows)
{
	memset(rows, 0, sizeof(*rows));
	return nl_ask(nl, nl->family, IPCSTAT_CMD_SIGNAL, NLM_F_DUMP, NULL, read_row, forget_rows,
		      rows);
}

int nl_get_hooks(struct nl *nl, struct nl_hooks *hooks)
{
	memset(hooks, 0, sizeof(*hooks));
	return nl_ask(nl, nl->family, IPCSTAT_CMD_HOOK, NLM_F_DUMP, NULL, read_hook, forget_hooks,
		      hooks);
}

int nl_get_hists(struct nl *nl, struct nl_hists *hists)
{
	memset(hists, 0, sizeof(*hists));
	return nl_ask(nl, nl->family, IPCSTAT_CMD_HIST, NLM_F_DUMP, NULL, read_hists, forget_hists,
		      hists);
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

int nl_get_flow_state(struct nl *nl, struct nl_flow_state *state)
{
	memset(state, 0, sizeof(*state));
	return nl_ask(nl, nl->family, IPCSTAT_CMD_FLOWS, 0, NULL, read_flow_state, NULL, state);
}

int nl_set_flows(struct nl *nl, uint32_t max, struct nl_flow_state *state)
{
	const struct param params[] = { { IPCSTAT_A_MAX_FLOWS, PARAM_U32, NULL, max }, { 0 } };

	memset(state, 0, sizeof(*state));
	return nl_ask(nl, nl->family, IPCSTAT_CMD_FLOWS, 0, params, read_flow_state, NULL, state);
}

/* All parts of a dump; what was evicted meanwhile may be in it twice: then it is asked again. */
static int get_flows_once(struct nl *nl, const struct nl_flow_filter *filter,
			  struct nl_flows *flows)
{
	struct param params[6] = { { IPCSTAT_A_START, PARAM_U32, NULL, 0 } };
	unsigned int nr = 1;
	uint64_t evicted = 0;
	bool first = true;
	int err;

	memset(flows, 0, sizeof(*flows));
	if (filter->mech)
		params[nr++] = (struct param){ IPCSTAT_A_MECH, PARAM_STRING, filter->mech, 0 };
	if (filter->pid)
		params[nr++] = (struct param){ IPCSTAT_A_PID, PARAM_U32, NULL, filter->pid };
	if (filter->id)
		params[nr++] = (struct param){ IPCSTAT_A_ID, PARAM_U64, NULL, filter->id };
	if (filter->bytes)
		params[nr++] = (struct param){ IPCSTAT_A_BYTES, PARAM_U64, NULL, filter->bytes };
	do {
		params[0].number = flows->next;
		flows->next = 0;
		err = nl_ask(nl, nl->family, IPCSTAT_CMD_FLOW, NLM_F_DUMP, params, read_flow, NULL,
			     flows);
		if (!first && flows->evicted != evicted)
			flows->changed = true;
		evicted = flows->evicted;
		first = false;
	} while (!err && flows->next > params[0].number);
	return err;
}

int nl_get_flows(struct nl *nl, const struct nl_flow_filter *filter, struct nl_flows *flows)
{
	int err = 0;

	for (int tries = 0; tries < DUMP_TRIES; tries++) {
		err = get_flows_once(nl, filter, flows);
		if (!err && !flows->changed)
			break;
		if (err || tries + 1 < DUMP_TRIES)
			nl_free_flows(flows);
		if (err)
			break;
	}
	return err;
}

void nl_free_flows(struct nl_flows *flows)
{
	free(flows->flow);
	memset(flows, 0, sizeof(*flows));
}

void nl_free_info(struct nl_info *info)
{
	free(info->limit);
	free(info->quota);
	memset(info, 0, sizeof(*info));
}

void nl_free_rows(struct nl_rows *rows)
{
	for (unsigned int i = 0; i < rows->nr; i++)
		free(rows->row[i].counter);
	free(rows->row);
	memset(rows, 0, sizeof(*rows));
}

void nl_free_hooks(struct nl_hooks *hooks)
{
	for (unsigned int i = 0; i < hooks->nr; i++) {
		struct nl_hook *hook = &hooks->hook[i];

		free(hook->name);
		free(hook->kind);
		free(hook->state);
		free(hook->symbol);
		free(hook->reason);
		free(hook->feeds);
	}
	free(hooks->hook);
	memset(hooks, 0, sizeof(*hooks));
}

void nl_free_sleepers(struct nl_sleepers *sleepers)
{
	free(sleepers->task);
	memset(sleepers, 0, sizeof(*sleepers));
}

void nl_free_hists(struct nl_hists *hists)
{
	for (unsigned int i = 0; i < hists->nr; i++)
		free(hists->row[i].hist);
	free(hists->row);
	memset(hists, 0, sizeof(*hists));
}

const struct nl_row *nl_find_row(const struct nl_rows *rows, const char *name)
{
	for (unsigned int i = 0; i < rows->nr; i++)
		if (!strcmp(rows->row[i].name, name))
			return &rows->row[i];
	return NULL;
}

const struct nl_counter *nl_find_in(const struct nl_counter *counter, unsigned int nr,
				    const char *name)
{
	for (unsigned int i = 0; i < nr; i++)
		if (!strcmp(counter[i].name, name))
			return &counter[i];
	return NULL;
}

const struct nl_counter *nl_find_counter(const struct nl_row *row, const char *name)
{
	return nl_find_in(row->counter, row->nr, name);
}
