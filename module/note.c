// SPDX-License-Identifier: GPL-2.0-only
/*
 * Notes of tasks that wait: who sleeps in which mechanism, since when.
 *
 * A note is made when an operation is about to sleep (ipc_sleep()) and removed when it
 * has returned (ipc_woke()), by the task that it is about. In between the
 * scheduler tells when that task really leaves its CPU and when it runs again
 * (ipc_note_switch()). So all that writes a note happens one after the other, and a
 * slot is taken with one compare-and-swap, without a lock. Slots have a cache line
 * each: sleeping tasks do not disturb each other.
 *
 * IPC sleeps are interruptible; sleeps for a lock, for memory, or in most page
 * faults are not. That, and that a note is good for one sleep only where the
 * mechanism announces each, tells what is a wait.
 */
#include <linux/atomic.h>
#include <linux/hash.h>
#include <linux/log2.h>
#include <linux/mm.h>
#include <linux/sched.h>
#include <linux/sched/clock.h>
#include <linux/timekeeping.h>

#include "ipcstat.h"

#define IPC_NOTE_PROBES		64

/*
 * @since_ns: when it fell asleep; 0: it is awake
 * @wait_ns: its sleeps in this operation so far
 * @runq_ns: of these, the time that it was awake but no CPU ran it
 * @nvcsw: its voluntary switches when the note was made. Where there were more when an
 *	operation began, the note is of an earlier one, whose end was missed.
 * @dir: IPC_SEND or IPC_RECV
 * @armed: the next interruptible sleep is one in the mechanism
 * @once: and it alone is
 * @slept: there was one
 * @nr_home: number of notes whose search begins at this slot: where it is 0, as it is for
 *	nearly all tasks that are awake, there is nothing to search for
 */
struct ipc_note {
	struct task_struct *task;	/* NULL: free */
	struct ipc_row *row;
	u64 since_ns;
	u64 wait_ns;
	u64 runq_ns;
	unsigned long nvcsw;
	u8 dir;
	bool armed, once, slept;
	atomic_t nr_home;
} ____cacheline_aligned;

static struct ipc_note *notes __read_mostly;
static unsigned int note_bits __read_mostly;
static unsigned int note_shift __read_mostly;	/* 64 - note_bits: as hash_ptr() */

/* Sleeps that found no free note. */
atomic64_t ipc_lost_notes;

static struct ipc_note *ipc_note_at(unsigned int slot)
{
	return &notes[slot & ((1U << note_bits) - 1)];
}

static __always_inline u32 ipc_note_home(const struct task_struct *task)
{
	return (u64)task * GOLDEN_RATIO_64 >> note_shift;
}

/* Whether there may be a note of @task. */
static __always_inline bool ipc_note_likely(const struct task_struct *task)
{
	return unlikely(atomic_read(&notes[ipc_note_home(task)].nr_home));
}

static struct ipc_note *ipc_note_find(const struct task_struct *task)
{
	u32 home = ipc_note_home(task);
	unsigned int probe;

	if (likely(!atomic_read(&notes[home].nr_home)))
		return NULL;
	/* To the end: others come and go, so that counting theirs would not tell when to stop. */
	for (probe = 0; probe < IPC_NOTE_PROBES; probe++)
		if (READ_ONCE(ipc_note_at(home + probe)->task) == task)
			return ipc_note_at(home + probe);
	return NULL;
}

static struct ipc_note *ipc_note_new(void)
{
	u32 home = ipc_note_home(current);
	unsigned int probe;

	for (probe = 0; probe < IPC_NOTE_PROBES; probe++) {
		struct ipc_note *note = ipc_note_at(home + probe);

		if (!READ_ONCE(note->task) && !cmpxchg(&note->task, NULL, current)) {
			atomic_inc(&notes[home].nr_home);
			return note;
		}
	}
	return NULL;
}

static void ipc_note_free(struct ipc_note *note)
{
	atomic_dec(&notes[ipc_note_home(note->task)].nr_home);
	WRITE_ONCE(note->armed, false);
	/* The next owner's writes come after ours. */
	smp_store_release(&note->task, NULL);
}

static void ipc_note_count(const struct ipc_note *note)
{
	struct ipc_row *row = note->row;

	if (!note->slept)
		return;
	ipc_add(row, note->dir + IPC_D_WAITS, 1);
	ipc_add(row, note->dir + IPC_D_WAIT_NS, note->wait_ns);
	this_cpu_add(row->cells->runq_ns[note->dir == IPC_RECV], note->runq_ns);
}

