// SPDX-License-Identifier: GPL-2.0-only
/* What each user has of the module's tables. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <netlink/genl/genl.h>
#include <netlink/netlink.h>

#include "private.h"

static int read_nest(const struct nlattr *nest, struct nl_share *share)
{
	static struct nla_policy policy[IPCSTAT_SHARE_A_MAX + 1] = {
		[IPCSTAT_SHARE_A_TABLE] = { .type = NLA_STRING },
		[IPCSTAT_SHARE_A_UID] = { .type = NLA_U32 },
		[IPCSTAT_SHARE_A_USED] = { .type = NLA_U32 },
		[IPCSTAT_SHARE_A_LIMIT] = { .type = NLA_U32 },
		[IPCSTAT_SHARE_A_LOST] = { .type = NLA_U64 },
	};
	struct nlattr *tb[IPCSTAT_SHARE_A_MAX + 1];

	if (nla_parse_nested(tb, IPCSTAT_SHARE_A_MAX, (struct nlattr *)nest, policy) < 0 ||
	    !tb[IPCSTAT_SHARE_A_USED] || !tb[IPCSTAT_SHARE_A_LOST] ||
	    !tb[IPCSTAT_SHARE_A_UID] != !tb[IPCSTAT_SHARE_A_LIMIT])
		return -EPROTO;
	share->used = nla_get_u32(tb[IPCSTAT_SHARE_A_USED]);
	share->lost = nla_get_u64(tb[IPCSTAT_SHARE_A_LOST]);
	share->has_uid = tb[IPCSTAT_SHARE_A_UID];
	if (share->has_uid) {
		share->uid = nla_get_u32(tb[IPCSTAT_SHARE_A_UID]);
		share->max = nla_get_u32(tb[IPCSTAT_SHARE_A_LIMIT]);
	}
	return nl_copy_string(tb[IPCSTAT_SHARE_A_TABLE], share->table, sizeof(share->table));
}

/* A share, or where to go on. */
static int read_share(struct nlmsghdr *hdr, void *result)
{
	struct nlattr *tb[IPCSTAT_A_MAX + 1];
	struct nl_shares *shares = result;
	struct nl_share *share;
	int err;

	err = nl_parse(hdr, tb);
	if (err)
		return err;
	if (tb[IPCSTAT_A_NEXT])
		shares->next = nla_get_u32(tb[IPCSTAT_A_NEXT]);
	if (!tb[IPCSTAT_A_SHARE])
		return 0;
	share = reallocarray(shares->share, shares->nr + 1, sizeof(*share));
	if (!share)
		return -ENOMEM;
	shares->share = share;
	share += shares->nr++;
	memset(share, 0, sizeof(*share));
	return read_nest(tb[IPCSTAT_A_SHARE], share);
}

int nl_get_shares(struct nl *nl, struct nl_shares *shares)
{
	struct param start[] = { { IPCSTAT_A_START, PARAM_U32, NULL, 0 }, { 0 } };
	int err = 0;

	memset(shares, 0, sizeof(*shares));
	do {
		start[0].number = shares->next;
		shares->next = 0;
		err = nl_ask(nl, nl->family, IPCSTAT_CMD_SHARE, NLM_F_DUMP, start, read_share, NULL,
			     shares);
	} while (!err && shares->next > start[0].number);
	if (err)
		nl_free_shares(shares);
	return err;
}

void nl_free_shares(struct nl_shares *shares)
{
	free(shares->share);
	memset(shares, 0, sizeof(*shares));
}
