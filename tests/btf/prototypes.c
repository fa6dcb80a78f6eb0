// SPDX-License-Identifier: GPL-2.0-only
/*
 * Hold the functions that the module hooks against a kernel's BTF:
 *
 *   prototypes BTF TABLE HOOKS
 *
 * TABLE is the output of tests/btf/table.
 * HOOKS has a line for each hook, "FUNCTION KIND ARGS". Each function must be in the TABLE
 * with the prototype that BTF gives it. All of its arguments, and its result, must be
 * integers or pointers; a hook on results ("wrap" or "probe") passes on ARGS arguments,
 * and the function must not have more. Prints TAP.
 */
#include <err.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <bpf/btf.h>

#define LINE 512

static struct btf *btf;
static unsigned int nr, failed;
static char (*table)[LINE];
static unsigned int nr_table;

static void result(bool good, const char *function, const char *kind)
{
	printf("%sok %u - %s %s\n", good ? "" : "not ", ++nr, kind, function);
	failed += !good;
}

static bool complain(const char *format, ...)
{
	va_list args;

	printf("#   ");
	va_start(args, format);
	vprintf(format, args);
	va_end(args);
	printf("\n");
	return false;
}

static FILE *open_or_die(const char *path)
{
	FILE *file = fopen(path, "re");

	if (!file)
		err(2, "%s", path);
	return file;
}

static void read_table(const char *path)
{
	FILE *file = open_or_die(path);
	char line[LINE];

	while (fgets(line, sizeof(line), file)) {
		line[strcspn(line, ";\n")] = '\0';
		if (!*line || *line == '#')
			continue;
		table = reallocarray(table, nr_table + 1, sizeof(*table));
		if (!table)
			err(2, "%s", path);
		strcpy(table[nr_table++], line);
	}
	fclose(file);
}

/* Whether a line of the table is about the function: its name is in front of the first "(". */
static bool is_about(const char *line, const char *function)
{
	size_t size = strlen(function), before = strcspn(line, "(");

	return before > size && !strncmp(line + before - size, function, size) &&
	       strchr(" *", line[before - size - 1]);
}

/* ---- BTF in C ---- */

static void append(void *text, const char *format, va_list args)
{
	size_t size = strlen(text);

	vsnprintf((char *)text + size, LINE - size, format, args);
}

/* A new btf_dump each time: it tells equal names of different types apart by a suffix. */
static void write_prototype(char text[LINE], const struct btf_type *function)
{
	struct btf_dump *dump = btf_dump__new(btf, append, text, NULL);
	const struct btf_dump_emit_type_decl_opts options = {
		.sz = sizeof(options),
		.field_name = btf__name_by_offset(btf, function->name_off),
	};

	*text = '\0';
	if (!dump || btf_dump__emit_type_decl(dump, function->type, &options))
		errx(2, "libbpf cannot write a prototype");
	btf_dump__free(dump);
}

static bool fits_register(unsigned int type)
{
	int id = btf__resolve_type(btf, type);
	const struct btf_type *t = btf__type_by_id(btf, id);

	if (!t)
		return false;
	return btf_is_ptr(t) ||
	       ((btf_is_int(t) || btf_is_any_enum(t)) && btf__resolve_size(btf, id) <= 8);
}

/* ---- checks ---- */

static bool in_table(const struct btf_type *function)
{
	const char *name = btf__name_by_offset(btf, function->name_off);
	char is[LINE];
	bool known = false;

	write_prototype(is, function);
	for (unsigned int i = 0; i < nr_table; i++)
		if (!strcmp(table[i], is))
			return true;
	complain("kernel: %s", is);
	for (unsigned int i = 0; i < nr_table; i++) {
		if (is_about(table[i], name)) {
			known = true;
			complain("table:  %s", table[i]);
		}
	}
	return known ? false : complain("not in the table");
}

/* @passed: 0: nothing is passed on */
static bool check_types(const struct btf_type *proto, unsigned int passed)
{
	const struct btf_param *param = btf_params(proto);
	bool good = true;

	if (passed && btf_vlen(proto) > passed)
		good = complain("%u arguments, of which %u are passed on", btf_vlen(proto), passed);
	for (unsigned int i = 0; i < btf_vlen(proto); i++)
		if (!fits_register(param[i].type))
			good = complain("argument %u is no integer or pointer", i + 1);
	if (proto->type && !fits_register(proto->type))
		good = complain("the result is no integer or pointer");
	return good;
}

/* Static functions of one name may have several entries: each must do. */
static bool check_function(const char *name, unsigned int passed)
{
	bool found = false, good = true;

	for (unsigned int id = 1; id < btf__type_cnt(btf); id++) {
		const struct btf_type *t = btf__type_by_id(btf, id);

		if (!btf_is_func(t) || strcmp(btf__name_by_offset(btf, t->name_off), name))
			continue;
		found = true;
		good &= in_table(t);
		good &= check_types(btf__type_by_id(btf, t->type), passed);
	}
	return found ? good : complain("BTF has no such function");
}

int main(int argc, char **argv)
{
	char line[LINE], function[128], kind[16];
	unsigned int args;
	FILE *hooks;

	if (argc != 4)
		errx(2, "Usage: prototypes BTF TABLE HOOKS");
	btf = btf__parse(argv[1], NULL);
	if (!btf)
		err(2, "%s", argv[1]);
	read_table(argv[2]);
	hooks = open_or_die(argv[3]);
	while (fgets(line, sizeof(line), hooks)) {
		bool good;

		if (sscanf(line, "%127s %15s %u", function, kind, &args) != 3)
			errx(2, "%s: not a hook: %s", argv[3], line);
		good = check_function(function, args);
		if (strcmp(kind, "entry") && !args)
			good = complain("how many arguments are passed on?");
		result(good, function, kind);
	}
	fclose(hooks);
	printf("1..%u\n", nr);
	btf__free(btf);
	free(table);
	return failed != 0;
}
