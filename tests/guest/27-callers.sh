#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# enough: 6.1 7.3
# A hook that relies on who calls its function looks for the calls in the kernel's code: where
# they are not there it is not attached, and where somebody traces them it is all the same.
# vm: -c 1 -m 1024 -t 200

. tests/cli.bash
. tests/guest/lib.bash

tracing=/sys/kernel/tracing

# Each hook: its name, symbol, state and reason.
hooks() {
	ipcstat hooks -J > "$dir/json"
	json "$dir/json" '"\n".join("%s %s %s %s" % (h["hook"], h.get("symbol"), h["state"], h.get("reason"))
		for h in j["hooks"])'
}
# hook NAME: state and reason of one
hook() { sed -nE "s|^$1 [^ ]+ ||p" "$dir/hooks"; }

# ---- where a caller is missing another hook stands in ----

ok "load" modprobe ipcstat
hooks > "$dir/hooks"
for what in read write; do
	if [ "$KSERIES" = 6.1 ]; then
		in_loop="attached None" in_call="absent this kernel has no such caller"
	else
		in_loop="absent not needed: another hook is in its place" in_call="attached None"
	fi
	is "the function do_wait_intr_irq exists" "$(grep -c ' do_wait_intr_irq$' /proc/kallsyms)" 1
	is "eventfd_$what: its hook on do_wait_intr_irq" "$(hook "eventfd_$what/do_wait_intr_irq")" "$in_call"
	is "eventfd_$what: the one that stands in for it" "$(hook "eventfd_$what/loop")" "$in_loop"
done
is "no hook is unavailable" "$(grep -w unavailable "$dir/hooks")" ""
rmmod ipcstat

# ---- a tracer that was there before ----

# probe_all FUNCTION: a kprobe on each of its instructions
probe_all() {
	local address next offset
	read -r address next <<< "$(awk -v name="$1" '
		$3 == name && $2 ~ /[tT]/ { found = $1; next }
		found && $1 != found { print found, $1; exit }' <(grep -v '\[' /proc/kallsyms | sort))"
	for ((offset = 0; offset < 0x$next - 0x$address; offset++)); do
		# Not on what is no instruction's begin.
		echo "p:callers/$1_$offset $1+$offset" >> $tracing/kprobe_events
	done 2> /dev/null
}
# same NAME: the hooks are those that there were
same() {
	local backend
	for backend in auto probe; do
		ok "$1, hooks=$backend: load" modprobe ipcstat hooks=$backend
		is "$1, hooks=$backend: the same hooks" "$(hooks)" "$(cat "$dir/hooks")"
		rmmod ipcstat
	done
}

callers=(fifo_open __x64_sys_shmdt __x64_sys_mq_timedsend)
[ "$KSERIES" = 6.1 ] || callers+=(eventfd_read)
for function in "${callers[@]}"; do
	probe_all "$function"
	nr=$(grep -c ":callers/${function}_" $tracing/kprobe_events)
	ok "kprobes on $function" test "$nr" -gt 3
	diag "$nr"
done
echo 1 > $tracing/events/callers/enable
same "kprobes on each instruction of some callers"
echo 0 > $tracing/events/callers/enable
echo > $tracing/kprobe_events

printf '%s\n' fifo_open wait_for_partner wq_sleep do_mq_timedsend do_msgsnd > $tracing/set_ftrace_filter
echo function > $tracing/current_tracer
same "the function tracer on callers and functions"
echo nop > $tracing/current_tracer
done_testing
