// SPDX-License-Identifier: GPL-2.0-only
/* /proc/ipcstat: see ipcstat(5). */
#include <linux/math64.h>
#include <linux/proc_fs.h>
#include <linux/seq_file.h>
#include <linux/slab.h>

#include "read.h"

static unsigned int value_width(const struct ipc_value *value)
{
	unsigned int digits = 1;
	u64 rest = value->kind == IPC_VALUE ? value->value : 0;

	while (rest >= 10) {
		rest = div_u64(rest, 10);
		digits++;
	}
	return digits;
}

static void show_cell(struct seq_file *m, unsigned int width, const struct ipc_value *value)
{
	if (value->kind == IPC_VALUE)
		seq_printf(m, " %*llu", width, value->value);
	else
		seq_printf(m, " %*c", width, value->kind == IPC_NONE ? '-' : '?');
}

static void show_table(struct seq_file *m, struct ipc_value (*table)[IPC_COLS])
{
	unsigned int nr, col, name_width = strlen("mechanism");
	unsigned int width[IPC_COLS];
	struct ipc_row *row;

	for (nr = 0; (row = ipc_row_get(nr)); nr++)
		name_width = max_t(unsigned int, name_width, strlen(row->name));
	for (col = 0; col < IPC_COLS; col++) {
		width[col] = strlen(ipc_col_names[col]);
		for (nr = 0; ipc_row_get(nr); nr++)
			width[col] = max(width[col], value_width(&table[nr][col]));
	}

	seq_printf(m, "%-*s", name_width, "mechanism");
	for (col = 0; col < IPC_COLS; col++)
		seq_printf(m, " %*s", width[col], ipc_col_names[col]);
	seq_putc(m, '\n');
	for (nr = 0; (row = ipc_row_get(nr)); nr++) {
		seq_printf(m, "%-*s", name_width, row->name);
		for (col = 0; col < IPC_COLS; col++)
			show_cell(m, width[col], &table[nr][col]);
		seq_putc(m, '\n');
	}
}

static int proc_show(struct seq_file *m, void *unused)
{
	struct ipc_value (*table)[IPC_COLS];
	struct ipc_summary sum;
	struct ipc_row *row;
	unsigned int nr;

	table = kcalloc(ipc_nr_rows(), sizeof(*table), GFP_KERNEL);
	if (!table)
		return -ENOMEM;
	ipc_hooks_check();
	for (nr = 0; (row = ipc_row_get(nr)); nr++)
		ipc_row_read(row, table[nr]);
	ipc_summary(&sum);
	seq_printf(m, "# ipcstat %s since %llu hooks %u/%u missed %llu\n", IPCSTAT_VERSION,
		   sum.since, sum.hooks_attached, sum.hooks_all, sum.missed);
	show_table(m, table);
	kfree(table);
	return 0;
}

/* No mode, no file: proc_create() takes 0 for 0444. */
int ipc_proc_init(void)
{
	if (!ipc_proc_mode)
		return 0;
	return proc_create_single("ipcstat", ipc_proc_mode, NULL, proc_show) ? 0 : -ENOMEM;
}

void ipc_proc_exit(void)
{
	if (ipc_proc_mode)
		remove_proc_entry("ipcstat", NULL);
}
