#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# ipcstat top: in batch mode what was moved is exact; in a terminal (tmux) of several sizes, and
# kinds, what it shows, its keys; the module goes and comes back; it leaves no trace.
# enough: 6.12
# vm: -c 2 -m 1024 -t 600
# shellcheck disable=SC2016,SC2317 # '' is for the shell inside; functions are called by ok
set -u

. tests/cli.bash
. tests/guest/lib.bash

export LC_ALL=C.UTF-8
unset NO_COLOR
tm() { tmux -L ipcstat -f /dev/null "$@"; }
trap 'tm kill-server 2> /dev/null; rm -rf "$dir"' EXIT

# within PATTERN: the screen, which comes into $dir/screen, has such a line soon
within() {
	local end=$((SECONDS + 30 * ${SLOWER:-1}))
	while [ $SECONDS -lt $end ]; do
		tm capture-pane -p -t top > "$dir/screen"
		! grep -qE -- "$1" "$dir/screen" || return 0
		sleep 0.1
	done
	return 1
}
# shows NAME PATTERN
shows() {
	if within "$2"; then pass "$1"; else fail "$1"; diag "expected: $2" "$(cat "$dir/screen")"; fi
}
# lacks NAME PATTERN: the screen of the last `shows`
lacks() {
	if ! grep -qE -- "$2" "$dir/screen"; then pass "$1"; else fail "$1"; diag "not expected: $2" "$(cat "$dir/screen")"; fi
}
look() { diag "$1" "$(cat "$dir/screen")"; }
keys() { tm send-keys -t top "$@"; }
# The shell in the terminal; it says how a command has ended.
run() { keys -l "$1; echo \"status:\$?\""; keys Enter; }
ended() { # NAME STATUS
	shows "$1: status $2" "^status:$2\$"
	is "$1: the terminal is as it was" \
		"$(tm display-message -p -t top '#{alternate_on} #{cursor_flag} #{keypad_cursor_flag} #{keypad_flag}')" '0 1 0 0'
	keys -l "stty -g > $dir/stty; clear; echo cl\"\"ean"
	keys Enter
	shows "$1: the shell goes on" '^clean$'
	is "$1: stty" "$(cat "$dir/stty")" "$(cat "$dir/stty.before")"
	keys -l clear
	keys Enter
}
size() { tm resize-window -t top -x "$1" -y "$2"; }
# Names of processes that live, in the order of the lines.
comms() { awk 'p && $1 ~ /^[0-9]+$/ && !/\(ended\)/ { print $2 } $1 == "PID" { p = 1 }' "$dir/screen"; }

# ---- without the module, without flows ----
complains "no module" 1 'not loaded: run `modprobe ipcstat`' ipcstat top -b
complains "no terminal" 1 'takes a terminal; use -b' ipcstat top
modprobe ipcstat
complains "flows are off" 1 'flows are off: turn them on with `ipcstat flows on`' ipcstat top -b
ipcstat flows on
complains "no such mechanism" 2 'pipes: no such mechanism; there are: pipe' ipcstat top -b --mechanism pipes

# ---- batch ----
mkfifo "$dir/go"
cat > "$dir/mover" << 'END'
import os, sys
go = os.open(sys.argv[1] + "/go", os.O_RDWR)
r, w = os.pipe()
for nr in 10, 23, 29:
    for i in range(nr):
        os.write(w, b"x" * 64)
        os.read(r, 64)
    open(sys.argv[1] + "/done.%d" % nr, "w").close()
    os.read(go, 1)
END
# reports FILE NR: there are so many of them
reports() { [ "$(grep -c '^20..-' "$1")" -ge "$2" ]; }
# of FILE NR MECHANISM: the numbers of the mover's line in a report
of() { awk -v nr="$2" -v mech="$3" '/^20..-/ { n++ } n == nr && $3 == mech { $1 = $2 = $3 = ""; print }' "$1" | xargs; }

python3 "$dir/mover" "$dir" &
mover=$!
soon test -e "$dir/done.10"
ipcstat top -b -d 8 -n 3 -C python3 > "$dir/comm" &
by_comm=$!
ipcstat top -b -d 2.5 -n 9 -p $mover --mechanism pipe > "$dir/pid" &
by_pid=$!
soon reports "$dir/comm" 1
echo -n x > "$dir/go"
soon test -e "$dir/done.23"
soon reports "$dir/comm" 2
echo -n x > "$dir/go"
wait $by_comm
status=$?
wait $by_pid
is "batch: ends after so many reports" "$status $? $(grep -c '^20..-' "$dir/comm") $(grep -c '^20..-' "$dir/pid")" "0 0 3 9"
is "batch: what was before is not counted" "$(of "$dir/comm" 1 pipe)" ""
is "batch: 23 sends" "$(of "$dir/comm" 2 pipe)" "23 1472 23 1472 0.0 0"
is "batch: 29 sends" "$(of "$dir/comm" 3 pipe)" "29 1856 29 1856 0.0 0"
is "batch: the head has their sums" \
	"$(awk '/^20..-/ { print $5, $7 }' "$dir/comm" | xargs)" "0 0 23 1472 29 1856"
