// SPDX-License-Identifier: GPL-2.0-only
/*
 * The netlink family, byte by byte: requests that are wrong in each way, dumps
 * that are read slowly, and the family's description of itself. Messages are made
 * by hand, since a library would not make the wrong ones.
 *
 *	requests		all of that, as TAP
 *	requests half FILE	leave dumps half read, make FILE, and sleep
 *	requests closed		the module has a proc_mode that keeps others out: who is
 *				answered; to be run as root
 *	requests addresses	no reply has a kernel's address in it
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <linux/genetlink.h>
#include <linux/netlink.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "edge.h"
#include "ipcstat.h"

#define MAX_NAMES 256

#define NOBODY 65534

static uint16_t family;
static unsigned int seq;
static unsigned int addresses; /* that replies have had in them */

/* What came back for one request. */
struct answer {
	int error;          /* of the ACK or of the dump's end; > 0 is an errno */
	char text[256];     /* the error's text */
	bool has_offset;    /* it points at an attribute */
	bool done;          /* a dump that came to its end */
	unsigned int parts; /* reads that it took */
	unsigned int nr;    /* messages, and the name or number in each */
	char name[MAX_NAMES][IPCSTAT_NAME_MAX * 2];
	char first[8192]; /* the first message's attributes */
	unsigned int first_len;
};

static int nl_socket(int rcvbuf)
{
	struct sockaddr_nl addr = { .nl_family = AF_NETLINK };
	struct timeval limit = { .tv_sec = 5 };
	int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_GENERIC), one = 1;

	EDGE_MUST(fd >= 0 && !bind(fd, (void *)&addr, sizeof(addr)));
	setsockopt(fd, SOL_NETLINK, NETLINK_EXT_ACK, &one, sizeof(one));
	setsockopt(fd, SOL_NETLINK, NETLINK_CAP_ACK, &one, sizeof(one));
	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit));
	if (rcvbuf)
		EDGE_MUST(!setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &rcvbuf, sizeof(rcvbuf)));
	return fd;
}

/* ---- attributes ---- */

/* Appends one attribute; returns the new length. */
static unsigned int put(char *attrs, unsigned int len, uint16_t type, const void *data,
			unsigned int size)
{
	struct nlattr head = { .nla_type = type, .nla_len = NLA_HDRLEN + size };

	memset(attrs + len, 0, NLA_ALIGN(head.nla_len));
	memcpy(attrs + len, &head, sizeof(head));
	if (size)
		memcpy(attrs + len + NLA_HDRLEN, data, size);
	return len + NLA_ALIGN(head.nla_len);
}

/* The first attribute of a type; its payload's size in *size. */
static const void *get(const char *attrs, unsigned int len, uint16_t type, unsigned int *size)
{
	struct nlattr head;

	for (unsigned int at = 0; at + NLA_HDRLEN <= len; at += NLA_ALIGN(head.nla_len)) {
		memcpy(&head, attrs + at, sizeof(head));
		if (head.nla_len < NLA_HDRLEN || at + head.nla_len > len)
			break;
		if ((head.nla_type & NLA_TYPE_MASK) == type) {
			*size = head.nla_len - NLA_HDRLEN;
			return attrs + at + NLA_HDRLEN;
		}
	}
	*size = 0;
	return NULL;
}

/* ---- asking ---- */

static void ask_raw(int fd, uint16_t type, uint16_t flags, const struct genlmsghdr *genl,
		    const void *attrs, unsigned int len)
{
	char buf[4096];
	struct nlmsghdr nlh = { .nlmsg_type = type, .nlmsg_flags = flags, .nlmsg_seq = ++seq };

	nlh.nlmsg_len = NLMSG_HDRLEN + (genl ? GENL_HDRLEN : 0) + len;
	EDGE_MUST(nlh.nlmsg_len <= sizeof(buf));
	memcpy(buf, &nlh, sizeof(nlh));
	if (genl)
		memcpy(buf + NLMSG_HDRLEN, genl, sizeof(*genl));
	if (len)
		memcpy(buf + nlh.nlmsg_len - len, attrs, len);
	EDGE_MUST(send(fd, buf, nlh.nlmsg_len, 0) == (ssize_t)nlh.nlmsg_len);
}

static void ask(int fd, uint8_t cmd, uint16_t flags, const void *attrs, unsigned int len)
{
	struct genlmsghdr genl = { .cmd = cmd, .version = IPCSTAT_GENL_VERSION };

	ask_raw(fd, family, NLM_F_REQUEST | NLM_F_ACK | flags, &genl, attrs, len);
}

/* An error, or the end of a dump: int error, [the request], attributes. */
static void take_error(const struct nlmsghdr *nlh, struct answer *a)
{
	const char *data = (const char *)nlh + NLMSG_HDRLEN, *attrs;
	unsigned int size, skip = sizeof(int);
	int error;

	memcpy(&error, data, sizeof(error));
	a->error = -error;
	if (nlh->nlmsg_type == NLMSG_ERROR)
		skip += sizeof(struct nlmsghdr); /* NETLINK_CAP_ACK: no payload */
	if (!(nlh->nlmsg_flags & NLM_F_ACK_TLVS) || nlh->nlmsg_len <= NLMSG_HDRLEN + skip)
		return;
	attrs = data + skip;
	size = nlh->nlmsg_len - NLMSG_HDRLEN - skip;
	a->has_offset = get(attrs, size, NLMSGERR_ATTR_OFFS, &(unsigned int){ 0 });
	attrs = get(attrs, size, NLMSGERR_ATTR_MSG, &size);
	if (attrs)
		snprintf(a->text, sizeof(a->text), "%.*s", (int)size, attrs);
}

