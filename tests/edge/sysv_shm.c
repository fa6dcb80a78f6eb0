// SPDX-License-Identifier: GPL-2.0-only
/* Row sysv_shm: attaches (send) and detaches (recv), and the bytes they map and unmap. */
#define _GNU_SOURCE
#include <errno.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/shm.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "edge.h"

#define PAGE 4096L
#define SIZE (8 * PAGE)
#define FAILED ((void *)-1)

static const char row[] = "sysv_shm";
static int segment;

/* Nothing is ever copied. */
static void attach(int64_t ops, int64_t bytes, int64_t fails)
{
	edge_op(row, EDGE_SEND, ops, bytes, 0, fails);
}

static void detach(int64_t ops, int64_t bytes, int64_t fails)
{
	edge_op(row, EDGE_RECV, ops, bytes, 0, fails);
}

static void make(size_t size)
{
	segment = shmget(IPC_PRIVATE, size, 0600);
	EDGE_MUST(segment >= 0);
}

static void drop(void)
{
	EDGE_MUST(!shmctl(segment, IPC_RMID, NULL));
}

static char *map(int flags)
{
	char *mem = shmat(segment, NULL, flags);

	EDGE_MUST(mem != FAILED);
	return mem;
}

static unsigned long attached(void)
{
	struct shmid_ds ds;

	EDGE_MUST(!shmctl(segment, IPC_STAT, &ds));
	return ds.shm_nattch;
}

static void plain(void)
{
	char *mem[3];

	edge_begin("a segment");
	make(SIZE);
	edge_expect(row, "objects", 1);
	edge_end();

	edge_begin("23 attaches and detaches");
	for (int i = 0; i < 23; i++) {
		mem[0] = map(0);
		mem[0][PAGE] = 1;
		EDGE_MUST(!shmdt(mem[0]));
	}
	attach(23, 23 * SIZE, 0);
	detach(23, 23 * SIZE, 0);
	edge_end();

	edge_begin("attached three times, once to read only");
	for (int i = 0; i < 3; i++)
		mem[i] = map(i == 2 ? SHM_RDONLY : 0);
	EDGE_MUST(attached() == 3);
	attach(3, 3 * SIZE, 0);
	edge_end();

	edge_begin("SHM_REMAP over one of them");
	EDGE_MUST(shmat(segment, mem[0], SHM_REMAP) == mem[0]);
	EDGE_MUST(attached() == 3);
	attach(1, SIZE, 0);
	detach(1, SIZE, 0);
	edge_end();

	edge_begin("removed while attached, and detached");
	drop();
	EDGE_MUST(!shmdt(mem[0]) && !shmdt(mem[1]) && !munmap(mem[2], SIZE));
	detach(3, 3 * SIZE, 0);
	edge_expect(row, "objects", -1);
	edge_end();

	edge_begin("a segment of %ld bytes maps whole pages", PAGE + 1);
	make(PAGE + 1);
	EDGE_MUST(!shmdt(map(0)));
	drop();
	attach(1, 2 * PAGE, 0);
	detach(1, 2 * PAGE, 0);
	edge_end();
}

static int as_nobody(void *unused)
{
	(void)unused;
	EDGE_MUST(!setresuid(65534, 65534, 65534));
	return !(shmat(segment, NULL, 0) == FAILED && errno == EACCES);
}

static void errors(void)
{
	char *mem;

	make(SIZE);
	mem = map(0);
	edge_begin("EINVAL: no such segment, an address that is taken, one that is none");
	EDGE_MUST(shmat(-1, NULL, 0) == FAILED && errno == EINVAL);
	EDGE_MUST(shmat(segment, mem, 0) == FAILED && errno == EINVAL);
	EDGE_MUST(shmat(segment, mem + 1, 0) == FAILED && errno == EINVAL);
	EDGE_MUST(shmdt(mem + 1) == -1 && errno == EINVAL);
	EDGE_MUST(shmdt(mem + PAGE) == -1 && errno == EINVAL);
	attach(3, 0, 3);
	detach(2, 0, 2);
	edge_end();
	EDGE_MUST(!shmdt(mem));

	edge_begin("EACCES");
	EDGE_MUST(!edge_wait(edge_child(as_nobody, NULL)));
	attach(1, 0, 1);
	edge_end();
	drop();
}

