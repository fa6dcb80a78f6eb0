#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# enough: 6.12
# vm: -c 2 -t 900
# ipclab bench: what it measures, what is counted for each message, the picture, and what it
# leaves behind: nothing.
# shellcheck disable=SC2016 # '' is for the shell inside
set -u

. tests/cli.bash
. tests/guest/lib.bash

before=$(ipclab_left)

# rows FILE: the lines of the second table
rows() { sed -n '/^Throughput/,/^$/p' "$1" | tail -n +4 | grep .; }

mapfile -t mechanisms < <(ipclab list | awk '/^[a-z]/ { print $1 }')

# ---- without the module ----

ipclab bench -n 3 -s 16,1K > "$dir/out" 2> "$dir/err"
is "without the module: status 0, and nothing on the standard error" "$? $(cat "$dir/err")" "0 "
ok "it says so" grep -q 'not loaded: run `modprobe ipcstat`' "$dir/out"
is "all are measured" "$(rows "$dir/out" | awk '{ print $1 }' | uniq | xargs)" "${mechanisms[*]}"
is "what the kernel counts is not known" "$(rows "$dir/out" | awk '{ $1 = $2 = $3 = $4 = "" } 1' | sort -u | xargs)" \
	"? ? ? ? ? ?"
ipclab bench -n 3 -s 16 -J pipe > "$dir/bench.without" 2> "$dir/err"
modprobe ipcstat

# ---- all mechanisms, all sizes ----

start=$EPOCHREALTIME
ipclab bench -n 20 -J > "$dir/bench.all" 2> "$dir/err"
is "all: status 0" "$? $(cat "$dir/err")" "0 "
diag "$(since "$start") seconds"
# all NAME EXPRESSION: is true of each cell, which is c
all() {
	is "$1" "$(json "$dir/bench.all" \
		"[(c['mechanism'], c.get('size_bytes'), c) for c in j['cells'] if not ($2)][:3] or 'all'")" all
}
# cells NAME WORDS EXPRESSION: the same of these mechanisms
cells() { all "$1" "c['mechanism'] not in '$2'.split() or $3"; }

is "each mechanism, in the order of the module's rows" \
	"$(json "$dir/bench.all" '" ".join(dict.fromkeys(c["mechanism"] for c in j["cells"]))')" "${mechanisms[*]}"
# sizes MECHANISM: how many, and the last one
sizes() { json "$dir/bench.all" "[(len(s), s[-1]) for s in [[c.get('size_bytes') for c in j['cells'] if c['mechanism'] == '$1']]][0]"; }
for mech in pipe fifo sysv_shm posix_shm unix_stream tcp; do is "$mech: all sizes" "$(sizes $mech)" "(11, 1048576)"; done
for mech in sysv_msg posix_mq; do is "$mech: up to its limit" "$(sizes $mech)" "(7, 4096)"; done
for mech in unix_dgram unix_seqpacket; do is "$mech: up to its limit" "$(sizes $mech)" "(9, 65536)"; done
for mech in udp raw; do is "$mech: up to its limit" "$(sizes $mech)" "(8, 16384)"; done
for mech in sysv_sem futex signal; do is "$mech: no size" "$(sizes $mech)" "(1, None)"; done
is "eventfd: one size" "$(sizes eventfd)" "(1, 8)"
is "the reasons" "$(json "$dir/bench.all" '"\n".join("{mechanism} {size_bytes} {limit_bytes} {why}".format(**e) for e in j["ends"] if not e["failed"])')" \
	"sysv_msg 16384 8192 the smaller of kernel.msgmax and kernel.msgmnb
posix_mq 16384 8192 fs.mqueue.msgsize_max
unix_dgram 262144 212960 net.core.wmem_default, but for 32 bytes
unix_seqpacket 262144 212960 net.core.wmem_default, but for 32 bytes
udp 65536 65507 an IP packet less its headers
raw 65536 65515 an IP packet less its header"

# ---- what is measured ----

for what in round_trip one_way; do
	all "$what: percentiles are in order" \
		"0 < c['$what']['p50_ns'] <= c['$what']['p90_ns'] <= c['$what']['p99_ns'] <= c['$what']['max_ns']"
	all "$what: as many as were asked for" "c['$what']['count'] == 20"
done
all "half of the way is no longer than all of it" "c['one_way']['max_ns'] < c['round_trip']['max_ns']"
all "one way: as many as were asked for" "c['stream']['messages'] == 20 and c['stream']['ns'] > 0"
all "messages a second" "abs(c['stream']['messages_per_s'] / (20e9 / c['stream']['ns']) - 1) < 0.001"
all "bytes a second" "'size_bytes' not in c or abs(c['stream']['bytes_per_s'] / c['size_bytes'] / c['stream']['messages_per_s'] - 1) < 0.01"

