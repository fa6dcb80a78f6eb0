/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The private interface of the module: rows, hooks, counting.
 *
 * A mechanism is one file in mech/. It declares its rows, its hooks, and what a
 * hook's event means for the rows; it ends in a struct ipc_mech named
 * ipc_mech_<file>. One word in Kbuild makes it part of the module. The readers
 * (proc.c, netlink/) know no mechanism, and a mechanism knows no reader.
 */
#ifndef _IPCSTAT_ROW_H
#define _IPCSTAT_ROW_H

#include <linux/fs.h>
#include <linux/jump_label.h>
#include <linux/kdev_t.h>
#include <linux/log2.h>
#include <linux/percpu.h>
#include <linux/sched.h>
#include <linux/types.h>

#include "compat.h"
#include "wrap.h"

/* Columns of /proc/ipcstat, in its order; for ever: new ones come at the end. */
enum ipc_col {
	IPC_OBJECTS,
	IPC_QUEUED,
	IPC_QUEUED_BYTES,
	IPC_BLOCKED,
	IPC_SEND_OPS,
	IPC_SEND_BYTES,
	IPC_SEND_COPIED,
	IPC_SEND_WAITS,
	IPC_SEND_WAIT_NS,
	IPC_SEND_FAILS,
	IPC_RECV_OPS,
	IPC_RECV_BYTES,
	IPC_RECV_COPIED,
	IPC_RECV_WAITS,
	IPC_RECV_WAIT_NS,
	IPC_RECV_FAILS,

	IPC_COLS
};

/* A direction is the column of its ops; the others follow at fixed distances. */
enum ipc_dir {
	IPC_SEND = IPC_SEND_OPS,
	IPC_RECV = IPC_RECV_OPS,
};

enum {
	IPC_D_OPS, IPC_D_BYTES, IPC_D_COPIED, IPC_D_WAITS, IPC_D_WAIT_NS, IPC_D_FAILS,
};

/* Sets of columns. */
#define IPC_BIT(col)	(1U << (col))
#define IPC_BITS_OPS(dir)	(IPC_BIT((dir) + IPC_D_OPS))
#define IPC_BITS_DATA(dir)	(IPC_BIT((dir) + IPC_D_BYTES) | IPC_BIT((dir) + IPC_D_COPIED))
#define IPC_BITS_WAITS(dir)	(IPC_BIT((dir) + IPC_D_WAITS) | IPC_BIT((dir) + IPC_D_WAIT_NS))
#define IPC_BITS_FAILS(dir)	(IPC_BIT((dir) + IPC_D_FAILS))
/* all waits of a row, in the directions in which it can wait */
#define IPC_BITS_SLEEP(dir)	(IPC_BITS_WAITS(dir) | IPC_BIT(IPC_BLOCKED))
/* what a return value tells */
#define IPC_BITS_RESULT(dir)	(IPC_BITS_OPS(dir) | IPC_BITS_DATA(dir) | IPC_BITS_FAILS(dir))
#define IPC_BITS_QUEUE		(IPC_BIT(IPC_QUEUED) | IPC_BIT(IPC_QUEUED_BYTES))

#define IPC_MAX_DETAILS		8
#define IPC_MAX_ROWS		32
#define IPC_BUCKETS		64

/*
 * One CPU's share of a row. Only ever added to; summed on read. The arrays of two are for
 * sending and receiving. Histograms: bucket 0 counts the values 0 and 1, bucket i those
 * from 2^i to 2^(i+1) - 1.
 */
struct ipc_cells {
	u64 col[IPC_COLS];		/* as ipc_cells_col() reads them */
	u64 detail[IPC_MAX_DETAILS];
	u64 runq_ns[2];			/* of wait_ns */
	u64 longest_us[2];		/* not added to: the longest wait that ended here */
	u64 waits[2][IPC_BUCKETS];	/* by their time in us */
	u64 sizes[2][IPC_BUCKETS];	/* operations that did not fail, by their bytes */
};

/**
 * struct ipc_gauge - what a row's gauge function fills in
 * @value: indexed by IPC_OBJECTS, IPC_QUEUED, IPC_QUEUED_BYTES
 * @unknown: IPC_BIT()s of the values that could not be known this time
 */
struct ipc_gauge {
	u64 value[3];
	u32 unknown;
};

/**
 * struct ipc_row - one line of /proc/ipcstat
 * @name: first column
 * @na: IPC_BIT()s of the columns whose idea does not apply ("-")
 * @unknown: columns that are never known exactly ("?"); for all others the hooks
 *	decide: a column is known when every hook that feeds it is attached
 * @details: names of further counters, NULL-terminated, at most IPC_MAX_DETAILS
 * @gauge: reads the gauges. Process context, may sleep, several at once.
 * @mappings: bytes are those of mappings, which are no messages: they have no histogram
 * @addresses: its objects are known by their addresses in a process: see struct ipc_flow
 * @processes: its objects are processes, known by their numbers in the initial PID namespace
 * @unnamed: what its objects' numbers are could not be verified: they are not told
 * @nr: of the engine: its number in the order of /proc/ipcstat
 * @cells: of the engine
 * @blocked: of the engine: tasks asleep in the row, per CPU, may be negative on one
 * @fed: of the engine: columns fed by some hook
 * @lost: of the engine: columns fed by a hook that is not attached
 */
