#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# vm: -c 1 -m 1024 -t 60
# What reads "?" is what the README lists, cell by cell.
. tests/tap.sh
. tests/guest/lib.bash

# The "?" of /proc/ipcstat, as "row.column".
shown() {
	awk 'NR == 2 { split($0, column) }
	NR > 2 { for (i = 2; i <= NF; i++) if ($i == "?") print $1 "." column[i] }' /proc/ipcstat | sort
}

listed=$(unknown_cells)
is "the README has a table of unknown cells" "$([ -n "$listed" ] && echo yes)" yes
for backend in auto probe; do
	kind=wrap
	[ $backend = auto ] || kind=probe
	ok "hooks=$backend: load" modprobe ipcstat hooks=$backend
	is "hooks=$backend: the cells that are \"?\"" "$(shown)" "$listed"
	is "hooks=$backend: no hook is unavailable" "$(ipcstat hooks | grep unavailable)" ""
	is "hooks=$backend: what watches results" \
		"$(ipcstat hooks | awk '$3 == "attached" && $2 ~ /wrap|probe/ { print $2 }' | sort -u)" $kind
	# Two kinds on one function would make each call of it dear: see struct ipc_hook.
	is "hooks=$backend: no function has an entry hook and another one" \
		"$(ipcstat hooks | awk '$3 == "attached" { print $1, $2 }' | sort -u | cut -d' ' -f1 | uniq -d)" ""
	is "hooks=$backend: all is known of each signal" "$(ipcstat signals | grep -F '?')" ""
	rmmod ipcstat
done
done_testing
