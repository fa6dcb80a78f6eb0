#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# ipcstat graph: what is in the picture, whatever names processes give themselves.
# enough: 6.12
# vm: -c 2 -m 1024 -t 300
# shellcheck disable=SC2016 # '' is for the shell inside
set -u

. tests/cli.bash
. tests/guest/lib.bash

# edges FILE: "from|to|label|colour", one a line, sorted; of numbers only the sizes
edges() {
	gvpr 'E { printf("%s|%s|%s|%s\n", $.tail.label, $.head.label, $.label, $.color) }' "$1" |
		sed -E 's/\\n/ /g; s/0x[0-9a-f]+/N/g; s/([ :[+])[0-9]+([]:+|-]|$)/\1N\2/g; s/([ :[+])[0-9]+([]:+|-]|$)/\1N\2/g' |
		sort
}
# nodes FILE: their labels
nodes() { gvpr 'N { print($.label) }' "$1" | sort; }
# graph ARGUMENT...: into $dir/dot, which dot can read
graph() {
	ipcstat graph "$@" > "$dir/dot" 2> "$dir/err" && [ ! -s "$dir/err" ] &&
		dot -Tplain "$dir/dot" > "$dir/plain" 2> "$dir/err" && [ ! -s "$dir/err" ] && return
	fail "graph $*"
	diag "$(cat "$dir/err" "$dir/dot")"
}
# texts FILE: those in an SVG, which must be well-formed
texts() {
	python3 -c '
import sys, xml.etree.ElementTree as tree
for text in tree.parse(sys.argv[1]).iter("{http://www.w3.org/2000/svg}text"):
    print(text.text)' "$1"
}

complains "no module" 1 'not loaded: run `modprobe ipcstat`' ipcstat graph
modprobe ipcstat
complains "no flows" 1 'flows are off: turn them on' ipcstat graph
rmmod ipcstat
modprobe ipcstat flows=1
complains "a row that is none" 2 'pipes: no such mechanism; there are: pipe fifo' ipcstat graph --mechanism pipes

# --- each mechanism ---
mechanisms=$(ipcstat --mechanism "$(awk 'NR > 2 { print $1 }' /proc/ipcstat | paste -sd,)" -o mechanism | tail -n +2)
for mech in $mechanisms; do ipclab run "$mech" -n 23 > "$dir/out" 2>&1 || diag "$(cat "$dir/out")"; done
graph
is "each mechanism has edges" \
	"$(gvpr 'E { print(substr($.tooltip, 0, index($.tooltip, ":"))) }' "$dir/dot" | sort -u)" "$(sort <<< "$mechanisms")"
for mech in $mechanisms; do
	ok "the legend has $mech" grep -qE "^	label=<.*>$mech</td>" "$dir/dot"
done
# edges_are NAME MECHANISM TO FROM COLOUR: of a sender and a receiver
edges_are() {
	graph -C ipclab --mechanism "$2"
	is "$1" "$(edges "$dir/dot")" "$(sort <<< "ipclab N|$3|$5
$4|ipclab N|$5")"
}
edges_are "a pipe" pipe 'pipe pipe:[N]' 'pipe pipe:[N]' ' 1.4 KiB |#1f6fb4'
is "two processes, which have ended, and the pipe" "$(gvpr 'N { print($.shape, $.style) }' "$dir/dot" | sort)" \
	"boxrounded,filled,dashed
boxrounded,filled,dashed
ellipsefilled"
edges_are "a FIFO" fifo 'fifo N:N:N' 'fifo N:N:N' ' 1.4 KiB |#0a8ea0'
edges_are "a System V queue" sysv_msg 'sysv_msg msg N' 'sysv_msg msg N' ' 1.4 KiB |#d06a00'
edges_are "a POSIX queue" posix_mq 'posix_mq N:N:N' 'posix_mq N:N:N' ' 1.4 KiB |#a67c00'
edges_are "a semaphore has operations" sysv_sem 'sysv_sem sem N' 'sysv_sem sem N' ' 23 ops |#8a3fa8'
edges_are "a futex is one, whatever its address" futex 'futex futex N:N:N+N' 'futex futex N:N:N+N' ' 23 ops |#c22e94'
edges_are "an eventfd" eventfd 'eventfd eventfd:[N]' 'eventfd eventfd:[N]' ' 184 B |#00806a'
edges_are "a connection that has gone is two sockets, and nobody knows their peers" unix_stream \
	'unix_stream socket:[N]-[?]' 'unix_stream socket:[N]-[?]' ' 1.4 KiB |#4f46d0'
