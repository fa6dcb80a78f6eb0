/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef IPCSTAT_EXPORTER_H
#define IPCSTAT_EXPORTER_H

#include "metrics.h"

struct exporter_args {
	struct metrics_args metrics;
	bool flows; /* the page may show who talks to whom */
	bool local; /* only the host itself can reach us */
};

/* Answers on a socket that listens, until SIGTERM or Ctrl+C; closes it. The exit status. */
int exporter_serve(int listener, const struct exporter_args *args);

#endif
