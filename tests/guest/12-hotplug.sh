#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# vm: -c 4 -m 1024 -t 600
# CPUs go and come back under traffic: every row stays exact.
# shellcheck disable=SC2317 # functions that both calls
. tests/tap.sh
. tests/guest/lib.bash
. tests/guest/exact.bash

going=/tmp/going
changes=/tmp/changes
online() { echo "$2" > /sys/devices/system/cpu/cpu"$1"/online; }

# CPUs 1 to 3 in turn, so that up to three are away.
unplug() {
	local cpu state
	touch $going
	: > $changes
	while [ -e $going ]; do
		for state in 0 1; do
			for cpu in 1 2 3; do
				online $cpu $state && echo "$cpu $state" >> $changes
				sleep 0.1
			done
		done
	done
}

all() { # backend
	local before unplugging
	# What a CPU has counted is counted when it is away.
	build/tests/edge/caller sysv_msg 23
	before=$(cell sysv_msg send_ops)
	online 1 0 && online 2 0 && online 3 0
	is "$1: with one CPU left" "$(cell sysv_msg send_ops)" "$before"
	online 1 1 && online 2 1 && online 3 1
	is "$1: and with all again" "$(cell sysv_msg send_ops)" "$before"
	unplug &
	unplugging=$!
	exact "$1, while CPUs go and come" -p 8 -n 10000
	rm $going
	wait $unplugging
	diag "$(wc -l < $changes) changes"
	is "$1: CPUs went" "$([ "$(grep -c ' 0$' $changes)" -ge 6 ] && echo yes)" yes
	is "$1: and came back" "$(grep -c ' 0$' $changes)" "$(grep -c ' 1$' $changes)"
}

both all
is "all are back" "$(cat /sys/devices/system/cpu/online)" 0-3
done_testing
