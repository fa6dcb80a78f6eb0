/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef IPCSTAT_EXPORTER_H
#define IPCSTAT_EXPORTER_H

#include "metrics.h"

/* Answers on a socket that listens, until SIGTERM or Ctrl+C. The exit status. */
int exporter_serve(int listener, const struct metrics_args *args);

#endif
