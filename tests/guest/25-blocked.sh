#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# enough: 6.1 7.3
# ipcstat blocked: who is asleep, at what, who could wake him; deadlocks, and what is none.
# vm: -c 2 -m 1024 -t 300
# shellcheck disable=SC2016,SC2317 # '' is for the shell inside; functions are called by ok
set -u

. tests/cli.bash
. tests/guest/lib.bash

file=$dir/file
pids=()
# scenario CASE: its processes sleep; their pids are in pids. What `ipcstat blocked` says
# is in $dir/text and $dir/json: not read through a pipe, at which this shell would sleep.
scenario() {
	rm -f "$file"
	build/tests/lifecycle/deadlocks "$1" "$file" &
	while [ ! -s "$file" ]; do sleep 0.1; done
	read -ra pids < "$file"
	ipcstat blocked > "$dir/text"
	ipcstat blocked -J > "$dir/json"
}
finish() { rm -f "$file"; wait; }
# deadlock NAME CASE PATTERN: with LEFT and RIGHT for the pids; one line, and no other
deadlock() {
	local pattern
	scenario "$2"
	pattern=${3//LEFT/${pids[0]}}
	pattern=${pattern//RIGHT/${pids[1]:-}}
	grep '^deadlock:' "$dir/text" > "$dir/found"
	if [ "$(wc -l < "$dir/found")" = 1 ] && grep -qE "^deadlock: $pattern\$" "$dir/found"; then
		pass "$1"
	else
		fail "$1"
		diag "expected: $pattern" "$(cat "$dir/text")"
	fi
	is "$1: JSON says so, too" "$(json "$dir/json" 'sorted(t["pid"] for d in j["deadlocks"] for t in d)')" \
		"$(printf '%s\n' "${pids[@]}" | sort -n | paste -sd, | sed 's/,/, /g; s/.*/[&]/')"
	finish
}
# no_deadlock NAME CASE SLEEPERS
no_deadlock() {
	scenario "$2"
	is "$1: no deadlock" "$(grep -c '^deadlock:' "$dir/text") $(json "$dir/json" 'j["deadlocks"]')" "0 []"
	is "$1: but $3 asleep" "$(awk '$3 == "left" || $3 == "right"' "$dir/text" | wc -l)" "$3"
	finish
}

complains "no module" 1 'not loaded: run `modprobe ipcstat`' ipcstat blocked
modprobe ipcstat

complains "a row that is none" 2 'pipes: no such mechanism; there are: pipe fifo' ipcstat blocked --mechanism pipes
ipcstat blocked > "$dir/text"
is "nobody is asleep: the heading" "$(xargs < "$dir/text")" \
	"pid tid comm mechanism direction object waited woken_by"
ipcstat blocked -J > "$dir/json"
is "nobody is asleep: JSON" "$(json "$dir/json" 'j')" "{'blocked': [], 'hidden': 0, 'deadlocks': []}"

# --- deadlocks ---
deadlock "two pipes" pipes 'LEFT \(left\) -> pipe:\[[0-9]+\] -> RIGHT \(right\) -> pipe:\[[0-9]+\] -> LEFT'
deadlock "a pipe of his own" self 'LEFT \(left\) -> pipe:\[[0-9]+\] -> LEFT'
deadlock "two semaphores in opposite order" sems 'LEFT \(left\) -> sem [0-9]+#1 -> RIGHT \(right\) -> sem [0-9]+#0 -> LEFT'
deadlock "two message queues" queues 'LEFT \(left\) -> msg [0-9]+ -> RIGHT \(right\) -> msg [0-9]+ -> LEFT'
deadlock "two POSIX queues" mqs 'LEFT \(left\) -> /deadlocks0 -> RIGHT \(right\) -> /deadlocks1 -> LEFT'
deadlock "a pipe and a semaphore" mixed 'LEFT \(left\) -> pipe:\[[0-9]+\] -> RIGHT \(right\) -> sem [0-9]+#0 -> LEFT'
deadlock "a pair of sockets" sockets 'LEFT \(left\) -> socket:\[[0-9]+\] -> RIGHT \(right\) -> socket:\[[0-9]+\] -> LEFT'
no_deadlock "a partner who is slow to write" slow 1
no_deadlock "a partner who is slow to post" slowsem 1
no_deadlock "one of them gives up after a time" timed 2
no_deadlock "somebody else can write" third 2
no_deadlock "one of them has another thread" thread 2

# --- sockets ---
# ends CASE [SUFFIX]: of tests/flows/ends.py
ends() {
	python3 tests/flows/ends.py "$1" "$dir/$1${2:-}" & begun=$!
	soon test -e "$dir/$1${2:-}.ready"
	sleep 1
	ipcstat blocked -J > "$dir/json"
	ipcstat blocked > "$dir/text"
}
# wakers COMM: their names, or None
wakers() { json "$dir/json" '" ".join(sorted(str(t["woken_by"] and sorted(w["comm"] for w in t["woken_by"])) for t in j["blocked"] if t["comm"] == "'"$1"'"))'; }
ends asleep
is "who waits for a known peer" "$(wakers here)" "['there']"
is "who waits for one in another network namespace" "$(wakers near)" "None"
is "which is ? in the table" "$(awk '$3 == "near" { print $NF }' "$dir/text")" "?"
kill $begun; wait $begun 2> /dev/null
ends datagrams
is "a sender who holds both ends of a pair waits for all who do" "$(wakers full)" "['full', 'reader']"
is "which is no deadlock" "$(json "$dir/json" 'j["deadlocks"]')" "[]"
kill $begun; wait $begun 2> /dev/null
mkdir -p /etc/modprobe.d
printf 'install %s /bin/false\n' unix_diag tcp_diag inet_diag > /etc/modprobe.d/no-diag.conf
rmmod tcp_diag unix_diag inet_diag 2> /dev/null
if grep -q '^unix_diag ' /proc/modules || grep -q /unix_diag "/lib/modules/$(uname -r)/modules.builtin"; then
	skip "without sock_diag" "this kernel has it built in"
else
	ends asleep 2
	is "without sock_diag nobody knows" "$(wakers here) $(wakers near)" "None None"
	kill $begun; wait $begun 2> /dev/null
fi
rm /etc/modprobe.d/no-diag.conf

# --- who, where, how long ---
build/tests/lifecycle/sleepers all 23 "$file" &
sleepers=$!
while [ ! -e "$file" ]; do sleep 0.1; done
sleep 2
ipcstat blocked > "$dir/text"
ipcstat blocked -J > "$dir/json"
awk 'NR == 2 { for (i = 1; i <= NF; i++) if ($i == "blocked") c = i } NR > 2 { sum += $c }
	END { print sum }' /proc/ipcstat > "$dir/sum"
for row in pipe fifo sysv_msg posix_mq sysv_sem futex signal unix_stream unix_dgram unix_seqpacket tcp udp raw eventfd; do
	is "23 in $row, all of the one process, each thread once" \
		"$(awk -v row=$row -v pid=$sleepers '$4 == row { if ($1 == pid) of++; seen[$2]++ }
			END { print of, length(seen) }' "$dir/text")" "23 23"
done
is "they are the rows' blocked" \
	"$(json "$dir/json" 'len(j["blocked"])')" "$(< "$dir/sum")"
fds=$(find /proc/$sleepers/fd -printf '%l\n')
is "the objects are those that the process has open" \
	"$(json "$dir/json" '"\n".join({t["object"] for t in j["blocked"] if ":[" in str(t["object"]) and t["mechanism"] != "eventfd"})' |
		grep -cvxF "$fds")" 0
is "eventfds have the numbers that fdinfo tells" \
	"$(json "$dir/json" '"\n".join(sorted(t["object"] for t in j["blocked"] if t["mechanism"] == "eventfd"))' | uniq)" \
	"$(sed -n 's/^eventfd-id: *\([0-9]*\)$/eventfd:[\1]/p' /proc/$sleepers/fdinfo/* | sort -u)"
is "no wait is longer than the machine is up, none shorter than a second" \
	"$(json "$dir/json" '[t for t in j["blocked"] if not 1e9 < t["waited_ns"] < float(open("/proc/uptime").read().split()[0]) * 1e9]')" "[]"
is "the longest wait comes first" \
	"$(json "$dir/json" '(lambda w: w == sorted(w, reverse=True))([t["waited_ns"] for t in j["blocked"]])')" True
is "a pipe's reader is woken by who holds its other end" \
	"$(json "$dir/json" '{w["pid"] for t in j["blocked"] if t["mechanism"] in ("pipe", "unix_stream", "tcp", "posix_mq") for w in t["woken_by"]}')" \
	"{$sleepers}"
is "a futex is named by its mapping" \
	"$(json "$dir/json" '{t["object"] for t in j["blocked"] if t["mechanism"] == "futex"}')" \
	"{'futex /dev/zero (deleted)+0x0'}"
is "nobody knows who wakes a futex or an eventfd" \
	"$(json "$dir/json" '{t["woken_by"] for t in j["blocked"] if t["mechanism"] in ("futex", "udp", "raw", "signal", "fifo", "eventfd")}')" "{None}"
is "the process has a thread that is awake: no deadlock" "$(json "$dir/json" 'j["deadlocks"]')" "[]"
ipcstat blocked --longer-than 1h > "$dir/text"
is "--longer-than 1h: none" "$(wc -l < "$dir/text")" 1
ipcstat blocked --longer-than 500ms --mechanism sysv_sem,tcp > "$dir/text"
is "--longer-than 500ms --mechanism: of these" "$(awk 'NR > 1 { print $4 }' "$dir/text" | sort | uniq -c | xargs)" \
	"23 sysv_sem 23 tcp"

# --- who may see it ---
unprivileged ipcstat blocked > "$dir/text"
is "others' tasks are a number without names" "$(tail -n +2 "$dir/text")" "322 more, of other users"
unprivileged ipcstat blocked -J > "$dir/json"
is "in JSON, too" "$(json "$dir/json" 'len(j["blocked"]), j["hidden"]')" "(0, 322)"
mkfifo -m 666 "$dir/fifo"
chmod 755 "$dir"
unprivileged cat "$dir/fifo" &
sleep 0.5
unprivileged ipcstat blocked > "$dir/text"
is "one's own are listed" "$(awk 'NR == 2 { print $4, $5 }' "$dir/text")" "fifo recv"
pkill -9 -f "$dir/fifo"
wait -n
# In a user namespace one may be root, and still sees nothing of others.
unprivileged unshare -Ur ipcstat blocked -J > "$dir/json"
is "root of a user namespace" "$(json "$dir/json" 'len(j["blocked"]), j["hidden"]')" "(0, 322)"
# Of the same user, but outside of the reader's PID namespace; the capability is dropped.
unshare -pf --mount-proc setpriv --bounding-set=-sys_ptrace --inh-caps=-sys_ptrace ipcstat blocked -J > "$dir/json"
is "outside of the PID namespace" "$(json "$dir/json" 'len(j["blocked"]), j["hidden"]')" "(0, 322)"

ok "sanitizers" build/sanitize/bin/ipcstat blocked
ok "sanitizers: JSON" build/sanitize/bin/ipcstat blocked -J
# Sleepers that come and go while they are listed.
for row in pipe futex sysv_msg tcp; do build/tests/edge/caller $row 20000 > "$dir/out" 2>&1 & done
for ((i = 0; i < 20; i++)); do
	build/sanitize/bin/ipcstat blocked -J > "$dir/json" 2> "$dir/err" || break
	build/sanitize/bin/ipcstat blocked > "$dir/out" 2>> "$dir/err" || break
done
is "while others come and go" "$i$(cat "$dir/err")" 20
finish
ipcstat blocked > "$dir/text"
is "in the end nobody is asleep" "$(wc -l < "$dir/text")" 1
ok "unload" rmmod ipcstat
complains "the module has gone" 1 'not loaded' ipcstat blocked
done_testing