/* Of x86-64 and arm64; also numbers that have gone below 0. */
static bool is_address(uint64_t value)
{
	return value >= 0xffff000000000000;
}

/* In all attributes of 8 bytes or several times that, nested ones, too; text is never so high. */
static unsigned int count_addresses(const char *attrs, unsigned int len)
{
	unsigned int found = 0;
	struct nlattr head;
	uint64_t value;

	for (unsigned int at = 0; at + NLA_HDRLEN <= len; at += NLA_ALIGN(head.nla_len)) {
		memcpy(&head, attrs + at, sizeof(head));
		EDGE_MUST(head.nla_len >= NLA_HDRLEN && at + head.nla_len <= len);
		if (head.nla_type & NLA_F_NESTED) {
			found +=
				count_addresses(attrs + at + NLA_HDRLEN, head.nla_len - NLA_HDRLEN);
			continue;
		}
		for (unsigned int i = NLA_HDRLEN; i + sizeof(value) <= head.nla_len;
		     i += sizeof(value)) {
			memcpy(&value, attrs + at + i, sizeof(value));
			found += is_address(value);
		}
	}
	return found;
}

/* A reply: keeps the name or number that tells it from the others. */
static void take_reply(const struct nlmsghdr *nlh, struct answer *a)
{
	const char *attrs = (const char *)nlh + NLMSG_HDRLEN + GENL_HDRLEN, *nest;
	unsigned int len = nlh->nlmsg_len - NLMSG_HDRLEN - GENL_HDRLEN, size, inner;
	char *name = a->name[a->nr++];
	const char *found;
	uint32_t sig;

	EDGE_MUST(a->nr < MAX_NAMES);
	if (a->nr == 1) {
		EDGE_MUST(len <= sizeof(a->first));
		memcpy(a->first, attrs, len);
		a->first_len = len;
	}
	if (nlh->nlmsg_type != family)
		return;
	addresses += count_addresses(attrs, len);
	found = get(attrs, len, IPCSTAT_A_MECH, &size);
	if (found) {
		snprintf(name, sizeof(a->name[0]), "%s", found);
		return;
	}
	found = get(attrs, len, IPCSTAT_A_SIGNAL, &size);
	if (found) {
		memcpy(&sig, found, sizeof(sig));
		sprintf(name, "%u", sig);
		return;
	}
	nest = get(attrs, len, IPCSTAT_A_HOOK, &inner);
	found = nest ? get(nest, inner, IPCSTAT_HOOK_A_NAME, &size) : NULL;
	/* a function may be hooked at its entry, too */
	if (found)
		snprintf(name, sizeof(a->name[0]), "%s %s", found,
			 (const char *)get(nest, inner, IPCSTAT_HOOK_A_KIND, &size));
}

/* Reads until the ACK, the error or the end of the dump. */
static void answer(int fd, struct answer *a, unsigned int pause_us)
{
	static char buf[65536];
	ssize_t len;

	memset(a, 0, sizeof(*a));
	for (;;) {
		if (pause_us)
			usleep(pause_us);
		len = recv(fd, buf, sizeof(buf), 0);
		EDGE_MUST(len > 0);
		a->parts++;
		for (struct nlmsghdr *nlh = (void *)buf; NLMSG_OK(nlh, len);
		     nlh = NLMSG_NEXT(nlh, len)) {
			if (nlh->nlmsg_seq != seq)
				continue;
			if (nlh->nlmsg_type == NLMSG_ERROR || nlh->nlmsg_type == NLMSG_DONE) {
				a->done = nlh->nlmsg_type == NLMSG_DONE;
				take_error(nlh, a);
				return;
			}
			take_reply(nlh, a);
		}
	}
}

static void query(uint8_t cmd, uint16_t flags, const void *attrs, unsigned int len,
		  struct answer *a)
{
	int fd = nl_socket(0);

	ask(fd, cmd, flags, attrs, len);
	answer(fd, a, 0);
	close(fd);
}

static void find_family(void)
{
	struct genlmsghdr genl = { .cmd = CTRL_CMD_GETFAMILY, .version = 1 };
	int fd = nl_socket(0);
	struct answer a;
	char attrs[64];
	const void *id;
	unsigned int len, size;

	len = put(attrs, 0, CTRL_ATTR_FAMILY_NAME, IPCSTAT_GENL_NAME, sizeof(IPCSTAT_GENL_NAME));
	ask_raw(fd, GENL_ID_CTRL, NLM_F_REQUEST | NLM_F_ACK, &genl, attrs, len);
	/* the control family's attributes are not ours: only the first message counts */
	answer(fd, &a, 0);
	close(fd);
	EDGE_MUST(!a.error);
	id = get(a.first, a.first_len, CTRL_ATTR_FAMILY_ID, &size);
	EDGE_MUST(id && size == sizeof(family));
	memcpy(&family, id, sizeof(family));
}

/* ---- wrong requests ---- */

