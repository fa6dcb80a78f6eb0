// SPDX-License-Identifier: GPL-2.0-only
/* The table of mechanisms and rows, and what is done with all of them. */
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

#include "mechs.h"
#include "read.h"

#define M(file)	&ipc_mech_##file,
struct ipc_mech *const ipc_mechs[] = { IPCSTAT_MECHS };
#undef M
const unsigned int ipc_nr_mechs = ARRAY_SIZE(ipc_mechs);

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

/* ---- start and stop ---- */

static int row_init(struct ipc_row *row, unsigned int nr)
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
		err = row_init(row, nr);
	for (nr = 0; !err && nr < ipc_nr_mechs; nr++)
		if (ipc_mechs[nr]->init)
			err = ipc_mechs[nr]->init();
	if (err)
		ipc_mechs_exit();
	return err;
}

/* iterate_fd()'s callback: under the files' lock. */
static int seed_fd(const void *unused, struct file *file, unsigned int fd)
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
			iterate_fd(t->files, 0, seed_fd, NULL);
		task_unlock(t);
	}
	rcu_read_unlock();
}

/* ---- once more, while the machine is at work ---- */

/* So many descriptors are looked at under one lock. */
#define IPC_WALK_STEP	256

/* Looks at the next descriptors from *@next on, also free ones. False: there are no more. */
static bool walk_files(struct files_struct *files, unsigned int *next)
{
	unsigned int end = *next + IPC_WALK_STEP;
	struct fdtable *fdt;
	bool more;

	spin_lock(&files->file_lock);
	fdt = files_fdtable(files);
	for (; *next < min(end, fdt->max_fds); ++*next) {
		struct file *file = rcu_dereference_check_fdtable(files, fdt->fd[*next]);

		if (file)
			seed_fd(NULL, file, *next);
	}
	more = *next < fdt->max_fds;
	spin_unlock(&files->file_lock);
	return more;
}

/* A thread whose files are those of its process: they are looked at there. */
static bool shares_files(const struct task_struct *task)
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
static bool walk_task(struct task_struct *task, bool (*stop)(void), bool *whole)
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
		more = files && !shares_files(task) && walk_files(files, &next);
		task_unlock(task);
	}
	return true;
}

/* The first task whose number is @nr or above, with a reference; @nr becomes its number. */
static struct task_struct *walk_next_task(int *nr)
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

	while (more && (task = walk_next_task(&nr))) {
		more = walk_task(task, stop, &whole);
		put_task_struct(task);
	}
	return more && whole;
}
