// SPDX-License-Identifier: GPL-2.0-only
/*
 * Row posix_shm: shared mappings of files in memory (send), and what read(2) and
 * write(2) copy out of and into such files. Detaches are "?".
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

#include "edge.h"

#define PAGE 4096L
#define SIZE (8 * PAGE)

static const char row[] = "posix_shm";
static char data[SIZE];

static void attach(int64_t ops, int64_t bytes)
{
	edge_expect(row, "send_ops", ops);
	edge_expect(row, "send_bytes", bytes);
}

static void copied(int64_t in, int64_t out)
{
	edge_expect(row, "send_copied", in);
	edge_expect(row, "recv_copied", out);
}

static void objects(int64_t nr)
{
	edge_expect(row, "objects", nr);
}

static int make(const char *name)
{
	int fd = name ? shm_open(name, O_RDWR | O_CREAT | O_EXCL, 0600)
		      : memfd_create("posix_shm", 0);

	EDGE_MUST(fd >= 0 && !ftruncate(fd, SIZE));
	return fd;
}

static void *map(int fd, size_t size)
{
	void *mem = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);

	EDGE_MUST(mem != MAP_FAILED);
	return mem;
}

static void unmap(void *mem, size_t size)
{
	EDGE_MUST(!munmap(mem, size));
}

static void mappings(void)
{
	char *mem;
	int fd;

	edge_begin("a file of /dev/shm");
	fd = make("/edge");
	objects(1);
	edge_end();

	edge_begin("mapped 23 times; what is stored in it is not copied");
	for (int i = 0; i < 23; i++) {
		mem = map(fd, SIZE);
		memset(mem, i, SIZE);
		unmap(mem, SIZE);
	}
	attach(23, 23 * SIZE);
	copied(0, 0);
	edge_end();

	edge_begin("mapped side by side: two mappings, though the kernel makes them one");
	mem = map(fd, SIZE);
	unmap(mem + 4 * PAGE, 4 * PAGE);
	EDGE_MUST(mmap(mem + 4 * PAGE, 4 * PAGE, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_FIXED, fd,
		       4 * PAGE) == mem + 4 * PAGE);
	unmap(mem, SIZE);
	attach(2, SIZE + 4 * PAGE);
	edge_end();

	edge_begin("a part of a page maps all of it");
	unmap(map(fd, PAGE + 1), PAGE + 1);
	attach(1, 2 * PAGE);
	edge_end();

	edge_begin("neither a private mapping nor one that fails");
	mem = mmap(NULL, SIZE, PROT_READ, MAP_PRIVATE, fd, 0);
	EDGE_MUST(mem != MAP_FAILED);
	unmap(mem, SIZE);
	EDGE_MUST(mmap(NULL, 0, PROT_READ, MAP_SHARED, fd, 0) == MAP_FAILED && errno == EINVAL);
	EDGE_MUST(mmap(NULL, SIZE, PROT_READ, MAP_SHARED, fd, 1) == MAP_FAILED && errno == EINVAL);
	attach(0, 0);
	edge_end();

	edge_begin("unlinked, it stays as long as it is mapped");
	mem = map(fd, SIZE);
	EDGE_MUST(!shm_unlink("/edge"));
	close(fd);
	attach(1, SIZE);
	objects(0);
	edge_end();
	edge_begin("then it goes");
	unmap(mem, SIZE);
	objects(-1);
	edge_end();
}

static void memfds(void)
{
	char *mem;
	int fd;

	edge_begin("a memfd");
	fd = make(NULL);
	mem = map(fd, SIZE);
	attach(1, SIZE);
	objects(1);
	edge_end();

	edge_begin("moved and grown by mremap(2), split by mprotect(2): nothing is attached");
	mem = mremap(mem, SIZE, 2 * SIZE, MREMAP_MAYMOVE);
	EDGE_MUST(mem != MAP_FAILED);
	EDGE_MUST(!mprotect(mem + PAGE, PAGE, PROT_READ));
	attach(0, 0);
	edge_end();

	edge_begin("closed and unmapped, it goes");
	close(fd);
	unmap(mem, 2 * SIZE);
	objects(-1);
	edge_end();

	edge_begin("shared anonymous memory is told apart");
	for (int i = 0; i < 23; i++) {
		mem = mmap(NULL, SIZE, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
		EDGE_MUST(mem != MAP_FAILED);
		unmap(mem, SIZE);
	}
	attach(0, 0);
	objects(0);
	edge_expect(row, "anon_maps", 23);
	edge_end();
}

static void transfers(void)
{
	struct iovec iov[2] = { { data, 100 }, { data + 200, 50 } };
	char *bad =
		mmap(NULL, 2 * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	int fd = make(NULL), pipes[2];

	EDGE_MUST(bad != MAP_FAILED && !munmap(bad + PAGE, PAGE) && !pipe(pipes));
	memset(bad, 1, PAGE);
	EDGE_MUST(write(fd, data, SIZE) == SIZE);

	edge_begin("23 writes and reads of 64 bytes copy, and are no attaches");
	for (int i = 0; i < 23; i++) {
		EDGE_MUST(pwrite(fd, data, 64, 64 * i) == 64);
		EDGE_MUST(pread(fd, data, 64, 64 * i) == 64);
	}
	attach(0, 0);
	copied(23 * 64, 23 * 64);
	edge_end();

	edge_begin("readv and writev");
	EDGE_MUST(pwritev(fd, iov, 2, 0) == 150 && preadv(fd, iov, 2, 0) == 150);
	copied(150, 150);
	edge_end();

	edge_begin("a read at the end");
	EDGE_MUST(pread(fd, data, SIZE, SIZE - 10) == 10 && pread(fd, data, SIZE, SIZE) == 0);
	copied(0, 10);
	edge_end();

	edge_begin("EFAULT, at once and in the middle");
	EDGE_MUST(pwrite(fd, bad + PAGE, 10, 0) == -1 && errno == EFAULT);
	EDGE_MUST(pread(fd, bad + PAGE, 10, 0) == -1 && errno == EFAULT);
	EDGE_MUST(pread(fd, bad + PAGE - 30, 100, 0) == 30);
	copied(0, 30);
	edge_end();

	edge_begin("splice and sendfile out of it, and into it, copy nothing");
	EDGE_MUST(lseek(fd, 0, SEEK_SET) == 0);
	EDGE_MUST(splice(fd, NULL, pipes[1], NULL, 1000, 0) == 1000);
	EDGE_MUST(splice(pipes[0], NULL, fd, NULL, 1000, 0) == 1000);
	EDGE_MUST(sendfile(pipes[1], fd, NULL, 1000) == 1000);
	copied(0, 0);
	edge_end();

	close(fd);
	close(pipes[0]);
	close(pipes[1]);
	munmap(bad, PAGE);
}

static int leave(void *unused)
{
	(void)unused;
	return 0;
}

static void elsewhere(void)
{
	char name[] = "edge.posix_shm";
	char *mem;
	int fd;

	fd = make(NULL);
	mem = map(fd, SIZE);
	edge_begin("a mapping that a child inherits is not seen");
	EDGE_MUST(!edge_wait(edge_child(leave, NULL)));
	attach(0, 0);
	edge_end();
	unmap(mem, SIZE);
	close(fd);

	/* The guest's /tmp is a tmpfs of its own. */
	edge_begin("a file of another tmpfs is mapped, but no object");
	fd = open(name, O_RDWR | O_CREAT | O_EXCL, 0600);
	EDGE_MUST(fd >= 0 && !unlink(name) && !ftruncate(fd, SIZE));
	unmap(map(fd, SIZE), SIZE);
	attach(1, SIZE);
	objects(0);
	edge_end();
	close(fd);
}

static void older(void)
{
	int memfd, shm;
	char *mem;

	edge_unload();
	memfd = make(NULL);
	shm = make("/edge");
	mem = map(shm, SIZE);
	edge_load();
	edge_begin("files older than the module");
	unmap(mem, SIZE);
	edge_value(row, "objects", 2);
	edge_end();
	edge_begin("they go");
	close(memfd);
	close(shm);
	EDGE_MUST(!shm_unlink("/edge"));
	objects(-2);
	edge_end();
}

int main(void)
{
	mappings();
	memfds();
	transfers();
	elsewhere();
	if (edge_have32(row)) {
		edge_begin("a 32-bit program");
		edge_run32(row);
		attach(EDGE_OPS32, EDGE_OPS32 * PAGE);
		copied(EDGE_OPS32 * EDGE_SIZE32, EDGE_OPS32 * EDGE_SIZE32);
		edge_end();
	}
	older();
	return edge_done();
}
