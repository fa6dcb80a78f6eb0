// SPDX-License-Identifier: GPL-2.0-only
/*
 * PROGRAM complete -- WORD...: what the last word, of which there may be a part, can become. The
 * shell asks this (completion/), and needs no list of its own.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli.h"
#include "options.h"

/*
 * Prints those that begin with what is there, and are not taken yet, with head before each. Behind
 * what is complete comes a blank.
 */
static void print_words(const struct names *words, const struct names *taken, const char *head,
			const char *there, const char *tail)
{
	for (unsigned int i = 0; i < words->nr; i++) {
		const char *word = words->name[i];

		if (!strncmp(word, there, strlen(there)) && !(taken && names_have(taken, word)))
			printf("%s%s%s\n", head, word, word[strlen(word) - 1] == '=' ? "" : tail);
	}
}

static bool is_list(const char *value)
{
	return strstr(value, ",...");
}

/* The value of an option: with what is before it in the same word, and before the last comma. */
static void print_values(const struct syntax *syntax, const struct opt *opt, const char *head,
			 const char *there)
{
	const char *comma = is_list(opt->value) ? strrchr(there, ',') : NULL;
	struct names words = { 0 }, taken = { 0 };
	size_t length = 0;
	char *before;

	if (!opt->words)
		return;
	opt->words(syntax, &words);
	if (comma) {
		length = (size_t)(comma + 1 - there);
		before = format("%.*s", (int)(comma - there), there);
		names_split(&taken, before + (*there == '+'));
		free(before);
	} else if (opt->c == 'o' || opt->c == OPT_COLUMNS) {
		length = *there == '+';
	}
	before = format("%s%.*s", head, (int)length, there);
	print_words(&words, &taken, before, there + length, is_list(opt->value) ? "" : " ");
	free(before);
	names_free(&taken);
	names_free(&words);
}

static void print_options(const struct syntax *syntax, const char *there)
{
	struct names words = { 0 };
	const struct opt *opt;
	char *word;

	for (unsigned int i = 0; (opt = opt_nr(syntax, i)); i++) {
		if (opt->name) {
			word = format("--%s", opt->name);
			names_add(&words, word);
			free(word);
		}
		if (opt->c < OPT_BY) {
			word = format("-%c", opt->c);
			names_add(&words, word);
			free(word);
		}
	}
	print_words(&words, NULL, "", there, " ");
	names_free(&words);
}

/* The option that a word is, if its value is the next word. */
static const struct opt *takes_next(const struct syntax *syntax, const char *word)
{
	const struct opt *opt = NULL;

	if (!strncmp(word, "--", 2))
		opt = opt_find(syntax, 0, word + 2);
	else if (*word == '-' && word[1])
		opt = opt_find(syntax, word[strlen(word) - 1], NULL);
	return opt && opt->value && *opt->value != '[' ? opt : NULL;
}

/* Options may follow: nothing has ended them. */
static bool in_options(const struct syntax *syntax, int argc, char **argv)
{
	for (int i = 0; i < argc; i++) {
		if (!strcmp(argv[i], "--") || (syntax->stops && *argv[i] != '-'))
			return false;
		if (takes_next(syntax, argv[i]))
			i++;
	}
	return true;
}

static void print_operands(const struct syntax *syntax, const char *there)
{
	struct names words = { 0 };

	if (syntax->operands)
		syntax->operands(syntax, &words);
	for (unsigned int i = 0; !syntax->command && the_program->commands[i]; i++)
		names_add(&words, the_program->commands[i]->command);
	print_words(&words, NULL, "", there, " ");
	names_free(&words);
}

/* argv: what follows the command's name, there: the word to complete */
static void complete(const struct syntax *syntax, int argc, char **argv, const char *there)
{
	bool options = in_options(syntax, argc, argv);
	const struct opt *opt = options && argc ? takes_next(syntax, argv[argc - 1]) : NULL;
	const char *equals = strchr(there, '=');
	char *name, *head;

	if (opt) {
		print_values(syntax, opt, "", there);
	} else if (options && equals && there[0] == '-' && there[1] == '-') {
		name = format("%.*s", (int)(equals - there - 2), there + 2);
		head = format("--%s=", name);
		opt = opt_find(syntax, 0, name);
		if (opt && opt->value)
			print_values(syntax, opt, head, equals + 1);
		free(name);
		free(head);
	} else if (options && *there == '-') {
		print_options(syntax, there);
	} else if (options || !syntax->stops) {
		print_operands(syntax, there);
	}
}

static int cmd_complete(int argc, char **argv)
{
	const struct syntax *syntax = the_program->alone, *command;
	const char *there;
	int status;

	status = opt_none(argc, argv, &complete_syntax);
	if (status >= 0)
		return status;
	argc -= optind;
	argv += optind;
	command = argc > 1 ? program_command(argv[0]) : NULL;
	if (command) {
		syntax = command;
		argc--;
		argv++;
	}
	if (syntax->complete)
		return syntax->complete(argc, argv);
	there = argc ? argv[--argc] : "";
	complete(syntax, argc, argv, there);
	return EXIT_SUCCESS;
}

const struct syntax complete_syntax = {
	.command = "complete",
	.args = "[--] [WORD]...",
	.what = "what the last word can become, for a shell",
	.run = cmd_complete,
	.takes_operands = true,
	.stops = true,
};
