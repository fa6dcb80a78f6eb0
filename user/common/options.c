// SPDX-License-Identifier: GPL-2.0-only
#include <err.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ipcstat/ipcstat.h"
#include "options.h"

#define MAX_OPTS 32
#define WHAT_COLUMN 27 /* of the help */
#define HELP_WIDTH 79

const struct opt json_opt[] = {
	{ 'J', "json", NULL, "print JSON", NULL },
	{ 0 },
};

const struct opt idle_opt[] = {
	{ 'z', NULL, NULL, "leave out what nothing happened with", NULL },
	{ 0 },
};

const struct opt version_opt[] = {
	{ 'V', "version", NULL, "the version", NULL },
	{ 0 },
};

static const struct opt help_opt[] = {
	{ 'h', "help", NULL, "this text", NULL },
	{ 0 },
};

const struct opt *opt_nr(const struct syntax *syntax, unsigned int nr)
{
	for (int i = 0; i <= MAX_OPT_GROUPS; i++) {
		const struct opt *opt = i < MAX_OPT_GROUPS ? syntax->opts[i] : help_opt;

		for (; opt && opt->c; opt++)
			if (!nr--)
				return opt;
	}
	return NULL;
}

const struct opt *opt_find(const struct syntax *syntax, int c, const char *name)
{
	const struct opt *opt;

	for (unsigned int i = 0; (opt = opt_nr(syntax, i)); i++)
		if (name ? opt->name && !strcmp(opt->name, name) : opt->c == c)
			return opt;
	return NULL;
}

static int has_arg(const struct opt *opt)
{
	if (!opt->value)
		return no_argument;
	return *opt->value == '[' ? optional_argument : required_argument;
}

int opt_next(int argc, char **argv, const struct syntax *syntax)
{
	struct option names[MAX_OPTS + 1] = { 0 };
	char letters[3 * MAX_OPTS + 3] = "", *letter = letters;
	unsigned int nr = 0;
	const struct opt *opt;

	if (syntax->stops)
		*letter++ = '+';
	*letter++ = ':';
	for (unsigned int i = 0; i < MAX_OPTS && (opt = opt_nr(syntax, i)); i++) {
		if (opt->name)
			names[nr++] = (struct option){ opt->name, has_arg(opt), NULL, opt->c };
		if (opt->c >= OPT_BY)
			continue;
		*letter++ = (char)opt->c;
		if (opt->value)
			*letter++ = ':';
	}
	*letter = '\0';
	return getopt_long(argc, argv, letters, names, NULL);
}

/* "ipcstat flows", "ipcstat-exporter" */
static void print_name(FILE *out, const struct syntax *syntax)
{
	fprintf(out, "%s%s%s", the_program->name, syntax->command ? " " : "",
		syntax->command ? syntax->command : "");
}

static int see_help(const struct syntax *syntax, const char *what)
{
	fprintf(stderr, "; `");
	print_name(stderr, syntax);
	fprintf(stderr, " -h` %s\n", what);
	return EXIT_BAD_ARGS;
}

int opt_bad(int c, char **argv, const struct syntax *syntax)
{
	const char *word = argv[optind - 1];

	fprintf(stderr, "%s: ", program_invocation_name);
	if (c == ':') {
		fprintf(stderr, "%s needs a value", word);
		return see_help(syntax, "says which");
	}
	if (optopt > 0 && optopt < OPT_BY && !opt_find(syntax, optopt, NULL))
		fprintf(stderr, "-%c: no such option", optopt);
	else /* a long option: optopt is 0, or that of an option which takes no value */
		fprintf(stderr, "%s: no such option, or it takes no value", word);
	return see_help(syntax, "lists them");
}

int opt_end(int argc, char **argv, const struct syntax *syntax)
{
	if (optind == argc || syntax->takes_operands)
		return -1;
	fprintf(stderr, "%s: %s: `", program_invocation_name, argv[optind]);
	print_name(stderr, syntax);
	fprintf(stderr, "` takes no such argument");
	return see_help(syntax, "says what it takes");
}

int opt_none(int argc, char **argv, const struct syntax *syntax)
{
	int c = opt_next(argc, argv, syntax);

	if (c == 'h')
		return opt_help(syntax);
	return c == -1 ? opt_end(argc, argv, syntax) : opt_bad(c, argv, syntax);
}

/* ---- help ---- */

/* Whether it is another name of one that comes before it: both are told alike. */
static bool is_synonym(const struct syntax *syntax, unsigned int nr)
{
	for (unsigned int i = 0; i < nr; i++)
		if (!strcmp(opt_nr(syntax, i)->what, opt_nr(syntax, nr)->what))
			return true;
	return false;
}

