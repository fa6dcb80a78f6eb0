#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# enough: 6.1
# The tool ipcstat, as a user meets it: what it shows, in every form.
# vm: -c 1 -t 150
# shellcheck disable=SC2016,SC2317 # '' is for the shell inside; functions are called by ok
set -u

. tests/cli.bash

# cells FILE: "row column value" for each cell of a table
cells() {
	awk '/^#/ { next }
	     !n { n = split($0, name); next }
	     { for (i = 2; i <= n; i++) print $1, name[i], $i }' "$1"
}

# Traffic that does not end in this shell's own pipes.
udp() { for ((i = 0; i < $1; i++)); do echo -n 0123456789 > /dev/udp/127.0.0.1/9; done; }

# ---- without the module ----

for command in '' signals hooks hist blocked '1 1' '-J' '--mechanism nonsense'; do
	# shellcheck disable=SC2086 # several words
	complains "ipcstat $command: no module" 1 'not loaded: run `modprobe ipcstat`' ipcstat $command
done

# The numbers begin at 0.
ok "load" ipcstat load

# ---- totals ----

udp 23
: | head -c 5 > "$dir/nothing"
cat /proc/ipcstat > "$dir/before"
ipcstat -o all > "$dir/table"
cat /proc/ipcstat > "$dir/after"
for file in before table after; do cells "$dir/$file" | sort > "$dir/$file.cells"; done
is "-o all has each row and column of /proc/ipcstat" \
	"$(awk '{ at = $1 ":" $2 } NR == FNR { there[at] } NR != FNR && !(at in there) { print at }' \
		"$dir/table.cells" "$dir/before.cells")" ""
is "its values lie between those of /proc/ipcstat before and after" \
	"$(awk '{ at = $1 ":" $2 }
		FNR == 1 { file++ }
		file == 1 { before[at] = $3 }
		file == 2 { after[at] = $3 }
		file == 3 && at in before && !($3 == before[at] || $3 == after[at] ||
			$3 + 0 > before[at] + 0 && $3 + 0 < after[at] + 0) {
			print at, before[at], $3, after[at]
		}' "$dir/before.cells" "$dir/after.cells" "$dir/table.cells")" ""
is "23 datagrams" "$(ipcstat -o send_ops,send_bytes,send_copied --mechanism udp | xargs)" \
	"send_ops send_bytes send_copied 23 230 230"
is "rows and columns in the order asked for, rows in the module's" \
	"$(ipcstat -o recv_fails,mechanism --mechanism tcp,sysv_sem | xargs)" \
	"recv_fails mechanism 0 sysv_sem 0 tcp"
is "the default fits 80 columns" "$(ipcstat | awk 'length > 80')" ""
is "every row is there" "$(ipcstat -o mechanism | tail -n +2)" "$(awk 'NR > 2 { print $1 }' /proc/ipcstat)"
is "-z: only what moved" "$(ipcstat -z -o mechanism --mechanism udp,raw,sysv_msg | xargs)" "mechanism udp"
ok "--timestamp: ISO 8601" sh -c 'ipcstat --timestamp | head -n 1 |
	grep -Ex "[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}[+-][0-9]{2}:[0-9]{2}"'

complains "unknown column" 2 'nonsense: no such column; there are: mechanism objects' ipcstat -o mechanism,nonsense
complains "empty column" 2 'empty or named twice' ipcstat -o mechanism,,objects
complains "no column" 2 'empty' ipcstat -o ''
complains "column twice" 2 'named twice' ipcstat -o objects,objects
complains "unknown mechanism" 2 'nonsense: no such mechanism; there are: pipe fifo' \
	ipcstat --mechanism pipe,nonsense
complains "unknown mechanism at an interval, at once" 2 'no such mechanism' ipcstat -y --mechanism x 1000

# ---- JSON ----

