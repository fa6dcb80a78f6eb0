// SPDX-License-Identifier: GPL-2.0-only
/* ipclab bench -J: user/schema/ipclab-bench.json says what is in it. */
#include "common/json.h"
#include "private.h"

static void put_latency(struct json *json, const char *key, const struct bench_latency *latency)
{
	json_open(json, key, '{');
	json_number(json, "count", latency->nr);
	json_number(json, "p50_ns", latency->p50_ns);
	json_number(json, "p90_ns", latency->p90_ns);
	json_number(json, "p99_ns", latency->p99_ns);
	json_number(json, "max_ns", latency->max_ns);
	json_close(json, '}');
}

/* Not known is null; what does not apply is left out. */
static void put_counter(struct json *json, const char *key, const struct nl_counter *counter)
{
	if (counter->kind == NL_VALUE)
		json_number(json, key, counter->value);
	else if (counter->kind == NL_UNKNOWN)
		json_null(json, key);
}

static void put_counted(struct json *json, const char *key, const struct bench_counted *counted)
{
	if (!counted->messages)
		return;
	json_open(json, key, '{');
	json_number(json, "messages", counted->messages);
	put_counter(json, "ops", &counted->ops);
	put_counter(json, "waits", &counted->waits);
	put_counter(json, "copied_bytes", &counted->copied);
	put_counter(json, "signals", &counted->signals);
	json_bool(json, "others", counted->others);
	json_close(json, '}');
}

static void put_size(struct json *json, size_t size)
{
	if (size)
		json_number(json, "size_bytes", size);
}

static void put_cell(struct json *json, const struct bench_cell *cell)
{
	json_open(json, NULL, '{');
	json_string(json, "mechanism", cell->carrier->exercise->name);
	put_size(json, cell->size);
	put_latency(json, "round_trip", &cell->round_trip);
	put_latency(json, "one_way", &cell->one_way);
	json_number(json, "same_cpu", cell->same_cpu);
	json_open(json, "stream", '{');
	json_number(json, "messages", cell->streamed);
	json_number(json, "ns", cell->stream_ns);
	json_real(json, "messages_per_s", bench_messages_per_s(cell));
	if (cell->size)
		json_real(json, "bytes_per_s", bench_messages_per_s(cell) * cell->size);
	json_close(json, '}');
	if (cell->counted[ROUND_TRIPS].messages) {
		json_open(json, "counted", '{');
		put_counted(json, "round_trips", &cell->counted[ROUND_TRIPS]);
		put_counted(json, "one_way", &cell->counted[ONE_WAY]);
		json_close(json, '}');
	}
	json_close(json, '}');
}

static void put_machine(struct json *json)
{
	struct bench_host host;

	bench_host(&host);
	json_open(json, "machine", '{');
	json_string(json, "kernel", host.kernel);
	json_number(json, "cpus", host.cpus);
	json_string(json, "kind", bench_machine_names[host.machine]);
	if (host.hypervisor[0])
		json_string(json, "hypervisor", host.hypervisor);
	json_close(json, '}');
}

static void put_pins(struct json *json, const struct bench_options *opt)
{
	if (opt->cpu[0] < 0)
		return;
	json_open(json, "pinned", '{');
	json_number(json, "sender", opt->cpu[0]);
	json_number(json, "receiver", opt->cpu[1]);
	json_close(json, '}');
}

/* Where rows end before the largest size. */
static void put_ends(struct json *json, const struct bench_result *result)
{
	json_open(json, "ends", '[');
	for (unsigned int i = 0; i < result->opt->nr_carriers; i++) {
		const struct bench_end *end = &result->end[i];

		if (!end->why[0])
			continue;
		json_open(json, NULL, '{');
		json_string(json, "mechanism", result->opt->carrier[i]->exercise->name);
		put_size(json, end->size);
		if (end->limit)
			json_number(json, "limit_bytes", end->limit);
		json_bool(json, "failed", !end->limit);
		json_string(json, "why", end->why);
		json_close(json, '}');
	}
	json_close(json, ']');
}

void bench_print_json(const struct bench_result *result)
{
	struct json json = { 0 };

	json_open(&json, NULL, '{');
	put_machine(&json);
	put_pins(&json, result->opt);
	json_bool(&json, "module", !result->uncounted);
	json_open(&json, "cells", '[');
	for (unsigned int i = 0; i < result->nr; i++)
		put_cell(&json, &result->cell[i]);
	json_close(&json, ']');
	put_ends(&json, result);
	json_close(&json, '}');
}