static void parts(void)
{
	char *mem, *other;

	make(SIZE);
	edge_begin("a mapping split by mprotect(2)");
	mem = map(0);
	EDGE_MUST(!mprotect(mem + 2 * PAGE, 2 * PAGE, PROT_READ));
	EDGE_MUST(attached() == 3);
	attach(1, SIZE, 0);
	edge_end();

	edge_begin("and detached as a whole");
	EDGE_MUST(!shmdt(mem));
	EDGE_MUST(attached() == 0);
	detach(1, SIZE, 0);
	edge_end();

	mem = map(0);
	edge_begin("unmapped from the middle");
	EDGE_MUST(!munmap(mem + PAGE, PAGE));
	detach(0, PAGE, 0);
	edge_end();
	edge_begin("then the rest");
	EDGE_MUST(!shmdt(mem));
	EDGE_MUST(attached() == 0);
	detach(1, SIZE - PAGE, 0);
	edge_end();

	mem = map(0);
	edge_begin("unmapped from the front: the first page stands for the attachment");
	EDGE_MUST(!munmap(mem, PAGE));
	detach(1, PAGE, 0);
	edge_end();
	edge_begin("then the rest");
	EDGE_MUST(!munmap(mem + PAGE, SIZE - PAGE));
	detach(0, SIZE - PAGE, 0);
	edge_end();

	mem = map(0);
	edge_begin("moved by mremap(2): attached there, detached here");
	other = mmap(NULL, SIZE, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	EDGE_MUST(other != MAP_FAILED);
	EDGE_MUST(mremap(mem, SIZE, SIZE, MREMAP_MAYMOVE | MREMAP_FIXED, other) == other);
	EDGE_MUST(attached() == 1);
	attach(1, SIZE, 0);
	detach(1, SIZE, 0);
	edge_end();
	edge_begin("and detached");
	EDGE_MUST(!shmdt(other));
	detach(1, SIZE, 0);
	edge_end();
	drop();
}

static int leave(void *how)
{
	char name[] = "/proc/self/exe", arg[] = "exit";

	if (how)
		return execl(name, name, arg, (char *)NULL);
	return 0;
}

static int hold(void *unused)
{
	(void)unused;
	pause();
	return 1;
}

static void inherited(void)
{
	char *mem;
	pid_t pid;

	make(SIZE);
	mem = map(0);
	edge_begin("inherited over fork");
	pid = edge_child(hold, NULL);
	edge_asleep(pid, SYS_pause);
	EDGE_MUST(attached() == 2);
	attach(1, SIZE, 0);
	edge_end();

	edge_begin("the child is killed");
	kill(pid, SIGKILL);
	edge_wait(pid);
	detach(1, SIZE, 0);
	edge_end();

	edge_begin("a child that exits, one that execs");
	EDGE_MUST(!edge_wait(edge_child(leave, NULL)));
	EDGE_MUST(!edge_wait(edge_child(leave, mem)));
	EDGE_MUST(attached() == 1);
	attach(2, 2 * SIZE, 0);
	detach(2, 2 * SIZE, 0);
	edge_end();

	EDGE_MUST(!mprotect(mem + PAGE, PAGE, PROT_READ));
	edge_begin("a split mapping, inherited and given back");
	EDGE_MUST(!edge_wait(edge_child(leave, NULL)));
	attach(1, SIZE, 0);
	detach(1, SIZE, 0);
	edge_end();

	EDGE_MUST(!madvise(mem, SIZE, MADV_DONTFORK));
	edge_begin("MADV_DONTFORK: not inherited");
	EDGE_MUST(!edge_wait(edge_child(leave, NULL)));
	attach(0, 0, 0);
	detach(0, 0, 0);
	edge_end();
	EDGE_MUST(!shmdt(mem));
	drop();
}

/* A child with an IPC namespace of its own, and a segment attached twice in it. */
static int elsewhere(void *unused)
{
	(void)unused;
	EDGE_MUST(!unshare(CLONE_NEWIPC));
	make(SIZE);
	map(0);
	map(0);
	pause();
	return 1;
}

static void lives(void)
{
	char *mem;
	pid_t pid;

	edge_begin("another namespace");
	pid = edge_child(elsewhere, NULL);
	edge_asleep(pid, SYS_pause);
	attach(2, 2 * SIZE, 0);
	edge_expect(row, "objects", 1);
	edge_end();
	edge_begin("its end");
	kill(pid, SIGKILL);
	edge_wait(pid);
	detach(2, 2 * SIZE, 0);
	edge_expect(row, "objects", -1);
	edge_end();

	edge_unload();
	make(SIZE);
	mem = map(0);
	edge_load();
	edge_begin("older than the module: a segment and its attachment");
	EDGE_MUST(!shmdt(mem));
	detach(1, SIZE, 0);
	edge_value(row, "objects", 1);
	edge_end();
	drop();
}

int main(int argc, char **argv)
{
	if (argc > 1 && !strcmp(argv[1], "exit"))
		return 0;
	plain();
	errors();
	parts();
	inherited();
	if (edge_have32(row)) {
		edge_begin("a 32-bit program");
		edge_run32(row);
		attach(EDGE_OPS32, EDGE_OPS32 * PAGE, 0);
		detach(EDGE_OPS32, EDGE_OPS32 * PAGE, 0);
		edge_end();
	}
	lives();
	return edge_done();
}
