/* SPDX-License-Identifier: GPL-2.0-only */
/* Writing JSON. Numbers keep all 64 bits. */
#ifndef IPCSTAT_JSON_H
#define IPCSTAT_JSON_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

struct names;

struct json {
	FILE *out;  /* NULL: the standard output */
	bool lines; /* everything in one line; otherwise indented */
	unsigned int depth;
	bool more; /* a comma comes before the next value */
	/* At this depth no keys are written but these; NULL: all. */
	const struct names *only;
	unsigned int only_depth;
	unsigned int skipped; /* brackets that are open, and not written */
};

/* bracket is '{' or '['; key is NULL inside an array and at the top. */
void json_open(struct json *json, const char *key, char bracket);
void json_close(struct json *json, char bracket);
void json_null(struct json *json, const char *key);
void json_number(struct json *json, const char *key, uint64_t value);
void json_signed(struct json *json, const char *key, int64_t value);
void json_real(struct json *json, const char *key, double value);
/* value as it is: a number as text */
void json_literal(struct json *json, const char *key, const char *value);
void json_bool(struct json *json, const char *key, bool value);
void json_string(struct json *json, const char *key, const char *value);

#endif
