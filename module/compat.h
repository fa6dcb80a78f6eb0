/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What differs between kernels 6.1 and 7.3. The code is written against the
 * newest; no other file looks at a kernel's version or features.
 */
#ifndef _IPCSTAT_COMPAT_H
#define _IPCSTAT_COMPAT_H

/* Kbuild says so first, in one line. */
#ifndef CONFIG_X86_64
#error "ipcstat supports x86-64 only"
#endif

#include <linux/dcache.h>
#include <linux/fs.h>
#include <linux/ftrace.h>
#include <linux/ipc.h>
#include <linux/kprobes.h>
#include <linux/mqueue.h>
#include <linux/net.h>
#include <linux/pid_namespace.h>
#include <linux/rbtree.h>
#include <linux/sched.h>
#include <linux/sched/coredump.h>
#include <linux/sched/task.h>
#include <linux/sched/task_stack.h>
#include <linux/string.h>
#include <linux/uaccess.h>
#include <linux/uio.h>
#include <linux/version.h>
#include <asm/syscall.h>
#include <asm/unistd.h>
#ifdef IPC_EXEC_STATE	/* from Kbuild: dumpability is kept beside a process's memory, and outlives it */
#include <linux/sched/exec_state.h>
#endif
#ifdef CONFIG_X86_64
#include <asm/cpufeature.h>
#endif

#ifdef CONFIG_PREEMPT_RT
#error "ipcstat takes spinlocks with preemption disabled: not for PREEMPT_RT kernels"
#endif
#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 1, 0)
#error "ipcstat needs Linux 6.1 or newer"
#endif
#ifndef CONFIG_KRETPROBES
#error "ipcstat finds functions, and their results, with kprobes: a kernel with CONFIG_KRETPROBES is needed"
#endif
#ifndef CONFIG_DYNAMIC_FTRACE
#error "ipcstat hooks functions with ftrace: a kernel with CONFIG_FUNCTION_TRACER and CONFIG_DYNAMIC_FTRACE is needed"
#endif

/*
 * Arguments and instruction pointer at a function's ftrace entry. 6.1 has no
 * ftrace_regs_get_argument() (6.4 has); x86-64 saves the arguments all the same.
 */
#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 4, 0)
#define ipc_arg(fregs, n)	ftrace_regs_get_argument(fregs, n)
#define ipc_set_ip(fregs, ip)	ftrace_regs_set_instruction_pointer(fregs, ip)
#else
#define ipc_arg(fregs, n)	regs_get_kernel_argument(&(fregs)->regs, n)
#define ipc_set_ip(fregs, ip)	ftrace_instruction_pointer_set(fregs, ip)
#endif

/*
 * Whether a function can be redirected to a wrapper that calls its body. On
 * x86-64, unless calls are counted (retbleed=stuff): that wants padding in front
 * of every call's target. arm64 does not patch static calls into direct branches.
 */
static inline bool ipc_can_wrap(void)
{
#if defined(CONFIG_X86_64) && defined(CONFIG_DYNAMIC_FTRACE_WITH_ARGS) && defined(CONFIG_HAVE_STATIC_CALL)
#ifdef X86_FEATURE_CALL_DEPTH
	if (boot_cpu_has(X86_FEATURE_CALL_DEPTH))
		return false;
#endif
	return true;
#else
	return false;
#endif
}

/*
 * Whether a kretprobe needs no more than ftrace has at the beginning of a function. On
 * arm64 ftrace has no struct pt_regs.
 */
#define IPC_KRP_AT_FENTRY	(IS_ENABLED(CONFIG_X86_64) && IS_ENABLED(CONFIG_KPROBES_ON_FTRACE))

/* Whether ftrace's nop, or its call, is at @addr. */
static inline bool ipc_is_fentry(unsigned long addr)
{
#ifdef CONFIG_X86_64
	static const u8 nop[] = { 0x0f, 0x1f, 0x44, 0x00, 0x00 };
	u8 insn[sizeof(nop)];

	return !copy_from_kernel_nofault(insn, (void *)addr, sizeof(insn)) &&
	       (!memcmp(insn, nop, sizeof(nop)) || insn[0] == 0xe8);
#else
	return false;
#endif
}

/* The size of the landing pad (ENDBR, or what has been made of it) at @addr. */
static inline unsigned int ipc_landing_pad(unsigned long addr)
{
	return IS_ENABLED(CONFIG_X86_KERNEL_IBT) && !ipc_is_fentry(addr) &&
	       ipc_is_fentry(addr + 4) ? 4 : 0;
}

