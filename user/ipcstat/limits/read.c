// SPDX-License-Identifier: GPL-2.0-only
#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <linux/magic.h>
#include <sys/resource.h>
#include <sys/statfs.h>

#include "common/cli.h"
#include "read.h"

struct amount amount_of(uint64_t value)
{
	return (struct amount){ AMOUNT_VALUE, value };
}

void limits_add(struct limits *limits, const struct limit *limit)
{
	struct limit *added;

	limits->limit = must(reallocarray(limits->limit, limits->nr + 1, sizeof(*limits->limit)));
	added = &limits->limit[limits->nr++];
	*added = *limit;
	if (!added->change)
		added->change = format("sysctl %s=N", added->sysctl);
}

void limits_free(struct limits *limits)
{
	for (unsigned int i = 0; i < limits->nr; i++) {
		free(limits->limit[i].change);
		free(limits->limit[i].note);
		free(limits->limit[i].own_name);
		free(limits->limit[i].user);
	}
	free(limits->limit);
	nl_free_shares(&limits->shares);
	*limits = (struct limits){ 0 };
}

/* ---- files of numbers ---- */

/* What follows begin in the first line that begins so; NULL: there is none. To be freed. */
static char *rest_of_line(const char *path, const char *begin)
{
	char *line = NULL, *rest = NULL;
	size_t size = 0;
	FILE *f = fopen(path, "r");

	if (!f)
		return NULL;
	while (!rest && getline(&line, &size, f) > 0)
		if (!strncmp(line, begin, strlen(begin)))
			rest = must(strdup(line + strlen(begin)));
	free(line);
	fclose(f);
	return rest;
}

/* The number after so many others; text may be NULL. */
static struct amount number_in(const char *text, unsigned int before)
{
	while (text) {
		uint64_t value;
		char *end;

		text += strspn(text, " \t/");
		errno = 0;
		value = strtoull(text, &end, 10);
		if (!isdigit((unsigned char)*text) || errno)
			break;
		if (!before--)
			return amount_of(value);
		text = end;
	}
	return (struct amount){ 0 };
}

static struct amount read_sysctl(const char *name, unsigned int before)
{
	char *path = format("/proc/sys/%s", name), *text;
	struct amount amount;

	for (char *dot = path; (dot = strchr(dot, '.'));)
		*dot = '/';
	text = rest_of_line(path, "");
	amount = number_in(text, before);
	free(text);
	free(path);
	return amount;
}

static void add_sysctl(struct limits *limits, struct limit limit)
{
	limit.max = read_sysctl(limit.sysctl, 0);
	limits_add(limits, &limit);
}

/* What bounds each object, or each call: nothing is used up. */
static void add_bound(struct limits *limits, const char *mech, const char *unit, const char *sysctl)
{
	add_sysctl(limits, (struct limit){ .mech = mech,
					   .name = strrchr(sysctl, '.') + 1,
					   .unit = unit,
					   .scope = "object",
					   .sysctl = sysctl,
					   .use = { .kind = AMOUNT_NONE } });
}

/* getrlimit(2) */
static struct amount read_rlimit(int resource)
{
	struct rlimit limit;

	if (getrlimit(resource, &limit))
		return (struct amount){ 0 };
	if (limit.rlim_cur == RLIM_INFINITY)
		return (struct amount){ .kind = AMOUNT_UNLIMITED };
	return amount_of(limit.rlim_cur);
}

/* ---- the mechanisms ---- */

/* pipe(7): 0 is no limit */
static void add_user_pages(struct limits *limits, const char *sysctl)
{
	struct limit limit = { .mech = "pipe",
			       .name = strrchr(sysctl, '.') + 1,
			       .unit = "pages",
			       .scope = "user",
			       .sysctl = sysctl,
			       .use = limits->user_pages };

	limit.max = read_sysctl(sysctl, 0);
	if (limit.max.kind == AMOUNT_VALUE && !limit.max.value)
		limit.max.kind = AMOUNT_UNLIMITED;
	limit.note = format("not for who has CAP_SYS_RESOURCE or CAP_SYS_ADMIN");
	limits_add(limits, &limit);
}

/* proc(5) */
void limits_pipe(struct limits *limits)
{
	limits->lack_module |= limits->user_pages.kind == AMOUNT_UNKNOWN;
	add_bound(limits, "pipe", "bytes", "fs.pipe-max-size");
	add_user_pages(limits, "fs.pipe-user-pages-soft");
	add_user_pages(limits, "fs.pipe-user-pages-hard");
}

/* The kernel counts queues without a name that are still open, too. */
static struct amount queues_here(const struct amount *told)
{
	struct amount here;

	if (told->kind == AMOUNT_VALUE)
		return *told;
	here = limits_named_queues();
	if (here.kind == AMOUNT_VALUE)
		here.kind = AMOUNT_AT_LEAST;
	return here;
}

