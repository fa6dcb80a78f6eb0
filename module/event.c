// SPDX-License-Identifier: GPL-2.0-only
/*
 * Events: what has happened, for those who listen to a group of them.
 *
 * Handlers run in the middle of anything, under a signal's lock or in an interrupt: there
 * nothing can be sent. They put an event into a ring, if anybody listens and there have not
 * been too many in this second; a work item sends what is in it. What was too much is counted,
 * and told with the group's next event, or after a second without one.
 *
 * Nothing is sent before ipc_events_open() and after ipc_events_close(), which whoever sends
 * calls: it is there in between.
 */
#include <linux/bitops.h>
#include <linux/cred.h>
#include <linux/irq_work.h>
#include <linux/jiffies.h>
#include <linux/mm.h>
#include <linux/mutex.h>
#include <linux/sched.h>
#include <linux/sched/signal.h>
#include <linux/spinlock.h>
#include <linux/static_call.h>
#include <linux/timekeeping.h>
#include <linux/workqueue.h>

#include "event.h"
#include "flow.h"
#include "params.h"
#include "read.h"

#define EVENT_RING	1024
#define EVENT_SEEN	64

/*
 * @second: when the current one began, in jiffies
 * @nr: events in it
 * @untold: of those suppressed, what listeners do not know of yet
 */
struct event_group {
	unsigned long second;
	u32 nr;
	u64 untold;
	struct ipc_group_state state;
};

/* A queue that was found full, and when. */
struct event_seen {
	const struct ipc_row *row;
	u64 id;
	u32 space;
	unsigned long at;
};

static DEFINE_RAW_SPINLOCK(event_lock);
/* All of it under that lock. */
static struct ipc_event *ring;
static u32 ring_head, ring_tail;
static struct event_group groups[IPC_GROUPS];
static struct event_seen seen[EVENT_SEEN];

/* Held by who sends. */
static DEFINE_MUTEX(send_mutex);
static bool events_open;
/* The sink's send(): set before there are events, and not called after they are closed. */
static int (*send_event)(enum ipc_group group, const struct ipc_event *event,
			 const struct ipc_process_flows *flows, u64 seq, u64 suppressed);
static struct ipc_process_flows process_flows;

static void event_work(struct work_struct *work);
static DECLARE_DELAYED_WORK(event_dwork, event_work);

/* Not from a handler: it may hold locks that those of a work queue come before. */
static void event_irq_work(struct irq_work *work)
{
	mod_delayed_work(system_dfl_wq, &event_dwork, 0);
}

static struct irq_work event_iwork = IRQ_WORK_INIT(event_irq_work);

/* ---- who listens ---- */

u64 ipc_group_wait_ns(enum ipc_group group)
{
	u64 wait_ns = NSEC_PER_MSEC;

	if (group < IPC_G_WAIT)
		return 0;
	for (; group > IPC_G_WAIT; group--)
		wait_ns *= 10;
	return wait_ns;
}

typedef bool has_listeners_t(enum ipc_group group);

/* As who sends says, without what an indirect call costs; while nothing is sent: nobody. */
DEFINE_STATIC_CALL_RET0(ipc_event_has_listeners, has_listeners_t);

bool ipc_listened(enum ipc_group group)
{
	return static_call(ipc_event_has_listeners)(group);
}

static u32 event_listened(const struct ipc_event *event)
{
	unsigned int group = event->group;
	u32 listened = 0;

	if (group != IPC_G_WAIT)
		return ipc_listened(group) ? BIT(group) : 0;
	for (; group < IPC_GROUPS && event->wait_ns >= ipc_group_wait_ns(group); group++)
		if (ipc_listened(group))
			listened |= BIT(group);
	return listened;
}

/* ---- the ring: with event_lock held ---- */

static void event_suppress(u32 listened)
{
	unsigned long bits = listened;
	unsigned int nr;

	for_each_set_bit(nr, &bits, IPC_GROUPS) {
		groups[nr].untold++;
		groups[nr].state.suppressed++;
	}
}

