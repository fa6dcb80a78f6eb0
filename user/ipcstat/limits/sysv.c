// SPDX-License-Identifier: GPL-2.0-only
/* System V IPC, of our IPC namespace: the IPC_INFO, ..._INFO and ..._STAT_ANY of msgctl(2), ... */
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/ipc.h>
#include <sys/msg.h>
#include <sys/sem.h>
#include <sys/shm.h>

#include "common/cli.h"
#include "read.h"

/* The kernel's own defaults of SHMMAX and SHMALL, which are none: see shmget(2). */
#define SHM_NO_LIMIT (ULONG_MAX - (1UL << 24))

static struct amount amount_if(bool known, uint64_t value)
{
	return known ? amount_of(value) : (struct amount){ 0 };
}

/* Another one of the mechanism: the rest is as in limit, and its note goes with this one. */
static void add(struct limits *limits, struct limit *limit, const char *name, const char *unit,
		struct amount use, struct amount max)
{
	limit->name = name;
	limit->unit = unit;
	limit->use = use;
	limit->max = max;
	limits_add(limits, limit);
	limit->change = limit->note = NULL;
}

/* Nothing has this index, or not any more. */
static bool is_gone(void)
{
	return errno == EINVAL || errno == EIDRM;
}

/* ---- messages ---- */

/* By its own limit, which is MSGMNB when it is made; msgctl(2) can set another one. */
static void find_fullest(int last, struct limit *limit)
{
	double most = -1;
	struct msqid_ds ds;

	limit->use = amount_of(0);
	for (int i = 0; i <= last; i++) {
		int id = msgctl(i, MSG_STAT_ANY, &ds);
		double part;

		if (id < 0 && is_gone())
			continue;
		if (id < 0) {
			limit->use = (struct amount){ 0 };
			return;
		}
		part = (double)ds.__msg_cbytes / (double)(ds.msg_qbytes ? ds.msg_qbytes : 1);
		if (part <= most)
			continue;
		most = part;
		limit->use = amount_of(ds.__msg_cbytes);
		limit->max = amount_of(ds.msg_qbytes);
		free(limit->note);
		limit->note = format("for new queues; the fullest is msg %d", id);
	}
}

void limits_sysv_msg(struct limits *limits)
{
	struct msginfo max = { 0 }, now = { 0 };
	bool known = msgctl(0, IPC_INFO, (struct msqid_ds *)&max) >= 0;
	int last = known ? msgctl(0, MSG_INFO, (struct msqid_ds *)&now) : -1;
	struct limit limit = { .mech = "sysv_msg", .scope = "ipc-ns", .sysctl = "kernel.msgmni" };

	add(limits, &limit, "MSGMNI", "queues", amount_if(last >= 0, (uint64_t)now.msgpool),
	    amount_if(known, (uint64_t)max.msgmni));

	limit.scope = "object";
	limit.sysctl = "kernel.msgmnb";
	limit.use = (struct amount){ 0 };
	limit.max = amount_if(known, (uint64_t)max.msgmnb);
	if (last >= 0)
		find_fullest(last, &limit);
	add(limits, &limit, "MSGMNB", "bytes", limit.use, limit.max);

	limit.sysctl = "kernel.msgmax";
	add(limits, &limit, "MSGMAX", "bytes", (struct amount){ .kind = AMOUNT_NONE },
	    amount_if(known, (uint64_t)max.msgmax));
}

/* ---- semaphores ---- */

static struct amount largest_set(int last)
{
	uint64_t most = 0;
	struct semid_ds ds;

	for (int i = 0; i <= last; i++) {
		if (semctl(i, 0, SEM_STAT_ANY, &ds) >= 0)
			most = ds.sem_nsems > most ? ds.sem_nsems : most;
		else if (!is_gone())
			return (struct amount){ 0 };
	}
	return amount_if(last >= 0, most);
}

/* sysctl kernel.sem has four numbers: SEMMSL, SEMMNS, SEMOPM, SEMMNI. */
void limits_sysv_sem(struct limits *limits)
{
	struct seminfo max = { 0 }, now = { 0 };
	bool known = semctl(0, 0, IPC_INFO, &max) >= 0;
	int last = known ? semctl(0, 0, SEM_INFO, &now) : -1;
	int msl = max.semmsl, mns = max.semmns, opm = max.semopm, mni = max.semmni;
	struct limit limit = { .mech = "sysv_sem", .scope = "ipc-ns", .sysctl = "kernel.sem" };

	limit.change = format("sysctl kernel.sem=\"%d %d %d N\"", msl, mns, opm);
	add(limits, &limit, "SEMMNI", "sets", amount_if(last >= 0, (uint64_t)now.semusz),
	    amount_if(known, (uint64_t)mni));
	limit.change = format("sysctl kernel.sem=\"%d N %d %d\"", msl, opm, mni);
	add(limits, &limit, "SEMMNS", "semaphores", amount_if(last >= 0, (uint64_t)now.semaem),
	    amount_if(known, (uint64_t)mns));

	limit.scope = "object";
	limit.change = format("sysctl kernel.sem=\"N %d %d %d\"", mns, opm, mni);
	add(limits, &limit, "SEMMSL", "semaphores", largest_set(last),
	    amount_if(known, (uint64_t)msl));
	limit.change = format("sysctl kernel.sem=\"%d %d N %d\"", msl, mns, mni);
	add(limits, &limit, "SEMOPM", "operations", (struct amount){ .kind = AMOUNT_NONE },
	    amount_if(known, (uint64_t)opm));
}

/* ---- shared memory ---- */

static struct amount largest_segment(int last)
{
	uint64_t most = 0;
	struct shmid_ds ds;

	for (int i = 0; i <= last; i++) {
		if (shmctl(i, SHM_STAT_ANY, &ds) >= 0)
			most = ds.shm_segsz > most ? ds.shm_segsz : most;
		else if (!is_gone())
			return (struct amount){ 0 };
	}
	return amount_if(last >= 0, most);
}

static struct amount shm_limit(bool known, uint64_t value)
{
	if (known && value >= SHM_NO_LIMIT)
		return (struct amount){ .kind = AMOUNT_UNLIMITED };
	return amount_if(known, value);
}

void limits_sysv_shm(struct limits *limits)
{
	struct shminfo max = { 0 };
	struct shm_info now = { 0 };
	bool known = shmctl(0, IPC_INFO, (struct shmid_ds *)&max) >= 0;
	int last = known ? shmctl(0, SHM_INFO, (struct shmid_ds *)&now) : -1;
	struct limit limit = { .mech = "sysv_shm", .scope = "ipc-ns", .sysctl = "kernel.shmmni" };

	add(limits, &limit, "SHMMNI", "segments", amount_if(last >= 0, (uint64_t)now.used_ids),
	    amount_if(known, max.shmmni));
	limit.sysctl = "kernel.shmall";
	add(limits, &limit, "SHMALL", "pages", amount_if(last >= 0, now.shm_tot),
	    shm_limit(known, max.shmall));
	limit.scope = "object";
	limit.sysctl = "kernel.shmmax";
	add(limits, &limit, "SHMMAX", "bytes", largest_segment(last), shm_limit(known, max.shmmax));
}
