// SPDX-License-Identifier: GPL-2.0-only
/* The table of mechanisms and rows, and reading a row. */
#include <linux/bits.h>
#include <linux/fdtable.h>
#include <linux/file.h>
#include <linux/fs.h>
#include <linux/idr.h>
#include <linux/percpu.h>
#include <linux/pid.h>
#include <linux/pid_namespace.h>
#include <linux/rcupdate.h>
#include <linux/sched/signal.h>
#include <linux/sched/task.h>
#include <linux/string.h>

#include "row.h"

#define M(file)	&ipc_mech_##file,
struct ipc_mech *const ipc_mechs[] = { IPCSTAT_MECHS };
#undef M
const unsigned int ipc_nr_mechs = ARRAY_SIZE(ipc_mechs);

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

unsigned int ipc_nr_rows(void)
{
	unsigned int i, nr = 0;

	for (i = 0; i < ipc_nr_mechs; i++)
		nr += ipc_mechs[i]->nr_rows;
	return nr;
}

struct ipc_row *ipc_row_get(unsigned int nr)
{
	unsigned int i;

	for (i = 0; i < ipc_nr_mechs; i++) {
		if (nr < ipc_mechs[i]->nr_rows)
			return ipc_mechs[i]->rows[nr];
		nr -= ipc_mechs[i]->nr_rows;
	}
	return NULL;
}

const struct ipc_quota *ipc_quota_get(unsigned int nr)
{
	const struct ipc_quota *quota;
	unsigned int i;

	for (i = 0; i < ipc_nr_mechs; i++)
		for (quota = ipc_mechs[i]->quotas; quota && quota->name; quota++)
			if (!nr--)
				return quota;
	return NULL;
}

const struct ipc_signals *ipc_signals_get(void)
{
	unsigned int i;

	for (i = 0; i < ipc_nr_mechs; i++)
		if (ipc_mechs[i]->signals)
			return ipc_mechs[i]->signals;
	return NULL;
}

void ipc_each_inode(struct super_block *sb, void (*each)(struct inode *inode, void *arg), void *arg)
{
	struct inode *inode, *held = NULL;

	spin_lock(&sb->s_inode_list_lock);
	list_for_each_entry(inode, &sb->s_inodes, i_sb_list) {
		each(inode, arg);
		/* An inode that is held keeps its place in the list. */
		if (!need_resched() || !igrab(inode))
			continue;
		spin_unlock(&sb->s_inode_list_lock);
		iput(held);
		held = inode;
		cond_resched();
		spin_lock(&sb->s_inode_list_lock);
	}
	spin_unlock(&sb->s_inode_list_lock);
	iput(held);
}

struct ipc_row *ipc_file_row(struct file *file)
{
	umode_t mode = file_inode(file)->i_mode;
	struct ipc_row *row = NULL;
	unsigned int i;

	/* Most of what splice and sendfile send from. */
	if (!S_ISFIFO(mode) && !S_ISSOCK(mode))
		return NULL;
	for (i = 0; i < ipc_nr_mechs && !row; i++)
		if (ipc_mechs[i]->row_of)
			row = ipc_mechs[i]->row_of(file);
	return row;
}

/* ---- reading ---- */

/* See ipc_moved(). The bytes of mappings are not counted there. */
u64 ipc_cells_col(const struct ipc_row *row, int cpu, unsigned int col)
{
	const struct ipc_cells *cells = per_cpu_ptr(row->cells, cpu);
	u64 sum = READ_ONCE(cells->col[col]);
	unsigned int i;

	switch (col) {
	case IPC_SEND_OPS:
	case IPC_RECV_OPS:
		for (i = 0; i < IPC_BUCKETS; i++)
			sum += READ_ONCE(cells->sizes[col == IPC_RECV_OPS][i]);
		break;
	case IPC_SEND_COPIED:
	case IPC_RECV_COPIED:
		if (!row->mappings)
			sum += READ_ONCE(cells->col[col - IPC_D_COPIED + IPC_D_BYTES]);
		break;
	}
	return sum;
}

