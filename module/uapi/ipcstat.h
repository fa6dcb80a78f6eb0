/* SPDX-License-Identifier: GPL-2.0-only WITH Linux-syscall-note */
/*
 * ipcstat over generic netlink
 * ============================
 *
 * Family "ipcstat", version 1. It answers in every network namespace: the
 * numbers are those of the whole machine. No total needs a privilege, unless the
 * module was loaded with a proc_mode that keeps others from reading /proc/ipcstat:
 * then every request needs CAP_SYS_ADMIN in the initial user namespace. Nothing here
 * changes anything, but for FLOWS with MAX_FLOWS. Numbers are in host byte order.
 *
 * The family describes itself: names travel with the numbers, and the names,
 * not their positions, are the interface. A reader that finds a row, counter,
 * hook state or attribute that it does not know skips it. What a name means is
 * in ipcstat(5).
 *
 * A number is sent as a nest {name, and one of: value, unknown, none}:
 *
 *	value		the exact number
 *	unknown		(flag) this kernel gives no exact way to know; the "?" of
 *			/proc/ipcstat
 *	none		(flag) the idea does not apply to the row; the "-"
 *
 * and gauge (flag) if the number is a state of now, which may fall; without it
 * the number counts from 0 and only grows.
 *
 * Commands and their replies:
 *
 *	INFO	do	->  VERSION string	version of the module
 *			    SINCE u64		seconds since the epoch when
 *						counting began
 *			    BACKEND string	"wrap" or "probe": how return
 *						values are read
 *			    HOOKS_ATTACHED u32, HOOKS_ALL u32
 *			    MISSED u64		events lost, over all hooks
 *			    LIMIT nest ...	{NAME, VALUE}: sizes of tables and
 *						pools, set when the module is
 *						loaded
 *			    QUOTA nest ...	{NAME, VALUE, GAUGE}: what the reader's
 *						user, or namespace, has used of the
 *						kernel's limits, where no file says so
 *
 *	ROW	do	MECH string		one row, by name
 *		dump	[MECH string]		all rows, in the order of
 *						/proc/ipcstat; or only this one
 *			->  MECH string
 *			    COUNTER nest ...	first the columns of
 *						/proc/ipcstat, in their order,
 *						then the details of the row
 *
 *	SIGNAL	do	SIGNAL u32		one signal, by number
 *		dump	[SIGNAL u32]		signals 1 to 64; or only this one
 *			->  SIGNAL u32
 *			    COUNTER nest ...
 *
 *	HOOK	dump	[MECH string]		all hooks; or those that feed a row
 *			->  HOOK nest		{NAME, KIND, STATE, [SYMBOL],
 *						 [REASON], MISSED, FEEDS ..., [ARGS]}
 *			    one message a hook. KIND is "wrap", "probe", "entry" or
 *			    "tracepoint"; STATE is "attached", "unavailable" (then
 *			    REASON says why, and what the hook feeds is unknown) or
 *			    "absent" (this kernel has no such path: nothing to
 *			    count); SYMBOL is the kernel's function or tracepoint;
 *			    FEEDS names the rows. With "wrap" and "probe" ARGS is how many
 *			    arguments the function is taken to have at most: so many
 *			    are passed on to it.
 *
 *	HIST	do	MECH string		the histograms of a row
 *		dump	[MECH string]		of all rows; or only of this one
 *			->  MECH string
 *			    HIST nest ...	{NAME, UNIT, and one of: BUCKETS,
 *						 UNKNOWN, NONE; [LONGEST]}
 *			    NAME is "send_wait", "recv_wait" (each wait, by its time),
 *			    "send_size" or "recv_size" (each operation that did not
 *			    fail, by its bytes); UNIT is "usecs" or "bytes". BUCKETS are
 *			    u64: number 0 counts the values 0 and 1, number i those from
 *			    2^i to 2^(i+1) - 1; what lies behind the last one sent is 0.
 *			    LONGEST is that of all waits.
 *
 *	BLOCKED	dump	[MECH string]		the tasks that are asleep in a row now;
 *		[START u32]			or only in this one
 *			->  BLOCKED nest	{PID, TGID, COMM, MECH, DIRECTION,
 *						 [OBJECT, ID, SPACE, [PART]],
 *						 SINCE_NS, WAITED_NS, [TIMEOUT]}
 *			    one message a task. PID is the thread, TGID its process, as
 *			    the reader's PID namespace calls them. OBJECT says what it
 *			    waits at: "pipe", "fifo", "mqueue", "socket" (ID is the inode,
 *			    SPACE the device, as stat(2) has them), "msg", "sem" (ID is the
 *			    identifier, SPACE the inode of the IPC namespace, PART the
 *			    number of the semaphore), "futex" (ID is the address in the
 *			    process), "eventfd" (ID is its eventfd-id, as /proc/PID/fdinfo has
 *			    it, SPACE is 0). TIMEOUT (flag): it does not wait for ever.
 *			->  MECH string, HIDDEN u64
 *			    tasks that the reader may not see: those with another user or
 *			    group (effective, saved or real), that are not dumpable, or
 *			    outside of its PID namespace, unless it has CAP_SYS_PTRACE in
 *			    the initial user namespace
 *			->  NEXT u32
 *			    there was not room for all: ask again, with START
 *
 *	FLOWS	do	[MAX_FLOWS u32]		the table of flows; with MAX_FLOWS it is made,
 *						with so many entries (16 to 4194304), or
 *						(0) freed with all that is in it:
 *						CAP_SYS_ADMIN
 *			->  MAX_FLOWS u32	entries; 0: there are no flows
 *			    USED u32, EVICTED u64
 *			    EVICTED: how many have had to make room for others
 *
 *	FLOW	dump	[MECH string]		what each process has moved through each
 *		[PID u32] [ID u64]		object in each direction since there have been
 *		[BYTES u64]			flows; or only in this row, of this process,
 *		[START u32]			at this object, of so many bytes at least
 *			->  FLOW nest		{MECH, DIRECTION, PID, COMM, [EXITED],
 *						 START_NS, [UID], CGROUP, [ID, SPACE],
 *						 [FILE, DEV, OFFSET], FIRST_NS, LAST_NS}
 *			    COUNTER nest ...	"ops", "bytes", "copied", "waits", "wait_ns",
 *						"fails"
 *			    one message a flow. PID is the process, as the reader's PID
 *			    namespace calls it (0: not in there, or the kernel by itself);
 *			    START_NS tells it from another one with its number. EXITED
 *			    (flag): it has ended. COMM and UID (its effective user; none if
 *			    that has changed) are those of its last operation, CGROUP the one
 *			    of its first (version 2's; the inode of its directory). ID and
 *			    SPACE are the object, as in BLOCKED: inode and device; identifier
 *			    and IPC namespace; address of a futex, with FILE, DEV and OFFSET
 *			    where it was in a shared mapping; number of an eventfd; process that
 *			    a signal was for.
 *			    Without ID the object has no name. FIRST_NS and LAST_NS are
 *			    CLOCK_MONOTONIC, the second to the tick.
 *			->  MECH string, DIRECTION string, OTHER flag, COUNTER nest ...
 *			    the sums of those flows that the reader may not see (as in
 *			    BLOCKED), and of those that had to make room; with PID, ID or
 *			    BYTES (but 0) not sent. May come several times: add them up. All flows
 *			    and OTHERs of a row are all that it has counted since there have
 *			    been flows.
 *			->  EVICTED u64, [NEXT u32]
 *			    NEXT: there was not room for all: ask again, with START. If
 *			    EVICTED differs between two of them, some have been evicted
 *			    meanwhile, and may be in an OTHER as well.
 *
 *	EVENTS	do	->  MAX_EVENTS u32	messages a second to each group at most
 *			    GROUP_STATE nest ...
 *						{NAME, SENT, SUPPRESSED, [WAIT_NS]}: the
 *						multicast groups
 *			    CAP_SYS_ADMIN in the initial namespaces: to bind to the groups
 *			    in them takes the same, and nothing is sent in others
 *
 *	EVENT	(multicast)
 *			->  GROUP string
 *			    SEQ u64		counts the messages to the group: where one
 *						is missing, the listener had no room
 *			    [SUPPRESSED u64]	events of the group since its last message
 *						that were none, for there were too many
 *			    [EVENT nest]	{TIME_NS, [PID, COMM, UID, START_NS], [MECH],
 *						 [DIRECTION], [OBJECT, ID, SPACE, [PART]]}
 *						and, by group, further ones; none: nothing but
 *						SUPPRESSED
 *			    [TOTAL nest ...]	{MECH, COUNTER ...}, see "exit"
 *			    PID is the process in the initial PID namespace; none: an
 *			    interrupt. OBJECT as in BLOCKED, or "process". The groups:
 *			    "exit"	a process that has flows has ended, and its parent has
 *					taken notice. TOTAL is what it has done, by mechanism,
 *					with the names of columns ("send_ops"); PARTIAL (flag):
 *					some of its flows had to make room for others, or may
 *					have.
 *			    "lost"	an object goes with data in it that nobody has read:
 *					BYTES, and where it has messages MESSAGES. PID is who
 *					has closed or removed it.
 *			    "signal"	SIGNAL for ID found no room, and is lost; or
 *					(INFO_ONLY) it has come through, without its siginfo.
 *			    "limit"	a sender found no room in OBJECT, and waits, or got
 *					EAGAIN; of each object once a second.
 *			    "wait-1ms", "wait-10ms", "wait-100ms", "wait-1s", "wait-10s"
 *					a wait of WAIT_NS, so long or longer, is over; it goes to
 *					each of the groups that it is long enough for.
 *
 *	SHARE	dump	[START u32]		what each user has of the module's tables
 *			->  SHARE nest		{TABLE, [UID, LIMIT], USED, LOST}
 *			    one message for each user that holds entries of a table, or has lost
 *			    some. TABLE is "flows", or names a set of objects that are followed for
 *			    gauges, "pipe" for example. LIMIT is the user's share: of flows half of
 *			    the table, of objects as many as leave that many entries free; root may
 *			    use all. LOST is, of objects, how many exist
 *			    and are not followed, for want of room: while there are any the gauges
 *			    are unknown. For flows it is the number of evicted flows. Without UID
 *			    it is the sum of what the reader may not see: all but its own (by its
 *			    real user), unless it has CAP_SYS_PTRACE in the initial user
 *			    namespace; and of users for whom there was no entry.
 *			->  NEXT u32
 *			    there was not room for all: ask again, with START. Sums may come
 *			    several times: add them up.
 *
 * A dump takes as many messages as it needs, each of them whole, and goes on
 * where the last one ended; each message is one row, signal, hook or task. Read it
 * with a buffer of 32 KiB or more. A dump of BLOCKED, FLOW or SHARE ends where such a buffer is
 * full, with NEXT: a task that wakes and falls asleep again between two of them
 * may come twice; SINCE_NS tells which is the newer.
 *
 * Requests are held against a strict policy. An error carries a text
 * (NLMSGERR_ATTR_MSG) that says what was wrong:
 *
 *	ENOENT		no row of that name
 *	EINVAL		an attribute is missing, malformed, or not for this command
 *	ERANGE		a string is too long, no signal has that number, or no table of
 *			flows can have that size
 *	EOPNOTSUPP	no such command, or not in this form (do or dump); generic
 *			netlink itself says so, without a text
 *	EPERM		the module's proc_mode lets only those read who have
 *			CAP_SYS_ADMIN; or only those who have it make, or free, the table of
 *			flows, or learn of events
 *	ENODATA		there are no flows: FLOWS makes the table
 *	EALREADY	there is a table of flows, of another size: free it first
 *	ENOMEM		there is no memory for so many flows, or for the reply
 *	ENOBUFS		the socket has no room left for a dump: read first
 */
