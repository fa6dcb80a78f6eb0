/* SPDX-License-Identifier: GPL-2.0-only WITH Linux-syscall-note */
/*
 * ipcstat over generic netlink
 * ============================
 *
 * Family "ipcstat", version 1. It answers in every network namespace: the
 * numbers are those of the whole machine. Nothing here needs a privilege, and
 * nothing here changes anything. Numbers are in host byte order.
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
 *						 [REASON], MISSED, FEEDS ...}
 *			    one message a hook. KIND is "wrap", "probe", "entry" or
 *			    "tracepoint"; STATE is "attached", "unavailable" (then
 *			    REASON says why, and what the hook feeds is unknown) or
 *			    "absent" (this kernel has no such path: nothing to
 *			    count); SYMBOL is the kernel's function or tracepoint;
 *			    FEEDS names the rows.
 *
 * A dump takes as many messages as it needs, each of them whole, and goes on
 * where the last one ended; each message is one row, signal or hook. Read it with
 * a buffer of 32 KiB or more.
 *
 * Requests are held against a strict policy. An error carries a text
 * (NLMSGERR_ATTR_MSG) that says what was wrong:
 *
 *	ENOENT		no row of that name
 *	EINVAL		an attribute is missing, malformed, or not for this command
 *	ERANGE		a string is too long, or no signal has that number
 *	EOPNOTSUPP	no such command, or not in this form (do or dump); generic
 *			netlink itself says so, without a text
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

	__IPCSTAT_A_MAX,
	IPCSTAT_A_MAX = __IPCSTAT_A_MAX - 1
};

/* Attributes inside IPCSTAT_A_COUNTER and IPCSTAT_A_LIMIT. */
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

	__IPCSTAT_HOOK_A_MAX,
	IPCSTAT_HOOK_A_MAX = __IPCSTAT_HOOK_A_MAX - 1
};

#endif /* _UAPI_IPCSTAT_H */
