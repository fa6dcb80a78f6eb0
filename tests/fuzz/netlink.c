// SPDX-License-Identifier: GPL-2.0-only
/*
 * A fuzzer of the netlink family. Requests are made valid and then spoilt; predict()
 * reads the same bytes by the rules of module/uapi/ipcstat.h and of generic netlink, and
 * what comes back must be that, well-formed, and no more.
 *
 *	netlink [-s SEED] [-n MESSAGES] [-k FILE]
 *
 * What is sent depends on the seed alone. -k: in the end, leave all sockets as they are,
 * with what has not been read of them, make FILE, and sleep.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <linux/genetlink.h>
#include <linux/netlink.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "edge.h"
#include "ipcstat.h"

#define ARRAY_SIZE(a) (sizeof(a) / sizeof((a)[0]))
#define ALIGNED(len) ((unsigned int)NLA_ALIGN(len))
#define MAX_BUF 131072
#define MAX_WANTS 1024 /* messages in a buffer */
#define MAX_ROWS 32
#define NR_SIGNALS 64
#define MIN_FLOWS 16
#define MAX_FLOWS 4194304
#define FEW_FLOWS 4096 /* no table that we make is larger */
#define NR_WATCHED 6   /* sockets whose answers are read and checked */
#define NR_LEFT 4      /* sockets that are read a little, or not at all */
#define NO_FAMILY 0x7000
#define SHOWN_FAILURES 10
/*
 * For so many messages behind one that has made or freed the table none does so again: to
 * free it waits for grace periods of RCU and of RCU-tasks, each as long as many messages.
 */
#define CALM 3000
/* So often it is asked for in all its states, which takes these waits, and many pipes. */
#define FLOWS_EVERY 20000

static uint16_t family;
static uint64_t seed = 23, messages = 20000, sent;
static char row[MAX_ROWS][IPCSTAT_NAME_MAX];
static unsigned int nr_rows, nr_hooks, hooks_of[MAX_ROWS];
static bool is_root;   /* has all capabilities, and in the initial user namespace */
static uint32_t flows; /* entries of the table, behind what has been predicted; 0: none */
static uint64_t nr_next, calm_until;

/* ---- chance ---- */

static uint64_t random_state;

static uint64_t random64(void)
{
	uint64_t z = random_state += 0x9e3779b97f4a7c15;

	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9;
	z = (z ^ z >> 27) * 0x94d049bb133111eb;
	return z ^ z >> 31;
}

static unsigned int below(unsigned int n)
{
	return random64() % n;
}

static bool one_in(unsigned int n)
{
	return !below(n);
}

/* A number that is at some edge, near len, or any. */
static unsigned int odd_length(unsigned int len)
{
	static const unsigned int edges[] = { 0,     1,          2,          3,          4,
					      5,     8,          16,         19,         1024,
					      65535, 0x7fffffff, 0x80000000, 0xfffffff0, -1 };

	switch (below(3)) {
	case 0:
		return edges[below(ARRAY_SIZE(edges))];
	case 1:
		return len + below(9) - 4;
	default:
		return random64();
	}
}

/* ---- failures ---- */

static unsigned int nr_failures;