#ifndef _UAPI_IPCSTAT_H
#define _UAPI_IPCSTAT_H

#define IPCSTAT_GENL_NAME	"ipcstat"
#define IPCSTAT_GENL_VERSION	1

/* Longest name of a row, counter or limit, with its terminating NUL. */
#define IPCSTAT_NAME_MAX	32

enum ipcstat_cmd {
	IPCSTAT_CMD_UNSPEC,
	IPCSTAT_CMD_INFO,
	IPCSTAT_CMD_ROW,
	IPCSTAT_CMD_SIGNAL,
	IPCSTAT_CMD_HOOK,
	IPCSTAT_CMD_HIST,
	IPCSTAT_CMD_BLOCKED,
	IPCSTAT_CMD_FLOWS,
	IPCSTAT_CMD_FLOW,
	IPCSTAT_CMD_EVENTS,
	IPCSTAT_CMD_EVENT,
	IPCSTAT_CMD_SHARE,

	__IPCSTAT_CMD_MAX,
	IPCSTAT_CMD_MAX = __IPCSTAT_CMD_MAX - 1
};

/* Attributes of messages. */
enum ipcstat_attr {
	IPCSTAT_A_UNSPEC,
	IPCSTAT_A_PAD,
	IPCSTAT_A_VERSION,		/* string */
	IPCSTAT_A_SINCE,		/* u64, seconds */
	IPCSTAT_A_BACKEND,		/* string */
	IPCSTAT_A_HOOKS_ATTACHED,	/* u32 */
	IPCSTAT_A_HOOKS_ALL,		/* u32 */
	IPCSTAT_A_MISSED,		/* u64 */
	IPCSTAT_A_LIMIT,		/* nest of ipcstat_counter_attr, repeated */
	IPCSTAT_A_MECH,			/* string */
	IPCSTAT_A_COUNTER,		/* nest of ipcstat_counter_attr, repeated */
	IPCSTAT_A_SIGNAL,		/* u32 */
	IPCSTAT_A_HOOK,			/* nest of ipcstat_hook_attr */
	IPCSTAT_A_HIST,			/* nest of ipcstat_hist_attr, repeated */
	IPCSTAT_A_BLOCKED,		/* nest of ipcstat_blocked_attr */
	IPCSTAT_A_START,		/* u32 */
	IPCSTAT_A_NEXT,			/* u32 */
	IPCSTAT_A_HIDDEN,		/* u64 */
	IPCSTAT_A_MAX_FLOWS,		/* u32 */
	IPCSTAT_A_USED,			/* u32 */
	IPCSTAT_A_EVICTED,		/* u64 */
	IPCSTAT_A_FLOW,			/* nest of ipcstat_flow_attr */
	IPCSTAT_A_DIRECTION,		/* string */
	IPCSTAT_A_OTHER,		/* flag */
	IPCSTAT_A_PID,			/* u32 */
	IPCSTAT_A_ID,			/* u64 */
	IPCSTAT_A_BYTES,		/* u64 */
	IPCSTAT_A_MAX_EVENTS,		/* u32 */
	IPCSTAT_A_GROUP_STATE,		/* nest of ipcstat_group_attr, repeated */
	IPCSTAT_A_GROUP,		/* string */
	IPCSTAT_A_SEQ,			/* u64 */
	IPCSTAT_A_SUPPRESSED,		/* u64 */
	IPCSTAT_A_EVENT,		/* nest of ipcstat_event_attr */
	IPCSTAT_A_TOTAL,		/* nest of ipcstat_total_attr, repeated */
	IPCSTAT_A_QUOTA,		/* nest of ipcstat_counter_attr, repeated */
	IPCSTAT_A_SHARE,		/* nest of ipcstat_share_attr */