static void refused(const char *what, uint8_t cmd, uint16_t flags, const void *attrs,
		    unsigned int len, int error)
{
	struct answer a;

	query(cmd, flags, attrs, len, &a);
	edge_check(a.error == error && !a.nr && a.text[0], "%s: %s, and says why", what,
		   strerrorname_np(error));
	printf("#   %s: %s\n", a.error ? strerrorname_np(a.error) : "no error", a.text);
}

static void refuse_attr(const char *what, uint8_t cmd, uint16_t flags, uint16_t type,
			const void *data, unsigned int size, int error)
{
	char attrs[1024];

	refused(what, cmd, flags, attrs, put(attrs, 0, type, data, size), error);
}

static void wrong_requests(void)
{
	static const char longest[] = "a_name_of_thirty_one_characters", longer[200] = "pipe";
	char attrs[1024], x[100];
	struct genlmsghdr genl;
	uint64_t wide = 10;
	uint16_t narrow = 10;
	struct answer a;
	unsigned int len;
	uint32_t sig;
	int fd;

	/* Generic netlink's own answer; it gives no text. */
	for (int cmd = 0; cmd < 256; cmd += cmd ? 51 : IPCSTAT_CMD_MAX + 1) {
		query(cmd, 0, NULL, 0, &a);
		edge_check(a.error == EOPNOTSUPP, "command %d: EOPNOTSUPP", cmd);
	}
	query(IPCSTAT_CMD_INFO, NLM_F_DUMP, NULL, 0, &a);
	edge_check(a.error == EOPNOTSUPP && !a.nr, "INFO as a dump: EOPNOTSUPP");
	refused("HOOK without a dump", IPCSTAT_CMD_HOOK, 0, NULL, 0, EOPNOTSUPP);
	refused("BLOCKED without a dump", IPCSTAT_CMD_BLOCKED, 0, NULL, 0, EOPNOTSUPP);
	refused("SHARE without a dump", IPCSTAT_CMD_SHARE, 0, NULL, 0, EOPNOTSUPP);
	refuse_attr("dump shares: with MECH", IPCSTAT_CMD_SHARE, NLM_F_DUMP, IPCSTAT_A_MECH, "pipe",
		    5, EINVAL);
	refuse_attr("dump shares: two bytes for START", IPCSTAT_CMD_SHARE, NLM_F_DUMP,
		    IPCSTAT_A_START, &narrow, 2, EINVAL);
	refused("HIST without MECH", IPCSTAT_CMD_HIST, 0, NULL, 0, EINVAL);
	refuse_attr("HIST: an unknown MECH", IPCSTAT_CMD_HIST, 0, IPCSTAT_A_MECH, "x", 2, ENOENT);
	refuse_attr("dump histograms: with SIGNAL", IPCSTAT_CMD_HIST, NLM_F_DUMP, IPCSTAT_A_SIGNAL,
		    &(uint32_t){ 1 }, 4, EINVAL);
	refuse_attr("dump sleepers: an unknown MECH", IPCSTAT_CMD_BLOCKED, NLM_F_DUMP,
		    IPCSTAT_A_MECH, "x", 2, ENOENT);
	refuse_attr("dump sleepers: two bytes for START", IPCSTAT_CMD_BLOCKED, NLM_F_DUMP,
		    IPCSTAT_A_START, &narrow, 2, EINVAL);
	refuse_attr("dump sleepers: with SIGNAL", IPCSTAT_CMD_BLOCKED, NLM_F_DUMP, IPCSTAT_A_SIGNAL,
		    &(uint32_t){ 1 }, 4, EINVAL);
	refuse_attr("dump sleepers: with what only replies have", IPCSTAT_CMD_BLOCKED, NLM_F_DUMP,
		    IPCSTAT_A_HOOKS_ALL, &(uint32_t){ 1 }, 4, EINVAL);

	refused("ROW without MECH", IPCSTAT_CMD_ROW, 0, NULL, 0, EINVAL);
	refuse_attr("an unknown MECH", IPCSTAT_CMD_ROW, 0, IPCSTAT_A_MECH, "pipes", 6, ENOENT);
	refuse_attr("an empty MECH", IPCSTAT_CMD_ROW, 0, IPCSTAT_A_MECH, "", 1, ENOENT);
	refuse_attr("the longest MECH", IPCSTAT_CMD_ROW, 0, IPCSTAT_A_MECH, longest,
		    sizeof(longest), ENOENT);
	memset(x, 'x', sizeof(x));
	x[IPCSTAT_NAME_MAX] = '\0';
	refuse_attr("a MECH that is too long", IPCSTAT_CMD_ROW, 0, IPCSTAT_A_MECH, x,
		    IPCSTAT_NAME_MAX + 1, EINVAL);
	refuse_attr("a MECH with much behind its end", IPCSTAT_CMD_ROW, 0, IPCSTAT_A_MECH, longer,
		    sizeof(longer), ERANGE);
	refuse_attr("a MECH without its end", IPCSTAT_CMD_ROW, 0, IPCSTAT_A_MECH, "pipe", 4,
		    EINVAL);
	refuse_attr("a MECH of no bytes", IPCSTAT_CMD_ROW, 0, IPCSTAT_A_MECH, "", 0, EINVAL);
	refuse_attr("a nest for MECH", IPCSTAT_CMD_ROW, 0, IPCSTAT_A_MECH | NLA_F_NESTED, "pipe", 5,
		    EINVAL);
	refuse_attr("dump rows: an unknown MECH", IPCSTAT_CMD_ROW, NLM_F_DUMP, IPCSTAT_A_MECH, "x",
		    2, ENOENT);
	refuse_attr("dump hooks: an unknown MECH", IPCSTAT_CMD_HOOK, NLM_F_DUMP, IPCSTAT_A_MECH,
		    "x", 2, ENOENT);

	refused("SIGNAL without a number", IPCSTAT_CMD_SIGNAL, 0, NULL, 0, EINVAL);
	sig = 0;
	refuse_attr("signal 0", IPCSTAT_CMD_SIGNAL, 0, IPCSTAT_A_SIGNAL, &sig, 4, ERANGE);
	sig = 65;
	refuse_attr("signal 65", IPCSTAT_CMD_SIGNAL, 0, IPCSTAT_A_SIGNAL, &sig, 4, ERANGE);
	sig = -1;
	refuse_attr("signal -1", IPCSTAT_CMD_SIGNAL, 0, IPCSTAT_A_SIGNAL, &sig, 4, ERANGE);
	refuse_attr("dump signals: signal -1", IPCSTAT_CMD_SIGNAL, NLM_F_DUMP, IPCSTAT_A_SIGNAL,
		    &sig, 4, ERANGE);
	refuse_attr("two bytes for SIGNAL", IPCSTAT_CMD_SIGNAL, 0, IPCSTAT_A_SIGNAL, &narrow, 2,
		    EINVAL);
	refuse_attr("eight bytes for SIGNAL", IPCSTAT_CMD_SIGNAL, 0, IPCSTAT_A_SIGNAL, &wide, 8,
		    EINVAL);

	sig = 10;
	refuse_attr("INFO with MECH", IPCSTAT_CMD_INFO, 0, IPCSTAT_A_MECH, "pipe", 5, EINVAL);
	refuse_attr("ROW with SIGNAL", IPCSTAT_CMD_ROW, 0, IPCSTAT_A_SIGNAL, &sig, 4, EINVAL);
	refuse_attr("SIGNAL with MECH", IPCSTAT_CMD_SIGNAL, 0, IPCSTAT_A_MECH, "pipe", 5, EINVAL);
	refuse_attr("dump hooks: with SIGNAL", IPCSTAT_CMD_HOOK, NLM_F_DUMP, IPCSTAT_A_SIGNAL, &sig,
		    4, EINVAL);
	refuse_attr("ROW with what only replies have", IPCSTAT_CMD_ROW, 0, IPCSTAT_A_VERSION, "x",
		    2, EINVAL);
	refuse_attr("ROW with attribute 0", IPCSTAT_CMD_ROW, 0, 0, "x", 2, EINVAL);
	refuse_attr("ROW with attribute 200", IPCSTAT_CMD_ROW, 0, 200, "x", 2, EINVAL);

	len = put(attrs, 0, IPCSTAT_A_MECH, "pipe", 5);
	memset(attrs + len, 0xff, 3);
	refused("bytes behind the attributes", IPCSTAT_CMD_ROW, 0, attrs, len + 3, EINVAL);
	((struct nlattr *)attrs)->nla_len = 500;
	refused("an attribute longer than the message", IPCSTAT_CMD_ROW, 0, attrs, len, EINVAL);
	((struct nlattr *)attrs)->nla_len = 2;
	refused("an attribute shorter than its head", IPCSTAT_CMD_ROW, 0, attrs, len, EINVAL);
	len = put(attrs, 0, IPCSTAT_A_MECH, "pipe", 5);
	len = put(attrs, len, 200, "x", 2);
	refused("an unknown attribute behind a good one", IPCSTAT_CMD_ROW, 0, attrs, len, EINVAL);

	fd = nl_socket(0);
	genl = (struct genlmsghdr){ .cmd = IPCSTAT_CMD_INFO, .reserved = 1 };
	ask_raw(fd, family, NLM_F_REQUEST | NLM_F_ACK, &genl, NULL, 0);
	answer(fd, &a, 0);
	edge_check(a.error == EINVAL, "a reserved bit in the header: EINVAL");
	ask_raw(fd, family, NLM_F_REQUEST | NLM_F_ACK, NULL, NULL, 0);
	answer(fd, &a, 0);
	edge_check(a.error == EINVAL, "no header: EINVAL");
	close(fd);

	len = put(attrs, 0, IPCSTAT_A_MECH, "nonsense", 9);
	query(IPCSTAT_CMD_ROW, 0, attrs, len, &a);
	edge_check(a.has_offset, "the error of an unknown MECH points at it");
}

