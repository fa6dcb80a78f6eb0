#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# vm: -c 4 -m 1024 -t 600
# enough: 6.12
# Every row counts exactly, with many processes on 4 CPUs. (12-hotplug.sh does that on 7.3, too.)
# shellcheck disable=SC2317 # functions that both calls
. tests/tap.sh
. tests/guest/exact.bash

# Fewer where each takes so much longer.
nr=$((10000 / ${SLOWER:-1}))
all() { exact "$1, 4 CPUs, 8 processes, $nr operations" -p 8 -n "$nr"; }

both all
done_testing
