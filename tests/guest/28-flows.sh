#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# enough: 6.1 7.3
# Flows: who moves what through which object; with a table that is full; as an ordinary user;
# turned on and off under traffic.
# vm: -c 2 -m 1024 -t 400
# shellcheck disable=SC2016 # the backquotes are those of messages
set -u
. tests/cli.bash
. tests/guest/lib.bash

flows=build/tests/flows/flows
processes=10000
[ "$KSERIES.${SLOWER:-1}" != 6.12.1 ] || processes=100000 # on one of them

# lab ROW: two processes, 23 times through it. Then exactly one flow of each is at one object.
lab() {
	ipclab run "$1" -n 23 > "$dir/lab" || diag "$(cat "$dir/lab")"
	ipcstat flows -J -C ipclab --mechanism "$1" > "$dir/json"
}
# ends ROW: "PROCESSES OBJECTS SENT RECEIVED" of the flows that did it
ends() {
	json "$dir/json" '(lambda fs: "%d %d %s %s" % (len(set(f["pid"] for f in fs)),
		len(set(f["object"] for f in fs)), [f["send_ops"] for f in fs if "send_ops" in f],
		[f["recv_ops"] for f in fs if "recv_ops" in f]))([f for f in j["flows"]
			if f.get("send_ops", 23) > 1 and f.get("recv_ops", 23) > 1])'
}

fails "no module" 1 'not loaded' ipcstat flows
for backend in auto probe; do
	modprobe ipcstat hooks=$backend flows=1
	for row in pipe fifo sysv_msg posix_mq sysv_sem futex eventfd; do
		lab $row
		is "$backend: $row: two processes, one object" "$(ends)" "2 1 [23] [23]"
	done
	for row in unix_stream unix_seqpacket tcp udp raw; do
		lab $row
		is "$backend: $row: two processes, a socket of each" "$(ends)" "2 2 [23] [23]"
	done
	lab signal
	is "$backend: signal: who sends, and who gets it" "$(ends)" "2 2 [23] [23]"
	ipcstat flows -J --by pair --mechanism signal -C ipclab > "$dir/json"
	is "$backend: signal: from one to the other" \
		"$(json "$dir/json" '[(f["pid"] != f["to_pid"], f["recv_ops"]) for f in j["flows"] if f.get("send_ops") == 23 and f["to_pid"]]')" \
		"[(True, 23)]"
	for row in sysv_shm posix_shm; do
		lab $row
		is "$backend: $row: who maps it" \
			"$(json "$dir/json" 'sorted(f["send_ops"] for f in j["flows"] if f.get("send_ops"))')" "[11, 12]"
	done
	merge "$backend" $flows sums
	merge "$backend" $flows who
	merge "$backend" $flows sums
	merge "$backend, nobody" setpriv --reuid 65534 --regid 65534 --clear-groups $flows mine
	ok "$backend: unload" rmmod ipcstat
done

modprobe ipcstat flows=1 max_flows=64
merge "a full table" $flows crowd "$processes" 64
ok "a full table: unload" rmmod ipcstat

modprobe ipcstat flows=1
merge "chosen objects" setpriv --reuid 65534 --regid 65534 --clear-groups build/tests/flows/flood 1500
rmmod ipcstat

# --- on and off ---
modprobe ipcstat
fails "off" 1 'flows are off: turn them on with `ipcstat flows on`' ipcstat flows
fails "no number" 2 'x: no number of flows' ipcstat flows on x
fails "none" 2 '0: no number of flows' ipcstat flows on 0
fails "too few" 1 'flows: 16 to 4194304' ipcstat flows on 15
fails "too many" 1 'flows: 16 to 4194304' ipcstat flows on 4194305
fails "nobody may not" 1 'needs CAP_SYS_ADMIN' \
	setpriv --reuid 65534 --regid 65534 --clear-groups ipcstat flows on
ok "on" ipcstat flows on 64
ok "on again" ipcstat flows on 64
fails "another size" 1 'another size: turn them off first' ipcstat flows on 65
fails "a bad grouping" 2 'pairs: no such grouping; there are: flow process' ipcstat flows --by pairs
fails "a bad order" 2 'size: no such number to sort by; there are: bytes send_ops' ipcstat flows --sort size
fails "a bad process" 2 'no process has that number' ipcstat flows -p 0
fails "a bad mechanism" 2 'pipes: no such mechanism; there are: pipe' ipcstat flows --mechanism pipes
ipcstat flows -J -p 4000000 > "$dir/json"
is "a process that is none" "$(json "$dir/json" 'j["flows"]')" "[]"
ok "off" ipcstat flows off
ok "off again" ipcstat flows off

for row in pipe unix_stream sysv_sem futex signal; do
	nice -n 19 build/tests/edge/caller $row 1000000000 30000 &
done
bad=0
for round in {1..23}; do
	ipcstat flows on $((16 << round % 10)) || bad=$((bad + 1))
	ipcstat flows --by mechanism > /dev/null || bad=$((bad + 1))
	[ $((round % 5)) != 4 ] || { rmmod ipcstat && modprobe ipcstat; } || bad=$((bad + 1))
	ipcstat flows off || bad=$((bad + 1))
done
is "23 times on and off under traffic, sometimes with the module" $bad 0
ok "on" ipcstat flows on
ok "unload with flows on" rmmod ipcstat
jobs -p | xargs kill
wait
ipcrm --all # what they have left to the tests that follow
for arg in flows=maybe max_flows=15 max_flows=4194305; do
	fails "$arg" 1 . modprobe ipcstat "$arg"
done
done_testing