/* ---- right ones ---- */

static bool has(const struct answer *a, uint16_t type, unsigned int size)
{
	unsigned int found;

	return get(a->first, a->first_len, type, &found) && (!size || found == size);
}

static void right_requests(void)
{
	char attrs[64], text[16];
	uint32_t sig = SIGUSR1;
	struct answer a, all;
	unsigned int len;

	query(IPCSTAT_CMD_INFO, 0, NULL, 0, &a);
	edge_check(!a.error && a.nr == 1 && has(&a, IPCSTAT_A_VERSION, 0) &&
			   has(&a, IPCSTAT_A_SINCE, 8) && has(&a, IPCSTAT_A_BACKEND, 0) &&
			   has(&a, IPCSTAT_A_HOOKS_ATTACHED, 4) &&
			   has(&a, IPCSTAT_A_HOOKS_ALL, 4) && has(&a, IPCSTAT_A_MISSED, 8) &&
			   has(&a, IPCSTAT_A_LIMIT, 0) && has(&a, IPCSTAT_A_QUOTA, 0),
		   "INFO");

	query(IPCSTAT_CMD_ROW, NLM_F_DUMP, NULL, 0, &all);
	edge_check(!all.error && all.done && all.nr == 16, "all rows: 16");
	for (unsigned int i = 0; i < all.nr; i++) {
		len = put(attrs, 0, IPCSTAT_A_MECH, all.name[i], strlen(all.name[i]) + 1);
		query(IPCSTAT_CMD_ROW, 0, attrs, len, &a);
		edge_check(!a.error && a.nr == 1 && !strcmp(a.name[0], all.name[i]), "row %s",
			   all.name[i]);
		query(IPCSTAT_CMD_ROW, NLM_F_DUMP, attrs, len, &a);
		edge_check(!a.error && a.done && a.nr == 1 && !strcmp(a.name[0], all.name[i]),
			   "a dump of row %s alone", all.name[i]);
		query(IPCSTAT_CMD_HIST, 0, attrs, len, &a);
		edge_check(!a.error && a.nr == 1 && !strcmp(a.name[0], all.name[i]),
			   "the histograms of %s", all.name[i]);
		query(IPCSTAT_CMD_BLOCKED, NLM_F_DUMP, attrs, len, &a);
		edge_check(!a.error && a.done, "the sleepers of %s", all.name[i]);
	}

	query(IPCSTAT_CMD_SIGNAL, NLM_F_DUMP, NULL, 0, &a);
	edge_check(!a.error && a.done && a.nr == 64, "all signals: 64");
	len = put(attrs, 0, IPCSTAT_A_SIGNAL, &sig, sizeof(sig));
	query(IPCSTAT_CMD_SIGNAL, 0, attrs, len, &a);
	sprintf(text, "%u", sig);
	edge_check(!a.error && a.nr == 1 && !strcmp(a.name[0], text), "signal %u", sig);
	query(IPCSTAT_CMD_SIGNAL, NLM_F_DUMP, attrs, len, &a);
	edge_check(!a.error && a.done && a.nr == 1 && !strcmp(a.name[0], text),
		   "a dump of signal %u alone", sig);

	query(IPCSTAT_CMD_HOOK, NLM_F_DUMP, NULL, 0, &all);
	edge_check(!all.error && all.done && all.nr > 0, "all hooks");
	len = put(attrs, 0, IPCSTAT_A_MECH, "sysv_sem", 9);
	query(IPCSTAT_CMD_HOOK, NLM_F_DUMP, attrs, len, &a);
	edge_check(!a.error && a.done && a.nr > 0 && a.nr < all.nr, "the hooks of one row");

	query(IPCSTAT_CMD_HIST, NLM_F_DUMP, NULL, 0, &all);
	edge_check(!all.error && all.done && all.nr == 16 && has(&all, IPCSTAT_A_HIST, 0),
		   "all histograms");
	sig = UINT32_MAX;
	len = put(attrs, 0, IPCSTAT_A_START, &sig, sizeof(sig));
	query(IPCSTAT_CMD_BLOCKED, NLM_F_DUMP, attrs, len, &a);
	edge_check(!a.error && a.done && !a.nr, "sleepers behind the last one: none");
	query(IPCSTAT_CMD_SHARE, NLM_F_DUMP, attrs, len, &a);
	edge_check(!a.error && a.done && !a.nr, "shares behind the last one: none");
	query(IPCSTAT_CMD_SHARE, NLM_F_DUMP, NULL, 0, &a);
	edge_check(!a.error && a.done && has(&a, IPCSTAT_A_SHARE, 0), "all shares");
}

