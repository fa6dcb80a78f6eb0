// SPDX-License-Identifier: GPL-2.0-only
#include <inttypes.h>
#include <stdio.h>

#include "cli.h"
#include "json.h"

static FILE *out_of(const struct json *json)
{
	return json->out ? json->out : stdout;
}

static void print_string(FILE *out, const char *s)
{
	putc('"', out);
	for (; *s; s++) {
		if (*s == '"' || *s == '\\')
			fprintf(out, "\\%c", *s);
		else if ((unsigned char)*s < ' ')
			fprintf(out, "\\u%04x", *s);
		else
			putc(*s, out);
	}
	putc('"', out);
}

static void new_line(const struct json *json)
{
	if (!json->lines)
		fprintf(out_of(json), "\n%*s", (int)(3 * json->depth), "");
}

/* What stands before a value. False: it is not to be written. */
static bool begin(struct json *json, const char *key)
{
	if (json->skipped ||
	    (key && json->only && json->depth == json->only_depth && !names_have(json->only, key)))
		return false;
	if (json->more)
		fprintf(out_of(json), json->lines ? ", " : ",");
	if (json->depth)
		new_line(json);
	json->more = true;
	if (key) {
		print_string(out_of(json), key);
		fprintf(out_of(json), ": ");
	}
	return true;
}

void json_open(struct json *json, const char *key, char bracket)
{
	if (!begin(json, key)) {
		json->skipped++;
		return;
	}
	putc(bracket, out_of(json));
	json->depth++;
	json->more = false;
}

void json_close(struct json *json, char bracket)
{
	if (json->skipped) {
		json->skipped--;
		return;
	}
	json->depth--;
	if (json->more)
		new_line(json);
	putc(bracket, out_of(json));
	json->more = json->depth;
	if (!json->depth)
		putc('\n', out_of(json));
}

void json_null(struct json *json, const char *key)
{
	if (begin(json, key))
		fprintf(out_of(json), "null");
}

void json_number(struct json *json, const char *key, uint64_t value)
{
	if (begin(json, key))
		fprintf(out_of(json), "%" PRIu64, value);
}

void json_signed(struct json *json, const char *key, int64_t value)
{
	if (begin(json, key))
		fprintf(out_of(json), "%" PRId64, value);
}

void json_real(struct json *json, const char *key, double value)
{
	if (begin(json, key))
		fprintf(out_of(json), "%.3f", value);
}

void json_literal(struct json *json, const char *key, const char *value)
{
	if (begin(json, key))
		fputs(value, out_of(json));
}

void json_bool(struct json *json, const char *key, bool value)
{
	if (begin(json, key))
		fprintf(out_of(json), value ? "true" : "false");
}

void json_string(struct json *json, const char *key, const char *value)
{
	if (begin(json, key))
		print_string(out_of(json), value);
}
