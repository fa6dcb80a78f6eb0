# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# Exact counts for every row, for both ways to read return values; to be sourced
# after tests/tap.sh.

# exact PREFIX ARGUMENTS...: a line for each row of `ipclab run all --strict ARGUMENTS`.
exact() {
	local prefix=$1 out=/tmp/ipclab.out status=0 row verdict rows=0
	shift
	# To a file: a pipe of ours would count.
	ipclab run all --strict "$@" > $out 2>&1 || status=$?
	while read -r row verdict; do
		rows=$((rows + 1))
		if [ "$verdict" = ok ]; then
			pass "$prefix: $row"
		else
			fail "$prefix: $row"
			diag "$(sed -n "/^$row: /,/^$row: .* as expected/p" $out | grep -E ': |DIFFERS')"
		fi
	done < <(sed -n '/^row /,$s/^\([a-z_]*\) .* \([A-Za-z]*\)$/\1 \2/p' $out | grep -v '^row ')
	is "$prefix: rows" "$rows" "$(ipclab list | grep -c '^[a-z]')"
	is "$prefix: exit status" "$status" 0
	grep '^ipclab:' $out | sed 's/^/# /'
}

# both FUNCTION: calls it with the word "wrap", and again with "probe".
both() {
	local backend
	for backend in wrap probe; do
		ok "$backend: load" modprobe ipcstat "hooks=${backend/wrap/auto}"
		"$1" $backend
		is "$backend: events missed" "$(sed -n '1s/.* missed //p' /proc/ipcstat)" 0
		ok "$backend: unload" rmmod ipcstat
	done
}
