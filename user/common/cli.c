// SPDX-License-Identifier: GPL-2.0-only
#include <ctype.h>
#include <err.h>
#include <errno.h>
#include <inttypes.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli.h"

void names_add(struct names *names, const char *name)
{
	names->name = must(reallocarray(names->name, names->nr + 1, sizeof(*names->name)));
	names->name[names->nr++] = must(strdup(name));
}

bool names_have(const struct names *names, const char *name)
{
	for (unsigned int i = 0; i < names->nr; i++)
		if (!strcmp(names->name[i], name))
			return true;
	return false;
}

bool names_split(struct names *names, const char *list)
{
	char *copy = must(strdup(list)), *rest = copy, *name;
	bool good = true;

	while (good && (name = strsep(&rest, ","))) {
		good = *name && !names_have(names, name);
		names_add(names, name);
	}
	free(copy);
	return good;
}

bool names_choose(const char *list, const char *what, const struct names *all, struct names *chosen)
{
	bool good = names_split(chosen, list);
	char *there;

	for (unsigned int i = 0; good && i < chosen->nr; i++) {
		if (names_have(all, chosen->name[i]))
			continue;
		there = names_join(all);
		warnx("%s: no such %s; there are: %s", chosen->name[i], what, there);
		free(there);
		return false;
	}
	if (!good)
		warnx("%s: a %s is empty or named twice", list, what);
	return good;
}

char *names_join(const struct names *names)
{
	char *text = NULL;
	size_t size;
	FILE *out = must(open_memstream(&text, &size));

	for (unsigned int i = 0; i < names->nr; i++)
		fprintf(out, "%s%s", i ? " " : "", names->name[i]);
	fclose(out);
	return must(text);
}

void names_free(struct names *names)
{
	for (unsigned int i = 0; i < names->nr; i++)
		free(names->name[i]);
	free(names->name);
	*names = (struct names){ 0 };
}

/* The bytes of a character that is fit to print; 0 if there is none. */
static unsigned int printable(const unsigned char *text)
{
	static const unsigned int least[] = { 0, ' ', 0xa0, 0x800, 0x10000 };
	unsigned int len = *text < 0x80 ? 1 : *text < 0xe0 ? 2 : *text < 0xf0 ? 3 : 4;
	unsigned int code = len == 1 ? *text : *text & (0x7fU >> len);

	if (code == 0x7f || (len > 1 && *text < 0xc2))
		return 0;
	for (unsigned int i = 1; i < len; i++) {
		if ((text[i] & 0xc0) != 0x80)
			return 0;
		code = code << 6 | (text[i] & 0x3f);
	}
	return code < least[len] || code > 0x10ffff || (code >= 0xd800 && code < 0xe000) ? 0 : len;
}

void make_printable(char *text)
{
	while (*text) {
		unsigned int len = printable((unsigned char *)text);

		if (!len)
			*text = '?';
		text += len ? len : 1;
	}
}

bool read_comm(pid_t tgid, char comm[32])
{
	char path[64];
	size_t len;
	FILE *f;

	snprintf(path, sizeof(path), "/proc/%d/comm", tgid);
	strcpy(comm, "?");
	f = fopen(path, "r");
	if (!f)
		return false;
	/* It may have a newline of its own, before the last one. */
	len = fread(comm, 1, 31, f);
	comm[len && comm[len - 1] == '\n' ? len - 1 : len] = '\0';
	make_printable(comm);
	fclose(f);
	return true;
}

void time_text(uint64_t ns, char text[32])
{
	uint64_t s = ns / 1000000000;

	if (s < 60)
		snprintf(text, 32, "%.3fs", (double)ns / 1e9);
	else if (s < 3600)
		snprintf(text, 32, "%" PRIu64 "m%02" PRIu64 "s", s / 60, s % 60);
	else
		snprintf(text, 32, "%" PRIu64 "h%02" PRIu64 "m", s / 3600, s / 60 % 60);
}

bool parse_number(const char *arg, uint64_t max, uint64_t *number)
{
	char *end;

	errno = 0;
	*number = strtoull(arg, &end, 10);
	return isdigit((unsigned char)*arg) && !*end && !errno && *number <= max;
}

bool parse_time(const char *arg, uint64_t *ns)
{
	static const struct {
		const char *name;
		double ns;
	} units[] = {
		{ "", 1e9 },  { "ns", 1 },   { "us", 1e3 },   { "ms", 1e6 },
		{ "s", 1e9 }, { "m", 60e9 }, { "h", 3600e9 },
	};
	char *end;
	double value;

	/* No sign, no "inf", no hexadecimal, no exponent. */
	if (!isdigit((unsigned char)*arg) || strspn(arg, "0123456789.") == 0)
		return false;
	if (arg[0] == '0' && (arg[1] == 'x' || arg[1] == 'X'))
		return false;
	value = strtod(arg, &end);
	if (end != arg + strspn(arg, "0123456789."))
		return false;
	for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++) {
		if (strcmp(end, units[i].name))
			continue;
		value *= units[i].ns;
		if (!(value < 1e18))
			return false;
		*ns = (uint64_t)value;
		return true;
	}
	return false;
}

void signal_name(unsigned int signal, char name[SIGNAL_NAME_MAX])
{
	const char *abbrev = sigabbrev_np((int)signal);

	if (abbrev)
		snprintf(name, SIGNAL_NAME_MAX, "SIG%s", abbrev);
	else if ((int)signal == SIGRTMIN)
		snprintf(name, SIGNAL_NAME_MAX, "SIGRTMIN");
	else if ((int)signal == SIGRTMAX)
		snprintf(name, SIGNAL_NAME_MAX, "SIGRTMAX");
	else if ((int)signal > SIGRTMIN)
		snprintf(name, SIGNAL_NAME_MAX, "SIGRTMIN+%d", (int)signal - SIGRTMIN);
	else /* the C library keeps it for itself */
		snprintf(name, SIGNAL_NAME_MAX, "SIG%u", signal);
}

char *format(const char *fmt, ...)
{
	va_list ap;
	char *text;

	va_start(ap, fmt);
	if (vasprintf(&text, fmt, ap) < 0)
		must(NULL);
	va_end(ap);
	return text;
}

void *must(void *p)
{
	if (!p)
		err(EXIT_FAILURE, "out of memory");
	return p;
}
