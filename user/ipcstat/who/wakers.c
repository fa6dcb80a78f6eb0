// SPDX-License-Identifier: GPL-2.0-only
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ipc.h>
#include <sys/msg.h>
#include <sys/sem.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

#include "common/cli.h"
#include "holders.h"
#include "peers.h"
#include "wakers.h"

static bool is(const struct nl_sleeper *task, const char *object)
{
	return !strcmp(task->object, object);
}

/* An open file: it has an inode. */
static bool is_file(const struct nl_sleeper *task)
{
	return is(task, "pipe") || is(task, "fifo") || is(task, "mqueue");
}

static bool is_unix(const struct nl_sleeper *task)
{
	return !strncmp(task->mech, "unix_", 5);
}

static bool sends(const struct nl_sleeper *task)
{
	return !strcmp(task->direction, "send");
}

static void add(struct wakers *wakers, pid_t tgid)
{
	wakers->tgid = must(reallocarray(wakers->tgid, wakers->nr + 1, sizeof(*wakers->tgid)));
	wakers->tgid[wakers->nr++] = tgid;
}

static bool holds(const struct held *held, uint32_t tgid)
{
	for (unsigned int i = 0; held && i < held->nr; i++)
		if (held->holder[i].tgid == (pid_t)tgid)
			return true;
	return false;
}

/* ---- pipes, FIFOs, POSIX queues: who has it open for the other direction ---- */

static void file_wakers(struct wakers *wakers, const struct nl_sleeper *task,
			const struct holders *holders)
{
	const struct held *held = holders_of(holders, task->space, task->id);

	/*
	 * The task itself has it open. If that is not to be seen, this is the open of a FIFO,
	 * which anybody may answer, or a file system that shows other numbers.
	 */
	if (!holds(held, task->tgid))
		return;
	wakers->known = true;
	wakers->complete = holders_complete(holders);
	for (unsigned int i = 0; i < held->nr; i++)
		if (sends(task) ? held->holder[i].reads : held->holder[i].writes)
			add(wakers, held->holder[i].tgid);
}

/* ---- sockets: who has the other end ---- */

static bool has_datagrams(const struct nl_sleeper *task)
{
	return !strcmp(task->mech, "unix_dgram") || !strcmp(task->mech, "unix_seqpacket");
}

static void add_holders(struct wakers *wakers, const struct held *held)
{
	for (unsigned int i = 0; held && i < held->nr; i++) {
		bool there = false;

		for (unsigned int j = 0; j < wakers->nr; j++)
			there |= wakers->tgid[j] == held->holder[i].tgid;
		if (!there)
			add(wakers, held->holder[i].tgid);
	}
}

/*
 * A sender may wait for room at the peer's socket, of datagrams or of connections, or at its own.
 * The task does not hold the former. If it holds both (a pair of datagrams, before or after a
 * fork) that is undecided: then the holders of either could wake it.
 */
static void socket_wakers(struct wakers *wakers, const struct nl_sleeper *task,
			  const struct holders *holders, const struct peers *peers)
{
	struct peer peer = peers_of(peers, task->id);
	const struct held *here = holders_of(holders, 0, task->id);
	const struct held *there = peer.kind == PEER_KNOWN ? holders_of(holders, 0, peer.ino)
							   : NULL;

	if (sends(task) && !holds(here, task->tgid)) {
		add_holders(wakers, here);
	} else {
		add_holders(wakers, there);
		if (sends(task) && has_datagrams(task) && holds(there, task->tgid))
			add_holders(wakers, here);
	}
	/* Nobody: the peer is the kernel's, in another namespace, closed, or unknown. */
	wakers->known = wakers->nr;
	wakers->complete = wakers->known && holders_complete(holders);
}

/* ---- System V: who has used it last ---- */

static bool in_our_namespace(const struct nl_sleeper *task)
{
	struct stat st;

	return !stat("/proc/self/ns/ipc", &st) && (uint32_t)st.st_ino == task->space;
}

static pid_t last_operator(const struct nl_sleeper *task)
{
	struct msqid_ds ds;
	pid_t pid;

	if (is(task, "msg"))
		return msgctl((int)task->id, IPC_STAT, &ds) ? 0
		       : sends(task)                        ? ds.msg_lrpid
							    : ds.msg_lspid;
	if (!task->has_part)
		return 0;
	pid = semctl((int)task->id, (int)task->part, GETPID);
	return pid > 0 ? pid : 0;
}

