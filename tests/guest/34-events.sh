#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# enough: 6.12
# Events: what is lost, full, slow, or ends, with exact numbers; who may listen; a flood, a
# listener that does not read, a module that goes.
# vm: -c 2 -m 1024 -t 400
# shellcheck disable=SC2016 # the backquotes are those of messages
set -u
. tests/cli.bash
. tests/guest/lib.bash

happen=build/tests/events/happen

# listen ARGS...: sets listener; listened: ends it when all has been said
listen() {
	ipcstat events -J "$@" > "$dir/json" 2> "$dir/err" &
	listener=$!
	joined
}
joined() {
	local try
	for try in {1..200}; do
		# the events' socket comes last, and is a member of a group
		awk -v pid="$listener" '$2 == 16 && $4 != "00000000" { found = 1 }
			END { exit !found }' /proc/net/netlink && break
		sleep 0.1
	done
	sleep 0.3
}
# until it has nothing to say for a second
settle() {
	local size=-1
	until [ "$(stat -c %s "$dir/json")" = "$size" ]; do
		size=$(stat -c %s "$dir/json")
		sleep 1.5
	done
}
listened() { # [settle]
	sleep 0.5
	[ -z "${1:-}" ] || settle
	kill "$listener"
	status=0
	wait "$listener" || status=$?
}
# contains NAME TEXT PATTERN
contains() {
	local found=no
	! grep -qE -- "$3" <<< "$2" || found=yes
	is "$1" "$found" yes
	[ $found = yes ] || diag "$2"
}
# said EXPRESSION: of the events e of this group, a line each, sorted
said() { # group, expression
	json "$dir/json" '"\n".join(sorted('"$2"' for e in js if e["group"] == "'"$1"'" and "pid" in e))'
}

fails "no module" 1 'not loaded' ipcstat events
backends=(auto)
[ "$KSERIES" != 6.12 ] || backends+=(probe) # on one of them
for backend in "${backends[@]}"; do
	ok "$backend: load" modprobe ipcstat hooks="$backend" flows=1

	# ---- lost data ----
	listen lost
	: > "$dir/want"
	for row in pipe fifo sysv_msg posix_mq unix_stream unix_dgram unix_seqpacket tcp udp raw; do
		echo "$row $($happen lost $row)" >> "$dir/want"
	done
	listened
	is "$backend: lost: what, of which object, how much" \
		"$(said lost '"%s %d %d %d" % (e["mechanism"], e["id"], e["bytes"], e.get("messages", 0))
			if e["comm"] == "happen" else ""' | sed '/^$/d')" "$(sort "$dir/want")"
	is "$backend: the listener's exit status" $status 0

	# ---- full queues: without and with a wait ----
	listen --wait 20ms limit wait
	: > "$dir/want"
	for row in pipe fifo sysv_msg posix_mq unix_stream unix_dgram unix_seqpacket tcp; do
		echo "$row $($happen limit $row)" >> "$dir/want"
		echo "$row $($happen full $row)" | tee -a "$dir/want" >> "$dir/waited"
	done
	listened
	is "$backend: full queues: each once" \
		"$(said limit '"%s %d" % (e["mechanism"], e["id"])')" "$(sort "$dir/want")"
	is "$backend: and who waited there" \
		"$(said wait-10ms '"%s %d" % (e["mechanism"], e["id"])
			if e["direction"] == "send" else ""' | sed '/^$/d')" "$(sort "$dir/waited")"
	rm "$dir/waited"

	# The next eventfd has the number of the last one: they would be one object.
	listen limit
	eventfd=$($happen limit eventfd)
	listened
	is "$backend: an eventfd by its number" \
		"$(said limit '"%s %s" % (e["mechanism"], e["id"])')" "eventfd $eventfd"

	# ---- signals ----
	listen signal
	read -r pid failed < <($happen signal)
	listened
	# Room for 3 is for all signals that are pending for this user: 2 or more do not fit.
	is "$backend: signals: those that failed are lost, one has lost its siginfo" \
		"$(said signal '"%d %d %d %s" % (e["pid"], e["id"], e["signal"], e["info_only"])')" \
		"$(yes "$pid $pid 34 False" | head -n "$failed"; echo "$pid $pid 34 True")"
	ok "$backend: and some did" [ "$failed" -ge 2 ]

	# ---- waits ----
	listen --wait 600ms --mechanism pipe -C happen wait
	for ms in 30 800 1200; do $happen wait $ms; done > "$dir/want"
	listened
	is "$backend: waits of 600 ms and more, of three" \
		"$(said wait-100ms '"%d %d" % (e["id"], e["pid"])')" "$(sed 1d "$dir/want" | sort)"
	is "$backend: they took no less" \
		"$(json "$dir/json" '[e["wait_ns"] >= ms * 1000000 for e, ms in zip(js, (795, 1195))]')" \
		"[True, True]"

	# ---- ends of processes ----
	listen exit
	ipclab run pipe -n 23 -s 100 > "$dir/out"
	ipclab run sysv_msg -n 29 -s 10 >> "$dir/out"
	listened
	is "$backend: a process ends: what it has sent" \
		"$(said exit '"".join("%s %d %d" % (m["mechanism"], m["send_ops"], m["send_bytes"])
			for m in e["mechanisms"] if e["comm"] == "ipclab" and m["mechanism"] != "signal" and
				(m.get("send_ops") or 0) > 1)' | sed '/^$/d')" "pipe 23 2300
