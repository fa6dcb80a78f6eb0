// SPDX-License-Identifier: GPL-2.0-only
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <fts.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#include <linux/magic.h>

#include "cgroup.h"
#include "common/cli.h"

#define NAME "ipcstat-run-"
#define WHAT_TO_DO \
	"run this as root, or in a cgroup of your own: `systemd-run --user --scope ipcstat run ...`"

/* ---- where we are ---- */

/* Our path in version 2's hierarchy, "" if it is the root; NULL: in none. To be freed. */
static char *own_path(void)
{
	FILE *f = fopen("/proc/self/cgroup", "re");
	char *line = NULL, *path = NULL;
	size_t size = 0;

	while (f && !path && getline(&line, &size, f) > 0) {
		line[strcspn(line, "\n")] = '\0';
		if (!strncmp(line, "0::/", 4))
			path = must(strdup(line[4] ? line + 3 : ""));
	}
	free(line);
	if (f)
		fclose(f);
	return path;
}

/* The kernel writes a space as \040, and so on. */
static void decode(char *text)
{
	char *to = text;

	while (*text) {
		unsigned int code;

		if (*text == '\\' && sscanf(text + 1, "%3o", &code) == 1) {
			*to++ = (char)code;
			text += 4;
		} else {
			*to++ = *text++;
		}
	}
	*to = '\0';
}

/* The directory of the path, if this line of mountinfo mounts it. To be freed. */
static char *directory_in(char *line, const char *path)
{
	char *field[5] = { 0 }, *rest = line, *type;
	size_t skip;

	for (int i = 0; i < 5 && rest; i++)
		field[i] = strsep(&rest, " ");
	type = rest ? strstr(rest, " - ") : NULL;
	if (!type || strncmp(type, " - cgroup2 ", 11))
		return NULL;
	decode(field[3]);
	decode(field[4]);
	skip = strcmp(field[3], "/") ? strlen(field[3]) : 0;
	if (strncmp(path, field[3], skip) || (path[skip] && path[skip] != '/'))
		return NULL;
	return format("%s%s", field[4], path + skip);
}

/* Something else may be mounted over it. */
static bool is_cgroup(const char *path)
{
	struct statfs fs;

	return !statfs(path, &fs) && fs.f_type == CGROUP2_SUPER_MAGIC;
}

/* The directory of our cgroup; NULL: it is nowhere mounted. To be freed. */
static char *own_directory(void)
{
	char *path = own_path(), *directory = NULL, *line = NULL;
	FILE *f = path ? fopen("/proc/self/mountinfo", "re") : NULL;
	size_t size = 0;

	while (f && !directory && getline(&line, &size, f) > 0) {
		directory = directory_in(line, path);
		if (directory && !is_cgroup(directory)) {
			free(directory);
			directory = NULL;
		}
	}
	free(line);
	if (f)
		fclose(f);
	free(path);
	return directory;
}

/* ---- making it ---- */

static int make_directory(struct run_cgroup *cgroup, const char *own)
{
	int err;

	/* One of that name may have been left behind, by a process with our number. */
	for (unsigned int nr = 1; nr < 1000; nr++) {
		cgroup->path = nr == 1 ? format("%s/" NAME "%d", own, getpid())
				       : format("%s/" NAME "%d-%u", own, getpid(), nr);
		if (!mkdir(cgroup->path, 0755))
			return 0;
		err = errno;
		if (err != EEXIST)
			break;
		free(cgroup->path);
		cgroup->path = NULL;
	}
	warnx("cannot make the cgroup %s: %s: " WHAT_TO_DO, cgroup->path ? cgroup->path : own,
	      strerror(err));
	return -1;
}