static bool exists(pid_t tgid)
{
	char path[64];
	struct stat st;

	snprintf(path, sizeof(path), "/proc/%d", tgid);
	return !stat(path, &st);
}

static void sysv_wakers(struct wakers *wakers, const struct nl_sleeper *task)
{
	pid_t last = in_our_namespace(task) ? last_operator(task) : 0;

	if (!last || !exists(last))
		return;
	wakers->known = true;
	wakers->complete = true;
	add(wakers, last);
}

/* ---- names ---- */

/* The file of the mapping that an address lies in, and where in it; or the address. */
static char *futex_name(const struct nl_sleeper *task)
{
	char path[64], line[4352], file[4096] = "";
	unsigned long start, end, offset;
	uint64_t at = task->id;
	FILE *maps;

	snprintf(path, sizeof(path), "/proc/%u/maps", task->tgid);
	maps = fopen(path, "r");
	while (maps && !*file && fgets(line, sizeof(line), maps)) {
		if (sscanf(line, "%lx-%lx %*s %lx %*s %*s %4095[^\n]", &start, &end, &offset,
			   file) == 4 &&
		    task->id >= start && task->id < end)
			at = task->id - start + offset;
		else
			*file = '\0';
	}
	if (maps)
		fclose(maps);
	return format("futex %s%s0x%" PRIx64, file, *file ? "+" : "", at);
}

static char *object_name(const struct nl_sleeper *task, const struct holders *holders)
{
	const struct held *held = holders_of(holders, task->space, task->id);

	if (is(task, "futex"))
		return futex_name(task);
	if (!*task->object)
		return format("-");
	if (is(task, "pipe") || is(task, "socket") || is(task, "eventfd"))
		return format("%s:[%" PRIu64 "]", task->object, task->id);
	if (is_file(task) && held && held->path)
		return format("%s", held->path);
	if (is_file(task))
		return format("%s %u:%u:%" PRIu64, task->object, major(task->space),
			      minor(task->space), task->id);
	if (task->has_part)
		return format("%s %" PRId64 "#%u", task->object, (int64_t)task->id, task->part);
	return format("%s %" PRId64, task->object, (int64_t)task->id);
}

/* ---- all of them ---- */

struct wakers *wakers_find(const struct nl_sleepers *sleepers)
{
	struct wakers *all = must(calloc(sleepers->nr + 1, sizeof(*all)));
	struct holders *holders = holders_new();
	bool of_unix = false, of_tcp = false;
	struct peers *peers;

	for (unsigned int i = 0; i < sleepers->nr; i++) {
		of_unix |= is_unix(&sleepers->task[i]);
		of_tcp |= !strcmp(sleepers->task[i].mech, "tcp");
	}
	peers = peers_find(of_unix, of_tcp);
	for (unsigned int i = 0; i < sleepers->nr; i++) {
		const struct nl_sleeper *task = &sleepers->task[i];
		struct peer peer;

		if (is_file(task))
			holders_want(holders, task->space, task->id);
		if (is(task, "socket")) {
			holders_want(holders, 0, task->id);
			peer = peers_of(peers, task->id);
			if (peer.kind == PEER_KNOWN)
				holders_want(holders, 0, peer.ino);
		}
	}
	holders_scan(holders);
	for (unsigned int i = 0; i < sleepers->nr; i++) {
		const struct nl_sleeper *task = &sleepers->task[i];

		all[i].object = object_name(task, holders);
		if (is_file(task))
			file_wakers(&all[i], task, holders);
		else if (is(task, "socket"))
			socket_wakers(&all[i], task, holders, peers);
		else if (is(task, "msg") || is(task, "sem"))
			sysv_wakers(&all[i], task);
	}
	holders_free(holders);
	peers_free(peers);
	return all;
}

void wakers_free(struct wakers *wakers, unsigned int nr)
{
	for (unsigned int i = 0; wakers && i < nr; i++) {
		free(wakers[i].object);
		free(wakers[i].tgid);
	}
	free(wakers);
}