sysv_msg 29 290"
	is "$backend: and received" \
		"$(said exit '"".join("%s %d %d" % (m["mechanism"], m["recv_ops"], m["recv_bytes"])
			for m in e["mechanisms"] if e["comm"] == "ipclab" and m["mechanism"] != "signal" and
				(m.get("recv_ops") or 0) > 1)' | sed '/^$/d')" "pipe 23 2300
sysv_msg 29 290"
	is "$backend: nothing of it is missing" \
		"$(said exit 'str(e["partial"])' | sort -u)" "False"
	ok "$backend: unload" rmmod ipcstat
done

# ---- a table that is too small, and none ----

ok "load, with room for 16 flows" modprobe ipcstat flows=1 max_flows=16
listen exit
$happen flood 40
listened
contains "some of what they did is missing, and it says so" "$(said exit 'str(e["partial"])')" True
ipcstat flows off
listen exit
/bin/true
listened
is "flows are off: no ends" "$(cat "$dir/json")" ""
contains "and a line says why" "$(cat "$dir/err")" 'flows are off: no ends.*ipcstat flows on'

# ---- text ----

ipcstat events --count 2 lost > "$dir/text" 2> "$dir/err" &
listener=$!
joined
a=$($happen lost pipe) b=$($happen lost udp)
wait $listener
is "text, and --count" "$(sed -E 's/^[0-9:.]{12} //; s/with [0-9]+/with PID/' "$dir/text")" \
"lost       pipe pipe:[${a%% *}]: 700 bytes unread; gone with PID (happen)
lost       udp socket:[${b%% *}]: 300 bytes in 3 messages unread; gone with PID (happen)"

# ---- who may listen ----

complains "as nobody" 1 'initial namespaces.*as root' unprivileged ipcstat events
complains "as root of a user namespace" 1 'initial namespaces' \
	unprivileged unshare --user --map-root-user --net --pid --fork ipcstat events
complains "in another network namespace" 1 'initial namespaces' unshare --net ipcstat events
complains "in another PID namespace" 1 'initial namespaces' unshare --pid --fork ipcstat events
complains "no such mechanism" 2 'no such mechanism' ipcstat events --mechanism pips
# Without asking first. The number of a group is that of the first one's, and so on.
cat > "$dir/join.py" << 'EOF'
import os, socket, struct, sys
s = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, 16)
s.bind((0, 0))
name = b"ipcstat\0"
attr = struct.pack("HH", 4 + len(name), 2) + name
s.send(struct.pack("IHHII", 20 + len(attr), 16, 1, 1, 0) + struct.pack("BBH", 3, 1, 0) + attr)
reply = s.recv(65536)
at = reply.index(b"lost\0")
# {len, CTRL_ATTR_MCAST_GRP_ID, number} stands before {len, CTRL_ATTR_MCAST_GRP_NAME, name}
number = struct.unpack("I", reply[at - 8:at - 4])[0]
try:
    s.setsockopt(270, 1, number)