/* The attributes of a dump's request. struct genl_dumpit_info has a genl_info from 6.7 on. */
#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 7, 0)
#define ipc_dump_attrs(cb)	(genl_dumpit_info(cb)->info.attrs)
#else
#define ipc_dump_attrs(cb)	(genl_dumpit_info(cb)->attrs)
#endif

/*
 * Whether an operation that got -EAGAIN is one that io_uring waits for and tries
 * again: io_read() and io_write() do so also where the file is O_NONBLOCK. (What
 * was submitted with RWF_NOWAIT is not told apart.) Linux AIO's kiocb is not
 * synchronous either, but its -EAGAIN is the result.
 */
static inline bool ipc_kiocb_retried(struct kiocb *iocb)
{
	return !is_sync_kiocb(iocb) && (current->flags & PF_IO_WORKER || current->io_uring);
}

/* 6.18 renamed system_unbound_wq. */
#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 18, 0)
#define system_dfl_wq	system_unbound_wq
#endif

/*
 * Only a process that is dumpable (PR_SET_DUMPABLE in prctl(2)) is shown to its own user. This
 * word changes when the dumpability of the current process does, and costs few instructions. Its
 * other bits do not matter. A kernel thread reads the word of the process that ran before it.
 */
static __always_inline u64 ipc_dumpable_word(void)
{
#ifdef IPC_EXEC_STATE
	/* READ_ONCE() would cost an instruction. */
	return data_race(rcu_access_pointer(current->exec_state)->dumpable);
#elif LINUX_VERSION_CODE >= KERNEL_VERSION(6, 18, 0)
	return __mm_flags_get_word(current->active_mm);
#else
	/* As above. */
	return data_race(current->active_mm->flags);
#endif
}

/*
 * Whether a task is dumpable: 1 or 0; -ESRCH: it has no memory any more, on a kernel that forgets it
 * then, or it is a kernel thread; -EAGAIN, in a hook: another CPU changes its memory just now.
 */
static inline int ipc_dumpable(struct task_struct *task, bool in_hook)
{
	int dumpable;

	if (task->flags & PF_KTHREAD)
		return -ESRCH;
#ifdef IPC_EXEC_STATE
	rcu_read_lock();
	dumpable = READ_ONCE(rcu_dereference(task->exec_state)->dumpable) == TASK_DUMPABLE_OWNER;
	rcu_read_unlock();
#else
	if (!in_hook)
		task_lock(task);
	else if (!spin_trylock(&task->alloc_lock))
		return -EAGAIN;
	dumpable = task->mm ? get_dumpable(task->mm) == SUID_DUMP_USER : -ESRCH;
	task_unlock(task);
#endif
	return dumpable;
}

/* Whether io_uring is at work here: in threads of its own, or in its system call. */
static inline bool ipc_in_io_uring(void)
{
	return current->flags & PF_IO_WORKER ||
	       syscall_get_nr(current, current_pt_regs()) == __NR_io_uring_enter;
}

/*
 * The same for a socket's message with MSG_DONTWAIT. io_uring polls sockets, even if
 * they are O_NONBLOCK. It is at work in threads of its own, in its system call, and
 * at the end of any system call: there, from 6.10 on, it is known by its messages,
 * which it keeps with the request, where all others have them on the stack.
 */
static inline bool ipc_msg_retried(const struct msghdr *msg)
{
#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 10, 0)
	if (!object_is_on_stack(msg))
		return true;
#endif
	return ipc_in_io_uring();
}

/*
 * Whether a message whose data is in no process's memory is part of a splice(2) or sendfile(2),
 * which has an end of its own. What is sent is marked from 6.5 on; before, a stream is sent pages
 * without a message. What is received lies in the pages of a pipe; other readers in the kernel
 * give addresses.
 */
static inline bool ipc_msg_spliced(const struct socket *sock, const struct msghdr *msg)
{
	if (iov_iter_rw(&msg->msg_iter) == READ)
		return !iov_iter_is_kvec(&msg->msg_iter);
#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 5, 0)
	return msg->msg_flags & MSG_SPLICE_PAGES;
#else
	return sock->type != SOCK_STREAM;
#endif
}

