// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <stddef.h>

#include "common/cli.h"
#include "reading.h"

int reading_take(read_fn *read, void *reading, char **why)
{
	int err = -ENODEV;

	for (int tries = 0; tries < 2 && err == -ENODEV; tries++) {
		struct nl *nl = NULL;

		err = nl_open(&nl);
		if (!err)
			err = read(nl, reading);
		if (err && err != -ENODEV)
			*why = format("%s", nl_error(nl));
		nl_end(nl);
	}
	return err;
}
