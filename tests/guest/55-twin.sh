#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# Another module that hooks what we hook, in the same way (tests/vm/twin): whoever comes second
# has kretprobes where the other one has wrappers; both are exact.
# vm: -c 2 -m 1056 -t 300
# enough: 6.12
# shellcheck disable=SC2317 # functions that ok calls
. tests/tap.sh
. tests/guest/lib.bash

# Their cells, on stdin as /proc/ipcstat is: ROW SEND RECV, a line each.
traffic() {
	awk 'NR == 2 { for (i = 1; i <= NF; i++) at[$i] = i }
		NR > 2 { print $1, $at["send_ops"], $at["recv_ops"], $at["send_fails"] }'
}
# What has grown between two of traffic's lists, but for the rows of the tests' own doings.
grown() { # before, after
	paste -d ' ' "$1" "$2" | awk '
		$1 ~ /^(pipe|signal|posix_shm|futex)$/ { next }
		{
			line = ""
			for (i = 2; i <= 4; i++)
				line = line " " ($i == "-" || $i == "?" ? $i : $(i + 4) - $i)
			print $1 line
		}'
}
both_count() { # when
	local module row
	traffic < /proc/ipcstat > /tmp/ipcstat.before
	traffic < /proc/ipctwin > /tmp/ipctwin.before
	for row in fifo sysv_msg posix_mq sysv_sem unix_stream unix_dgram tcp udp raw eventfd; do
		build/tests/edge/caller $row 23
	done
	for module in ipcstat ipctwin; do
		traffic < /proc/$module > /tmp/$module.after
		grown /tmp/$module.before /tmp/$module.after > /tmp/$module.grown
	done
	is "$1: ipcstat counts" "$(grep -c ' 23 23 ' /tmp/ipcstat.grown)" 10
	is "$1: the twin counts the same" "$(< /tmp/ipctwin.grown)" "$(< /tmp/ipcstat.grown)"
	is "$1: missed by none" "$(sed -n '1s/.* missed //p' /proc/ipcstat /proc/ipctwin | sort -u)" 0
}
# How many wrappers are in use.
wrappers() { ipcstat hooks | awk '$2 == "wrap" && $3 == "attached"' | wc -l; }

twin() { insmod "$MODULE_DIR/twin/ipctwin.ko" "hooks=$1"; }
twin_goes() {
	rmmod ipctwin
	# Once the last caller has left it.
	local try
	for try in {1..100}; do
		rmmod ipctwin_wrap 2> /dev/null && return
		sleep 0.1
	done
}

ok "load" modprobe ipcstat
wraps=$(wrappers)
ok "there are wrappers" test "$wraps" -gt 20
ok "the twin's wrappers" insmod "$MODULE_DIR/twin/ipctwin_wrap.ko"
ok "the twin comes second" twin auto
both_count "the twin second"
ok "ipcstat goes first" rmmod ipcstat
ok "and comes back, with the twin there" modprobe ipcstat
both_count "ipcstat back"
ok "the twin goes" twin_goes
rmmod ipcstat
wrap_leaves

insmod "$MODULE_DIR/twin/ipctwin_wrap.ko"
ok "the twin comes first" twin auto
ok "load" modprobe ipcstat
is "no wrapper is left for ipcstat" "$(wrappers)" 0
is "none is unavailable" "$(ipcstat hooks | grep -c unavailable)" 0
both_count "the twin first"
ok "the twin goes" twin_goes
build/tests/edge/caller sysv_msg 23
rmmod ipcstat
ok "load, with no twin" modprobe ipcstat
is "all wrappers again" "$(wrappers)" "$wraps"
rmmod ipcstat

ok "the twin with kretprobes" twin probe
ok "load, with kretprobes" modprobe ipcstat hooks=probe
both_count "kretprobes both"
ok "unload" rmmod ipcstat
rmmod ipctwin
wrap_leaves
is "the wrappers go" $? 0
done_testing
