/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Trace events, for perf, trace-cmd and bpftrace: ipcstat:ipcstat_transfer and
 * ipcstat:ipcstat_wait. Their names and fields are documented in ipcstat(5).
 */
#undef TRACE_SYSTEM
#define TRACE_SYSTEM ipcstat

#if !defined(_IPCSTAT_TRACE_H) || defined(TRACE_HEADER_MULTI_READ)
#define _IPCSTAT_TRACE_H

#include <linux/tracepoint.h>

#include "flow.h"
#include "row.h"
#include "sleep.h"

/* Mechanisms and kinds of objects have shorter names. */
#define IPC_TRACE_NAME	16

/* By numbers: readers of the binary format know no enum. */
#define ipc_trace_dir(dir)	((dir) == IPC_RECV)
#define ipc_show_dir(dir)	__print_symbolic(dir, { 0, "send" }, { 1, "recv" })

/* The transfers come where flows do: what makes them known to both is paid while either is on. */
int ipc_trace_on(void);
void ipc_trace_off(void);

/*
 * An operation, or some of one of its values: see struct ipc_flow. @space: a device as
 * user space has it, or the inode of an IPC namespace. @object is printed signed: identifiers of
 * System V may be negative, and no inode, number or address is that large.
 */
TRACE_EVENT_FN(ipcstat_transfer,

	TP_PROTO(const struct ipc_row *row, enum ipc_dir direction, u32 tgid, u64 object,
		 u32 space, const u64 *value),

	TP_ARGS(row, direction, tgid, object, space, value),

	TP_STRUCT__entry(
		__array(char, mechanism, IPC_TRACE_NAME)
		__field(u32, direction)
		__field(u32, tgid)
		__field(u64, object)
		__field(u32, space)
		__field(u64, ops)
		__field(u64, bytes)
		__field(u64, copied_bytes)
		__field(u64, fails)
	),

	TP_fast_assign(
		strscpy(__entry->mechanism, row->name, IPC_TRACE_NAME);
		__entry->direction = ipc_trace_dir(direction);
		__entry->tgid = tgid;
		__entry->object = READ_ONCE(row->unnamed) ? 0 : object;
		__entry->space = space;
		__entry->ops = value[IPC_D_OPS];
		__entry->bytes = value[IPC_D_BYTES];
		__entry->copied_bytes = value[IPC_D_COPIED];
		__entry->fails = value[IPC_D_FAILS];
	),

	TP_printk("%s %s tgid=%u object=%lld space=%u ops=%llu bytes=%llu copied_bytes=%llu fails=%llu",
		  __entry->mechanism, ipc_show_dir(__entry->direction), __entry->tgid,
		  __entry->object, __entry->space, __entry->ops, __entry->bytes,
		  __entry->copied_bytes, __entry->fails),

	ipc_trace_on, ipc_trace_off
);

/* The current task has waited, at an object that may be gone: see struct ipc_object. */
TRACE_EVENT(ipcstat_wait,

	TP_PROTO(const struct ipc_row *row, enum ipc_dir direction,
		 const struct ipc_object *object, u64 wait_ns, u64 runq_ns),

	TP_ARGS(row, direction, object, wait_ns, runq_ns),

	TP_STRUCT__entry(
		__array(char, mechanism, IPC_TRACE_NAME)
		__array(char, kind, IPC_TRACE_NAME)
		__field(u32, direction)
		__field(u64, object)
		__field(u32, space)
		__field(u64, wait_ns)
		__field(u64, runq_ns)
	),

	TP_fast_assign(
		strscpy(__entry->mechanism, row->name, IPC_TRACE_NAME);
		strscpy(__entry->kind, object->kind ?: "-", IPC_TRACE_NAME);
		__entry->direction = ipc_trace_dir(direction);
		__entry->object = object->kind ? object->id : 0;
		__entry->space = object->space;
		__entry->wait_ns = wait_ns;
		__entry->runq_ns = runq_ns;
	),

	TP_printk("%s %s kind=%s object=%lld space=%u wait_ns=%llu runq_ns=%llu",
		  __entry->mechanism, ipc_show_dir(__entry->direction), __entry->kind,
		  __entry->object, __entry->space, __entry->wait_ns, __entry->runq_ns)
);

#endif /* _IPCSTAT_TRACE_H */

#undef TRACE_INCLUDE_PATH
#define TRACE_INCLUDE_PATH .
#undef TRACE_INCLUDE_FILE
#define TRACE_INCLUDE_FILE trace
#include <trace/define_trace.h>