is "they are" "$(nodes "$dir/dot" | grep -c unix_stream)" 2
graph --mechanism signal -C ipclab
is "signals go from process to process" "$(edges "$dir/dot" | grep '23 ops')" "ipclab N|ipclab N| 23 ops |#333333"

# --- filters ---
graph --mechanism pipe -C ipclab --min-bytes 1472
is "--min-bytes" "$(edges "$dir/dot" | wc -l)" 2
graph --mechanism pipe -C ipclab --min-bytes 1473
is "--min-bytes: a byte more" "$(nodes "$dir/dot")" ""
ok "a picture without flows says so" grep -q 'no flows' "$dir/dot"
graph --mechanism pipe -C ipclab
pid=$(nodes "$dir/dot" | sed -n 's/^ipclab\\n//p' | head -n 1)
graph --mechanism pipe -p "$pid"
is "-p: the process, and those at the other ends" "$(nodes "$dir/dot" | sed -E 's/\[.*/[N]/; s/^(ipclab.n)[0-9]+/\1N/')" \
	"$(printf '%s\n' 'ipclab\nN' 'ipclab\nN' 'pipe\npipe:[N]' | sort)"
ok "it is one of them" grep -qF "ipclab\n$pid\"" "$dir/dot"
graph -C ipcla
is "-C: the whole name" "$(nodes "$dir/dot")" ""

# --- processes that live, one of them asleep, with names that mean something to dot ---
cat > "$dir/live" << 'END'
import ctypes, os, signal, socket, sys, time
def name(comm):
    ctypes.CDLL(None).prctl(15, comm, 0, 0, 0)
signal.signal(signal.SIGUSR1, signal.SIG_IGN)
left, right = socket.socketpair()
read, write = os.pipe()
child = os.fork()
if not child:
    name(b'q"\\\n\x1b<&>%s\xff\\')
    left.send(b"x" * 900)
    left.recv(1)
    os._exit(0)
name(b'\\N\\G&lt;"];{|}')
right.recv(900)
for i in range(5):
    os.kill(child, signal.SIGUSR1)
time.sleep(0.5)
with open(sys.argv[1], "w") as f:
    print(os.getpid(), child, file=f)
os.read(read, 1)
END
python3 "$dir/live" "$dir/pids" &
live=$!
while [ ! -s "$dir/pids" ]; do sleep 0.1; done
sleep 1
read -r parent child < "$dir/pids"
odd='q&quot;\\??&lt;&amp;&gt;%s?\\ N' stranger='\\N\\G&amp;lt;&quot;];{|} N' pair='unix_stream socket:[N]-[N]'
graph --mechanism unix_stream -p "$child"
is "the child sends, and sleeps; its parent is there, too" \
	"$(edges "$dir/dot" | sed -E 's/blocked ([0-9]+m)?[0-9]+(\.[0-9]{3})?s/blocked T/')" \
	"$(sort <<< "$odd|$pair| 900 B |#4f46d0
$pair|$odd| blocked T |#d7191c
$pair|$stranger| 900 B |#4f46d0")"
is "that edge is bold" "$(gvpr 'E [style == "bold"] { print($.color) }' "$dir/dot")" "#d7191c"
ok "so says the legend" grep -q 'blocked now' "$dir/dot"
graph --mechanism unix_stream --min-bytes 900
is "both ends are one node; who sleeps without so many bytes is not there" \
	"$(edges "$dir/dot" | grep -F -e '-[N]')" "$(sort <<< "$odd|$pair| 900 B |#4f46d0
$pair|$stranger| 900 B |#4f46d0")"
graph --mechanism signal -p "$parent"
is "signals that are ignored have been sent" "$(edges "$dir/dot")" "$stranger|$odd| 5 ops |#333333"
graph --mechanism pipe -p "$parent"
is "asleep at a pipe, with nothing moved yet" \
	"$(edges "$dir/dot" | sed -E 's/blocked ([0-9]+m)?[0-9]+(\.[0-9]{3})?s/blocked T/' | grep blocked)" \
	"pipe pipe:[N]|$stranger| blocked T |#d7191c"
