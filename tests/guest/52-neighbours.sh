#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# enough: 7.3
# Other tracers, and a livepatch, on the functions that are hooked, there before the module
# or after it: both count what there is to count, or say that they do not.
# vm: -c 2 -m 2048 -t 900
# shellcheck disable=SC2086,SC2317 # names and numbers without blanks; functions that beside calls
. tests/tap.sh
. tests/guest/lib.bash

caller=build/tests/edge/caller
tracing=/sys/kernel/tracing
out=/tmp/neighbour
writes=$(grep -m 1 -owE '(anon_)?pipe_write' $tracing/available_filter_functions)

# What a neighbour has to see: 23 messages sent and received, 23 writes to and reads from a
# FIFO of the caller's.
counts() { # what
	local row were
	for row in sysv_msg fifo unix_dgram udp sysv_sem; do
		were=("$(cell $row send_ops)" "$(cell $row recv_ops)" "$(cell $row send_bytes)")
		$caller $row 23
		is "$1: $row" "$(($(cell $row send_ops) - were[0])) $(($(cell $row recv_ops) - were[1]))" "23 23"
		[ $row = sysv_sem ] || is "$1: $row, bytes" $(($(cell $row send_bytes) - were[2])) $((23 * 64))
	done
}

# Not by ok, whose pipe what goes on in the background would hold.
starts() { # what, function
	local status=0
	"$2" > $out.start 2>&1 || status=$?
	is "$1" $status 0
	[ $status = 0 ] || diag "$(< $out.start)"
}

# beside NAME START STOP: a neighbour that START brings and STOP takes away, before the module
# and after it. STOP prints how many calls of do_msgsnd it has seen.
beside() {
	local name=$1 start=$2 stop=$3 backend
	for backend in auto probe; do
		starts "$name first, then hooks=$backend" "$start"
		modprobe ipcstat hooks=$backend
		is "$name first: hooks" "$(ipcstat hooks | grep -c unavailable)" 0
		counts "$name first, hooks=$backend"
		"$stop" > $out.seen
		is "$name first, hooks=$backend: has seen" "$(< $out.seen)" 23
		counts "$name gone, hooks=$backend"
		starts "$name comes to hooks=$backend" "$start"
		counts "$name second, hooks=$backend"
		ok "$name: hooks=$backend goes first" rmmod ipcstat
		$caller sysv_msg 23
		"$stop" > $out.seen
		is "$name second, hooks=$backend: has seen" "$(< $out.seen)" 46
	done
}

# Those that come first find nothing of ours, also after another test.
wrap_leaves

# ---- BPF: on a trampoline at entry and at exit, by a kprobe and a kretprobe ----

