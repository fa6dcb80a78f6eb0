// SPDX-License-Identifier: GPL-2.0-only
/*
 * What the program reads, writes and complains about lies in memory: only what is whole is
 * written to the file's place.
 */
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "cli.h"
#include "draw.h"

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

/* Of several lines that say what is wrong. */
static char *choose_line(char *text, bool last)
{
	char *line;

	for (size_t len = strlen(text); len && text[len - 1] == '\n';)
		text[--len] = '\0';
	line = last ? strrchr(text, '\n') : NULL;
	line = line ? line + 1 : text;
	line[strcspn(line, "\n")] = '\0';
	return line + strspn(line, " ");
}

static void complain(const struct drawer *drawer, int status, int complaints)
{
	const char *program = drawer->argv[0];
	size_t size;
	char *text = content(complaints, &size), *line = choose_line(text, drawer->last);

	make_printable(line);
	if (WIFSIGNALED(status))
		warnx("%s was killed by a signal: %s", program, strsignal(WTERMSIG(status)));
	else
		warnx("%s failed: %s", program, *line ? line : "it does not say why");
	free(text);
}

static int run(const struct drawer *drawer, const int fd[NR_FILES])
{
	const char *program = drawer->argv[0];
	posix_spawn_file_actions_t actions;
	int error, status;
	pid_t pid;

	if (posix_spawn_file_actions_init(&actions))
		must(NULL);
	for (int i = 0; i < NR_FILES; i++)
		if (posix_spawn_file_actions_adddup2(&actions, fd[i], i))
			must(NULL);
	error = posix_spawnp(&pid, program, &actions, NULL, (char *const *)drawer->argv, environ);
	posix_spawn_file_actions_destroy(&actions);
	if (error == ENOENT) {
		warnx("%s takes the program %s: install the package %s", drawer->option, program,
		      drawer->package);
		return -1;
	}
	if (error) {
		errno = error;
		warn("cannot run %s", program);
		return -1;
	}
	while (waitpid(pid, &status, 0) < 0)
		if (errno != EINTR)
			err(EXIT_FAILURE, "cannot wait for %s", program);
	if (!status)
		return 0;
	complain(drawer, status, fd[COMPLAINTS]);
	return -1;
}

/* The picture; to be freed. NULL: there is none, and a line has said why. */
static char *picture(const struct drawer *drawer, const char *text, size_t size, size_t *svg_size)
{
	char *svg = NULL;
	int fd[NR_FILES];

	for (int i = 0; i < NR_FILES; i++) {
		fd[i] = memfd_create(program_invocation_short_name, MFD_CLOEXEC);
		if (fd[i] < 0)
			err(EXIT_FAILURE, "cannot make a file in memory");
	}
	if (write_all(fd[FROM], text, size) || lseek(fd[FROM], 0, SEEK_SET))
		err(EXIT_FAILURE, "cannot write to a file in memory");
	if (!run(drawer, fd))
		svg = content(fd[TO], svg_size);
	for (int i = 0; i < NR_FILES; i++)
		close(fd[i]);
	return svg;
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

/*
 * Beside it first: whoever reads the file has the old one or the new one. Without data it is
 * only tried.
 */
static int replace(const char *path, const char *data, size_t size)
{
	char *temporary = format("%s.XXXXXX", path);
	int fd = mkostemp(temporary, O_CLOEXEC), error = errno;

	if (fd < 0) {
		free(temporary);
		errno = error;
		return -1;
	}
	if (write_all(fd, data, size) || fchmod(fd, mode_of(path)) || close(fd) ||
	    (data && rename(temporary, path))) {
		error = errno;
		unlink(temporary);
		free(temporary);
		errno = error;
		return -1;
	}
	if (!data)
		unlink(temporary);
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

int draw_check(const struct drawer *drawer, const char *file)
{
	size_t size;
	char *svg = picture(drawer, "", 0, &size);

	free(svg);
	return svg ? write_file(file, NULL, 0) : -1;
}

int draw_write(const struct drawer *drawer, const char *text, size_t size, const char *file)
{
	size_t svg_size;
	char *svg = picture(drawer, text, size, &svg_size);
	int ret = svg ? write_file(file, svg, svg_size) : -1;

	free(svg);
	return ret;
}
