// SPDX-License-Identifier: GPL-2.0-only
/* A picture for gnuplot(1) to draw: latency and throughput by size, a curve for each mechanism. */
#include <err.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/cli.h"
#include "common/draw.h"
#include "private.h"

static const char *const argv[] = { "gnuplot", "-d", NULL };
static const struct drawer gnuplot = { "--plot", "gnuplot-nox", argv, true };

/* In its single quotes nothing has a meaning but these. */
static void put_text(FILE *out, const char *text)
{
	fputc('\'', out);
	for (; *text; text++)
		fputs(*text == '\'' ? "''" : (char[]){ *text, '\0' }, out);
	fputc('\'', out);
}

static double us(const struct bench_cell *cell)
{
	return cell->round_trip.p50_ns / 1e3;
}

/* ---- the data ---- */

/* The ends of the axis. */
static void find_sizes(const struct bench_result *result, size_t *least, size_t *most)
{
	*least = result->opt->size[0];
	*most = result->opt->size[result->opt->nr_sizes - 1];
	for (unsigned int i = 0; i < result->nr; i++) {
		if (!result->cell[i].size)
			continue;
		*least = MIN(*least, result->cell[i].size);
		*most = MAX(*most, result->cell[i].size);
	}
}

/* What has no size is a line from one end to the other. */
static void put_data(FILE *out, const struct bench_result *result)
{
	size_t least, most;

	find_sizes(result, &least, &most);
	for (unsigned int i = 0; i < result->nr; i++) {
		const struct bench_cell *cell = &result->cell[i];

		if (!i || cell[-1].carrier != cell->carrier)
			fprintf(out, "$%s << END\n", cell->carrier->exercise->name);
		if (cell->size)
			fprintf(out, "%zu %.6g %.6g\n", cell->size, us(cell),
				bench_mib_per_s(cell));
		else
			fprintf(out, "%zu %.6g\n%zu %.6g\n", least, us(cell), most, us(cell));
		if (i + 1 == result->nr || cell[1].carrier != cell->carrier)
			fputs("END\n", out);
	}
}

/* ---- the axes ---- */

static void put_tics(FILE *out, const struct bench_result *result)
{
	size_t least, most;
	char text[24];

	find_sizes(result, &least, &most);
	fputs("set xtics (", out);
	for (unsigned int i = 0; i < result->opt->nr_sizes; i++) {
		bench_size_text(result->opt->size[i], text);
		fprintf(out, "%s'%s' %zu", i ? ", " : "", text, result->opt->size[i]);
	}
	/* Room beside the outermost points, and some if there is but one. */
	fprintf(out, ")\nset xrange [%g:%g]\n", least / 1.4, most * 1.4);
}

/* 1, 2, 5, 10...; or 1, 10, 100... where that would be too many. */
static void put_scale(FILE *out, double least, double most)
{
	static const unsigned int steps[] = { 1, 2, 5 };
	unsigned int step = most / least < 1e4 ? 1 : ARRAY_SIZE(steps);
	bool more = false;

	fprintf(out, "set yrange [%g:%g]\nset ytics (", least / 1.3, most * 1.3);
	for (double power = 1e-6; power < most; power *= 10) {
		for (unsigned int i = 0; i < ARRAY_SIZE(steps); i += step) {
			fprintf(out, "%s'%.10g' %.10g", more ? ", " : "", steps[i] * power,
				steps[i] * power);
			more = true;
		}
	}
	fputs(")\n", out);
}

static void put_latency_scale(FILE *out, const struct bench_result *result)
{
	double least = us(&result->cell[0]), most = least;

	for (unsigned int i = 1; i < result->nr; i++) {
		least = MIN(least, us(&result->cell[i]));
		most = MAX(most, us(&result->cell[i]));
	}
	put_scale(out, least, most);
}

/* Some cell has a size. */
static void put_throughput_scale(FILE *out, const struct bench_result *result)
{
	double least = 0, most = 0, value;

	for (unsigned int i = 0; i < result->nr; i++) {
		value = bench_mib_per_s(&result->cell[i]);
		if (value && (!least || value < least))
			least = value;
		most = MAX(most, value);
	}
	put_scale(out, least, most);
}

static void put_titles(FILE *out, const struct bench_result *result)
{
	static const char *const kinds[][2] = {
		[MACHINE_REAL] = { "", "" },
		[MACHINE_VIRTUAL] = { "; a virtual machine", "" },
		[MACHINE_EMULATED] = { "; an emulated machine", ": good for comparison only" },
		[MACHINE_UNKNOWN] = { "; perhaps an emulated machine",
				      ": good for comparison only" },
	};
	const int *cpu = result->opt->cpu;
	char text[400], pins[64] = "not pinned";
	struct bench_host host;

	bench_host(&host);
	if (cpu[0] >= 0)
		snprintf(pins, sizeof(pins), "sender on CPU %d, receiver on CPU %d", cpu[0],
			 cpu[1]);
	snprintf(text, sizeof(text), "%s, %u CPU%s, %s%s%s%s%s%s", host.kernel, host.cpus,
		 host.cpus == 1 ? "" : "s", pins, kinds[host.machine][0],
		 host.hypervisor[0] ? " (" : "", host.hypervisor, host.hypervisor[0] ? ")" : "",
		 kinds[host.machine][1]);
	fputs("set label 1 'IPC between two processes' at screen 0.02,0.974 font ',20'\n"
	      "set label 2 ",
	      out);
	put_text(out, text);
	fputs(" at screen 0.02,0.948 font ',13' textcolor '#555555'\n", out);
}

