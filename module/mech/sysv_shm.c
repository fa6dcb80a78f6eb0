// SPDX-License-Identifier: GPL-2.0-only
/*
 * System V shared memory (ipc/shm.c).
 *
 * An attachment is a mapping: shm_mmap() makes it for do_shmat(); fork(2) and a
 * mremap(2) that moves duplicate it with shm_open(); each of its parts ends in
 * shm_close(), by shmdt(2), munmap(2), exec or exit. Splitting a mapping calls
 * shm_open() as well, but neither attaches nor maps anything. The part that
 * holds the first page stands for the attachment; bytes are those of all parts.
 *
 * do_shmat() and ksys_shmdt() are hooked for their failures only.
 */
#include <linux/mm.h>

#include "flow_table.h"
#include "shared/ipc_ns.h"

static void sysv_shm_gauge(struct ipc_row *row, struct ipc_gauge *gauge);

/* Nothing copies: the columns are fed, and stay 0. */
static struct ipc_row sysv_shm_row = {
	.name = "sysv_shm",
	.na = IPC_BITS_QUEUE | IPC_BIT(IPC_BLOCKED) |
	      IPC_BITS_WAITS(IPC_SEND) | IPC_BITS_WAITS(IPC_RECV),
	.gauge = sysv_shm_gauge,
	.mappings = true,
};

static __always_inline unsigned long mapping_size(const struct vm_area_struct *vma)
{
	return vma->vm_end - vma->vm_start;
}

/* newseg(): the inode's number is the segment's. */
static __always_inline int mapping_id(const struct vm_area_struct *vma)
{
	return file_inode(vma->vm_file)->i_ino;
}

static noinline void mapping_flow(enum ipc_dir dir, const struct vm_area_struct *vma,
				  unsigned int ops)
{
	ipc_flow_mapped(&sysv_shm_row, dir, mapping_id(vma), ops, mapping_size(vma));
}

static noinline void mapping_part(enum ipc_dir dir, const struct vm_area_struct *vma)
{
	ipc_mapped(&sysv_shm_row, dir, 0, mapping_size(vma));
	if (ipc_flows())
		mapping_flow(dir, vma, 0);
}

/* What is seldom is called last: see flow_end_slow(). */
static __always_inline void mapping(enum ipc_dir dir, const struct vm_area_struct *vma)
{
	const struct flow_values values = { .ops = 1, .bytes = mapping_size(vma) };

	/* Empty: 6.1: when __split_vma() fails, the part it gives up is. */
	if (unlikely(vma->vm_pgoff || !values.bytes)) {
		mapping_part(dir, vma);
		return;
	}
	ipc_mapped(&sysv_shm_row, dir, 1, values.bytes);
	if (ipc_flows() && unlikely(!flow_end_count(&sysv_shm_row, dir,
						    ipc_at_sysv(mapping_id(vma)), &values)))
		mapping_flow(dir, vma, 1);
}

static void shm_mmap_done(const struct ipc_call *call)
{
	if ((int)call->ret == 0)
		mapping(IPC_SEND, (const struct vm_area_struct *)call->arg[1]);
}

static void shm_duplicated(struct ftrace_regs *regs)
{
	mapping(IPC_SEND, (const struct vm_area_struct *)ipc_arg(regs, 0));
}

static void shm_closed(struct ftrace_regs *regs)
{
	mapping(IPC_RECV, (const struct vm_area_struct *)ipc_arg(regs, 0));
}

static void shmat_done(const struct ipc_call *call)
{
	if ((int)call->ret < 0)
		ipc_op(&sysv_shm_row, IPC_SEND, ipc_at_sysv(call->arg[0]), (int)call->ret, 0);
}

static void shmdt_done(const struct ipc_call *call)
{
	if ((int)call->ret < 0)
		ipc_op(&sysv_shm_row, IPC_RECV, IPC_NOWHERE, (int)call->ret, 0);
}