	__IPCSTAT_A_MAX,
	IPCSTAT_A_MAX = __IPCSTAT_A_MAX - 1
};

/* Attributes inside IPCSTAT_A_COUNTER, IPCSTAT_A_LIMIT and IPCSTAT_A_QUOTA. */
enum ipcstat_counter_attr {
	IPCSTAT_COUNTER_A_UNSPEC,
	IPCSTAT_COUNTER_A_PAD,
	IPCSTAT_COUNTER_A_NAME,		/* string */
	IPCSTAT_COUNTER_A_VALUE,	/* u64 */
	IPCSTAT_COUNTER_A_UNKNOWN,	/* flag */
	IPCSTAT_COUNTER_A_NONE,		/* flag */
	IPCSTAT_COUNTER_A_GAUGE,	/* flag */

	__IPCSTAT_COUNTER_A_MAX,
	IPCSTAT_COUNTER_A_MAX = __IPCSTAT_COUNTER_A_MAX - 1
};

/* Attributes inside IPCSTAT_A_HOOK. */
enum ipcstat_hook_attr {
	IPCSTAT_HOOK_A_UNSPEC,
	IPCSTAT_HOOK_A_PAD,
	IPCSTAT_HOOK_A_NAME,		/* string */
	IPCSTAT_HOOK_A_KIND,		/* string */
	IPCSTAT_HOOK_A_STATE,		/* string */
	IPCSTAT_HOOK_A_SYMBOL,		/* string */
	IPCSTAT_HOOK_A_REASON,		/* string */
	IPCSTAT_HOOK_A_MISSED,		/* u64 */
	IPCSTAT_HOOK_A_FEEDS,		/* string, repeated */
	IPCSTAT_HOOK_A_ARGS,		/* u32 */

