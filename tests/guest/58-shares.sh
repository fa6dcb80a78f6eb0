#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# One user cannot make the gauges of the others unknown for long: each has a share of the tables of
# objects. What does not fit is counted as lost; it is followed when there is room again.
# enough: 6.12
# vm: -c 2 -m 1024 -t 500
# shellcheck disable=SC2317 # functions that ok calls
set -u
. tests/cli.bash
. tests/guest/lib.bash

chmod 1777 "$dir"
mkfifo -m 666 "$dir/fifo"
cat > "$dir/hold.py" << 'PY'
"""hold.py KIND COUNT NAME: makes so many, then does what NAME.todo says, word by word."""
import os, resource, socket, sys, time

kind, count, name = sys.argv[1], int(sys.argv[2]), sys.argv[3]
resource.setrlimit(resource.RLIMIT_NOFILE, (resource.getrlimit(resource.RLIMIT_NOFILE)[1],) * 2)


def fifo():
    path = f"{name}.fifo{len(held)}"
    os.mkfifo(path)
    return [os.open(path, os.O_RDWR), path]


def leftover():
    """A connection that has ended, with a byte that nobody has read."""
    far = socket.create_connection(listener.getsockname())
    near, _ = listener.accept()
    far.send(b"x")
    far.close()
    near.shutdown(socket.SHUT_WR)
    return [near.detach()]


make = {"pipe": lambda: list(os.pipe()), "eventfd": lambda: [os.eventfd(0)], "fifo": fifo,
        "udp": lambda: [socket.socket(socket.AF_INET, socket.SOCK_DGRAM).detach()],
        "tcp": leftover}[kind]
listener = socket.create_server(("127.0.0.1", 0)) if kind == "tcp" else None
held = []


def drop(objects):
    for one in objects:
        for fd in one:
            if isinstance(fd, int):
                os.close(fd)


for _ in range(count):
    held.append(make())
