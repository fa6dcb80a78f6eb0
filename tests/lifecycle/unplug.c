// SPDX-License-Identifier: GPL-2.0-only
/*
 * unplug FILE CPU...: take the CPUs away one after the other, bring them back one after the
 * other, and so on until somebody removes FILE; then print how often one went, and how often
 * one came back. Nothing of it is IPC that ipcstat would count: no child ends, and nothing is
 * written on a tmpfs.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

/* Whether CPU has gone, or come back; EBUSY: not now, since others see to it. */
static bool online(const char *cpu, bool state)
{
	char path[64];
	bool done;
	int fd;

	snprintf(path, sizeof(path), "/sys/devices/system/cpu/cpu%s/online", cpu);
	fd = open(path, O_WRONLY | O_CLOEXEC);
	done = fd >= 0 && write(fd, state ? "1" : "0", 1) == 1;
	if (!done && errno != EBUSY)
		fprintf(stderr, "unplug: %s: %s\n", path, strerror(errno));
	if (fd >= 0)
		close(fd);
	return done;
}

int main(int argc, char **argv)
{
	const struct timespec pause = { .tv_nsec = 100000000 };
	unsigned int changes[2] = { 0, 0 };

	if (argc < 3) {
		fprintf(stderr, "Usage: unplug FILE CPU...\n");
		return 2;
	}
	while (!access(argv[1], F_OK))
		for (int state = 0; state < 2; state++)
			for (int i = 2; i < argc; i++) {
				changes[state] += online(argv[i], state);
				nanosleep(&pause, NULL);
			}
	printf("%u %u\n", changes[0], changes[1]);
	return 0;
}
