/* SPDX-License-Identifier: GPL-2.0-only */
/* Lines of flows, as a table or as JSON. */
#ifndef IPCSTAT_FLOW_TABLE_H
#define IPCSTAT_FLOW_TABLE_H

#include <stdio.h>

#include "common/json.h"
#include "ipcstat/output.h"
#include "lines.h"

void flow_lines_print(const struct flow_lines *lines, const struct output *output, FILE *out);
/* An array "flows". */
void flow_lines_json(const struct flow_lines *lines, const struct output *output,
		     struct json *json);

#endif
