#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# vm: -c 4 -m 1024 -t 600
# enough: 7.3
# CPUs go and come back under traffic: every row stays exact.
# shellcheck disable=SC2086,SC2317 # names without blanks; functions that both calls
. tests/tap.sh
. tests/guest/lib.bash
. tests/guest/exact.bash

going=/tmp/going
changes=/tmp/changes
online() { echo "$2" > /sys/devices/system/cpu/cpu"$1"/online; }

all() { # backend
	local before unplugging went came
	# What a CPU has counted is counted when it is away.
	build/tests/edge/caller sysv_msg 23
	before=$(cell sysv_msg send_ops)
	online 1 0 && online 2 0 && online 3 0
	is "$1: with one CPU left" "$(cell sysv_msg send_ops)" "$before"
	online 1 1 && online 2 1 && online 3 1
	is "$1: and with all again" "$(cell sysv_msg send_ops)" "$before"
	touch $going
	# CPUs 1 to 3 in turn: up to three are away.
	build/tests/lifecycle/unplug $going 1 2 3 > $changes &
	unplugging=$!
	exact "$1, while CPUs go and come" -p 8 -n $((10000 / ${SLOWER:-1}))
	rm $going
	wait $unplugging
	read -r went came < $changes
	diag "CPUs went $went times"
	ok "$1: CPUs went" test "$went" -ge 6
	is "$1: and came back" "$came" "$went"
}

both all
is "all are back" "$(cat /sys/devices/system/cpu/online)" 0-3
done_testing