/* ---- dumps that take their time ---- */

static bool same_names(const struct answer *a, const struct answer *b)
{
	if (a->nr != b->nr)
		return false;
	for (unsigned int i = 0; i < a->nr; i++)
		if (strcmp(a->name[i], b->name[i]))
			return false;
	return true;
}

static void slow_dump(const char *what, uint8_t cmd, const struct answer *want)
{
	int fd = nl_socket(1); /* the kernel makes it the smallest there is */
	struct answer a;

	ask(fd, cmd, NLM_F_DUMP, NULL, 0);
	answer(fd, &a, 20000);
	edge_check(!a.error && a.done && same_names(&a, want),
		   "%s, read slowly through a small buffer: all, once, in order", what);
	printf("#   in %u parts\n", a.parts);
	close(fd);
}

static void slow_dumps(void)
{
	static const uint8_t cmd[] = { IPCSTAT_CMD_ROW, IPCSTAT_CMD_SIGNAL, IPCSTAT_CMD_HOOK,
				       IPCSTAT_CMD_HIST };
	static const char *const what[] = { "rows", "signals", "hooks", "histograms" };
	struct answer want, a, b;
	int one, two;

	for (int i = 0; i < 4; i++) {
		query(cmd[i], NLM_F_DUMP, NULL, 0, &want);
		for (unsigned int k = 0; k < want.nr; k++)
			for (unsigned int m = 0; m < k; m++)
				if (!strcmp(want.name[k], want.name[m]))
					edge_check(false, "%s: %s comes twice", what[i],
						   want.name[k]);
		slow_dump(what[i], cmd[i], &want);
	}

	/* Two at once; the cursor belongs to the dump. */
	query(IPCSTAT_CMD_SIGNAL, NLM_F_DUMP, NULL, 0, &want);
	one = nl_socket(1);
	two = nl_socket(1);
	ask(one, IPCSTAT_CMD_SIGNAL, NLM_F_DUMP, NULL, 0);
	seq--; /* both have the same number */
	ask(two, IPCSTAT_CMD_SIGNAL, NLM_F_DUMP, NULL, 0);
	answer(one, &a, 5000);
	answer(two, &b, 5000);
	edge_check(same_names(&a, &want) && same_names(&b, &want), "two dumps at once");
	close(one);
	close(two);
}

