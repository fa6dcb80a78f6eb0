// SPDX-License-Identifier: GPL-2.0-only
/* What ipclab bench is told to do. */
#include <limits.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/cli.h"
#include "ipclab/commands.h"
#include "private.h"

#define MAX_COUNT 1000000000UL
#define MIN_TIME_NS 1000000UL
#define MAX_TIME_NS (3600 * NS_PER_S)
#define USUAL_TIME_NS (NS_PER_S / 2)

/* ---- mechanisms ---- */

static const struct carrier *find(const char *name)
{
	char names[MAX_EXERCISES * IPCSTAT_NAME_MAX] = "";

	for (unsigned int i = 0; exercises[i]; i++) {
		if (!exercises[i]->carrier)
			continue;
		if (!strcmp(exercises[i]->name, name))
			return exercises[i]->carrier;
		strcat(strcat(names, " "), exercises[i]->name);
	}
	lab_bad("%s: no such mechanism; there are:%s", name, names);
}

static void choose(struct bench_options *opt, const struct carrier *carrier)
{
	for (unsigned int i = 0; i < opt->nr_carriers; i++)
		if (opt->carrier[i] == carrier)
			lab_bad("%s: named twice", carrier->exercise->name);
	opt->carrier[opt->nr_carriers++] = carrier;
}

static bool any_has_size(const struct bench_options *opt)
{
	for (unsigned int i = 0; i < opt->nr_carriers; i++)
		if (opt->carrier[i]->exercise->limit)
			return true;
	return false;
}

/* ---- sizes ---- */

static int by_size(const void *a, const void *b)
{
	size_t x = *(const size_t *)a, y = *(const size_t *)b;

	return x < y ? -1 : x > y;
}

static size_t size_of(const char *text, size_t len)
{
	unsigned long value = 0;
	size_t digits = strspn(text, "0123456789"), unit = 1;

	if (digits && digits + 1 == len && text[digits] == 'K')
		unit = 1UL << 10;
	else if (digits && digits + 1 == len && text[digits] == 'M')
		unit = 1UL << 20;
	else if (!digits || digits != len)
		lab_bad("-s %.*s: no size; it takes bytes, as in 1,64,4K,1M", (int)len, text);
	for (size_t i = 0; i < digits && value <= BENCH_MAX_SIZE; i++)
		value = value * 10 + (text[i] - '0');
	if (!value || value > BENCH_MAX_SIZE / unit)
		lab_bad("-s %.*s: out of range, 1 to 64M are allowed", (int)len, text);
	return value * unit;
}

static void take_sizes(struct bench_options *opt, const char *list)
{
	size_t len;

	opt->nr_sizes = 0;
	do {
		len = strcspn(list, ",");
		if (opt->nr_sizes == BENCH_MAX_SIZES)
			lab_bad("-s: more than %u sizes", BENCH_MAX_SIZES);
		opt->size[opt->nr_sizes++] = size_of(list, len);
		list += len;
	} while (*list++);
	qsort(opt->size, opt->nr_sizes, sizeof(opt->size[0]), by_size);
	for (unsigned int i = 1; i < opt->nr_sizes; i++)
		if (opt->size[i] == opt->size[i - 1])
			lab_bad("-s: %zu bytes are named twice", opt->size[i]);
}

static void usual_sizes(struct bench_options *opt)
{
	for (size_t size = 1; size <= 1UL << 20; size *= 4)
		opt->size[opt->nr_sizes++] = size;
}

/* ---- CPUs ---- */

static void check_cpu(const char *text, int cpu)
{
	unsigned int max = BENCH_CPU_SETS * CPU_SETSIZE;
	cpu_set_t set[BENCH_CPU_SETS];
	char path[64];

	if (sched_getaffinity(0, sizeof(set), set))
		lab_bad("--pin %s: cannot tell which CPUs there are", text);
	if ((unsigned int)cpu < max && CPU_ISSET_S(cpu, sizeof(set), set))
		return;
	snprintf(path, sizeof(path), "/sys/devices/system/cpu/cpu%d/topology", cpu);
	lab_bad("--pin %s: CPU %d is not %s", text, cpu,
		access(path, F_OK) ? "online" : "among those that we may use");
}

