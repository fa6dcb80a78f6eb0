// SPDX-License-Identifier: GPL-2.0-only
/*
 * /proc/ipcstat, read in all ways that read(2) and its kin allow.
 *
 *	readers idle	nothing else runs: the text is the same however it is read
 *	readers busy	numbers move: each reading is whole, and of one moment
 *	readers unload	while the module goes and comes
 *
 * Who reads makes no IPC meanwhile: readers wait for each other by sleeping and looking.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

#include "edge.h"

#define PATH "/proc/ipcstat"
#define ROOM 65536
#define READERS 100
#define WORDS 17 /* of a row: its name, and the columns */

/* How many times as long all takes here, at least 1. */
static unsigned int slower(void)
{
	const char *times = getenv("SLOWER");
	int n = times ? atoi(times) : 1;

	return n > 1 ? (unsigned int)n : 1;
}

/*
 * So long that 100 who do it leave the processors idle most of the time: an emulator takes 0.1 s
 * for each wait for a processor that is busy, and an unload has many.
 */
static void nap(void)
{
	struct timespec t = { .tv_nsec = 200000000 };

	for (unsigned int i = slower(); i; i--)
		nanosleep(&t, NULL);
}

static double now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

/* For arguments that the compiler would not let pass. */
static int read_errno(int fd, void *buf, size_t size)
{
	return syscall(SYS_read, fd, buf, size) < 0 ? errno : 0;
}

/* Reads from fd, at most size bytes at a time, to the end; returns what read(2) said at last. */
static ssize_t read_by(int fd, char *buf, size_t size, size_t *len)
{
	ssize_t got;

	*len = 0;
	do {
		size_t room = ROOM - *len;

		got = read(fd, buf + *len, size < room ? size : room);
		if (got > 0)
			*len += (size_t)got;
	} while (got > 0 && *len < ROOM);
	return got;
}

/* What all readers share. */
static struct shared {
	char text[ROOM]; /* as one read(2) gives it */
	size_t len;
	atomic_int ready, phase, done, stopped;
} * shared;

static void take_text(void)
{
	int fd = open(PATH, O_RDONLY);
	ssize_t len;

	EDGE_MUST(fd >= 0);
	len = read(fd, shared->text, ROOM);
	EDGE_MUST(len > 0 && read(fd, &(char){ 0 }, 1) == 0);
	close(fd);
	shared->len = (size_t)len;
}

static bool is_text(const char *buf, size_t len)
{
	return len == shared->len && !memcmp(buf, shared->text, len);
}

/* A slice, of a file that ends where the text does. */
static bool is_slice(const char *buf, ssize_t got, size_t offset, size_t size)
{
	size_t rest = offset < shared->len ? shared->len - offset : 0,
	       want = size < rest ? size : rest;

	return got == (ssize_t)want && !memcmp(buf, shared->text + offset, want);
}

/* Where the line after this one begins; there is a newline. */
static const char *next_line(const char *at)
{
	return at + strcspn(at, "\n") + 1;
}

/* Whole: a heading, and rows of as many numbers, '-' or '?', all equally long. */
static bool is_whole(const char *buf, size_t len)
{
	const char *at = buf, *end = buf + len;
	unsigned long long number[4];
	size_t width = 0;
	int rows = 0;

	if (!len || end[-1] != '\n' || memchr(buf, '\0', len) ||
	    sscanf(buf, "# ipcstat %*s since %llu hooks %llu/%llu missed %llu\n", &number[0],
		   &number[1], &number[2], &number[3]) != 4)
		return false;
	for (at = next_line(buf); at < end; rows++) {
		const char *next = next_line(at);
		int words = 0;

		if (!width)
			width = (size_t)(next - at);
		if ((size_t)(next - at) != width)
			return false;
		while (at < next) {
			size_t word = strcspn(at, " \n");

			words += word > 0;
			if (rows && words > 1 && word && strspn(at, "0123456789") != word &&
			    (word != 1 || !strchr("-?", *at)))
				return false;
			at += word + strspn(at + word, " ");
			at += *at == '\n' && at < next;
		}
		if (words != WORDS)
			return false;
	}
	return rows == 17;
}

/* ---- ways to read: false if the text is another ---- */

typedef bool (*way_t)(int fd);

static bool at_once(int fd)
{
	static _Thread_local char buf[ROOM];
	ssize_t len = read(fd, buf, sizeof(buf));

	return len > 0 && is_text(buf, (size_t)len);
}

static bool all_by(int fd, size_t size)
{
	static _Thread_local char buf[ROOM];
	size_t len;

	return !read_by(fd, buf, size, &len) && is_text(buf, len);
}