static u64 ipc_row_col(const struct ipc_row *row, unsigned int col)
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

static u64 ipc_row_blocked(struct ipc_row *row)
{
	s64 sum = 0;
	int cpu;

	for_each_possible_cpu(cpu)
		sum += READ_ONCE(*per_cpu_ptr(row->blocked, cpu));
	return max_t(s64, sum, 0);
}

/* The columns that nothing can tell, but for a gauge that does not know this time. */
static u32 ipc_row_unknown(const struct ipc_row *row)
{
	/* A counter that nothing counts is not 0. */
	u32 uncounted = ~row->fed & GENMASK(IPC_COLS - 1, IPC_BLOCKED);

	return row->unknown | row->lost | uncounted;
}

enum ipc_value_kind ipc_col_kind(const struct ipc_row *row, unsigned int col)
{
	if (row->na & IPC_BIT(col))
		return IPC_NONE;
	return ipc_row_unknown(row) & IPC_BIT(col) ? IPC_UNKNOWN : IPC_VALUE;
}

void ipc_row_read(struct ipc_row *row, struct ipc_value value[IPC_COLS])
{
	u32 unknown = ipc_row_unknown(row);
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
			value[col].value = ipc_row_blocked(row);
		else
			value[col].value = ipc_row_col(row, col);
	}
}

static void ipc_read_waits(struct ipc_row *row, unsigned int recv, struct ipc_hist *hist)
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

static void ipc_read_sizes(struct ipc_row *row, unsigned int recv, struct ipc_hist *hist)
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
} ipc_hists[] = {
	{ "send_wait", "usecs", IPC_SEND_WAIT_NS, 0, ipc_read_waits },
	{ "recv_wait", "usecs", IPC_RECV_WAIT_NS, 1, ipc_read_waits },
	{ "send_size", "bytes", IPC_SEND_BYTES, 0, ipc_read_sizes },
	{ "recv_size", "bytes", IPC_RECV_BYTES, 1, ipc_read_sizes },
};

bool ipc_row_hist(struct ipc_row *row, unsigned int nr, struct ipc_hist *hist)
{
	u32 col;

	if (nr >= ARRAY_SIZE(ipc_hists))
		return false;
	col = IPC_BIT(ipc_hists[nr].col);
	memset(hist, 0, sizeof(*hist));
	hist->name = ipc_hists[nr].name;
	hist->unit = ipc_hists[nr].unit;
	if (row->na & col || (row->mappings && ipc_hists[nr].read == ipc_read_sizes))
		hist->kind = IPC_NONE;
	else if (ipc_row_unknown(row) & col)
		hist->kind = IPC_UNKNOWN;
	else
		ipc_hists[nr].read(row, ipc_hists[nr].recv, hist);
	return true;
}

/* ---- start and stop ---- */

static int ipc_row_init(struct ipc_row *row, unsigned int nr)
{
	row->nr = nr;
	row->cells = alloc_percpu(struct ipc_cells);
	row->blocked = alloc_percpu(s64);
	return row->cells && row->blocked ? 0 : -ENOMEM;
}

void ipc_mechs_exit(void)
{
	struct ipc_row *row;
	unsigned int nr;

	for (nr = 0; nr < ipc_nr_mechs; nr++)
		if (ipc_mechs[nr]->exit)
			ipc_mechs[nr]->exit();
	for (nr = 0; (row = ipc_row_get(nr)); nr++) {
		free_percpu(row->cells);
		free_percpu(row->blocked);
	}
}

/* On failure everything is undone: a mechanism's exit() copes with an init() that failed. */
int ipc_mechs_init(void)
{
	struct ipc_row *row;
	unsigned int nr;
	int err = 0;

	for (nr = 0; !err && (row = ipc_row_get(nr)); nr++)
		err = ipc_row_init(row, nr);
	for (nr = 0; !err && nr < ipc_nr_mechs; nr++)
		if (ipc_mechs[nr]->init)
			err = ipc_mechs[nr]->init();
	if (err)
		ipc_mechs_exit();
	return err;
}