static void failure(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

static void failure(const char *fmt, ...)
{
	va_list ap;

	if (nr_failures++ >= SHOWN_FAILURES)
		return;
	printf("# message %" PRIu64 ": ", sent);
	va_start(ap, fmt);
	vprintf(fmt, ap);
	va_end(ap);
	putchar('\n');
}

static void dump_bytes(const void *data, unsigned int len)
{
	if (nr_failures > SHOWN_FAILURES)
		return;
	printf("#  ");
	for (unsigned int i = 0; i < len && i < 96; i++)
		printf(i % 4 ? "%02x" : " %02x", ((const uint8_t *)data)[i]);
	putchar('\n');
}

/* ---- what a reply may look like ---- */

struct kind {
	enum {
		NONE,
		PAD,
		FLAG,
		U32,
		U64,
		STRING,
		U64S,
		NEST
	} is;
	const struct kind *inner;
	unsigned int nr;
};

static const struct kind counter[] = {
	[IPCSTAT_COUNTER_A_PAD] = { PAD },   [IPCSTAT_COUNTER_A_NAME] = { STRING },
	[IPCSTAT_COUNTER_A_VALUE] = { U64 }, [IPCSTAT_COUNTER_A_UNKNOWN] = { FLAG },
	[IPCSTAT_COUNTER_A_NONE] = { FLAG }, [IPCSTAT_COUNTER_A_GAUGE] = { FLAG },
};

static const struct kind hook[] = {
	[IPCSTAT_HOOK_A_PAD] = { PAD },       [IPCSTAT_HOOK_A_NAME] = { STRING },
	[IPCSTAT_HOOK_A_KIND] = { STRING },   [IPCSTAT_HOOK_A_STATE] = { STRING },
	[IPCSTAT_HOOK_A_SYMBOL] = { STRING }, [IPCSTAT_HOOK_A_REASON] = { STRING },
	[IPCSTAT_HOOK_A_MISSED] = { U64 },    [IPCSTAT_HOOK_A_FEEDS] = { STRING },
	[IPCSTAT_HOOK_A_ARGS] = { U32 },
};

static const struct kind hist[] = {
	[IPCSTAT_HIST_A_PAD] = { PAD },     [IPCSTAT_HIST_A_NAME] = { STRING },
	[IPCSTAT_HIST_A_UNIT] = { STRING }, [IPCSTAT_HIST_A_BUCKETS] = { U64S },
	[IPCSTAT_HIST_A_LONGEST] = { U64 }, [IPCSTAT_HIST_A_UNKNOWN] = { FLAG },
	[IPCSTAT_HIST_A_NONE] = { FLAG },
};

static const struct kind blocked[] = {
	[IPCSTAT_BLOCKED_A_PAD] = { PAD },       [IPCSTAT_BLOCKED_A_PID] = { U32 },
	[IPCSTAT_BLOCKED_A_TGID] = { U32 },      [IPCSTAT_BLOCKED_A_COMM] = { STRING },
	[IPCSTAT_BLOCKED_A_MECH] = { STRING },   [IPCSTAT_BLOCKED_A_DIRECTION] = { STRING },
	[IPCSTAT_BLOCKED_A_OBJECT] = { STRING }, [IPCSTAT_BLOCKED_A_ID] = { U64 },
	[IPCSTAT_BLOCKED_A_SPACE] = { U32 },     [IPCSTAT_BLOCKED_A_PART] = { U32 },
	[IPCSTAT_BLOCKED_A_SINCE_NS] = { U64 },  [IPCSTAT_BLOCKED_A_WAITED_NS] = { U64 },
	[IPCSTAT_BLOCKED_A_TIMEOUT] = { FLAG },
};

static const struct kind flow[] = {
	[IPCSTAT_FLOW_A_PAD] = { PAD },          [IPCSTAT_FLOW_A_MECH] = { STRING },
	[IPCSTAT_FLOW_A_DIRECTION] = { STRING }, [IPCSTAT_FLOW_A_PID] = { U32 },
	[IPCSTAT_FLOW_A_COMM] = { STRING },      [IPCSTAT_FLOW_A_EXITED] = { FLAG },
	[IPCSTAT_FLOW_A_START_NS] = { U64 },     [IPCSTAT_FLOW_A_UID] = { U32 },
	[IPCSTAT_FLOW_A_CGROUP] = { U64 },       [IPCSTAT_FLOW_A_ID] = { U64 },
	[IPCSTAT_FLOW_A_SPACE] = { U32 },        [IPCSTAT_FLOW_A_FILE] = { U64 },
	[IPCSTAT_FLOW_A_DEV] = { U32 },          [IPCSTAT_FLOW_A_OFFSET] = { U64 },
	[IPCSTAT_FLOW_A_FIRST_NS] = { U64 },     [IPCSTAT_FLOW_A_LAST_NS] = { U64 },
};

static const struct kind group[] = {
	[IPCSTAT_GROUP_A_PAD] = { PAD },     [IPCSTAT_GROUP_A_NAME] = { STRING },
	[IPCSTAT_GROUP_A_SENT] = { U64 },    [IPCSTAT_GROUP_A_SUPPRESSED] = { U64 },
	[IPCSTAT_GROUP_A_WAIT_NS] = { U64 },
};

static const struct kind share[] = {
	[IPCSTAT_SHARE_A_PAD] = { PAD },   [IPCSTAT_SHARE_A_TABLE] = { STRING },
	[IPCSTAT_SHARE_A_UID] = { U32 },   [IPCSTAT_SHARE_A_USED] = { U32 },
	[IPCSTAT_SHARE_A_LIMIT] = { U32 }, [IPCSTAT_SHARE_A_LOST] = { U64 },
};

static const struct kind message[] = {
	[IPCSTAT_A_PAD] = { PAD },
	[IPCSTAT_A_VERSION] = { STRING },
	[IPCSTAT_A_SINCE] = { U64 },
	[IPCSTAT_A_BACKEND] = { STRING },
	[IPCSTAT_A_HOOKS_ATTACHED] = { U32 },
	[IPCSTAT_A_HOOKS_ALL] = { U32 },
	[IPCSTAT_A_MISSED] = { U64 },
	[IPCSTAT_A_LIMIT] = { NEST, counter, ARRAY_SIZE(counter) },
	[IPCSTAT_A_MECH] = { STRING },
	[IPCSTAT_A_COUNTER] = { NEST, counter, ARRAY_SIZE(counter) },
	[IPCSTAT_A_SIGNAL] = { U32 },
	[IPCSTAT_A_HOOK] = { NEST, hook, ARRAY_SIZE(hook) },
	[IPCSTAT_A_HIST] = { NEST, hist, ARRAY_SIZE(hist) },
	[IPCSTAT_A_BLOCKED] = { NEST, blocked, ARRAY_SIZE(blocked) },
	[IPCSTAT_A_NEXT] = { U32 },
	[IPCSTAT_A_HIDDEN] = { U64 },
	[IPCSTAT_A_MAX_FLOWS] = { U32 },
	[IPCSTAT_A_USED] = { U32 },
	[IPCSTAT_A_EVICTED] = { U64 },
	[IPCSTAT_A_FLOW] = { NEST, flow, ARRAY_SIZE(flow) },
	[IPCSTAT_A_DIRECTION] = { STRING },
	[IPCSTAT_A_OTHER] = { FLAG },
	[IPCSTAT_A_MAX_EVENTS] = { U32 },
	[IPCSTAT_A_GROUP_STATE] = { NEST, group, ARRAY_SIZE(group) },
	[IPCSTAT_A_QUOTA] = { NEST, counter, ARRAY_SIZE(counter) },
	[IPCSTAT_A_SHARE] = { NEST, share, ARRAY_SIZE(share) },
};

#define HAS(name) (1ULL << IPCSTAT_A_##name)
#define FLOW_HAS(name) (1ULL << IPCSTAT_FLOW_A_##name)

/* The attributes of each command's replies: one of these sets, exactly. */
static const uint64_t replies[][4] = {
	[IPCSTAT_CMD_INFO] = { HAS(VERSION) | HAS(SINCE) | HAS(BACKEND) | HAS(HOOKS_ATTACHED) |
			       HAS(HOOKS_ALL) | HAS(MISSED) | HAS(LIMIT) | HAS(QUOTA) },
	[IPCSTAT_CMD_ROW] = { HAS(MECH) | HAS(COUNTER) },
	[IPCSTAT_CMD_SIGNAL] = { HAS(SIGNAL) | HAS(COUNTER) },
	[IPCSTAT_CMD_HOOK] = { HAS(HOOK) },
	[IPCSTAT_CMD_HIST] = { HAS(MECH) | HAS(HIST) },
	[IPCSTAT_CMD_BLOCKED] = { HAS(BLOCKED), HAS(MECH) | HAS(HIDDEN), HAS(NEXT) },
	[IPCSTAT_CMD_FLOWS] = { HAS(MAX_FLOWS) | HAS(USED) | HAS(EVICTED) },
	[IPCSTAT_CMD_FLOW] = { HAS(FLOW) | HAS(COUNTER),
			       HAS(MECH) | HAS(DIRECTION) | HAS(OTHER) | HAS(COUNTER), HAS(EVICTED),
			       HAS(EVICTED) | HAS(NEXT) },
	[IPCSTAT_CMD_EVENTS] = { HAS(MAX_EVENTS) | HAS(GROUP_STATE) },
	[IPCSTAT_CMD_SHARE] = { HAS(SHARE), HAS(NEXT) },
};

static bool is_string(const char *data, unsigned int size)
{
	return size && strnlen(data, size) == size - 1;
}

/* The set of attributes; 0 if they are malformed. */
static uint64_t check_attrs(const char *attrs, unsigned int len, const struct kind *kinds,
			    unsigned int nr)
{
	uint64_t has = 0;

	while (len) {
		const char *data = attrs + NLA_HDRLEN;
		const struct kind *kind;
		struct nlattr head;
		unsigned int type, size;
		bool good = false;

		if (len < NLA_HDRLEN)
			return 0;
		memcpy(&head, attrs, sizeof(head));
		type = head.nla_type & NLA_TYPE_MASK;
		if (head.nla_len < NLA_HDRLEN || ALIGNED(head.nla_len) > len || type >= nr)
			return 0;
		size = head.nla_len - NLA_HDRLEN;
		kind = &kinds[type];
		switch (kind->is) {
		case NONE:
			return 0;
		case PAD:
		case FLAG:
			good = size == 0;
			break;
		case U32:
			good = size == 4;
			break;
		case U64:
			good = size == 8;
			break;
		case STRING:
			good = is_string(data, size);
			break;
		case U64S:
			good = size % 8 == 0;
			break;
		case NEST:
			good = check_attrs(data, size, kind->inner, kind->nr);
			break;
		}
		if (!good)
			return 0;
		if (kind->is != PAD)
			has |= 1ULL << type;
		attrs += ALIGNED(head.nla_len);
		len -= ALIGNED(head.nla_len);
	}
	return has;
}

/* The set of a reply's attributes; 0 if it is none of that command's. */
static uint64_t check_reply(const struct nlmsghdr *nlh, uint8_t cmd)
{
	const struct genlmsghdr *genl = NLMSG_DATA(nlh);
	uint64_t has;

	if (nlh->nlmsg_type != family || nlh->nlmsg_len < NLMSG_LENGTH(GENL_HDRLEN) ||
	    genl->cmd != cmd || genl->cmd >= ARRAY_SIZE(replies))
		return 0;
	has = check_attrs((const char *)genl + GENL_HDRLEN,
			  nlh->nlmsg_len - NLMSG_LENGTH(GENL_HDRLEN), message, ARRAY_SIZE(message));
	for (unsigned int i = 0; has && i < ARRAY_SIZE(replies[0]); i++)
		if (has == replies[genl->cmd][i])
			return has;
	return 0;
}

/* Attributes that are well-formed. */
struct attrs {
	const char *data;
	unsigned int len;
};

/* The payload of the first attribute of a type; data is NULL if there is none. */
static struct attrs find_attr(struct attrs in, uint16_t type)
{
	struct nlattr head;

	for (unsigned int at = 0; at + NLA_HDRLEN <= in.len; at += ALIGNED(head.nla_len)) {
		memcpy(&head, in.data + at, sizeof(head));
		EDGE_MUST(head.nla_len >= NLA_HDRLEN && at + head.nla_len <= in.len);
		if ((head.nla_type & NLA_TYPE_MASK) == type)
			return (struct attrs){ in.data + at + NLA_HDRLEN,
					       head.nla_len - NLA_HDRLEN };
	}
	return (struct attrs){ NULL, 0 };
}

static uint64_t to_number(const char *data, unsigned int len)
{
	uint32_t u32;
	uint64_t u64;

	if (len == sizeof(u32)) {
		memcpy(&u32, data, sizeof(u32));
		return u32;
	}
	EDGE_MUST(len == sizeof(u64));
	memcpy(&u64, data, sizeof(u64));
	return u64;
}

static uint64_t find_number(struct attrs in, uint16_t type)
{
	struct attrs number = find_attr(in, type);

	return number.data ? to_number(number.data, number.len) : 0;
}

static struct attrs attrs_of(const struct nlmsghdr *nlh)
{
	return (struct attrs){ (char *)NLMSG_DATA(nlh) + GENL_HDRLEN,
			       nlh->nlmsg_len - NLMSG_LENGTH(GENL_HDRLEN) };
}

/* ---- what must be said to a request ---- */

/* What the policies allow. */
static const uint64_t takes[] = {
	[IPCSTAT_CMD_INFO] = 0,
	[IPCSTAT_CMD_ROW] = HAS(MECH),
	[IPCSTAT_CMD_SIGNAL] = HAS(SIGNAL),
	[IPCSTAT_CMD_HOOK] = HAS(MECH),
	[IPCSTAT_CMD_HIST] = HAS(MECH),
	[IPCSTAT_CMD_BLOCKED] = HAS(MECH) | HAS(START),
	[IPCSTAT_CMD_FLOWS] = HAS(MAX_FLOWS),
	[IPCSTAT_CMD_FLOW] = HAS(MECH) | HAS(PID) | HAS(ID) | HAS(BYTES) | HAS(START),
	[IPCSTAT_CMD_EVENTS] = 0,
	[IPCSTAT_CMD_SHARE] = HAS(START),
};

/* What they found. */
struct params {
	uint64_t has;
	unsigned int row;
	uint64_t number[IPCSTAT_A_MAX + 1]; /* 0 where there is none */
};

struct want {
	struct nlmsghdr nlh;
	uint8_t cmd;
	int error;
	bool text; /* the error comes with one */
	bool dump;
	unsigned int least, most; /* replies */
	struct params params;
	uint32_t flows; /* when it has been handled */
	/* what has come */
	bool done, acked; /* done: the last one of FLOW's */
	unsigned int nr;
};

/* The policy of MECH, IPCSTAT_NAME_MAX - 1; it then has to be the name of a row. */
static int predict_mech(const char *data, unsigned int len, struct params *params)
{
	unsigned int first = len < IPCSTAT_NAME_MAX ? len : IPCSTAT_NAME_MAX;

	if (!len || !memchr(data, '\0', first))
		return EINVAL;
	if (len - (data[len - 1] == '\0') > IPCSTAT_NAME_MAX - 1)
		return ERANGE;
	while (len && data[len - 1] == '\0')
		len--;
	for (unsigned int i = 0; i < nr_rows; i++) {
		if (strlen(row[i]) == len && !memcmp(row[i], data, len)) {
			params->has |= HAS(MECH);
			params->row = i;
			return 0;
		}
	}
	return ENOENT;
}

static int predict_attr(uint8_t cmd, unsigned int type, const char *data, unsigned int len,
			struct params *params)
{
	bool nested = type & NLA_F_NESTED;
	uint64_t value;

	type &= NLA_TYPE_MASK;
	if (nested || type > IPCSTAT_A_MAX || !(takes[cmd] & 1ULL << type))
		return EINVAL;
	if (type == IPCSTAT_A_MECH)
		return predict_mech(data, len, params);
	if (len != (type == IPCSTAT_A_ID || type == IPCSTAT_A_BYTES ? 8 : 4))
		return EINVAL;
	value = to_number(data, len);
	params->has |= 1ULL << type;
	params->number[type] = value;
	if (type == IPCSTAT_A_SIGNAL)
		return value < 1 || value > NR_SIGNALS ? ERANGE : 0;
	return 0;
}

/* The first one of a row of attributes, which may be malformed; NULL if there is none. */
static char *first_attr(char *attrs, unsigned int len, struct nlattr *head)
{
	if (len < NLA_HDRLEN)
		return NULL;
	memcpy(head, attrs, sizeof(*head));
	return head->nla_len < NLA_HDRLEN || head->nla_len > len ? NULL : attrs + NLA_HDRLEN;
}

/* All attributes; of two of a type the last one holds. */
static int predict_attrs(uint8_t cmd, char *attrs, unsigned int len, struct params *params)
{
	struct nlattr head;
	char *data;
	int err;

	while ((data = first_attr(attrs, len, &head))) {
		err = predict_attr(cmd, head.nla_type, data, head.nla_len - NLA_HDRLEN, params);
		if (err)
			return err;
		if (ALIGNED(head.nla_len) >= len)
			return 0;
		attrs += ALIGNED(head.nla_len);
		len -= ALIGNED(head.nla_len);
	}
	return len ? EINVAL : 0;
}

static bool is_only_dumped(uint8_t cmd)
{
	return cmd == IPCSTAT_CMD_HOOK || cmd == IPCSTAT_CMD_BLOCKED || cmd == IPCSTAT_CMD_FLOW ||
	       cmd == IPCSTAT_CMD_SHARE;
}

static bool is_only_done(uint8_t cmd)
{
	return cmd == IPCSTAT_CMD_INFO || cmd == IPCSTAT_CMD_FLOWS || cmd == IPCSTAT_CMD_EVENTS;
}

static unsigned int all_of(uint8_t cmd)
{
	return cmd == IPCSTAT_CMD_SIGNAL ? NR_SIGNALS
	       : cmd == IPCSTAT_CMD_HOOK ? nr_hooks
					 : nr_rows;
}

/* What is done to the table of flows is done when send() returns. */
static int predict_flows(const struct params *params)
{
	uint32_t max = params->number[IPCSTAT_A_MAX_FLOWS];

	if (!(params->has & HAS(MAX_FLOWS)))
		return 0;
	if (!is_root)
		return EPERM;
	if (max && (max < MIN_FLOWS || max > MAX_FLOWS))
		return ERANGE;
	if (max && flows && flows != max)
		return EALREADY;
	if (!flows != !max)
		calm_until = sent + CALM;
	flows = max;
	return 0;
}

static int predict_do(uint8_t cmd, const struct params *params)
{
	switch (cmd) {
	case IPCSTAT_CMD_ROW:
	case IPCSTAT_CMD_HIST:
	case IPCSTAT_CMD_SIGNAL:
		return params->has ? 0 : EINVAL;
	case IPCSTAT_CMD_FLOWS:
		return predict_flows(params);
	case IPCSTAT_CMD_EVENTS:
		return is_root ? 0 : EPERM;
	default:
		return is_only_dumped(cmd) ? EOPNOTSUPP : 0;
	}
}

static void predict_dump(struct want *want)
{
	want->dump = true;
	switch (want->cmd) {
	case IPCSTAT_CMD_BLOCKED:
	case IPCSTAT_CMD_SHARE:
		want->most = UINT32_MAX;
		return;
	case IPCSTAT_CMD_FLOW:
		want->error = flows ? 0 : ENODATA;
		want->least = flows ? 1 : 0;
		want->most = flows ? UINT32_MAX : 0;
		return;
	}
	if (!want->params.has)
		want->most = all_of(want->cmd);
	else
		want->most = want->cmd == IPCSTAT_CMD_HOOK ? hooks_of[want->params.row] : 1;
	want->least = want->most;
}

/* Fills in error and text; or least and most. */
static void predict_ours(struct nlmsghdr *nlh, struct want *want)
{
	static const uint16_t plain = NLM_F_REQUEST | NLM_F_ACK | NLM_F_ECHO;
	bool dump = (nlh->nlmsg_flags & NLM_F_DUMP) == NLM_F_DUMP;
	struct genlmsghdr *genl = NLMSG_DATA(nlh);

	want->error = EINVAL;
	if (nlh->nlmsg_len < NLMSG_LENGTH(GENL_HDRLEN))
		return;
	want->cmd = genl->cmd;
	want->text = true;
	if (genl->reserved || nlh->nlmsg_flags & ~(plain | (dump ? NLM_F_DUMP : 0)))
		return;
	/* EVENT comes unasked. */
	if (!genl->cmd || genl->cmd == IPCSTAT_CMD_EVENT || genl->cmd > IPCSTAT_CMD_MAX ||
	    (dump && is_only_done(genl->cmd))) {
		want->error = EOPNOTSUPP;
		want->text = false;
		return;
	}
	want->error = predict_attrs(genl->cmd, (char *)genl + GENL_HDRLEN,
				    nlh->nlmsg_len - NLMSG_LENGTH(GENL_HDRLEN), &want->params);
	if (want->error)
		return;
	if (dump) {
		predict_dump(want);
		return;
	}
	want->error = predict_do(genl->cmd, &want->params);
	want->least = want->most = !want->error;
}

static struct want predict(struct nlmsghdr *nlh)
{
	struct want want = { .nlh = *nlh };

	if (!(nlh->nlmsg_flags & NLM_F_REQUEST) || nlh->nlmsg_type < NLMSG_MIN_TYPE)
		return want; /* no request: at most acknowledged */
	if (nlh->nlmsg_type == family)
		predict_ours(nlh, &want);
	else
		want.error = ENOENT;
	want.flows = flows;
	return want;
}

/* Whether that size makes a table, or frees it. */
static bool is_turn(uint32_t max)
{
	return is_root && (max ? !flows && max >= MIN_FLOWS && max <= MAX_FLOWS : flows);
}

/*
 * Other families; memory, of which a large table of flows takes much; and time: what would
 * make or free the table too soon asks for the one that there is.
 */
static void spare(struct nlmsghdr *nlh)
{
	struct genlmsghdr *genl = NLMSG_DATA(nlh);
	char *attrs = (char *)genl + GENL_HDRLEN, *data;
	struct nlattr head;
	uint32_t max;

	if (nlh->nlmsg_type >= NLMSG_MIN_TYPE && nlh->nlmsg_type != family)
		nlh->nlmsg_type = NO_FAMILY;
	if (nlh->nlmsg_len < NLMSG_LENGTH(GENL_HDRLEN) || genl->cmd != IPCSTAT_CMD_FLOWS)
		return;
	for (unsigned int len = nlh->nlmsg_len - NLMSG_LENGTH(GENL_HDRLEN);
	     (data = first_attr(attrs, len, &head)) && ALIGNED(head.nla_len) <= len;
	     attrs += ALIGNED(head.nla_len), len -= ALIGNED(head.nla_len)) {
		if ((head.nla_type & NLA_TYPE_MASK) != IPCSTAT_A_MAX_FLOWS ||
		    head.nla_len != NLA_HDRLEN + sizeof(max))
			continue;
		memcpy(&max, data, sizeof(max));
		if (max <= MAX_FLOWS)
			max %= FEW_FLOWS + 1;
		if (sent < calm_until && is_turn(max))
			max = flows;
		memcpy(data, &max, sizeof(max));
	}
}

/*
 * The messages of a buffer, as the kernel goes through it. Each gets a number to know its
 * answer by.
 */
static unsigned int predict_all(char *buf, unsigned int len, struct want *want)
{
	static uint32_t seq;
	unsigned int nr = 0;

	for (unsigned int at = 0, step; len - at >= NLMSG_HDRLEN; at += step) {
		struct nlmsghdr *nlh = (void *)(buf + at);

		if (nlh->nlmsg_len < NLMSG_HDRLEN || nlh->nlmsg_len > len - at)
			break;
		EDGE_MUST(nr < MAX_WANTS);
		nlh->nlmsg_seq = ++seq;
		spare(nlh);
		want[nr++] = predict(nlh);
		step = ALIGNED(nlh->nlmsg_len);
		if (step > len - at)
			break;
	}
	return nr;
}

/* ---- sockets ---- */

struct sock {
	int fd;
	bool ext_ack, cap_ack;
};

static struct sock watched[NR_WATCHED], left[NR_LEFT];

static struct sock open_socket(bool ext_ack, bool cap_ack, bool strict, int rcvbuf)
{
	const struct sockaddr_nl kernel = { .nl_family = AF_NETLINK };
	int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_GENERIC), one = 1;

	EDGE_MUST(fd >= 0 && !connect(fd, (const void *)&kernel, sizeof(kernel)));
	if (ext_ack)
		EDGE_MUST(!setsockopt(fd, SOL_NETLINK, NETLINK_EXT_ACK, &one, sizeof(one)));
	if (cap_ack)
		EDGE_MUST(!setsockopt(fd, SOL_NETLINK, NETLINK_CAP_ACK, &one, sizeof(one)));
	if (strict)
		EDGE_MUST(!setsockopt(fd, SOL_NETLINK, NETLINK_GET_STRICT_CHK, &one, sizeof(one)));
	EDGE_MUST(!setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &rcvbuf, sizeof(rcvbuf)));
	return (struct sock){ fd, ext_ack, cap_ack };
}

