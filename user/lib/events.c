// SPDX-License-Identifier: GPL-2.0-only
/* Listening to the module's multicast groups. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include <linux/genetlink.h>
#include <netlink/genl/genl.h>

#include "private.h"

#define RCVBUF (8 << 20)

/* ---- groups ---- */

struct nl_group *nl_find_group(const struct nl_groups *groups, const char *name)
{
	for (unsigned int i = 0; i < groups->nr; i++)
		if (!strcmp(groups->group[i].name, name))
			return &groups->group[i];
	return NULL;
}

/* A group that is there already keeps what we know of it. */
static int read_group(const struct nlattr *nest, struct nl_groups *groups)
{
	static struct nla_policy policy[IPCSTAT_GROUP_A_MAX + 1] = {
		[IPCSTAT_GROUP_A_NAME] = { .type = NLA_STRING },
		[IPCSTAT_GROUP_A_SENT] = { .type = NLA_U64 },
		[IPCSTAT_GROUP_A_SUPPRESSED] = { .type = NLA_U64 },
		[IPCSTAT_GROUP_A_WAIT_NS] = { .type = NLA_U64 },
	};
	struct nlattr *tb[IPCSTAT_GROUP_A_MAX + 1];
	char name[IPCSTAT_NAME_MAX];
	struct nl_group *group;

	if (nla_parse_nested(tb, IPCSTAT_GROUP_A_MAX, (struct nlattr *)nest, policy) < 0 ||
	    nl_copy_string(tb[IPCSTAT_GROUP_A_NAME], name, sizeof(name)) ||
	    !tb[IPCSTAT_GROUP_A_SENT] || !tb[IPCSTAT_GROUP_A_SUPPRESSED])
		return -EPROTO;
	group = nl_find_group(groups, name);
	if (!group) {
		group = reallocarray(groups->group, groups->nr + 1, sizeof(*group));
		if (!group)
			return -ENOMEM;
		groups->group = group;
		group += groups->nr++;
		*group = (struct nl_group){ 0 };
		strcpy(group->name, name);
	}
	group->sent = nla_get_u64(tb[IPCSTAT_GROUP_A_SENT]);
	group->suppressed = nla_get_u64(tb[IPCSTAT_GROUP_A_SUPPRESSED]);
	if (tb[IPCSTAT_GROUP_A_WAIT_NS])
		group->wait_ns = nla_get_u64(tb[IPCSTAT_GROUP_A_WAIT_NS]);
	return 0;
}

static int read_groups(struct nlmsghdr *hdr, void *result)
{
	struct nlattr *head = genlmsg_attrdata(genlmsg_hdr(hdr), 0), *attr;
	int rest, len = genlmsg_attrlen(genlmsg_hdr(hdr), 0), err;
	struct nlattr *tb[IPCSTAT_A_MAX + 1];
	struct nl_groups *groups = result;

	err = nl_parse(hdr, tb);
	if (err)
		return err;
	if (!tb[IPCSTAT_A_MAX_EVENTS])
		return -EPROTO;
	groups->max_events = nla_get_u32(tb[IPCSTAT_A_MAX_EVENTS]);
	nla_for_each_attr(attr, head, len, rest) {
		if (nla_type(attr) != IPCSTAT_A_GROUP_STATE)
			continue;
		err = read_group(attr, groups);
		if (err)
			return err;
	}
	return 0;
}

int nl_get_groups(struct nl *nl, struct nl_groups *groups)
{
	return nl_ask(nl, nl->family, IPCSTAT_CMD_EVENTS, 0, NULL, read_groups, NULL, groups);
}

static int open_events(struct nl *nl)
{
	const int size = RCVBUF;
	int err;

	nl->events = nl_socket_alloc();
	if (!nl->events)
		return nl_fail(nl, -ENOMEM, "out of memory");
	err = genl_connect(nl->events);
	if (err < 0)
		return nl_fail(nl, -EIO, "cannot open a netlink socket: %s", nl_geterror(err));
	/* What does not fit is lost, and counted. */
	setsockopt(nl_socket_get_fd(nl->events), SOL_SOCKET, SO_RCVBUFFORCE, &size, sizeof(size));
	return 0;
}

