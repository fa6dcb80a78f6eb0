// SPDX-License-Identifier: GPL-2.0-only
/*
 * For libFuzzer: what the module and the kernel say to ipcstat. The first byte chooses what
 * ipcstat is asked for; the rest is as fake.h says.
 */
#define FAKE_IMPLEMENTATION
#include "fake.h"

#include <string.h>

#define ARRAY_SIZE(a) (sizeof(a) / sizeof((a)[0]))
#define MAX_ARGS 10

static char *const commands[][MAX_ARGS] = {
	{ "ipcstat", "-o", "all" },
	{ "ipcstat", "-J" },
	{ "ipcstat", "-z", "--timestamp", "1", "2" },
	{ "ipcstat", "-J", "1", "2" },
	{ "ipcstat", "signals" },
	{ "ipcstat", "signals", "-J", "-z" },
	{ "ipcstat", "hooks" },
	{ "ipcstat", "hooks", "-J" },
	{ "ipcstat", "hist" },
	{ "ipcstat", "hist", "-J", "-z" },
	{ "ipcstat", "blocked" },
	{ "ipcstat", "blocked", "-J", "--longer-than", "1us" },
	{ "ipcstat", "flows" },
	{ "ipcstat", "flows", "-J", "--by", "pair" },
	{ "ipcstat", "flows", "--by", "pair", "-C", "cat" },
	{ "ipcstat", "flows", "-J", "--by", "user", "-p", "1" },
	{ "ipcstat", "flows", "--by", "cgroup", "--sort", "recv_ops" },
	{ "ipcstat", "flows", "-J", "--by", "process", "--object", "1234" },
	{ "ipcstat", "flows", "on", "64" },
	{ "ipcstat", "flows", "off" },
	{ "ipcstat", "events" },
	{ "ipcstat", "events", "-J", "--count", "3" },
	{ "ipcstat", "events", "--wait", "5ms", "-p", "1", "wait", "exit" },
	{ "ipcstat", "graph" },
	{ "ipcstat", "top", "-b", "-n", "2" },
	{ "ipcstat", "top", "-b", "-n", "2", "-C", "cat", "-d", "0.1" },
	{ "ipcstat", "exporter", "--textfile", "-" },
	{ "ipcstat", "exporter", "--textfile", "-", "--per-process=3", "--per-cgroup" },
	{ "ipcstat", "limits" },
	{ "ipcstat", "limits", "-J" },
};

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *argv[MAX_ARGS];
	int argc, status;

	if (!size)
		return 0;
	memcpy(argv, commands[data[0] % ARRAY_SIZE(commands)], sizeof(argv));
	for (argc = 0; argv[argc]; argc++)
		;
	fake_input(data + 1, size - 1);
	status = fake_run(ipcstat_main, argc, argv);
	if (status != EXIT_SUCCESS && status != EXIT_FAILURE)
		abort();
	return 0;
}
