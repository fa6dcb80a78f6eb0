// SPDX-License-Identifier: GPL-2.0-only
/* Trace events: see trace.h. */
#include <linux/string.h>

#define CREATE_TRACE_POINTS
#include "trace.h"

int ipc_trace_on(void)
{
	static_branch_inc(&ipc_flows_key);
	return 0;
}

/* Perhaps when the module has said goodbye: its key is there until its memory is freed. */
void ipc_trace_off(void)
{
	static_branch_dec(&ipc_flows_key);
}
