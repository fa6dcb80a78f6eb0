// SPDX-License-Identifier: GPL-2.0-only
#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <search.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/cli.h"
#include "holders.h"

struct object {
	uint32_t dev;
	uint64_t ino;
	struct held held;
};

struct holders {
	void *tree; /* of objects, for tsearch(3) */
	bool hidden;
};

static int compare(const void *a, const void *b)
{
	const struct object *x = a, *y = b;

	if (x->ino != y->ino)
		return x->ino < y->ino ? -1 : 1;
	return x->dev < y->dev ? -1 : x->dev > y->dev;
}

static struct object *find(const struct holders *holders, uint32_t dev, uint64_t ino)
{
	struct object key = { .dev = dev, .ino = ino };
	struct object **node = tfind(&key, &holders->tree, compare);

	return node ? *node : NULL;
}

struct holders *holders_new(void)
{
	return must(calloc(1, sizeof(struct holders)));
}

void holders_want(struct holders *holders, uint32_t dev, uint64_t ino)
{
	struct object *object;

	if (find(holders, dev, ino))
		return;
	object = must(calloc(1, sizeof(*object)));
	object->dev = dev;
	object->ino = ino;
	must(tsearch(object, &holders->tree, compare));
}

const struct held *holders_of(const struct holders *holders, uint32_t dev, uint64_t ino)
{
	const struct object *object = find(holders, dev, ino);

	return object ? &object->held : NULL;
}

bool holders_complete(const struct holders *holders)
{
	return !holders->hidden;
}

/* The process's entry; its descriptors come one after the other. */
static struct holder *holder_of(struct held *held, pid_t tgid)
{
	if (held->nr && held->holder[held->nr - 1].tgid == tgid)
		return &held->holder[held->nr - 1];
	held->holder = must(reallocarray(held->holder, held->nr + 1, sizeof(*held->holder)));
	held->holder[held->nr] = (struct holder){ .tgid = tgid };
	return &held->holder[held->nr++];
}

/* open(2)'s flags of a descriptor, or -1. */
static long open_flags(pid_t tgid, const char *fd)
{
	char path[64], line[64];
	long flags = -1;
	FILE *f;

	snprintf(path, sizeof(path), "/proc/%d/fdinfo/%s", tgid, fd);
	f = fopen(path, "r");
	while (f && flags < 0 && fgets(line, sizeof(line), f))
		if (!strncmp(line, "flags:", 6))
			flags = strtol(line + 6, NULL, 8);
	if (f)
		fclose(f);
	return flags;
}

static void look_at(struct holders *holders, pid_t tgid, int dir, const char *fd)
{
	struct object *object;
	struct holder *holder;
	char link[PATH_MAX];
	struct stat st;
	ssize_t len;
	long flags;

	if (fstatat(dir, fd, &st, 0))
		return;
	object = find(holders, S_ISSOCK(st.st_mode) ? 0 : (uint32_t)st.st_dev, st.st_ino);
	if (!object)
		return;
	flags = S_ISSOCK(st.st_mode) ? O_RDWR : open_flags(tgid, fd);
	/* A descriptor that is only a name (O_PATH) holds nothing. */
	if (flags < 0 || flags & O_PATH)
		return;
	holder = holder_of(&object->held, tgid);
	holder->reads |= (flags & O_ACCMODE) != O_WRONLY;
	holder->writes |= (flags & O_ACCMODE) != O_RDONLY;
	if (object->held.path)
		return;
	len = readlinkat(dir, fd, link, sizeof(link) - 1);
	if (len > 0) {
		link[len] = '\0';
		object->held.path = must(strdup(link));
	}
}

static void look_through(struct holders *holders, pid_t tgid)
{
	struct dirent *entry;
	char path[64];
	DIR *dir;

	snprintf(path, sizeof(path), "/proc/%d/fd", tgid);
	dir = opendir(path);
	if (!dir) {
		if (errno == EACCES || errno == EPERM)
			holders->hidden = true;
		return;
	}
	while ((entry = readdir(dir)))
		if (isdigit((unsigned char)*entry->d_name))
			look_at(holders, tgid, dirfd(dir), entry->d_name);
	closedir(dir);
}

void holders_scan(struct holders *holders)
{
	struct dirent *entry;
	DIR *proc;

	if (!holders->tree)
		return;
	proc = opendir("/proc");
	if (!proc) {
		holders->hidden = true;
		return;
	}
	while ((entry = readdir(proc)))
		if (isdigit((unsigned char)*entry->d_name))
			look_through(holders, (pid_t)strtol(entry->d_name, NULL, 10));
	closedir(proc);
}

static void free_object(void *p)
{
	struct object *object = p;

	free(object->held.holder);
	free(object->held.path);
	free(object);
}

void holders_free(struct holders *holders)
{
	tdestroy(holders->tree, free_object);
	free(holders);
}
