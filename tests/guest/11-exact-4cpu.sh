#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# vm: -c 4 -m 1024 -t 600
# Every row counts exactly, with many processes on 4 CPUs.
# shellcheck disable=SC2317 # functions that both calls
. tests/tap.sh
. tests/guest/exact.bash

all() { exact "$1, 4 CPUs, 8 processes, 10000 operations" -p 8 -n 10000; }

both all
done_testing
