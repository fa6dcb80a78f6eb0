#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# enough: 7.3
# vm: -c 2 -m 1024 -t 400
# /proc/ipcstat, read in all ways: alone, by 100 at once, while numbers move, and while the
# module goes and comes.
. tests/tap.sh
. tests/guest/lib.bash

readers=build/tests/fuzz/readers
caller=build/tests/edge/caller
mapfile -t rows < <(ipclab list | awk '/^[a-z]/ { print $1 }')

ok "load" modprobe ipcstat
merge "idle" $readers idle
for row in "${rows[@]}"; do nice -n 19 $caller "$row" 1000000000 30000 & done
merge "busy" $readers busy
is "the traffic has gone on" "$(jobs -rp | wc -l)" ${#rows[@]}
jobs -p | xargs kill
wait
unhurried merge "unload" $readers unload
ok "unload" rmmod ipcstat
done_testing