/* Of these groups, the ones that have not had too many in this second. */
static u32 event_admit(u32 listened)
{
	unsigned long bits = listened;
	u32 admitted = 0;
	unsigned int nr;

	for_each_set_bit(nr, &bits, IPC_GROUPS) {
		struct event_group *group = &groups[nr];

		if (time_after_eq(jiffies, group->second + HZ)) {
			group->second = jiffies;
			group->nr = 0;
		}
		if (group->nr < ipc_max_events && ring_head - ring_tail < EVENT_RING) {
			group->nr++;
			admitted |= BIT(nr);
		}
	}
	return admitted;
}

/*
 * A queue that is full is so for each of its senders, again and again: once a second. Of those
 * without a name it is the sender.
 */
static bool event_seen(const struct ipc_event *event)
{
	const struct ipc_object *object = &event->object;
	u64 id = object->kind ? object->id : event->tgid;
	struct event_seen *last = &seen[id % EVENT_SEEN];

	if (event->group != IPC_G_LIMIT)
		return false;
	if (last->row == event->row && last->id == id && last->space == object->space &&
	    time_before(jiffies, last->at + HZ))
		return true;
	*last = (struct event_seen){ event->row, id, object->space, jiffies };
	return false;
}

static void event_push(struct ipc_event *event, u32 listened)
{
	unsigned long flags;

	event->time_ns = ktime_get_mono_fast_ns();
	raw_spin_lock_irqsave(&event_lock, flags);
	event->groups = event_seen(event) ? 0 : event_admit(listened);
	event_suppress(listened & ~event->groups);
	if (event->groups)
		ring[ring_head++ % EVENT_RING] = *event;
	raw_spin_unlock_irqrestore(&event_lock, flags);
	irq_work_queue(&event_iwork);
}

static bool event_pop(struct ipc_event *event)
{
	bool found;

	raw_spin_lock_irq(&event_lock);
	found = ring_head != ring_tail;
	if (found)
		*event = ring[ring_tail++ % EVENT_RING];
	raw_spin_unlock_irq(&event_lock);
	return found;
}

/* ---- what has happened ---- */

/* An interrupt is nobody's. */
static void event_of(struct ipc_event *event, const struct task_struct *task)
{
	if (!task)
		return;
	event->tgid = task->tgid;
	event->start = task->group_leader->start_boottime;
	event->euid = ipc_task_euid(task);
	/* Without its lock: a name that changes just now may be half of either. */
	data_race(memcpy(event->comm, task->comm, sizeof(event->comm)));
}

static const struct task_struct *event_task(void)
{
	return in_task() ? current : NULL;
}

/* Numbers alone: what it points to may be gone when the event is sent. */
static struct ipc_object event_object(const struct ipc_object *object)
{
	return (struct ipc_object){
		.kind = object->kind, .id = object->id, .space = object->space,
		.part = object->part,
	};
}

static noinline void event_here(struct ipc_event *event, const struct ipc_object *object)
{
	u32 listened = event_listened(event);

	if (!listened)
		return;
	event->object = event_object(object);
	event_of(event, event_task());
	event_push(event, listened);
}

void ipc_event_lost(struct ipc_row *row, const struct ipc_object *object, u64 bytes, u64 messages)
{
	struct ipc_event event = {
		.group = IPC_G_LOST, .row = row, .bytes = bytes, .messages = messages,
	};

	if (bytes || messages)
		event_here(&event, object);
}

void ipc_event_limit(struct ipc_row *row, const struct ipc_object *object)
{
	struct ipc_event event = { .group = IPC_G_LIMIT, .row = row, .dir = IPC_SEND };

	event_here(&event, object);
}

void ipc_event_wait(struct ipc_row *row, enum ipc_dir dir, const struct ipc_object *object,
		    u64 wait_ns)
{
	struct ipc_event event = {
		.group = IPC_G_WAIT, .row = row, .dir = dir, .wait_ns = wait_ns,
	};

	event_here(&event, object);
}

