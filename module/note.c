// SPDX-License-Identifier: GPL-2.0-only
/*
 * Notes of sleeping tasks: who sleeps in which mechanism, since when.
 *
 * A note is written by a task that is about to sleep and removed by the same task
 * when its operation has returned. So each note has one writer, and a slot is
 * taken with one compare-and-swap, without a lock. Slots have a cache line each:
 * sleeping tasks do not disturb each other.
 */
#include <linux/atomic.h>
#include <linux/hash.h>
#include <linux/log2.h>
#include <linux/mm.h>
#include <linux/timekeeping.h>

#include "ipcstat.h"

#define IPC_NOTE_PROBES		64

/*
 * @nvcsw: the task's voluntary switches before the sleep. Where they have not moved
 *	since, it was woken before it slept; where there were more when an operation
 *	began, the note is of an earlier one.
 * @nr_home: number of notes whose search begins at this slot: where it is 0, as it is for
 *	nearly all tasks that are awake, there is nothing to search for
 */
struct ipc_note {
	struct task_struct *task;	/* NULL: free */
	struct ipc_row *row;
	u64 since_ns;
	unsigned long nvcsw;
	atomic_t nr_home;
} ____cacheline_aligned;

static struct ipc_note *notes;
static unsigned int note_bits;

/* Sleeps that found no free note. */
atomic64_t ipc_lost_notes;

static struct ipc_note *ipc_note_at(unsigned int probe)
{
	return &notes[(hash_ptr(current, note_bits) + probe) & ((1U << note_bits) - 1)];
}

static struct ipc_note *ipc_note_find(void)
{
	unsigned int probe;

	if (likely(!atomic_read(&ipc_note_at(0)->nr_home)))
		return NULL;
	for (probe = 0; probe < IPC_NOTE_PROBES; probe++)
		if (READ_ONCE(ipc_note_at(probe)->task) == current)
			return ipc_note_at(probe);
	return NULL;
}

void ipc_sleep(struct ipc_row *row)
{
	struct ipc_note *note;
	unsigned int probe;

	/* Nobody would remove the note. */
	if (unlikely(row->lost & IPC_BIT(IPC_BLOCKED)))
		return;
	note = ipc_note_find();
	if (note) {
		if (likely(note->row == row))
			return;
		/* The end of that operation was missed. */
		this_cpu_dec(*note->row->blocked);
		goto fill;
	}
	for (probe = 0; probe < IPC_NOTE_PROBES; probe++) {
		note = ipc_note_at(probe);
		if (!READ_ONCE(note->task) && !cmpxchg(&note->task, NULL, current)) {
			atomic_inc(&ipc_note_at(0)->nr_home);
			goto fill;
		}
	}
	atomic64_inc(&ipc_lost_notes);
	return;
fill:
	note->row = row;
	note->nvcsw = current->nvcsw;
	note->since_ns = ktime_get_ns();
	this_cpu_inc(*row->blocked);
}

static void ipc_note_free(struct ipc_note *note)
{
	this_cpu_dec(*note->row->blocked);
	atomic_dec(&ipc_note_at(0)->nr_home);
	/* The next owner's writes come after our reads. */
	smp_store_release(&note->task, NULL);
}

void ipc_woke(struct ipc_row *row, enum ipc_dir dir, const struct ipc_call *call)
{
	struct ipc_note *note = ipc_note_find();

	if (!note)
		return;
	if (likely(note->row == row && note->nvcsw != current->nvcsw &&
		   (long)(note->nvcsw - call->nvcsw) >= 0)) {
		ipc_add(row, dir + IPC_D_WAITS, 1);
		ipc_add(row, dir + IPC_D_WAIT_NS, ktime_get_ns() - note->since_ns);
	}
	ipc_note_free(note);
}

void ipc_note_drop(void)
{
	struct ipc_note *note = ipc_note_find();

	if (unlikely(note))
		ipc_note_free(note);
}

/* Twice as many notes as sleepers: searches stay short. */
int ipc_notes_init(void)
{
	note_bits = order_base_2(2 * ipc_max_sleepers);
	notes = kvcalloc(1U << note_bits, sizeof(*notes), GFP_KERNEL);
	return notes ? 0 : -ENOMEM;
}

void ipc_notes_exit(void)
{
	kvfree(notes);
}