/* mq_overview(7), getrlimit(2) */
void limits_posix_mq(struct limits *limits)
{
	struct limit bytes = { .mech = "posix_mq",
			       .name = "RLIMIT_MSGQUEUE",
			       .unit = "bytes",
			       .scope = "user",
			       .use = limits->user_bytes,
			       .max = read_rlimit(RLIMIT_MSGQUEUE),
			       .change = format("ulimit -q N") };

	limits->lack_module |= limits->ns_queues.kind == AMOUNT_UNKNOWN;
	add_sysctl(limits, (struct limit){ .mech = "posix_mq",
					   .name = "queues_max",
					   .unit = "queues",
					   .scope = "ipc-ns",
					   .sysctl = "fs.mqueue.queues_max",
					   .use = queues_here(&limits->ns_queues) });
	add_bound(limits, "posix_mq", "messages", "fs.mqueue.msg_max");
	add_bound(limits, "posix_mq", "bytes", "fs.mqueue.msgsize_max");
	limits_add(limits, &bytes);
}

/* shm_overview(7), tmpfs(5): a size of 0 is no limit */
void limits_posix_shm(struct limits *limits)
{
	struct limit size = { .mech = "posix_shm", .name = "size", .unit = "bytes" };
	struct limit inodes = { .mech = "posix_shm", .name = "nr_inodes", .unit = "inodes" };
	struct statfs fs;

	size.scope = inodes.scope = "mount";
	size.change = format("mount -o remount,size=N /dev/shm");
	inodes.change = format("mount -o remount,nr_inodes=N /dev/shm");
	if (!statfs("/dev/shm", &fs) && fs.f_type == TMPFS_MAGIC) {
		uint64_t block = (uint64_t)fs.f_bsize;

		size.max.kind = inodes.max.kind = AMOUNT_UNLIMITED;
		if (fs.f_blocks) {
			size.use = amount_of((fs.f_blocks - fs.f_bfree) * block);
			size.max = amount_of(fs.f_blocks * block);
		}
		if (fs.f_files) {
			inodes.use = amount_of(fs.f_files - fs.f_ffree);
			inodes.max = amount_of(fs.f_files);
		}
	}
	limits_add(limits, &size);
	limits_add(limits, &inodes);
}

/* proc(5): SigQ is of the real user in this user namespace, and of this process's limit */
void limits_signal(struct limits *limits)
{
	char *text = rest_of_line("/proc/self/status", "SigQ:");

	limits_add(limits, &(struct limit){ .mech = "signal",
					    .name = "RLIMIT_SIGPENDING",
					    .unit = "signals",
					    .scope = "user",
					    .use = number_in(text, 0),
					    .max = read_rlimit(RLIMIT_SIGPENDING),
					    .change = format("ulimit -i N") });
	free(text);
}

/* socket(7), listen(2) */
void limits_socket(struct limits *limits)
{
	add_bound(limits, "socket", "bytes", "net.core.wmem_max");
	add_bound(limits, "socket", "bytes", "net.core.rmem_max");
	add_bound(limits, "socket", "connections", "net.core.somaxconn");
}

/* unix(7) */
void limits_unix_dgram(struct limits *limits)
{
	add_bound(limits, "unix_dgram", "messages", "net.unix.max_dgram_qlen");
}

/* What all sockets of the machine have in their buffers: sockstat has it, in all namespaces. */
static void add_memory(struct limits *limits, const char *mech, const char *begin,
		       const char *sysctl)
{
	struct limit limit = { .mech = mech,
			       .name = strrchr(sysctl, '.') + 1,
			       .unit = "pages",
			       .scope = "system",
			       .sysctl = sysctl };
	struct amount low = read_sysctl(sysctl, 0), pressure = read_sysctl(sysctl, 1);
	char *text = rest_of_line("/proc/net/sockstat", begin);
	const char *mem = text ? strstr(text, " mem ") : NULL;

	limit.max = read_sysctl(sysctl, 2);
	limit.use = number_in(mem ? mem + strlen(" mem ") : NULL, 0);
	limit.change = format("sysctl %s=\"%" PRIu64 " %" PRIu64 " N\"", sysctl, low.value,
			      pressure.value);
	free(text);
	limits_add(limits, &limit);
}

/* tcp(7): low, pressure, high */
void limits_tcp(struct limits *limits)
{
	add_memory(limits, "tcp", "TCP:", "net.ipv4.tcp_mem");
}

/* udp(7): min, pressure, max */
void limits_udp(struct limits *limits)
{
	add_memory(limits, "udp", "UDP:", "net.ipv4.udp_mem");
}

/* proc(5), file-nr: what is open, 0, file-max. The greatest of those is what systemd sets. */
void limits_file(struct limits *limits)
{
	struct limit limit = { .mech = "file",
			       .name = "file-max",
			       .unit = "files",
			       .scope = "system",
			       .sysctl = "fs.file-max",
			       .use = read_sysctl("fs.file-nr", 0),
			       .max = read_sysctl("fs.file-nr", 2) };

	if (limit.max.kind == AMOUNT_VALUE && limit.max.value >= LONG_MAX)
		limit.max.kind = AMOUNT_UNLIMITED;
	limits_add(limits, &limit);
}
