// SPDX-License-Identifier: GPL-2.0-only
#include "exercise.h"

#define E(name) &exercise_##name,
const struct exercise *const exercises[] = {
#include "ipclab/exercises.list"
	NULL,
};
#undef E

_Static_assert(ARRAY_SIZE(exercises) <= MAX_EXERCISES, "MAX_EXERCISES is too small");