done = 0
while True:
    open(f"{name}.done{done}", "w").close()
    done += 1
    while not os.path.exists(f"{name}.todo{done}"):
        time.sleep(0.05)
    time.sleep(0.05)
    todo = open(f"{name}.todo{done}").read().split()[0]
    if todo == "half":      # the older ones, which are members
        drop(held[:count // 2])
        held = held[count // 2:]
    elif todo == "none":
        drop(held)
        held = []
    elif todo == "again":
        held += [make() for _ in range(count)]
    elif todo == "fly":     # the last one, which is lost, is on its way, and nowhere else
        ours, theirs = socket.socketpair()
        socket.send_fds(ours, [b"x"], held[-1])
        drop(held[-1:])
        held[-1:] = []
    elif todo == "land":
        held.append(socket.recv_fds(theirs, 1, 2)[1])
    elif todo == "refuse":  # opens that fail make a pipe, too, for a moment
        for _ in range(1000):
            try:
                os.open(sys.argv[4], os.O_WRONLY | os.O_NONBLOCK)
            except OSError:
                pass
PY

# as UID KIND COUNT: in the background; its files begin with $dir/UID.
as() {
	rm -f "$dir/$1".*
	setpriv --reuid "$1" --regid "$1" --clear-groups python3 "$dir/hold.py" "$2" "$3" "$dir/$1" "$dir/fifo" &
	holder[$1]=$!
	step[$1]=0
	soon test -e "$dir/$1.done0"
}
declare -A holder step
# tell UID WORD: and wait until it is done
tell() {
	step[$1]=$((step[$1] + 1))
	echo "$2" > "$dir/$1.todo${step[$1]}"
	soon test -e "$dir/$1.done${step[$1]}"
}
leaves() { # UID
	kill "${holder[$1]}"
	wait "${holder[$1]}" 2> /dev/null
}
# get TABLE UID: sets used, max and lost, as root sees them. It makes no pipe.
get() {
	used='' max='' lost=''
	build/tests/flows/shares "$1" "$2" > "$dir/share"
	read -r used max lost < "$dir/share"
}
# full TABLE UID COUNT OTHER...: of COUNT objects the user has half of the 1024 entries that the other
# users leave, which is its share, and all others are lost.
full() {
	local table=$1 uid=$2 count=$3 others=0 other limit
	shift 3
	for other; do
		get "$table" "$other"
		others=$((others + used))
	done
	limit=$(((1024 - others + 1) / 2))
	get "$table" "$uid"
	[ "$used $max $lost" = "$limit $limit $((count - limit))" ] ||
		{ diag "used $used, max $max, lost $lost; others have $others"; return 1; }
}
# has TABLE UID USED LOST
has() {
	get "$1" "$2"
	[ "$used $lost" = "$3 $4" ] || { diag "used $used, lost $lost"; return 1; }
}
has_lost() { get pipe 65534 && [ "$lost" = "$1" ]; }
known() { [[ $(cell "$1" "$2") != '?' ]]; }
unknown() { ! known "$@"; }
# within SECONDS COMMAND...
within() {
	local end=$((SECONDS + $1 * ${SLOWER:-1}))
	shift
	until "$@"; do [ "$SECONDS" -le "$end" ] || return 1; sleep 0.5; done
}
# Pipes that any process has open, by their inodes. No pipe of ours may come in between.
cat > "$dir/count.py" << 'PY'
import glob, os
pipes = set()
for fd in glob.glob("/proc/[0-9]*/fd/*"):
    try:
        name = os.readlink(fd)
    except OSError:
        continue
    if name.startswith("pipe:["):
        pipes.add(name)
row = [line.split() for line in open("/proc/ipcstat") if line.startswith("pipe ")][0]
open("OUT", "w").write(f"{len(pipes)} {row[1]}")
PY
sed -i "s#OUT#$dir/counted#" "$dir/count.py"
as_many() { python3 "$dir/count.py"; local a b; read -r a b < "$dir/counted"; [ "$a" = "$b" ] || { diag "$a pipes, objects $b"; return 1; }; }

ok "load" modprobe ipcstat max_objects=1024
for kind in pipe eventfd udp; do
	as 65533 $kind 100
	as 65534 $kind 600
	ok "$kind: 600 of a user: objects are unknown" unknown $kind objects
	ok "$kind: it has its share, the others are lost" full $kind 65534 600 65533 0
	ok "$kind: another user's are all followed" has $kind 65533 100 0
	as 0 $kind 200
	get $kind 0
	is "$kind: so are root's, who may have all" "$max $lost" "1024 0"
	tell 65534 half
	ok "$kind: it closes 300 that are followed: the lost ones are found" within 30 known $kind objects
	ok "$kind: it has 300" has $kind 65534 300 0
	[ $kind != pipe ] || ok "pipe: objects are all pipes that there are" as_many
	tell 65534 again
	ok "$kind: 600 more: objects are unknown" unknown $kind objects
	ok "$kind: its share is less than before, the others are lost" full $kind 65534 900 65533 0
	if [ $kind = pipe ]; then
		tell 65534 refuse
		ok "opens of a FIFO that fail change nothing" full pipe 65534 900 65533 0
		tell 65534 fly
		ok "nor does one that is on its way" full pipe 65534 900 65533 0
		tell 65534 half
		tell 65534 half
		ok "there is room: the others are found, but not that one" within 40 has_lost 1
		ok "objects stay unknown" unknown pipe objects
		tell 65534 land
		ok "it arrives: it is found, too" within 90 known pipe objects
		tell 65534 again
	fi
	ok "$kind: objects are unknown again" unknown $kind objects
	leaves 65534
	ok "$kind: nothing is lost when the user has gone" has $kind 65534 "" ""
	ok "$kind: objects are known after a walk" within 90 known $kind objects
	[ $kind != pipe ] || ok "pipe: objects are all pipes that there are" as_many
	leaves 65533
	leaves 0
done

# Four users take all they can get: a fifth still finds room.
for uid in 65531 65532 65533 65534; do as $uid udp 600; done
ok "udp: the last of four users has half of what the others leave" full udp 65534 600 65531 65532 65533 0
get udp 65534
ok "udp: that is more than 60" [ "$used" -gt 60 ]
as 65530 udp 25
ok "udp: a fifth user's 25 are all followed" has udp 65530 25 0
for uid in 65530 65531 65532 65533 65534; do leaves $uid; done
ok "udp: objects are known when they have gone" within 90 known udp objects

as 65534 fifo 600
ok "fifo: 600 of a user, each opened once" full pipe 65534 600 0
leaves 65534
ok "fifo: objects are known when the user has gone" within 90 known fifo objects

as 65534 tcp 600
ok "tcp: 600 ended connections of a user: queued_bytes is unknown" unknown tcp queued_bytes
ok "tcp: it has its share, the others are lost" full tcp 65534 600 0
tell 65534 half
ok "tcp: it closes 300: the lost ones are found" within 90 known tcp queued_bytes
is "tcp: 300 bytes" "$(cell tcp queued_bytes)" 300
ok "tcp: 300 are followed" has tcp 65534 300 0
leaves 65534

# ---- what is shown ----

as 65534 pipe 600
ok "pipe: 600 of a user" full pipe 65534 600 0
get pipe 65534
line="^ipcstat +max_objects/pipe +$used +$used +100% +objects +user:(nobody|65534)$"
ipcstat limits ipcstat > "$dir/text"
ok "a line for the user" grep -qE "$line" "$dir/text"
ok "a line says what is lost" grep -qE "^pipe: $lost objects of user (nobody|65534) are not followed" "$dir/text"
setpriv --reuid 65534 --regid 65534 --clear-groups ipcstat limits ipcstat > "$dir/text"
ok "the user sees the same" grep -qE "$line" "$dir/text"
setpriv --reuid 65533 --regid 65533 --clear-groups ipcstat limits ipcstat > "$dir/text"
is "another user sees no name" "$(grep -c "nobody\|65534\|$used" "$dir/text")" 0
ok "but a sum" grep -q "^pipe: $lost objects of other users are not followed" "$dir/text"
ok "unload, while objects are lost" rmmod ipcstat
leaves 65534
done_testing
