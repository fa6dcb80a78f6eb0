#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# Who can learn and do what: the table in ipcstat(5), cell by cell; proc_mode; and that
# nothing shows an address of the kernel.
# vm: -c 1 -m 1024 -t 600
# enough: 6.12
# shellcheck disable=SC2016,SC2086,SC2317 # '' is for the shell inside; ${as[...]} is several words
set -u

. tests/cli.bash
. tests/guest/lib.bash

chmod 1777 "$dir"
mkfifo -m 666 "$dir/fifo"
parameters=/sys/module/ipcstat/parameters

# The columns of the table: words in front of a command, which the shell splits.
whos=(root user userns cont)
namespaces='unshare --pid --ipc --net --mount --fork --mount-proc --kill-child'
nobody='setpriv --reuid 65534 --regid 65534 --clear-groups'
kept=+chown,+dac_override,+fowner,+fsetid,+kill,+setgid,+setuid,+setpcap,+net_bind_service
kept+=,+net_raw,+sys_chroot,+mknod,+audit_write,+setfcap
declare -A as=(
	[root]=''
	[user]="$nobody"
	[userns]="$nobody $namespaces --user --map-root-user"
	[cont]="$namespaces setpriv --bounding-set=-all,$kept --inh-caps=-all"
)

# The table as it is measured: the cells of a row, one behind the other.
declare -A row
labels=()
cell_is() { # LABEL VERDICT
	[ -n "${row[$1]:-}" ] || labels+=("$1")
	row[$1]+=" $2"
}

# answers COMMAND...: sets verdict to "yes" if it has told something, "no" if it said in
# one line that this is not permitted; else to what came, which no table has.
answers() {
	local status=0
	"$@" > "$dir/out" 2> "$dir/err" || status=$?
	if [ $status = 0 ] && [ -s "$dir/out" ] && [ ! -s "$dir/err" ]; then
		verdict=yes
	elif [ $status = 1 ] && [ ! -s "$dir/out" ] && [ "$(wc -l < "$dir/err")" = 1 ] &&
	     grep -qE 'Permission denied|[Nn]ot permitted' "$dir/err"; then
		verdict=no
	else
		verdict="$status:$(xargs < "$dir/err")"
	fi
}

# succeeds COMMAND...: the same by the exit status alone
succeeds() {
	verdict=no
	"$@" > "$dir/out" 2>&1 && verdict=yes
}

# lists "WORDS" WORD: whether it is one of them; "-" if there is none to look for
lists() {
	if [ -z "$2" ]; then echo -; elif [[ " $1 " == *" $2 "* ]]; then echo yes; else echo no; fi
}

# Five rows: each has a task that sleeps, and lists those that it may see.
measure_tasks() {
	local who listed own number pids=() inside='
		"$0/cat-$1" "$0/fifo" &
		until [ -e "$0/go" ]; do sleep 0.1; done
		ipcstat blocked -J
		echo "status $? $!" >&2
		until [ -e "$0/end" ]; do sleep 0.1; done
		kill $!'
	rm -f "$dir/go" "$dir/end"
	for who in "${whos[@]}"; do
		cp /bin/cat "$dir/cat-$who" # a name of its own
		${as[$who]} bash -c "$inside" "$dir" "$who" > "$dir/json.$who" 2> "$dir/tasks.$who" &
		pids+=($!)
	done
	until [ "$(cell fifo blocked)" = 4 ]; do sleep 0.1; done
	: > "$dir/go"
	for who in "${whos[@]}"; do
		until grep -q ^status "$dir/tasks.$who"; do sleep 0.1; done
	done
	: > "$dir/end"
	wait "${pids[@]}" 2> /dev/null

	declare -A below=([root]=cat-cont [user]=cat-userns) above=([userns]=cat-user [cont]=cat-root)
	declare -A other=([root]=cat-user [user]=cat-root [userns]=cat-root [cont]=cat-user)
	for who in "${whos[@]}"; do
		listed='' own=no number=no
		if [ -s "$dir/json.$who" ]; then
			listed=$(json "$dir/json.$who" '" ".join(t["comm"] for t in j["blocked"])')
			# by the pid that its own namespace knows it by
			[ "$(json "$dir/json.$who" '[t["pid"] for t in j["blocked"] if t["comm"] == "'"cat-$who"'"]')" != \
				"[$(awk '/^status/ { print $3 }' "$dir/tasks.$who")]" ] || own=yes
			[ "$(json "$dir/json.$who" 'len(j["blocked"]) + j["hidden"]')" != 4 ] || number=yes
		else
			grep -q 'CAP_SYS_ADMIN.*run this as root$' "$dir/tasks.$who" || own=neither
		fi
		cell_is "own tasks" "$own"
		cell_is "own tasks, PID ns below" "$(lists "$listed" "${below[$who]:-}")"
		cell_is "own tasks, PID ns above" "$(lists "$listed" "${above[$who]:-}")"
		cell_is "tasks of others: how many" "$number"
		cell_is "tasks of others: which" "$(lists "$listed" "${other[$who]}")"
	done
}

