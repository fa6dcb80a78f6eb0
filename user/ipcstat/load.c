// SPDX-License-Identifier: GPL-2.0-only
/* ipcstat load, ipcstat unload: the kernel modules, with libkmod. */
#include <ctype.h>
#include <err.h>
#include <errno.h>
#include <libkmod.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>
#include <time.h>

#include "commands.h"
#include "common/cli.h"
#include "output.h"

#define MODULE "ipcstat"
#define WRAPPER "ipcstat_wrap" /* comes with the module, by its softdep */

static struct kmod_ctx *open_kmod(void)
{
	struct kmod_ctx *ctx = must(kmod_new(NULL, NULL));

	kmod_set_log_priority(ctx, 0); /* we say it ourselves */
	return ctx;
}

/* The module's file, for the running kernel; NULL and a sentence if there is none. */
static struct kmod_module *find_module(struct kmod_ctx *ctx)
{
	struct kmod_list *list = NULL;
	struct kmod_module *module;
	struct utsname system;

	if (kmod_module_new_from_lookup(ctx, MODULE, &list) < 0 || !list) {
		uname(&system);
		warnx("no module " MODULE " is installed for the kernel %s: build and install it",
		      system.release);
		return NULL;
	}
	module = kmod_module_get_module(list);
	kmod_module_unref_list(list);
	return module;
}

/* The names of a module's parameters. */
static void get_parameters(const struct kmod_module *module, struct names *names)
{
	struct kmod_list *list = NULL, *entry;

	if (kmod_module_get_info(module, &list) < 0)
		return;
	for (entry = list; entry; entry = kmod_list_next(list, entry)) {
		const char *value = kmod_module_info_get_value(entry);
		char *name;

		if (strcmp(kmod_module_info_get_key(entry), "parmtype"))
			continue;
		name = must(strndup(value, strcspn(value, ":"))); /* as in "hooks:charp" */
		names_add(names, name);
		free(name);
	}
	kmod_module_info_free_list(list);
}

/* Are these all PARAMETER=VALUE? With blanks or quotes the kernel would see another list. */
static bool well_formed(int argc, char **argv)
{
	for (int i = 0; i < argc; i++) {
		if (*argv[i] != '=' && strchr(argv[i], '=') && !strpbrk(argv[i], " \t\n\v\f\r\""))
			continue;
		warnx("%s: not PARAMETER=VALUE, without blanks and quotes", argv[i]);
		return false;
	}
	return true;
}

/* The kernel would ignore a parameter that it does not know, with a line in its log. */
static bool parameters_exist(const struct kmod_module *module, int argc, char **argv)
{
	struct names known = { 0 };
	bool good = true;

	get_parameters(module, &known);
	for (int i = 0; good && i < argc; i++) {
		char *name = must(strndup(argv[i], strcspn(argv[i], "=")));
		char *there = names_join(&known);

		good = names_have(&known, name);
		if (!good)
			warnx("%s: no such parameter; there are: %s", name, there);
		free(there);
		free(name);
	}
	names_free(&known);
	return good;
}

static void explain_load(int error, bool parameters)
{
	switch (error) {
	case -EEXIST:
		warnx("the module is loaded already");
		break;
	case -EPERM:
		warnx("not permitted: loading a module takes root");
		break;
	case -EINVAL:
	case -ERANGE:
		warnx("the module refused %s; `dmesg` says why",
		      parameters ? "a parameter" : "to load");
		break;
	case -ENOEXEC:
		warnx("the module was built for another kernel: build and install it anew");
		break;
	case -ENOKEY:
	case -EKEYREJECTED:
		warnx("the kernel takes signed modules only (Secure Boot), and has no key for "
		      "this one: sign it and enrol the key");
		break;
	default:
		warnx("cannot load the module: %s; `dmesg` may say more", strerror(-error));
	}
}