	__IPCSTAT_HOOK_A_MAX,
	IPCSTAT_HOOK_A_MAX = __IPCSTAT_HOOK_A_MAX - 1
};

/* Attributes inside IPCSTAT_A_HIST. */
enum ipcstat_hist_attr {
	IPCSTAT_HIST_A_UNSPEC,
	IPCSTAT_HIST_A_PAD,
	IPCSTAT_HIST_A_NAME,		/* string */
	IPCSTAT_HIST_A_UNIT,		/* string */
	IPCSTAT_HIST_A_BUCKETS,		/* binary, u64 each */
	IPCSTAT_HIST_A_LONGEST,		/* u64 */
	IPCSTAT_HIST_A_UNKNOWN,		/* flag */
	IPCSTAT_HIST_A_NONE,		/* flag */

	__IPCSTAT_HIST_A_MAX,
	IPCSTAT_HIST_A_MAX = __IPCSTAT_HIST_A_MAX - 1
};

/* Attributes inside IPCSTAT_A_BLOCKED. */
enum ipcstat_blocked_attr {
	IPCSTAT_BLOCKED_A_UNSPEC,
	IPCSTAT_BLOCKED_A_PAD,
	IPCSTAT_BLOCKED_A_PID,		/* u32 */
	IPCSTAT_BLOCKED_A_TGID,		/* u32 */
	IPCSTAT_BLOCKED_A_COMM,		/* string */
	IPCSTAT_BLOCKED_A_MECH,		/* string */
	IPCSTAT_BLOCKED_A_DIRECTION,	/* string */
	IPCSTAT_BLOCKED_A_OBJECT,	/* string */
	IPCSTAT_BLOCKED_A_ID,		/* u64 */
	IPCSTAT_BLOCKED_A_SPACE,	/* u32 */
	IPCSTAT_BLOCKED_A_PART,		/* u32 */
	IPCSTAT_BLOCKED_A_SINCE_NS,	/* u64, CLOCK_MONOTONIC */
	IPCSTAT_BLOCKED_A_WAITED_NS,	/* u64 */
	IPCSTAT_BLOCKED_A_TIMEOUT,	/* flag */

