/* SPDX-License-Identifier: GPL-2.0-only */
/* What the exporter answers to whom; http.c has the connections. */
#ifndef IPCSTAT_EXPORTER_REPLY_H
#define IPCSTAT_EXPORTER_REPLY_H

#include <microhttpd.h>
#include <stdint.h>

#include "http.h"

/* An answer that is given to all who ask in its time. */
struct document {
	struct MHD_Response *response; /* NULL: none yet */
	unsigned int status;
	int64_t until_ms;
	char *trouble; /* why the module could not be read; said once */
};

/* The metrics in one format, for all who have asked before the round in which they were read. */
struct metrics_text {
	struct MHD_Response *response; /* NULL: none yet */
	unsigned int status;
	uint64_t round;
};

/* Zeroed but for args. */
struct replies {
	const struct exporter_args *args;
	char *trouble; /* the same of the metrics */
	struct document report, flows;
	struct metrics_text text, openmetrics;
	uint64_t round; /* whoever is answered in it has asked before it began; from 1 on */
};

enum MHD_Result exporter_reply(struct replies *replies, struct MHD_Connection *connection,
			       const char *url, const char *method);
void exporter_reply_end(struct replies *replies);

int64_t now_ms(void);

#endif
