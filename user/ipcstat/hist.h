/* SPDX-License-Identifier: GPL-2.0-only */
/* Histograms, with what can be said of them. */
#ifndef IPCSTAT_HIST_H
#define IPCSTAT_HIST_H

#include <stdbool.h>

#include "common/json.h"
#include "ipcstat/ipcstat.h"

/* An array "histograms"; hide_idle: only of what has happened. */
void hists_json(const struct nl_hists *hists, bool hide_idle, struct json *json);

#endif
