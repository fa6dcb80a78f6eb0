// SPDX-License-Identifier: GPL-2.0-only
/*
 * Notes of tasks that wait: who sleeps in which mechanism, at what, since when.
 *
 * A note is made when an operation is about to sleep (ipc_sleep()) and removed when it
 * has returned (ipc_woke()), by the task that it is about. It holds a preemption
 * notifier of that task: in between the scheduler tells when the task leaves its CPU and
 * when it runs again, and nothing is paid for tasks without a note. All that writes a
 * note happens in its task, one after the other.
 *
 * IPC sleeps are interruptible; sleeps for a lock, for memory, or in most page
 * faults are not. That, and that a note is good for one sleep only where the
 * mechanism announces each, tells what is a wait.
 *
 * An operation that was under way when the module was loaded may announce a sleep, but
 * its end is not seen. Its note stays: the system call tells that later sleeps are not
 * its own, and the count of voluntary switches that they belong to a later operation.
 *
 * The notifier is on a list in the task: a note must not outlive its task, nor a
 * linked note this module. A task that ends drops its note (mech/shared/task.c), and no note is
 * made before that probe is attached. The probe comes once, in the middle of do_exit(); what
 * the task closes, flushes and sends after that makes no note: PF_EXITING is set before the
 * probe, and stays. In the end ipc_notes_close() takes the notes of tasks that are still
 * asleep off their lists while no task runs.
 */
#include <linux/atomic.h>
#include <linux/mm.h>
#include <linux/percpu.h>
#include <linux/preempt.h>
#include <linux/rcupdate.h>
#include <linux/sched.h>
#include <linux/sched/task.h>
#include <linux/stop_machine.h>
#include <linux/timekeeping.h>

#include "event.h"
#include "flow.h"
#include "params.h"
#include "read.h"
#include "sleep.h"
#include "trace.h"

#ifdef CONFIG_PREEMPT_NOTIFIERS

/*
 * @task: whose it is; NULL: nobody's
 * @first_ns: when the operation fell asleep for the first time
 * @since_ns: when it fell asleep; 0: it is awake
 * @wait_ns: its sleeps in this operation so far
 * @runq_ns: of these, the time that it was awake but no CPU ran it
 * @last_ns, @last_runq_ns: the same of the last sleep
 * @run_delay: the scheduler's sum of that when it fell asleep
 * @nvcsw: its voluntary switches before the first sleep. Where there were more when an
 *	operation began, that sleep was in an earlier one, whose end was missed.
 * @last_nvcsw: the same after the last sleep
 * @key: the system call
 * @next: of the free ones, by number plus one
 * @dir: IPC_SEND or IPC_RECV
 * @armed: the next interruptible sleep is one in the mechanism
 * @once: and it alone is
 * @slept: there was one
 */
struct ipc_note {
	struct preempt_notifier notifier;
	struct task_struct *task;
	struct ipc_row *row;
	struct ipc_object object;
	u64 first_ns;
	u64 since_ns;
	u64 wait_ns;
	u64 runq_ns;
	u64 last_ns;
	u64 last_runq_ns;
	u64 run_delay;
	unsigned long nvcsw, last_nvcsw;
	u64 key;
	u32 next;
	u8 dir;
	bool armed, once, slept;
} ____cacheline_aligned;

static struct ipc_note *notes __read_mostly;
static unsigned int nr_notes __read_mostly;
static bool notes_open __read_mostly;

/* The free notes: the number of the first plus one, and above it a count against ABA. */
static atomic64_t free_notes;
/* And one for each CPU, so that tasks which sleep and wake often share no cache line. */
static DEFINE_PER_CPU(struct ipc_note *, spare_note);

static s64 note_head(u64 old, u32 first)
{
	return ((old >> 32) + 1) << 32 | first;
}

static struct ipc_note *note_pop(void)
{
	s64 head = atomic64_read(&free_notes);
	struct ipc_note *note;

	do {
		if (!(u32)head)
			return NULL;
		note = &notes[(u32)head - 1];
	} while (!atomic64_try_cmpxchg(&free_notes, &head,
				       note_head(head, READ_ONCE(note->next))));
	return note;
}

static void note_push(struct ipc_note *note)
{
	s64 head = atomic64_read(&free_notes);

	do {
		WRITE_ONCE(note->next, (u32)head);
	} while (!atomic64_try_cmpxchg(&free_notes, &head,
				       note_head(head, note - notes + 1)));
}

static struct preempt_ops note_ops;

/* The current task's, or NULL. */
static struct ipc_note *note_find(void)
{
	struct preempt_notifier *notifier;

	hlist_for_each_entry(notifier, &current->preempt_notifiers, link)
		if (notifier->ops == &note_ops)
			return container_of(notifier, struct ipc_note, notifier);
	return NULL;
}

static struct ipc_note *note_new(void)
{
	struct ipc_note *note = this_cpu_xchg(spare_note, NULL) ?: note_pop();