ipcstat -J --mechanism udp,posix_shm,futex > "$dir/json"
is "-J: a number" "$(json "$dir/json" '[r["send_ops"] for r in j["mechanisms"] if r["mechanism"] == "udp"]')" "[23]"
is "-J: details too" "$(json "$dir/json" '[r["ipv4_send_ops"] for r in j["mechanisms"] if r["mechanism"] == "udp"]')" "[23]"
is "-J: null for what is not known" \
	"$(json "$dir/json" '[r["recv_ops"] for r in j["mechanisms"] if r["mechanism"] == "posix_shm"]')" "[None]"
is "-J: no key for what does not apply" \
	"$(json "$dir/json" '["send_bytes" in r for r in j["mechanisms"] if r["mechanism"] == "futex"]')" "[False]"
is "-J: what the first line of /proc/ipcstat says" \
	"$(json "$dir/json" '"# ipcstat %s since %d hooks %d/%d missed %d" % tuple(j[k] for k in ("version", "since", "hooks_attached", "hooks_all", "missed"))')" \
	"$(head -n 1 /proc/ipcstat)"
is "-J -o: these keys" "$(ipcstat -J -o mechanism,send_ops --mechanism udp > "$dir/json"; json "$dir/json" 'j["mechanisms"]')" \
	"[{'mechanism': 'udp', 'send_ops': 23}]"

# ---- intervals ----

start=$SECONDS
ipcstat -o mechanism,objects,send_ops --mechanism udp 1 3 > "$dir/out"
is "1 3: three reports" "$(grep -c ^mechanism "$dir/out")" 3
is "their heading says what is per second" "$(head -n 1 "$dir/out" | xargs)" "mechanism objects send_ops/s"
ok "they take two seconds" test $((SECONDS - start)) -ge 1
ipcstat -J --mechanism udp 1 1 > "$dir/json"
is "the first report is since load" \
	"$(json "$dir/json" 'round(j["seconds"] * j["mechanisms"][0]["send_ops"], 1)')" 23.0
ipcstat -y -J --timestamp --mechanism udp 2 2 > "$dir/json" &
sleep 1
udp 17
wait $!
is "-y 2 2: one JSON object a line" "$(json "$dir/json" 'len(js)')" 2
is "what happened in between, per second" \
	"$(json "$dir/json" 'round(sum(a["seconds"] * a["mechanisms"][0]["send_ops"] for a in js), 1)')" 17.0
is "over the time that went by" "$(json "$dir/json" 'round(sum(a["seconds"] for a in js))')" 4
is "with the time" "$(json "$dir/json" 'min(len(a["timestamp"]) for a in js)')" 25
is "-z at an interval: idle rows are hidden" \
	"$(ipcstat -y -z -o mechanism --mechanism udp,raw 1 1 | xargs)" "mechanism"
is "watching moves nothing by itself" \
	"$(ipcstat -y -z -o mechanism 1 1 > "$dir/out"; grep -vE '^(mechanism|posix_shm|signal|)$' "$dir/out")" ""

# ---- signals and hooks ----

usr1() { ipcstat signals | awk '$1 == "SIGUSR1" { print $3, $4 }'; }
before=$(usr1)
bash -c 'trap : USR1; for ((i = 0; i < 23; i++)); do kill -USR1 $$; done'
after=$(usr1)
is "signals: 23 of SIGUSR1 generated and delivered" \
	"$((${after% *} - ${before% *})) $((${after#* } - ${before#* }))" "23 23"
is "signals: 64 of them" "$(ipcstat signals | tail -n +2 | wc -l)" 64
is "signals -z: only what came" "$(ipcstat signals -z | grep -c SIGSEGV)" 0
ipcstat signals -J -z > "$dir/json"
is "signals -J" "$(json "$dir/json" '[s["generated"] for s in j["signals"] if s["signal"] == "SIGUSR1" and s["number"] == 10]')" "[23]"

ipcstat hooks > "$dir/hooks"
ipcstat hooks -J > "$dir/json"
hooks=$(sed -nE 's/.* hooks ([0-9]+)\/([0-9]+) .*/\1 \2/p' /proc/ipcstat)
is "hooks: as many attached as /proc/ipcstat says" "$(awk '$3 == "attached"' "$dir/hooks" | wc -l)" "${hooks% *}"
is "hooks: as many in all" "$(awk 'NR > 1 && $3 != "absent"' "$dir/hooks" | wc -l)" "${hooks#* }"
is "hooks -J: the same" "$(json "$dir/json" 'len(j["hooks"])')" "$(($(wc -l < "$dir/hooks") - 1))"
is "hooks -J: what one feeds" "$(json "$dir/json" '[h["feeds"] for h in j["hooks"] if h["hook"] == "do_msgsnd"]')" "[['sysv_msg']]"

