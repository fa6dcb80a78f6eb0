// SPDX-License-Identifier: GPL-2.0-only
/* How many POSIX queues there are: each is a file of its IPC namespace's mqueue file system. */
#include <dirent.h>
#include <fcntl.h>
#include <mntent.h>
#include <mqueue.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/cli.h"
#include "read.h"

/* fsopen(2): the file system of our own namespace, mounted nowhere. Not for everybody. */
static DIR *own_mqueue(void)
{
	int fs = fsopen("mqueue", FSOPEN_CLOEXEC), mount = -1, fd = -1;

	if (fs < 0)
		return NULL;
	if (!fsconfig(fs, FSCONFIG_CMD_CREATE, NULL, NULL, 0))
		mount = fsmount(fs, FSMOUNT_CLOEXEC, 0);
	if (mount >= 0) {
		fd = openat(mount, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
		close(mount);
	}
	close(fs);
	return fd >= 0 ? fdopendir(fd) : NULL;
}

static mqd_t open_queue(const char *name)
{
	static const int ways[] = { O_RDONLY, O_WRONLY };
	char *path = format("/%s", name);
	mqd_t queue = (mqd_t)-1;

	for (size_t i = 0; i < sizeof(ways) / sizeof(ways[0]) && queue == (mqd_t)-1; i++)
		queue = mq_open(path, ways[i] | O_NONBLOCK);
	free(path);
	return queue;
}

/* A file there is the queue that we have by this name: so the mount is of our namespace. */
static bool is_ours(DIR *dir, const char *name)
{
	struct stat file, ours;
	mqd_t queue;
	bool same;

	if (fstatat(dirfd(dir), name, &file, AT_SYMLINK_NOFOLLOW))
		return false;
	queue = open_queue(name);
	if (queue == (mqd_t)-1)
		return false;
	same = !fstat((int)queue, &ours) && ours.st_dev == file.st_dev &&
	       ours.st_ino == file.st_ino;
	mq_close(queue);
	return same;
}

/* Files that are there. Unknown: the mount may be another namespace's, as after unshare(2). */
static struct amount count_queues(DIR *dir, bool ours)
{
	const struct dirent *entry;
	uint64_t nr = 0;

	while ((entry = readdir(dir))) {
		if (!strcmp(entry->d_name, ".") || !strcmp(entry->d_name, ".."))
			continue;
		ours = ours || is_ours(dir, entry->d_name);
		nr++;
	}
	return ours ? amount_of(nr) : (struct amount){ 0 };
}

static struct amount count_mounted(void)
{
	FILE *mounts = setmntent("/proc/self/mounts", "r");
	const struct mntent *mount;
	struct amount nr = { 0 };

	while (mounts && nr.kind == AMOUNT_UNKNOWN && (mount = getmntent(mounts))) {
		DIR *dir;

		if (strcmp(mount->mnt_type, "mqueue"))
			continue;
		dir = opendir(mount->mnt_dir);
		if (!dir)
			continue;
		nr = count_queues(dir, false);
		closedir(dir);
	}
	if (mounts)
		endmntent(mounts);
	return nr;
}

struct amount limits_named_queues(void)
{
	DIR *dir = own_mqueue();
	struct amount nr;

	if (!dir)
		return count_mounted();
	nr = count_queues(dir, true);
	closedir(dir);
	return nr;
}
