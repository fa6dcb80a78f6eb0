// SPDX-License-Identifier: GPL-2.0-only
/* Events as lines: text for people, JSON for programs. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "common/cli.h"
#include "common/json.h"
#include "print.h"

/* When it was, by the clock on the wall as it goes now. */
static struct timespec wall_time(const struct nl_event *event)
{
	struct timespec wall, mono;
	int64_t ns;

	clock_gettime(CLOCK_REALTIME, &wall);
	if (!event->happened)
		return wall;
	clock_gettime(CLOCK_MONOTONIC, &mono);
	ns = wall.tv_sec * INT64_C(1000000000) + wall.tv_nsec;
	ns -= mono.tv_sec * INT64_C(1000000000) + mono.tv_nsec - (int64_t)event->time_ns;
	wall.tv_sec = ns / 1000000000;
	wall.tv_nsec = ns % 1000000000;
	return wall;
}

/* ---- text ---- */

static bool is_process(const struct nl_event *event)
{
	return !strcmp(event->object, "process");
}

/* Identifiers of System V are signed. */
static bool is_sysv(const struct nl_event *event)
{
	return !strcmp(event->object, "msg") || !strcmp(event->object, "sem") ||
	       !strcmp(event->object, "shm");
}

/* " pipe:[123]", " msg 5"; nothing where it has no name */
static void print_object(const struct nl_event *event)
{
	if (!*event->object || is_process(event))
		return;
	if (is_sysv(event))
		printf(" %s %" PRId64, event->object, (int64_t)event->id);
	else
		printf(" %s:[%" PRIu64 "]", event->object, event->id);
}

static void print_process(const struct nl_event *event)
{
	if (event->pid)
		printf("%u (%s)", event->pid, event->comm);
	else
		printf("the kernel");
}

static void print_lost(const struct nl_event *event)
{
	printf("%s", event->mech);
	print_object(event);
	printf(": %" PRIu64 " bytes", event->bytes);
	if (event->messages)
		printf(" in %" PRIu64 " message%s", event->messages,
		       event->messages == 1 ? "" : "s");
	printf(" unread; gone with ");
	print_process(event);
}

static void print_signal(const struct nl_event *event)
{
	char name[SIGNAL_NAME_MAX];

	signal_name(event->signal, name);
	printf("%s from ", name);
	print_process(event);
	printf(" to %" PRIu64 "%s", event->id,
	       event->info_only ? " came without its siginfo" : " is lost: too many are pending");
}

static void print_limit(const struct nl_event *event)
{
	printf("%s", event->mech);
	print_object(event);
	printf(" is full for ");
	print_process(event);
}

static void print_wait(const struct nl_event *event)
{
	char took[32];

	time_text(event->wait_ns, took);
	printf("%s", event->mech);
	print_object(event);
	printf(" %s: ", event->direction);
	print_process(event);
	printf(" waited %s", took);
}

static void print_half(const char *what, const struct nl_counter *value)
{
	if (!value[NL_OPS].value && !value[NL_WAITS].value)
		return;
	printf(" %s", what);
	for (int i = 0; i < NL_FLOW_VALUES; i++) {
		if (i == NL_COPIED || value[i].kind == NL_NONE)
			continue;
		if (value[i].kind == NL_UNKNOWN)
			printf(" %s=?", nl_flow_value_names[i]);
		else if (value[i].value)
			printf(" %s=%" PRIu64, nl_flow_value_names[i], value[i].value);
	}
}

static void print_exit(const struct nl_event *event)
{
	print_process(event);
	printf(" has ended%s:", event->partial ? "; of it at least" : "");
	for (unsigned int i = 0; i < event->nr_totals; i++) {
		const struct nl_total *total = &event->total[i];

		printf("%s %s", i ? ";" : "", total->mech);
		print_half("send", total->send);
		print_half("recv", total->recv);
	}
}