is "batch: asleep all the time" "$(of "$dir/comm" 1 fifo | awk '{ print ($5 > 99 && $5 < 101), $6 }')" "1 1"
is "batch: a wait counts only where it was" \
	"$(for i in 2 3; do of "$dir/comm" $i fifo; done | awk '{ print ($5 > 70 && $5 < 101) }' | xargs)" "1 1"
is "batch: of one process, at another pace, the same in all" \
	"$(awk -v pid=$mover '$1 == pid { sends += $4; bytes += $7 } /^20..-/ { head += $5 } END { print sends, bytes, head }' "$dir/pid")" \
	"52 3328 52"
diag "$(cat "$dir/comm")"
echo -n x > "$dir/go"
wait $mover

ipcstat top -b -d 1 -n 9 > "$dir/back" 2> "$dir/err" &
back=$!
soon reports "$dir/back" 1
ipcstat flows off
soon grep -q 'flows are off' "$dir/back"
ipcstat flows on
wait $back
is "batch: flows go and come back: status" $? 0
is "batch: it says so, and goes on" \
	"$(grep -o -e 'flows are off' -e 'seconds' "$dir/back" | uniq | xargs) $(cat "$dir/err")" "seconds flows are off seconds "
env --default-signal=INT ipcstat top -b -d 0.1 > "$dir/out" &
soon reports "$dir/out" 2
kill -INT $!
wait $!
is "batch: Ctrl+C" $? 0

# ---- a screen ----
# It pauses now and then: in one QEMU thread each wait for a busy CPU takes 0.1 s. It is
# nice, and does no more than must be seen: who looks is slow enough.
traffic() { cp build/tests/edge/caller "$dir/$1"; nice -n 19 "$dir/$1" "$2" 1000000000 "${3:-150000}" & }
traffic alpha pipe 30000
traffic beta sysv_msg
traffic gamma unix_stream
traffic delta sysv_sem
traffic $'e\e[31mvil\n\xff' eventfd
traffic 日本語のプロセス udp
for row in tcp raw fifo signal futex posix_mq unix_dgram; do nice -n 19 build/tests/edge/caller $row 1000000000 150000 & done
# 23 of them: those before are awake then
sleepers() {
	rm -f "$dir/asleep"
	build/tests/lifecycle/sleepers pipe 23 "$dir/asleep" &
	soon test -e "$dir/asleep"
}
sleepers

tm -u new-session -d -s top -x 80 -y 24 "PS1='\$ ' exec bash --norc --noprofile -i"
tm set-option -g status off
within '^\$' || diag "no shell: $(cat "$dir/screen")"
keys -l "stty -g > $dir/stty.before; clear"
keys Enter
soon test -s "$dir/stty.before"

run "ipcstat top -d 0.5"
shows "80x24: head" '^ipcstat top - [0-9:]{8}, every 0.5 s, by process$'
shows "80x24: rates of all" '^Send +[0-9.]+ ops/s +[0-9.]+[KM]? B/s   Recv +[0-9.]+ ops/s +[0-9.]+[KM]? B/s$'
shows "80x24: the table of flows" '^Flows [0-9]+ of 65536, 0 evicted   Blocked 2[3-9]$'
shows "80x24: titles" '^    PID COMM +MECHANISM +SEND/s BYTES/s>RECV/s BYTES/s>WAIT% BLKD$'
shows "80x24: a pipe" '^ *[0-9]+ alpha +pipe +[0-9.]+ +[0-9.]+K +[0-9.]+ +[0-9.]+K +0 +0$'
shows "80x24: a semaphore has no bytes" '^ *[0-9]+ delta +sysv_sem +[0-9.]+ +- +[0-9.]+ +- +0 +0$'
shows "80x24: a name that steers nothing" '^ *[0-9]+ e\?\[31mvil\?\? +eventfd '
shows "80x24: a name of wide characters keeps the columns" '^ *[0-9]+ 日本語のプ +udp +[0-9]'
is "80x24: the title is the fifth line" "$(grep -n ' PID COMM' "$dir/screen" | cut -d : -f 1)" 5
is "80x24: the columns are in line" "$(awk '/alpha|beta|gamma|PID COMM/ { print substr($0, 24, 1) substr($0, 39, 1) }' "$dir/screen" | tr -d '\n ')" ""
look "80x24"