static void ipc_note_arm(struct ipc_row *row, enum ipc_dir dir, bool once)
{
	struct ipc_note *note;

	/* Nobody would remove the note, or notice the sleep. */
	if (unlikely(row->lost & IPC_BIT(IPC_BLOCKED)))
		return;
	note = ipc_note_find(current);
	if (note && note->row == row && note->dir == dir)
		goto arm;
	if (note) {
		/* A splice waits at both ends, one after the other. */
		ipc_note_count(note);
	} else {
		note = ipc_note_new();
		if (!note) {
			atomic64_inc(&ipc_lost_notes);
			return;
		}
	}
	note->row = row;
	note->dir = dir;
	note->wait_ns = 0;
	note->runq_ns = 0;
	note->slept = false;
	note->nvcsw = current->nvcsw;
arm:
	note->once = once;
	WRITE_ONCE(note->armed, true);
}

void ipc_sleep(struct ipc_row *row, enum ipc_dir dir)
{
	ipc_note_arm(row, dir, true);
}

void ipc_sleep_often(struct ipc_row *row, enum ipc_dir dir)
{
	ipc_note_arm(row, dir, false);
}

void ipc_woke(const struct ipc_call *call)
{
	struct ipc_note *note;

	if (!ipc_note_likely(current))
		return;
	note = ipc_note_find(current);
	if (!note)
		return;
	if ((long)(note->nvcsw - call->nvcsw) >= 0)
		ipc_note_count(note);
	ipc_note_free(note);
}

void ipc_note_drop(void)
{
	struct ipc_note *note = ipc_note_find(current);

	if (unlikely(note))
		ipc_note_free(note);
}

/* ---- the scheduler's side: the run queue is locked, interrupts are off ---- */

static void ipc_note_out(struct ipc_note *note)
{
	note->since_ns = ktime_get_mono_fast_ns();
	note->slept = true;
	this_cpu_inc(*note->row->blocked);
}

static void ipc_note_in(struct ipc_note *note)
{
	u64 slept_ns = ktime_get_mono_fast_ns() - note->since_ns;
	u64 queued_ns = 0;

#ifdef CONFIG_SCHED_INFO
	/* On this run queue since then, by the clock of this CPU; see sched_info_enqueue(). */
	if (note->task->sched_info.last_queued)
		queued_ns = max_t(s64, 0, local_clock() - note->task->sched_info.last_queued);
#endif
	note->wait_ns += slept_ns;
	note->runq_ns += min(queued_ns, slept_ns);
	note->since_ns = 0;
	if (note->once)
		note->armed = false;
	this_cpu_dec(*note->row->blocked);
}

/*
 * A task that a signal has kept from sleeping is running again already (__schedule()),
 * whatever @prev_state says.
 */
static noinline void ipc_note_switch_slow(bool preempt, struct task_struct *prev,
					  struct task_struct *next, unsigned int prev_state)
{
	struct ipc_note *note;

	if (!preempt && prev_state & TASK_INTERRUPTIBLE) {
		note = ipc_note_find(prev);
		if (note && note->armed && READ_ONCE(prev->__state) != TASK_RUNNING)
			ipc_note_out(note);
	}
	note = ipc_note_find(next);
	if (note && note->since_ns)
		ipc_note_in(note);
}

/* Each switch of the machine comes here: as little as can be, and no stack frame. */
void ipc_note_switch(void *hook, bool preempt, struct task_struct *prev,
		     struct task_struct *next, unsigned int prev_state)
{
	if (ipc_note_likely(next) ||
	    (prev_state & TASK_INTERRUPTIBLE && ipc_note_likely(prev)))
		ipc_note_switch_slow(preempt, prev, next, prev_state);
}

/*
 * Four times as many notes as sleepers: searches stay short, and most tasks that are
 * awake find nothing to search.
 */
int ipc_notes_init(void)
{
	note_bits = order_base_2(4 * ipc_max_sleepers);
	note_shift = 64 - note_bits;
	notes = kvcalloc(1U << note_bits, sizeof(*notes), GFP_KERNEL);
	return notes ? 0 : -ENOMEM;
}

void ipc_notes_exit(void)
{
	kvfree(notes);
}