except PermissionError:
    print("not permitted")
    sys.exit()
print("joined", flush=True)
s.settimeout(3 * int(os.environ.get("SLOWER", "1")))
try:
    print(len(s.recv(65536)))
except TimeoutError:
    print("nothing came")
EOF
chmod 755 "$dir"
is "nobody cannot join" "$(unprivileged python3 "$dir/join.py")" "not permitted"
: > "$dir/out"
unprivileged unshare --user --map-root-user --net python3 "$dir/join.py" > "$dir/out" &
until grep -q joined "$dir/out"; do sleep 0.1; done
$happen flood 5
wait $!
is "root of a user namespace hears nothing" "$(cat "$dir/out")" "joined
nothing came"
: > "$dir/out"
python3 "$dir/join.py" > "$dir/out" &
until grep -q joined "$dir/out"; do sleep 0.1; done
$happen flood 5
wait $!
is "root does" "$(sed 's/[0-9]*/N/' "$dir/out" | sed -n 2p)" "N"
rmmod ipcstat

# ---- a flood ----

# all: events that came, were suppressed, or lost
all() {
	json "$dir/json" 'sum(("pid" in e) + e.get("suppressed_before", 0) + e.get("lost_before", 0)
		for e in js)'
}
ok "load, 100 events a second" modprobe ipcstat max_events=100
listen -C happen lost
$happen flood 5000
listened settle
is "a flood: each event came, or is among the suppressed" "$(all)" 5000
is "few came" "$(json "$dir/json" 'sum(1 for e in js if "pid" in e) <= 100 * (3 + '"$SECONDS"')')" True
is "none is lost" "$(json "$dir/json" 'sum(e.get("lost_before", 0) for e in js)')" 0
rmmod ipcstat

ok "load, 100000 events a second" modprobe ipcstat max_events=100000
listen -C happen lost
kill -STOP $listener
for ((i = 0; i < 30; i++)); do $happen flood 1000; done
kill -CONT $listener
settle
$happen flood 7
listened settle
is "a listener that does not read: what it gets and has lost" "$(all)" 30007
contains "it is told how many" "$(json "$dir/json" 'str(sum(e.get("lost_before", 0) for e in js))')" \
	'^[1-9]'

# ---- the module goes ----

listen lost
kill -STOP $listener
$happen flood 1000
start=$EPOCHREALTIME
ok "unload, with a listener that does not read" rmmod ipcstat
took=$(since "$start")
ok "within a second ($took s)" awk -v took="$took" -v slower="${SLOWER:-1}" \
	'BEGIN { exit took > slower }'
kill -CONT $listener
status=0; wait $listener || status=$?
is "the listener says so" "$status $(cat "$dir/err")" \
	'1 ipcstat: the ipcstat module is not loaded: run `modprobe ipcstat` or `ipcstat load`'
modprobe ipcstat max_events=100000
listen lost
$happen flood 1000000000 &
flooder=$!
sleep 1
start=$EPOCHREALTIME
ok "unload, while events come as fast as they can" rmmod ipcstat
took=$(since "$start")
# Both CPUs are busy with it.
ok "it does not wait for their end ($took s)" awk -v took="$took" -v slower="${SLOWER:-1}" \
	'BEGIN { exit took > 10 * slower }'
kill $flooder
wait $flooder $listener 2> /dev/null
modprobe ipcstat
listen lost
kill -STOP $listener
rmmod ipcstat
modprobe ipcstat
kill -CONT $listener
sleep 3
$happen flood 3
listened
is "a reload in the middle: it goes on" "$(all) $(cat "$dir/err")" \
	"3 ipcstat: the module was reloaded: events may be missing"
rmmod ipcstat
fails "load: no events at all" 1 '' modprobe ipcstat max_events=0
done_testing
