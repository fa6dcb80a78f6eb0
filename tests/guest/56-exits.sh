#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# vm: -c 1 -m 1024 -t 120 -a slub_debug=FZPU,task_struct
# Tasks that exit, and sockets that are closed, leave nothing of the module behind, whatever the
# kernel still sends for them. Nor does a message of the kernel's own. A sleeper counts once.
# shellcheck disable=SC2317 # a function is called by ok
. tests/cli.bash
. tests/guest/lib.bash

exits=build/tests/lifecycle/exits
sleepers=build/tests/lifecycle/sleepers
asleep=/tmp/asleep reached=/tmp/reached # users create these, too
load=(modprobe ipcstat max_sleepers=64)
chmod 711 "$dir"

# The pool of notes is for twice max_sleepers, and one more for each CPU. With one CPU a sleeper
# can have each of them.
pool=$((2 * 64 + 1))

# Each note of the pool is free: a sleeper gets it. This shell must not sleep at a pipe of its own
# meanwhile.
complete() { # name
	cat /proc/ipcstat > "$dir/before"
	rm -f $asleep
	$sleepers pipe $pool $asleep &
	while [ ! -e $asleep ]; do sleep 0.1; done
	cat /proc/ipcstat > "$dir/full"
	rm $asleep
	wait $!
	is "$1: the pool of notes is complete" "$(of "$dir/full" pipe blocked)" "$pool"
	is "$1: no sleeper is missed" "$(awk 'FNR == 1 { print $NF }' "$dir/before" "$dir/full" | xargs)" "0 0"
	is "$1: nobody is blocked in tcp" "$(of "$dir/before" tcp blocked)" 0
}
of() { # file, row, column
	awk -v row="$2" -v name="$3" '
	NR == 2 { for (i = 1; i <= NF; i++) if ($i == name) c = i }
	$1 == row { print $c }' "$1"
}
# A case that may have left something behind does not spoil the next one.
again() { rmmod ipcstat && "${load[@]}"; }
# run NAME COMMAND...: false: the kernel lacks something, or the case did not come about
run() {
	local name=$1 status=0
	shift
	"$@" > "$dir/out" 2>&1 || status=$?
	case $status in
	0) pass "$name" ;;
	77) skip "$name" "$(< "$dir/out")" ;;
	*) fail "$name"; diag "exit status $status" "$(< "$dir/out")" ;;
	esac
	return $status
}
# start COMMAND...: in the background, until it creates $reached. False: it has ended before.
start() {
	rm -f $reached
	"$@" > "$dir/out" 2>&1 &
	started=$!
	while [ ! -e $reached ]; do
		kill -0 $started 2> /dev/null || return
		sleep 0.1
	done
}
stop() { rm $reached; wait "$started"; }
# The command of start has ended too early.
not_started() { # name
	local status=0
	wait "$started" || status=$?
	if [ $status = 77 ]; then skip "$1" "$(< "$dir/out")"; else
		fail "$1"
		diag "exit status $status" "$(< "$dir/out")"
	fi
}

modprobe -a tls nbd 2> /dev/null

# --- behind an operation that is older than the module ---
if run "operations behind a receive that is older than the module" $exits later "${load[*]}"; then
	while IFS=: read -r when blocked; do
		case $when in
		asleep*) want=1 ;;
		*) want=0 ;;
		esac
		read -ra words <<< "$blocked"
		for ((i = 0; i < ${#words[@]}; i += 2)); do
			[ "${words[i]}" = tcp ] && expected=0 || expected=$want
			is "$when: blocked of ${words[i]}" "${words[i + 1]}" "$expected"
		done
	done < "$dir/out"
	complete "after those"
	rmmod ipcstat
fi

# Not by ok: a shell that reads from a pipe while the module is loaded has a note afterwards.
"${load[@]}"
is "load" $? 0
complete "before"

# --- what else an exit does ---
true > "$dir/acct"
run "process accounting" $exits acct "$dir/acct"
run "20 exits with SEM_UNDO, and with a notification of a POSIX queue" unprivileged $exits ipc 20
printf '#!/bin/sh\nsleep 0.1\nexec cat > /dev/null\n' > "$dir/core"
chmod 755 "$dir/core"
pattern=$(sysctl -n kernel.core_pattern)
sysctl -q kernel.core_pattern="|$dir/core"
run "5 processes dump core into a pipe" unprivileged $exits core 5
sysctl -q kernel.core_pattern="$pattern"
$exits acct > /dev/null
complete "after other exits"
for row in pipe sysv_sem posix_mq; do
	is "after other exits: nobody is blocked in $row" "$(of "$dir/before" $row blocked)" 0
done
again

# --- kTLS: close sends the rest of a record ---
if start unprivileged $exits close 10 $reached; then
	pass "10 processes close a full kTLS socket and live on"
	complete "kTLS, closed"
	stop
	again
else
	not_started "processes close a full kTLS socket and live on"
fi
if start unprivileged $exits linger $reached; then
	pass "a process waits in the close of a full kTLS socket"
	is "that is no send" "$(cell tcp blocked) $(cell tcp send_waits)" "0 0"
	stop
	again
else
	not_started "a process waits in the close of a full kTLS socket"
fi
for mode in uring linger threads; do
	case $mode in
	linger) name="with SO_LINGER" ;;
	threads) name="while a thread sends" ;;
	uring) name="which only an io_uring has" ;;
	esac
	if run "exits with a full kTLS socket $name" unprivileged $exits tls 10 $mode; then
		complete "kTLS $name"
		again
	fi