/* The table of a namespace's UDP sockets: one for all until 6.2. */
#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 2, 0)
#define ipc_udp_table(net)	((net)->ipv4.udp_table)
#else
#define ipc_udp_table(net)	((void)(net), &udp_table)
#endif

/* The size of net->unx.table, and an exported function: in a private header after 6.12. */
#ifndef UNIX_HASH_SIZE
#define UNIX_HASH_SIZE		(256 * 2)
#endif
struct sock;
long unix_inq_len(struct sock *sk);

/*
 * What tells a PID namespace from all others, also from those of the past: its number is used
 * again. From 6.18 on each namespace has a number that is not. Before, it is when its init began:
 * of two namespaces with the same number the second one is made after the first one's init has
 * ended. A thread of init that execs, or outlives the first one, changes neither. Under RCU, and
 * while a task of the namespace has not been released: init is released after all others.
 */
struct ns_identity {
	u64 birth;
	u32 inum;
};

static inline struct ns_identity ipc_pid_ns_id(const struct pid_namespace *ns)
{
#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 18, 0)
	return (struct ns_identity){ .birth = ns->ns.ns_id, .inum = ns->ns.inum };
#else
	const struct task_struct *init = READ_ONCE(ns->child_reaper);

	return (struct ns_identity){
		.birth = init ? READ_ONCE(init->group_leader)->start_boottime : 0,
		.inum = ns->ns.inum,
	};
#endif
}

static inline bool ipc_pid_ns_same(struct ns_identity a, struct ns_identity b)
{
	return a.birth == b.birth && a.inum == b.inum;
}

/* The owner of a socket. Needs net/sock.h. */
#define ipc_sk_uid(sk)		READ_ONCE((sk)->sk_uid)

/* The first argument of signalfd_read_iter(); until 6.9 there is signalfd_read(file, ...). */
static inline struct kiocb *ipc_signalfd_kiocb(unsigned long arg)
{
	return LINUX_VERSION_CODE >= KERNEL_VERSION(6, 10, 0) ? (struct kiocb *)arg : NULL;
}

/*
 * The beginning of struct msg_queue (ipc/msg.c), which no header has, and which some kernels
 * shuffle: there is no name of freeque() to find then.
 */
#define IPC_FREEQUE	(IS_ENABLED(CONFIG_RANDSTRUCT) ? "" : "freeque")

struct ipc_msg_queue {
	struct kern_ipc_perm q_perm;
	time64_t q_stime, q_rtime, q_ctime;
	unsigned long q_cbytes, q_qnum;
};

/* struct eventfd_ctx (fs/eventfd.c) */
struct ipc_eventfd {
	struct kref kref;
	wait_queue_head_t wqh;
	__u64 count;
	unsigned int flags;
	int id;
};

/* struct mqueue_inode_info, and in it struct ext_wait_queue (ipc/mqueue.c). */
struct ipc_mqueue {
	spinlock_t lock;
	struct inode vfs_inode;
	wait_queue_head_t wait_q;
	struct rb_root msg_tree;
	struct rb_node *msg_tree_rightmost;
	void *node_cache;
	struct mq_attr attr;
	struct sigevent notify;
	void *notify_owner;
	u32 notify_self_exec_id;
	void *notify_user_ns, *ucounts, *notify_sock, *notify_cookie;
	struct {
		void *task;
		struct list_head list;
		void *msg;
		int state;
	} e_wait_q[2];
	unsigned long qsize;
};

/* The names of an inode, under its i_lock. dentry->d_alias has been dentry->d_u.d_alias. */
#ifndef for_each_alias
#define for_each_alias(dentry, inode) \
	hlist_for_each_entry(dentry, &(inode)->i_dentry, d_u.d_alias)
#endif

/*
 * Preemption notifiers tell when a task leaves its CPU and when it runs again, and cost
 * nothing for tasks that have none. Kernels that can run KVM have them.
 */
#ifdef CONFIG_PREEMPT_NOTIFIERS
#define ipc_has_notifiers()	(current->preempt_notifiers.first)

/*
 * preempt_notifier_register() and preempt_notifier_unregister(), in line: around a call a wrapper
 * would have to save all arguments of its function. Not preempted in between.
 */
static __always_inline void ipc_notifier_add(struct preempt_notifier *notifier)
{
	hlist_add_head(&notifier->link, &current->preempt_notifiers);
}

