#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# enough: 7.3
# Trace events: what they say, added up, is what is counted; tracefs, perf, trace-cmd and
# bpftrace read them; the module goes while they are on.
# vm: -c 2 -m 2048 -t 400
. tests/tap.sh
. tests/guest/lib.bash

caller=build/tests/edge/caller
tracing=/sys/kernel/tracing
events=$tracing/events/ipcstat
dir=$(mktemp -d)

# What they and the two readings say, as "mechanism direction ops bytes copied fails" or with
# "waits wait_ns"; what is not zero.
cat > "$dir/sums.py" << 'END'
import re, sys
COLUMNS = {"transfer": ("ops", "bytes", "copied", "fails"), "wait": ("waits", "wait_ns")}
VALUES = {"transfer": ("ops", "bytes", "copied_bytes", "fails"), "wait": ("wait_ns",)}

def reading(path):
    lines = [line.split() for line in open(path) if not line.startswith("#")]
    return {line[0]: dict(zip(lines[0], line)) for line in lines[1:]}

def counted(before, after, columns):
    for row in before:
        for direction in "send", "recv":
            cells = [(after[row].get(f"{direction}_{c}"), before[row].get(f"{direction}_{c}")) for c in columns]
            # What does not apply, or is not known, to a mechanism is 0 in its events.
            sums = [int(a) - int(b) if a and a.isdigit() and b.isdigit() else 0 for a, b in cells]
            if any(sums):
                yield " ".join([row, direction, *map(str, sums)])

def traced(path, what):
    sums = {}
    for line in open(path):
        event = re.search(rf": ipcstat_{what}: (\w+) (send|recv) (.*)", line)
        if event:
            fields = dict(field.split("=") for field in event.group(3).split())
            values = [int(fields[v]) for v in VALUES[what]]
            if what == "wait":
                values.insert(0, 1)
            sums[event.group(1, 2)] = [a + b for a, b in zip(sums.get(event.group(1, 2), [0] * 4), values)]
    return (" ".join([*key, *map(str, values)]) for key, values in sums.items() if any(values))

what, source = sys.argv[1:3]
if source == "counted":
    lines = counted(reading(sys.argv[3]), reading(sys.argv[4]), COLUMNS[what])
else:
    lines = traced(sys.argv[3], what)
print("\n".join(sorted(lines)))
END
sums() { python3 "$dir/sums.py" "$@"; }
# All events of a command are the difference of two readings. The shell starts nothing in
# between that the kernel would not see as well.
adds_up() { # what, command...
	local what=$1 event
	shift
	: > $tracing/trace
	mapfile -t before < /proc/ipcstat
	echo 1 > $events/enable
	"$@" > "$dir/out" 2>&1
	echo 0 > $events/enable
	mapfile -t after < /proc/ipcstat
	cat $tracing/trace > "$dir/text"
	is "$what: no event is lost" "$(cat $tracing/per_cpu/cpu*/stats | awk '/overrun|dropped/ { n += $NF } END { print n }')" 0
	printf '%s\n' "${before[@]}" > "$dir/before"
	printf '%s\n' "${after[@]}" > "$dir/after"
	for event in transfer wait; do
		sums $event counted "$dir/before" "$dir/after" > "$dir/counted"
		is "$what: ${event}s" "$(sums $event traced "$dir/text")" "$(< "$dir/counted")"
		ok "$what: ${event}s of many mechanisms" awk -v rows="$(wc -l < "$dir/counted")" 'BEGIN { exit rows < 6 }'
	done
}

echo 16384 > $tracing/buffer_size_kb
for backend in auto probe; do
	modprobe ipcstat hooks=$backend
	adds_up "hooks=$backend" ipclab run all -n 503 -p 3
	is "hooks=$backend: its own check" "$(tail -n 1 "$dir/out" | cut -d ' ' -f 1-5)" "16 of 16 rows are"
	rmmod ipcstat
done

modprobe ipcstat
ipcstat flows on
adds_up "with flows" ipclab run all -n 23
ipcstat flows off
adds_up "without flows again" ipclab run all -n 23

# ---- text ----

: > $tracing/trace
echo 'mechanism == "fifo"' > $events/ipcstat_transfer/filter
echo 1 > $events/enable
$caller fifo 23
echo 0 > $events/enable
echo 0 > $events/ipcstat_transfer/filter
grep ': ipcstat_transfer: fifo ' $tracing/trace > "$dir/text"
is "23 lines of each direction" "$(grep -c ' send ' "$dir/text") $(grep -c ' recv ' "$dir/text")" "23 23"
is "each says what there is to say" \
	"$(sed -E 's/.*ipcstat_transfer: //; s/(tgid|object|space)=[1-9][0-9]*/\1/g' "$dir/text" | sort -u)" \
	"fifo recv tgid object space ops=1 bytes=64 copied_bytes=64 fails=0
fifo send tgid object space ops=1 bytes=64 copied_bytes=64 fails=0"
: > $tracing/trace
$caller fifo 23
is "off: nothing" "$(grep -c ipcstat "$tracing/trace")" 0

# ---- perf, trace-cmd, bpftrace ----

ok "perf stat" perf stat -x , -o "$dir/perf" -e ipcstat:ipcstat_transfer --filter 'mechanism == "sysv_msg" && direction == 0' \
	$caller sysv_msg 23
is "perf stat: 23" "$(grep ipcstat_transfer "$dir/perf" | cut -d , -f 1)" 23
ok "perf record" perf record -q -o "$dir/perf.data" -e ipcstat:ipcstat_transfer $caller sysv_msg 23
perf script -i "$dir/perf.data" > "$dir/script" 2> "$dir/err"
is "perf script: 23 of 64 bytes" "$(grep -c 'sysv_msg send .*bytes=64 ' "$dir/script")" 23

ok "trace-cmd" trace-cmd record -q -o "$dir/trace.dat" -e ipcstat $caller udp 23
trace-cmd report -i "$dir/trace.dat" > "$dir/report" 2> "$dir/err"
is "trace-cmd report: 23 of 64 bytes" "$(grep -cE 'udp send .*bytes=64 ' "$dir/report")" 23

ok "bpftrace" bpftrace -o "$dir/bpf" -c "$caller unix_dgram 23" -e '
	tracepoint:ipcstat:ipcstat_transfer /strncmp(args->mechanism, "unix_dgram", 11) == 0/ {
		@ops[args->direction] = sum(args->ops); @bytes[args->direction] = sum(args->bytes);
	}'
is "bpftrace: sums" "$(grep @ "$dir/bpf" | sort | xargs)" \
	"@bytes[0]: 1472 @bytes[1]: 1472 @ops[0]: 23 @ops[1]: 23"

# ---- unloading ----

echo 1 > $events/enable
ok "a module whose events are on goes" rmmod ipcstat
is "and they with it" "$(ls -d $events 2> /dev/null)" ""
modprobe ipcstat
ipcstat flows on
echo 1 > $events/enable
ok "with flows, too" rmmod ipcstat
modprobe ipcstat flows=1
echo 1 > $events/enable
ipcstat flows off
$caller fifo 23
adds_up "after all that" ipclab run all -n 23
ok "it goes as ever" rmmod ipcstat
done_testing