static void reopen(struct sock *sock, bool is_left)
{
	bool ext_ack = !one_in(4), cap_ack = one_in(2), strict = one_in(2);
	/* Enough for the answers to any buffer of ours; or the least there can be. */
	int rcvbuf = is_left && one_in(2) ? 1 : 1 << 20;

	if (sock->fd)
		close(sock->fd);
	*sock = open_socket(ext_ack, cap_ack, strict, rcvbuf);
}

/* ---- answers ---- */

static uint64_t by_error[4096];

/* The text, and where the error is, among the attributes of an error. */
static bool ack_attrs_are_good(const char *attrs, unsigned int len, const struct want *want,
			       bool *text)
{
	struct nlattr head;
	uint32_t offset;

	while (len >= NLA_HDRLEN) {
		memcpy(&head, attrs, sizeof(head));
		if (head.nla_len < NLA_HDRLEN || ALIGNED(head.nla_len) > len)
			return false;
		switch (head.nla_type & NLA_TYPE_MASK) {
		case NLMSGERR_ATTR_MSG:
			if (!is_string(attrs + NLA_HDRLEN, head.nla_len - NLA_HDRLEN))
				return false;
			*text = head.nla_len > NLA_HDRLEN + 1;
			break;
		case NLMSGERR_ATTR_OFFS:
			if (head.nla_len != NLA_HDRLEN + sizeof(offset))
				return false;
			memcpy(&offset, attrs + NLA_HDRLEN, sizeof(offset));
			if (offset < NLMSG_LENGTH(GENL_HDRLEN) ||
			    offset + NLA_HDRLEN > want->nlh.nlmsg_len)
				return false;
			break;
		}
		attrs += ALIGNED(head.nla_len);
		len -= ALIGNED(head.nla_len);
	}
	return !len;
}