keys o
shows "by object" ', by object$'
shows "by object: a pipe" '^pipe  .* pipe:\[[0-9]+\]$'
look "by object"
keys m
shows "by mechanism" ', by mechanism$'
shows "by mechanism: semaphores" '^sysv_sem +[0-9.]+ +- '
is "by mechanism: each is one line" "$(awk 'NR > 5 { print $1 }' "$dir/screen" | grep . | sort | uniq -d)" ""
look "by mechanism"
keys p
shows "by process again" ', by process$'

keys s s
shows "sorted by name: the mark" ' COMM< +MECHANISM +SEND/s BYTES/s RECV/s '
sleep 1; within ' COMM<'
is "sorted by name" "$(comms)" "$(comms | LC_ALL=C sort)"
keys r
shows "in reverse: the mark" ' COMM> +MECHANISM'
is "sorted by name, in reverse" "$(comms)" "$(comms | LC_ALL=C sort -r)"
keys r

keys / alp
shows "filter: the editor" '^Names with: alp$'
is "filter: at the bottom" "$(tail -n 1 "$dir/screen")" "Names with: alp"
is "filter: at once" "$(comms)" alpha
keys hax BSpace Enter
shows "filter: in the head" '^Names with: alpha'
is "filter: is kept" "$(comms)" alpha
keys / zzz
shows "filter: nobody is called so" '^Nothing was moved'
keys Escape
shows "filter: Escape leaves it as it was" ' alpha +pipe'
is "filter: and nothing else comes back" "$(comms)" alpha
keys / C-u Enter
shows "filter: none" ' beta +sysv_msg'

keys h
shows "help" '^Any key goes back\.$'
look "help"
keys x
shows "help goes" '^ipcstat top - '
sleep 1; within . # what "x" would have done
lacks "and the key was only for that" 'goes back'
keys '?'
shows "help, too" '^Any key goes back\.$'
keys q
shows "in it q only goes back" '^ipcstat top - '

size 60 15
shows "60x15: columns are cut as a whole" '^    PID COMM< +MECHANISM +SEND/s BYTES/s RECV/s$'
shows "60x15: which lines these are" ' 1-10 of (1[4-9]|2[0-9])$'
is "60x15: no line is wrapped" "$(awk 'NR > 5 && NF && !($1 ~ /^([0-9]+|-)$/)' "$dir/screen")" ""
look "60x15"
keys Down
shows "a line down" ' 2-11 of '
keys Up Up
shows "up, not beyond the first" ' 1-10 of '
keys NPage
shows "a page down" ' ([5-9]|1[0-9])-(1[4-9]|2[0-9]) of '
keys PPage PPage
shows "a page up" ' 1-10 of '
# Where it is slow all that moves in an interval may fit: then there is no end to go to.
at_end() { keys End; sleep 0.6; tm capture-pane -p -t top > "$dir/screen"; grep -qE '([0-9]+)-([0-9]+) of \2$' "$dir/screen"; }
ok "the end" soon at_end
keys Home
shows "the beginning" ' 1-10 of '
keys Right Right
shows "columns to the right" '^    PID COMM< +MECHANISM +RECV/s BYTES/s WAIT%'
keys Left Left
shows "and back" '^    PID COMM< +MECHANISM +SEND/s BYTES/s RECV/s$'
keys h
shows "60x15: help fits" '^Any key goes back\.$'
shows "60x15: all of it" '^ipcstat top: who moves'
keys h
size 20 4
sleep 2
size 1 1
sleep 2
size 132 40
shows "132x40: more room for names" '^    PID COMM< {19}MECHANISM +SEND/s BYTES/s RECV/s BYTES/s WAIT% BLKD$'
look "132x40"
size 80 24
shows "80x24 again" '^    PID COMM< +MECHANISM +SEND/s BYTES/s RECV/s BYTES/s WAIT% BLKD$'
keys o
shows "and by object" ', by object$'
size 60 15
shows "60x15, by object: its name stays" '^MECHANISM +SEND/s BYTES/s>RECV/s OBJECT$'
look "60x15, by object"
size 80 24
keys p

# ---- what goes meanwhile ----
ipcstat flows off
shows "flows are off" '^the ipcstat module says: flows are off: turn them on with `ipcstat flows on`'
look "flows are off"
lacks "flows are off: nothing is left" 'alpha'
ipcstat flows on
shows "flows are on again" ' alpha +pipe '
rmmod ipcstat
shows "the module is gone" '^the ipcstat module is not loaded: run `modprobe ipcstat` or `ipcstat load`$'
keys r r m p
modprobe ipcstat
shows "it is back, without flows" 'flows are off'
ipcstat flows on 64
shows "and with them" '^Flows [0-9]+ of 64,'
shows "and with what they have" ' alpha +pipe '
sleepers

keys q
ended "q" 0