# ---- other users, other namespaces ----

for command in '' 'signals' 'hooks' '-J' '1 1'; do
	# shellcheck disable=SC2086
	ok "nobody: ipcstat $command" unprivileged ipcstat $command
done
ok "another network namespace" unshare --net ipcstat
ok "another network namespace, of another user namespace" unshare --user --net ipcstat
is "the same numbers there" "$(unshare --net ipcstat -o send_ops --mechanism udp | xargs)" \
	"$(ipcstat -o send_ops --mechanism udp | xargs)"

# ---- terminals ----

# on_terminal COLUMNS COMMAND...: its output on a terminal of that width
on_terminal() {
	python3 -c '
import fcntl, os, pty, struct, subprocess, sys, termios
master, slave = pty.openpty()
fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", 24, int(sys.argv[1]), 0, 0))
child = subprocess.Popen(sys.argv[2:], stdout=slave)
os.close(slave)
try:
    while data := os.read(master, 65536):
        sys.stdout.write(data.decode().replace("\r", ""))
except OSError:
    pass
sys.exit(child.wait())' "$@"
}

for width in 40 80; do
	on_terminal $width ipcstat -o all > "$dir/out"
	is "$width columns: no line is wider" "$(awk -v width=$width 'length > width' "$dir/out")" ""
	is "$width columns: all columns are there" \
		"$(grep ^mechanism "$dir/out" | sed 's/^mechanism//' | xargs)" \
		"$(ipcstat -o all | head -n 1 | sed 's/^mechanism//' | xargs)"
done
is "80 columns: the usual table in one piece" "$(on_terminal 80 ipcstat | grep -c ^mechanism)" 1
is "80 columns: at an interval too" "$(on_terminal 80 ipcstat 1 1 | grep -c ^mechanism)" 1
is "3 columns: nothing is lost" "$(on_terminal 3 ipcstat | grep -c ^mechanism)" 6

# ---- endings ----

ipcstat 1 5 2> "$dir/err" | head -n 1 > "$dir/out"
is "a reader that goes away: no complaint" "$(cat "$dir/err")" ""
(trap '' PIPE; ipcstat 1 5 2> "$dir/err" | head -n 1 > "$dir/out")
is "not even where the parent ignores SIGPIPE" "$(cat "$dir/err")" ""
complains "a full disk" 1 'cannot write.*No space' sh -c 'exec ipcstat > /dev/full'
complains "a full disk, at an interval" 1 'cannot write.*No space' sh -c 'exec ipcstat 1 3 > /dev/full'

env --default-signal=INT ipcstat 1000 > "$dir/out" 2> "$dir/err" &
sleep 2
kill -INT $!
status=0; wait $! || status=$?
is "Ctrl+C: status 0" $status 0
is "Ctrl+C: the report is whole" "$(tail -n 2 "$dir/out" | awk '{ print $1 }' | xargs) $(cat "$dir/err")" "eventfd "

# ---- the same, with the sanitizers ----

if [ -x build/sanitize/bin/ipcstat ]; then
	PATH=$PWD/build/sanitize/bin:$PATH
	for command in '-o all' '-J' '-z --timestamp' 'signals' 'signals -J -z' 'hooks' 'hooks -J' '-J -z 1 2'; do
		# shellcheck disable=SC2086
		ok "sanitizers: ipcstat $command" ipcstat $command
	done
	complains "sanitizers: unknown column" 2 'no such column' ipcstat -o nonsense
	ok "sanitizers: a narrow terminal" on_terminal 40 ipcstat -o all
else
	skip "with the sanitizers" "build/sanitize/bin/ipcstat is missing"
fi

done_testing