static __always_inline void ipc_notifier_del(struct preempt_notifier *notifier)
{
	__hlist_del(&notifier->link);
}
#else
#define ipc_has_notifiers()	false
#endif

/*
 * In a preemption notifier: whether the current task leaves its CPU to sleep, and is not
 * preempted or kept awake by a signal. A task whose dequeue is delayed (6.12) is on its
 * run queue, but asleep.
 */
static inline bool ipc_falls_asleep(void)
{
#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 12, 0)
	return !task_is_runnable(current);
#else
	return !current->on_rq;
#endif
}

/*
 * What tells the current system call from another one: its number, first argument, and
 * where it was made. The same again is another call with the same purpose.
 */
static inline u64 ipc_syscall_key(void)
{
	struct pt_regs *regs = current_pt_regs();

	return instruction_pointer(regs) ^ rol64(user_stack_pointer(regs), 16) ^
	       rol64(regs_get_kernel_argument(regs, 0), 32) ^
	       rol64(syscall_get_nr(current, regs), 56);
}

/* A probe of sched:sched_process_exit. */
#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 16, 0)
#define IPC_EXIT_PROBE(name)	void name(void *hook, struct task_struct *task, bool group_dead)
#else
#define IPC_EXIT_PROBE(name)	void name(void *hook, struct task_struct *task)
#endif

/*
 * The arguments of the current system call on System V objects, those of semop(2) and so
 * on. The 32-bit ipc(2) has a number in front of them.
 */
static inline void ipc_sysv_args(unsigned long args[6])
{
	unsigned long arg[6];
	bool multiplexed = false;

	syscall_get_arguments(current, current_pt_regs(), arg);
#ifdef CONFIG_IA32_EMULATION
	multiplexed = in_ia32_syscall() && syscall_get_nr(current, current_pt_regs()) == 117;
#endif
	/* ipc(call, first, second, third, ptr, fifth) */
	args[0] = arg[multiplexed];
	args[1] = arg[multiplexed ? 4 : 1];
	args[2] = arg[2];
}

/* Whether ipc_code_calls() can read the machine's code; where not, all is taken for granted. */
#define IPC_READS_CODE	IS_ENABLED(CONFIG_X86_64)

/*
 * The size of the opcode at @code, if a relative call may be there, or with @jumps a relative
 * jump, also a conditional one: 32 bits follow, to where it goes. Else 0. The first
 * byte may be a kprobe's breakpoint. (An optimized kprobe replaces no calls and jumps.)
 */
static inline unsigned int ipc_branch(const u8 *code, bool jumps)
{
	if (code[0] == 0xe8 || code[0] == 0xcc || (jumps && code[0] == 0xe9))
		return 1;
	return jumps && code[0] == 0x0f && (code[1] & 0xf0) == 0x80 ? 2 : 0;
}

/*
 * Whether code of the kernel calls a function, whose place is behind its landing pad; with
 * @jumps also whether it ends in a jump to it. A jump is no call: it has another
 * return address. With call depth tracking (retbleed=stuff) the call goes to the
 * padding before the function; jumps inside of the code are none to what lies behind it.
 */
static inline bool ipc_code_calls(unsigned long start, unsigned long size, unsigned long function,
				  bool jumps)
{
	unsigned long at, target;
	unsigned int opcode;
	u8 code[6];
	s32 offset;

	for (at = start; at < start + size; at++) {
		if (copy_from_kernel_nofault(code, (const void *)at, sizeof(code)))
			break;
		opcode = ipc_branch(code, jumps);
		if (!opcode)
			continue;
		memcpy(&offset, code + opcode, sizeof(offset));
		target = at + opcode + sizeof(offset) + offset;
		if (function - target <= 32 && target - start >= size)
			return true;
	}
	return !IPC_READS_CODE;
}

/*
 * Whether a function does nothing but return -ENOSYS, at its very beginning: it stands for a
 * system call that the kernel was built without (COND_SYSCALL()). Where it ends cannot be told:
 * behind it lie those that had no use, without names.
 */
static inline bool ipc_is_no_syscall(unsigned long start)
{
	const s32 wanted = -ENOSYS;
	unsigned long at;
	s32 value;

	for (at = start; IPC_READS_CODE && at < start + 24; at++)
		if (!copy_from_kernel_nofault(&value, (const void *)at, sizeof(value)) &&
		    value == wanted)
			return true;
	return false;
}

#endif /* _IPCSTAT_COMPAT_H */