# ---- the ways out ----
pane=$(tm display-message -p -t top '#{pane_pid}')
out() { # NAME STATUS ACTION...
	run "ipcstat top"
	shows "$1: it runs" '^Flows [0-9]'
	"${@:3}"
	ended "$1" "$2"
}
send() { kill "-$1" "$(pgrep -P "$pane" -x ipcstat)"; }
out "Ctrl+C" 0 keys C-c
out "SIGTERM" 143 send TERM
out "SIGHUP" 129 send HUP
out "in the editor, Ctrl+C" 0 keys / C-c
run "ipcstat top -d 0.1 -n 3"
ended "-n" 0

keys -l "ipcstat top -d 0.5"
keys Enter
within '^Flows [0-9]'
keys C-z
shows "Ctrl+Z: the shell" 'Stopped.*ipcstat top'
is "Ctrl+Z: the terminal is as it was" "$(tm display-message -p -t top '#{alternate_on} #{cursor_flag}')" '0 1'
run fg
shows "fg: it goes on" '^    PID COMM +MECHANISM'
keys q
ended "fg, q" 0

# ---- kinds of terminals ----
coloured() { tm capture-pane -e -p -t top | grep -qE $'\e\\[[0-9;]*3[0-7]m'; }
for term in screen xterm linux vt100; do
	run "TERM=$term ipcstat top -d 0.5 -C sleepers"
	shows "$term: head" '^ipcstat top - [0-9:]{8}, every 0.5 s, by process; only sleepers$'
	shows "$term: titles" '^    PID COMM +MECHANISM +SEND/s BYTES/s>RECV/s BYTES/s>WAIT% BLKD$'
	shows "$term: sleepers, of whom nothing was counted" '^ *[0-9]+ sleepers +pipe +- +- +- +- +2[23][0-9]{2} +23$'
	if [ $term = vt100 ]; then
		is "$term: no colours" "$(coloured && echo colours)" ""
	else
		ok "$term: colours" coloured
	fi
	keys Down / C-u Escape q
	ended "$term" 0
done

# ---- over ssh: a server on the loopback, which knows one key ----
rm -f /root/.bashrc # of this guest: it may take longer than all the rest
(umask 077; mkdir -p /root/.ssh; dropbearkey -t ed25519 -f "$dir/key" | grep '^ssh-' > /root/.ssh/authorized_keys)
dropbearkey -t ed25519 -f "$dir/host" > /dev/null
dropbear -F -E -r "$dir/host" -P "$dir/pid" -p 127.0.0.1:2222 2> "$dir/dropbear" & server=$!
ssh="dbclient -y -y -t -i $dir/key -p 2222 root@127.0.0.1 env LC_ALL=C.UTF-8 $(command -v ipcstat)"
soon grep -q 'Not backgrounding' "$dir/dropbear"
run "$ssh top -d 0.5 -C sleepers 2> /dev/null"
shows "ssh: titles" '^    PID COMM +MECHANISM +SEND/s BYTES/s>RECV/s BYTES/s>WAIT% BLKD$'
shows "ssh: sleepers" '^ *[0-9]+ sleepers +pipe .* 23$'
ok "ssh: colours" coloured
size 60 15
shows "ssh: another size" '^    PID COMM +MECHANISM +SEND/s BYTES/s>RECV/s$'
size 80 24
shows "ssh: and back" '>WAIT% BLKD$'
keys s s
shows "ssh: keys" ' COMM< '
keys / zzz
shows "ssh: the editor" '^Names with: zzz$'
keys Escape q
ended "ssh" 0
run "$ssh top -d 0.5 -C sleepers 2> /dev/null"
shows "ssh: it runs" '^ *[0-9]+ sleepers +pipe .* 23$'
ok "ssh: a child of the server" pgrep -x ipcstat
pkill -KILL -x dbclient
ok "ssh: the line breaks: it ends" soon sh -c '! pgrep -x ipcstat'
keys -l "stty $(cat "$dir/stty.before"); tput rmcup; tput cnorm; clear" # what the client leaves is its own
keys Enter
kill $server

run "NO_COLOR=1 ipcstat top -d 0.5 -C sleepers"
shows "NO_COLOR: sleepers" ' sleepers +pipe .* 23$'
is "NO_COLOR: no colours" "$(coloured && echo colours)" ""
keys q
ended "NO_COLOR" 0
run "LC_ALL=C ipcstat top -d 0.5 --mechanism udp"
shows "no UTF-8: other characters are ?" '^ *[0-9]+ \?{15} +udp '
keys q
ended "no UTF-8" 0
run "TERM=nonsense ipcstat top"
shows "no such terminal" '^ipcstat: nonsense: no such kind of terminal \(TERM\); use -b for plain text$'
ended "no such terminal" 1
run "ipcstat top < /dev/null"
shows "no keyboard" 'takes a terminal; use -b'
ended "no keyboard" 1

tm kill-server
rm "$dir/asleep"
jobs -p | xargs kill 2> /dev/null
wait
done_testing
