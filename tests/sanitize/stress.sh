#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# vm: -c 4 -m 1024 -t IPCSTAT_STRESS+200
# All of stress-ng's and hackbench's IPC for $STRESS seconds, while all interfaces are read
# and the module comes and goes. That the kernel's log stays clean is seen to by
# tests/vm/run, and tests/check looks for leaks.
# shellcheck disable=SC2317 # functions that both calls
. tests/tap.sh
. tests/guest/lib.bash
. tests/guest/exact.bash

PATH=$PWD/build/sanitize/bin:$PATH
limits=(--shm-bytes 8m --shm-objs 4 --shm-sysv-bytes 8m --shm-sysv-segs 4
	--memfd-bytes 16m --memfd-fds 8 --vm-splice-bytes 256k --splice-bytes 256k)
phases=(
	'pipe fifo splice tee vm-splice'
	'msg mq sem sem-sysv shm shm-sysv'
	'sigq signal sigrt sigsuspend sigfd sigpipe'
	'sock sockfd sockmany sockpair udp rawsock'
	'eventfd futex memfd flock lockf lease'
	hackbench
)
seconds=$((STRESS / ${#phases[@]}))

hackbenches() {
	local end=$((SECONDS + seconds))
	while [ $SECONDS -lt $end ]; do
		hackbench -g 1 -f 4 -l 50 -P || return
		hackbench -g 1 -f 4 -l 50 -T -p || return
		hackbench -g 1 -f 4 -l 50 -P -p || return
		hackbench -g 1 -f 4 -l 50 -T || return
		hackbench -g 1 -f 4 -l 50 -i || return
	done
}

# phase NAMES: its exit status is in $out.status
phase() {
	local args=() name
	if [ "$1" = hackbench ]; then
		hackbenches
	else
		for name in $1; do args+=("--$name" 1); done
		stress-ng --timeout "$seconds" --no-rand-seed --oomable --temp-path /tmp --metrics-brief \
			"${args[@]}" "${limits[@]}"
	fi > $out 2>&1
	echo $? > $out.status
}

# Whoever reads, there is the module or not.
reader() { # command...
	while [ -e $reading ]; do
		"$@" > /dev/null 2>&1
		sleep 0.1
	done
}

# It reads for a second, and does not for ten.
slow_listener() {
	local listener
	while [ -e $reading ]; do
		ipcstat events -J --wait 1ms > /dev/null 2>&1 &
		listener=$!
		sleep 1
		kill -STOP $listener
		sleep 10
		kill -CONT $listener
		kill $listener 2> /dev/null
		wait $listener
		sleep 0.1
	done
}

# A request that is being answered keeps the module for that moment.
unload() {
	local try
	for try in {1..50}; do
		rmmod ipcstat 2> /dev/null && return
		sleep 0.1
	done
	diag "after $try tries: $(rmmod ipcstat 2>&1)"
	return 1
}

out=/tmp/stress.out
reading=/tmp/reading
touch $reading
reader cat /proc/ipcstat &
reader dd if=/proc/ipcstat bs=1 count=500 &
reader ipcstat -J -o all &
reader ipcstat blocked -J &
reader ipcstat hist -J &
reader ipcstat signals &
reader ipcstat hooks &
reader ipcstat flows --by pair &
reader ipcstat flows on 256 &
reader ipcstat flows off &
reader timeout 20 ipcstat events --wait 1ms &
slow_listener &

nr=0 bad=0
for names in "${phases[@]}"; do
	rm -f $out.status
	phase "$names" &
	working=$!
	rounds=0
	while [ ! -e $out.status ]; do
		hooks=auto
		[ $((nr % 5)) != 3 ] || hooks=probe
		modprobe ipcstat hooks=$hooks flows=$((nr % 2)) max_flows=$((16 << nr % 8)) || bad=$((bad + 1))
		sleep $((nr % 3 * 2 + 1))
		unload || bad=$((bad + 1))
		[ $((nr % 4)) != 1 ] || rmmod ipcstat_wrap 2> /dev/null
		nr=$((nr + 1)) rounds=$((rounds + 1))
	done
	wait $working
	is "$names: exit status" "$(< $out.status)" 0 || true
	[ "$(< $out.status)" = 0 ] || diag "$(tail -n 20 $out)"
	diag "$(grep -E 'metrc|info:.*bogo' $out | sed 's/.*\] *//')" "loaded $rounds times"
done
rm $reading
wait
is "$nr rounds: what failed to load or to unload" $bad 0
wrap_leaves
is "the wrappers go" $? 0

all() { exact "$1, after that" -n 230; }
both all
done_testing