/* An error or acknowledgement, or the end of a dump. */
static bool end_is_good(const struct sock *sock, const struct nlmsghdr *nlh, struct want *want)
{
	const char *data = NLMSG_DATA(nlh);
	bool ack = nlh->nlmsg_type == NLMSG_ERROR, capped = nlh->nlmsg_flags & NLM_F_CAPPED;
	unsigned int skip = sizeof(int);
	bool text = false;
	int error;

	if (want->acked || nlh->nlmsg_len < NLMSG_LENGTH(sizeof(error)))
		return false;
	want->acked = true;
	memcpy(&error, data, sizeof(error));
	if (ack) {
		struct nlmsgerr *err = (void *)data;

		if (nlh->nlmsg_len < NLMSG_LENGTH(sizeof(*err)) ||
		    memcmp(&err->msg, &want->nlh, sizeof(err->msg)))
			return false;
		if (error && capped != sock->cap_ack)
			return false;
		skip = sizeof(*err);
		if (!capped)
			skip += ALIGNED(want->nlh.nlmsg_len) - NLMSG_HDRLEN;
	}
	by_error[-error & 4095]++;
	if (-error != want->error || ack == want->dump) {
		failure("command %u: error %d instead of %d", want->cmd, -error, want->error);
		return false;
	}
	if (nlh->nlmsg_len < NLMSG_LENGTH(skip))
		return false;
	if (nlh->nlmsg_flags & NLM_F_ACK_TLVS &&
	    (!sock->ext_ack ||
	     !ack_attrs_are_good(data + skip, nlh->nlmsg_len - NLMSG_LENGTH(skip), want, &text)))
		return false;
	if (error && want->text && sock->ext_ack && !text) {
		failure("command %u: error %d without a text", want->cmd, -error);
		return false;
	}
	return true;
}