struct ipc_row {
	const char *name;
	u32 na;
	u32 unknown;
	const char *const *details;
	void (*gauge)(struct ipc_row *row, struct ipc_gauge *gauge);
	bool mappings, addresses, processes, unnamed;

	unsigned int nr;
	struct ipc_cells __percpu *cells;
	s64 __percpu *blocked;
	u32 fed;
	u32 lost;
};

/* ---- flows: who moves what through which object (flow.c, flow_table.h); off unless asked for ---- */

/**
 * struct ipc_at - the object of an operation, which nobody looks at unless there are flows
 * @kind: what @value is
 * @value: an inode, a descriptor of the current process, or a number
 */
struct ipc_at {
	enum {
		IPC_AT_NOTHING,		/* nothing that has a name */
		IPC_AT_INODE,		/* a file, a socket */
		IPC_AT_FD,
		IPC_AT_SYSV,		/* an identifier of the current IPC namespace */
		IPC_AT_NUMBER,		/* a process, an address, an identifier of the machine */
	} kind;
	unsigned long value;
};

#define IPC_NOWHERE	((struct ipc_at){ IPC_AT_NOTHING, 0 })

static __always_inline struct ipc_at ipc_at_inode(const struct inode *inode)
{
	return (struct ipc_at){ IPC_AT_INODE, (unsigned long)inode };
}

static __always_inline struct ipc_at ipc_at_fd(unsigned int fd)
{
	return (struct ipc_at){ IPC_AT_FD, fd };
}

static __always_inline struct ipc_at ipc_at_sysv(int id)
{
	return (struct ipc_at){ IPC_AT_SYSV, id };
}

static __always_inline struct ipc_at ipc_at_number(unsigned long number)
{
	return (struct ipc_at){ IPC_AT_NUMBER, number };
}

/* Its effective user; of another task, as of this moment. */
kuid_t ipc_task_euid(const struct task_struct *task);

/**
 * struct ipc_access - which user may see a process without a capability, by the rule of ptrace(2)
 * @uid, @gid: the effective, saved and real ones of the process, where these are one each and it is
 *	dumpable; else INVALID_UID and INVALID_GID: no user
 *
 * The kernel compares these in __ptrace_may_access(), which modules cannot call.
 */
struct ipc_access {
	kuid_t uid;
	kgid_t gid;
};

/* The access to a process with the credentials @cred. Under RCU, or for the current process. */
struct ipc_access ipc_access_of(const struct cred *cred, bool dumpable);

DECLARE_STATIC_KEY_FALSE(ipc_flows_key);

/* Whether there are flows. Costs one instruction that does nothing where there are none. */
static __always_inline bool ipc_flows(void)
{
	return static_branch_unlikely(&ipc_flows_key);
}

/*
 * All of these, only where ipc_flows(): an operation by its result, as ipc_op() has it; one of
 * another task than the current one, which must not end meanwhile, at nothing and of no bytes.
 * From any context but an NMI. By the current task: the first one again, at an inode, for less,
 * with what is copied as its @difference from @ret (of mappings: from 0); some bytes of an
 * attachment of a System V segment, which as a whole is an operation; and bytes copied that are
 * no operation.
 */
void ipc_flow(struct ipc_row *row, enum ipc_dir dir, struct ipc_at at, long ret, long copied);
void ipc_flow_of(const struct task_struct *task, struct ipc_row *row, enum ipc_dir dir);
/* The same of the current task, by the current task. */
void ipc_flow_own(struct ipc_row *row, enum ipc_dir dir);
void ipc_flow_inode_send(struct ipc_row *row, const struct inode *inode, long ret, long difference);
void ipc_flow_inode_recv(struct ipc_row *row, const struct inode *inode, long ret, long difference);
void ipc_flow_mapped(struct ipc_row *row, enum ipc_dir dir, int id, unsigned int ops, u64 bytes);
void ipc_flow_copied(struct ipc_row *row, enum ipc_dir dir, const struct inode *inode, u64 bytes);

/*
 * ---- counting: from any context, no lock, no shared cache line ----
 *
 * Array elements are written as pointers here: their numbers are right by construction, and
 * some kernels check each subscript (UBSAN_BOUNDS), at a third of the cost of counting.
 */

static __always_inline void ipc_add(struct ipc_row *row, unsigned int col, u64 n)
{
	this_cpu_add(*(row->cells->col + col), n);
}

static __always_inline void ipc_detail(struct ipc_row *row, unsigned int nr, u64 n)
{
	this_cpu_add(*(row->cells->detail + nr), n);
}

static __always_inline unsigned long ipc_bucket(u64 n)
{
	return __fls(n | 1);
}

/**
 * ipc_result - count one operation of a row without bytes
 * @row: the row
 * @dir: IPC_SEND or IPC_RECV
 * @ret: a negative errno if it failed
 */