	__IPCSTAT_BLOCKED_A_MAX,
	IPCSTAT_BLOCKED_A_MAX = __IPCSTAT_BLOCKED_A_MAX - 1
};

/* Attributes inside IPCSTAT_A_FLOW. */
enum ipcstat_flow_attr {
	IPCSTAT_FLOW_A_UNSPEC,
	IPCSTAT_FLOW_A_PAD,
	IPCSTAT_FLOW_A_MECH,		/* string */
	IPCSTAT_FLOW_A_DIRECTION,	/* string */
	IPCSTAT_FLOW_A_PID,		/* u32 */
	IPCSTAT_FLOW_A_COMM,		/* string */
	IPCSTAT_FLOW_A_EXITED,		/* flag */
	IPCSTAT_FLOW_A_START_NS,	/* u64, CLOCK_BOOTTIME */
	IPCSTAT_FLOW_A_UID,		/* u32 */
	IPCSTAT_FLOW_A_CGROUP,		/* u64 */
	IPCSTAT_FLOW_A_ID,		/* u64 */
	IPCSTAT_FLOW_A_SPACE,		/* u32 */
	IPCSTAT_FLOW_A_FILE,		/* u64 */
	IPCSTAT_FLOW_A_DEV,		/* u32 */
	IPCSTAT_FLOW_A_OFFSET,		/* u64 */
	IPCSTAT_FLOW_A_FIRST_NS,	/* u64, CLOCK_MONOTONIC */
	IPCSTAT_FLOW_A_LAST_NS,		/* u64, CLOCK_MONOTONIC */