static void print_text(const struct nl_event *event, enum time_format format)
{
	struct timespec wall = wall_time(event);
	char time[TIME_TEXT_MAX];

	time_stamp(&wall, format == TIME_USUAL ? TIME_SHORT : format, true, time);
	printf("%s %-10s ", time, event->group);
	if (!event->happened)
		printf("...");
	else if (!strcmp(event->group, "lost"))
		print_lost(event);
	else if (!strcmp(event->group, "signal"))
		print_signal(event);
	else if (!strcmp(event->group, "limit"))
		print_limit(event);
	else if (!strcmp(event->group, "exit"))
		print_exit(event);
	else
		print_wait(event);
	if (event->suppressed)
		printf(" (before it %" PRIu64 " more that were not told)", event->suppressed);
	putchar('\n');
}

/* ---- JSON ---- */

static void json_text(struct json *json, const char *key, const char *value)
{
	if (*value)
		json_string(json, key, value);
}

static void json_half(struct json *json, const char *direction, const struct nl_counter *value)
{
	char key[32];

	for (int i = 0; i < NL_FLOW_VALUES; i++) {
		snprintf(key, sizeof(key), "%s_%s", direction, nl_flow_value_names[i]);
		if (value[i].kind == NL_VALUE)
			json_number(json, key, value[i].value);
		else if (value[i].kind == NL_UNKNOWN)
			json_null(json, key);
	}
}

static void json_totals(struct json *json, const struct nl_event *event)
{
	json_bool(json, "partial", event->partial);
	json_open(json, "mechanisms", '[');
	for (unsigned int i = 0; i < event->nr_totals; i++) {
		json_open(json, NULL, '{');
		json_string(json, "mechanism", event->total[i].mech);
		json_half(json, "send", event->total[i].send);
		json_half(json, "recv", event->total[i].recv);
		json_close(json, '}');
	}
	json_close(json, ']');
}

static void json_what(struct json *json, const struct nl_event *event)
{
	bool lost = !strcmp(event->group, "lost"), exit = !strcmp(event->group, "exit");

	json_number(json, "monotonic_ns", event->time_ns);
	if (event->pid) {
		json_number(json, "pid", event->pid);
		json_string(json, "comm", event->comm);
		json_number(json, "uid", event->uid);
		json_number(json, "start_ns", event->start_ns);
	}
	json_text(json, "mechanism", event->mech);
	json_text(json, "direction", event->direction);
	json_text(json, "object", event->object);
	if (*event->object) {
		if (is_sysv(event))
			json_signed(json, "id", (int64_t)event->id);
		else
			json_number(json, "id", event->id);
		json_number(json, "space", event->space);
	}
	if (event->has_part)
		json_number(json, "part", event->part);
	if (lost)
		json_number(json, "bytes", event->bytes);
	if (event->messages)
		json_number(json, "messages", event->messages);
	if (event->wait_ns)
		json_number(json, "wait_ns", event->wait_ns);
	if (event->signal) {
		json_number(json, "signal", event->signal);
		json_bool(json, "info_only", event->info_only);
	}
	if (exit)
		json_totals(json, event);
}

/* The usual one is UTC. */
static void json_time(struct json *json, const struct timespec *wall, enum time_format format)
{
	char seconds[32], text[TIME_TEXT_MAX];
	struct tm tm;

	if (format != TIME_USUAL) {
		time_stamp(wall, format, true, text);
	} else {
		gmtime_r(&wall->tv_sec, &tm);
		strftime(seconds, sizeof(seconds), "%Y-%m-%dT%H:%M:%S", &tm);
		snprintf(text, sizeof(text), "%s.%06uZ", seconds,
			 (unsigned int)(wall->tv_nsec / 1000) % 1000000);
	}
	if (format == TIME_EPOCH)
		json_literal(json, "time", text);
	else
		json_string(json, "time", text);
}

static void print_json(const struct nl_event *event, enum time_format format)
{
	struct timespec wall = wall_time(event);
	struct json json = { .lines = true };

	json_open(&json, NULL, '{');
	json_time(&json, &wall, format);
	json_string(&json, "group", event->group);
	if (event->lost)
		json_number(&json, "lost_before", event->lost);
	if (event->suppressed)
		json_number(&json, "suppressed_before", event->suppressed);
	if (event->happened)
		json_what(&json, event);
	json_close(&json, '}');
}

void event_print(const struct nl_event *event, const struct output *output)
{
	if (output->json)
		print_json(event, output->time_format);
	else
		print_text(event, output->time_format);
}