static __always_inline void ipc_result(struct ipc_row *row, enum ipc_dir dir, long ret)
{
	/* Once: the compiler cannot know that the additions leave it alone. */
	struct ipc_cells __percpu *cells = row->cells;

	this_cpu_inc(*(cells->col + dir + IPC_D_OPS));
	if (unlikely(ret < 0))
		this_cpu_inc(*(cells->col + dir + IPC_D_FAILS));
}

/* Count one operation that has failed. */
static __always_inline void ipc_failed(struct ipc_row *row, enum ipc_dir dir)
{
	ipc_result(row, dir, -1);
}

/**
 * ipc_moved - count one operation that has not failed
 * @row: the row
 * @dir: IPC_SEND or IPC_RECV
 * @bytes: what it moved, copied between user memory and kernel memory
 *
 * It is counted by its size alone, and what is copied only where it differs from the
 * bytes, as that difference: ipc_cells_col() puts them together.
 */
static __always_inline void ipc_moved(struct ipc_row *row, enum ipc_dir dir, unsigned long bytes)
{
	struct ipc_cells __percpu *cells = row->cells;

	this_cpu_add(*(cells->col + dir + IPC_D_BYTES), bytes);
	this_cpu_inc(*(cells->sizes[dir == IPC_RECV] + ipc_bucket(bytes)));
}

/**
 * ipc_op - count one operation by its result
 * @row: the row
 * @dir: IPC_SEND or IPC_RECV
 * @at: its object
 * @ret: a negative errno, or the bytes moved
 * @copied: of these, the bytes copied between user memory and kernel memory
 *
 * The same where ipc_moved() and ipc_end() will not do: with a difference in what is
 * copied, or without an end. At an inode it is the current task's; at anything else any
 * context will do.
 */
static __always_inline void ipc_op(struct ipc_row *row, enum ipc_dir dir, struct ipc_at at,
				   long ret, long copied)
{
	if (unlikely(ret < 0)) {
		ipc_failed(row, dir);
	} else {
		ipc_moved(row, dir, ret);
		if (unlikely(copied != ret))
			ipc_add(row, dir + IPC_D_COPIED, copied - ret);
	}
	if (!ipc_flows())
		return;
	if (at.kind != IPC_AT_INODE)
		ipc_flow(row, dir, at, ret, copied);
	else if (dir == IPC_SEND)
		ipc_flow_inode_send(row, (const struct inode *)at.value, ret, copied - ret);
	else
		ipc_flow_inode_recv(row, (const struct inode *)at.value, ret, copied - ret);
}

/* A counter of a row, of one CPU. */
u64 ipc_cells_col(const struct ipc_row *row, int cpu, unsigned int col);

/* ---- sleeping: a note per task, while it waits in a mechanism (sleep.c) ---- */

/**
 * struct ipc_object - what a task waits at, as people know it: values, for it may be gone
 * @kind: see IPCSTAT_CMD_BLOCKED in uapi/ipcstat.h; NULL: nothing that has a name
 * @id: inode, identifier, or address
 * @space: device, or inode of the IPC namespace
 * @part: number of the semaphore, or -1
 * @timeout: it does not wait for ever
 * @inode: of the mechanism; valid while the operation lasts
 * @at: the same, where a mechanism wants to know it again: ipc_sleep_again()
 */
struct ipc_object {
	const char *kind;
	u64 id;
	u32 space;
	s32 part;
	bool timeout;
	const struct inode *inode;
	const void *at;
};

/* The object of an inode, or of a socket's. */
static inline struct ipc_object ipc_object_inode(const char *kind, const struct inode *inode)
{
	return (struct ipc_object){
		.kind = kind, .id = inode->i_ino, .space = new_encode_dev(inode->i_sb->s_dev),
		.part = -1, .inode = inode,
	};
}

/* For a mechanism without objects. */
#define IPC_NO_OBJECT	((struct ipc_object){ .part = -1 })

/* Where ipc_flows(): the current task has waited. */
void ipc_flow_wait(struct ipc_row *row, enum ipc_dir dir, const struct ipc_object *object,
		   u64 wait_ns);

/**
 * ipc_sleep - the current task is about to sleep in @row
 * @row: the row
 * @dir: IPC_SEND or IPC_RECV
 * @object: what it waits at; is copied
 *
 * Called from an entry hook on a function that sleeps once; it is called again for each
 * sleep. A second sleep of the same operation in the same direction is the same
 * wait. Nothing is counted if the task does not really sleep.
 */
void ipc_sleep(struct ipc_row *row, enum ipc_dir dir, const struct ipc_object *object);

/*
 * The same where each interruptible sleep until ipc_woke() belongs to the mechanism: for
 * functions that sleep in a loop of their own, with no function to hook in it.
 */
void ipc_sleep_often(struct ipc_row *row, enum ipc_dir dir, const struct ipc_object *object);

/*
 * True if the current operation has announced a sleep @at the same object in this direction
 * before: the new one is announced then, too, without a look at the object.
 */
bool ipc_sleep_again(const void *at, enum ipc_dir dir);

