/* SPDX-License-Identifier: GPL-2.0-only */
/* The commands of ipclab that have folders of their own; main.c makes the table. */
#ifndef IPCLAB_COMMANDS_H
#define IPCLAB_COMMANDS_H

#include "common/options.h"

extern const struct syntax lab_syntax, bench_syntax;

#endif
