#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# What all commands of ipcstat do alike: columns, headings, --raw, times, colours, exit codes,
# and the completion of bash.
# enough: 6.12
# vm: -c 1 -t 600
# shellcheck disable=SC2016,SC2317 # '' is for the shell inside; functions are called by ok
set -u
. tests/cli.bash
. tests/guest/lib.bash

heading() { "$@" | head -n 1 | xargs; }
# rows COMMAND...: how many, with how many words
shape() { "$@" | awk '{ print NF }' | sort -u | xargs; }
escapes() { grep -c $'\033' "$1"; }
terminal() { TERM=${type:-xterm} script -qec "$*" /dev/null; }

# ---- exit codes without the module ----

is "limits needs no module: 0" "$(ipcstat limits > /dev/null; echo $?)" 0
for command in '' signals blocked hist flows graph events hooks 'top -b' 'run true'; do
	# shellcheck disable=SC2086 # several words
	complains "ipcstat $command: 1 without the module" 1 . ipcstat $command
done
is "it completes nothing then, and does not complain" "$(ipcstat complete -- --mechanism p 2>&1; echo $?)" 0
ok "-h says where the columns come from" grep -q 'the module has their names' <(ipcstat -h)

ipcstat load
ipcstat flows on

# Somebody with a blank and a backslash in his name, who sleeps, and has moved something.
cat > "$dir/sleeper" << 'END'
import ctypes, os, sys
ctypes.CDLL(None).prctl(15, rb"a b\c")
a, b = os.pipe(), os.pipe()
os.write(a[1], b"x" * 1023)
os.read(a[0], 1023)
open(sys.argv[1], "w").close()
os.read(b[0], 1)
END
python3 "$dir/sleeper" "$dir/ready" & sleeper=$!
ok "somebody is asleep" soon sh -c 'test -e "$1" && ipcstat blocked -o tid --noheadings | grep -w "$2"' sh "$dir/ready" $sleeper

# ---- the columns that were asked for, and no others ----