/* With its synonyms, which come behind it. Returns how wide that is. */
static int print_names(const struct syntax *syntax, unsigned int nr)
{
	const struct opt *opt = opt_nr(syntax, nr), *other;
	int at = opt->c < OPT_BY ? printf("  -%c", opt->c) : printf("    ");

	if (opt->name)
		at += printf("%s --%s", opt->c < OPT_BY ? "," : " ", opt->name);
	while ((other = opt_nr(syntax, ++nr)))
		if (other->name && !strcmp(other->what, opt->what))
			at += printf(", --%s", other->name);
	if (opt->value && *opt->value == '[')
		at += printf("[=%s", opt->value + 1);
	else if (opt->value)
		at += printf(" %s", opt->value);
	return at;
}

static void print_option(const struct syntax *syntax, unsigned int nr)
{
	const char *what = opt_nr(syntax, nr)->what;
	int at = print_names(syntax, nr);

	if (at >= WHAT_COLUMN) {
		putchar('\n');
		at = 0;
	}
	for (;;) {
		int length = (int)strcspn(what, "\n");

		printf("%*s%.*s\n", WHAT_COLUMN - at, "", length, what);
		if (!what[length])
			break;
		what += length + 1;
		at = 0;
	}
}

/* Words, in lines that are not too long. */
static void print_words(const struct names *words)
{
	int at = 0;

	for (unsigned int i = 0; i < words->nr; i++) {
		int length = (int)strlen(words->name[i]);

		if (at && at + 1 + length > HELP_WIDTH) {
			putchar('\n');
			at = 0;
		}
		at += printf("%s%s", at ? " " : "  ", words->name[i]);
	}
	putchar('\n');
}

static void print_columns(const struct syntax *syntax)
{
	struct names columns = { 0 };

	add_columns(syntax, &columns);
	puts("\nColumns:");
	if (columns.nr)
		print_words(&columns);
	else
		puts("  the module has their names: load it to see them here");
	names_free(&columns);
}

static void print_options(const struct syntax *syntax)
{
	for (unsigned int i = 0; opt_nr(syntax, i); i++)
		if (!is_synonym(syntax, i))
			print_option(syntax, i);
	if (syntax->columns || syntax->table)
		print_columns(syntax);
}

static void print_usage(const struct syntax *syntax)
{
	const char *head = "Usage: ", *args = syntax->args;

	for (;;) {
		int length = (int)strcspn(args, "\n");

		fputs(head, stdout);
		print_name(stdout, syntax);
		printf("%s%.*s\n", length ? " " : "", length, args);
		if (!args[length])
			break;
		args += length + 1;
		head = "       ";
	}
}

static void print_commands(const struct syntax *const *command)
{
	puts("\nCommands, each with a -h of its own:");
	for (; *command; command++)
		printf("  %-8s %-20s %s\n", (*command)->command, (*command)->args,
		       (*command)->what);
}

int opt_help(const struct syntax *syntax)
{
	const char *more = syntax->more;

	print_usage(syntax);
	if (syntax->command) {
		printf("\n%c%s.\n\n", *syntax->what & ~0x20, syntax->what + 1);
		print_options(syntax);
	} else {
		printf("\n%s\n", the_program->what);
		print_options(syntax);
		print_commands(the_program->commands);
		more = the_program->more;
	}
	if (more)
		printf("\n%s\n", more);
	return EXIT_SUCCESS;
}

/* ---- words ---- */

bool words_lack(const char *word, const char *what, add_words_fn *there_are)
{
	struct names words = { 0 };
	char *text;

	there_are(NULL, &words);
	text = names_join(&words);
	warnx("%s: no such %s; there are: %s", word, what, text);
	free(text);
	names_free(&words);
	return false;
}

void add_columns(const struct syntax *syntax, struct names *words)
{
	for (const struct column *column = syntax->table; column && column->name; column++)
		names_add(words, column->name);
	if (syntax->columns)
		syntax->columns(syntax, words);
}

void add_mechanisms(const struct syntax *syntax, struct names *words)
{
	struct nl_rows rows = { 0 };
	struct nl *nl;

	(void)syntax;
	if (!nl_open(&nl) && !nl_get_rows(nl, NULL, &rows))
		for (unsigned int i = 0; i < rows.nr; i++)
			names_add(words, rows.row[i].name);
	nl_free_rows(&rows);
	nl_end(nl);
}