static void add_namespace(struct ipc_namespace *ns, struct ipc_gauge *gauge)
{
	gauge->value[IPC_OBJECTS] += READ_ONCE(ns->ids[IPC_NS_SHM].in_use);
}

static void sysv_shm_gauge(struct ipc_row *row, struct ipc_gauge *gauge)
{
	ipc_ns_sum(gauge, IPC_BIT(IPC_OBJECTS), add_namespace);
}

static int sysv_shm_init(void)
{
	return ipc_ns_feeds(&sysv_shm_row, IPC_BIT(IPC_OBJECTS));
}

static struct ipc_row *const sysv_shm_rows[] = { &sysv_shm_row };

#define BITS_MAPPING(dir) (IPC_BITS_OPS(dir) | IPC_BITS_DATA(dir))
#define BITS_FAILURE(dir) (IPC_BITS_OPS(dir) | IPC_BITS_FAILS(dir))

static struct ipc_hook sysv_shm_hooks[] = {
	{
		.kind = IPC_HOOK_RETURN,
		.symbols = IPC_NAMES("shm_mmap"),
		.feeds = IPC_FEEDS({ &sysv_shm_row, BITS_MAPPING(IPC_SEND) }),
		.done = shm_mmap_done,
		.nargs = 2,
	}, {
		.kind = IPC_HOOK_ENTRY,
		.symbols = IPC_NAMES("shm_open"),
		/*
		 * 6.12 has dup_mmap() inlined in dup_mm(), that in copy_mm(), and that in
		 * copy_process(); another compiler may stop anywhere
		 */
		.callers = IPC_NAMES("dup_mmap|dup_mm|copy_mm|copy_process", "copy_vma"),
		.indirect = true,
		.feeds = IPC_FEEDS({ &sysv_shm_row, BITS_MAPPING(IPC_SEND) }),
		.entry = shm_duplicated,
	}, {
		.kind = IPC_HOOK_ENTRY,
		.symbols = IPC_NAMES("shm_close"),
		.feeds = IPC_FEEDS({ &sysv_shm_row, BITS_MAPPING(IPC_RECV) }),
		.entry = shm_closed,
	}, {
		.kind = IPC_HOOK_RETURN,
		.symbols = IPC_NAMES("do_shmat"),
		.called_by = IPC_NAMES("__x64_sys_shmat", "|__ia32_compat_sys_shmat"),
		.feeds = IPC_FEEDS({ &sysv_shm_row, BITS_FAILURE(IPC_SEND) }),
		.done = shmat_done,
		.failures = true,
		.nargs = 5,
		.uses = 1,
	}, {
		.kind = IPC_HOOK_RETURN,
		.symbols = IPC_NAMES("ksys_shmdt"),
		.called_by = IPC_NAMES("__x64_sys_shmdt"),
		.feeds = IPC_FEEDS({ &sysv_shm_row, BITS_FAILURE(IPC_RECV) }),
		.done = shmdt_done,
		.failures = true,
		.nargs = 1,
	},
};

/*
 * Prototypes of the hooked functions, as BTF has them, on every kernel (tests/btf). Several for
 * one function are alternatives: the callbacks read only what is the same in all of them.
 *
 *	int shm_mmap(struct file *file, struct vm_area_struct *vma);
 *	void shm_open(struct vm_area_struct *vma);
 *	void shm_close(struct vm_area_struct *vma);
 *	long int do_shmat(int shmid, char *shmaddr, int shmflg, ulong *raddr, long
 *		unsigned int shmlba);
 *	long int ksys_shmdt(char *shmaddr);
 */

struct ipc_mech ipc_mech_sysv_shm = {
	.rows = sysv_shm_rows,
	.nr_rows = ARRAY_SIZE(sysv_shm_rows),
	.hooks = sysv_shm_hooks,
	.nr_hooks = ARRAY_SIZE(sysv_shm_hooks),
	.init = sysv_shm_init,
};
