/* SPDX-License-Identifier: GPL-2.0-only */
/* Several answers of the module, all of one and the same. */
#ifndef IPCSTAT_READING_H
#define IPCSTAT_READING_H

#include "ipcstat/ipcstat.h"

/*
 * Asks for all that belongs together, and returns what the functions of ipcstat/ipcstat.h do.
 * reading may hold what an earlier try has left: that is freed first.
 */
typedef int read_fn(struct nl *nl, void *reading);

/*
 * Opens the module, and reads. One that is loaded anew meanwhile is another family to netlink:
 * what is asked of the old one fails, and it is all read once more. Returns 0; -ENODEV if the
 * module is not loaded; or another negative errno, and *why is the sentence about it, to be freed.
 */
int reading_take(read_fn *read, void *reading, char **why);

#endif
