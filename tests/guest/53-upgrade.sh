#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# enough: 6.1
# From one release to another, and back, while callers sleep in the wrappers of the one: each
# counts exactly, and the tools of the one say of the other what to do.
# vm: -c 2 -m 1024 -t 500
. tests/tap.sh
. tests/guest/lib.bash

next=build/next/build/bin/ipcstat
asleep=/tmp/asleep
backend() { "$1" -J | sed -nE 's/.*"backend": *"([a-z]+)".*/\1/p'; }
version() { sed -n '1s/^# ipcstat \([^ ]*\) .*/\1/p' /proc/ipcstat; }
exact() { # what
	local row
	for row in sysv_msg fifo unix_dgram udp sysv_sem eventfd; do
		build/tests/edge/caller $row 23
		is "$1: $row" "$(cell $row send_ops) $(cell $row recv_ops)" "23 23"
	done
}

# upgrade FROM TO VERSION TOOL: directories of modules, and what TO is
upgrade() {
	local from=$1 to=$2 version=$3 tool=$4 sleepers
	insmod "$from/ipcstat_wrap.ko"
	ok "load, before $version" insmod "$from/ipcstat.ko"
	rm -f $asleep
	build/tests/lifecycle/sleepers all 10 $asleep &
	sleepers=$!
	while [ ! -e $asleep ]; do sleep 0.1; done
	ok "unload" rmmod ipcstat
	ok "load $version beside the other's wrappers" insmod "$to/ipcstat.ko"
	is "it is $version" "$(version)" "$version"
	is "$version: these are not its wrappers" "$(backend "$tool")" probe
	is "$version: and it says so" "$(dmesg | grep -c 'ipcstat_wrap has another version')" 1
	exact "$version, with kretprobes"
	ok "unload" rmmod ipcstat
	rm $asleep
	wait $sleepers
	wrap_leaves
	is "the other's wrappers go when nobody is left inside" $? 0
	insmod "$to/ipcstat_wrap.ko"
	ok "load $version with its own wrappers" insmod "$to/ipcstat.ko"
	is "$version: these are" "$(backend "$tool")" wrap
	exact "$version, with wrappers"
	dmesg -C
}

wrap_leaves # of another test
dmesg -C
upgrade "$MODULE_DIR" "$MODULE_DIR/next" 99.0.0 $next
for command in '' -J hist hooks blocked signals; do
	# shellcheck disable=SC2086 # none or one
	fails "ipcstat $command of before" 1 'module is too new .protocol 99, .*: use the tools of the module.s release' ipcstat $command
done
fails "ipclab of before" 1 'too new' ipclab run pipe
rmmod ipcstat
wrap_leaves

now=$(sed -n 's/^PACKAGE_VERSION="\(.*\)"$/\1/p' dkms.conf)
upgrade "$MODULE_DIR/next" "$MODULE_DIR" "$now" ipcstat
for command in '' -J hist hooks blocked signals; do
	# shellcheck disable=SC2086 # none or one
	fails "ipcstat $command of the next release" 1 'module is too old .protocol 1, .*: unload it and load the one of this release' $next $command
done
rmmod ipcstat
wrap_leaves
is "nothing is left" "$(grep -c ipcstat /proc/modules)" 0
done_testing
