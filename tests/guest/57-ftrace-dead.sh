#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# ftrace finds an error in itself and shuts itself down: what its hooks feed is unknown from
# then on, and sets of objects, which nothing maintains any more, are not looked at.
# A boot of its own: nothing brings ftrace back.
# enough: 6.12
# vm: -c 1 -m 1040 -t 120
. tests/tap.sh
. tests/guest/lib.bash

if ! [ -e "$MODULE_DIR/neighbours/neighbour_ftrace_kill.ko" ]; then
	skip "ftrace is shut down" "the module that does it is not built for this kernel"
	done_testing
fi

# Cells that are known, as "row.column", one a line.
known() {
	awk 'NR == 2 { for (i = 2; i <= NF; i++) name[i] = $i }
	NR > 2 { for (i = 2; i <= NF; i++) if ($i ~ /^[0-9]+$/) print $1 "." name[i] }' /proc/ipcstat
}

# Not the wrappers: what they redirect stays, and so would they.
ok "load" insmod "$MODULE_DIR/ipcstat.ko"
is "all hooks are attached" "$(ipcstat hooks | grep -c unavailable)" 0
is "pipes are known" "$(cell pipe objects | tr -d 0-9)" ""
known > /tmp/before

# Processes that hold pipes and sockets, to be closed when nobody watches.
build/tests/lifecycle/sleepers pipe 50 /tmp/asleep &
while [ ! -e /tmp/asleep ]; do sleep 0.1; done
ok "ftrace is shut down" insmod "$MODULE_DIR/neighbours/neighbour_ftrace_kill.ko"
fails "and says so" 1 'reading key' sysctl -n kernel.ftrace_enabled
rm /tmp/asleep
wait

known > /tmp/after
is "nothing is known that was not" "$(comm -13 <(sort /tmp/before) <(sort /tmp/after))" ""
for cell in pipe.objects pipe.queued_bytes pipe.blocked pipe.send_ops fifo.objects udp.objects \
	udp.queued eventfd.objects tcp.queued_bytes tcp.send_bytes unix_stream.recv_ops sysv_msg.send_ops \
	sysv_sem.recv_waits futex.send_ops; do
	is "$cell is unknown" "$(cell "${cell%.*}" "${cell#*.}")" "?"
done
# The kernel's own numbers, and tracepoints.
for cell in tcp.objects unix_stream.objects raw.queued signal.send_ops; do
	is "$cell is known" "$(cell "${cell%.*}" "${cell#*.}" | tr -d 0-9)" ""
done
is "the hooks say why" "$(ipcstat hooks | grep -v tracepoint | grep -c 'unavailable.*ftrace was shut down')" \
	"$(($(ipcstat hooks | grep -cE ' (probe|entry) ') - $(ipcstat hooks | grep -c absent)))"
is "no function's hook is attached" "$(ipcstat hooks | awk '$3 == "attached" { print $2 }' | sort -u)" tracepoint
is "the log says it once" "$(dmesg | grep -c 'ipcstat: ftrace was shut down')" 1
ok "netlink answers" ipcstat -J
is "histograms are unknown" "$(ipcstat hist pipe 2>&1 | grep -c '?')" 4
for _ in 1 2 3; do cat /proc/ipcstat > /dev/null; done
# Call sites may still lead into the module.
fails "the module stays" 1 'in use' rmmod ipcstat
done_testing