/* The inode of the object that the current task is about to sleep at, or NULL. */
const struct inode *ipc_sleep_inode(void);

void ipc_woke_slow(const struct ipc_call *call);

/**
 * ipc_woke - an operation has returned: if it has slept, count the wait
 * @call: the operation; a note of an earlier one, whose end was missed, is no wait
 *
 * After each operation that may have called ipc_sleep(), also where it did not
 * sleep, and not inside another one. Cheap where there is no note.
 */
static __always_inline void ipc_woke(const struct ipc_call *call)
{
	if (unlikely(ipc_has_notifiers()))
		ipc_woke_slow(call);
}

/* For ipc_end(): one for each kind of object and direction, which are constants to it. */
#define IPC_FLOW_END(kind, dir_name)								\
void ipc_flow_end_##kind##_##dir_name(const struct ipc_call *call, struct ipc_row *row,		\
				      unsigned long value, long ret);

#define IPC_FLOW_ENDS(kind)									\
IPC_FLOW_END(kind, send)									\
IPC_FLOW_END(kind, recv)									\
static __always_inline void ipc_flow_end_##kind(const struct ipc_call *call,			\
						struct ipc_row *row, enum ipc_dir dir,		\
						unsigned long value, long ret)			\
{												\
	if (dir == IPC_SEND)									\
		ipc_flow_end_##kind##_send(call, row, value, ret);				\
	else											\
		ipc_flow_end_##kind##_recv(call, row, value, ret);				\
}

IPC_FLOW_ENDS(inode)
IPC_FLOW_ENDS(fd)
IPC_FLOW_ENDS(sysv)
IPC_FLOW_ENDS(number)

/**
 * ipc_end - the end of an operation that ipc_moved() or ipc_result() has counted
 * @call: the operation
 * @row: the row
 * @dir: IPC_SEND or IPC_RECV
 * @at: its object
 * @ret: a negative errno if it failed; the bytes moved, all of them copied; or 0
 *
 * What ipc_woke() does, and its flow. The last that a callback does: so it calls nothing
 * that comes back, and saves no registers.
 */
static __always_inline void ipc_end(const struct ipc_call *call, struct ipc_row *row,
				    enum ipc_dir dir, struct ipc_at at, long ret)
{
	if (!ipc_flows())
		ipc_woke(call);
	else if (at.kind == IPC_AT_INODE)
		ipc_flow_end_inode(call, row, dir, at.value, ret);
	else if (at.kind == IPC_AT_FD)
		ipc_flow_end_fd(call, row, dir, at.value, ret);
	else if (at.kind == IPC_AT_SYSV)
		ipc_flow_end_sysv(call, row, dir, at.value, ret);
	else if (at.kind == IPC_AT_NUMBER)
		ipc_flow_end_number(call, row, dir, at.value, ret);
	else
		BUILD_BUG();	/* nothing that is frequent has no name: ipc_op(), ipc_woke() */
}

/* The current task is no longer asleep in any row. Nothing is counted. */
void ipc_note_drop(void);

/**
 * struct ipc_sleeper - a task that is asleep in a mechanism
 * @task: the task; a reference is held
 * @row: where
 * @dir: IPC_SEND or IPC_RECV
 * @object: what it waits at; ->inode is not valid
 * @since_ns: CLOCK_MONOTONIC when the operation fell asleep for the first time
 */
struct ipc_sleeper {
	struct task_struct *task;
	struct ipc_row *row;
	enum ipc_dir dir;
	struct ipc_object object;
	u64 since_ns;
};

/* The number of notes; each is that of at most one sleeper. */
unsigned int ipc_nr_notes(void);
/* True if note number @nr is of a task that is asleep now. Put the task afterwards. */
bool ipc_note_sleeper(unsigned int nr, struct ipc_sleeper *sleeper);

struct ipc_process_flows;

/* ---- events: told to those who listen (event.c); little is paid where nobody does ---- */

/* Each is a multicast group: see netlink/event.c. */
enum ipc_group {
	IPC_G_EXIT,
	IPC_G_LOST,
	IPC_G_SIGNAL,
	IPC_G_LIMIT,
	IPC_G_WAIT,		/* of 1 ms and more; the following ones of 10 times as much each */
	IPC_GROUPS = IPC_G_WAIT + 5
};

/**
 * struct ipc_event - something that has happened
 * @group: of IPC_G_WAIT it goes to the following ones as well, as far as they fit
 * @groups: of event.c: BIT()s of those that it goes to
 * @dir: IPC_SEND, IPC_RECV, or 0
 * @row: the mechanism; NULL: of all
 * @time_ns: CLOCK_MONOTONIC
 * @start: when its process was started
 * @tgid, @comm, @euid: its process, in the initial namespaces; 0: none
 * @object: as in struct ipc_note; ->kind NULL: it has no name
 * @bytes, @messages: what is lost
 * @wait_ns: what a wait took
 * @sig: the signal
 * @info_only: it has come through, without its siginfo
 */