# ---- what is counted: eight round trips go before those that are measured ----

all "during all messages" \
	"c['counted']['round_trips']['messages'] == 2 * (20 + 8) and c['counted']['one_way']['messages'] == 20"
all "nobody else, so all of it is ours" "not any(p['others'] for p in c['counted'].values())"
copies='pipe fifo sysv_msg posix_mq unix_stream unix_dgram unix_seqpacket tcp udp eventfd'
cells "copied once in and once out" "$copies" \
	"all(p['copied_bytes'] == 2 * c['size_bytes'] * p['messages'] for p in c['counted'].values())"
cells "raw: once in, and once out with its header" raw \
	"all(p['copied_bytes'] == (2 * c['size_bytes'] + 20) * p['messages'] for p in c['counted'].values())"
cells "shared memory: nothing is copied" "sysv_shm posix_shm" "all(p['copied_bytes'] == 0 for p in c['counted'].values())"
cells "no data" "sysv_sem futex signal" "all('copied_bytes' not in p for p in c['counted'].values())"
cells "one operation to send, one to receive" "sysv_msg posix_mq unix_stream unix_dgram unix_seqpacket tcp udp raw sysv_sem signal eventfd" \
	"all(p['ops'] == 2 * p['messages'] for p in c['counted'].values())"
cells "pipes: the same, up to a page" "pipe fifo" \
	"c['size_bytes'] > 4096 or all(p['ops'] == 2 * p['messages'] for p in c['counted'].values())"
cells "pipes: more of them for more than a pipe holds" "pipe fifo" \
	"c['size_bytes'] <= 65536 or all(p['ops'] > 2 * p['messages'] for p in c['counted'].values())"
cells "a System V semaphore: one for each message" sysv_shm "c['counted']['round_trips']['ops'] == 2 * 56"
cells "two where the ring can be full" sysv_shm \
	"c['counted']['one_way']['ops'] == 2 * 20 + 20 + max(0, 20 - max(2, 65536 // max(64, c['size_bytes'])))"
cells "futexes: two calls at most for a hand-over" "posix_shm futex" "0 < c['counted']['round_trips']['ops'] <= 4 * 56"
all "who waits for an answer sleeps" "c['counted']['round_trips']['waits'] > 0"
cells "signals are sent by signal" signal "all(p['signals'] == p['messages'] for p in c['counted'].values())"
all "and by nobody else" "c['mechanism'] == 'signal' or all(p['signals'] == 0 for p in c['counted'].values())"
is "nothing is left" "$(ipclab_left)" "$before"

# ---- the table ----

ipclab bench pipe posix_shm futex sysv_msg -n 10 -s 64,16K > "$dir/out" 2> "$dir/err"
# column MECHANISM NR
column() { rows "$dir/out" | awk -v mech="$1" -v nr="$2" '$1 == mech { print $nr; exit }'; }
is "a pipe: copies, signals, operations" "$(for i in 5 6 7 9; do column pipe $i; done | xargs)" "2.00 0.00 2.00 2.00"
is "shared memory: copies, signals" "$(for i in 5 6; do column posix_shm $i; done | xargs)" "0.00 0.00"
is "futex: no copies" "$(column futex 5)" "-"
ok "where a row ends" grep -qx 'sysv_msg  *16K  up to 8192: the smaller of kernel.msgmax and kernel.msgmnb' "$dir/out"
ok "which was quickest at the small size" grep -qE '^Quickest at 64 bytes: [a-z_]+, round trip [0-9.]+ us; then [a-z_]+, ' "$dir/out"
ok "and at the large one" grep -qE '^Quickest at 16K: ' "$dir/out"
ok "which moved most" grep -qE '^Moves most at 16K: [a-z_]+, [0-9.]+ MiB/s one way; then [a-z_]+, ' "$dir/out"
ok "this is no real machine: it says so" grep -qE 'only good for comparison' "$dir/out"
ok "80 columns" awk 'length > 80 { exit 1 }' "$dir/out"
ok "not pinned" grep -q '^Not pinned' "$dir/out"

# ---- where others do the same ----

build/tests/edge/caller sysv_msg 1000000000 100 &
ipclab bench sysv_msg -s 64 --time 1s > "$dir/out" 2> "$dir/err"
kill $!
wait $! 2> /dev/null
ipcrm --all=msg # it leaves its queue
ok "others' operations are marked" grep -qE '^sysv_msg .* [0-9.]+~' "$dir/out"
ok "it says what that means" grep -q "^~ has others' operations in it" "$dir/out"