void ipc_event_signal(struct ipc_row *row, const struct task_struct *task, int sig, bool info_only)
{
	const struct ipc_object object = { .kind = "process", .id = task->tgid, .part = -1 };
	struct ipc_event event = {
		.group = IPC_G_SIGNAL, .row = row, .dir = IPC_SEND, .sig = sig,
		.info_only = info_only,
	};

	event_here(&event, &object);
}

/* It has ended, and has nothing left but its name. */
void ipc_event_exit(const struct task_struct *task)
{
	struct ipc_event event = { .group = IPC_G_EXIT };
	u32 listened = event_listened(&event);

	if (!listened)
		return;
	event_of(&event, task);
	event_push(&event, listened);
}

/* ---- sending: with send_mutex held ---- */

/* One message to a group, of @event, or of what was suppressed alone. */
static void event_send_to(unsigned int nr, const struct ipc_event *event,
			  const struct ipc_process_flows *flows)
{
	struct event_group *group = &groups[nr];
	struct ipc_group_state state;
	u64 untold;

	raw_spin_lock_irq(&event_lock);
	untold = group->untold;
	group->untold = 0;
	group->state.sent++;
	state = group->state;
	raw_spin_unlock_irq(&event_lock);
	if (!send_event(nr, event, flows, state.sent, untold))
		return;
	/* The listeners see a gap behind what they had last, which is this one. */
	raw_spin_lock_irq(&event_lock);
	group->untold += untold;
	raw_spin_unlock_irq(&event_lock);
}

static void event_send(const struct ipc_event *event)
{
	const struct ipc_process_flows *flows = NULL;
	unsigned long bits = event->groups;
	unsigned int nr;

	if (event->group == IPC_G_EXIT) {
		if (!ipc_flows_of(&process_flows, event->tgid, event->start))
			return;
		flows = &process_flows;
	}
	for_each_set_bit(nr, &bits, IPC_GROUPS)
		event_send_to(nr, event, flows);
}

/* What was suppressed in seconds that are over. True: there is more, in this one. */
static bool event_send_untold(void)
{
	bool more = false, over, any;
	unsigned int nr;

	for (nr = 0; nr < IPC_GROUPS; nr++) {
		raw_spin_lock_irq(&event_lock);
		any = groups[nr].untold;
		over = time_after_eq(jiffies, groups[nr].second + HZ);
		raw_spin_unlock_irq(&event_lock);
		if (any && over)
			event_send_to(nr, NULL, NULL);
		more |= any && !over;
	}
	return more;
}

static void event_work(struct work_struct *work)
{
	struct ipc_event event;
	bool more = false;

	mutex_lock(&send_mutex);
	while (READ_ONCE(events_open) && event_pop(&event)) {
		event_send(&event);
		cond_resched();
	}
	if (READ_ONCE(events_open))
		more = event_send_untold();
	mutex_unlock(&send_mutex);
	if (more)
		mod_delayed_work(system_dfl_wq, &event_dwork, HZ);
}

void ipc_group_state(enum ipc_group group, struct ipc_group_state *state)
{
	raw_spin_lock_irq(&event_lock);
	*state = groups[group].state;
	raw_spin_unlock_irq(&event_lock);
}

/* ---- start and stop ---- */

int ipc_events_init(void)
{
	ring = kvcalloc(EVENT_RING, sizeof(*ring), GFP_KERNEL);
	return ring ? 0 : -ENOMEM;
}

void ipc_events_open(const struct ipc_event_sink *sink)
{
	send_event = sink->send;
	WRITE_ONCE(events_open, true);
	/* The last: from here on there are events, and event_work() runs. */
	static_call_update(ipc_event_has_listeners, sink->has_listeners);
}

/*
 * What is still in the ring stays there. Not with the mutex: who sends holds it as long as
 * events come. It is waited for, for the last one.
 */
void ipc_events_close(void)
{
	static_call_update(ipc_event_has_listeners, (void *)&__static_call_return0);
	WRITE_ONCE(events_open, false);
	mutex_lock(&send_mutex);
	mutex_unlock(&send_mutex);
}

/* When no handler runs any more. */
void ipc_events_exit(void)
{
	irq_work_sync(&event_iwork);
	cancel_delayed_work_sync(&event_dwork);
	kvfree(ring);
}