/* The six counters of a flow, in their order, and no fewer bytes than were asked for. */
static bool flow_counters_are_good(struct attrs attrs, uint64_t bytes)
{
	static const char *const names[] = {
		"ops", "bytes", "copied", "waits", "wait_ns", "fails"
	};
	unsigned int nr = 0;
	struct nlattr head;

	for (unsigned int at = 0; at < attrs.len; at += ALIGNED(head.nla_len)) {
		struct attrs nest = { attrs.data + at + NLA_HDRLEN, 0 }, name;

		memcpy(&head, attrs.data + at, sizeof(head));
		if ((head.nla_type & NLA_TYPE_MASK) != IPCSTAT_A_COUNTER)
			continue;
		nest.len = head.nla_len - NLA_HDRLEN;
		name = find_attr(nest, IPCSTAT_COUNTER_A_NAME);
		if (nr == ARRAY_SIZE(names) || !name.data || strcmp(name.data, names[nr]) ||
		    find_attr(nest, IPCSTAT_COUNTER_A_GAUGE).data)
			return false;
		if (!strcmp(names[nr], "bytes") && find_attr(nest, IPCSTAT_COUNTER_A_VALUE).data &&
		    find_number(nest, IPCSTAT_COUNTER_A_VALUE) < bytes)
			return false;
		nr++;
	}
	return nr == ARRAY_SIZE(names);
}

/* Who is not root sees only processes of his own. One that has ended since then is fine. */
static bool flow_may_be_seen(struct attrs flow_attrs, uint64_t pid)
{
	char path[32];
	struct stat st;

	if (is_root || pid == (uint64_t)getpid())
		return true;
	snprintf(path, sizeof(path), "/proc/%" PRIu64, pid);
	return pid && (find_attr(flow_attrs, IPCSTAT_FLOW_A_EXITED).data || stat(path, &st) ||
		       st.st_uid == geteuid());
}

/* What the nest FLOW says, and whether that was asked for. */
static bool flow_identity_is_good(struct attrs nest, const struct params *params)
{
	static const uint64_t always = FLOW_HAS(MECH) | FLOW_HAS(DIRECTION) | FLOW_HAS(PID) |
				       FLOW_HAS(COMM) | FLOW_HAS(START_NS) | FLOW_HAS(CGROUP) |
				       FLOW_HAS(FIRST_NS) | FLOW_HAS(LAST_NS),
			      object = FLOW_HAS(ID) | FLOW_HAS(SPACE),
			      mapping = FLOW_HAS(FILE) | FLOW_HAS(DEV) | FLOW_HAS(OFFSET);
	uint64_t has = check_attrs(nest.data, nest.len, flow, ARRAY_SIZE(flow));
	uint64_t pid = find_number(nest, IPCSTAT_FLOW_A_PID);
	uint64_t id = find_number(nest, IPCSTAT_FLOW_A_ID);

	if ((has & always) != always || ((has & object) && (has & object) != object) ||
	    ((has & mapping) && (has & mapping) != mapping))
		return false;
	if (params->has & HAS(PID) && pid != params->number[IPCSTAT_A_PID])
		return false;
	if (params->has & HAS(ID) && (!(has & object) || id != params->number[IPCSTAT_A_ID]))
		return false;
	return flow_may_be_seen(nest, pid);
}

static bool is_direction(const char *name)
{
	return !strcmp(name, "send") || !strcmp(name, "recv");
}

/* A flow; or a sum of others; or the last one. */
static bool flow_is_good(struct attrs attrs, uint64_t has, const struct params *params)
{
	struct attrs nest = find_attr(attrs, IPCSTAT_A_FLOW);
	const char *mech, *direction;

	if (has & HAS(EVICTED))
		return true;
	mech = has & HAS(FLOW) ? find_attr(nest, IPCSTAT_FLOW_A_MECH).data
			       : find_attr(attrs, IPCSTAT_A_MECH).data;
	direction = has & HAS(FLOW) ? find_attr(nest, IPCSTAT_FLOW_A_DIRECTION).data
				    : find_attr(attrs, IPCSTAT_A_DIRECTION).data;
	if (!mech || (params->has & HAS(MECH) && strcmp(mech, row[params->row])) || !direction ||
	    !is_direction(direction) ||
	    !flow_counters_are_good(attrs, params->number[IPCSTAT_A_BYTES]))
		return false;
	if (has & HAS(FLOW))
		return flow_identity_is_good(nest, params);
	return !(params->has & (HAS(PID) | HAS(ID))) && !params->number[IPCSTAT_A_BYTES];
}

static bool reply_is_good(const struct nlmsghdr *nlh, struct want *want)
{
	uint64_t has = check_reply(nlh, want->cmd);
	struct attrs attrs;

	if (!has)
		return false;
	attrs = attrs_of(nlh);
	if (want->cmd == IPCSTAT_CMD_FLOWS)
		return find_number(attrs, IPCSTAT_A_MAX_FLOWS) == want->flows &&
		       find_number(attrs, IPCSTAT_A_USED) <= want->flows;
	if (want->cmd != IPCSTAT_CMD_FLOW)
		return true;
	if (want->done)
		return false;
	want->done = has & HAS(EVICTED);
	nr_next += !!(has & HAS(NEXT));
	return flow_is_good(attrs, has, &want->params);
}

static bool answer_is_good(const struct sock *sock, const struct nlmsghdr *nlh, struct want *want)
{
	if (nlh->nlmsg_type == NLMSG_ERROR || nlh->nlmsg_type == NLMSG_DONE)
		return end_is_good(sock, nlh, want);
	if (want->acked || want->error || want->nr++ >= want->most)
		return false;
	return want->dump == !!(nlh->nlmsg_flags & NLM_F_MULTI) && reply_is_good(nlh, want);
}