# ---- CPUs, times ----

ipclab bench -n 20 --pin 0,1 -s 64 -J pipe > "$dir/bench.pinned" 2> "$dir/err"
is "--pin 0,1: never on one CPU" "$(json "$dir/bench.pinned" 'j["pinned"], j["cells"][0]["same_cpu"]')" \
	"({'sender': 0, 'receiver': 1}, 0)"
ipclab bench -n 20 --pin 1,1 -s 64 -J pipe udp > "$dir/bench.one" 2> "$dir/err"
is "--pin 1,1: always" "$(json "$dir/bench.one" '[c["same_cpu"] for c in j["cells"]]')" "[20, 20]"
is "--pin none" "$(ipclab bench -n 2 --pin 1,1 --pin none pipe -s 1 2> "$dir/err" | grep -c '^Not pinned')" 1
complains "--pin: one that we may not use" 2 'CPU 1 is not among those that we may use' taskset -c 0 ipclab bench --pin 0,1
echo 0 > /sys/devices/system/cpu/cpu1/online
complains "--pin: one that is not online" 2 'CPU 1 is not online' ipclab bench --pin 0,1
echo 1 > /sys/devices/system/cpu/cpu1/online
start=$EPOCHREALTIME
ipclab bench --time 2s -s 64 -J unix_seqpacket > "$dir/bench.time" 2> "$dir/err"
seconds=$(since "$start")
ok "--time 2s: $seconds" awk -v s="$seconds" 'BEGIN { exit !(s > 2 && s < 30) }'
ok "half of it for each phase" test "$(json "$dir/bench.time" '0.9e9 < j["cells"][0]["stream"]["ns"] < 3e9')" = True
ok "and more than a few" test "$(json "$dir/bench.time" 'j["cells"][0]["round_trip"]["count"]')" -gt 100

# ---- the picture ----

# Of an SVG, which must be well-formed: its texts, and the colours of all curves.
cat > "$dir/svg" << 'END'
import re, sys, xml.etree.ElementTree as tree
root = tree.parse(sys.argv[1])
svg = "{http://www.w3.org/2000/svg}"
for text in root.iter(svg + "text"):
    print("text", "".join(text.itertext()).strip())
for curve in root.iter(svg + "g"):
    if re.fullmatch("gnuplot_plot_[0-9]+[ab]", curve.get("id", "")):
        colours = {tuple(map(int, re.findall("[0-9]+", shape.get("stroke") or shape.get("color"))))
                   for shape in curve.iter() if "rgb" in (shape.get("stroke") or shape.get("color") or "")
                   and shape.tag != svg + "g"}
        for colour in colours:
            print(curve.get("id")[-1], "#%02x%02x%02x" % colour)
END
ipclab bench -n 5 -s 1,64,4K --plot "$dir/new.svg" > "$dir/out" 2> "$dir/err"
is "--plot: status 0" "$? $(cat "$dir/err")" "0 "
python3 "$dir/svg" "$dir/new.svg" > "$dir/shapes"
for mech in "${mechanisms[@]}"; do
	colour=$(grep -oP "\"$mech\", \"\\K#[0-9a-f]+" user/common/palette.c)
	ok "$mech has a name" grep -qE "^text $mech( \(no size\))?$" "$dir/shapes"
	ok "$mech has a curve of latency" grep -qx "a $colour" "$dir/shapes"
	case $mech in
	sysv_sem | futex | signal) ok "$mech has none of throughput" sh -c '! grep -qx "$0" "$1"' "b $colour" "$dir/shapes" ;;
	*) ok "$mech has a curve of throughput" grep -qx "b $colour" "$dir/shapes" ;;
	esac
done
for text in 'Latency: median round trip' µs MiB/s 'message size, bytes' 4K; do
	ok "it says $text" grep -qx "text $text" "$dir/shapes"
done
ok "it says what the machine is" grep -q "^text Linux $(uname -r), 2 CPUs, not pinned; .* machine" "$dir/shapes"
ok "nothing but what has no size" ipclab bench futex signal -n 2 --plot "$dir/new.svg"
ok "nothing but what has one" ipclab bench eventfd -n 2 --plot "$dir/new.svg"

echo old > "$dir/old.svg"
chmod 640 "$dir/old.svg"
quick=(bench pipe -n 2 -s 1)
ok "--plot over a file" ipclab "${quick[@]}" --plot "$dir/old.svg"
is "its mode stays" "$(stat -c %a "$dir/old.svg") $(head -c 5 "$dir/old.svg")" "640 <?xml"
complains "--plot where there is no directory: nothing is measured" 1 'cannot write /nonexistent/x.svg: No such file' \
	ipclab "${quick[@]}" --plot /nonexistent/x.svg
