// SPDX-License-Identifier: GPL-2.0-only
/* What the two processes of a pair use: how they keep step, and some names. */
#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "exercise.h"

void lab_blame(struct lab *lab, const char *call, const char *why)
{
	if (!atomic_flag_test_and_set(&lab->shared->failed))
		snprintf(lab->shared->reason, sizeof(lab->shared->reason), "%s: %s", call, why);
}

int lab_error(struct pair *p, const char *call)
{
	lab_blame(p->lab, call, strerror(errno));
	return -1;
}

int lab_whole(struct pair *p, const char *call, ssize_t moved, size_t bytes)
{
	char why[64];

	if (moved == (ssize_t)bytes)
		return 0;
	if (moved < 0)
		return lab_error(p, call);
	snprintf(why, sizeof(why), "moved %zd bytes instead of %zu", moved, bytes);
	lab_blame(p->lab, call, why);
	return -1;
}

void lab_nap(unsigned int microseconds)
{
	struct timespec time = { microseconds / 1000000, microseconds % 1000000 * 1000 };

	nanosleep(&time, NULL);
}

uint64_t lab_now(void)
{
	struct timespec time;

	clock_gettime(CLOCK_MONOTONIC, &time);
	return time.tv_sec * NS_PER_S + time.tv_nsec;
}

/* One more nap, longer than the last one: a thousand processes may be waiting. */
static void doze(unsigned int *microseconds, unsigned int longest)
{
	lab_nap(*microseconds);
	*microseconds = MIN(*microseconds * 2, longest);
}

void lab_half_way(struct pair *p)
{
	unsigned int nap = 100;

	p->been_half_way = true;
	if (p->sender)
		atomic_fetch_add(&p->lab->shared->half_way, 1);
	while (!atomic_load(&p->lab->shared->go_on))
		doze(&nap, 20000);
}

void lab_turn(struct pair *p)
{
	unsigned long turn = p->turn++;
	unsigned int nap = 50;

	atomic_store(&p->shared->done, turn);
	if (turn == p->hold)
		lab_half_way(p);
	/* Once too far ahead, wait until half of it is gone: naps cost more than sends. */
	if (p->window && turn - atomic_load(&p->shared->taken) >= p->window)
		while (turn - atomic_load(&p->shared->taken) > p->window / 2)
			doze(&nap, 1000);
	if (p->seen_ns)
		atomic_fetch_add(&p->shared->asleep_ns, lab_now() - p->seen_ns);
	p->seen_ns = 0;
}

void lab_took(struct pair *p)
{
	atomic_fetch_add(&p->shared->taken, 1);
}

void lab_await(struct pair *p, unsigned long nr)
{
	unsigned int nap = 50;

	while (atomic_load(&p->shared->done) <= nr)
		doze(&nap, 1000);
}

void lab_slept(struct pair *p, uint64_t since)
{
	atomic_fetch_add(&p->shared->away_ns, lab_now() - since);
}

static bool is_any_of(const char *wchan, const char *functions)
{
	char names[64], *name, *rest = names;

	snprintf(names, sizeof(names), "%s", functions);
	while ((name = strsep(&rest, " ")))
		if (strstr(wchan, name))
			return true;
	return false;
}

/*
 * /proc/PID/wchan names a function only once the task has left its CPU's run
 * queue: it does sleep then, and is not just about to.
 */
int lab_await_sleep(struct pair *p, const char *functions)
{
	uint64_t start = lab_now();
	unsigned int nap = 20;
	char path[32], wchan[64];
	FILE *file;

	snprintf(path, sizeof(path), "/proc/%d/wchan", atomic_load(&p->shared->receiver));
	while (atomic_load(&p->shared->taken) != p->turn)
		doze(&nap, 1000);
	nap = 20;
	for (;;) {
		file = fopen(path, "re");
		if (!file)
			return lab_error(p, path);
		wchan[fread(wchan, 1, sizeof(wchan) - 1, file)] = '\0';
		fclose(file);
		if (is_any_of(wchan, functions))
			break;
		if (lab_now() - start > STUCK_SECONDS / 2 * NS_PER_S) {
			lab_blame(p->lab, path, "does not show that the receiver sleeps");
			return -1;
		}
		doze(&nap, 1000);
	}
	p->seen_ns = lab_now();
	return 0;
}

int lab_path(struct pair *p)
{
	struct lab *lab = p->lab;

	if (!lab->dir[0]) {
		strcpy(lab->dir, "/tmp/ipclab.XXXXXX");
		if (!mkdtemp(lab->dir)) {
			lab->dir[0] = '\0';
			return lab_error(p, "mkdtemp in /tmp");
		}
	}
	snprintf(p->name, sizeof(p->name), "%s/%u", lab->dir, p->nr);
	return 0;
}

void lab_close(struct pair *p)
{
	for (unsigned int i = 0; i < ARRAY_SIZE(p->fd); i++) {
		if (p->fd[i] >= 0)
			close(p->fd[i]);
		p->fd[i] = -1;
	}
}

static bool have_ipv6(void)
{
	struct sockaddr_in6 addr = { .sin6_family = AF_INET6, .sin6_addr = IN6ADDR_LOOPBACK_INIT };
	int fd = socket(AF_INET6, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	bool have = fd >= 0 && !bind(fd, (struct sockaddr *)&addr, sizeof(addr));

	if (fd >= 0)
		close(fd);
	return have;
}

socklen_t lab_loopback(struct pair *p, struct sockaddr_storage *addr)
{
	struct sockaddr_in *in = (struct sockaddr_in *)addr;
	struct sockaddr_in6 *in6 = (struct sockaddr_in6 *)addr;

	memset(addr, 0, sizeof(*addr));
	if (p->nr % 2 && have_ipv6()) {
		in6->sin6_family = p->family = AF_INET6;
		in6->sin6_addr = in6addr_loopback;
		return sizeof(*in6);
	}
	in->sin_family = p->family = AF_INET;
	in->sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	return sizeof(*in);
}

unsigned long lab_sysctl(const char *name, unsigned long otherwise)
{
	unsigned long value;
	char path[96];
	FILE *file;

	snprintf(path, sizeof(path), "/proc/sys/%s", name);
	file = fopen(path, "re");
	if (!file)
		return otherwise;
	if (fscanf(file, "%lu", &value) != 1)
		value = otherwise;
	fclose(file);
	return value;
}

unsigned long lab_fits(const struct pair *p, size_t room)
{
	return room / (p->size + 1024);
}
