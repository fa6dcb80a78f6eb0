/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What each program and each of its commands takes, told once: getopt_long(3), the help text, and
 * the completion of bash are made of it.
 */
#ifndef IPCSTAT_OPTIONS_H
#define IPCSTAT_OPTIONS_H

#include <getopt.h>
#include <stdbool.h>

#include "common/cli.h"

/* Options without a letter, of all commands. */
enum {
	OPT_BY = 256,
	OPT_COLOR,
	OPT_COLUMNS,
	OPT_COUNT,
	OPT_CREATED,
	OPT_FLOWS,
	OPT_LISTEN,
	OPT_LONGER_THAN,
	OPT_MAX_FLOWS,
	OPT_MECHANISM,
	OPT_MIN_BYTES,
	OPT_NOHEADINGS,
	OPT_OBJECT,
	OPT_PER_CGROUP,
	OPT_PER_PROCESS,
	OPT_PIN,
	OPT_PLOT,
	OPT_PROGRAM,
	OPT_RAW,
	OPT_SORT,
	OPT_SOURCE,
	OPT_STRICT,
	OPT_SVG,
	OPT_TASK,
	OPT_TEXTFILE,
	OPT_TIME,
	OPT_TIME_FORMAT,
	OPT_WAIT,
};

struct syntax;

/* Adds the words that can stand there. What is not known, as without the module, is not added. */
typedef void add_words_fn(const struct syntax *syntax, struct names *words);

struct opt {
	int c;               /* the letter, or one of those above; 0 ends an array */
	const char *name;    /* the long one, or NULL */
	const char *value;   /* what it takes: "FILE"; "A,..." is a list; "[N]" may be left out */
	const char *what;    /* for the help, in lines of 53 characters; synonyms have the same */
	add_words_fn *words; /* of the value; NULL: there is no list of them */
};

#define MAX_OPT_GROUPS 8

/* A column of a table. */
struct column {
	const char *name;
	bool text;        /* aligned to the left */
	const char *keys; /* what it is in JSON, with commas between; NULL: its name */
};

struct syntax {
	const char *command; /* NULL: what the program does without one */
	const char *args;    /* as in "[-z] [MECH,...]"; there may be several lines of them */
	const char *what;    /* in a line */
	int (*run)(int argc, char **argv);
	const struct opt *opts[MAX_OPT_GROUPS]; /* beside -h */
	bool takes_operands;
	bool stops; /* at the first operand: what follows is a command of its own */
	add_words_fn *operands;
	const struct column *table; /* ends with a name NULL; if it always has the same columns */
	add_words_fn *columns;      /* otherwise; NULL, too: it prints no table */
	const char *more;           /* at the end of the help, or NULL */
	/* Completes what follows the command, where another program does; or NULL. */
	int (*complete)(int argc, char **argv);
};

/* What a main() hands over. */
struct program {
	const char *name;
	const char *what;                     /* lines of the help */
	const struct syntax *alone;           /* what it does without a command */
	const struct syntax *const *commands; /* in the order of the help; the last one is NULL */
	const char *more;                     /* at the end of the help, or NULL */
};

/* The one that runs. */
extern const struct program *the_program;

/* Runs the command that is the first word, or what the program does alone. The exit status. */
int program_main(int argc, char **argv, const struct program *program);
const struct syntax *program_command(const char *name); /* NULL: it has none of that name */
/* For -V: prints the version; returns EXIT_SUCCESS. */
int program_version(void);

/* The command that completion calls, for programs that have one. */
extern const struct syntax complete_syntax;

extern const struct opt json_opt[], idle_opt[], version_opt[]; /* -J; -z; -V */

/* As getopt_long(3); 'h' is among what it returns. */
int opt_next(int argc, char **argv, const struct syntax *syntax);
/* What opt_next() returned c for is wrong: one line. Returns EXIT_BAD_ARGS. */
int opt_bad(int c, char **argv, const struct syntax *syntax);
/* After the options: -1, or EXIT_BAD_ARGS and a line: the command takes no operands. */
int opt_end(int argc, char **argv, const struct syntax *syntax);
/* All of it, of a command without options: -1, or the exit status if it is to end here. */
int opt_none(int argc, char **argv, const struct syntax *syntax);
/* Prints the help of a command, or of the program; returns EXIT_SUCCESS. */
int opt_help(const struct syntax *syntax);

/* The options of a command, one after the other; the last ones are NULL. */
const struct opt *opt_nr(const struct syntax *syntax, unsigned int nr);

/* The option of that letter, or of that long name; NULL: there is none. */
const struct opt *opt_find(const struct syntax *syntax, int c, const char *name);

/* Says that there is no such word, and which there are; returns false. */
bool words_lack(const char *word, const char *what, add_words_fn *there_are);

/* The columns of a command. */
void add_columns(const struct syntax *syntax, struct names *words);
/* The rows of the module. */
void add_mechanisms(const struct syntax *syntax, struct names *words);

#endif
