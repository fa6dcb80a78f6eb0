#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# enough: 6.1 7.3
# Flows: who moves what through which object; with a table that is full; as an ordinary user;
# turned on and off under traffic; the other end where it is known, and where it is not.
# vm: -c 2 -m 1024 -t 500
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
merge "chosen objects" setpriv --reuid 65534 --regid 65534 --clear-groups build/tests/flows/flood 3000
rmmod ipcstat

modprobe ipcstat flows=1 max_flows=1024
merge "shares" build/tests/flows/share 1024
merge "shares" $flows sums
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

# --- the other end ---
modprobe ipcstat flows=1
# begin CASE: of tests/flows/ends.py
cases=0
begin() {
	local path=$dir/case$((++cases))
	python3 tests/flows/ends.py "$1" "$path" 2> "$path.err" & begun=$!
	soon test -e "$path.ready" || fail "$1 begins: $(cat "$path.err")"
}
finish() { kill $begun; wait $begun 2> /dev/null; }
# pairs ARGUMENT...: "from>to object sent received" of sockets whose processes live, a line each, sorted
pairs() {
	ipcstat flows --by pair --raw --noheadings -o comm,to_comm,mechanism,object,send_bytes,recv_bytes "$@" |
		awk '$3 ~ /^(unix_|tcp|udp)/ && !/\(ended\)/ && $5 $6 !~ /^-?0-?$/ { print $1 ">" $2, $4, $5, $6 }' |
		sed -E 's/\[[0-9]+\]/[N]/g' | sort
}
for closed in unix packets tcp; do
	begin closed-$closed
	is "a peer that is closed is ? ($closed)" "$(pairs -C stays)" "?>stays socket:[N]-[?] - 23
stays>? socket:[N]-[?] 23 -"
	is "and so is the one that has closed it ($closed)" "$(pairs -C goes)" "?>goes socket:[N]-[?] - 23
goes>? socket:[N]-[?] 23 -"
	finish
done
begin netns-unix
is "a peer in another network namespace" "$(pairs -C near)" "?>near socket:[N]-[?] - 23
near>? socket:[N]-[?] 23 -"
ipcstat flows -J --by pair -C near --mechanism unix_stream > "$dir/json"
is "which is null in JSON" \
	"$(json "$dir/json" 'sorted([f["pid"] is None, f["comm"], f["to_pid"] is None, f["to_comm"], f["object"][-4:]] for f in j["flows"] if f.get("send_bytes"))')" \
	"[[False, 'near', True, None, '-[?]']]"
finish
begin here-unix
both="far>near socket:[N]-[N] 23 23
near>far socket:[N]-[N] 23 23"
is "one in ours is known" "$(pairs -C near)" "$both"
is "whichever end is asked for" "$(pairs -C far)" "$both"
is "by its number, too" "$(pairs -p "$(pgrep -P $begun)")" "$both"
# The other one listens, and has no flows.
by_socket() {
	local number out
	for number in $(readlink "/proc/$1/fd/"* | sed -n 's/^socket:\[\(.*\)\]$/\1/p'); do
		out=$(pairs --object "$number")
		[ -z "$out" ] || break
	done
	echo "$out"
}
is "by its socket" "$(by_socket "$(pgrep -P $begun)")" "$both"
is "by its bytes" "$(pairs --mechanism unix_stream --min-bytes 23 | grep -c near)" 2
is "and there are no others" "$(pairs -C nobody)" ""
finish
begin self
own="self>self socket:[N] 23 23
self>self socket:[N]-[N] 23 23
self>self socket:[N]-[N] 23 23"
is "who has both ends talks to himself" "$(pairs -C self)" "$own"
finish
begin server
is "an unconnected socket: its clients are known, others are ?" "$(pairs -C server)" \
	"client>server socket:[N] 23 69