/* Reads all there is to read. What is said to a request is said when send() returns. */
static void take_answers(const struct sock *sock, struct want *want, unsigned int nr)
{
	static char buf[4 * MAX_BUF];
	ssize_t len;

	while ((len = recv(sock->fd, buf, sizeof(buf), MSG_DONTWAIT | MSG_TRUNC)) > 0) {
		unsigned int rest = (unsigned int)len;
		struct nlmsghdr *nlh = (void *)buf;

		for (; NLMSG_OK(nlh, rest); nlh = NLMSG_NEXT(nlh, rest)) {
			unsigned int i = 0;

			while (i < nr && want[i].nlh.nlmsg_seq != nlh->nlmsg_seq)
				i++;
			if (i < nr && answer_is_good(sock, nlh, &want[i]))
				continue;
			failure("a malformed answer, or not the one that was due");
			dump_bytes(nlh, nlh->nlmsg_len);
		}
		if (rest)
			failure("%u bytes behind the answers", rest);
	}
	if (len >= 0 || errno != EAGAIN)
		failure("recv: %s", strerror(errno));
}

static void send_checked(const struct sock *sock, char *buf, unsigned int len)
{
	static struct want want[MAX_WANTS];
	uint32_t before = flows;
	unsigned int nr = predict_all(buf, len, want);

	if (send(sock->fd, buf, len, 0) != (ssize_t)len) {
		flows = before;
		/* what is too long for the socket; newer kernels refuse nothing at all, too */
		if ((errno != EMSGSIZE || len < 65536) && (errno != ENODATA || len))
			failure("send of %u bytes: %s", len, strerror(errno));
		return;
	}
	take_answers(sock, want, nr);
	for (unsigned int i = 0; i < nr; i++) {
		const struct want *w = &want[i];

		if (w->nr < w->least)
			failure("command %u: %u replies instead of %u", w->cmd, w->nr, w->least);
		else if (w->acked != (w->error || w->dump || w->nlh.nlmsg_flags & NLM_F_ACK))
			failure("command %u: %s answer", w->cmd, w->acked ? "an" : "no");
		else if (w->cmd == IPCSTAT_CMD_FLOW && w->dump && !w->error && !w->done)
			failure("command %u: it does not end with EVICTED", w->cmd);
		else
			continue;
		dump_bytes(buf, len);
	}
}

/* ---- requests ---- */

struct request {
	char data[MAX_BUF] __attribute__((aligned(NLMSG_ALIGNTO)));
	unsigned int len;
	unsigned int attr[128]; /* where each begins */
	unsigned int nr;
};

static struct nlmsghdr *header(struct request *r)
{
	return (void *)r->data;
}

static struct genlmsghdr *genl_header(struct request *r)
{
	return (void *)(r->data + NLMSG_HDRLEN);
}

static struct nlattr *any_attr(struct request *r)
{
	return r->nr ? (void *)(r->data + r->attr[below(r->nr)]) : NULL;
}

static void add_attr(struct request *r, uint16_t type, const void *data, unsigned int size)
{
	struct nlattr head = { .nla_type = type, .nla_len = NLA_HDRLEN + size };

	if (size > UINT16_MAX - NLA_HDRLEN || r->len + ALIGNED(head.nla_len) > sizeof(r->data) ||
	    r->nr == ARRAY_SIZE(r->attr))
		return;
	r->attr[r->nr++] = r->len;
	memset(r->data + r->len, 0, ALIGNED(head.nla_len));
	memcpy(r->data + r->len, &head, sizeof(head));
	if (size)
		memcpy(r->data + r->len + NLA_HDRLEN, data, size);
	r->len += ALIGNED(head.nla_len);
	header(r)->nlmsg_len = r->len;
}

static void add_number(struct request *r, uint16_t type, uint32_t value)
{
	add_attr(r, type, &value, sizeof(value));
}

static void add_long_number(struct request *r, uint16_t type, uint64_t value)
{
	add_attr(r, type, &value, sizeof(value));
}

static void add_row(struct request *r)
{
	const char *name = row[below(nr_rows)];

	add_attr(r, IPCSTAT_A_MECH, name, strlen(name) + 1);
}

static void begin_request(struct request *r, uint8_t cmd, uint16_t flags)
{
	memset(r->data, 0, NLMSG_LENGTH(GENL_HDRLEN));
	header(r)->nlmsg_type = family;
	header(r)->nlmsg_flags = NLM_F_REQUEST | flags;
	header(r)->nlmsg_len = r->len = NLMSG_LENGTH(GENL_HDRLEN);
	*genl_header(r) = (struct genlmsghdr){ .cmd = cmd, .version = IPCSTAT_GENL_VERSION };
	r->nr = 0;
}

/* Freeing the table takes long, and is rarer. */
static void add_max_flows(struct request *r)
{
	static const uint32_t sizes[] = { 16, 17, 64, 4096 };

	add_number(r, IPCSTAT_A_MAX_FLOWS,
		   one_in(8)   ? 0
		   : one_in(4) ? MIN_FLOWS + below(FEW_FLOWS - MIN_FLOWS)
			       : sizes[below(ARRAY_SIZE(sizes))]);
}

static void add_flow_filter(struct request *r)
{
	if (one_in(2))
		add_number(r, IPCSTAT_A_START, odd_length(below(256)));
	if (one_in(4))
		add_number(r, IPCSTAT_A_PID, one_in(2) ? below(2) : odd_length(1000));
	if (one_in(4))
		add_long_number(r, IPCSTAT_A_ID, one_in(2) ? odd_length(1000) : random64());
	if (one_in(4))
		add_long_number(r, IPCSTAT_A_BYTES, one_in(2) ? below(4) : random64());
}

/* A request that is answered. Dumps cost most of the time, and are rarer. */
static void valid_request(struct request *r)
{
	static const uint8_t single[] = { IPCSTAT_CMD_INFO, IPCSTAT_CMD_ROW, IPCSTAT_CMD_SIGNAL,
					  IPCSTAT_CMD_HIST };
	uint8_t cmd = one_in(8) ? 1 + below(IPCSTAT_CMD_MAX) : single[below(ARRAY_SIZE(single))];
	bool dump = is_only_dumped(cmd) || (!is_only_done(cmd) && one_in(16));

	begin_request(r, cmd,
		      (one_in(2) ? NLM_F_ACK : 0) | (one_in(8) ? NLM_F_ECHO : 0) |
			      (dump ? NLM_F_DUMP : 0));
	if ((cmd == IPCSTAT_CMD_BLOCKED || cmd == IPCSTAT_CMD_SHARE) && one_in(2))
		add_number(r, IPCSTAT_A_START, odd_length(below(64)));
	if (cmd == IPCSTAT_CMD_FLOW)
		add_flow_filter(r);
	if (cmd == IPCSTAT_CMD_FLOWS && one_in(2))
		add_max_flows(r);
	if (is_only_done(cmd) || (dump && one_in(8)))
		return;
	if (cmd == IPCSTAT_CMD_SIGNAL)
		add_number(r, IPCSTAT_A_SIGNAL, 1 + below(NR_SIGNALS));
	else
		add_row(r);
}

static void random_bytes(char *data, unsigned int len)
{
	for (unsigned int i = 0; i < len; i++)
		data[i] = (char)random64();
}