struct ipc_event {
	u8 group, dir;
	bool info_only;
	u32 groups;
	struct ipc_row *row;
	u64 time_ns, start;
	u32 tgid;
	kuid_t euid;
	char comm[TASK_COMM_LEN];
	struct ipc_object object;
	u64 bytes, messages, wait_ns;
	int sig;
};

/**
 * struct ipc_event_sink - what sends events
 * @has_listeners: whether anybody listens to a group. From any context but an NMI.
 * @send: send one message to a group: of @event (NULL: none), of @flows where it is the end of a
 *	process, and that so many were suppressed. May sleep. Return: 0, also where a listener had
 *	no room; a negative errno if there is no message.
 */
struct ipc_event_sink {
	bool (*has_listeners)(enum ipc_group group);
	int (*send)(enum ipc_group group, const struct ipc_event *event,
		    const struct ipc_process_flows *flows, u64 seq, u64 suppressed);
};

/* Between these two @sink is called. */
void ipc_events_open(const struct ipc_event_sink *sink);
void ipc_events_close(void);

/* Whether anybody listens. */
bool ipc_listened(enum ipc_group group);
/*
 * All of these from any context but an NMI. An object goes, with @bytes in it, in @messages (0
 * in a stream); it has none: nothing happens. A sender has found no room in @object. The
 * current task has waited. A process has ended. Signal @sig for @task found no room.
 */
void ipc_event_lost(struct ipc_row *row, const struct ipc_object *object, u64 bytes, u64 messages);
void ipc_event_limit(struct ipc_row *row, const struct ipc_object *object);
void ipc_event_wait(struct ipc_row *row, enum ipc_dir dir, const struct ipc_object *object,
		    u64 wait_ns);
void ipc_event_exit(const struct task_struct *task);
void ipc_event_signal(struct ipc_row *row, const struct task_struct *task, int sig, bool info_only);

/* ---- hooks ---- */

enum ipc_hook_kind {
	IPC_HOOK_RETURN,	/* wrapper or kretprobe: ->done */
	IPC_HOOK_ENTRY,		/* ftrace entry: ->entry */
	IPC_HOOK_TRACE,		/* tracepoint: ->probe */
};

/* The columns of a row that a hook feeds. A table of these ends with a NULL row. */
struct ipc_feed {
	struct ipc_row *row;
	u32 cols;
};

/**
 * typedef ipc_entry_t - called before a hooked function runs
 *
 * In the caller's context; may be preempted and migrated; must not sleep. Use
 * ipc_arg(regs, n) (compat.h) for the n-th argument.
 */
typedef void (*ipc_entry_t)(struct ftrace_regs *regs);

/**
 * struct ipc_hook - one place where the kernel is watched
 * @kind: how
 * @name: the hook's own name; NULL: the first of @symbols
 * @symbols: names of the function or tracepoint, NULL-terminated, the likeliest
 *	first: the first that can be attached is
 * @feeds: the columns that are exact only while this hook is attached; NULL: none, it is for
 *	events alone
 * @done: IPC_HOOK_RETURN: called after each call
 * @begin: IPC_HOOK_RETURN: called before each call, if not NULL; ->ret is not set
 * @asleep: IPC_HOOK_RETURN: the same, but only once the caller falls asleep inside, from
 *	the scheduler; by a kretprobe before each call. For ipc_sleep_often().
 * @entry: IPC_HOOK_ENTRY: called before each call
 * @probe: IPC_HOOK_TRACE: the probe, with the tracepoint's prototype behind a
 *	void pointer to the hook. Preemptible from 7.x on: per-task or this_cpu_*
 *	only.
 * @callers: IPC_HOOK_ENTRY: only calls made from these functions, NULL-terminated. Each is
 *	a name or alternatives, "one|other", of which those that do not exist, or have
 *	no call of it in their code, are passed over; one of each must be left.
 * @indirect: IPC_HOOK_ENTRY: the callers call it through a pointer: their code does not tell
 * @called_by: IPC_HOOK_RETURN, IPC_HOOK_ENTRY: for a function that the compiler may merge into
 *	callers: these must call it, or end in a jump to it, or the candidate is not
 *	attached. Names or alternatives as above; "|one|other" is also content if none of
 *	them exists. Looked at once, where the machine's code can be read (x86-64).
 * @nargs: IPC_HOOK_RETURN: number of arguments, 6 if 0; 7 for a function with seven
 * @uses: IPC_HOOK_RETURN: the callbacks look at the first so many of them; all if 0. Each
 *	costs an instruction a call.
 * @failures: IPC_HOOK_RETURN: @done looks at failures alone, and does not count waits
 * @passed_by: IPC_HOOK_RETURN: the function of a hook that stands before it, which calls this
 *	one, and for whose calls @done does nothing
 * @sleeps: IPC_HOOK_RETURN: callers sleep inside it: a kretprobe gets the large pool
 * @optional: where none of the symbols exists, this kernel has no such path, and
 *	nothing is unknown for it
 * @instead_of: attached only where that hook, which stands before it, is not, and
 *	then in its place: nothing is unknown for that one
 * The rest is of the engine (hook.c).
 *
 * A function has one hook, or several of one kind: where an entry hook and a wrapper meet,
 * ftrace calls neither directly, but looks through all that there are, at each call.
 */
