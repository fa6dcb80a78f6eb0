/* SPDX-License-Identifier: GPL-2.0-only */
/* How ipcstat events shows what has happened. */
#ifndef IPCSTAT_EVENTS_H
#define IPCSTAT_EVENTS_H

#include <stdbool.h>

#include "ipcstat/ipcstat.h"
#include "ipcstat/output.h"

/* One line, text or JSON, on the standard output. Names must be printable. */
void event_print(const struct nl_event *event, const struct output *output);

#endif
