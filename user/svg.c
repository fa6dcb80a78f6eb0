// SPDX-License-Identifier: GPL-2.0-only
/*
 * SVG, by the program dot. What it reads, writes and complains about lies in memory: only
 * what is whole is written to the file's place.
 */
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <spawn.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "cli.h"
#include "graph.h"

extern char **environ;

enum {
	FROM,
	TO,
	COMPLAINTS,
	NR_FILES
};

/* 0 or -1 and errno */
static int write_all(int fd, const char *data, size_t size)
{
	while (size) {
		ssize_t done = write(fd, data, size);

		if (done < 0 && errno != EINTR)
			return -1;
		if (done > 0) {
			data += done;
			size -= (size_t)done;
		}
	}
	return 0;
}

/* What has been written to a file, as a string; to be freed. */
static char *content(int fd, size_t *size)
{
	struct stat st;
	char *text;
	ssize_t got = 0;

	if (fstat(fd, &st))
		st.st_size = 0;
	text = must(malloc((size_t)st.st_size + 1));
	for (*size = 0; *size < (size_t)st.st_size; *size += (size_t)got) {
		got = pread(fd, text + *size, (size_t)st.st_size - *size, (off_t)*size);
		if (got <= 0)
			break;
	}
	text[*size] = '\0';
	return text;
}

/* ---- the program ---- */

static void complain(int status, int complaints)
{
	size_t size;
	char *text = content(complaints, &size);

	text[strcspn(text, "\n")] = '\0';
	make_printable(text);
	if (WIFSIGNALED(status))
		warnx("dot was killed by a signal: %s", strsignal(WTERMSIG(status)));
	else
		warnx("dot failed: %s", *text ? text : "it does not say why");
	free(text);
}

static int run_dot(const int fd[NR_FILES])
{
	char *const argv[] = { (char *)"dot", (char *)"-Tsvg", NULL };
	posix_spawn_file_actions_t actions;
	int error, status;
	pid_t pid;

	if (posix_spawn_file_actions_init(&actions))
		must(NULL);
	for (int i = 0; i < NR_FILES; i++)
		if (posix_spawn_file_actions_adddup2(&actions, fd[i], i))
			must(NULL);
	error = posix_spawnp(&pid, "dot", &actions, NULL, argv, environ);
	posix_spawn_file_actions_destroy(&actions);
	if (error == ENOENT) {
		warnx("--svg takes the program dot: install the package graphviz");
		return -1;
	}
	if (error) {
		errno = error;
		warn("cannot run dot");
		return -1;
	}
	while (waitpid(pid, &status, 0) < 0)
		if (errno != EINTR)
			err(EXIT_FAILURE, "cannot wait for dot");
	if (!status)
		return 0;
	complain(status, fd[COMPLAINTS]);
	return -1;
}

/* ---- the file ---- */

/* The mode of what is there; as a new file's if there is nothing. */
static mode_t mode_of(const char *path)
{
	mode_t mask = umask(0);
	struct stat st;

	umask(mask);
	return stat(path, &st) ? 0666 & ~mask : st.st_mode & 0777;
}

/* Beside it first: whoever reads the file has the old one or the new one. */
static int replace(const char *path, const char *data, size_t size)
{
	char *temporary;
	int fd;

	if (asprintf(&temporary, "%s.XXXXXX", path) < 0)
		must(NULL);
	fd = mkostemp(temporary, O_CLOEXEC);
	if (fd < 0) {
		free(temporary);
		return -1;
	}
	if (write_all(fd, data, size) || fchmod(fd, mode_of(path)) || close(fd) ||
	    rename(temporary, path)) {
		int error = errno;

		unlink(temporary);
		free(temporary);
		errno = error;
		return -1;
	}
	free(temporary);
	return 0;
}

/* A link stays one; what is no file, as /dev/stdout may be, is not replaced by one. */
static int write_file(const char *file, const char *data, size_t size)
{
	char *path = realpath(file, NULL);
	struct stat st;
	int ret;

	if (path && !stat(path, &st) && !S_ISREG(st.st_mode)) {
		warnx("cannot write %s: it is no regular file", file);
		free(path);
		return -1;
	}
	ret = replace(path ? path : file, data, size);
	if (ret)
		warn("cannot write %s", file);
	free(path);
	return ret;
}

/* ---- */

int svg_write(const char *dot, size_t size, const char *file)
{
	int fd[NR_FILES], ret = -1;
	size_t svg_size;
	char *svg;

	for (int i = 0; i < NR_FILES; i++) {
		fd[i] = memfd_create("ipcstat graph", MFD_CLOEXEC);
		if (fd[i] < 0)
			err(EXIT_FAILURE, "cannot make a file in memory");
	}
	if (write_all(fd[FROM], dot, size) || lseek(fd[FROM], 0, SEEK_SET))
		err(EXIT_FAILURE, "cannot write to a file in memory");
	if (!run_dot(fd)) {
		svg = content(fd[TO], &svg_size);
		ret = write_file(file, svg, svg_size);
		free(svg);
	}
	for (int i = 0; i < NR_FILES; i++)
		close(fd[i]);
	return ret;
}