# Four rows: who sees which flows. Each has moved something twice before it looks.
measure_flows() {
	local who listed own sums inside='
		echo x | "$0/cat-$1" > /dev/null
		ipcstat flows -J --mechanism pipe'
	ipcstat flows on 4096
	for _ in 1 2; do
		for who in "${whos[@]}"; do
			${as[$who]} bash -c "$inside" "$dir" "$who" > "$dir/json.$who" 2> "$dir/flows.$who"
		done
	done
	declare -A other=([root]=cat-user [user]=cat-root [userns]=cat-root [cont]=cat-user)
	for who in "${whos[@]}"; do
		listed='' own=no sums=no
		if [ -s "$dir/json.$who" ]; then
			listed=$(json "$dir/json.$who" '" ".join(f["comm"] for f in j["flows"])')
			own=$(lists "$listed" "cat-$who")
			# All that was read from the pipes by then, in whatever lines.
			[ "$(json "$dir/json.$who" 'sum(f.get("recv_bytes", 0) for f in j["flows"] if f["comm"].startswith(("cat-", "(other"))) >= 10')" != True ] ||
				sums=yes
		else
			grep -q 'CAP_SYS_ADMIN.*run this as root$' "$dir/flows.$who" || own=neither
		fi
		cell_is "own flows" "$own"
		cell_is "flows of others: sums" "$sums"
		cell_is "flows of others: which" "$(lists "$listed" "${other[$who]}")"
		succeeds ${as[$who]} ipcstat flows on 4096
		cell_is "turn flows on and off" "$verdict"
	done
	ipcstat flows off
}

# One row: who is told of a pipe that is closed with a byte in it.
measure_events() {
	local who flooder
	(while sleep 0.3; do build/tests/events/happen flood 1; done) &
	flooder=$!
	for who in "${whos[@]}"; do
		answers ${as[$who]} timeout 20 ipcstat events --count 1 lost
		cell_is "events" "$verdict"
	done
	kill $flooder
	wait $flooder 2> /dev/null
}

# measure MODE: load with it, fill in all rows, and unload.
measure() {
	local mode=$1 who holders=()
	declare -A load unload
	for who in user userns cont root; do
		answers ${as[$who]} sh -c "ipcstat load proc_mode=$mode && echo fine"
		load[$who]=$verdict
	done
	is "$mode: the mode of the file" "$(stat -c '%a %u %g' /proc/ipcstat)" "${mode#0} 0 0"
	is "$mode: the parameter in sysfs" "$(cat $parameters/proc_mode)" "$mode"
	for who in "${whos[@]}"; do
		answers ${as[$who]} cat /proc/ipcstat
		cell_is "the file" "$verdict"
		answers ${as[$who]} ipcstat -J
		cell_is "totals, details, limits" "$verdict"
		answers ${as[$who]} ipcstat hist
		cell_is "histograms" "$verdict"
		answers ${as[$who]} ipcstat signals
		cell_is "signals by number" "$verdict"
		answers ${as[$who]} ipcstat hooks
		cell_is "hooks" "$verdict"
	done
	measure_tasks
	measure_flows
	measure_events
	for who in "${whos[@]}"; do
		answers ${as[$who]} cat $parameters/{hooks,max_objects,max_sleepers,proc_mode}
		cell_is "read parameters" "$verdict"
		succeeds ${as[$who]} sh -c "for file in /proc/ipcstat $parameters/*; do
			if echo 0 > \$file; then exit 0; fi; done; exit 1"
		cell_is "change numbers, parameters" "$verdict"
		succeeds ${as[$who]} chmod "$mode" /proc/ipcstat
		cell_is "chmod of the file" "$verdict"
	done

	# All of them have the file open and a dump half read, as far as they are let in.
	for who in "${whos[@]}"; do
		${as[$who]} bash -c '
			if [ -r /proc/ipcstat ]; then exec 3< /proc/ipcstat; read -r -N 5 -u 3; fi
			exec build/tests/netlink/requests half "$0"' "$dir/half.$who" &
		holders+=($!)
		while [ ! -e "$dir/half.$who" ]; do sleep 0.1; done
		rm "$dir/half.$who"
	done
	for who in user userns cont; do
		answers ${as[$who]} ipcstat unload
		unload[$who]=$verdict
	done
	answers sh -c 'rmmod ipcstat && echo fine'
	unload[root]=$verdict
	kill -KILL "${holders[@]}"
	wait "${holders[@]}" 2> /dev/null
	for who in "${whos[@]}"; do
		cell_is "keep it loaded" "$([ "${unload[root]}" = yes ] && echo no || echo yes)"
		cell_is "load it" "${load[$who]}"
		cell_is "unload it" "${unload[$who]}"
	done
}

# The rows of the manual's table, with single blanks.
manual() {
	sed -n '/^\.SH PRIVILEGES/,/^\.fi/p' man/ipcstat.5 |
		awk '/^\.fi/ { exit } here { gsub(/\\-/, "-"); $1 = $1; print } /^\.nf/ { here = 1 }'
}

# ---- the table ----

for mode in 0444 0400; do measure $mode; done
manual > "$dir/manual"
for label in "${labels[@]}"; do
	is "$label: as the manual says" "$label${row[$label]}" \
		"$(awk -v label="$label " 'index($0, label) == 1' "$dir/manual")"
done
is "the manual's table has no other rows" "$(($(wc -l < "$dir/manual") - 2))" ${#labels[@]}
is "each cell has one of three words" "$(xargs -n 1 <<< "${row[*]}" | sort -u | xargs)" "- no yes"

# ---- whom the file's mode keeps out, netlink does, too ----

ok "load" ipcstat load proc_mode=400
merge "proc_mode=400" build/tests/netlink/requests closed
for command in '' -J '1 1' signals hooks hist blocked 'blocked --mechanism pipe' flows; do
	complains "proc_mode=400, nobody: ipcstat $command" 1 \
		'^ipcstat: .*CAP_SYS_ADMIN \(Operation not permitted\): run this as root$' unprivileged ipcstat $command
done
complains "proc_mode=400, nobody: ipclab run all" 1 '^ipclab: .*CAP_SYS_ADMIN.*: run this as root$' \
	unprivileged ipclab run all
rmmod ipcstat

ok "load" ipcstat load proc_mode=0440
is "0440: mode and group" "$(stat -c '%a %u %g' /proc/ipcstat)" "440 0 0"
ok "0440: chgrp" chgrp 65534 /proc/ipcstat
ok "0440: the group reads the file" setpriv --reuid 65533 --regid 65534 --clear-groups cat /proc/ipcstat
complains "0440: others do not" 1 'Permission denied' \
	setpriv --reuid 65533 --regid 65533 --clear-groups cat /proc/ipcstat
complains "0440: nor does the group by netlink" 1 'CAP_SYS_ADMIN' unprivileged ipcstat
rmmod ipcstat
ok "load again" ipcstat load proc_mode=0440
is "0440: the group is root's again" "$(stat -c '%a %u %g' /proc/ipcstat)" "440 0 0"
rmmod ipcstat

ok "load, without a file" ipcstat load proc_mode=0
is "0: no file" "$(ls /proc/ipcstat 2> /dev/null)" ""
ok "0: root reads by netlink" ipcstat
complains "0: a container without a user namespace does not" 1 'CAP_SYS_ADMIN' ${as[cont]} ipcstat
complains "0: nor does nobody" 1 'CAP_SYS_ADMIN' unprivileged ipcstat
ipcstat unload
is "0: it is unloaded" "$? $(ls -d /sys/module/ipcstat 2> /dev/null)" "0 "

# What the kernel's log has said since the last mark.
mark() { echo "45-privileges: mark $((++marks))" > /dev/kmsg; }
log() { dmesg | sed "1,/45-privileges: mark $marks\$/d"; }
marks=0
for bad in 0666 0445 0777 01444 07 0x124 8 -1 rrr '' 99999999999; do
	mark
	complains "proc_mode=$bad" 1 'refused a parameter; `dmesg` says why' ipcstat load "proc_mode=$bad"
	is "proc_mode=$bad: the log says why" "$(log | grep -o 'ipcstat: .*')" \
		"ipcstat: proc_mode=$bad: must be 0444 or some of its bits, in octal"
done
is "nothing is loaded" "$(ls -d /proc/ipcstat /sys/module/ipcstat 2> /dev/null)" ""

# ---- what everybody can see of everybody ----

sent() { # WHO
	${as[$1]} ipcstat -o send_ops,send_bytes --mechanism udp > "$dir/out"
	tail -n 1 "$dir/out" | xargs
}
ok "load" ipcstat load max_objects=1024
for who in user userns cont; do
	before=$(sent $who)
	for ((i = 0; i < 17; i++)); do echo -n 0123456789 > /dev/udp/127.0.0.1/9; done
	after=$(sent $who)
	is "$who: sees 17 datagrams of root's, and their size" \
		"$((${after% *} - ${before% *})) $((${after#* } - ${before#* }))" "17 170"
done
ok "a procfs with subset=pid has no such file" ${as[userns]} sh -c \
	'mount -t proc -o subset=pid proc /proc && ! ls /proc/ipcstat 2> /dev/null'
ok "netlink answers there all the same" ${as[userns]} sh -c 'mount -t proc -o subset=pid proc /proc && ipcstat'
is "the table of pipes is not full" "$(cell pipe objects | tr -d 0-9)" ""
unprivileged python3 -c '
import os, resource
hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
for i in range(1100): os.pipe()
print([row.split()[1] for row in open("/proc/ipcstat") if row.startswith("pipe ")][0])' > "$dir/out"
is "any user can fill its share" "$(cat "$dir/out")" "?"
pipes_known() { [[ $(cell pipe objects) != '?' ]]; }
ok "objects are known again, by a walk, when the user has gone" soon pipes_known
rmmod ipcstat

# ---- own processes: by the rule of ptrace ----

# act NAME RUID:EUID:SUID RGID:EGID:SGID WORD...: a process with these IDs, which does what
# the words say: dumpable, not (dumpable), send (a datagram to itself), user=UID, sleep (in
# a FIFO), stay
cat > "$dir/act.py" <<- 'EOF'
	import ctypes, os, socket, sys, time
	prctl = ctypes.CDLL(None).prctl
	name, uids, gids, *words = sys.argv[1:]
	a, b = socket.socketpair(socket.AF_UNIX, socket.SOCK_DGRAM)
	fifo = os.open(os.environ["FIFO"], os.O_RDWR)
	prctl(15, name.encode(), 0, 0, 0)
	os.setgroups([])
	os.setresgid(*map(int, gids.split(":")))
	os.setresuid(*map(int, uids.split(":")))
	for word in words:
	    if word in ("dumpable", "not"):
	        prctl(4, int(word == "dumpable"), 0, 0, 0)
	    elif word == "send":
	        a.send(b"x")
	    elif word.startswith("user="):
	        os.setresuid(*[int(word[5:])] * 3)
	    elif word == "sleep":
	        os.read(fifo, 1)
	    else:
	        open(os.environ["FIFO"] + "." + name, "w").close()
	        time.sleep(1000)
EOF
export FIFO=$dir/act
mkfifo -m 666 "$FIFO"
chmod 1777 "$dir"
act() { python3 "$dir/act.py" "$@"; }

# lists_of UID:GID COMMAND...: the commands in what ipcstat lists to such a reader, sorted
lists_of() {
	local ids=$1
	shift
	setpriv --reuid "${ids%:*}" --regid "${ids#*:}" --clear-groups ipcstat "$@" -J > "$dir/json.act"
	json "$dir/json.act" "' '.join(sorted({t['comm'] for t in j['$1'] if t['comm'].startswith('act-')}))"
}

ok "load" ipcstat load flows=1
own=1234:1234:1234
acts=()
sleeper() { python3 "$dir/act.py" "act-$1" "$2" "$3" "$4" sleep & acts+=($!); }
sleeper own $own $own dumpable
sleeper undumpable $own $own not
sleeper ruid 0:1234:1234 $own dumpable
sleeper euid 1234:0:1234 $own dumpable
sleeper suid 1234:1234:0 $own dumpable
sleeper rgid $own 0:1234:1234 dumpable
sleeper egid $own 1234:0:1234 dumpable
sleeper sgid $own 1234:1234:0 dumpable
sleeper other 1235:1235:1235 $own dumpable
until [ "$(cell fifo blocked)" = 9 ]; do sleep 0.1; done
is "a user sees its own task, with all IDs equal, and dumpable; no other" \
	"$(lists_of 1234:1234 blocked)" "act-own"
is "the others are in a number" "$(json "$dir/json.act" 'j["hidden"]')" \
	"$(($(json "$dir/json.act" 'j["hidden"] + len(j["blocked"])') - 1))"
is "a reader with another group sees none" "$(lists_of 1234:1235 blocked)" ""
is "root sees all" "$(lists_of 0:0 blocked)" \
	"act-egid act-euid act-other act-own act-rgid act-ruid act-sgid act-suid act-undumpable"
kill "${acts[@]}"
wait "${acts[@]}" 2> /dev/null

# What counts is what the process was when it used the flow last. Twice in one tick, or so.
acts=()
for end in ended stay; do
	while read -r name words; do
		# shellcheck disable=SC2086 # several words
		case $end in
		ended) act "act-$name-e" $own $own $words ;;
		stay) python3 "$dir/act.py" "act-$name-s" $own $own $words stay & acts+=($!) ;;
		esac
	done <<- EOF
		yes	dumpable send
		no	not send
		yesno	dumpable send not send
		noyes	not send dumpable send
	EOF
