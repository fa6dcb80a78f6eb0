#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# As many pipes, queues, semaphore sets and processes asleep as a large machine has, on 8 CPUs:
# all are there in what is told, memory is bounded, and the time to read grows as the number.
# vm: -c 8 -m 4096 -t 600
# enough: 7.3
. tests/tap.sh
. tests/cli.bash
. tests/guest/lib.bash

here=/tmp/crowd
events=/sys/kernel/tracing/events/kmem
holding=''
# hold KIND COUNT: until leave; how many bytes the module has taken for them goes to $took. Not
# to be called by ok, whose pipe the program would hold.
hold() {
	local event hist=hist:keys=call_site.sym:vals=bytes_alloc
	rm -f $here
	for event in kmalloc kmem_cache_alloc; do echo "$hist" > $events/$event/trigger; done
	build/tests/lifecycle/crowd "$1" "$2" $here &
	holding=$!
	while [ ! -e $here ]; do
		kill -0 $holding 2> /dev/null || return 1
		sleep 0.1
	done
	cat $events/{kmalloc,kmem_cache_alloc}/hist > /tmp/hist
	for event in kmalloc kmem_cache_alloc; do echo "!$hist" > $events/$event/trigger; done
	took=$(awk '/\[ipcstat\]/ { sum += $NF } END { print sum + 0 }' /tmp/hist)
}
leave() {
	rm -f $here
	wait $holding
}
# The best of five readings, in microseconds.
reading() {
	local try start best=999999999 one
	for try in {1..5}; do
		start=${EPOCHREALTIME/./}
		cat /proc/ipcstat > /tmp/now
		one=$((${EPOCHREALTIME/./} - start))
		[ $one -ge $best ] || best=$one
	done
	echo $best
}

sysctl -q kernel.threads-max=100000 kernel.pid_max=100000 kernel.msgmni=32000 \
	kernel.sem='32000 1024000000 500 32000'
ok "load" modprobe ipcstat

empty=$(reading)
before=$(cell pipe objects)
hold pipes 10000
is "10,000 pipes" $? 0
some=$(reading)
leave
hold pipes 100000
is "100,000 pipes" $? 0
# The program has one pipe more.
is "100,000 pipes: objects" $(($(cell pipe objects) - before)) 100001
is "100,000 pipes: the list of rows is whole" "$(wc -l < /proc/ipcstat)" $(($(ipclab list | grep -c '^[a-z]') + 2))
is "100,000 pipes: 32 bytes of memory for each" "$took" $((100001 * 32))
many=$(reading)
diag "a reading takes $empty us with none, $some with 10,000, $many with 100,000"
# Ten times as many: at most ten times as long, where looking through all for each of them
# would take some seventy. Instructions are in tests/bench/README.md.
ok "the time to read grows no faster than the number" test "$many" -lt $((10 * some))
leave
is "without them: objects" "$(cell pipe objects)" "$before"

for kind in queues:sysv_msg semaphores:sysv_sem; do
	row=${kind#*:} kind=${kind%:*}
	before=$(cell "$row" objects)
	hold "$kind" 32000
	is "32,000 $kind" $? 0
	is "32,000 $kind: objects" $(($(cell "$row" objects) - before)) 32000
	is "32,000 $kind: no memory, but for the program's pipe" "$took" 32
	leave
	is "without them: objects" "$(cell "$row" objects)" "$before"
done

before=$(cell pipe blocked)
hold processes 10000
is "10,000 processes asleep" $? 0
is "10,000 processes asleep: blocked" $(($(cell pipe blocked) - before)) 10000
is "10,000 processes asleep: none is missed" "$(sed -n '1s/.* missed //p' /proc/ipcstat)" 0
ipcstat blocked -J > "$dir/json"
is "10,000 processes asleep: each is in the list" "$(json "$dir/json" \
	'len({b["pid"] for b in j["blocked"] if b["comm"] == "crowd" and b["mechanism"] == "pipe"})')" 10000
leave
is "all have been woken" "$(cell pipe blocked)" "$before"
start=$EPOCHREALTIME
ok "unload" rmmod ipcstat
diag "in $(since "$start") s"
wrap_leaves
is "the wrappers go" $? 0
done_testing