int run_cgroup_make(struct run_cgroup *cgroup)
{
	char *own = own_directory();
	struct stat st;
	int err;

	*cgroup = (struct run_cgroup){ .dir = -1, .watch = -1 };
	if (!own) {
		warnx("no cgroup for the command can be made: cgroups of version 2 are not "
		      "mounted here (`mount -t cgroup2 cgroup2 /mnt`, as root)");
		return -1;
	}
	cgroup->nested = strstr(own, "/" NAME);
	err = make_directory(cgroup, own);
	free(own);
	if (err) {
		run_cgroup_free(cgroup);
		return -1;
	}
	cgroup->dir = open(cgroup->path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (cgroup->dir < 0 || fstat(cgroup->dir, &st)) {
		warn("%s", cgroup->path);
		run_cgroup_remove(cgroup);
		run_cgroup_free(cgroup);
		return -1;
	}
	cgroup->id = st.st_ino;
	cgroup->watch = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
	if (cgroup->watch >= 0 && inotify_add_watch(cgroup->watch, cgroup->path, IN_CREATE) < 0) {
		close(cgroup->watch);
		cgroup->watch = -1;
	}
	return 0;
}

int run_cgroup_enter(const struct run_cgroup *cgroup)
{
	int fd = openat(cgroup->dir, "cgroup.procs", O_WRONLY | O_CLOEXEC), err = 0;

	if (fd < 0)
		return -1;
	if (write(fd, "0", 1) != 1)
		err = errno;
	close(fd);
	errno = err;
	return err ? -1 : 0;
}

/* ---- at the end ---- */

static unsigned int count_processes(const char *directory)
{
	char *path = format("%s/cgroup.procs", directory);
	FILE *f = fopen(path, "re");
	unsigned int nr = 0;
	int c;

	while (f && (c = getc(f)) != EOF)
		nr += c == '\n';
	if (f)
		fclose(f);
	free(path);
	return nr;
}

static bool have_been_made(const struct run_cgroup *cgroup)
{
	char event[sizeof(struct inotify_event) + 256];

	return cgroup->watch < 0 || read(cgroup->watch, event, sizeof(event)) > 0;
}

static int by_number(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return x < y ? -1 : x > y;
}

/* Goes through all of them. fts_read(3) has each twice: on the way down, and up. */
static FTS *walk(const struct run_cgroup *cgroup)
{
	char *paths[] = { cgroup->path, NULL };

	return must(fts_open(paths, FTS_PHYSICAL | FTS_NOCHDIR, NULL));
}

void run_cgroup_look(struct run_cgroup *cgroup)
{
	FTS *all = walk(cgroup);
	const FTSENT *entry;

	while ((entry = fts_read(all))) {
		if (entry->fts_info != FTS_D)
			continue;
		cgroup->ids = must(reallocarray(cgroup->ids, cgroup->nr + 1, sizeof(*cgroup->ids)));
		cgroup->ids[cgroup->nr++] = entry->fts_statp->st_ino;
		cgroup->processes += count_processes(entry->fts_path);
	}
	fts_close(all);
	if (cgroup->nr)
		qsort(cgroup->ids, cgroup->nr, sizeof(*cgroup->ids), by_number);
	cgroup->inner = cgroup->nr > 1 || have_been_made(cgroup);
}

bool run_cgroup_has(const struct run_cgroup *cgroup, uint64_t id)
{
	return cgroup->nr && bsearch(&id, cgroup->ids, cgroup->nr, sizeof(id), by_number);
}

bool run_cgroup_remove(struct run_cgroup *cgroup)
{
	bool removed = true;
	FTSENT *entry;
	FTS *all;

	if (cgroup->nested && cgroup->nr) /* it has been in use */
		return !cgroup->processes;
	all = walk(cgroup);
	while ((entry = fts_read(all)))
		if (entry->fts_info == FTS_DP && rmdir(entry->fts_path))
			removed = false;
	fts_close(all);
	return removed;
}

void run_cgroup_free(struct run_cgroup *cgroup)
{
	if (cgroup->dir >= 0)
		close(cgroup->dir);
	if (cgroup->watch >= 0)
		close(cgroup->watch);
	free(cgroup->path);
	free(cgroup->ids);
	*cgroup = (struct run_cgroup){ .dir = -1, .watch = -1 };
}