bpf_begins() {
	local kind program=''
	for kind in kfunc kretfunc kprobe kretprobe; do program+="$kind:do_msgsnd { @$kind = count(); } "; done
	rm -f $out.bpf
	bpftrace -B line -e "$program BEGIN { printf(\"ready\\n\"); }" > $out.bpf 2> $out.bpf.err &
	bpf=$!
	local try
	for try in {1..300}; do
		! grep -q ready $out.bpf 2> /dev/null || return 0
		sleep 0.1
	done
	cat $out.bpf.err
	return 1
}
# What each of the four has seen, if it is the same.
bpf_ends() {
	local try
	for try in {1..60}; do
		kill -INT $bpf 2> /dev/null || break
		sleep 1
	done
	# It should have ended long ago.
	[ $try -lt 60 ] || { cat /proc/$bpf/task/*/stack >&2; kill -KILL $bpf; }
	wait $bpf
	[ "$(grep -c '^@' $out.bpf)" != 4 ] || sed -n 's/^@.*: //p' $out.bpf | sort -u | xargs
}
# bpftrace takes the types from the kernel itself; half of the headers would confuse it.
rm -f "/lib/modules/$(uname -r)/build"
beside "BPF" bpf_begins bpf_ends

# ---- ftrace: the tracers, and events that perf counts ----

trace_with() {
	printf '%s\n' do_msgsnd do_msgrcv "$writes" free_msg unix_dgram_sendmsg inet_sendmsg > $tracing/set_ftrace_filter &&
		echo > $tracing/trace && echo "$1" > $tracing/current_tracer
}
function_tracer() { trace_with function; }
graph_tracer() { trace_with function_graph; }
tracer_ends() {
	grep -c do_msgsnd $tracing/trace
	echo nop > $tracing/current_tracer
	echo > $tracing/set_ftrace_filter
}
beside "function tracer" function_tracer tracer_ends
beside "function_graph tracer" graph_tracer tracer_ends

perf_begins() {
	echo 'p:neighbour/msgsnd do_msgsnd' > $tracing/kprobe_events
	perf stat -a -x ' ' -o $out.perf -e neighbour:msgsnd sleep 1000 &
	perf=$!
	sleep 2
	kill -0 $perf
}
perf_ends() {
	pkill -INT -P $perf sleep
	kill -INT $perf 2> /dev/null
	wait $perf
	awk '/msgsnd/ { print $1 }' $out.perf
	echo > $tracing/kprobe_events
}
beside "perf" perf_begins perf_ends

# ---- a livepatch ----

livepatch() { insmod "$MODULE_DIR/neighbours/neighbour_livepatch.ko"; }
livepatch_goes() {
	local patch=/sys/kernel/livepatch/neighbour_livepatch
	echo 0 > $patch/enabled
	while [ -e $patch ]; do sleep 0.1; done
	rmmod neighbour_livepatch
}
# hook FIELD: of the hook on inet_sendmsg
hook() { ipcstat hooks | awk -v n="$1" '$1 == "inet_sendmsg" { print $n }'; }

for backend in auto probe; do
	ok "livepatch first" livepatch
	modprobe ipcstat hooks=$backend
	is "livepatch first, hooks=$backend: a kretprobe" "$(hook 2) $(hook 3)" "probe attached"
	counts "livepatch first, hooks=$backend"
	is "livepatch: has seen" "$(cat /sys/module/neighbour_livepatch/parameters/calls)" 23
	rmmod ipcstat
	ok "livepatch goes" livepatch_goes
done
modprobe ipcstat
fails "livepatch second: refused, while there is a wrapper" 1 'busy' livepatch
counts "livepatch refused"
rmmod ipcstat
wrap_leaves
modprobe ipcstat hooks=probe
ok "livepatch second, hooks=probe" livepatch
counts "livepatch second, hooks=probe"
is "livepatch: has seen" "$(cat /sys/module/neighbour_livepatch/parameters/calls)" 23
rmmod ipcstat
ok "livepatch goes" livepatch_goes

# ---- modules whose functions share names with hooked ones, or come and go ----

can() { # 23 frames to and fro
	python3 - <<- 'EOF'
		import socket
		a, b = (socket.socket(socket.PF_CAN, socket.SOCK_RAW, socket.CAN_RAW) for i in "ab")
		a.bind(("vcan0",)), b.bind(("vcan0",))
		for i in range(23):
		    a.send(bytes(16))
		    assert len(b.recv(16)) == 16
	EOF
}
for module in can_raw vcan vsock vsock_loopback; do modprobe $module || fail "modprobe $module"; done
ip link add vcan0 type vcan
ip link set vcan0 up
for backend in auto probe; do
	modprobe ipcstat hooks=$backend
	is "can_raw, vsock: hooks=$backend" "$(ipcstat hooks | grep -c unavailable)" 0
	raw=$(cell raw send_ops)
	before="$raw $(cell raw recv_ops) $(cell raw objects)"
	ok "can_raw: 23 frames, hooks=$backend" can
	is "can_raw is none of IPv4's raw sockets, hooks=$backend" \
		"$(cell raw send_ops) $(cell raw recv_ops) $(cell raw objects)" "$before"
	$caller raw 23
	is "raw counts beside it, hooks=$backend" "$(($(cell raw send_ops) - raw))" 23
	counts "can_raw, vsock, hooks=$backend"
	if [ $backend = auto ]; then
		ok "vsock goes" rmmod vsock_loopback vmw_vsock_virtio_transport_common vsock
		ok "can_raw goes" rmmod can_raw
		counts "without them, hooks=$backend"
		modprobe -a can_raw vsock vsock_loopback
		counts "with them again, hooks=$backend"
	fi
	rmmod ipcstat
done
wrap_leaves
is "the wrappers go" $? 0
done_testing