static bool by_one(int fd)
{
	return all_by(fd, 1);
}

static bool by_odd_sizes(int fd)
{
	static const size_t sizes[] = { 2, 7, 61, 1021, 4095, 4096, 4097, 8192, 32768 };
	bool good = true;

	for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++)
		good &= all_by(fd, sizes[i]) && !lseek(fd, 0, SEEK_SET);
	return good;
}

static bool pread_is(int fd, size_t offset, size_t size)
{
	char buf[512];

	return is_slice(buf, pread(fd, buf, size, (off_t)offset), offset, size);
}

static size_t step = 2; /* of offsets; each one costs a text */

static bool at_odd_offsets(int fd)
{
	for (size_t offset = 1; offset < shared->len + 9; offset += step)
		if (!pread_is(fd, offset, 1 + offset % 301))
			return false;
	return true;
}

static bool backwards(int fd)
{
	for (size_t offset = shared->len + 3; offset > step; offset -= step)
		if (!pread_is(fd, offset, 1))
			return false;
	return true;
}

static bool to_and_fro(int fd)
{
	char buf[512];
	unsigned int seed = 23;

	for (size_t i = 0; i < 600 / step; i++) {
		off_t to = rand_r(&seed) % (int)(shared->len + 100);
		size_t size = (size_t)rand_r(&seed) % sizeof(buf);
		ssize_t got;

		if (lseek(fd, i % 2 ? to : to - lseek(fd, 0, SEEK_CUR),
			  i % 2 ? SEEK_SET : SEEK_CUR) != to)
			return false;
		got = read(fd, buf, size);
		if (!is_slice(buf, got, (size_t)to, size) || lseek(fd, 0, SEEK_CUR) != to + got)
			return false;
	}
	return true;
}

/* pread(2) leaves the file's position, and what is read from there, alone. */
static bool pread_in_between(int fd)
{
	static _Thread_local char buf[ROOM];
	bool good = true;
	size_t len = 0;
	ssize_t got;

	while ((got = read(fd, buf + len, 37)) > 0) {
		len += (size_t)got;
		good &= len % step || pread_is(fd, len * 7 % shared->len, 5);
	}
	return good && is_text(buf, len);
}

static bool in_pieces(int fd)
{
	static _Thread_local char buf[IOV_MAX];
	struct iovec vec[IOV_MAX];

	for (int i = 0; i < IOV_MAX; i++)
		vec[i] = (struct iovec){ buf + i, 1 };
	return is_slice(buf, readv(fd, vec, IOV_MAX), 0, IOV_MAX) &&
	       is_slice(buf, preadv(fd, vec, IOV_MAX, 333), 333, IOV_MAX);
}

static bool behind_the_end(int fd)
{
	const off_t far[] = { (off_t)shared->len, (off_t)shared->len + 1, 1 << 20, 1LL << 40,
			      LLONG_MAX - 4096 };
	char c;

	for (size_t i = 0; i < sizeof(far) / sizeof(far[0]); i++)
		if (pread(fd, &c, 1, far[i]) || lseek(fd, far[i], SEEK_SET) != far[i] ||
		    read(fd, &c, 1))
			return false;
	return !lseek(fd, 0, SEEK_SET) && at_once(fd);
}

static bool nothing(int fd)
{
	char c = 'x';

	return !read(fd, &c, 0) && !pread(fd, &c, 0, 5) && !read(fd, NULL, 0) && c == 'x' &&
	       !lseek(fd, 0, SEEK_CUR) && at_once(fd);
}

