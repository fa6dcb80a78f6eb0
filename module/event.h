/* SPDX-License-Identifier: GPL-2.0-only */
/* Events: told to those who listen (event.c); little is paid where nobody does. */
#ifndef _IPCSTAT_EVENT_H
#define _IPCSTAT_EVENT_H

#include <linux/sched.h>
#include <linux/types.h>
#include <linux/uidgid.h>

#include "row.h"
#include "sleep.h"

struct ipc_process_flows;

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
 *	process, with the number of suppressed events. May sleep. Return: 0, also where a listener had
 *	no room; a negative errno if there is no message.
 */
struct ipc_event_sink {
	bool (*has_listeners)(enum ipc_group group);
	int (*send)(enum ipc_group group, const struct ipc_event *event,
		    const struct ipc_process_flows *flows, u64 seq, u64 suppressed);
};

/* From here on @sink is called, until ipc_events_close() returns. */
void ipc_events_open(const struct ipc_event_sink *sink);
/* Events that are not sent yet are not sent any more. May sleep. */
void ipc_events_close(void);

/* Whether anybody listens. */
bool ipc_listened(enum ipc_group group);
/* ---- what has happened: all of these from any context but an NMI ---- */

/* An object goes, with @bytes in it, in @messages (0 in a stream). No event if it is empty. */
void ipc_event_lost(struct ipc_row *row, const struct ipc_object *object, u64 bytes, u64 messages);
/* A sender has found no room in @object. */
void ipc_event_limit(struct ipc_row *row, const struct ipc_object *object);
/* The current task has waited. */
void ipc_event_wait(struct ipc_row *row, enum ipc_dir dir, const struct ipc_object *object,
		    u64 wait_ns);
/* A process has ended. */
void ipc_event_exit(const struct task_struct *task);
/* Signal @sig for @task found no room; @info_only: it came through, without its siginfo. */
void ipc_event_signal(struct ipc_row *row, const struct task_struct *task, int sig, bool info_only);

/* ---- start and stop, in the order of main.c: ipc_events_open() comes in between ---- */

int ipc_events_init(void);
void ipc_events_exit(void);

#endif /* _IPCSTAT_EVENT_H */