/* A MECH that is none: any length, with an end, without, or with much behind it. */
static void odd_name(struct request *r)
{
	char name[256];
	unsigned int len = one_in(2) ? below(sizeof(name)) : IPCSTAT_NAME_MAX + below(4) - 2;

	memset(name, 'x', sizeof(name));
	if (one_in(2))
		strcpy(name, row[below(nr_rows)]);
	if (one_in(2) && len)
		name[below(len)] = '\0';
	if (one_in(2) && len)
		name[len - 1] = '\0';
	add_attr(r, IPCSTAT_A_MECH, name, len);
}

/* Puts all attributes into a nest, and that into one, ... */
static void wrap_attrs(struct request *r)
{
	unsigned int start = NLMSG_LENGTH(GENL_HDRLEN), depth = one_in(8) ? 1000 : 1 + below(4);
	unsigned int size = depth * NLA_HDRLEN, len = r->len - start;

	if (r->len + size > sizeof(r->data))
		return;
	memmove(r->data + start + size, r->data + start, len);
	for (unsigned int i = 0; i < depth; i++) {
		struct nlattr head = {
			.nla_type = NLA_F_NESTED | below(IPCSTAT_A_MAX + 1),
			.nla_len = size - i * NLA_HDRLEN + len,
		};

		memcpy(r->data + start + i * NLA_HDRLEN, &head, sizeof(head));
	}
	r->nr = 1;
	r->attr[0] = start;
	header(r)->nlmsg_len = r->len += size;
}

static void repeat_attr(struct request *r, const struct nlattr *attr)
{
	const char *data = (const char *)(attr + 1), *end = r->data + r->len;
	static char copy[65536];
	unsigned int size = attr->nla_len;

	if (data > end)
		return;
	if (size > end - data)
		size = end - data;
	memcpy(copy, data, size);
	add_attr(r, attr->nla_type, copy, size);
}

static void spoil(struct request *r)
{
	static const uint16_t numbers[] = { IPCSTAT_A_SIGNAL, IPCSTAT_A_START, IPCSTAT_A_MAX_FLOWS,
					    IPCSTAT_A_PID };
	struct nlattr *attr = any_attr(r);
	static char noise[65536];
	unsigned int n;

	switch (below(16)) {
	case 0:
		header(r)->nlmsg_len = odd_length(r->len);
		break;
	case 1:
		header(r)->nlmsg_flags ^= one_in(2) ? below(65536) : 1U << below(16);
		break;
	case 2:
		header(r)->nlmsg_type = one_in(2) ? below(NLMSG_MIN_TYPE) : NO_FAMILY;
		break;
	case 3:
		genl_header(r)->cmd = one_in(2) ? below(IPCSTAT_CMD_MAX + 2) : random64();
		break;
	case 4:
		genl_header(r)->version = random64();
		genl_header(r)->reserved = one_in(2) ? random64() : 0;
		break;
	case 5:
		if (attr)
			attr->nla_len = odd_length(attr->nla_len);
		break;
	case 6:
		if (attr)
			attr->nla_type = one_in(2)   ? attr->nla_type ^ 1U << (14 + below(2))
					 : one_in(2) ? below(IPCSTAT_A_MAX + 3)
						     : below(65536);
		break;
	case 7: /* the same again; or many of them */
		for (n = one_in(8) ? 100 : 1; attr && n; n--)
			repeat_attr(r, attr);
		break;
	case 8:
		random_bytes(noise, n = below(72));
		add_attr(r, below(IPCSTAT_A_MAX + 3), noise, n);
		break;
	case 9:
		memset(noise, below(256), sizeof(noise));
		add_attr(r, one_in(2) ? IPCSTAT_A_MECH : below(IPCSTAT_A_MAX + 3), noise,
			 one_in(16) ? 65535 - NLA_HDRLEN - below(5) : below(2000));
		break;
	case 10: /* an end that is too early, known to the header or not */
		r->len = below(r->len + 1);
		if (one_in(2) && r->len >= NLMSG_HDRLEN)
			header(r)->nlmsg_len = r->len;
		break;
	case 11:
		for (n = 1 + below(8); n && r->len; n--)
			r->data[below(r->len)] = (char)random64();
		break;
	case 12:
		random_bytes(r->data + r->len, n = below(8));
		header(r)->nlmsg_len = r->len += n;
		break;
	case 13:
		wrap_attrs(r);
		break;
	case 14:
		odd_name(r);
		break;
	case 15:
		add_number(r, numbers[below(ARRAY_SIZE(numbers))], odd_length(NR_SIGNALS));
		break;
	}
}

/* One message: valid, or spoilt by up to three things. */
static void make_request(struct request *r)
{
	valid_request(r);
	if (one_in(4))
		return;
	for (unsigned int n = 1 + below(3);
	     n && r->len >= NLMSG_LENGTH(GENL_HDRLEN) && r->len < sizeof(r->data) - 8; n--)
		spoil(r);
}

/* ---- the fuzzing ---- */

static void send_and_leave(const struct sock *sock, char *buf, unsigned int len)
{
	static struct want want[MAX_WANTS];
	uint32_t before = flows;
	char some[4096];

	predict_all(buf, len, want);
	if (send(sock->fd, buf, len, MSG_DONTWAIT) != (ssize_t)len)
		flows = before;
	if (one_in(4))
		recv(sock->fd, some, one_in(2) ? below(32) : sizeof(some), MSG_DONTWAIT);
}

static void one_buffer(void)
{
	static struct request request;
	static char buf[MAX_BUF];
	unsigned int len = 0, nr = one_in(4) ? 2 + below(3) : 1;

	for (unsigned int i = 0; i < nr; i++) {
		make_request(&request);
		if (len + request.len > sizeof(buf))
			break;
		memcpy(buf + len, request.data, request.len);
		sent++;
		len += one_in(16) ? request.len : ALIGNED(request.len);
		if (len > sizeof(buf))
			len = sizeof(buf);
	}
	if (one_in(16))
		send_and_leave(&left[below(NR_LEFT)], buf, len);
	else
		send_checked(&watched[below(NR_WATCHED)], buf, len);
	if (one_in(32))
		reopen(&watched[below(NR_WATCHED)], false);
	if (one_in(32))
		reopen(&left[below(NR_LEFT)], true);
}

static void ask_alone(struct request *r)
{
	struct sock sock = open_socket(true, true, true, 1 << 20);

	send_checked(&sock, r->data, r->len);
	close(sock.fd);
}

/* A flow through each of so many pipes. */
static void make_flows(unsigned int nr)
{
	int fd[2];

	for (unsigned int i = 0; i < nr; i++) {
		EDGE_MUST(!pipe(fd) && write(fd[1], "x", 1) == 1);
		close(fd[0]);
		close(fd[1]);
	}
}

/*
 * The table in all its states, the last one with more flows than an answer holds. Who may
 * not set it asks all the same.
 */
static void ask_flows(void)
{
	static const uint32_t sizes[] = { 0, 16, 16, 17, 0, 256 };
	static struct request request;

	for (unsigned int i = 0; i < ARRAY_SIZE(sizes); i++) {
		begin_request(&request, IPCSTAT_CMD_FLOWS, 0);
		add_number(&request, IPCSTAT_A_MAX_FLOWS, sizes[i]);
		calm_until = 0;
		ask_alone(&request);
		/* No more than it takes: a pipe is as dear as a message. */
		make_flows(i + 1 == ARRAY_SIZE(sizes) ? 100 : MIN_FLOWS + 4);
		begin_request(&request, IPCSTAT_CMD_FLOW, NLM_F_DUMP);
		ask_alone(&request);
		begin_request(&request, IPCSTAT_CMD_FLOW, NLM_F_DUMP);
		add_number(&request, IPCSTAT_A_PID, (uint32_t)getpid());
		add_long_number(&request, IPCSTAT_A_BYTES, 1);
		ask_alone(&request);
	}
}

