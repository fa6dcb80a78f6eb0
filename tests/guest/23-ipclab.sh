#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# enough: 6.12
# ipclab: what it says where something is missing, and what it leaves behind: nothing.
# vm: -c 1 -t 180
# shellcheck disable=SC2016,SC2317 # '' is for the shell inside; functions are called by soon
set -u

. tests/cli.bash
. tests/guest/lib.bash

before=$(ipclab_left)

# Until a row has moved so far that it is an exercise's doing.
await() { # row
	local before
	before=$(cell "$1" send_ops)
	soon moves "$1" $((before + 100))
}
moves() { [ "$(cell "$1" send_ops)" -gt "$2" ]; }

complains "no module" 1 'not loaded: run `modprobe ipcstat`' ipclab run pipe
ok "list needs none" ipclab list
modprobe ipcstat

mapfile -t rows < <(ipclab list | awk '/^[a-z]/ { print $1 }')
is "the exercises are the rows, in their order" "${rows[*]}" "$(awk 'NR > 2 { print $1 }' /proc/ipcstat | xargs)"
ok "a larger run of its own" ipclab run sysv_msg -n 1009 -s 8192 -p 3 --strict

# Ends in the middle: Ctrl+C, a lost terminal, kill(1).
for signal in INT HUP TERM; do
	env --default-signal=$signal ipclab run all -n 100000 -p 4 > "$dir/out" 2> "$dir/err" &
	await pipe
	kill -$signal $!
	status=0; wait $! || status=$?
	is "SIG$signal: its status says so" $status $((128 + $(kill -l $signal)))
	is "SIG$signal: nothing is left" "$(ipclab_left)" "$before"
done
for row in "${rows[@]}"; do
	env --default-signal=INT ipclab run "$row" -n 1000000 > "$dir/out" 2> "$dir/err" &
	await "$row"
	kill -INT $!
	wait $! 2> /dev/null
	is "SIGINT in $row: nothing is left" "$(ipclab_left)" "$before"
done

# What an exercise is not allowed to have.
fails "raw without privilege" 1 'raw: .*ermitted' unprivileged ipclab run raw
(ulimit -n 8; exec ipclab run tcp -p 64) > "$dir/out" 2> "$dir/err"
is "too few descriptors: status 1, a sentence" "$? $(grep -c '^ipclab: tcp: ' "$dir/err")" "1 1"
is "failures leave nothing" "$(ipclab_left)" "$before"

# Other people's traffic is not held against it.
build/tests/edge/caller sysv_msg 1000000000 100 &
ipclab run sysv_msg > "$dir/out" 2>&1
is "a busy machine: status 0" $? 0
ok "a busy machine: it says so" grep -q '^sysv_msg: busy' "$dir/out"
fails "a busy machine, --strict: status 1" 1 DIFFERS ipclab run sysv_msg --strict
kill $!

if [ -x build/sanitize/bin/ipclab ]; then
	ok "sanitizers: ipclab run all" build/sanitize/bin/ipclab run all -p 2
fi
rmmod ipcstat
complains "the module has gone" 1 'not loaded' ipclab run pipe
done_testing