/* ---- from elsewhere ---- */

static int ask_all(void)
{
	static const uint8_t cmd[] = { IPCSTAT_CMD_ROW, IPCSTAT_CMD_SIGNAL, IPCSTAT_CMD_HOOK,
				       IPCSTAT_CMD_HIST };
	struct answer a;

	query(IPCSTAT_CMD_INFO, 0, NULL, 0, &a);
	if (a.error || a.nr != 1)
		return 1;
	for (int i = 0; i < 4; i++) {
		query(cmd[i], NLM_F_DUMP, NULL, 0, &a);
		if (a.error || !a.done || !a.nr)
			return 1;
	}
	return 0;
}

static int from_netns(void *unused)
{
	(void)unused;
	EDGE_MUST(!unshare(CLONE_NEWNET));
	find_family();
	return ask_all();
}

static int from_nobody(void *unused)
{
	(void)unused;
	EDGE_MUST(!setresgid(NOBODY, NOBODY, NOBODY) && !setresuid(NOBODY, NOBODY, NOBODY));
	return ask_all() || access("/proc/ipcstat", R_OK);
}

/* ---- a module that others may not read ---- */

/* Each form of each command, with what it needs to be answered. */
static const struct form {
	const char *what;
	uint8_t cmd;
	uint16_t flags, attr;
} forms[] = {
	{ "INFO", IPCSTAT_CMD_INFO, 0, 0 },
	{ "ROW", IPCSTAT_CMD_ROW, 0, IPCSTAT_A_MECH },
	{ "SIGNAL", IPCSTAT_CMD_SIGNAL, 0, IPCSTAT_A_SIGNAL },
	{ "HIST", IPCSTAT_CMD_HIST, 0, IPCSTAT_A_MECH },
	{ "dump rows", IPCSTAT_CMD_ROW, NLM_F_DUMP, 0 },
	{ "dump signals", IPCSTAT_CMD_SIGNAL, NLM_F_DUMP, 0 },
	{ "dump hooks", IPCSTAT_CMD_HOOK, NLM_F_DUMP, 0 },
	{ "dump histograms", IPCSTAT_CMD_HIST, NLM_F_DUMP, 0 },
	{ "dump sleepers", IPCSTAT_CMD_BLOCKED, NLM_F_DUMP, 0 },
	{ "dump shares", IPCSTAT_CMD_SHARE, NLM_F_DUMP, 0 },
};

#define NR_FORMS (sizeof(forms) / sizeof(forms[0]))

static void ask_form(int fd, const struct form *form, struct answer *a)
{
	uint32_t sig = SIGUSR1;
	char attrs[64];
	unsigned int len = 0;

	if (form->attr == IPCSTAT_A_MECH)
		len = put(attrs, 0, form->attr, "pipe", 5);
	else if (form->attr)
		len = put(attrs, 0, form->attr, &sig, sizeof(sig));
	ask(fd, form->cmd, form->flags, attrs, len);
	answer(fd, a, 0);
}

/* Bit i: form number i is refused, and says why. -1: one is neither refused nor answered. */
static int refusals(int fd)
{
	struct answer a;
	int bits = 0;

	for (unsigned int i = 0; i < NR_FORMS; i++) {
		ask_form(fd, &forms[i], &a);
		if (a.error == EPERM && !a.nr && strstr(a.text, "CAP_SYS_ADMIN"))
			bits |= 1 << i;
		else if (a.error || !(a.nr || forms[i].cmd == IPCSTAT_CMD_BLOCKED ||
				      forms[i].cmd == IPCSTAT_CMD_SHARE))
			return -1;
	}
	return bits;
}

static void become(uid_t euid)
{
	EDGE_MUST(!setresuid(-1, euid, -1));
}

static void closed(void)
{
	const int all = (1 << NR_FORMS) - 1;
	int mine = nl_socket(0), others;

	edge_check(refusals(mine) == 0, "root is answered, whatever he asks");
	become(NOBODY);
	others = nl_socket(0);
	for (unsigned int i = 0; i < NR_FORMS; i++) {
		struct answer a;

		ask_form(others, &forms[i], &a);
		edge_check(a.error == EPERM && !a.nr && a.text[0], "nobody: %s: EPERM, and why",
			   forms[i].what);
		printf("#   %s\n", a.text);
	}
	edge_check(refusals(mine) == all, "nor is nobody with a socket of root's");
	become(0);
	edge_check(refusals(others) == all, "nor root with a socket of nobody's");
	edge_check(refusals(mine) == 0, "root still is with his own");
}