client>server socket:[N] 23 69
server>client socket:[N] 30 10
server>client socket:[N] 30 10"
is "who is not connected sends to ?" "$(pairs -C loose)" "?>loose socket:[N] - 10
loose>? socket:[N]-[?] 23 -"
is "clients do not talk to each other" "$(pairs -C client)" "$(pairs -C server)"
finish
begin udp
is "of UDP nobody knows" "$(pairs -C udp)" "?>udp socket:[N]-[?] - 23
udp>? socket:[N]-[?] 23 -"
finish
begin sem
ipcstat flows --raw --noheadings -o object,comm -C sem | grep -o '^[a-z]*.x20-.*' | sort > "$dir/out"
is "the identifier -1" "$(cat "$dir/out")" 'msg\x20-1 sem
sem\x20-1 sem
shm\x20-1 sem'
is "by pairs" "$(ipcstat flows --by pair --raw --noheadings -o comm,to_comm,object -C sem --mechanism sysv_sem)" 'sem - sem\x20-1'
is "asked for" "$(ipcstat flows --raw --noheadings -o object --object -1 | sort)" "$(cut -d ' ' -f 1 "$dir/out")"
ok "0 is an identifier" ipcstat flows --object 0
fails "a bad object" 2 "invalid object 'x': it is no number" ipcstat flows --object x
finish

# Of several sockets of a process at one other socket the receiver's numbers are there once.
python3 -c '
import ctypes, os, socket, sys, time
ctypes.CDLL(None).prctl(15, b"twice", 0, 0, 0)
to = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
to.bind(sys.argv[1])
sockets = [socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) for i in range(2)]
for one in sockets:
    one.connect(sys.argv[1])
    one.send(b"x" * 23)
    to.recv(23)
open(sys.argv[1] + ".ready", "w").close()
time.sleep(1000)' "$dir/twice" & begun=$!
soon test -e "$dir/twice.ready"
is "what is received is added up once" "$(pairs -C twice)" "twice>twice socket:[N] 46 46"
finish

# Without the modules of sock_diag(7) nobody knows any peer.
mkdir -p /etc/modprobe.d
printf 'install %s /bin/false\n' unix_diag tcp_diag inet_diag > /etc/modprobe.d/no-diag.conf
rmmod tcp_diag unix_diag inet_diag 2> /dev/null
if grep -qE '^(unix|inet)_diag ' /proc/modules || grep -q /unix_diag "/lib/modules/$(uname -r)/modules.builtin"; then
	skip "without sock_diag" "this kernel has it built in"
else
	for known in here-unix self server; do
		begin $known
		pairs --mechanism unix_stream > "$dir/stream"
		pairs --mechanism unix_dgram > "$dir/dgram"
		pairs --mechanism tcp > "$dir/tcp"
		is "$known without sock_diag: each other end is ?" \
			"$(cat "$dir/stream" "$dir/dgram" "$dir/tcp" | awk '$1 !~ /^[?]>|>[?]$/')" ""
		ok "$known: there are some" grep -q '?' "$dir/stream" "$dir/dgram"
		finish
	done
fi
rm /etc/modprobe.d/no-diag.conf
begin here-unix
is "with it, known again" "$(pairs -C far)" "$both"
finish

# A reader who sees sums only does not say that there is nobody.
mkfifo "$dir/fifo"
python3 -c 'import os, sys, time
os.open(sys.argv[1], os.O_RDONLY | os.O_NONBLOCK)
time.sleep(1000)' "$dir/fifo" & reader=$!
chmod 755 "$dir"
chmod 666 "$dir/fifo"
unprivileged python3 -c 'import os, sys, time
to = os.open(sys.argv[1], os.O_WRONLY)
os.write(to, b"x" * 23)
time.sleep(1000)' "$dir/fifo" & begun=$!
fifo() { unprivileged ipcstat flows --by pair --mechanism fifo --raw --noheadings -o to_comm,send_bytes | grep ' 23$'; }
soon fifo > "$dir/out"
is "nobody has read" "$(ipcstat flows --by pair --mechanism fifo --raw --noheadings -o to_comm,send_bytes | grep ' 23$')" "- 23"
dd if="$dir/fifo" of=/dev/null bs=10 count=1 status=none
is "somebody else, who cannot be seen, has" "$(fifo)" "? 23"
kill $reader
finish
rmmod ipcstat

for arg in flows=maybe max_flows=15 max_flows=4194305; do
	fails "$arg" 1 . modprobe ipcstat "$arg"
done
done_testing