/* Each valid request, alone on a socket of its own; returns how many are not answered well. */
static unsigned int ask_all(bool with_flows)
{
	static const struct {
		uint8_t cmd;
		bool dump, row, sig;
	} all[] = {
		{ IPCSTAT_CMD_INFO, false, false, false },
		{ IPCSTAT_CMD_ROW, false, true, false },
		{ IPCSTAT_CMD_ROW, true, false, false },
		{ IPCSTAT_CMD_SIGNAL, false, false, true },
		{ IPCSTAT_CMD_SIGNAL, true, false, false },
		{ IPCSTAT_CMD_HOOK, true, false, false },
		{ IPCSTAT_CMD_HIST, false, true, false },
		{ IPCSTAT_CMD_HIST, true, false, false },
		{ IPCSTAT_CMD_BLOCKED, true, false, false },
		{ IPCSTAT_CMD_FLOWS, false, false, false },
		{ IPCSTAT_CMD_FLOW, true, false, false },
		{ IPCSTAT_CMD_FLOW, true, true, false },
		{ IPCSTAT_CMD_SHARE, true, false, false },
	};
	static struct request request;
	unsigned int before = nr_failures;

	for (unsigned int i = 0; i < ARRAY_SIZE(all); i++) {
		begin_request(&request, all[i].cmd, all[i].dump ? NLM_F_DUMP : 0);
		if (all[i].row)
			add_row(&request);
		if (all[i].sig)
			add_number(&request, IPCSTAT_A_SIGNAL, 1 + below(NR_SIGNALS));
		ask_alone(&request);
	}
	if (with_flows)
		ask_flows();
	return nr_failures - before;
}

/* ---- what there is ---- */

/*
 * Asks r and counts the replies. Of each one the attribute is copied to names, if that is
 * given; and size bytes of the last one's to value.
 */
static unsigned int learn(struct request *r, uint16_t attr, char (*names)[IPCSTAT_NAME_MAX],
			  void *value, unsigned int size)
{
	static char buf[65536];
	struct sock sock = open_socket(true, true, false, 1 << 20);
	unsigned int nr = 0;
	bool done = false;
	ssize_t len;

	EDGE_MUST(send(sock.fd, r->data, r->len, 0) == (ssize_t)r->len);
	while (!done) {
		len = recv(sock.fd, buf, sizeof(buf), MSG_DONTWAIT);
		EDGE_MUST(len > 0);
		for (struct nlmsghdr *nlh = (void *)buf; NLMSG_OK(nlh, len);
		     nlh = NLMSG_NEXT(nlh, len)) {
			struct attrs found;

			if (nlh->nlmsg_type == NLMSG_DONE || nlh->nlmsg_type == NLMSG_ERROR) {
				EDGE_MUST(!*(int *)NLMSG_DATA(nlh));
				done = true;
				break;
			}
			found = find_attr(attrs_of(nlh), attr);
			EDGE_MUST(found.data && found.len >= size && (!names || nr < MAX_ROWS));
			if (names)
				snprintf(names[nr], sizeof(names[nr]), "%s", found.data);
			if (value)
				memcpy(value, found.data, size);
			nr++;
		}
	}
	close(sock.fd);
	return nr;
}

/* Whoever can map all users is in the initial user namespace: there is none above it. */
static bool am_root(void)
{
	FILE *f = fopen("/proc/self/uid_map", "r");
	unsigned int nr;

	EDGE_MUST(f && fscanf(f, "%*u %*u %u", &nr) == 1);
	fclose(f);
	return !geteuid() && nr == UINT32_MAX;
}

/* Whether there are flows; if we may, there are none: the answers depend on it. */
static void learn_flows(void)
{
	static struct request request;

	is_root = am_root();
	begin_request(&request, IPCSTAT_CMD_FLOWS, NLM_F_ACK);
	if (is_root)
		add_number(&request, IPCSTAT_A_MAX_FLOWS, 0);
	learn(&request, IPCSTAT_A_MAX_FLOWS, NULL, &flows, sizeof(flows));
}

static void learn_all(void)
{
	static struct request request;

	begin_request(&request, CTRL_CMD_GETFAMILY, NLM_F_ACK);
	header(&request)->nlmsg_type = GENL_ID_CTRL;
	add_attr(&request, CTRL_ATTR_FAMILY_NAME, IPCSTAT_GENL_NAME, sizeof(IPCSTAT_GENL_NAME));
	learn(&request, CTRL_ATTR_FAMILY_ID, NULL, &family, sizeof(family));
	begin_request(&request, IPCSTAT_CMD_ROW, NLM_F_DUMP);
	nr_rows = learn(&request, IPCSTAT_A_MECH, row, NULL, 0);
	begin_request(&request, IPCSTAT_CMD_HOOK, NLM_F_DUMP);
	nr_hooks = learn(&request, IPCSTAT_A_HOOK, NULL, NULL, 0);
	for (unsigned int i = 0; i < nr_rows; i++) {
		begin_request(&request, IPCSTAT_CMD_HOOK, NLM_F_DUMP);
		add_attr(&request, IPCSTAT_A_MECH, row[i], strlen(row[i]) + 1);
		hooks_of[i] = learn(&request, IPCSTAT_A_HOOK, NULL, NULL, 0);
	}
}

/* Root has them on in the end; others leave them as they are. */
static void check_flows_met(void)
{
	int denied = is_root ? EALREADY : EPERM;

	edge_check(by_error[denied], "%s has been met", strerrorname_np(denied));
	if (is_root || !flows)
		edge_check(by_error[ENODATA], "ENODATA has been met");
	if (flows)
		edge_check(nr_next, "more flows than an answer holds have been met");
}

int main(int argc, char **argv)
{
	static const int errors[] = { EINVAL, ENOENT, ERANGE, EOPNOTSUPP };
	unsigned int unanswered = 0, asked = 0;
	const char *file = NULL;
	int option;

	while ((option = getopt(argc, argv, "s:n:k:")) != -1) {
		switch (option) {
		case 's':
			seed = strtoull(optarg, NULL, 0);
			break;
		case 'n':
			messages = strtoull(optarg, NULL, 0);
			break;
		case 'k':
			file = optarg;
			break;
		default:
			return 2;
		}
	}
	random_state = seed;
	printf("# seed %" PRIu64 "\n", seed);
	learn_all();
	learn_flows();
	for (unsigned int i = 0; i < NR_WATCHED; i++)
		reopen(&watched[i], false);
	for (unsigned int i = 0; i < NR_LEFT; i++)
		reopen(&left[i], true);
	while (sent < messages) {
		one_buffer();
		if (sent / 1000 >= asked) {
			unanswered += ask_all(asked % (FLOWS_EVERY / 1000) == 0);
			asked++;
		}
	}
	unanswered += ask_all(true);

	edge_check(!nr_failures, "%" PRIu64 " messages: each gets the answer that is due, whole",
		   sent);
	edge_check(!unanswered, "%u times in between all is asked, and answered", asked);
	for (unsigned int i = 0; i < ARRAY_SIZE(errors); i++)
		edge_check(by_error[errors[i]], "%s has been met", strerrorname_np(errors[i]));
	check_flows_met();
	for (unsigned int i = 0; i < ARRAY_SIZE(by_error); i++)
		if (by_error[i])
			printf("# %s: %" PRIu64 "\n", i ? strerrorname_np((int)i) : "no error",
			       by_error[i]);
	printf("# random numbers end with %016" PRIx64 "\n", random_state);
	fflush(stdout);
	if (file) {
		EDGE_MUST(open(file, O_CREAT | O_WRONLY, 0600) >= 0);
		pause();
	}
	return edge_done();
}
