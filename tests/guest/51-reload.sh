#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# vm: -c 4 -m 1024 -t 1200
# 100 loads and unloads, with either back end, while every mechanism is in use.
# That the kernel's log stays clean is seen to by tests/vm/run.
. tests/tap.sh
. tests/guest/lib.bash

caller=build/tests/edge/caller
mapfile -t rows < <(ipclab list | awk '/^[a-z]/ { print $1 }')

# It pauses now and then: in one QEMU thread each wait for a busy CPU takes 0.1 s.
for row in "${rows[@]}"; do $caller "$row" 1000000000 30000 & done
slowest=0 bad=0
start=$EPOCHREALTIME
for ((round = 0; round < 100; round++)); do
	hooks=auto
	[ $((round % 20)) != 3 ] || hooks=probe
	modprobe ipcstat hooks=$hooks || bad=$((bad + 1))
	[ "$(cell fifo send_ops)" -gt 0 ] || sleep 0.1
	[ "$(cell fifo send_ops)" -gt 0 ] || bad=$((bad + 1))
	one=$EPOCHREALTIME
	rmmod ipcstat || bad=$((bad + 1))
	took=$(since "$one")
	slowest=$(printf '%s\n' "$took" "$slowest" | sort -g | tail -n 1)
	[ $((round % 25)) != 24 ] || wrap_leaves || bad=$((bad + 1))
done
is "100 rounds under traffic: what failed to load, count or unload" $bad 0
diag "in $(since "$start") s, the slowest unload in $slowest s"
is "the traffic has gone on" "$(jobs -rp | wc -l)" ${#rows[@]}
jobs -p | xargs kill
wait
wrap_leaves
is "the wrappers go" $? 0
done_testing
