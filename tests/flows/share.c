// SPDX-License-Identifier: GPL-2.0-only
/*
 * share FLOWS: two users flood a table of so many flows with the addresses of futexes, while
 * a third one and root have some: these stay, each user has no more than its share, and
 * nothing is lost in the sums (flows sums). A FUTEX_WAKE that fails makes no flow. Run as
 * root, where nothing else runs. Output is TAP.
 */
#define _GNU_SOURCE
#include <err.h>
#include <grp.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>
#include <linux/futex.h>

#include "edge.h"
#include "ipcstat/ipcstat.h"

#define FLOOD_FLOWS 100000
#define FLOOD_FAILS 1000
#define FEW 100

enum {
	QUIET = 65531,
	SECOND = 65532,
	FIRST = 65533
};

/* A user: it does what it does, says so, and goes when all is done. */
struct user {
	uid_t uid;
	int addresses, fails;
};

static struct nl *nl;
static int ready[2], go[2];

static long wake(const void *address)
{
	return syscall(SYS_futex, address, FUTEX_WAKE, 1, NULL, NULL, 0);
}

static int act(void *arg)
{
	const struct user *user = arg;
	uint32_t *words = mmap(NULL, FLOOD_FLOWS * sizeof(*words), PROT_READ | PROT_WRITE,
			       MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	char *hole = mmap(NULL, FLOOD_FAILS * 4, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	char byte = 0;

	EDGE_MUST(words != MAP_FAILED && hole != MAP_FAILED && !munmap(hole, FLOOD_FAILS * 4));
	EDGE_MUST(!setgroups(0, NULL) && !setresuid(user->uid, user->uid, user->uid));
	close(go[1]);
	for (int i = 0; i < user->fails; i++)
		EDGE_MUST(wake(i % 2 ? hole + 4 * i : (char *)words + 1) == -1);
	for (int i = 0; i < user->addresses; i++)
		EDGE_MUST(!wake(&words[i]));
	EDGE_MUST(write(ready[1], &byte, 1) == 1);
	EDGE_MUST(read(go[0], &byte, 1) == 0);
	return 0;
}

static pid_t start(uid_t uid, int addresses, int fails)
{
	static struct user user;
	char byte;
	pid_t pid;

	user = (struct user){ uid, addresses, fails };
	pid = edge_child(act, &user);
	EDGE_MUST(read(ready[0], &byte, 1) == 1);
	return pid;
}

/* Flows of futexes that a process has. */
static unsigned int flows_of(pid_t pid)
{
	struct nl_flow_filter filter = { .mech = "futex", .pid = (uint32_t)pid };
	struct nl_flows flows;
	unsigned int nr;

	if (nl_get_flows(nl, &filter, &flows))
		errx(1, "Bail out! %s", nl_error(nl));
	nr = flows.nr;
	nl_free_flows(&flows);
	return nr;
}

static struct nl_share share_of(uid_t uid)
{
	struct nl_share found = { 0 };
	struct nl_shares shares;

	if (nl_get_shares(nl, &shares))
		errx(1, "Bail out! %s", nl_error(nl));
	for (unsigned int i = 0; i < shares.nr; i++)
		if (!strcmp(shares.share[i].table, "flows") && shares.share[i].has_uid &&
		    shares.share[i].uid == uid)
			found = shares.share[i];
	nl_free_shares(&shares);
	return found;
}

int main(int argc, char **argv)
{
	unsigned int max = argc == 2 ? (unsigned int)atoi(argv[1]) : 0;
	struct nl_share first, second, root;
	pid_t quiet, one, two;
	uint32_t *mine;

	if (max < 4 * FEW)
		errx(2, "Usage: share FLOWS");
	mine = mmap(NULL, FEW * sizeof(*mine), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS,
		    -1, 0);
	EDGE_MUST(mine != MAP_FAILED && !pipe(ready) && !pipe(go));
	if (nl_open(&nl))
		errx(1, "Bail out! %s", nl_error(nl));
	for (int i = 0; i < FEW; i++)
		EDGE_MUST(!wake(&mine[i]));
	quiet = start(QUIET, FEW, 0);
	edge_check(flows_of(quiet) == FEW, "a quiet user has %d flows", FEW);
	edge_check(flows_of(getpid()) == FEW, "root has, too");

	one = start(FIRST, 0, FLOOD_FAILS);
	edge_check(flows_of(one) == 0, "%d wakes that fail make no flow", FLOOD_FAILS);
	one = start(FIRST, FLOOD_FLOWS, 0);
	first = share_of(FIRST);
	edge_check(first.used <= max / 2 && first.max == max / 2,
		   "a user floods the table: it has %u flows, and may have %u of %u", first.used,
		   first.max, max);
	edge_check(flows_of(one) > max / 2 - 32, "%u are of its futexes", flows_of(one));
	edge_check(first.lost >= FLOOD_FLOWS - max / 2, "%llu of its own have made room",
		   (unsigned long long)first.lost);
	edge_check(flows_of(quiet) == FEW, "the quiet one has all %d", FEW);
	edge_check(flows_of(getpid()) == FEW, "so has root");

	two = start(SECOND, FLOOD_FLOWS, 0);
	first = share_of(FIRST);
	second = share_of(SECOND);
	edge_check(second.used <= max / 2 && second.used >= max / 2 - 2 * FEW - 64,
		   "another one does: it has %u flows, the first one %u", second.used, first.used);
	edge_check(flows_of(two) > max / 4, "%u are of its futexes", flows_of(two));
	edge_check(flows_of(quiet) == FEW, "the quiet one still has all %d", FEW);
	root = share_of(0);
	edge_check(flows_of(getpid()) == FEW && !root.lost, "so has root, of which none made room");
	edge_check(root.max == max, "root may have all %u", max);
	edge_check(!share_of(QUIET).lost, "nor did one of the quiet user's");
	close(go[1]);
	while (wait(NULL) > 0)
		;
	nl_end(nl);
	return edge_done();
}