	if (unlikely(!note)) {
		atomic64_inc(&ipc_missed);
		return NULL;
	}
	WRITE_ONCE(note->task, current);
	preempt_notifier_register(&note->notifier);
	return note;
}

static void note_free(struct ipc_note *note)
{
	preempt_notifier_unregister(&note->notifier);
	note->armed = false;
	/* Before another task writes it: see ipc_note_sleeper(). */
	smp_store_release(&note->task, NULL);
	if (this_cpu_cmpxchg(spare_note, NULL, note))
		note_push(note);
}

static void note_count(const struct ipc_note *note)
{
	struct ipc_row *row = note->row;

	if (!note->slept)
		return;
	ipc_waited(row, note->dir, note->wait_ns, note->runq_ns);
	trace_ipcstat_wait(row, note->dir, &note->object, note->wait_ns, note->runq_ns);
	if (ipc_flows())
		ipc_flow_wait(row, note->dir, &note->object, note->wait_ns);
	if (note->wait_ns >= NSEC_PER_MSEC)
		ipc_event_wait(row, note->dir, &note->object, note->wait_ns);
}

static void note_out(struct preempt_notifier *notifier, struct task_struct *next);

static void note_arm(struct ipc_row *row, enum ipc_dir dir, const struct ipc_object *object,
		     bool once)
{
	u64 key = ipc_syscall_key();
	struct ipc_note *note;

	/* Nothing would remove the note, or notice the sleep. */
	if (unlikely(!READ_ONCE(notes_open) || current->flags & PF_EXITING ||
		     row->lost & IPC_BIT(IPC_BLOCKED)))
		return;
	note = note_find();
	if (note && note->slept && note->row == row && note->dir == dir && note->key == key)
		goto arm;
	if (!note)
		note = note_new();
	else if (note->key == key && !ipc_falls_asleep())
		/* A splice waits at both ends, one after the other. Not counted by the scheduler. */
		note_count(note);
	if (!note)
		return;
	if (unlikely(note->since_ns)) {
		/* The scheduler has come to an older sleep's note before: it is none. */
		this_cpu_dec(*note->row->blocked);
		WRITE_ONCE(note->since_ns, 0);
	}
	smp_wmb();	/* it is awake: see ipc_note_sleeper() */
	note->row = row;
	note->dir = dir;
	note->object = *object;
	note->wait_ns = 0;
	note->runq_ns = 0;
	note->slept = false;
	note->nvcsw = current->nvcsw;
	note->key = key;
arm:
	note->once = once;
	/* Where it is preempted the scheduler looks at it. */
	WRITE_ONCE(note->armed, true);
	/*
	 * In the scheduler already, which comes to a new note, at the head of its list, only the
	 * next time. To an old one it may still come: note_out() does nothing then.
	 */
	if (unlikely(ipc_falls_asleep()))
		note_out(&note->notifier, NULL);
}

void ipc_sleep(struct ipc_row *row, enum ipc_dir dir, const struct ipc_object *object)
{
	note_arm(row, dir, object, true);
}

void ipc_sleep_often(struct ipc_row *row, enum ipc_dir dir, const struct ipc_object *object)
{
	note_arm(row, dir, object, false);
}

bool ipc_sleep_again(const void *at, enum ipc_dir dir)
{
	struct ipc_note *note = note_find();

	if (!note || note->object.at != at || note->dir != dir ||
	    note->key != ipc_syscall_key())
		return false;
	WRITE_ONCE(note->armed, true);
	return true;
}

const struct inode *ipc_sleep_inode(void)
{
	const struct ipc_note *note = note_find();

	return note ? note->object.inode : NULL;
}

void ipc_woke_slow(const struct ipc_call *call)
{
	struct ipc_note *note = note_find();

	if (!note)
		return;
	if (unlikely((long)(note->nvcsw - call->nvcsw) < 0)) {
		note->slept = note->slept && (long)(note->last_nvcsw - call->nvcsw) > 0;
		note->wait_ns = note->last_ns;
		note->runq_ns = note->last_runq_ns;
	}
	note_count(note);
	note_free(note);
}

/* In a probe that may be preempted: ipc_notes_close() must not come in between. */
void ipc_note_drop(void)
{
	struct ipc_note *note;

	preempt_disable_notrace();
	note = note_find();
	if (unlikely(note))
		note_free(note);
	preempt_enable_notrace();
}

/* ---- the scheduler's side: for the current task, with preemption disabled ---- */

/*
 * The run queue is locked, but a task that is already off it may be being woken. Then it
 * is TASK_WAKING, and what it was has to be told from how it counts for the load.
 */