complains "--plot that is a directory" 1 "cannot write $dir: it is no regular file" ipclab "${quick[@]}" --plot "$dir"
program=$(command -v ipclab)
complains "without gnuplot" 1 'install the package gnuplot-nox' env PATH=/nonexistent "$program" "${quick[@]}" --plot "$dir/x.svg"
mkdir "$dir/bin"
printf '#!/bin/sh\necho "gnuplot> set\n  ^\n  line 0: \033[31mno\n" >&2; exit 3\n' > "$dir/bin/gnuplot"
chmod 755 "$dir/bin/gnuplot"
PATH=$dir/bin:$PATH complains "gnuplot fails" 1 'gnuplot failed: line 0: \?\[31mno$' ipclab "${quick[@]}" --plot "$dir/x.svg"
printf '#!/bin/sh\ngrep -q . || exit 0\nkill -9 $$\n' > "$dir/bin/gnuplot"
echo old > "$dir/old.svg"
PATH=$dir/bin:$PATH ipclab "${quick[@]}" --plot "$dir/old.svg" > "$dir/out" 2> "$dir/err"
is "gnuplot is killed in the end: status 1, the old file stays, the table is there" \
	"$? $(cat "$dir/old.svg") $(grep -c '^pipe' "$dir/out") $(cat "$dir/err")" \
	"1 old 2 ipclab: gnuplot was killed by a signal: Killed"
is "no file is left" "$(find "$dir" -name '*.svg*' | sort | xargs -n 1 basename | xargs)" "new.svg old.svg"

# ---- what cannot be measured ----

unprivileged ipclab bench raw pipe -n 3 -s 64,1K > "$dir/out" 2> "$dir/err"
is "raw without privilege: status 1, a line" "$? $(grep -c '^ipclab: raw: socket .*ermitted' "$dir/err") $(wc -l < "$dir/err")" "1 1 1"
ok "its row says why" grep -q '^raw  *64  failed: socket .*ermitted' "$dir/out"
is "the others are measured" "$(rows "$dir/out" | awk '{ print $1, $2 }' | xargs)" "pipe 64 pipe 1K"
unprivileged ipclab bench raw -n 3 -s 64 -J > "$dir/bench.failed" 2> "$dir/err"
is "JSON: the same" "$(json "$dir/bench.failed" 'j["cells"], [(e["mechanism"], e["failed"]) for e in j["ends"]]')" \
	"([], [('raw', True)])"
is "the JSON is what its schema says" \
	"$(python3 tests/schema.py user/schema/ipclab-bench.json "$dir/bench".* 2>&1 | head -n 20)" ""

# ---- a terminal ----

TERM=xterm script -qec 'ipclab bench pipe fifo -n 3 -s 16,64' /dev/null > "$dir/terminal"
ok "how far it is" grep -qaF $'\r\033[Kipclab: 3 of 4: fifo, size 16' "$dir/terminal"
ok "the line is cleared before the table" grep -qaE $'\r\033\\[KLatency' "$dir/terminal"

# ---- Ctrl+C, a lost terminal, kill(1) ----

for signal in INT HUP TERM; do
	env --default-signal=$signal ipclab bench --time 1s > "$dir/out" 2> "$dir/err" &
	sleep 5
	kill -$signal $!
	status=0; wait $! || status=$?
	is "SIG$signal: its status says so" "$status $(cat "$dir/err")" "$((128 + $(kill -l $signal))) "
	ok "SIG$signal: what has been measured is there" grep -q '^pipe' "$dir/out"
	ok "SIG$signal: the last line says that it is not all" test "$(tail -n 1 "$dir/out")" = \
		'Interrupted: what is missing has not been measured.'
	is "SIG$signal: nothing is left" "$(ipclab_left)" "$before"
done
for mech in "${mechanisms[@]}"; do
	env --default-signal=INT ipclab bench "$mech" --time 1h -J > "$dir/out" 2> "$dir/err" &
	sleep 1.5
	kill -INT $!
	wait $! 2> /dev/null
	is "SIGINT in $mech: nothing is left, nothing is printed" "$(ipclab_left; cat "$dir/out" "$dir/err")" "$before"
done

if [ -x build/sanitize/bin/ipclab ]; then
	ok "sanitizers" build/sanitize/bin/ipclab bench -n 2 -s 1,64K --plot "$dir/x.svg"
	ok "sanitizers: JSON" build/sanitize/bin/ipclab bench -n 2 -s 1 -J
fi
rmmod ipcstat
done_testing
