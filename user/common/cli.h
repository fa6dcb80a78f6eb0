/* SPDX-License-Identifier: GPL-2.0-only */
/* What the programs share: names, numbers, times, and text that is fit to print. */
#ifndef IPCSTAT_CLI_H
#define IPCSTAT_CLI_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#define EXIT_BAD_ARGS 2 /* beside EXIT_SUCCESS and EXIT_FAILURE */

/* A list of names: of columns, of rows. */
struct names {
	unsigned int nr;
	char **name;
};

void names_add(struct names *names, const char *name);
bool names_have(const struct names *names, const char *name);
/* Takes "a,b,c" apart; false if a name is empty or there twice. */
bool names_split(struct names *names, const char *list);
/*
 * Takes a list from the command line apart; each name must be among all. Otherwise it
 * says what is wrong, in one line, and returns false. what: "column", ...
 */
bool names_choose(const char *list, const char *what, const struct names *all,
		  struct names *chosen);
/* "a b c"; to be freed. */
char *names_join(const struct names *names);
void names_free(struct names *names);

/* Puts a '?' for what could steer a terminal, and for what is no UTF-8. */
void make_printable(char *text);

/* The name of a process, printable; "?" and false: there is no such process. */
bool read_comm(pid_t tgid, char comm[32]);

#define SIGNAL_NAME_MAX 32

/* "SIGINT", "SIGRTMIN+3" */
void signal_name(unsigned int signal, char name[SIGNAL_NAME_MAX]);
/* "1.500s", "2m03s", "1h05m" */
void time_text(uint64_t ns, char text[32]);

/* Decimal; false: it is no number, or larger than max. */
bool parse_number(const char *arg, uint64_t max, uint64_t *number);

/* "1.5s", "50ms", "2" (seconds); false if it is no time. */
bool parse_time(const char *arg, uint64_t *ns);

/* As asprintf(3); to be freed, never NULL. */
char *format(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

/* p, unless it is NULL for want of memory: then the program ends. */
void *must(void *p);

#endif
