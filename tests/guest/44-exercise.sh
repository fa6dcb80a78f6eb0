#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# shellcheck disable=SC2317 # functions that ok calls
# enough: 6.12
# The exercise of user/guide/en/kernel.md: with its solution the module has one more row, the
# last, which counts exactly, and everything else is as before. And what that page says of this
# kernel is so.
# vm: -c 2 -m 1088 -t 400
. tests/cli.bash
. tests/guest/lib.bash

solved=build/exercise
lab=$solved/build/bin/ipclab
page=user/guide/en/kernel.md

for why in $solved.why "$MODULE_DIR/exercise.why"; do
	[ -e "$why" ] || continue
	fail "the exercise has a solution"
	diag "$(tail -n 40 "$why")"
	done_testing
done
pass "the solution applies to the tree, and builds without a warning"

rows() { awk 'NR > 2 { print $1 }' /proc/ipcstat; }
hooks() { sed -n '1s/.* hooks \([0-9/]*\) .*/\1/p' /proc/ipcstat; }
counted() { # columns of flock
	local column
	for column; do cell flock "$column"; done | xargs
}
moved=(send_ops recv_ops send_fails recv_fails recv_waits)
loads() { # backend
	[ "$1" = probe ] || insmod "$MODULE_DIR/exercise/ipcstat_wrap.ko"
	insmod "$MODULE_DIR/exercise/ipcstat.ko" "hooks=${1/wrap/auto}"
}

# --- what there was before, and what the page says of it ---
ok "load, as it is" modprobe ipcstat
before=$(rows)
each=$(hooks)
ipcstat hooks -J > "$dir/hooks"
symbols=$(json "$dir/hooks" '"\n".join(h["symbol"] for h in j["hooks"] if "symbol" in h)')
# The table with a column for each kernel: functions that are hooked, or may be traced.
functions=$(awk -F '|' -v kernel="$KSERIES" '
	/^\| .*\| 6\.1 / { for (i = 1; i <= NF; i++) { gsub(/ /, "", $i); if ($i == kernel) at = i } next }
	!/^\|/ { at = 0 }
	at && $at ~ /`/ { gsub(/[` ]/, "", $at); print $2 "\t" $at }' $page)
ok "the page has a table of functions" test "$(grep -c . <<< "$functions")" -gt 3
while IFS=$'\t' read -r what function; do
	if [[ $what == *hooked* ]]; then
		ok "$function is hooked" grep -qx "$function" <<< "$symbols"
	else
		ok "$function can be traced" grep -qx "$function" /sys/kernel/tracing/available_filter_functions
	fi
done <<< "$functions"
is "__do_sys_flock cannot be traced" \
	"$(grep -c '^__do_sys_flock$' /sys/kernel/tracing/available_filter_functions)" 0
rmmod ipcstat
wrap_leaves

# --- with the solution ---
for backend in wrap probe; do
	ok "$backend: load" loads $backend
	is "$backend: the new row is the last one" "$(rows)" "$before"$'\n'flock
	is "$backend: two more hooks, both there" "$(hooks)" "$((${each%/*} + 2))/$((${each#*/} + 2))"
	ipcstat hooks -J > "$dir/hooks"
	is "$backend: how they are attached" \
		"$(json "$dir/hooks" '[(h["hook"], h["kind"]) for h in j["hooks"] if "flock" in h.get("feeds", []) and "flock" in h["hook"]]')" \
		"[('__x64_sys_flock', '$backend'), ('__ia32_sys_flock', '$backend')]"

	$lab run flock --strict > "$dir/out"
	is "$backend: ipclab run flock: 23 operations, all as expected" \
		"$? $(grep -cE '^flock: .* as expected' "$dir/out") $(counted "${moved[@]}")" "0 1 23 24 0 0 23"
	[ "$(counted send_ops)" = 23 ] || diag "$(< "$dir/out")"
	is "$backend: what does not apply is -" \
		"$(counted objects queued queued_bytes send_bytes send_copied recv_bytes recv_copied)" "- - - - - - -"
	ok "$backend: 8 pairs, 1000 operations" $lab run flock --strict -p 8 -n 1000

	for locks in locks locks32; do
		read -ra was <<< "$(counted "${moved[@]}")"
		build/tests/exercise/$locks "$dir/lock" > "$dir/want"
		status=$?
		read -ra now <<< "$(counted "${moved[@]}")"
		is "$backend: $locks: each of its kinds" \
			"$status $(for i in "${!now[@]}"; do echo $((now[i] - was[i])); done | xargs)" "0 $(< "$dir/want")"
	done

	# Somebody sleeps while the module is read, and goes.
	flock "$dir/lock" sleep 1000 &
	holder=$!
	while ! grep -q FLOCK /proc/locks; do sleep 0.1; done
	flock "$dir/lock" true &
	waiter=$!
	until [ "$(cell flock blocked)" = 1 ]; do sleep 0.1; done
	ipcstat blocked --mechanism flock > "$dir/out"
	is "$backend: who sleeps is known" "$(awk 'NR > 1 { print $1, $4, $5 }' "$dir/out")" "$waiter flock recv"

	$lab run all --strict > "$dir/out" 2>&1
	is "$backend: ipclab run all: every row" "$? $(sed -n '/^row /,$p' "$dir/out" | grep -c ' ok$')" \
		"0 $(($(wc -l <<< "$before") + 1))"
	json "$dir/hooks" '"\n".join("%s %s %d" % (h["symbol"], h["kind"], h.get("args", 0))
		for h in j["hooks"] if "flock" in h["hook"])' > "$dir/symbols"
	tests/btf/table $solved > "$dir/table"
	merge "$backend" build/tests/btf/prototypes /sys/kernel/btf/vmlinux "$dir/table" "$dir/symbols"
	is "$backend: nothing is missed" "$(sed -n '1s/.* missed //p' /proc/ipcstat)" 0

	start=$EPOCHREALTIME
	ok "$backend: unload, somebody asleep" rmmod ipcstat
	diag "$(since "$start") s"
	pkill -P $holder
	wait $holder $waiter
	wrap_leaves
	is "$backend: when he is awake the wrappers go" "$? $(lsmod | grep -c ipcstat)" "0 0"
done
is "as before" "$(modprobe ipcstat; rows)" "$before"
rmmod ipcstat
wrap_leaves
done_testing