struct ipc_hook {
	enum ipc_hook_kind kind;
	const char *name;
	const char *const *symbols;
	const struct ipc_feed *feeds;
	union {
		ipc_done_t done;
		ipc_entry_t entry;
		void *probe;
	};
	ipc_done_t begin, asleep;
	const char *const *callers;
	const char *const *called_by;
	const char *passed_by;
	u8 nargs, uses;
	bool failures;
	bool sleeps;
	bool indirect;
	bool optional;
	const struct ipc_hook *instead_of;

	struct ipc_hook_state *state;
};

/* A NULL-terminated list of names, for ->symbols, ->callers, ->called_by and ->details. */
#define IPC_NAMES(...)	((const char *const []){ __VA_ARGS__, NULL })
/* A table of feeds. */
#define IPC_FEEDS(...)	((const struct ipc_feed []){ __VA_ARGS__, { NULL, 0 } })

/**
 * struct ipc_quota - how much is used of a limit that is a user's, or a namespace's
 * @name: what is used, with its unit
 * @read: of the current task's user, or namespace. Process context.
 */
struct ipc_quota {
	const char *name;
	u64 (*read)(void);
};

#define IPC_SIGNALS		64
#define IPC_SIGNAL_COLS		7

/**
 * struct ipc_signals - a mechanism's table of signals by number
 * @cols: names of its columns
 * @known: bit n: column n is known
 * @read: the value of a signal, 1 to IPC_SIGNALS, in a column
 */
struct ipc_signals {
	const char *const *cols;
	u32 (*known)(void);
	u64 (*read)(unsigned int sig, unsigned int col);
};

/* A table of quotas. */
#define IPC_QUOTAS(...)	((const struct ipc_quota []){ __VA_ARGS__, { NULL, NULL } })

/**
 * struct ipc_mech - what a file in mech/ offers
 * @rows: its rows, in their order; may be none
 * @hooks: its hooks
 * @init: before the hooks are attached; may sleep; may be NULL
 * @seed: after the hooks are attached: take up objects older than the module
 * @seed_file: the same, for each open file of each process. Called with the
 *	files' lock held: must not sleep. The same file may come more than once.
 * @exit: after the hooks are detached and no handler runs any more
 * @row_of: the row that a pipe, FIFO or socket belongs to, or NULL. Any context.
 * @quotas: limits of which no file says how much is used; may be NULL
 * @signals: counters by the number of a signal; may be NULL; at most one has them
 */
struct ipc_mech {
	struct ipc_row *const *rows;
	unsigned int nr_rows;
	struct ipc_hook *hooks;
	unsigned int nr_hooks;
	int (*init)(void);
	void (*seed)(void);
	void (*seed_file)(struct file *file);
	void (*exit)(void);
	struct ipc_row *(*row_of)(struct file *file);
	const struct ipc_quota *quotas;
	const struct ipc_signals *signals;
};

/* The row of a pipe, FIFO or socket; NULL for any other file. */
struct ipc_row *ipc_file_row(struct file *file);

/*
 * Calls @each for each inode of a file system, under a spinlock, also for those that are just
 * being made or taken apart. sb->s_umount is held, as iterate_supers_type() does.
 */
void ipc_each_inode(struct super_block *sb, void (*each)(struct inode *inode, void *arg), void *arg);

/* ---- sets of kernel objects (set.c), for gauges ---- */

/*
 * A bounded hash set of kernel addresses, each with a small tag. Adding and
 * removing work in any context that a hook runs in. Each user has a share of the room. An object
 * is lost when its owner's share or the set is full, or memory is short. While objects
 * are lost the set is inexact: the gauge that is read from it must say so.
 */
struct ipc_set;

/**
 * enum ipc_set_kind - which objects come to a set
 * @IPC_SET_SOME: not all, or not when they are made
 * @IPC_SET_ALL: ipc_set_add() is called for each object when it is made, and ipc_set_del() when it
 *	is freed, with the same owner
 * @IPC_SET_ALL_CHANGING: the same, but the owner may have changed meanwhile
 * @IPC_SET_ALL_UNSEEN: as IPC_SET_ALL, but no open file leads to the objects
 */
enum ipc_set_kind { IPC_SET_SOME, IPC_SET_ALL, IPC_SET_ALL_CHANGING, IPC_SET_ALL_UNSEEN };

/* @name is what readers call the set; it must stay. */
struct ipc_set *ipc_set_new(const char *name, unsigned int max, enum ipc_set_kind kind);
void ipc_set_free(struct ipc_set *set);
/*
 * A new set takes nothing in, so that nothing comes before the hook that removes it is
 * attached: to be called by seed() if it is. Files are looked through after that.
 */
void ipc_set_open(struct ipc_set *set);
/*
 * A new object: adds it, or counts it as lost. Nothing happens if it is there, but that the tag is
 * set if it was 0.
 */
