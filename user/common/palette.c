// SPDX-License-Identifier: GPL-2.0-only
#include <stddef.h>
#include <string.h>

#include "draw.h"

static const struct {
	const char *mech, *colour;
} palette[] = {
	{ "pipe", "#1f6fb4" },        { "fifo", "#0a8ea0" },       { "sysv_msg", "#d06a00" },
	{ "posix_mq", "#a67c00" },    { "sysv_shm", "#2a8a3c" },   { "posix_shm", "#6b8a1e" },
	{ "sysv_sem", "#8a3fa8" },    { "futex", "#c22e94" },      { "signal", "#333333" },
	{ "unix_stream", "#4f46d0" }, { "unix_dgram", "#7d6bd9" }, { "unix_seqpacket", "#35357f" },
	{ "tcp", "#8a4a1a" },         { "udp", "#b07a3c" },        { "raw", "#6b4f46" },
	{ "eventfd", "#00806a" },
};

const char *mech_colour(const char *mech)
{
	for (size_t i = 0; i < sizeof(palette) / sizeof(palette[0]); i++)
		if (!strcmp(palette[i].mech, mech))
			return palette[i].colour;
	return "#555555";
}