/* The kernel's number of a group. */
struct group_id {
	const char *name;
	uint32_t id; /* 0: there is none */
};

static int read_group_id(struct nlmsghdr *hdr, void *result)
{
	static struct nla_policy family_policy[CTRL_ATTR_MAX + 1] = {
		[CTRL_ATTR_MCAST_GROUPS] = { .type = NLA_NESTED },
	};
	static struct nla_policy policy[CTRL_ATTR_MCAST_GRP_MAX + 1] = {
		[CTRL_ATTR_MCAST_GRP_NAME] = { .type = NLA_STRING },
		[CTRL_ATTR_MCAST_GRP_ID] = { .type = NLA_U32 },
	};
	struct nlattr *family[CTRL_ATTR_MAX + 1], *tb[CTRL_ATTR_MCAST_GRP_MAX + 1], *attr;
	struct group_id *wanted = result;
	int rest;

	if (genlmsg_parse(hdr, 0, family, CTRL_ATTR_MAX, family_policy) < 0 ||
	    !family[CTRL_ATTR_MCAST_GROUPS])
		return -EPROTO;
	nla_for_each_nested(attr, family[CTRL_ATTR_MCAST_GROUPS], rest) {
		if (nla_parse_nested(tb, CTRL_ATTR_MCAST_GRP_MAX, attr, policy) < 0 ||
		    !tb[CTRL_ATTR_MCAST_GRP_NAME] || !tb[CTRL_ATTR_MCAST_GRP_ID])
			return -EPROTO;
		if (!strcmp(nla_get_string(tb[CTRL_ATTR_MCAST_GRP_NAME]), wanted->name))
			wanted->id = nla_get_u32(tb[CTRL_ATTR_MCAST_GRP_ID]);
	}
	return 0;
}

int nl_join(struct nl *nl, struct nl_group *group)
{
	static const struct param family[] = {
		{ CTRL_ATTR_FAMILY_NAME, PARAM_STRING, IPCSTAT_GENL_NAME, 0 },
		{ 0 },
	};
	struct group_id wanted = { .name = group->name };
	int err = 0;

	if (!nl->events)
		err = open_events(nl);
	if (err)
		return err;
	err = nl_ask(nl, GENL_ID_CTRL, CTRL_CMD_GETFAMILY, 0, family, read_group_id, NULL, &wanted);
	if (err)
		return err;
	if (!wanted.id)
		return nl_fail(nl, -EPROTO, "the ipcstat module has no group %s", group->name);
	err = nl_socket_add_membership(nl->events, (int)wanted.id);
	if (err < 0)
		return nl_fail(nl, -EPERM, "cannot join the group %s: %s", group->name,
			       nl_geterror(err));
	nl_socket_set_nonblocking(nl->events);
	group->joined = true;
	return 0;
}

int nl_event_fd(const struct nl *nl)
{
	return nl->events ? nl_socket_get_fd(nl->events) : -1;
}

/* ---- events ---- */

static void get_u64(struct nlattr *attr, uint64_t *value)
{
	if (attr)
		*value = nla_get_u64(attr);
}

static void get_u32(struct nlattr *attr, uint32_t *value)
{
	if (attr)
		*value = nla_get_u32(attr);
}

static int get_text(const struct nlattr *attr, char *buffer, size_t size)
{
	return attr ? nl_copy_string(attr, buffer, size) : 0;
}