graph -C $'q"\\\n\e<&>%s\xff\\'
is "-C takes the name itself" "$(nodes "$dir/dot" | grep -c '^q&quot;')" 1

# --- who is at the other end, or ? ---
cat > "$dir/loops.py" << 'END'
import collections, re, sys
# Objects that a process both sends to and receives from, with nobody else there.
users = collections.defaultdict(lambda: (set(), set()))
label = {}
for line in open(sys.argv[1]):
    if node := re.match(r'\s*(n\d+) \[label="([^"]*)"', line):
        label[node[1]] = node[2].replace("\\n", " ")
    elif edge := re.match(r"\s*(n\d+) -> (n\d+) ", line):
        users[edge[2]][0].add(edge[1])
        users[edge[1]][1].add(edge[2])
for node, (senders, receivers) in users.items():
    if " socket:" in label[node] and senders & receivers and len(senders | receivers) == 1:
        print(re.sub(r"\d+", "N", label[node]))
END
cases=0
begin() {
	local path=$dir/case$((++cases))
	python3 tests/flows/ends.py "$1" "$path" & begun=$!
	soon test -e "$path.ready" || fail "$1 begins"
}
finish() { kill $begun; wait $begun 2> /dev/null; }
while read -r case comm mech; do
	begin "$case"
	graph -C "$comm" --mechanism "$mech"
	is "$case: a peer that is unknown is ?, for each direction" "$(nodes "$dir/dot" | grep -c 'socket:.*]-\[?\]')" 2
	is "$case: who cannot be known to does not talk to himself" "$(python3 "$dir/loops.py" "$dir/dot")" ""
	finish
done << 'END'
closed-unix stays unix_stream
closed-tcp goes tcp
netns-unix near unix_stream
udp udp udp
END
begin self
graph -C self
is "who has both ends does" "$(python3 "$dir/loops.py" "$dir/dot" | sort)" "tcp socket:[N]-[N]
unix_dgram socket:[N]
unix_stream socket:[N]-[N]"
finish
begin server
graph -C server --mechanism unix_dgram
is "a server of datagrams, its clients, and others that are not known" "$(edges "$dir/dot")" \
	"$(sort <<< "client N|unix_dgram socket:[N]| 23 B |#7d6bd9
client N|unix_dgram socket:[N]| 23 B |#7d6bd9
server N|unix_dgram socket:[N]| 30 B |#7d6bd9
unix_dgram socket:[N]|client N| 10 B |#7d6bd9
unix_dgram socket:[N]|client N| 10 B |#7d6bd9
unix_dgram socket:[N]|server N| 69 B |#7d6bd9")"
finish
begin sem
graph -C sem
is "the identifier -1" "$(nodes "$dir/dot" | grep -- -1)" "sysv_msg\nmsg -1
sysv_sem\nsem -1
sysv_shm\nshm -1"
finish

# --- asleep in each mechanism that has sleepers: nothing has been moved yet ---
build/tests/lifecycle/sleepers all 3 "$dir/asleep" &
sleepers=$!
while [ ! -e "$dir/asleep" ]; do sleep 0.1; done
graph -p $sleepers
is "three threads sleep in each" \
	"$(gvpr 'E [color == "#d7191c"] { print($.tail.label, $.label) }' "$dir/dot" |
		sed -nE 's/^([a-z_]*).* blocked .*s \(3 threads\) $/\1/p' | sort | xargs)" \
	"eventfd fifo futex pipe posix_mq raw signal sysv_msg sysv_sem tcp udp unix_dgram unix_seqpacket unix_stream"
futex=$(nodes "$dir/dot" | grep '^futex')
rm "$dir/asleep"
wait $sleepers
graph -p $sleepers --mechanism futex
is "the futex that they slept at is the one that they were woken at" "$(nodes "$dir/dot" | grep '^futex')" "$futex"

# --- in a file ---
# Only these: dot takes its time for hundreds of processes.
only=(--mechanism unix_stream)
ok "--svg" ipcstat graph "${only[@]}" --svg "$dir/new.svg"
is "its mode is that of new files" "$(stat -c %a "$dir/new.svg")" "$(printf '%o' $((0666 & ~0$(umask))))"
texts "$dir/new.svg" > "$dir/text"
for name in 'q"\??<&>%s?' "$parent" "$child" ipclab unix_stream 'blocked now'; do
	ok "it is XML, and has $name" grep -qF -- "$name" "$dir/text"