static int cmd_load(int argc, char **argv)
{
	struct names parameters = { 0 };
	struct kmod_module *module;
	struct kmod_ctx *ctx;
	char *options;
	int status, error;

	status = output_parse(argc, argv, &load_syntax, NULL, NULL);
	if (status >= 0)
		return status;
	argc -= optind;
	argv += optind;
	if (!well_formed(argc, argv))
		return EXIT_BAD_ARGS;

	status = EXIT_FAILURE;
	ctx = open_kmod();
	module = find_module(ctx);
	if (!module)
		goto done;
	status = EXIT_BAD_ARGS;
	if (!parameters_exist(module, argc, argv))
		goto done;
	for (int i = 0; i < argc; i++)
		names_add(&parameters, argv[i]);
	options = names_join(&parameters);
	error = kmod_module_probe_insert_module(module, KMOD_PROBE_FAIL_ON_LOADED, options, NULL,
						NULL, NULL);
	if (error)
		explain_load(error, argc);
	status = error ? EXIT_FAILURE : EXIT_SUCCESS;
	free(options);
	names_free(&parameters);
done:
	kmod_module_unref(module);
	kmod_unref(ctx);
	return status;
}

/* Returns 0, -ENOENT if it is not loaded, or why it stays. */
static int remove_module(struct kmod_ctx *ctx, const char *name)
{
	struct kmod_module *module;
	int error;

	error = kmod_module_new_from_name(ctx, name, &module);
	if (error)
		return error;
	error = -ENOENT;
	if (kmod_module_get_initstate(module) >= 0)
		error = kmod_module_remove_module(module, 0);
	kmod_module_unref(module);
	return error;
}

/*
 * The wrapper holds itself until the last task has left it: some seconds, if nobody
 * is asleep inside.
 */
static int remove_wrapper(struct kmod_ctx *ctx)
{
	const struct timespec pause = { .tv_nsec = 50000000 };
	int error = remove_module(ctx, WRAPPER);

	for (int tries = 0; error == -EAGAIN && tries < 400; tries++) {
		nanosleep(&pause, NULL);
		error = remove_module(ctx, WRAPPER);
	}
	return error;
}

static int explain_unload(const char *name, int error)
{
	if (error == -EPERM)
		warnx("not permitted: unloading a module takes root");
	else if (error == -EAGAIN)
		warnx("%s is in use: try again when nobody is reading from it", name);
	else
		warnx("cannot unload %s: %s", name, strerror(-error));
	return EXIT_FAILURE;
}

static int cmd_unload(int argc, char **argv)
{
	int status, module, wrapper;
	struct kmod_ctx *ctx;

	status = output_parse(argc, argv, &unload_syntax, NULL, NULL);
	if (status >= 0)
		return status;
	ctx = open_kmod();
	module = remove_module(ctx, MODULE);
	wrapper = module && module != -ENOENT ? 0 : remove_wrapper(ctx);
	kmod_unref(ctx);

	if (module == -ENOENT && wrapper == -ENOENT) {
		warnx("the module is not loaded");
		return EXIT_FAILURE;
	}
	if (module && module != -ENOENT)
		return explain_unload(MODULE, module);
	if (wrapper == -EAGAIN)
		warnx(WRAPPER " stays while tasks are asleep inside it; a load takes it up again, "
			      "and another unload removes it");
	else if (wrapper && wrapper != -ENOENT)
		return explain_unload(WRAPPER, wrapper);
	return EXIT_SUCCESS;
}

/* "max_flows=" */
static void add_operands(const struct syntax *syntax, struct names *words)
{
	struct kmod_ctx *ctx = open_kmod();
	struct names parameters = { 0 };
	struct kmod_list *list = NULL;
	struct kmod_module *module;
	char *word;

	(void)syntax;
	if (kmod_module_new_from_lookup(ctx, MODULE, &list) >= 0 && list) {
		module = kmod_module_get_module(list);
		get_parameters(module, &parameters);
		kmod_module_unref(module);
	}
	kmod_module_unref_list(list);
	for (unsigned int i = 0; i < parameters.nr; i++) {
		word = format("%s=", parameters.name[i]);
		names_add(words, word);
		free(word);
	}
	names_free(&parameters);
	kmod_unref(ctx);
}

const struct syntax load_syntax = {
	.command = "load",
	.args = "[PARAMETER=VALUE]...",
	.what = "load the kernel module",
	.run = cmd_load,
	.takes_operands = true,
	.operands = add_operands,
	.more = "ipcstat(8) lists the parameters.",
};

const struct syntax unload_syntax = {
	.command = "unload",
	.args = "",
	.what = "unload it",
	.run = cmd_unload,
};
