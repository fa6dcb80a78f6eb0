// SPDX-License-Identifier: GPL-2.0-only
/*
 * flood PROCESSES: so many choose the addresses of their futexes such that all their flows
 * would be found in one place of the module's table, one after the other, if only they knew
 * what it makes of them. The address is a flow's object, if something is mapped there; and
 * anybody is told when his own processes were started. Output is TAP.
 */
#define _GNU_SOURCE
#include <err.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>
#include <linux/futex.h>

#include "edge.h"
#include "ipcstat/ipcstat.h"

#define BATCH 1000
#define BATCHES 9
/* Hundreds of others in the same place would take several times as long. */
#define AT_MOST 2

enum {
	WITH_START,
	WITH_BOTH,
	SUMS
};
static const char *const sum_names[SUMS] = {
	[WITH_START] = "with when their processes were started",
	[WITH_BOTH] = "with that and the processes' numbers",
};

struct attacker {
	pid_t pid;
	unsigned long address[SUMS];
};

static struct nl *nl;
static int ready[2], go[2];
static uint32_t here; /* by a futex at which there is a flow of each process */

static void touch(unsigned long address)
{
	syscall(SYS_futex, address, FUTEX_WAKE, 1, NULL, NULL, 0);
}

/* The same, where nothing is mapped yet. */
static void map_and_touch(unsigned long address)
{
	unsigned long page = address & ~4095UL;

	EDGE_MUST(mmap((void *)page, 4096, PROT_READ | PROT_WRITE,
		       MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0) == (void *)page);
	touch(address);
}

/* Objects that have the same sum with what else tells a flow from others. */
static void choose(struct attacker *attacker, uint64_t sum, uint64_t start_ns)
{
	attacker->address[WITH_START] = sum - start_ns;
	attacker->address[WITH_BOTH] = sum - start_ns - 8 * (uint64_t)attacker->pid;
}

static int attack(void *arg)
{
	const struct attacker *attacker = arg;
	char byte = 0;

	touch((unsigned long)&here); /* whereby there is a flow of this process, with its start */
	close(go[1]);
	EDGE_MUST(write(ready[1], &byte, 1) == 1);
	EDGE_MUST(read(go[0], &byte, 1) == 0);
	for (int i = 0; i < SUMS && attacker->address[i]; i++)
		map_and_touch(attacker->address[i]);
	return 0;
}

static struct nl_flows futexes(void)
{
	static const struct nl_flow_filter filter = { .mech = "futex" };
	struct nl_flows flows;

	if (nl_get_flows(nl, &filter, &flows))
		errx(1, "Bail out! %s", nl_error(nl));
	return flows;
}

/*
 * What all of them take whose addresses are those of words, as the first one's: a fourth of them,
 * by when they were started. How many have got one.
 */
static int choose_all(struct attacker *attackers, int nr)
{
	struct nl_flows flows = futexes();
	uint64_t sum = 0, mine = 0;
	int found = 0;

	for (unsigned int i = 0; i < flows.nr; i++) {
		if (flows.flow[i].start_ns > sum)
			sum = flows.flow[i].start_ns;
		if (attackers[0].pid == (pid_t)flows.flow[i].pid)
			mine = flows.flow[i].start_ns;
	}
	sum = ((sum + (1UL << 45)) & ~3UL) + mine % 4; /* where nothing else is mapped */
	for (unsigned int i = 0; i < flows.nr; i++)
		for (int j = 0; j < nr; j++)
			if (attackers[j].pid == (pid_t)flows.flow[i].pid &&
			    flows.flow[i].start_ns % 4 == mine % 4) {
				choose(&attackers[j], sum, flows.flow[i].start_ns);
				found++;
			}
	nl_free_flows(&flows);
	return found;
}

static double batch_ns(unsigned long address)
{
	struct timespec start, end;

	clock_gettime(CLOCK_MONOTONIC, &start);
	for (int i = 0; i < BATCH; i++)
		touch(address);
	clock_gettime(CLOCK_MONOTONIC, &end);
	return (double)(end.tv_sec - start.tv_sec) * 1e9 + (double)(end.tv_nsec - start.tv_nsec);
}

int main(int argc, char **argv)
{
	int others = argc == 2 ? atoi(argv[1]) : 0, nr = others + 1, found;
	struct attacker *attackers = mmap(NULL, sizeof(*attackers) * (size_t)nr,
					  PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1,
					  0);
	const struct attacker *me = attackers;
	double least[SUMS + 1];
	char byte;

	if (others <= 0)
		errx(2, "Usage: flood PROCESSES");
	EDGE_MUST(attackers != MAP_FAILED && !pipe(ready) && !pipe(go));
	if (nl_open(&nl))
		errx(1, "Bail out! %s", nl_error(nl));
	attackers[0].pid = getpid();
	touch((unsigned long)&here);
	for (int i = 1; i < nr; i++)
		attackers[i].pid = edge_child(attack, &attackers[i]);
	for (int i = 1; i < nr; i++)
		EDGE_MUST(read(ready[0], &byte, 1) == 1);
	found = choose_all(attackers, nr);
	EDGE_MUST(found >= nr / 8);
	/* Who comes first is found last. */
	for (int i = 0; i < SUMS; i++)
		map_and_touch(me->address[i]);
	map_and_touch(me->address[0] + (1 << 20));
	close(go[1]);
	for (int i = 1; i < nr; i++)
		EDGE_MUST(!edge_wait(attackers[i].pid));

	for (int i = 0; i < BATCHES; i++)
		for (int which = 0; which <= SUMS; which++) {
			/* one of the same kind, but with another sum */
			double ns = batch_ns(which < SUMS ? me->address[which]
							  : me->address[0] + (1 << 20));

			if (i == 0 || ns < least[which])
				least[which] = ns;
		}
	for (int i = 0; i < SUMS; i++)
		edge_check(least[i] < AT_MOST * least[SUMS],
			   "%d objects of the same sum %s: %.0f ns, others %.0f", found,
			   sum_names[i], least[i] / BATCH, least[SUMS] / BATCH);
	nl_end(nl);
	return edge_done();
}
