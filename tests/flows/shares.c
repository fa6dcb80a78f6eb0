// SPDX-License-Identifier: GPL-2.0-only
/* shares TABLE UID: prints "USED LIMIT LOST" of a user, or nothing if it has no share. */
#include <err.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ipcstat/ipcstat.h"

int main(int argc, char **argv)
{
	struct nl_shares shares;
	struct nl *nl;

	if (argc != 3)
		errx(2, "Usage: shares TABLE UID");
	if (nl_open(&nl) || nl_get_shares(nl, &shares))
		errx(1, "%s", nl_error(nl));
	for (unsigned int i = 0; i < shares.nr; i++) {
		const struct nl_share *share = &shares.share[i];

		if (!strcmp(share->table, argv[1]) && share->has_uid &&
		    share->uid == (uint32_t)atoi(argv[2]))
			printf("%u %u %" PRIu64 "\n", share->used, share->max, share->lost);
	}
	nl_free_shares(&shares);
	nl_end(nl);
	return 0;
}
