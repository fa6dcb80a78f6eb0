// SPDX-License-Identifier: GPL-2.0-only
#include <err.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "output.h"

/* ---- the options ---- */

static const char *const formats[] = { "", "short", "iso", "epoch" };
static const char *const whens[] = { "auto", "always", "never" };

static void add_formats(const struct syntax *syntax, struct names *words)
{
	(void)syntax;
	for (size_t i = TIME_SHORT; i < sizeof(formats) / sizeof(formats[0]); i++)
		names_add(words, formats[i]);
}

static void add_whens(const struct syntax *syntax, struct names *words)
{
	(void)syntax;
	for (size_t i = 0; i < sizeof(whens) / sizeof(whens[0]); i++)
		names_add(words, whens[i]);
}

static void add_columns_or_all(const struct syntax *syntax, struct names *words)
{
	add_columns(syntax, words);
	names_add(words, "all");
}

#define COLUMNS_HELP "these columns, or: all; +COLS adds to the usual ones"

const struct opt columns_opt[] = {
	{ 'o', "output", "COL,...", COLUMNS_HELP, add_columns_or_all },
	{ 0 },
};

const struct opt table_opts[] = {
	{ OPT_COLUMNS, "columns", "COL,...", COLUMNS_HELP, add_columns_or_all },
	{ OPT_NOHEADINGS, "noheadings", NULL, "without the names of the columns", NULL },
	{ OPT_RAW, "raw", NULL, "a blank between columns, \\x20 for one inside", NULL },
	{ OPT_COLOR, "color", "[WHEN]", "auto (on a terminal), always, or never", add_whens },
	{ 0 },
};

const struct opt report_opts[] = {
	{ 'J', "json", NULL, "print JSON", NULL },
	{ 'b', "bytes", NULL, "sizes in bytes, as they are in all tables anyway", NULL },
	{ 't', "timestamp", NULL, "the time with each report", NULL },
	{ 0 },
};

const struct opt time_format_opt[] = {
	{ OPT_TIME_FORMAT, "time-format", "FORMAT",
	  "of the time: short, iso, or epoch (in seconds)", add_formats },
	{ 0 },
};

/* The number of a word; -1: it is none of them. */
static int find_word(const char *word, const char *const *words, size_t nr)
{
	for (size_t i = 0; i < nr; i++)
		if (*words[i] && !strcmp(word, words[i]))
			return (int)i;
	return -1;
}

/* 0, or EXIT_BAD_ARGS and a line */
static int parse_format(const char *arg, struct output *output)
{
	int nr = find_word(arg, formats, sizeof(formats) / sizeof(formats[0]));

	if (nr < 0)
		return words_lack(arg, "format of times", add_formats) ? 0 : EXIT_BAD_ARGS;
	output->timestamp = true;
	output->time_format = (enum time_format)nr;
	return 0;
}

static int parse_when(const char *arg, struct output *output)
{
	int nr = arg ? find_word(arg, whens, sizeof(whens) / sizeof(whens[0])) : WHEN_ALWAYS;

	if (nr < 0)
		return words_lack(arg, "time for colours", add_whens) ? 0 : EXIT_BAD_ARGS;
	output->color = (enum when)nr;
	return 0;
}

int output_option(int c, struct output *output)
{
	switch (c) {
	case 'J':
		output->json = true;
		return 0;
	case 'b':
		return 0;
	case 'o':
	case OPT_COLUMNS:
		output->columns = optarg;
		return 0;
	case OPT_NOHEADINGS:
		output->noheadings = true;
		return 0;
	case OPT_RAW:
		output->raw = true;
		return 0;
	case 't':
		output->timestamp = true;
		return 0;
	case OPT_TIME_FORMAT:
		return parse_format(optarg, output);
	case OPT_COLOR:
		return parse_when(optarg, output);
	default:
		return -1;
	}
}

int output_parse(int argc, char **argv, const struct syntax *syntax, struct output *output,
		 bool *hide_idle)
{
	int c, status;

	while ((c = opt_next(argc, argv, syntax)) != -1) {
		if (c == 'h')
			return opt_help(syntax);
		if (c == 'z' && hide_idle) {
			*hide_idle = true;
			continue;
		}
		status = output ? output_option(c, output) : -1;
		if (status)
			return status > 0 ? status : opt_bad(c, argv, syntax);
	}
	return opt_end(argc, argv, syntax);
}

