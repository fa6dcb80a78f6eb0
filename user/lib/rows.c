// SPDX-License-Identifier: GPL-2.0-only
/* The module itself, rows, and signals. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <netlink/genl/genl.h>
#include <netlink/netlink.h>

#include "private.h"

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
	return nl_read_counters(hdr, IPCSTAT_A_COUNTER, &row->counter, &row->nr);
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
	err = nl_read_counters(hdr, IPCSTAT_A_LIMIT, &info->limit, &info->nr_limits);
	return err ? err : nl_read_counters(hdr, IPCSTAT_A_QUOTA, &info->quota, &info->nr_quotas);
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

void nl_free_info(struct nl_info *info)
{
	free(info->limit);
	free(info->quota);
	memset(info, 0, sizeof(*info));
}

static void forget_rows(void *rows)
{
	nl_free_rows(rows);
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

void nl_free_rows(struct nl_rows *rows)
{
	for (unsigned int i = 0; i < rows->nr; i++)
		free(rows->row[i].counter);
	free(rows->row);
	memset(rows, 0, sizeof(*rows));
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