void ipc_set_add(struct ipc_set *set, const void *object, unsigned long tag, kuid_t owner);
/* The same for an object that is not new: it is older than the module, or may have been lost. */
void ipc_set_find_again(struct ipc_set *set, const void *object, unsigned long tag, kuid_t owner);
/* The tag of @object, or 0 if it is not there. */
unsigned long ipc_set_tag(struct ipc_set *set, const void *object);
/* Returns true if it was there. If it was not, and is the set's kind, one is lost less. */
bool ipc_set_del(struct ipc_set *set, const void *object, kuid_t owner);
/* Whether no object is lost. */
bool ipc_set_exact(const struct ipc_set *set);
/*
 * Calls @fn for each object. The object's removal waits meanwhile, so that an
 * object that is removed before it is freed stays valid. @fn runs under a
 * spinlock with interrupts off: it must not sleep and must be short.
 */
void ipc_set_for_each(struct ipc_set *set, void (*fn)(void *object, unsigned long tag, void *arg),
		      void *arg);
/*
 * The hooks that remove objects may not run any more: from now on no set is exact, and nothing
 * in one is looked at.
 */
void ipc_sets_abandon(void);

/*
 * Lost objects are looked for from the first of these on, until the second one returns. In
 * between an object may be lost or found; before, while the module loads, too.
 */
void ipc_sets_start(void);
void ipc_sets_stop(void);

/* ---- what the readers see (mechs.c, hook.c, flow.c) ---- */

enum ipc_value_kind { IPC_VALUE, IPC_UNKNOWN, IPC_NONE };

struct ipc_value {
	enum ipc_value_kind kind;
	u64 value;
};

extern const char *const ipc_col_names[IPC_COLS];

unsigned int ipc_nr_rows(void);
/* Row number @nr in the order of /proc/ipcstat; NULL past the end. */
struct ipc_row *ipc_row_get(unsigned int nr);
/* Whether a column of a row, which is no gauge, is known. */
enum ipc_value_kind ipc_col_kind(const struct ipc_row *row, unsigned int col);
/* All columns of a row; may sleep. */
void ipc_row_read(struct ipc_row *row, struct ipc_value value[IPC_COLS]);
u64 ipc_row_detail(struct ipc_row *row, unsigned int nr);
/* Of the row's wait_ns in a direction: what it was awake but not running. */
u64 ipc_row_runq_ns(struct ipc_row *row, enum ipc_dir dir);

/* A histogram; @kind says whether it is known. */
struct ipc_hist {
	const char *name, *unit;
	enum ipc_value_kind kind;
	u64 bucket[IPC_BUCKETS];
	bool has_longest;
	u64 longest;
};

/* Histogram number @nr of a row; false past the last one. */
bool ipc_row_hist(struct ipc_row *row, unsigned int nr, struct ipc_hist *hist);
/* The table of signals; NULL: no mechanism has one. */
const struct ipc_signals *ipc_signals_get(void);

struct ipc_hook_info {
	const char *name, *kind, *state, *symbol, *reason;
	u64 missed;
	unsigned int nargs;	/* 0: no hook on results */
	const struct ipc_feed *feeds;
};

/* Hook number @nr; false past the end. */
bool ipc_hook_info(unsigned int nr, struct ipc_hook_info *info);
/*
 * Before anything is read: finds out whether ftrace was shut down since the last time. If so,
 * what hooks on functions feed becomes unknown. Process context, may sleep.
 */
void ipc_hooks_check(void);
/* Whether what @hook feeds is unknown, since it is not attached, or ftrace was shut down. */
bool ipc_hook_lost(const struct ipc_hook *hook);

/* The quota of that number, of all mechanisms; NULL: there are no more. */
const struct ipc_quota *ipc_quota_get(unsigned int nr);

struct ipc_summary {
	const char *backend;
	u32 hooks_attached, hooks_all;
	u64 missed;
	u64 since;
};

void ipc_summary(struct ipc_summary *sum);

#define IPC_FLOW_VALUES		6	/* IPC_D_OPS and so on */

/**
 * struct ipc_flow - what a process has done with an object in one direction
 * @row: the mechanism
 * @id: of the object: an inode, identifier, address, or process
 * @start: when the process was started: tells it from another one with its number
 * @tgid: its number in the initial PID namespace; 0: the kernel by itself
 * @space: of the object: device (see @by_device), or inode of the IPC namespace
 * @dir: IPC_SEND or IPC_RECV
 * @by_device: the object is an inode; @space is its dev_t
 * @named: the object has a name, which @id and @space are
 * @value: indexed by IPC_D_OPS and so on
 * @first: CLOCK_MONOTONIC
 * @last: jiffies, in 64 bits
 * @comm: of the process, when the flow was used last
 * @euid: the same; INVALID_UID: it has changed
 * @access: which user might see the process when the flow was used last
 * @pid_ns, @pid: the process in its own PID namespace
 * @before, @after: of the table: numbers of other flows of the same user
 * @share: of the table: the user's
 * @cgroup: that it was in when it began the flow (version 2's)
 * @file, @dev, @offset: of a row with addresses: where the mapping led to at that time
 * The rest is of the table.
 */