/* ---- addresses ---- */

static void no_addresses(void)
{
	static const uint64_t some[] = { 23, 0xffff888003a41c00, 0xffffffff81a00000 };
	char inner[64], attrs[128];
	int fd = nl_socket(0);
	struct answer a;
	unsigned int len;

	len = put(inner, 0, IPCSTAT_COUNTER_A_NAME, "a longer name", 14);
	len = put(inner, len, IPCSTAT_COUNTER_A_VALUE, some, sizeof(some));
	len = put(attrs, 0, IPCSTAT_A_COUNTER | NLA_F_NESTED, inner, len);
	len = put(attrs, len, IPCSTAT_A_MISSED, &some[1], sizeof(some[1]));
	edge_check(count_addresses(attrs, len) == 3, "addresses are found where they are");
	addresses = 0;
	for (unsigned int i = 0; i < NR_FORMS; i++) {
		ask_form(fd, &forms[i], &a);
		edge_check(!a.error && a.nr && !addresses, "%s: no address in %u messages",
			   forms[i].what, a.nr);
	}
}

/* ---- /proc/ipcstat ---- */

/* The numbers of a row by netlink as /proc/ipcstat writes them: a word each. */
static void row_text(const char *row, char *text, size_t size)
{
	char attrs[64];
	const char *at, *nest, *number;
	struct nlattr head;
	struct answer a;
	unsigned int len, inner, found;
	uint64_t value;
	int columns = 0;

	len = put(attrs, 0, IPCSTAT_A_MECH, row, strlen(row) + 1);
	query(IPCSTAT_CMD_ROW, 0, attrs, len, &a);
	EDGE_MUST(!a.error);
	len = snprintf(text, size, "%s", row);
	for (at = a.first; at < a.first + a.first_len && columns < 16;
	     at += NLA_ALIGN(head.nla_len)) {
		memcpy(&head, at, sizeof(head));
		if ((head.nla_type & NLA_TYPE_MASK) != IPCSTAT_A_COUNTER)
			continue;
		columns++;
		nest = at + NLA_HDRLEN;
		inner = head.nla_len - NLA_HDRLEN;
		if (get(nest, inner, IPCSTAT_COUNTER_A_UNKNOWN, &found)) {
			len += snprintf(text + len, size - len, " ?");
		} else if (get(nest, inner, IPCSTAT_COUNTER_A_NONE, &found)) {
			len += snprintf(text + len, size - len, " -");
		} else {
			number = get(nest, inner, IPCSTAT_COUNTER_A_VALUE, &found);
			EDGE_MUST(number && found == sizeof(value));
			memcpy(&value, number, sizeof(value));
			len += snprintf(text + len, size - len, " %llu", (unsigned long long)value);
		}
	}
}

/* Line number @nr of /proc/ipcstat, with single blanks. */
static bool proc_line(unsigned int nr, char *text, size_t size)
{
	char line[2048], *word, *rest = line;
	FILE *f = fopen("/proc/ipcstat", "r");
	size_t len = 0;

	EDGE_MUST(f);
	for (unsigned int i = 0; i <= nr; i++) {
		if (!fgets(line, sizeof(line), f)) {
			fclose(f);
			return false;
		}
	}
	fclose(f);
	text[0] = '\0';
	while ((word = strsep(&rest, " \n")))
		if (*word)
			len += snprintf(text + len, size - len, "%s%s", len ? " " : "", word);
	return true;
}

static void proc_file(void)
{
	static const char columns[] =
		"mechanism objects queued queued_bytes blocked send_ops send_bytes send_copied "
		"send_waits send_wait_ns send_fails recv_ops recv_bytes recv_copied recv_waits "
		"recv_wait_ns recv_fails";
	static const char *const order[] = {
		"pipe",     "fifo",  "sysv_msg", "posix_mq",    "sysv_shm",   "posix_shm",
		"sysv_sem", "futex", "signal",   "unix_stream", "unix_dgram", "unix_seqpacket",
		"tcp",      "udp",   "raw",      "eventfd"
	};
	char text[2048], before[2048], after[2048];
	unsigned long long since, missed;
	unsigned int attached, all, nr;
	char version[32];
	time_t now = time(NULL);
	struct answer rows;

	EDGE_MUST(proc_line(0, text, sizeof(text)));
	edge_check(sscanf(text, "# ipcstat %31s since %llu hooks %u/%u missed %llu", version,
			  &since, &attached, &all, &missed) == 5 &&
			   attached && attached <= all && since <= (unsigned long long)now &&
			   since > (unsigned long long)now - 86400,
		   "/proc/ipcstat: the first line");
	printf("#   %s\n", text);
	EDGE_MUST(proc_line(1, text, sizeof(text)));
	edge_check(!strcmp(text, columns), "/proc/ipcstat: the columns");

	query(IPCSTAT_CMD_ROW, NLM_F_DUMP, NULL, 0, &rows);
	for (nr = 0; nr < rows.nr; nr++) {
		bool same = false;

		EDGE_MUST(nr < sizeof(order) / sizeof(order[0]));
		edge_check(!strcmp(rows.name[nr], order[nr]), "row %u is %s", nr + 1, order[nr]);
		/* a number that moves in between: again */
		for (int tries = 0; tries < 10 && !same; tries++) {
			row_text(rows.name[nr], before, sizeof(before));
			EDGE_MUST(proc_line(2 + nr, text, sizeof(text)));
			row_text(rows.name[nr], after, sizeof(after));
			same = !strcmp(before, text) && !strcmp(text, after);
		}
		edge_check(same, "%s: /proc and netlink agree", rows.name[nr]);
		if (!same)
			printf("#   /proc:   %s\n#   netlink: %s\n", text, after);
	}
	edge_check(!proc_line(2 + nr, text, sizeof(text)), "/proc/ipcstat has no more lines");
}

