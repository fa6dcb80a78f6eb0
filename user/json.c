// SPDX-License-Identifier: GPL-2.0-only
#include <inttypes.h>
#include <stdio.h>

#include "json.h"

static void print_string(const char *s)
{
	putchar('"');
	for (; *s; s++) {
		if (*s == '"' || *s == '\\')
			printf("\\%c", *s);
		else if ((unsigned char)*s < ' ')
			printf("\\u%04x", *s);
		else
			putchar(*s);
	}
	putchar('"');
}

static void new_line(const struct json *json)
{
	if (!json->lines)
		printf("\n%*s", (int)(3 * json->depth), "");
}

/* What stands before a value. */
static void begin(struct json *json, const char *key)
{
	if (json->more)
		printf(json->lines ? ", " : ",");
	if (json->depth)
		new_line(json);
	json->more = true;
	if (key) {
		print_string(key);
		printf(": ");
	}
}

void json_open(struct json *json, const char *key, char bracket)
{
	begin(json, key);
	putchar(bracket);
	json->depth++;
	json->more = false;
}

void json_close(struct json *json, char bracket)
{
	json->depth--;
	if (json->more)
		new_line(json);
	putchar(bracket);
	json->more = json->depth;
	if (!json->depth)
		putchar('\n');
}

void json_null(struct json *json, const char *key)
{
	begin(json, key);
	printf("null");
}

void json_number(struct json *json, const char *key, uint64_t value)
{
	begin(json, key);
	printf("%" PRIu64, value);
}

void json_real(struct json *json, const char *key, double value)
{
	begin(json, key);
	printf("%.3f", value);
}

void json_bool(struct json *json, const char *key, bool value)
{
	begin(json, key);
	printf(value ? "true" : "false");
}

void json_string(struct json *json, const char *key, const char *value)
{
	begin(json, key);
	print_string(value);
}