static bool hugely(int fd)
{
	char *buf = mmap(NULL, 1 << 30, PROT_READ | PROT_WRITE,
			 MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	ssize_t got;
	bool good;

	EDGE_MUST(buf != MAP_FAILED);
	got = read(fd, buf, 1 << 30);
	good = got > 0 && is_text(buf, (size_t)got);
	munmap(buf, 1 << 30);
	return good && read_errno(fd, shared, SIZE_MAX) == EFAULT &&
	       read_errno(fd, shared, SSIZE_MAX) == EFAULT;
}

/* What could not be stored is there for the next one. */
static bool to_nowhere(int fd)
{
	char *buf = mmap(NULL, 8192, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	bool good = true;
	ssize_t got;

	EDGE_MUST(buf != MAP_FAILED && !mprotect(buf + 4096, 4096, PROT_NONE));
	good &= read_errno(fd, buf + 4096, 100) == EFAULT;
	good &= read_errno(fd, NULL, 100) == EFAULT;
	good &= read_errno(fd, (void *)-4096, 100) == EFAULT;
	good &= pread(fd, buf + 4096, 100, 11) < 0 && errno == EFAULT;
	good &= at_once(fd) && !lseek(fd, 0, SEEK_SET);
	/* a buffer that ends in the middle */
	got = read(fd, buf + 4096 - 100, 200);
	good &= got > 0 && got <= 100 && !memcmp(buf + 4096 - 100, shared->text, (size_t)got) &&
		lseek(fd, 0, SEEK_CUR) == got;
	got = read(fd, buf, 64);
	good &= got == 64 && !memcmp(buf, shared->text + lseek(fd, 0, SEEK_CUR) - 64, 64);
	munmap(buf, 8192);
	return good;
}

static bool wrongly(int fd)
{
	char c;

	return lseek(fd, 0, SEEK_END) < 0 && errno == EINVAL && lseek(fd, -1, SEEK_SET) < 0 &&
	       errno == EINVAL && lseek(fd, -1, SEEK_CUR) < 0 && errno == EINVAL &&
	       pread(fd, &c, 1, -1) < 0 && errno == EINVAL && pread(fd, &c, 1, LLONG_MAX) < 0 &&
	       errno == EINVAL && at_once(fd);
}

static const struct {
	const char *name;
	way_t read;
} ways[] = {
	{ "at once", at_once },
	{ "byte by byte", by_one },
	{ "by odd sizes", by_odd_sizes },
	{ "pread at odd offsets", at_odd_offsets },
	{ "pread, backwards", backwards },
	{ "lseek to and fro", to_and_fro },
	{ "read, with pread in between", pread_in_between },
	{ "readv and preadv, a byte each", in_pieces },
	{ "behind the end", behind_the_end },
	{ "0 bytes", nothing },
	{ "huge sizes", hugely },
	{ "into memory that is not there", to_nowhere },
	{ "with wrong offsets", wrongly },
};

#define NR_WAYS ((int)(sizeof(ways) / sizeof(ways[0])))

/* ---- one reader ---- */

static void one_reader(void)
{
	struct stat st;

	EDGE_MUST(!stat(PATH, &st));
	edge_check(st.st_size == 0 && (st.st_mode & 07777) == 0444, "it has no size, and mode 444");
	take_text();
	edge_check(is_whole(shared->text, shared->len), "all of it by one read");
	for (int i = 0; i < NR_WAYS; i++) {
		static char before[ROOM];
		bool good = false, moved = true;

		/* a number that moves in between: again */
		for (int tries = 0; tries < 10 && !good && moved; tries++) {
			size_t len;
			int fd = open(PATH, O_RDONLY);

			take_text();
			memcpy(before, shared->text, len = shared->len);
			good = ways[i].read(fd);
			close(fd);
			take_text();
			moved = !is_text(before, len);
		}
		edge_check(good, "%s: the same", ways[i].name);
	}
}

/* ---- many ---- */

static int shared_fd = -1; /* of all readers; or -1 */

/* Says that it is there, waits for the others, reads, and waits for them again. */
static int take_part(int nr)
{
	int fd = shared_fd >= 0 ? shared_fd : open(PATH, O_RDONLY);
	/* with a shared one only the ways that have no position */
	way_t way = shared_fd < 0 ? ways[nr % NR_WAYS].read : nr % 2 ? at_odd_offsets : backwards;
	bool good;

	shared->ready++;
	while (!shared->phase)
		nap();
	good = way(fd);
	shared->done++;
	while (shared->phase == 1)
		nap();
	return good ? 0 : 1;
}

static int reader_process(void *nr)
{
	return take_part((int)(long)nr);
}

static void *reader_thread(void *nr)
{
	return (void *)(long)take_part((int)(long)nr);
}

/* Lets the readers go, whose work is between two readings of the same text. */
static bool in_step(void)
{
	static char before[ROOM];
	size_t len;

	while (shared->ready < READERS)
		nap();
	take_text();
	memcpy(before, shared->text, len = shared->len);
	shared->phase = 1;
	while (shared->done < READERS)
		nap();
	take_text();
	shared->phase = 2;
	return is_text(before, len);
}

/* Returns how many read something else; -1 if numbers have moved. */
static int many(bool threads)
{
	pthread_t thread[READERS];
	pid_t pid[READERS];
	int bad = 0;
	bool still;

	shared->ready = shared->phase = shared->done = 0;
	for (long i = 0; i < READERS; i++) {
		if (threads)
			EDGE_MUST(!pthread_create(&thread[i], NULL, reader_thread, (void *)i));
		else
			pid[i] = edge_child(reader_process, (void *)i);
	}
	still = in_step();
	for (int i = 0; i < READERS; i++) {
		void *result = NULL;

		if (threads)
			pthread_join(thread[i], &result);
		bad += threads ? !!result : !!edge_wait(pid[i]);
	}
	return still || !bad ? bad : -1;
}

static void many_readers(const char *what, bool threads, bool one_fd)
{
	int bad = -1;

	shared_fd = one_fd ? open(PATH, O_RDONLY) : -1;
	for (int tries = 0; tries < 5 && bad < 0; tries++)
		bad = many(threads);
	if (one_fd)
		close(shared_fd);
	edge_check(!bad, "%d %s at once: the same for all", READERS, what);
	printf("#   %d got something else\n", bad);
}

/* ---- many that share a position: together they read it once ---- */

static atomic_int letters[256];

static void *reader_of_bytes(void *unused)
{
	unsigned char buf[3];
	ssize_t got;

	(void)unused;
	while ((got = read(shared_fd, buf, sizeof(buf))) > 0)
		for (ssize_t i = 0; i < got; i++)
			letters[buf[i]]++;
	shared->done++;
	return (void *)(long)got;
}

/* What they read, and what one who comes next does, less each other. */
static bool read_together(void)
{
	pthread_t thread[READERS];
	bool good = true;
	void *result;

	memset(letters, 0, sizeof(letters));
	shared->done = 0;
	shared_fd = open(PATH, O_RDONLY);
	for (int i = 0; i < READERS; i++)
		EDGE_MUST(!pthread_create(&thread[i], NULL, reader_of_bytes, NULL));
	while (shared->done < READERS)
		nap();
	take_text(); /* before the joins, which wait at futexes */
	for (size_t i = 0; i < shared->len; i++)
		letters[(unsigned char)shared->text[i]]--;
	for (int i = 0; i < READERS; i++) {
		pthread_join(thread[i], &result);
		good &= !result;
	}
	close(shared_fd);
	return good;
}

static void one_position(bool idle)
{
	bool good = false;

	for (int tries = 0; tries < 5 && !good; tries++) {
		int differ = 0;

		good = read_together();
		for (int i = 0; i < 256; i++)
			differ += letters[i] != 0;
		/* numbers that move have other digits, but not other names and lines */
		good &= idle ? !differ : !letters['\n'] && !letters['m'];
	}
	edge_check(good, "%d threads that share a position: each byte once", READERS);
}

/* ---- while numbers move ---- */

static bool whole_by(size_t size)
{
	static char buf[ROOM];
	int fd = open(PATH, O_RDONLY);
	size_t len;
	bool good = fd >= 0 && !read_by(fd, buf, size, &len) && is_whole(buf, len);

	close(fd);
	return good;
}

static bool printable(const char *buf, ssize_t len)
{
	for (ssize_t i = 0; i < len; i++)
		if (buf[i] != '\n' && (buf[i] < ' ' || buf[i] > '~'))
			return false;
	return true;
}

static int busy_reader(void *nr)
{
	static const size_t sizes[] = { 1, 7, 4096, ROOM };
	int fd = open(PATH, O_RDONLY);
	char buf[512];
	bool good = true;

	for (off_t offset = 1; !shared->phase && good; offset = (offset + 61) % 4001) {
		ssize_t got = pread(fd, buf, sizeof(buf), offset);

		good = whole_by(sizes[(long)nr % 4]) && got >= 0 && printable(buf, got);
		shared->done++;
	}
	close(fd);
	return good ? 0 : 1;
}

static void busy_readers(void)
{
	static char first[ROOM];
	pid_t pid[READERS];
	int bad = 0;

	take_text();
	memcpy(first, shared->text, ROOM);
	shared->phase = shared->done = 0;
	for (long i = 0; i < READERS; i++)
		pid[i] = edge_child(busy_reader, (void *)i);
	while (shared->done < 5 * READERS)
		nap();
	shared->phase = 1;
	for (int i = 0; i < READERS; i++)
		bad += !!edge_wait(pid[i]);
	edge_check(!bad, "%d readers while numbers move: whole texts", READERS);
	printf("#   %d readings\n", shared->done);
	take_text();
	edge_check(memcmp(first, shared->text, shared->len), "the numbers have moved");
}

/* ---- while the module goes and comes ---- */

/* Reads in one of four ways until that fails; how it did. */
static int read_until_error(int fd, int way)
{
	char buf[4096];

	for (unsigned int i = 0;; i += 61) {
		ssize_t got = 0;
		int one;

		switch (way) {
		case 0:
			one = open(PATH, O_RDONLY);
			got = one < 0 ? -1 : read(one, buf, sizeof(buf));
			if (one >= 0)
				close(one);
			break;
		case 1:
			got = pread(fd, buf, 61, 1 + i % 4001);
			break;
		case 2:
			got = read(fd, buf, 1);
			if (!got)
				lseek(fd, 0, SEEK_SET);
			break;
		case 3: /* half read, and left so */
			got = shared->phase ? read(fd, buf, 1) : 0;
			break;
		}
		if (got < 0)
			return errno;
		if (!i)
			shared->ready++;
		nap();
	}
}

static int reader_without_module(void *nr)
{
	int way = (int)(long)nr % 4, fd = open(PATH, O_RDONLY), err;
	bool good = fd >= 0;
	char c;

	good &= read(fd, &c, 1) == 1;
	err = read_until_error(fd, way);
	good &= err == EIO || (way == 0 && err == ENOENT);
	shared->stopped++;
	while (shared->phase < 2)
		nap();
	/* what was open stays dead */
	good &= read(fd, &c, 1) < 0 && errno == EIO;
	good &= pread(fd, &c, 1, 0) < 0 && errno == EIO;
	good &= lseek(fd, 0, SEEK_SET) < 0 && errno == EINVAL;
	good &= whole_by(ROOM);
	return good ? 0 : 1;
}

/* Returns how long the unload took. */
static double unload_under_readers(void)
{
	pid_t pid[READERS];
	double start, took;
	int bad = 0;

	shared->ready = shared->phase = shared->stopped = 0;
	for (long i = 0; i < READERS; i++)
		pid[i] = edge_child(reader_without_module, (void *)i);
	while (shared->ready < READERS)
		nap();
	start = now();
	edge_unload();
	took = now() - start;
	shared->phase = 1;
	edge_check(access(PATH, F_OK) && errno == ENOENT, "no module, no " PATH);
	start = now();
	while (shared->stopped < READERS && now() - start < 20 * slower())
		nap();
	edge_check(shared->stopped == READERS, "the unload ends what %d readers do", READERS);
	edge_load();
	shared->phase = 2;
	for (int i = 0; i < READERS; i++)
		bad += !!edge_wait(pid[i]);
	edge_check(
		!bad,
		"what was open reads EIO, also after the next load; what is opened then is whole");
	printf("#   %d did not; the unload took %.2f s\n", bad, took);
	return took;
}

static int reader_of_any(void *nr)
{
	static char buf[ROOM];
	bool good = true;

	while (good && !shared->phase) {
		int fd = open(PATH, O_RDONLY);
		size_t len;

		if (fd < 0) {
			good = errno == ENOENT;
		} else if (read_by(fd, buf, (long)nr % 2 ? 7 : ROOM, &len) < 0) {
			good = errno == EIO;
		} else {
			good = is_whole(buf, len);
			shared->done++;
		}
		if (fd >= 0)
			close(fd);
		nap();
	}
	return good ? 0 : 1;
}

static void reload_under_readers(int rounds)
{
	pid_t pid[READERS];
	int bad = 0;

	shared->phase = shared->done = 0;
	for (long i = 0; i < READERS; i++)
		pid[i] = edge_child(reader_of_any, (void *)i);
	for (int i = 0; i < rounds; i++) {
		int done = shared->done;

		while (shared->done < done + READERS)
			nap();
		edge_unload();
		edge_load();
	}
	shared->phase = 1;
	for (int i = 0; i < READERS; i++)
		bad += !!edge_wait(pid[i]);
	edge_check(!bad, "%d reloads: %d readers see all of it, or that it is gone", rounds,
		   READERS);
	printf("#   %d readings\n", shared->done);
}

static void unload(void)
{
	double limit = slower(), took = limit + 1;

	/* The machine that the guest runs on may have other things to do. */
	for (int tries = 0; tries < 8 && took > limit; tries++)
		took = unload_under_readers();
	edge_check(took <= limit, "within a second");
	reload_under_readers(5);
}

int main(int argc, char **argv)
{
	const char *what = argc == 2 ? argv[1] : "";

	shared = mmap(NULL, sizeof(*shared), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1,
		      0);
	EDGE_MUST(shared != MAP_FAILED);
	if (!strcmp(what, "idle")) {
		one_reader();
		step = 62;
		many_readers("processes", false, false);
		many_readers("processes that share a file", false, true);
		many_readers("threads", true, false);
		many_readers("threads that share a file", true, true);
		one_position(true);
	} else if (!strcmp(what, "busy")) {
		busy_readers();
		one_position(false);
	} else if (!strcmp(what, "unload")) {
		unload();
	} else {
		return 2;
	}
	return edge_done();
}