static void note_out(struct preempt_notifier *notifier, struct task_struct *next)
{
	struct ipc_note *note = container_of(notifier, struct ipc_note, notifier);
	unsigned int state = READ_ONCE(current->__state);
	u64 now;

	if (!READ_ONCE(note->armed) || note->since_ns || !ipc_falls_asleep())
		return;
	if (unlikely(note->key != ipc_syscall_key())) {
		note->armed = false;
		return;
	}
	if (!(state & TASK_INTERRUPTIBLE) &&
	    (state != TASK_WAKING || current->sched_contributes_to_load))
		return;
#ifdef CONFIG_SCHED_INFO
	note->run_delay = current->sched_info.run_delay;
#endif
	now = ktime_get_mono_fast_ns();
	if (!note->slept)
		note->first_ns = now;
	note->slept = true;
	note->last_nvcsw = current->nvcsw;
	/* After all that ipc_note_sleeper() reads. */
	smp_store_release(&note->since_ns, now);
	this_cpu_inc(*note->row->blocked);
}

static void note_in(struct preempt_notifier *notifier, int cpu)
{
	struct ipc_note *note = container_of(notifier, struct ipc_note, notifier);
	u64 slept_ns, queued_ns = 0;

	if (!note->since_ns)
		return;
	slept_ns = ktime_get_mono_fast_ns() - note->since_ns;
#ifdef CONFIG_SCHED_INFO
	queued_ns = current->sched_info.run_delay - note->run_delay;
#endif
	note->last_ns = slept_ns;
	note->last_runq_ns = min(queued_ns, slept_ns);
	note->wait_ns += note->last_ns;
	note->runq_ns += note->last_runq_ns;
	WRITE_ONCE(note->since_ns, 0);
	if (note->once)
		note->armed = false;
	this_cpu_dec(*note->row->blocked);
}

static struct preempt_ops note_ops = {
	.sched_in = note_in,
	.sched_out = note_out,
};

/* ---- for readers ---- */

unsigned int ipc_nr_notes(void)
{
	return nr_notes;
}

/*
 * What is copied is of one sleep if the note still says the same afterwards. A task drops
 * its note before it ends, so that one which has a note is not freed under RCU.
 */
bool ipc_note_sleeper(unsigned int nr, struct ipc_sleeper *sleeper)
{
	const struct ipc_note *note = &notes[nr];
	u64 since_ns = smp_load_acquire(&note->since_ns);	/* pairs with note_out() */
	bool same = false;

	if (!since_ns)
		return false;
	rcu_read_lock();
	sleeper->task = READ_ONCE(note->task);
	sleeper->row = note->row;
	sleeper->dir = note->dir;
	sleeper->object = note->object;
	sleeper->since_ns = note->first_ns;
	smp_rmb();	/* pairs with note_arm() */
	if (sleeper->task && READ_ONCE(note->since_ns) == since_ns)
		same = READ_ONCE(note->task) == sleeper->task;
	if (same)
		get_task_struct(sleeper->task);
	rcu_read_unlock();
	return same;
}

/* ---- start and stop ---- */

/* max_sleepers is for one mechanism; all together may have twice as many. */
int ipc_notes_init(void)
{
	unsigned int i;

	nr_notes = 2 * ipc_max_sleepers + num_possible_cpus();
	notes = kvcalloc(nr_notes, sizeof(*notes), GFP_KERNEL);
	if (!notes)
		return -ENOMEM;
	for (i = 0; i < nr_notes; i++) {
		preempt_notifier_init(&notes[i].notifier, &note_ops);
		note_push(&notes[i]);
	}
	preempt_notifier_inc();
	return 0;
}

void ipc_notes_open(void)
{
	WRITE_ONCE(notes_open, true);
}

/* On one CPU, while the others wait with interrupts disabled. */
static int notes_unlink(void *unused)
{
	struct ipc_note *note;

	for (note = notes; note < notes + nr_notes; note++)
		if (note->task)
			preempt_notifier_unregister(&note->notifier);
	return 0;
}

/*
 * From here on notifiers and their lists are in use with preemption disabled only, so none is while
 * the machine is stopped.
 */
void ipc_notes_close(void)
{
	WRITE_ONCE(notes_open, false);
	stop_machine(notes_unlink, NULL, NULL);
}

void ipc_notes_exit(void)
{
	preempt_notifier_dec();
	kvfree(notes);
}

#else /* !CONFIG_PREEMPT_NOTIFIERS: waits are unknown, see mech/shared/task.c */

void ipc_sleep(struct ipc_row *row, enum ipc_dir dir, const struct ipc_object *object)
{
}

void ipc_sleep_often(struct ipc_row *row, enum ipc_dir dir, const struct ipc_object *object)
{
}

bool ipc_sleep_again(const void *at, enum ipc_dir dir)
{
	return false;
}

const struct inode *ipc_sleep_inode(void)
{
	return NULL;
}

void ipc_woke_slow(const struct ipc_call *call)
{
}

void ipc_note_drop(void)
{
}

unsigned int ipc_nr_notes(void)
{
	return 0;
}

bool ipc_note_sleeper(unsigned int nr, struct ipc_sleeper *sleeper)
{
	return false;
}

int ipc_notes_init(void)
{
	return 0;
}

void ipc_notes_open(void)
{
}

void ipc_notes_close(void)
{
}

void ipc_notes_exit(void)
{
}

#endif /* CONFIG_PREEMPT_NOTIFIERS */
