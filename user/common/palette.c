// SPDX-License-Identifier: GPL-2.0-only
#include <stddef.h>
#include <string.h>

#include "draw.h"

#define SIZE(array) (sizeof(array) / sizeof((array)[0]))

/* Neighbours in a picture, such as a pipe and a FIFO, are far apart in hue. */
static const struct {
	const char *mech, *colour;
	unsigned int hue;
} palette[] = {
	{ "pipe", "#1f6fb4", 250 },       { "fifo", "#0a8ea0", 160 },
	{ "sysv_msg", "#d06a00", 138 },   { "posix_mq", "#a67c00", 228 },
	{ "sysv_shm", "#2a8a3c", 48 },    { "posix_shm", "#6b8a1e", 318 },
	{ "sysv_sem", "#8a3fa8", 3 },     { "futex", "#c22e94", 273 },
	{ "signal", "#333333", 25 },      { "unix_stream", "#4f46d0", 70 },
	{ "unix_dgram", "#7d6bd9", 340 }, { "unix_seqpacket", "#35357f", 93 },
	{ "tcp", "#8a4a1a", 205 },        { "udp", "#b07a3c", 115 },
	{ "raw", "#6b4f46", 183 },        { "eventfd", "#00806a", 295 },
};

/* For rows that the table has not: the hues lie between those above. */
static const struct {
	const char *colour;
	unsigned int hue;
} spare[] = {
	{ "#7a1f3d", 14 },  { "#3f6212", 59 },  { "#0f5e8c", 104 }, { "#9a3412", 149 },
	{ "#6d28d9", 194 }, { "#0e7490", 239 }, { "#a21caf", 284 }, { "#4d5c0f", 329 },
};

/* The same spare entry for the same name, always (FNV-1a). */
static size_t spare_of(const char *mech)
{
	unsigned int hash = 2166136261u;

	for (; *mech; mech++)
		hash = (hash ^ (unsigned char)*mech) * 16777619u;
	return hash % SIZE(spare);
}

const char *mech_colour(const char *mech)
{
	for (size_t i = 0; i < SIZE(palette); i++)
		if (!strcmp(palette[i].mech, mech))
			return palette[i].colour;
	return spare[spare_of(mech)].colour;
}

unsigned int mech_hue(const char *mech)
{
	for (size_t i = 0; i < SIZE(palette); i++)
		if (!strcmp(palette[i].mech, mech))
			return palette[i].hue;
	return spare[spare_of(mech)].hue;
}
