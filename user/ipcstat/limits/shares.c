// SPDX-License-Identifier: GPL-2.0-only
/* The shares that users have of the module's own tables. */
#include <inttypes.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/cli.h"
#include "read.h"

static const char flows_table[] = "flows";
static const char change_flows[] = "ipcstat flows off; ipcstat flows on N";
static const char change_objects[] = "ipcstat unload; ipcstat load max_objects=N";

static char *user_name(uint32_t uid)
{
	const struct passwd *user = getpwuid(uid);
	char *name = user ? format("%s", user->pw_name) : format("%" PRIu32, uid);

	make_printable(name);
	return name;
}

static void add_share(struct limits *limits, const struct nl_share *share)
{
	bool flows = !strcmp(share->table, flows_table);
	struct limit limit = { .mech = "ipcstat",
			       .unit = flows ? "flows" : "objects",
			       .scope = "user",
			       .use = amount_of(share->used),
			       .max = amount_of(share->max) };

	limit.change = format("%s", flows ? change_flows : change_objects);
	limit.own_name = flows ? format("max_flows") : format("max_objects/%s", share->table);
	limit.name = limit.own_name;
	limit.user = user_name(share->uid);
	limits_add(limits, &limit);
}

void limits_ipcstat(struct limits *limits)
{
	limits->lists_shares = true;
	if (!limits->knows_shares) {
		limits->lack_module = true;
		limits_add(limits, &(struct limit){ .mech = "ipcstat",
						    .name = "max_objects",
						    .unit = "objects",
						    .scope = "user",
						    .change = format("%s", change_objects) });
		return;
	}
	for (unsigned int i = 0; i < limits->shares.nr; i++)
		if (limits->shares.share[i].has_uid)
			add_share(limits, &limits->shares.share[i]);
}

/* Prints the objects that are not followed. Evicted flows are not lost: the sums of others have
 * them. */
void limits_print_lost(const struct limits *limits)
{
	for (unsigned int i = 0; limits->lists_shares && i < limits->shares.nr; i++) {
		const struct nl_share *share = &limits->shares.share[i];
		char *name = share->has_uid ? user_name(share->uid) : NULL;

		if (share->lost && strcmp(share->table, flows_table))
			printf("%s: %" PRIu64 " objects of %s%s are not followed: "
			       "the gauges read ? until there is room (max_objects), or the objects go\n",
			       share->table, share->lost, name ? "user " : "other users",
			       name ? name : "");
		free(name);
	}
}
