#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# enough: 6.12
# vm: -c 2 -m 1024 -t 300
# Labs whose claims are made untrue on purpose do not hold. Programs that stand in for a lab are
# judged. Nothing is left behind, whatever ends a lab.
# shellcheck disable=SC2016 # `` is of what is printed
. tests/cli.bash
. tests/guest/lib.bash

labs=build/tests/labs
mapfile -t names < <(ipclab lab | awk '/^ ?[0-9]/ { print $2 }')
modprobe ipcstat

before=$(ipclab_left)

# lab's verdict, as TAP has it
verdict() { # output
	sed -nE 's/^(not )?ok [0-9]+ - [a-z_]+: (holds|half true|does not hold|cannot be told|did not run).*/\2/p' "$1"
}

# The claim is made untrue: the lab says so.
for name in "${names[@]}"; do
	if ! grep -qE "broken\(\"$name\"\)" tests/labs/broken.c; then continue; fi
	LD_PRELOAD=$PWD/$labs/broken.so BROKEN=$name ipclab lab "$name" -q > "$dir/out" 2> "$dir/err"
	status=$?
	is "$name, broken: its verdict" "$(verdict "$dir/out")" "does not hold"
	is "$name, broken: the exit status" $status 1
	[ "$(verdict "$dir/out")" = "does not hold" ] || diag "$(cat "$dir/out" "$dir/err")"
	ipclab lab "$name" -q > "$dir/out"
	is "$name, not broken: the exit status" $? 0
done
is "so many can be broken" "$(grep -oE 'broken\("[a-z_]+"\)' tests/labs/broken.c | sort -u | wc -l)" 20
is "what is broken leaves nothing" "$(ipclab_left)" "$before"

# Programs.
for program in "$labs"/*-wrong; do
	name=$(basename "${program%-wrong}")
	ok "$name: somebody's program" ipclab lab "$name" --program "$labs/$name"
	fails "$name: a wrong one" 1 '=> not as predicted' ipclab lab "$name" --program "$program"
	ipcrm --all
done
fails "a program that fails" 1 'ended with status 1' ipclab lab copies --program /bin/false
ok "a task can be read" ipclab lab copies --task

# Others' traffic is no reason to doubt the textbook, or the student.
build/tests/edge/caller pipe 1000000000 100 &
ipclab lab copies -q > "$dir/out"
is "on a busy machine: status 1" $? 1
is "on a busy machine it says so" "$(verdict "$dir/out")" "cannot be told"
kill $!

# Ctrl+C in the middle of each.
for name in "${names[@]}"; do
	env --default-signal=INT ipclab lab "$name" > "$dir/out" 2> "$dir/err" &
	sleep 0.3
	kill -INT $!
	wait $! 2> /dev/null
	sleep 0.2
	is "SIGINT in $name: nothing is left" "$(ipclab_left)" "$before"
done

complains "an output that cannot be written" 1 'cannot write' sh -c 'ipclab lab copies > /dev/full'
done_testing
