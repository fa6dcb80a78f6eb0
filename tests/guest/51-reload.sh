#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# enough: 7.3
# vm: -c 4 -m 1024 -t 1200+IPCSTAT_ROUNDS*12
# $ROUNDS loads and unloads (25), with either back end, while every mechanism is in use and
# callers sleep in each, the proc file is held open, events are listened to, and dumps are left
# half read. That the kernel's log stays clean is seen to by tests/vm/run.
. tests/tap.sh
. tests/guest/lib.bash

caller=build/tests/edge/caller
mapfile -t rows < <(ipclab list | awk '/^[a-z]/ { print $1 }')

# It pauses now and then: in one QEMU thread each wait for a busy CPU takes 0.1 s. It is nice, and
# what a round does is done by the shell where it can, or 1,000 rounds take hours.
traffic=()
for row in "${rows[@]}"; do
	nice -n 19 $caller "$row" 1000000000 30000 &
	traffic+=($!)
done
# Put 10 callers to sleep in each, or wake them. But for raw sockets: each of them gets what
# the traffic sends.
doze() {
	dozing=()
	for row in pipe fifo sysv_msg posix_mq sysv_sem futex signal unix_stream tcp udp eventfd; do
		build/tests/lifecycle/sleepers $row 10 /tmp/asleep.$row &
		dozing+=($!)
	done
	for row in pipe fifo sysv_msg posix_mq sysv_sem futex signal unix_stream tcp udp eventfd; do
		for try in {1..600}; do
			[ ! -e /tmp/asleep.$row ] || continue 2
			sleep 0.1
		done
		bad=$((bad + 1))
		diag "round $round: $row does not sleep"
	done
}
wake() {
	rm -f /tmp/asleep.*
	wait "${dozing[@]}"
}

# Whether something has been counted: cell() by the shell alone.
counts() {
	local line names cells i
	while read -r line; do
		case $line in
		mechanism*) read -ra names <<< "$line" ;;
		fifo*) read -ra cells <<< "$line" ;;
		esac
	done < /proc/ipcstat
	for i in "${!names[@]}"; do
		[ "${names[i]}" != send_ops ] || [ "${cells[i]}" -gt 0 ] || return 1
	done
}

slowest=0 bad=0 rounds=${ROUNDS:-25}
start=$EPOCHREALTIME
for ((round = 0; round < rounds; round++)); do
	hooks=auto
	[ $((round % 20)) != 3 ] || hooks=probe
	modprobe ipcstat hooks=$hooks || bad=$((bad + 1))
	counts || sleep 0.1
	counts || bad=$((bad + 1))
	[ $((round % 25)) != 1 ] || doze
	exec {held}< /proc/ipcstat
	read -r -n 23 -u "$held" line && [[ $line == '# ipcstat '* ]] || bad=$((bad + 1))
	# It listens, and mostly does not read.
	ipcstat events --wait 1ms > /dev/null 2>&1 &
	listener=$!
	[ $((round % 2)) = 0 ] || kill -STOP $listener
	if [ $((round % 5)) = 0 ]; then
		rm -f /tmp/half
		build/tests/netlink/requests half /tmp/half &
		half=$!
		for try in {1..600}; do [ ! -e /tmp/half ] || break; sleep 0.1; done
		[ -e /tmp/half ] || bad=$((bad + 1))
	fi
	one=$EPOCHREALTIME
	rmmod ipcstat || bad=$((bad + 1))
	took=$(((${EPOCHREALTIME/./} - ${one/./}) / 1000))
	[ $took -lt $slowest ] || slowest=$took
	kill -KILL $listener 2> /dev/null # with the module it may have ended
	wait $listener 2> /dev/null
	! read -r line <&"$held" 2> /dev/null || bad=$((bad + 1))
	exec {held}<&-
	if [ $((round % 5)) = 0 ]; then
		kill "$half"
		wait "$half"
	fi 2> /dev/null
	if [ $((round % 25)) = 24 ]; then
		wake
		wrap_leaves || bad=$((bad + 1))
	fi
	[ $((round % 100)) != 99 ] || diag "$((round + 1)) rounds, $(since "$start") s, $bad bad"
done
is "$rounds rounds under traffic: what failed to load, count or unload" $bad 0
diag "in $(since "$start") s, the slowest unload in $slowest ms"
still=0
for pid in "${traffic[@]}"; do ! kill -0 "$pid" || still=$((still + 1)); done
is "the traffic has gone on" $still ${#rows[@]}
jobs -p | xargs kill
wait
wrap_leaves
is "the wrappers go" $? 0
done_testing