static void take_pin(struct bench_options *opt, const char *text)
{
	const char *rest = text;
	unsigned long cpu;
	char *end;

	opt->cpu[0] = opt->cpu[1] = -1;
	if (!strcmp(text, "none"))
		return;
	for (unsigned int i = 0; i < 2; i++) {
		cpu = strtoul(rest, &end, 10);
		if (*rest < '0' || *rest > '9' || cpu > INT_MAX || *end != (i ? '\0' : ','))
			lab_bad("--pin %s: not two CPUs, as in 0,1, and not none", text);
		check_cpu(text, (int)cpu);
		opt->cpu[i] = (int)cpu;
		rest = end + 1;
	}
}

/* ---- */

static void take_time(struct bench_options *opt, const char *text)
{
	if (!parse_time(text, &opt->time_ns))
		lab_bad("--time %s: no time, as in 2, 1.5s or 100ms", text);
	if (opt->time_ns < MIN_TIME_NS || opt->time_ns > MAX_TIME_NS)
		lab_bad("--time %s: out of range, 1ms to 1h are allowed", text);
}

/* False: there is no such option. */
static bool take_option(struct bench_options *opt, int option)
{
	switch (option) {
	case 'n':
		opt->count = lab_number("-n", optarg, MAX_COUNT);
		break;
	case 's':
		take_sizes(opt, optarg);
		break;
	case 'J':
		opt->json = true;
		break;
	case OPT_TIME:
		take_time(opt, optarg);
		break;
	case OPT_PIN:
		take_pin(opt, optarg);
		break;
	case OPT_PLOT:
		if (!*optarg)
			lab_bad("--plot needs the name of a file");
		opt->plot = optarg;
		break;
	default:
		return false;
	}
	return true;
}

int bench_arguments(int argc, char **argv, struct bench_options *opt)
{
	int c;

	*opt = (struct bench_options){ .cpu = { -1, -1 } };
	while ((c = opt_next(argc, argv, &bench_syntax)) != -1) {
		if (c == 'h')
			return opt_help(&bench_syntax);
		if (!take_option(opt, c))
			return opt_bad(c, argv, &bench_syntax);
	}
	if (opt->count && opt->time_ns)
		lab_bad("-n and --time exclude each other");
	if (optind + 1 < argc || (optind < argc && strcmp(argv[optind], "all")))
		for (; optind < argc; optind++)
			choose(opt, find(argv[optind]));
	else
		for (unsigned int i = 0; exercises[i]; i++)
			if (exercises[i]->carrier)
				choose(opt, exercises[i]->carrier);
	if (opt->nr_sizes && !any_has_size(opt))
		lab_bad("%s: nothing in it has a size, -s does not apply",
			opt->carrier[0]->exercise->name);
	if (!opt->nr_sizes)
		usual_sizes(opt);
	if (!opt->count && !opt->time_ns)
		opt->time_ns = USUAL_TIME_NS;
	return -1;
}

/* ---- what there is to give ---- */

static void add_none(const struct syntax *syntax, struct names *words)
{
	(void)syntax;
	names_add(words, "none");
}

static void add_carriers(const struct syntax *syntax, struct names *words)
{
	(void)syntax;
	for (unsigned int i = 0; exercises[i]; i++)
		if (exercises[i]->carrier)
			names_add(words, exercises[i]->name);
}

static const struct opt opts[] = {
	{ 's', "sizes", "SIZES",
	  "bytes of a message: 1,64,4K,1M\n(1 to 1M, each four times the one before)", NULL },
	{ 'n', "count", "COUNT", "round trips, and messages one way, at each size", NULL },
	{ OPT_TIME, "time", "TIME", "or so long at each size, half for each: 2, 1.5s,\n100ms (0.5)",
	  NULL },
	{ OPT_PIN, "pin", "A,B",
	  "the sender runs on CPU A, the receiver on CPU B;\nnone: where the kernel likes (none)",
	  add_none },
	{ 'J', "json", NULL, "print JSON", NULL },
	{ OPT_PLOT, "plot", "FILE", "a picture as well: SVG, drawn by gnuplot", NULL },
	{ 0 },
};

const struct syntax bench_syntax = {
	.command = "bench",
	.args = "[OPTION|MECH]...",
	.what = "measure how fast mechanisms carry messages",
	.run = bench_main,
	.opts = { opts },
	.takes_operands = true,
	.operands = add_carriers,
	.more = "It sends messages between two processes through mechanisms (all, or those of\n"
		"`ipclab list` that are given), and measures by size: round trips, the way there,\n"
		"and messages a second one way; and what the ipcstat module, if it is loaded,\n"
		"counts meanwhile.",
};