done
echo old > "$dir/old.svg"
chmod 640 "$dir/old.svg"
ln -s old.svg "$dir/link.svg"
ok "--svg to a link" ipcstat graph "${only[@]}" --svg "$dir/link.svg"
is "the link stays, the file is new, its mode that of the old one" \
	"$(readlink "$dir/link.svg") $(stat -c %a "$dir/old.svg") $(texts "$dir/old.svg" | grep -c "^$child$")" "old.svg 640 1"
complains "--svg where there is no directory" 1 'cannot write /nonexistent/x.svg: No such file' ipcstat graph "${only[@]}" --svg /nonexistent/x.svg
complains "--svg that is a directory" 1 "cannot write $dir: it is no regular file" ipcstat graph "${only[@]}" --svg "$dir"
complains "--svg that is a device" 1 'cannot write /dev/null: it is no regular file' ipcstat graph "${only[@]}" --svg /dev/null
is "which stays one" "$(stat -c %F /dev/null)" "character special file"
complains "--svg where nothing can be written" 1 'cannot write /proc/x.svg' ipcstat graph "${only[@]}" --svg /proc/x.svg
chmod 755 "$dir"
complains "--svg in another's directory" 1 "cannot write $dir/x.svg: Permission denied" \
	unprivileged ipcstat graph "${only[@]}" --svg "$dir/x.svg"
mkdir "$dir/full"
mount -t tmpfs -o size=8k full "$dir/full"
echo old > "$dir/full/x.svg"
complains "--svg where there is no room" 1 'cannot write .*/full/x.svg: No space left' ipcstat graph "${only[@]}" --svg "$dir/full/x.svg"
is "the old one is whole, and nothing else is there" "$(cat "$dir/full/"*) $(ls -A "$dir/full")" "old x.svg"
umount "$dir/full"
program=$(command -v ipcstat)
complains "without graphviz" 1 'install the package graphviz' env PATH=/nonexistent "$program" graph "${only[@]}" --svg "$dir/x.svg"
mkdir "$dir/bin"
printf '#!/bin/sh\necho "Error: \033[31mno\nreally" >&2; exit 3\n' > "$dir/bin/dot"
chmod 755 "$dir/bin/dot"
PATH=$dir/bin:$PATH complains "dot fails" 1 'dot failed: Error: \?\[31mno$' ipcstat graph "${only[@]}" --svg "$dir/x.svg"
printf '#!/bin/sh\nkill -9 $$\n' > "$dir/bin/dot"
PATH=$dir/bin:$PATH complains "dot is killed" 1 'dot was killed by a signal: Killed' ipcstat graph "${only[@]}" --svg "$dir/x.svg"
is "no file is left" "$(find "$dir" -name 'x.svg*')" ""

# --- what others may see; memory ---
unprivileged ipcstat graph --mechanism pipe > "$dir/dot"
is "others' flows are a node, grey and with nothing but sums" \
	"$(nodes "$dir/dot" | sed -E 's/[0-9.]+ [KM]?i?B/N/g') $(gvpr 'N { print($.fillcolor) }' "$dir/dot") $(edges "$dir/dot")" \
	'other: pipe\nsent N, received N #e8e8e8 '
ok "who sleeps there is a number" grep -q '2 more tasks are asleep, of other users' "$dir/dot"
ok "sanitizers" build/sanitize/bin/ipcstat graph
ok "sanitizers: --svg" build/sanitize/bin/ipcstat graph "${only[@]}" --svg "$dir/new.svg"
kill -9 "$parent" "$child"
wait "$live" 2> /dev/null
graph --mechanism unix_stream -p "$child"
is "when it has ended it is asleep no more" "$(edges "$dir/dot" | grep -e 900 -e blocked)" \
	"$odd|unix_stream socket:[N]-[?]| 900 B |#4f46d0"
# While processes and objects come and go.
for row in pipe futex sysv_msg unix_stream; do build/tests/edge/caller $row 5000 > "$dir/out" 2>&1 & done
for ((i = 0; i < 5; i++)); do build/sanitize/bin/ipcstat graph > "$dir/dot" || break; done
is "while others come and go" "$i" 5
wait
rmmod ipcstat
done_testing