done

# --- a network block device ---
# As unprivileged does, but the process id is that of the command.
nobody=(setpriv --reuid 65534 --regid 65534 --clear-groups)
# sends PID: it waits until the socket of the device takes more
sends() {
	local start=$SECONDS
	while ! grep -qs sk_stream_wait_memory "/proc/$1/stack"; do
		if [ $((SECONDS - start)) -gt $((20 * ${SLOWER:-1})) ]; then
			cat "/proc/$1/stack"
			return 1
		fi
		sleep 0.1
	done
}
waits() { echo "$(cell tcp blocked) $(cell tcp send_waits) $(cell tcp recv_waits)"; }
tcp_counters() { for name in send_ops send_bytes recv_ops recv_bytes; do cell tcp $name; done | xargs; }
[ ! -e /sys/block/nbd0/queue/scheduler ] || echo none > /sys/block/nbd0/queue/scheduler
nbd=$dir/nbd
mkdir "$nbd"
$exits nbd /dev/nbd0 "$nbd" > "$nbd/out" 2>&1 &
server=$!
while [ ! -e "$nbd/ready" ] && kill -0 $server 2> /dev/null; do sleep 0.1; done
if [ -e "$nbd/ready" ]; then
	chmod 666 /dev/nbd0p1
	before=$(tcp_counters) idle=$(waits)
	is "NBD: its idle receiver is not blocked in tcp" "${idle%% *}" 0
	touch "$nbd/stall"
	rm -f $reached
	"${nobody[@]}" $exits dirty /dev/nbd0p1 fsync $reached &
	pid=$!
	ok "NBD: fsync waits until the server reads" sends $pid
	sleep 0.2
	is "NBD: that wait is none of tcp" "$(waits)" "$idle"
	rm "$nbd/stall"
	while [ ! -e $reached ] && kill -0 $pid 2> /dev/null; do sleep 0.1; done
	ok "NBD: fsync returns" test -e $reached
	is "NBD: no wait is counted" "$(waits)" "$idle"
	complete "NBD, after fsync"
	rm $reached
	wait $pid

	touch "$nbd/stall"
	"${nobody[@]}" $exits dirty /dev/nbd0p1 exit &
	pid=$!
	ok "NBD: an exit waits until the server reads" sends $pid
	sleep 0.2
	is "NBD: that wait is none of tcp" "$(waits)" "$idle"
	rm "$nbd/stall"
	wait $pid
	is "NBD: the process exits" $? 0
	complete "NBD, after an exit"
	after=$(tcp_counters)
	rm "$nbd/ready"
	wait $server
	is "NBD: the device is disconnected" $? 0
	is "NBD: tcp counts the server's operations, and none of the device's" \
		"$(paste -d ' ' <(tr ' ' '\n' <<< "$before") <(tr ' ' '\n' <<< "$after") | awk '{ print $2 - $1 }' | xargs)" \
		"$(< "$nbd/out")"
	again
else
	wait $server
	status=$?
	if [ $status = 77 ]; then skip "NBD" "$(< "$nbd/out")"; else
		fail "NBD"
		diag "exit status $status" "$(< "$nbd/out")"
	fi
fi

# --- last, what leaves most behind ---
if run "300 processes exit with a full kTLS socket" unprivileged $exits tls 300 plain; then
	complete "after 300 exits"
fi
ok "unload" rmmod ipcstat

# --- the memory of tasks that have exited ---
slab=/sys/kernel/slab/task_struct/validate
[ ! -e $slab ] || echo 1 > $slab
is "nothing was written to tasks that have exited" "$(dmesg | grep -cE 'BUG task_struct|KASAN')" 0
done_testing