/* iterate_fd()'s callback: under the files' lock. */
static int ipc_seed_fd(const void *unused, struct file *file, unsigned int fd)
{
	unsigned int i;

	/* O_PATH: it is only a name, and does not keep what it names. */
	if (file->f_mode & FMODE_PATH)
		return 0;
	for (i = 0; i < ipc_nr_mechs; i++)
		if (ipc_mechs[i]->seed_file)
			ipc_mechs[i]->seed_file(file);
	return 0;
}

/*
 * Objects older than the module: those that a mechanism finds by itself, and those
 * behind open files. After the hooks are attached: an object that goes meanwhile
 * is removed again. One that was made before its set was open has a descriptor by
 * the time the tasks are looked through.
 */
void ipc_mechs_seed(void)
{
	struct task_struct *p, *t;
	unsigned int i;

	for (i = 0; i < ipc_nr_mechs; i++)
		if (ipc_mechs[i]->seed)
			ipc_mechs[i]->seed();
	synchronize_rcu_tasks();

	rcu_read_lock();
	for_each_process_thread(p, t) {
		/* A thread with files of its own (CLONE_FILES not set) counts, too. */
		task_lock(t);
		if (t->files && (t == p || t->files != p->files))
			iterate_fd(t->files, 0, ipc_seed_fd, NULL);
		task_unlock(t);
	}
	rcu_read_unlock();
}

/* ---- once more, while the machine is at work ---- */

/* So many descriptors are looked at under one lock. */
#define IPC_WALK_STEP	256

/* Looks at the next descriptors from *@next on, also free ones. False: there are no more. */
static bool ipc_walk_files(struct files_struct *files, unsigned int *next)
{
	unsigned int end = *next + IPC_WALK_STEP;
	struct fdtable *fdt;
	bool more;

	spin_lock(&files->file_lock);
	fdt = files_fdtable(files);
	for (; *next < min(end, fdt->max_fds); ++*next) {
		struct file *file = rcu_dereference_check_fdtable(files, fdt->fd[*next]);

		if (file)
			ipc_seed_fd(NULL, file, *next);
	}
	more = *next < fdt->max_fds;
	spin_unlock(&files->file_lock);
	return more;
}

/* A thread whose files are those of its process: they are looked at there. */
static bool ipc_shares_files(const struct task_struct *task)
{
	const struct task_struct *leader;
	bool shares;

	rcu_read_lock();
	leader = pid_alive(task) ? task->group_leader : task;
	shares = leader != task && READ_ONCE(leader->files) == task->files;
	rcu_read_unlock();
	return shares;
}

/* False: @stop said so. What was not seen makes *@whole false. */
static bool ipc_walk_task(struct task_struct *task, bool (*stop)(void), bool *whole)
{
	struct files_struct *files = NULL;
	unsigned int restarts = 0, next = 0;
	bool more = true;

	while (more) {
		if (stop())
			return false;
		cond_resched();
		task_lock(task);
		/* It has got other files meanwhile (exec). Not again and again: it may do so for ever. */
		if (task->files != files && next)
			*whole = false;
		if (task->files != files && restarts++ < 2)
			next = 0;
		files = task->files;
		more = files && !ipc_shares_files(task) && ipc_walk_files(files, &next);
		task_unlock(task);
	}
	return true;
}

/* The first task whose number is @nr or above, with a reference; @nr becomes its number. */
static struct task_struct *ipc_next_task(int *nr)
{
	struct task_struct *task = NULL;
	struct pid *pid;

	rcu_read_lock();
	for (; !task && (pid = idr_get_next(&init_pid_ns.idr, nr)); ++*nr)
		task = pid_task(pid, PIDTYPE_PID);
	if (task)
		get_task_struct(task);
	rcu_read_unlock();
	return task;
}

bool ipc_mechs_walk(bool (*stop)(void))
{
	bool whole = true, more = true;
	struct task_struct *task;
	int nr = 1;

	while (more && (task = ipc_next_task(&nr))) {
		more = ipc_walk_task(task, stop, &whole);
		put_task_struct(task);
	}
	return more && whole;
}