void output_free(struct output *output)
{
	names_free(&output->chosen);
	names_free(&output->keys);
}

/* ---- columns ---- */

static void add_missing(struct names *to, const struct names *from)
{
	for (unsigned int i = 0; i < from->nr; i++)
		if (!names_have(to, from->name[i]))
			names_add(to, from->name[i]);
}

bool output_choose_of(struct output *output, const struct names *all, const struct names *usual)
{
	const char *list = output->columns;
	struct names more = { 0 };
	bool good;

	if (!list)
		return true;
	if (!strcmp(list, "all")) {
		add_missing(&output->chosen, all);
		return true;
	}
	if (*list != '+')
		return names_choose(list, "column", all, &output->chosen);
	good = names_choose(list + 1, "column", all, &more);
	add_missing(&output->chosen, usual);
	add_missing(&output->chosen, &more);
	names_free(&more);
	return good;
}

bool output_choose(struct output *output, const struct column *all)
{
	struct names names = { 0 };
	bool good;

	add_columns(&(struct syntax){ .table = all }, &names);
	good = output_choose_of(output, &names, &names);
	names_free(&names);
	for (const struct column *column = all; good && column->name; column++)
		if (names_have(&output->chosen, column->name))
			names_split(&output->keys, column->keys ? column->keys : column->name);
	return good;
}

void output_begin_rows(const struct output *output, struct json *json)
{
	json->only = output->keys.nr ? &output->keys : output->chosen.nr ? &output->chosen : NULL;
	json->only_depth = json->depth + 1;
}

void output_end_rows(struct json *json)
{
	json->only = NULL;
}

/* ---- times ---- */

void time_stamp(const struct timespec *when, enum time_format format, bool fraction,
		char text[TIME_TEXT_MAX])
{
	unsigned int us = (unsigned int)(when->tv_nsec / 1000) % 1000000;
	char date[24], zone[8];
	struct tm tm;

	localtime_r(&when->tv_sec, &tm);
	switch (format) {
	case TIME_EPOCH:
		snprintf(text, TIME_TEXT_MAX, "%lld.%06u", (long long)when->tv_sec, us);
		break;
	case TIME_SHORT:
		strftime(date, sizeof(date), "%T", &tm);
		snprintf(text, TIME_TEXT_MAX, "%s.%03u", date, us / 1000);
		break;
	default:
		strftime(date, sizeof(date), "%FT%T", &tm);
		strftime(zone, sizeof(zone), "%z", &tm); /* +0130 */
		if (fraction)
			snprintf(text, TIME_TEXT_MAX, "%s.%06u%.3s:%s", date, us, zone, zone + 3);
		else
			snprintf(text, TIME_TEXT_MAX, "%s%.3s:%s", date, zone, zone + 3);
	}
}

/* False: nobody wants to know. */
static bool output_time_text(const struct output *output, const struct timespec *when,
			     char text[TIME_TEXT_MAX])
{
	struct timespec now;

	if (!output->timestamp)
		return false;
	clock_gettime(CLOCK_REALTIME, &now);
	time_stamp(when ? when : &now, output->time_format, false, text);
	return true;
}

void output_time(const struct output *output, const struct timespec *when, FILE *out)
{
	char text[TIME_TEXT_MAX];

	if (output_time_text(output, when, text))
		fprintf(out, "%s\n", text);
}

void output_time_json(const struct output *output, const struct timespec *when, struct json *json)
{
	char text[TIME_TEXT_MAX];

	if (!output_time_text(output, when, text))
		return;
	if (output->time_format == TIME_EPOCH)
		json_literal(json, "timestamp", text);
	else
		json_string(json, "timestamp", text);
}

/* ---- colours ---- */

bool output_in_color(const struct output *output, FILE *out)
{
	const char *no = getenv("NO_COLOR"), *term = getenv("TERM");

	if (output->raw || output->color != WHEN_AUTO)
		return !output->raw && output->color == WHEN_ALWAYS;
	return !(no && *no) && term && strcmp(term, "dumb") && isatty(fileno(out));
}

const char *color_code(enum mark mark)
{
	switch (mark) {
	case MARK_UNKNOWN:
		return "\033[33m";
	case MARK_TROUBLE:
		return "\033[31m";
	default:
		return "\033[m";
	}
}
