// SPDX-License-Identifier: GPL-2.0-only
/*
 * For libFuzzer: command lines of ipcstat and ipclab, a word a line. To ipcstat a module
 * says what is in corpus/replies; ipclab finds none, and can start no process.
 */
#define FAKE_IMPLEMENTATION
#include "fake.h"

#include <err.h>
#include <string.h>

#define MAX_WORDS 32

/* What is said to each command; the last one goes without a name. */
static struct replies {
	const char *name;
	uint8_t data[32768];
	size_t size;
} replies[] = { { .name = "signals" },  { .name = "hooks" },  { .name = "hist" },
		{ .name = "blocked" },  { .name = "flows" },  { .name = "top" },
		{ .name = "exporter" }, { .name = "limits" }, { .name = "rows" } };

static const size_t nr_replies = sizeof(replies) / sizeof(replies[0]);

int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
	char path[4096];

	(void)argc;
	(void)argv;
	for (size_t i = 0; i < nr_replies; i++) {
		FILE *f;

		snprintf(path, sizeof(path), CORPUS "/replies/%s", replies[i].name);
		f = fopen(path, "r");
		if (!f)
			err(1, "%s", path);
		replies[i].size = fread(replies[i].data, 1, sizeof(replies[i].data), f);
		fclose(f);
	}
	return 0;
}

static const struct replies *replies_to(const char *command)
{
	size_t i = 0;

	while (i < nr_replies - 1 && strcmp(command, replies[i].name))
		i++;
	return &replies[i];
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = malloc(size + 1), *rest = text, *word, *argv[MAX_WORDS + 1];
	const struct replies *to;
	int argc = 0, status;

	if (!text)
		abort();
	memcpy(text, data, size);
	text[size] = '\0';
	while (argc < MAX_WORDS && (word = strsep(&rest, "\n")))
		argv[argc++] = word;
	argv[argc] = NULL;
	if (strcmp(argv[0], "ipclab")) {
		to = replies_to(argc > 1 ? argv[1] : "");
		fake_input(to->data + 1, to->size - 1);
		status = fake_run(ipcstat_main, argc, argv);
	} else {
		fake_input(data, 0);
		status = fake_run(ipclab_main, argc, argv);
	}
	free(text);
	if (status < 0 || status > 2)
		abort();
	return 0;
}