done
act act-root 0:0:0 0:0:0 send user=1234 dumpable send
act act-saved 0:0:1234 $own dumpable send user=1234 dumpable send
for name in yes no yesno noyes; do
	until [ -e "$FIFO.act-$name-s" ]; do sleep 0.1; done
done
is "flows: of dumpable processes, when they were used last" \
	"$(lists_of 1234:1234 flows --mechanism unix_dgram)" "act-noyes-e act-noyes-s act-yes-e act-yes-s"
is "flows: a reader with another group sees none" "$(lists_of 1234:1235 flows --mechanism unix_dgram)" ""
is "flows: root sees all" "$(lists_of 0:0 flows --mechanism unix_dgram | wc -w)" 10
kill "${acts[@]}"
wait "${acts[@]}" 2> /dev/null
is "flows: the same when all have ended" \
	"$(lists_of 1234:1234 flows --mechanism unix_dgram)" "act-noyes-e act-noyes-s act-yes-e act-yes-s"
lists_of 1234:1234 flows > "$dir/act.all"
is "flows: nothing of undumpable processes, not even the signal that they end with" \
	"$(xargs -n 1 < "$dir/act.all" | grep -xE 'act-(no|yesno)-.*')" ""
rmmod ipcstat

# ---- no address of the kernel ----

