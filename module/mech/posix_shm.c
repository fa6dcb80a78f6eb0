// SPDX-License-Identifier: GPL-2.0-only
/*
 * POSIX shared memory: shared mappings of tmpfs files (shm_open(3), memfd_create(2), any
 * tmpfs mount), and what read(2) and write(2) copy through such files.
 *
 * Attaches are counted at vm_mmap_pgoff(), where every mmap(2) passes: the file's own
 * mmap operation is not called where a mapping grows a neighbour (mmap_region(), before
 * 7.x). shmat(2), remap_file_pages(2) and mremap(2) do not pass there. A mapping of tmpfs
 * has no open and close of its own, so mappings inherited over fork(2) and detaches are
 * not seen.
 */
#include <linux/dcache.h>
#include <linux/fs.h>
#include <linux/magic.h>
#include <linux/mman.h>
#include <linux/mm.h>
#include <linux/namei.h>
#include <linux/path.h>
#include <linux/sched.h>
#include <linux/uio.h>

#include "mech.h"

static void posix_shm_gauge(struct ipc_row *row, struct ipc_gauge *gauge);

/* Details: shared anonymous mappings made; memory that no file descriptor names. */
enum { ANON_MAPS };

static struct ipc_row posix_shm_row = {
	.name = "posix_shm",
	.na = IPC_BITS_QUEUE | IPC_BIT(IPC_BLOCKED) | IPC_BITS_WAITS(IPC_SEND) |
	      IPC_BITS_WAITS(IPC_RECV) | IPC_BITS_FAILS(IPC_SEND) | IPC_BITS_FAILS(IPC_RECV),
	.unknown = IPC_BITS_OPS(IPC_RECV) | IPC_BIT(IPC_RECV + IPC_D_BYTES),
	.details = IPC_NAMES([ANON_MAPS] = "anon_maps"),
	.gauge = posix_shm_gauge,
	.mappings = true,
};

/* What tells a memfd from the kernel's other nameless files (memfd_create()). */
static __always_inline bool memfd_name(const struct dentry *dentry)
{
	return dentry->d_name.len >= 6 && !memcmp(dentry->d_name.name, "memfd:", 6);
}

/*
 * The kernel's own mount of tmpfs also holds System V segments, shared anonymous memory
 * and graphics buffers: of it, memfds only.
 */
static __always_inline bool tmpfs_file_shared(const struct file *file)
{
	return !(file_inode(file)->i_sb->s_flags & SB_KERNMOUNT) ||
	       memfd_name(file->f_path.dentry);
}

static bool shared_file(const struct file *file)
{
	const struct inode *inode = file_inode(file);

	return inode->i_sb->s_magic == TMPFS_MAGIC && S_ISREG(inode->i_mode) &&
	       tmpfs_file_shared(file);
}

/* vm_mmap_pgoff(file, addr, len, prot, flag, pgoff): an address or an error */
static void mmap_done(const struct ipc_call *call)
{
	const struct file *file = (const struct file *)call->arg[0];
	unsigned int type = call->arg[4] & MAP_TYPE;

	if ((type != MAP_SHARED && type != MAP_SHARED_VALIDATE) || IS_ERR_VALUE(call->ret))
		return;
	if (!file) {
		ipc_detail(&posix_shm_row, ANON_MAPS, 1);
	} else if (shared_file(file)) {
		ipc_mapped(&posix_shm_row, IPC_SEND, 1, PAGE_ALIGN(call->arg[2]));
		if (ipc_flows())
			ipc_flow_inode_send(&posix_shm_row, file_inode(file),
					    PAGE_ALIGN(call->arg[2]), 0);
	}
}

/*
 * Of both, ret is what was copied, also where a bad address ended it early. Splice and
 * io_uring's registered buffers come with pages, the kernel's own callers with addresses
 * of its own: none of them copies from or to user memory.
 */
static __always_inline void copied(const struct ipc_call *call, enum ipc_dir dir)
{
	const struct kiocb *iocb = (const struct kiocb *)call->arg[0];
	const struct iov_iter *iter = (const struct iov_iter *)call->arg[1];
	ssize_t ret = call->ret;

	if (ret <= 0 || !tmpfs_file_shared(iocb->ki_filp) || !user_backed_iter(iter))
		return;
	ipc_mapping_copied(&posix_shm_row, dir, ret);
	if (ipc_flows())
		ipc_flow_copied(&posix_shm_row, dir, file_inode(iocb->ki_filp), ret);
}

static void read_done(const struct ipc_call *call)
{
	copied(call, IPC_RECV);
}

/*
 * Before 6.6 other file systems come here, too. An iocb that is queued (-EIOCBQUEUED) may be
 * completed, and freed, by now.
 */