/* ---- the family's description of itself ---- */

static void description(void)
{
	static const struct {
		const char *name;
		uint8_t cmd;
		uint32_t flags;
	} want[] = {
		{ "INFO", IPCSTAT_CMD_INFO, GENL_CMD_CAP_DO },
		{ "ROW", IPCSTAT_CMD_ROW,
		  GENL_CMD_CAP_DO | GENL_CMD_CAP_DUMP | GENL_CMD_CAP_HASPOL },
		{ "SIGNAL", IPCSTAT_CMD_SIGNAL,
		  GENL_CMD_CAP_DO | GENL_CMD_CAP_DUMP | GENL_CMD_CAP_HASPOL },
		{ "HOOK", IPCSTAT_CMD_HOOK, GENL_CMD_CAP_DUMP | GENL_CMD_CAP_HASPOL },
		{ "HIST", IPCSTAT_CMD_HIST,
		  GENL_CMD_CAP_DO | GENL_CMD_CAP_DUMP | GENL_CMD_CAP_HASPOL },
		{ "BLOCKED", IPCSTAT_CMD_BLOCKED, GENL_CMD_CAP_DUMP | GENL_CMD_CAP_HASPOL },
		{ "SHARE", IPCSTAT_CMD_SHARE, GENL_CMD_CAP_DUMP | GENL_CMD_CAP_HASPOL },
	};
	struct genlmsghdr genl = { .cmd = CTRL_CMD_GETFAMILY, .version = 1 };
	unsigned int len, size, ops_size, op_size;
	const char *ops, *op;
	struct answer a;
	uint32_t flags;
	char attrs[64];
	int fd = nl_socket(0);

	len = put(attrs, 0, CTRL_ATTR_FAMILY_ID, &family, sizeof(family));
	ask_raw(fd, GENL_ID_CTRL, NLM_F_REQUEST | NLM_F_ACK, &genl, attrs, len);
	answer(fd, &a, 0);
	EDGE_MUST(!a.error);
	ops = get(a.first, a.first_len, CTRL_ATTR_OPS, &ops_size);
	EDGE_MUST(ops);
	for (unsigned int i = 0; i < sizeof(want) / sizeof(want[0]); i++) {
		const void *value = NULL;

		/* the ops are nests 1, 2, ... */
		for (unsigned int nr = 1; (op = get(ops, ops_size, nr, &op_size)); nr++) {
			value = get(op, op_size, CTRL_ATTR_OP_ID, &size);
			if (value && *(const uint8_t *)value == want[i].cmd)
				break;
		}
		value = op ? get(op, op_size, CTRL_ATTR_OP_FLAGS, &size) : NULL;
		flags = 0;
		if (value)
			memcpy(&flags, value, sizeof(flags));
		edge_check((flags & want[i].flags) == want[i].flags &&
				   !(flags & (GENL_ADMIN_PERM | GENL_UNS_ADMIN_PERM)),
			   "the controller knows %s, and that it needs no privilege", want[i].name);
	}

	genl.cmd = CTRL_CMD_GETPOLICY;
	ask_raw(fd, GENL_ID_CTRL, NLM_F_REQUEST | NLM_F_ACK | NLM_F_DUMP, &genl, attrs, len);
	answer(fd, &a, 0);
	edge_check(!a.error && a.done && a.nr, "the controller tells the policies");
	close(fd);
}

/*
 * Reads one part of a dump and no more; asks for another one on a socket that has
 * no room left, and does not read at all; says so by making a file.
 */
static int half(const char *file)
{
	char buf[16384];
	int fd = nl_socket(1);

	ask(fd, IPCSTAT_CMD_SIGNAL, NLM_F_DUMP, NULL, 0);
	EDGE_MUST(recv(fd, buf, sizeof(buf), 0) > 0);
	fd = nl_socket(1);
	for (int i = 0; i < 10; i++)
		ask(fd, IPCSTAT_CMD_INFO, 0, NULL, 0);
	ask(fd, IPCSTAT_CMD_SIGNAL, NLM_F_DUMP, NULL, 0);
	EDGE_MUST(open(file, O_CREAT | O_WRONLY, 0600) >= 0);
	pause();
	return 0;
}

int main(int argc, char **argv)
{
	find_family();
	if (argc == 3 && !strcmp(argv[1], "half"))
		return half(argv[2]);
	if (argc == 2) {
		if (!strcmp(argv[1], "closed"))
			closed();
		else
			no_addresses();
		return edge_done();
	}
	wrong_requests();
	right_requests();
	slow_dumps();
	edge_check(!edge_wait(edge_child(from_netns, NULL)), "from another network namespace");
	edge_check(!edge_wait(edge_child(from_nobody, NULL)), "without privilege");
	proc_file();
	description();
	return edge_done();
}