static int read_what(const struct nlattr *nest, struct nl_event *event)
{
	static struct nla_policy policy[IPCSTAT_EVENT_A_MAX + 1] = {
		[IPCSTAT_EVENT_A_TIME_NS] = { .type = NLA_U64 },
		[IPCSTAT_EVENT_A_PID] = { .type = NLA_U32 },
		[IPCSTAT_EVENT_A_COMM] = { .type = NLA_STRING },
		[IPCSTAT_EVENT_A_UID] = { .type = NLA_U32 },
		[IPCSTAT_EVENT_A_START_NS] = { .type = NLA_U64 },
		[IPCSTAT_EVENT_A_MECH] = { .type = NLA_STRING },
		[IPCSTAT_EVENT_A_DIRECTION] = { .type = NLA_STRING },
		[IPCSTAT_EVENT_A_OBJECT] = { .type = NLA_STRING },
		[IPCSTAT_EVENT_A_ID] = { .type = NLA_U64 },
		[IPCSTAT_EVENT_A_SPACE] = { .type = NLA_U32 },
		[IPCSTAT_EVENT_A_PART] = { .type = NLA_U32 },
		[IPCSTAT_EVENT_A_BYTES] = { .type = NLA_U64 },
		[IPCSTAT_EVENT_A_MESSAGES] = { .type = NLA_U64 },
		[IPCSTAT_EVENT_A_WAIT_NS] = { .type = NLA_U64 },
		[IPCSTAT_EVENT_A_SIGNAL] = { .type = NLA_U32 },
		[IPCSTAT_EVENT_A_INFO_ONLY] = { .type = NLA_FLAG },
		[IPCSTAT_EVENT_A_PARTIAL] = { .type = NLA_FLAG },
	};
	struct nlattr *tb[IPCSTAT_EVENT_A_MAX + 1];

	if (nla_parse_nested(tb, IPCSTAT_EVENT_A_MAX, (struct nlattr *)nest, policy) < 0 ||
	    !tb[IPCSTAT_EVENT_A_TIME_NS] ||
	    get_text(tb[IPCSTAT_EVENT_A_COMM], event->comm, sizeof(event->comm)) ||
	    get_text(tb[IPCSTAT_EVENT_A_MECH], event->mech, sizeof(event->mech)) ||
	    get_text(tb[IPCSTAT_EVENT_A_DIRECTION], event->direction, sizeof(event->direction)) ||
	    get_text(tb[IPCSTAT_EVENT_A_OBJECT], event->object, sizeof(event->object)))
		return -EPROTO;
	event->happened = true;
	get_u64(tb[IPCSTAT_EVENT_A_TIME_NS], &event->time_ns);
	get_u64(tb[IPCSTAT_EVENT_A_START_NS], &event->start_ns);
	get_u32(tb[IPCSTAT_EVENT_A_PID], &event->pid);
	get_u32(tb[IPCSTAT_EVENT_A_UID], &event->uid);
	get_u64(tb[IPCSTAT_EVENT_A_ID], &event->id);
	get_u32(tb[IPCSTAT_EVENT_A_SPACE], &event->space);
	get_u32(tb[IPCSTAT_EVENT_A_PART], &event->part);
	event->has_part = tb[IPCSTAT_EVENT_A_PART];
	get_u64(tb[IPCSTAT_EVENT_A_BYTES], &event->bytes);
	get_u64(tb[IPCSTAT_EVENT_A_MESSAGES], &event->messages);
	get_u64(tb[IPCSTAT_EVENT_A_WAIT_NS], &event->wait_ns);
	get_u32(tb[IPCSTAT_EVENT_A_SIGNAL], &event->signal);
	event->info_only = tb[IPCSTAT_EVENT_A_INFO_ONLY];
	event->partial = tb[IPCSTAT_EVENT_A_PARTIAL];
	return 0;
}

/* Where a counter goes, by its name; NULL: it is none that we know. */
static struct nl_counter *find_place(struct nl_total *total, const char *name)
{
	for (int i = 0; i < NL_FLOW_VALUES; i++) {
		if (!strncmp(name, "send_", 5) && !strcmp(name + 5, nl_flow_value_names[i]))
			return &total->send[i];
		if (!strncmp(name, "recv_", 5) && !strcmp(name + 5, nl_flow_value_names[i]))
			return &total->recv[i];
	}
	return NULL;
}

static int read_total(const struct nlattr *nest, struct nl_total *total)
{
	struct nl_counter counter, *place;
	struct nlattr *attr;
	int rest, err = 0;

	for (int i = 0; i < NL_FLOW_VALUES; i++)
		total->send[i].kind = total->recv[i].kind = NL_NONE;
	nla_for_each_nested(attr, nest, rest) {
		if (nla_type(attr) == IPCSTAT_TOTAL_A_MECH) {
			if (!nla_len(attr) ||
			    memchr(nla_data(attr), 0, (size_t)nla_len(attr)) == NULL)
				return -EPROTO;
			err = nl_copy_string(attr, total->mech, sizeof(total->mech));
		} else if (nla_type(attr) == IPCSTAT_TOTAL_A_COUNTER) {
			memset(&counter, 0, sizeof(counter));
			err = nl_read_counter(attr, &counter);
			place = err ? NULL : find_place(total, counter.name);
			if (place)
				*place = counter;
		}
		if (err)
			return err;
	}
	return *total->mech ? 0 : -EPROTO;
}