static void write_done(const struct ipc_call *call)
{
	const struct kiocb *iocb = (const struct kiocb *)call->arg[0];

	if ((ssize_t)call->ret > 0 && file_inode(iocb->ki_filp)->i_sb->s_magic == TMPFS_MAGIC)
		copied(call, IPC_SEND);
}

/* ---- objects: memfds, and the regular files of /dev/shm until their last user goes ---- */

static struct file_system_type *tmpfs;
static dev_t dev_shm;	/* 0: nothing is mounted there */

static bool is_memfd(struct inode *inode)
{
	struct dentry *dentry;
	bool found = false;

	spin_lock(&inode->i_lock);
	for_each_alias(dentry, inode)
		found |= memfd_name(dentry);
	spin_unlock(&inode->i_lock);
	return found;
}

static void count_regular(struct inode *inode, void *gauge)
{
	if (S_ISREG(inode->i_mode))
		((struct ipc_gauge *)gauge)->value[IPC_OBJECTS]++;
}

static void count_memfd(struct inode *inode, void *gauge)
{
	if (S_ISREG(inode->i_mode) && is_memfd(inode))
		count_regular(inode, gauge);
}

/* For each tmpfs, with sb->s_umount held. */
static void count_objects(struct super_block *sb, void *gauge)
{
	if (sb->s_flags & SB_KERNMOUNT)
		ipc_each_inode(sb, count_memfd, gauge);
	else if (dev_shm && sb->s_dev == dev_shm)
		ipc_each_inode(sb, count_regular, gauge);
}

static void posix_shm_gauge(struct ipc_row *row, struct ipc_gauge *gauge)
{
	iterate_supers_type(tmpfs, count_objects, gauge);
}

/* /dev/shm as the loader of the module sees it. Only its number is kept: it can be unmounted. */
static int posix_shm_init(void)
{
	struct path path;

	tmpfs = get_fs_type("tmpfs");
	if (!tmpfs)
		return -ENODEV;
	dev_shm = 0;
	if (kern_path("/dev/shm", LOOKUP_FOLLOW, &path))
		return 0;
	if (path.mnt->mnt_root == path.dentry && path.dentry->d_sb->s_type == tmpfs)
		dev_shm = path.dentry->d_sb->s_dev;
	path_put(&path);
	return 0;
}

/* ---- hooks ---- */

static struct ipc_hook posix_shm_hooks[] = {
	{
		.kind = IPC_HOOK_RETURN,
		.symbols = IPC_NAMES("vm_mmap_pgoff"),
		.called_by = IPC_NAMES("vm_mmap"),
		.done = mmap_done,
		.nargs = 6,
		.feeds = IPC_FEEDS({ &posix_shm_row, IPC_BITS_OPS(IPC_SEND) |
						     IPC_BIT(IPC_SEND + IPC_D_BYTES) }),
	}, {
		.kind = IPC_HOOK_RETURN,
		.symbols = IPC_NAMES("shmem_file_read_iter"),
		.done = read_done,
		.nargs = 2,
		.feeds = IPC_FEEDS({ &posix_shm_row, IPC_BIT(IPC_RECV + IPC_D_COPIED) }),
	}, {
		.kind = IPC_HOOK_RETURN,
		/* The second before 6.6, shared with other file systems. */
		.symbols = IPC_NAMES("shmem_file_write_iter", "generic_file_write_iter"),
		.done = write_done,
		.nargs = 2,
		.feeds = IPC_FEEDS({ &posix_shm_row, IPC_BIT(IPC_SEND + IPC_D_COPIED) }),
	},
};

static struct ipc_row *const posix_shm_rows[] = { &posix_shm_row };

/*
 * Prototypes of the hooked functions, as BTF has them, on every kernel (tests/btf). Several for
 * one function are alternatives: the callbacks read only what is the same in all of them.
 *
 *	long unsigned int vm_mmap_pgoff(struct file *file, long unsigned int addr, long
 *		unsigned int len, long unsigned int prot, long unsigned int flag, long unsigned
 *		int pgoff);
 *	ssize_t shmem_file_read_iter(struct kiocb *iocb, struct iov_iter *to);
 *	ssize_t shmem_file_write_iter(struct kiocb *iocb, struct iov_iter *from);
 *	ssize_t generic_file_write_iter(struct kiocb *iocb, struct iov_iter *from);
 */

struct ipc_mech ipc_mech_posix_shm = {
	.rows = posix_shm_rows,
	.nr_rows = ARRAY_SIZE(posix_shm_rows),
	.hooks = posix_shm_hooks,
	.nr_hooks = ARRAY_SIZE(posix_shm_hooks),
	.init = posix_shm_init,
};