struct ipc_flow {
	struct ipc_row *row;
	u64 id, start;
	u32 tgid;
	u8 dir;
	bool by_device, named;
	bool linked;	/* of the table */
	u32 space;
	u32 who;	/* of the table */

	struct ipc_flow *next;
	struct ipc_flow *sibling, **link;

	u64 value[IPC_FLOW_VALUES];
	u64 state;	/* of the table: see flow_state() */
	u64 first, last;
	char comm[TASK_COMM_LEN];
	kuid_t euid;
	struct ipc_access access;
	u32 pid, dev;
	u32 before, after;
	struct ipc_share *share;
	struct ns_identity pid_ns;
	u64 cgroup, file, offset;
};

/* @space of a flow, as stat(2) has it where it is a device. */
static inline u32 ipc_flow_space(u32 space, bool by_device)
{
	return by_device ? new_encode_dev(space) : space;
}

/* The sums of what is in no flow any more, or never was, for want of room. */
struct ipc_flow_other {
	u64 value[2][IPC_FLOW_VALUES];
};

/* What a process has done: see ipc_flows_of(). @partial: some of it may be missing. */
struct ipc_process_flows {
	bool partial;
	u64 value[IPC_MAX_ROWS][2][IPC_FLOW_VALUES];
};

static inline void ipc_flow_sum(u64 sum[IPC_FLOW_VALUES], const u64 value[IPC_FLOW_VALUES])
{
	unsigned int i;

	for (i = 0; i < IPC_FLOW_VALUES; i++)
		sum[i] += value[i];
}

/**
 * struct ipc_flow_state - the table of flows
 * @max: its entries; 0: there are no flows
 * @used: how many of them are in use
 * @evicted: how many flows have had to make room
 */
struct ipc_flow_state {
	u32 max, used;
	u64 evicted;
};

#define IPC_MIN_FLOWS		16U
#define IPC_MAX_FLOWS		(1U << 22)

void ipc_flows_state(struct ipc_flow_state *state);
/* @max within these; may sleep. -EALREADY: they are on with another size. */
int ipc_flows_start(unsigned int max);
void ipc_flows_stop(void);
/*
 * Between these two the table stays: how many entries it has (0: there are no flows), and
 * whether entry number @nr is in use, and what it says.
 */
unsigned int ipc_flows_begin(void);
bool ipc_flows_read(unsigned int nr, struct ipc_flow *flow);
void ipc_flows_read_other(const struct ipc_row *row, struct ipc_flow_other *other);
u64 ipc_flows_evicted(void);
void ipc_flows_end(void);
/*
 * Adds up the flows of a process. It has ended: of one that goes on, some would be older
 * than others. False: there are none. May sleep.
 */
bool ipc_flows_of(struct ipc_process_flows *sum, u32 tgid, u64 start);

/**
 * struct ipc_group_state - a group of events
 * @sent: messages so far
 * @suppressed: events that were none, for there were too many
 */
struct ipc_group_state {
	u64 sent, suppressed;
};

#define IPC_MAX_EVENTS		100000U

void ipc_group_state(enum ipc_group group, struct ipc_group_state *state);
/* What a wait must have taken for this group; 0 for those that are not of waits. */
u64 ipc_group_wait_ns(enum ipc_group group);

/* ---- start and stop, in the order of main.c ---- */

int ipc_mechs_init(void);
void ipc_mechs_exit(void);
int ipc_notes_init(void);
void ipc_notes_open(void);
void ipc_notes_close(void);
void ipc_notes_exit(void);
int ipc_flows_init(void);
void ipc_flows_exit(void);
int ipc_events_init(void);
void ipc_events_exit(void);
int ipc_hooks_attach(void);
/* When this returns no operation is followed any more, and none is begun. */
void ipc_hooks_detach(void);
/* The probes of tracepoints go, that of ending tasks among them: no handler runs any more. */
void ipc_hooks_exit(void);
void ipc_mechs_seed(void);
/*
 * Calls all seed_file() for the open files of all tasks, in short steps. False: not all were seen,
 * or @stop said so before the end. Not a snapshot: a descriptor that moves meanwhile may be passed over.
 */
bool ipc_mechs_walk(bool (*stop)(void));
int ipc_proc_init(void);
void ipc_proc_exit(void);
int ipc_netlink_init(void);
void ipc_netlink_exit(void);

/* Kbuild's list: M(pipe) M(splice) ... */
#define M(file)	extern struct ipc_mech ipc_mech_##file;
IPCSTAT_MECHS
#undef M

/* For the engine: all mechanisms, in the order of Kbuild. */
extern struct ipc_mech *const ipc_mechs[];
extern const unsigned int ipc_nr_mechs;

/* Module parameters (main.c). */
extern unsigned int ipc_max_sleepers;
extern unsigned int ipc_max_objects;
extern unsigned int ipc_max_flows;
extern unsigned int ipc_max_events;
extern bool ipc_flows_wanted;
extern umode_t ipc_proc_mode;
extern bool ipc_hooks_probe;
/* Events that found a table full, or no memory for an entry; hooks have counts of their own. */
extern atomic64_t ipc_missed;

#endif /* _IPCSTAT_ROW_H */