# In hexadecimal, and in decimal with and without sign.
addresses() { grep -iE '\b(0x)?ffff[0-9a-f]{12}\b|\b18446[4-7][0-9]{14}\b|(^|[^0-9A-Za-z-])-[0-9]{10,}\b' "$@"; }
is "addresses are found" "$(printf '%s\n' 'at ffff888003a41c00' '0xffffffff81a00000,' 'FFFFFFFFC0123456' \
	'"id": 18446612682123456789' '-131391586395136' | addresses | wc -l)" 5
is "other numbers are not" "$(printf '%s\n' 4294967295 2026-11-25 ffffffff 0x7fffabcdef01 ffffffffffffffffffffffff \
	1844674407370955161 12-34567890123 | addresses)" ""

restrict=$(cat /proc/sys/kernel/kptr_restrict)
echo 0 > /proc/sys/kernel/kptr_restrict
mark
said=$dir/said
mkdir -m 777 "$said"
# read_all NAME: what each interface says, to root and to nobody
read_all() {
	local who command
	cat /proc/ipcstat > "$said/$1.proc"
	for who in root user; do
		for command in '-o all' -J signals 'signals -J' hooks 'hooks -J' hist 'hist -J' blocked 'blocked -J' \
			flows 'flows -J'; do
			${as[$who]} ipcstat $command > "$said/$1.$who.${command// /}"
		done
	done
	# The kernel itself shows root where each module's sections lie.
	find /sys/module/ipcstat* -name sections -prune -o -type f -print0 |
		xargs -0 grep -as '' > "$said/$1.sys"
	unprivileged grep -ras '' /sys/module/ipcstat* > "$said/$1.sys.user"
}
complains "a line for the log" 1 'dmesg' ipcstat load max_objects=1
ok "load" ipcstat load flows=1
ok "ipclab run all" sh -c 'ipclab run all > "$0"' "$said/ipclab"
build/tests/lifecycle/sleepers all 5 "$dir/asleep" &
while [ ! -e "$dir/asleep" ]; do sleep 0.1; done
sleep 1
read_all wrap
merge "replies" build/tests/netlink/requests addresses
is "sleepers were among what was read" "$(json "$said/wrap.root.blocked-J" 'len(j["blocked"])')" 70
rm "$dir/asleep"
wait
rmmod ipcstat
ok "load, with kretprobes" modprobe ipcstat hooks=probe flows=1
read_all probe
rmmod ipcstat
log > "$said/log"
echo "$restrict" > /proc/sys/kernel/kptr_restrict
is "all was read" "$(find "$said" -empty)" ""
is "nothing shows an address" "$(addresses -r "$said" | head -n 5)" ""

done_testing
