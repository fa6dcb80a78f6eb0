// SPDX-License-Identifier: GPL-2.0-only
#include <inttypes.h>

#include "exposition.h"

void exposition_family(struct exposition *e, const struct family *family)
{
	e->family = family;
	e->headed = false;
}

/* What a family's name has behind it in a sample. */
static const char *suffix(const struct family *family)
{
	return family->type == COUNTER ? "_total" : family->type == INFO ? "_info" : "";
}

/* In 0.0.4 a family is called as its samples are, and there is no info. */
static void put_head(struct exposition *e)
{
	static const char *const types[] = { "gauge", "counter", "histogram", "info" };
	const struct family *family = e->family;
	const char *name = family->name, *end = e->openmetrics ? "" : suffix(family);
	bool info = family->type == INFO;

	if (e->headed)
		return;
	e->headed = true;
	fprintf(e->out, "# HELP %s%s %s\n", name, end, family->help);
	fprintf(e->out, "# TYPE %s%s %s\n", name, end,
		info && !e->openmetrics ? "gauge" : types[family->type]);
	if (e->openmetrics && family->unit)
		fprintf(e->out, "# UNIT %s %s\n", name, family->unit);
}

/* Is there room for a metric of nr series? */
static bool take(struct exposition *e, unsigned int nr)
{
	if (e->openmetrics && e->created &&
	    (e->family->type == COUNTER || e->family->type == HISTOGRAM))
		nr++;
	if (e->series + nr > e->limit) {
		e->truncated += nr;
		return false;
	}
	e->series += nr;
	put_head(e);
	return true;
}

static void put_escaped(FILE *out, const char *value)
{
	for (; *value; value++) {
		if (*value == '\n')
			fputs("\\n", out);
		else if (*value == '"' || *value == '\\')
			fprintf(out, "\\%c", *value);
		else
			putc(*value, out);
	}
}

/* The name of a series and its labels; le: of a bucket, or NULL. */
static void put_name(struct exposition *e, const char *end, const struct label *labels,
		     const char *le)
{
	const struct label bound[] = { { "le", le }, { NULL, NULL } };
	const struct label *const both[] = { labels, bound };
	char before = '{';

	fprintf(e->out, "%s%s", e->family->name, end);
	for (unsigned int i = 0; i < 2; i++) {
		for (const struct label *label = both[i]; label && label->name; label++) {
			if (!label->value)
				continue;
			fprintf(e->out, "%c%s=\"", before, label->name);
			put_escaped(e->out, label->value);
			putc('"', e->out);
			before = ',';
		}
	}
	fputs(before == ',' ? "} " : " ", e->out);
}

static void put_seconds(struct exposition *e, uint64_t ns)
{
	fprintf(e->out, "%" PRIu64 ".%09" PRIu64 "\n", ns / 1000000000, ns % 1000000000);
}

static void put_created(struct exposition *e, const struct label *labels)
{
	if (!e->openmetrics || !e->created)
		return;
	put_name(e, "_created", labels, NULL);
	fprintf(e->out, "%" PRIu64 "\n", e->since);
}

void exposition_value(struct exposition *e, const struct label *labels, uint64_t value)
{
	if (!take(e, 1))
		return;
	put_name(e, suffix(e->family), labels, NULL);
	fprintf(e->out, "%" PRIu64 "\n", value);
	if (e->family->type == COUNTER)
		put_created(e, labels);
}

void exposition_seconds(struct exposition *e, const struct label *labels, uint64_t ns)
{
	if (!take(e, 1))
		return;
	put_name(e, suffix(e->family), labels, NULL);
	put_seconds(e, ns);
	if (e->family->type == COUNTER)
		put_created(e, labels);
}

void exposition_histogram(struct exposition *e, const struct label *labels,
			  const struct exposition_bucket *bucket, unsigned int nr, uint64_t sum_ns)
{
	if (!take(e, nr + 2))
		return;
	for (unsigned int i = 0; i < nr; i++) {
		put_name(e, "_bucket", labels, bucket[i].le);
		fprintf(e->out, "%" PRIu64 "\n", bucket[i].count);
	}
	put_name(e, "_sum", labels, NULL);
	put_seconds(e, sum_ns);
	put_name(e, "_count", labels, NULL);
	fprintf(e->out, "%" PRIu64 "\n", bucket[nr - 1].count);
	put_created(e, labels);
}

void exposition_end(struct exposition *e)
{
	if (e->openmetrics)
		fputs("# EOF\n", e->out);
}
