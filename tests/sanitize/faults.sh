#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# vm: -c 2 -m 1024 -t IPCSTAT_FAULTS+300
# Allocations that fail: of a load, of each request, and of what follows an object. Neither
# a crash nor a leak, and no number that is wrong.
. tests/tap.sh
. tests/guest/lib.bash

faults=$PWD/build/tests/sanitize/faults
debug=/sys/kernel/debug
if [ ! -e $debug/failslab ]; then
	echo "1..0 # SKIP in this kernel no allocation fails on demand"
	exit 0
fi

for kind in failslab fail_page_alloc; do
	echo N > $debug/$kind/ignore-gfp-wait
	echo 0 > $debug/$kind/verbose
	echo 32 > $debug/$kind/stacktrace-depth
done
echo 0 > $debug/fail_page_alloc/min-order
echo N > $debug/fail_page_alloc/ignore-gfp-highmem

# Only what is allocated in, or for, code between these addresses.
only() { # start, end
	local kind
	for kind in failslab fail_page_alloc; do
		printf '%#x' $(($1)) > $debug/$kind/require-start
		printf '%#x' $(($2)) > $debug/$kind/require-end
	done
}
only_function() {
	local range
	range=$(grep -E ' [tT] ' /proc/kallsyms | grep -v '\[' | sort |
		awk -v name="$1" '$3 == name { start = $1; next } start && $1 != start { print "0x" start, "0x" $1; exit }')
	# shellcheck disable=SC2086 # two words
	only $range
}
only_module() {
	local base size
	size=$(awk '$1 == "ipcstat" { print $2 }' /proc/modules)
	base=$(awk '$1 == "ipcstat" { print $6 }' /proc/modules)
	only "$base" "$base + $size"
}

only_function do_one_initcall
modprobe ipcstat_wrap
for hooks in auto probe; do
	# shellcheck disable=SC2153 # from tests/vm/run
	merge "hooks=$hooks" "$faults" load $((FAULTS / 2)) "$MODULE_DIR/ipcstat.ko" \
		"hooks=$hooks flows=1 max_flows=1024"
done

ok "load" modprobe ipcstat flows=1
only_module
merge "request" "$faults" run cat /proc/ipcstat
for command in '-J -o all' 'blocked -J' 'hist -J' 'signals -J' 'hooks -J' \
	'flows -J -p 4000000'; do
	# shellcheck disable=SC2086 # several words
	merge "request" "$faults" run ipcstat $command
done
merge "request" "$faults" lack ipcstat limits
ok "flows off" ipcstat flows off
merge "request" "$faults" change 'ipcstat flows 2>&1 | grep -q "flows are off"' \
	'ipcstat flows off' ipcstat flows on 1024
merge "follow" "$faults" follow
ok "unload" rmmod ipcstat
wrap_leaves
is "the wrappers go" $? 0
done_testing
