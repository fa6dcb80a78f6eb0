// SPDX-License-Identifier: GPL-2.0-only
/* Reading a row: its cells of all CPUs, put together. */
#include <linux/bits.h>
#include <linux/minmax.h>
#include <linux/percpu.h>
#include <linux/string.h>

#include "read.h"
#include "row.h"

atomic64_t ipc_missed;

const char *const ipc_col_names[IPC_COLS] = {
	[IPC_OBJECTS]		= "objects",
	[IPC_QUEUED]		= "queued",
	[IPC_QUEUED_BYTES]	= "queued_bytes",
	[IPC_BLOCKED]		= "blocked",
	[IPC_SEND_OPS]		= "send_ops",
	[IPC_SEND_BYTES]	= "send_bytes",
	[IPC_SEND_COPIED]	= "send_copied",
	[IPC_SEND_WAITS]	= "send_waits",
	[IPC_SEND_WAIT_NS]	= "send_wait_ns",
	[IPC_SEND_FAILS]	= "send_fails",
	[IPC_RECV_OPS]		= "recv_ops",
	[IPC_RECV_BYTES]	= "recv_bytes",
	[IPC_RECV_COPIED]	= "recv_copied",
	[IPC_RECV_WAITS]	= "recv_waits",
	[IPC_RECV_WAIT_NS]	= "recv_wait_ns",
	[IPC_RECV_FAILS]	= "recv_fails",
};

static u64 row_col(const struct ipc_row *row, unsigned int col)
{
	u64 sum = 0;
	int cpu;

	for_each_possible_cpu(cpu)
		sum += ipc_cells_col(row, cpu, col);
	return sum;
}

u64 ipc_row_detail(struct ipc_row *row, unsigned int nr)
{
	u64 sum = 0;
	int cpu;

	for_each_possible_cpu(cpu)
		sum += READ_ONCE(per_cpu_ptr(row->cells, cpu)->detail[nr]);
	return sum;
}

u64 ipc_row_runq_ns(struct ipc_row *row, enum ipc_dir dir)
{
	u64 sum = 0;
	int cpu;

	for_each_possible_cpu(cpu)
		sum += READ_ONCE(per_cpu_ptr(row->cells, cpu)->runq_ns[dir == IPC_RECV]);
	return sum;
}

static u64 row_blocked(struct ipc_row *row)
{
	s64 sum = 0;
	int cpu;

	for_each_possible_cpu(cpu)
		sum += READ_ONCE(*per_cpu_ptr(row->blocked, cpu));
	return max_t(s64, sum, 0);
}

/* The columns that nothing can tell, but for a gauge that does not know this time. */
static u32 row_unknown(const struct ipc_row *row)
{
	/* A counter that nothing counts is not 0. */
	u32 uncounted = ~row->fed & GENMASK(IPC_COLS - 1, IPC_BLOCKED);

	return row->unknown | row->lost | uncounted;
}

enum ipc_value_kind ipc_col_kind(const struct ipc_row *row, unsigned int col)
{
	if (row->na & IPC_BIT(col))
		return IPC_NONE;
	return row_unknown(row) & IPC_BIT(col) ? IPC_UNKNOWN : IPC_VALUE;
}

void ipc_row_read(struct ipc_row *row, struct ipc_value value[IPC_COLS])
{
	u32 unknown = row_unknown(row);
	struct ipc_gauge gauge = {};
	unsigned int col;

	if (row->gauge)
		row->gauge(row, &gauge);
	unknown |= gauge.unknown;
	for (col = 0; col < IPC_COLS; col++) {
		value[col].value = 0;
		value[col].kind = IPC_VALUE;
		if (row->na & IPC_BIT(col))
			value[col].kind = IPC_NONE;
		else if (unknown & IPC_BIT(col))
			value[col].kind = IPC_UNKNOWN;
		else if (col <= IPC_QUEUED_BYTES)
			value[col].value = gauge.value[col];
		else if (col == IPC_BLOCKED)
			value[col].value = row_blocked(row);
		else
			value[col].value = row_col(row, col);
	}
}

static void read_waits(struct ipc_row *row, unsigned int recv, struct ipc_hist *hist)
{
	unsigned int i;
	int cpu;

	hist->has_longest = true;
	for_each_possible_cpu(cpu) {
		const struct ipc_cells *cells = per_cpu_ptr(row->cells, cpu);

		for (i = 0; i < IPC_BUCKETS; i++)
			hist->bucket[i] += READ_ONCE(cells->waits[recv][i]);
		hist->longest = max(hist->longest, READ_ONCE(cells->longest_us[recv]));
	}
}

static void read_sizes(struct ipc_row *row, unsigned int recv, struct ipc_hist *hist)
{
	unsigned int i;
	int cpu;

	for_each_possible_cpu(cpu)
		for (i = 0; i < IPC_BUCKETS; i++)
			hist->bucket[i] += READ_ONCE(per_cpu_ptr(row->cells, cpu)->sizes[recv][i]);
}

/* A histogram is known as the column that it takes apart. */
static const struct {
	const char *name, *unit;
	unsigned int col, recv;
	void (*read)(struct ipc_row *row, unsigned int recv, struct ipc_hist *hist);
} hists[] = {
	{ "send_wait", "usecs", IPC_SEND_WAIT_NS, 0, read_waits },
	{ "recv_wait", "usecs", IPC_RECV_WAIT_NS, 1, read_waits },
	{ "send_size", "bytes", IPC_SEND_BYTES, 0, read_sizes },
	{ "recv_size", "bytes", IPC_RECV_BYTES, 1, read_sizes },
};

bool ipc_row_hist(struct ipc_row *row, unsigned int nr, struct ipc_hist *hist)
{
	u32 col;

	if (nr >= ARRAY_SIZE(hists))
		return false;
	col = IPC_BIT(hists[nr].col);
	memset(hist, 0, sizeof(*hist));
	hist->name = hists[nr].name;
	hist->unit = hists[nr].unit;
	if (row->na & col || (row->mappings && hists[nr].read == read_sizes))
		hist->kind = IPC_NONE;
	else if (row_unknown(row) & col)
		hist->kind = IPC_UNKNOWN;
	else
		hists[nr].read(row, hists[nr].recv, hist);
	return true;
}
