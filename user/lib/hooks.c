// SPDX-License-Identifier: GPL-2.0-only
/* The states of the hooks. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <netlink/genl/genl.h>
#include <netlink/netlink.h>

#include "private.h"

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
	if (nl_dup_string(tb[IPCSTAT_HOOK_A_NAME], &hook->name) ||
	    nl_dup_string(tb[IPCSTAT_HOOK_A_KIND], &hook->kind) ||
	    nl_dup_string(tb[IPCSTAT_HOOK_A_STATE], &hook->state) ||
	    nl_dup_string(tb[IPCSTAT_HOOK_A_SYMBOL], &hook->symbol) ||
	    nl_dup_string(tb[IPCSTAT_HOOK_A_REASON], &hook->reason) ||
	    read_feeds(message[IPCSTAT_A_HOOK], &hook->feeds))
		return -ENOMEM;
	return 0;
}

static void forget_hooks(void *hooks)
{
	nl_free_hooks(hooks);
}

int nl_get_hooks(struct nl *nl, struct nl_hooks *hooks)
{
	memset(hooks, 0, sizeof(*hooks));
	return nl_ask(nl, nl->family, IPCSTAT_CMD_HOOK, NLM_F_DUMP, NULL, read_hook, forget_hooks,
		      hooks);
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