static int read_totals(struct nlmsghdr *hdr, struct nl_event *event)
{
	struct nlattr *head = genlmsg_attrdata(genlmsg_hdr(hdr), 0), *attr;
	int rest, len = genlmsg_attrlen(genlmsg_hdr(hdr), 0), err;

	nla_for_each_attr(attr, head, len, rest) {
		if (nla_type(attr) != IPCSTAT_A_TOTAL)
			continue;
		if (event->nr_totals == NL_MAX_TOTALS)
			return -EPROTO;
		err = read_total(attr, &event->total[event->nr_totals++]);
		if (err)
			return err;
	}
	return 0;
}

static int read_event(struct nlmsghdr *hdr, struct nl_event *event)
{
	struct nlattr *tb[IPCSTAT_A_MAX + 1];
	int err;

	memset(event, 0, sizeof(*event));
	err = nl_parse(hdr, tb);
	if (!err)
		err = nl_copy_string(tb[IPCSTAT_A_GROUP], event->group, sizeof(event->group));
	if (!err && !tb[IPCSTAT_A_SEQ])
		err = -EPROTO;
	if (err)
		return err;
	get_u64(tb[IPCSTAT_A_SEQ], &event->seq);
	get_u64(tb[IPCSTAT_A_SUPPRESSED], &event->suppressed);
	if (tb[IPCSTAT_A_EVENT])
		err = read_what(tb[IPCSTAT_A_EVENT], event);
	return err ? err : read_totals(hdr, event);
}

/* One message at most. */
struct incoming {
	struct nl_event *event;
	bool came;
	int err;
};

static int on_event(struct nl_msg *msg, void *arg)
{
	struct nlmsghdr *hdr = nlmsg_hdr(msg);
	struct incoming *in = arg;

	if (genlmsg_valid_hdr(hdr, 0) && genlmsg_hdr(hdr)->cmd == IPCSTAT_CMD_EVENT) {
		in->err = read_event(hdr, in->event);
		in->came = true;
	}
	return NL_STOP;
}

/* Events come as they please, and are no answers. */
static int any_number(struct nl_msg *msg, void *arg)
{
	(void)msg;
	(void)arg;
	return NL_OK;
}

static void count_lost(struct nl_groups *groups, struct nl_event *event)
{
	struct nl_group *group = nl_find_group(groups, event->group);

	if (!group)
		return;
	if (group->seq && event->seq > group->seq)
		event->lost = event->seq - group->seq - 1;
	group->seq = event->seq;
}

int nl_next_event(struct nl *nl, struct nl_groups *groups, struct nl_event *event)
{
	struct incoming in = { .event = event };
	struct nl_cb *cb = nl_cb_alloc(NL_CB_DEFAULT);
	int err;

	if (!cb)
		return nl_fail(nl, -ENOMEM, "out of memory");
	nl_cb_set(cb, NL_CB_VALID, NL_CB_CUSTOM, on_event, &in);
	nl_cb_set(cb, NL_CB_SEQ_CHECK, NL_CB_CUSTOM, any_number, NULL);
	do {
		err = nl_recvmsgs(nl->events, cb);
		/* There was no room for some: the next one's number tells for how many. */
	} while (!in.came && (err >= 0 || err == -NLE_NOMEM));
	nl_cb_put(cb);
	if (in.came && !in.err) {
		count_lost(groups, event);
		return 0;
	}
	if (err == -NLE_AGAIN)
		return -EAGAIN;
	if (in.came)
		return nl_fail(nl, in.err,
			       "the ipcstat module sent what this program cannot read: "
			       "use the module and the tools of one release");
	return nl_fail(nl, -EIO, "netlink: %s", nl_geterror(err));
}

void nl_free_groups(struct nl_groups *groups)
{
	free(groups->group);
	*groups = (struct nl_groups){ 0 };
}