	__IPCSTAT_FLOW_A_MAX,
	IPCSTAT_FLOW_A_MAX = __IPCSTAT_FLOW_A_MAX - 1
};

/* Attributes inside IPCSTAT_A_GROUP_STATE. */
enum ipcstat_group_attr {
	IPCSTAT_GROUP_A_UNSPEC,
	IPCSTAT_GROUP_A_PAD,
	IPCSTAT_GROUP_A_NAME,		/* string */
	IPCSTAT_GROUP_A_SENT,		/* u64 */
	IPCSTAT_GROUP_A_SUPPRESSED,	/* u64 */
	IPCSTAT_GROUP_A_WAIT_NS,	/* u64 */

	__IPCSTAT_GROUP_A_MAX,
	IPCSTAT_GROUP_A_MAX = __IPCSTAT_GROUP_A_MAX - 1
};

/* Attributes inside IPCSTAT_A_EVENT. */
enum ipcstat_event_attr {
	IPCSTAT_EVENT_A_UNSPEC,
	IPCSTAT_EVENT_A_PAD,
	IPCSTAT_EVENT_A_TIME_NS,	/* u64, CLOCK_MONOTONIC */
	IPCSTAT_EVENT_A_PID,		/* u32 */
	IPCSTAT_EVENT_A_COMM,		/* string */
	IPCSTAT_EVENT_A_UID,		/* u32 */
	IPCSTAT_EVENT_A_START_NS,	/* u64, CLOCK_BOOTTIME */
	IPCSTAT_EVENT_A_MECH,		/* string */
	IPCSTAT_EVENT_A_DIRECTION,	/* string */
	IPCSTAT_EVENT_A_OBJECT,		/* string */
	IPCSTAT_EVENT_A_ID,		/* u64 */
	IPCSTAT_EVENT_A_SPACE,		/* u32 */
	IPCSTAT_EVENT_A_PART,		/* u32 */
	IPCSTAT_EVENT_A_BYTES,		/* u64 */
	IPCSTAT_EVENT_A_MESSAGES,	/* u64 */
	IPCSTAT_EVENT_A_WAIT_NS,	/* u64 */
	IPCSTAT_EVENT_A_SIGNAL,		/* u32 */
	IPCSTAT_EVENT_A_INFO_ONLY,	/* flag */
	IPCSTAT_EVENT_A_PARTIAL,	/* flag */

	__IPCSTAT_EVENT_A_MAX,
	IPCSTAT_EVENT_A_MAX = __IPCSTAT_EVENT_A_MAX - 1
};

/* Attributes inside IPCSTAT_A_TOTAL. */
enum ipcstat_total_attr {
	IPCSTAT_TOTAL_A_UNSPEC,
	IPCSTAT_TOTAL_A_PAD,
	IPCSTAT_TOTAL_A_MECH,		/* string */
	IPCSTAT_TOTAL_A_COUNTER,	/* nest of ipcstat_counter_attr, repeated */

	__IPCSTAT_TOTAL_A_MAX,
	IPCSTAT_TOTAL_A_MAX = __IPCSTAT_TOTAL_A_MAX - 1
};

/* Attributes inside IPCSTAT_A_SHARE. */
enum ipcstat_share_attr {
	IPCSTAT_SHARE_A_UNSPEC,
	IPCSTAT_SHARE_A_PAD,
	IPCSTAT_SHARE_A_TABLE,		/* string */
	IPCSTAT_SHARE_A_UID,		/* u32 */
	IPCSTAT_SHARE_A_USED,		/* u32 */
	IPCSTAT_SHARE_A_LIMIT,		/* u32 */
	IPCSTAT_SHARE_A_LOST,		/* u64 */

	__IPCSTAT_SHARE_A_MAX,
	IPCSTAT_SHARE_A_MAX = __IPCSTAT_SHARE_A_MAX - 1
};

#endif /* _UAPI_IPCSTAT_H */