while read -r columns command; do
	read -ra words <<< "$command"
	is "$command -o $columns" "$(heading ipcstat "${words[@]}" -o "$columns")" "${columns//,/ }"
	is "$command --columns=$columns" "$(heading ipcstat "${words[@]}" --columns="$columns")" "${columns//,/ }"
	is "$command --noheadings: the same without them" \
		"$(ipcstat "${words[@]}" --noheadings -o "${columns##*,}" | head -n 1)" \
		"$(ipcstat "${words[@]}" -o "${columns##*,}" | sed -n 2p)"
	is "$command --raw: a word for each column" \
		"$(shape ipcstat "${words[@]}" --raw --noheadings)" \
		"$(heading ipcstat "${words[@]}" --raw | wc -w)"
	first=$(heading ipcstat "${words[@]}" --raw | cut -d ' ' -f 1)
	is "$command -o +: here all are usual ones" \
		"$(heading ipcstat "${words[@]}" --raw -o "+$columns")" "$(heading ipcstat "${words[@]}" --raw)"
	complains "$command: an unknown column" 2 \
		"^ipcstat: nonsense: no such column; there are: .*${columns##*,}" ipcstat "${words[@]}" -o "nonsense"
	complains "$command: a column twice" 2 'named twice' ipcstat "${words[@]}" -o "$first,$first"
	ok "$command -h has its columns" grep -qw "${columns##*,}" <(ipcstat "${words[@]:0:1}" -h)
	is "$command -b: bytes, as without" "$(heading ipcstat "${words[@]}" -b)" "$(heading ipcstat "${words[@]}")"
done << 'END'
generated,signal signals
state,hook hooks
max,limit,mechanism limits
waited,object,comm blocked
send_bytes,comm flows
recv_ops,to_comm,comm flows --by pair
END
heading_of_top() { ipcstat top -b -d 0.2 -n 1 "$@" | sed -n 2p | xargs; }
is "-o" "$(heading ipcstat -o recv_ops,mechanism)" "recv_ops mechanism"
is "-o +: behind the usual ones" "$(heading ipcstat -o +blocked,peeks)" "$(heading ipcstat) blocked peeks"
is "-o +: a usual one stays where it is" "$(heading ipcstat -o +objects,blocked)" "$(heading ipcstat) blocked"
complains "-o +: one twice" 2 'named twice' ipcstat -o +blocked,blocked
complains "-o +: an unknown one" 2 'nonsense: no such column; there are: mechanism' ipcstat -o +nonsense
complains "-o +: nothing" 2 'is empty' ipcstat -o +
is "-o at an interval" "$(heading ipcstat -o recv_ops,mechanism --raw 1 1)" "recv_ops/s mechanism"
is "--raw at an interval: no empty lines" "$(ipcstat --raw --mechanism pipe 1 2 | wc -l)" 4
is "--noheadings at an interval: one line a report" \
	"$(ipcstat --raw --noheadings --mechanism pipe -o mechanism 1 2 | xargs)" "pipe pipe"
is "top -b -o" "$(heading_of_top -o blocked,comm)" "blocked comm"
is "top -b --raw --noheadings" \
	"$(ipcstat top -b -d 0.2 -n 1 -p $sleeper --raw --noheadings -o blocked,comm,mechanism)" '1 a\x20b\x5cc pipe'
complains "top -b -o: an unknown one" 2 'there are: pid comm' ipcstat top -b -o nonsense
complains "top: only with -b" 2 'with -b only' ipcstat top -o pid
is "run --columns" "$(ipcstat run --columns send_ops,mechanism true 2>&1 | head -n 1)" "send_ops mechanism"
is "run --raw: the table, and nothing else" "$(ipcstat run --raw true 2>&1 | wc -l)" 2
complains "run --columns: an unknown one, and nothing has been run" 2 'there are: mechanism' \
	ipcstat run --columns pid -- touch "$dir/touched"
ok "nothing was" test ! -e "$dir/touched"
complains "flows: the columns are those of the grouping" 2 'comm: no such column' ipcstat flows --by user -o comm

# ---- values with blanks ----

is "--raw | cut: one field, as lsipc writes it" \
	"$(ipcstat blocked --raw --noheadings -o tid,comm,object | grep "^$sleeper " | cut -d ' ' -f 2)" 'a\x20b\x5cc'
is "printf reads it" \
	"$(printf %b "$(ipcstat blocked --raw --noheadings -o tid,comm | sed -n "s/^$sleeper //p")")" 'a b\c'
is "flows --raw" "$(ipcstat flows --raw --noheadings -p $sleeper -o comm,send_bytes | head -n 1)" 'a\x20b\x5cc 1023'
is "hooks --raw: as many words everywhere" "$(shape ipcstat hooks --raw)" 5
is "80 columns are no limit of --raw" "$(terminal ipcstat --raw -o all | head -n 1 | wc -w)" \
	"$(heading ipcstat -o all | wc -w)"

# ---- JSON has the same columns ----

keys() { ipcstat "$@" -J > "$dir/json"; json "$dir/json" '" ".join(sorted({k for r in j["'"$array"'"] for k in r}))'; }
array=signals; is "signals -J -o" "$(keys signals -o generated,signal)" "generated signal"
array=hooks; is "hooks -J -o" "$(keys hooks -o kind,hook)" "hook kind symbol"
array=limits; is "limits -J -o" "$(keys limits -o use%,limit)" "change limit percent sysctl"
array=blocked; is "blocked -J -o" "$(keys blocked -o waited,pid)" "pid waited_ns"
is "blocked -J -o: arrays, too" "$(keys blocked -o woken_by)" "timeout woken_by woken_by_complete"
array=flows; is "flows -J -o" "$(keys flows -o comm,send_ops)" "comm ended send_ops"
array=mechanisms; is "-J -o" "$(keys -o send_ops)" send_ops

# ---- times ----

iso='[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}[+-][0-9]{2}:[0-9]{2}'
epoch='[0-9]{10}\.[0-9]{6}'
short='[0-9]{2}:[0-9]{2}:[0-9]{2}\.[0-9]{3}'
for command in '' signals hooks limits blocked flows; do
	# shellcheck disable=SC2086
	ok "$command -t" grep -qxE "$iso" <(ipcstat $command -t | head -n 1)
	# shellcheck disable=SC2086
	ok "$command --time-format epoch" grep -qxE "$epoch" <(ipcstat $command --time-format epoch | head -n 1)
	# shellcheck disable=SC2086
	ipcstat $command --time-format epoch -J > "$dir/json"
	ok "$command -J: a number" test "$(json "$dir/json" 'abs(j["timestamp"] - '"$EPOCHREALTIME"') < 60')" = True
done
ok "--time-format short" grep -qxE "$short" <(ipcstat --time-format short | head -n 1)
ok "iso is the usual one" grep -qxE "$iso" <(TZ=Asia/Kolkata ipcstat --time-format iso | head -n 1)
is "the zone is the reader's" "$(TZ=XYZ-5:30 ipcstat -t | head -n 1 | cut -c 20-)" "+05:30"
is "each report has one" "$(ipcstat --time-format epoch 1 2 | grep -cxE "$epoch")" 2
is "top -b" "$(ipcstat top -b -d 0.2 -n 1 --time-format epoch | head -n 1 | grep -cE "^$epoch seconds")" 1
ipcstat run -t --raw --noheadings true 2> "$dir/err"
ok "run -t" grep -qxE "$iso" "$dir/err"
complains "an unknown format" 2 'no such format of times; there are: short iso epoch' ipcstat --time-format rfc
# event OPTION...: the next one that somebody is lost
event() {
	ipcstat events lost --count 1 "$@" > "$dir/event" 2> /dev/null & events=$!
	for _ in {1..100}; do
		python3 -c 'import os; r, w = os.pipe(); os.write(w, b"x" * 23)'
		kill -0 $events 2> /dev/null || break
	done
	wait $events
}
event; ok "events: short is the usual one" grep -qE "^$short lost .*pipe.*: 23 bytes" "$dir/event"
event --time-format epoch; ok "events: epoch" grep -qE "^$epoch lost " "$dir/event"
event --time-format iso
ok "events: ISO, with microseconds" grep -qE "^${iso%%\[+-]*}\.[0-9]{6}[+-][0-9:]{5} lost " "$dir/event"
event -J; is "events -J: UTC" "$(json "$dir/event" 'j["time"][-1]')" Z
event -J --time-format epoch
ok "events -J: epoch" test "$(json "$dir/event" 'abs(j["time"] - '"$EPOCHREALTIME"') < 60')" = True

# ---- colours ----

unknown=(--mechanism posix_shm)
sysctl -qw kernel.msgmni=1
ipcmk -Q > /dev/null
for command in "${unknown[*]}" 'limits sysv_msg' 'blocked'; do
	# shellcheck disable=SC2086
	ipcstat $command > "$dir/pipe"
	is "$command: no colours in a file" "$(escapes "$dir/pipe")" 0
	terminal ipcstat "$command" | tr -d '\r' > "$dir/terminal"
	ok "$command: on a terminal" test "$(escapes "$dir/terminal")" -gt 0
	is "$command: the same text" "$(sed 's/\x1b\[[0-9]*m//g' "$dir/terminal" | grep -v 'pipe:\[.*[sm] ' | tr -s ' ' | sed 's/^ //')" \
		"$(grep -v 'pipe:\[.*[sm] ' "$dir/pipe" | tr -s ' ' | sed 's/^ //')"
	NO_COLOR=1 terminal ipcstat "$command" > "$dir/terminal"
	is "$command: not with NO_COLOR" "$(escapes "$dir/terminal")" 0
	NO_COLOR='' terminal ipcstat "$command" > "$dir/terminal"
	ok "$command: an empty one is none" test "$(escapes "$dir/terminal")" -gt 0
	type=dumb terminal ipcstat "$command" > "$dir/terminal"
	is "$command: not on a dumb terminal" "$(escapes "$dir/terminal")" 0
	terminal ipcstat "$command" --color=never > "$dir/terminal"
	is "$command: --color=never" "$(escapes "$dir/terminal")" 0
	for color in --color=always --color; do
		# shellcheck disable=SC2086
		NO_COLOR=1 ipcstat $command $color > "$dir/out"
		ok "$command: $color" test "$(escapes "$dir/out")" -gt 0
	done
	# shellcheck disable=SC2086
	ipcstat $command --color=always --raw > "$dir/out"
	is "$command: --raw has none" "$(escapes "$dir/out")" 0
	# shellcheck disable=SC2086
	ipcstat $command --color=always -J > "$dir/out"
	is "$command: JSON has none" "$(escapes "$dir/out")" 0
done
is "? is yellow" "$(ipcstat "${unknown[@]}" -o recv_ops --color=always | tail -n 1)" $'       \033[33m?\033[m'
ok "what is near a limit is red" grep -q $'\033\[31m100%\033\[m' <(ipcstat limits sysv_msg --color=always)
complains "an unknown time for colours" 2 'there are: auto always never' ipcstat --color=sometimes
sysctl -qw kernel.msgmni=32000
ipcrm --all

# ---- sizes ----

ok "graph: as people write them" grep -q '1023 B\|1.0 KiB' <(ipcstat graph -p $sleeper)
python3 -c 'import os
r, w = os.pipe()
for _ in range(3): os.write(w, b"x" * 4096), os.read(r, 4096)
import time; time.sleep(100)' & mover=$!
is_12_kib() { ipcstat graph -p "$mover" | grep -q '" 12 KiB'; }
ok "12 KiB" soon is_12_kib
ok "graph -b: in bytes" grep -q '" 12288 B' <(ipcstat graph -b -p $mover)
kill $mover

# ---- completion ----

# complete_ WORD...: what bash makes of the last one, with our completion
complete_() {
	bash --norc -c '. user/completion/ipcstat
		compopt() { :; }
		COMP_WORDS=(ipcstat "$@") COMP_CWORD=$#
		_ipcstat ipcstat
		printf "%s\n" "${COMPREPLY[@]}"' bash "$@" 2>&1 | xargs
}
is "commands" "$(complete_ ho)" hooks
is "all commands of the help" "$(complete_ '' | tr ' ' '\n' | grep -v ^complete)" \
	"$(ipcstat -h | sed -nE '/^Commands/,/^$/s/^  ([a-z]+) .*/\1/p' | grep -v ^complete)"
is "options" "$(complete_ flows --b)" "--by --bytes"
is "mechanisms" "$(complete_ --mechanism pi)" pipe
is "of several" "$(complete_ blocked --mechanism pipe,unix_d)" pipe,unix_dgram
is "columns" "$(complete_ -o send_w)" "send_waits send_wait_ns"
is "what is there already is no candidate" "$(complete_ -o send_waits,send_w)" "send_waits,send_wait_ns"
is "but the word itself is one" "$(complete_ limits -o unit,use)" "unit,use unit,use%"
is "behind +" "$(complete_ limits -o +sc)" +scope
is "with =, as bash takes it apart" "$(complete_ flows --by = pro)" process
is "numbers to sort by" "$(complete_ flows --sort recv_f)" recv_fails
is "groups of events" "$(complete_ events l)" "lost limit"
is "parameters of the module" "$(complete_ load max_f)" max_flows=
is "mechanisms that have limits" "$(complete_ limits so)" socket
is "run: its own options" "$(complete_ run --max)" --max-flows
is "but not what the command takes" "$(complete_ run ls --max)" ""
is "nothing of an option that there is not" "$(complete_ flows --nonsense x)" ""
# A real one, with readline.
cat > "$dir/inputrc" << 'END'
set enable-bracketed-paste off
set bell-style none
END
printf '%s\n' '. user/completion/ipcstat' 'PS1=' > "$dir/rc"
cat > "$dir/type" << 'END'
import os, pty, sys, time
pid, fd = pty.fork()
if not pid:
    os.execvp("bash", ["bash", "--rcfile", sys.argv[1], "-i"])
time.sleep(3)
os.write(fd, sys.argv[2].encode())
time.sleep(3)
os.write(fd, b"\n")
time.sleep(3)
os.write(fd, b"exit\n")
out = b""
try:
    while data := os.read(fd, 65536):
        out += data
except OSError:
    pass
print(out.decode())
END
is "bash -i: a Tab makes a whole line" \
	"$(INPUTRC=$dir/inputrc python3 "$dir/type" "$dir/rc" $'ipcstat lim\t--noh\t-o sc\t ud\t' | tr -d '\r' | grep -cx 'system')" 1

kill $sleeper

# ---- the sanitizers ----

if [ -x build/sanitize/bin/ipcstat ]; then
	PATH=$PWD/build/sanitize/bin:$PATH
	for command in '--raw -t -o +blocked' 'signals --raw --columns signal' 'hooks -o hook --color' 'hooks -J -o feeds' \
		       'blocked --raw' 'flows --time-format epoch -o comm -J' 'top -b -n 1 -d 0.2 --raw -o comm' \
		       'run --raw -t --columns mechanism true' 'limits --noheadings -o use%' '-h' 'signals -h' \
		       'complete -- -o mechanism,s' 'complete -- --mechanism=p' 'complete -- load m'; do
		# shellcheck disable=SC2086
		ok "sanitizers: ipcstat $command" ipcstat $command
	done
else
	skip "with the sanitizers" "build/sanitize/bin/ipcstat is missing"
fi
done_testing
