// SPDX-License-Identifier: GPL-2.0-only
/* Histograms. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <netlink/genl/genl.h>
#include <netlink/netlink.h>

#include "private.h"

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

static void forget_hists(void *hists)
{
	nl_free_hists(hists);
}

int nl_get_hists(struct nl *nl, struct nl_hists *hists)
{
	memset(hists, 0, sizeof(*hists));
	return nl_ask(nl, nl->family, IPCSTAT_CMD_HIST, NLM_F_DUMP, NULL, read_hists, forget_hists,
		      hists);
}

void nl_free_hists(struct nl_hists *hists)
{
	for (unsigned int i = 0; i < hists->nr; i++)
		free(hists->row[i].hist);
	free(hists->row);
	memset(hists, 0, sizeof(*hists));
}