static void put_frame(FILE *out, const struct bench_result *result)
{
	fputs("set terminal svg size 1100,1080 dynamic noenhanced "
	      "font 'sans-serif,15' background '#ffffff'\n"
	      "set encoding utf8\n"
	      "set logscale xy 10\n"
	      "set border 3 linecolor '#555555'\n"
	      "set tics nomirror out scale 0.5,0 textcolor '#333333'\n"
	      "set grid xtics ytics linecolor '#dddddd' linetype 1 linewidth 1\n"
	      "set lmargin at screen 0.09\n"
	      "set rmargin at screen 0.79\n"
	      "set xlabel 'message size, bytes' offset 0,0.3\n",
	      out);
	put_tics(out, result);
	fputs("set multiplot\n", out);
}

/* ---- the curves ---- */

static bool has_sizes(const struct carrier *carrier)
{
	return carrier->exercise->limit || carrier->fixed;
}

static void put_style(FILE *out, const struct carrier *carrier)
{
	bool sizes = has_sizes(carrier);

	fprintf(out, "with %s linecolor '%s' linewidth 2 ", sizes ? "linespoints" : "lines",
		mech_colour(carrier->exercise->name));
	fprintf(out, sizes ? "pointtype %u pointsize 0.8 " : "dashtype %u ", carrier->mark ?: 1);
}

/* column 0: the key alone */
static void put_curve(FILE *out, const struct carrier *carrier, unsigned int column)
{
	const char *name = carrier->exercise->name;

	if (column)
		fprintf(out, ", \\\n\t$%s using 1:%u ", name, column);
	else
		fputs(", \\\n\tkeyentry ", out);
	put_style(out, carrier);
	if (column)
		fputs("notitle", out);
	else
		fprintf(out, "title '%s%s'", name, has_sizes(carrier) ? "" : " (no size)");
}

static void put_curves(FILE *out, const struct bench_result *result, unsigned int column)
{
	const struct carrier *last = NULL;

	fputs("plot NaN notitle", out);
	for (unsigned int i = 0; i < result->nr; i++) {
		const struct bench_cell *cell = &result->cell[i];

		if (cell->carrier == last || (column == 3 && !cell->size))
			continue;
		put_curve(out, cell->carrier, column);
		last = cell->carrier;
	}
	fputs("\n", out);
}

static bool any_sizes(const struct bench_result *result)
{
	for (unsigned int i = 0; i < result->nr; i++)
		if (result->cell[i].size)
			return true;
	return false;
}

/* As high as the page: beside a curve there is no room for all of it. */
static void put_key(FILE *out, const struct bench_result *result)
{
	fputs("set lmargin at screen 0.795\n"
	      "set rmargin at screen 0.99\n"
	      "set tmargin at screen 0.90\n"
	      "set bmargin at screen 0.05\n"
	      "unset border\n"
	      "unset tics\n"
	      "unset xlabel\n"
	      "unset ylabel\n"
	      "unset label 3\n"
	      "set key left top Left reverse samplen 2.5 spacing 1.25\n",
	      out);
	put_curves(out, result, 0);
}

static void put_plots(FILE *out, const struct bench_result *result)
{
	put_titles(out, result);
	fputs("set tmargin at screen 0.885\n"
	      "set bmargin at screen 0.545\n"
	      "set label 3 'Latency: median round trip' at graph 0,1.06 font ',16'\n"
	      "set ylabel 'µs' offset 0.5,0\n",
	      out);
	put_latency_scale(out, result);
	put_curves(out, result, 2);
	fputs("unset label 1\n"
	      "unset label 2\n",
	      out);
	if (any_sizes(result)) {
		fputs("set tmargin at screen 0.435\n"
		      "set bmargin at screen 0.065\n"
		      "set label 3 'Throughput: as much as goes one way' at graph 0,1.06 font ',16'\n"
		      "set ylabel 'MiB/s'\n",
		      out);
		put_throughput_scale(out, result);
		put_curves(out, result, 3);
	}
	put_key(out, result);
}

/* ---- */

int bench_plot_check(const char *file)
{
	return draw_check(&gnuplot, file);
}

int bench_plot(const struct bench_result *result)
{
	char *text = NULL;
	size_t size;
	FILE *out;
	int ret;

	if (!result->nr) {
		warnx("nothing has been measured: %s is not drawn", result->opt->plot);
		return -1;
	}
	out = must(open_memstream(&text, &size));
	put_data(out, result);
	put_frame(out, result);
	put_plots(out, result);
	fputs("unset multiplot\n", out);
	if (fclose(out))
		must(NULL);
	ret = draw_write(&gnuplot, text, size, result->opt->plot);
	free(text);
	return ret;
}
