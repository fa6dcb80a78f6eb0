# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# What several tests here share; to be sourced after tests/tap.sh.

# Run a program that prints TAP; its lines become ours.
merge() { # prefix, command...
	local prefix=$1 out status=0 line nr=0 plan=''
	shift
	out=$(mktemp)
	# To a file: a pipe of ours would count.
	"$@" > "$out" 2>&1 || status=$?
	while IFS= read -r line; do
		case $line in
		'ok '* | 'not ok '*)
			nr=$((nr + 1)) tap_nr=$((tap_nr + 1))
			[[ $line == ok* ]] || tap_failed=$((tap_failed + 1))
			echo "${line%% [0-9]*} $tap_nr - $prefix: ${line#* - }"
			;;
		1..*) plan=${line#1..} ;;
		*) echo "# ${line#\# }" ;;
		esac
	done < "$out"
	rm "$out"
	[ "$plan" = "$nr" ] || fail "$prefix: $nr results, but ${plan:-no} planned (exit status $status)"
}

# The cells of /proc/ipcstat that the README's table lets be "?" on this kernel, as
# "row.column", one a line.
unknown_cells() {
	awk -F '|' -v kernel="$KSERIES" '
	/^## / { here = /read `\?`/ }
	here && $2 ~ /`/ {
		if ($4 !~ /all/ && index(" " $4 " ", " " kernel " ") == 0)
			next
		gsub(/`/, "", $2)
		gsub(/`/, "", $3)
		rows = split($2, row, " ")
		columns = split($3, column, " ")
		for (r = 1; r <= rows; r++)
			for (c = 1; c <= columns; c++)
				print row[r] "." column[c]
	}' README.md | sort
}

# Seconds since the argument, an earlier $EPOCHREALTIME.
since() {
	awk -v a="$1" -v b="$EPOCHREALTIME" 'BEGIN { printf "%.2f", b - a }'
}

# soon COMMAND...: it succeeds, within a minute
soon() { for _ in {1..600}; do ! "$@" || return 0; sleep 0.1; done; return 1; }

# What kmemleak, in a kernel that has it, cannot find a reference to: the report, and
# status 1. What it finds at a scan may still be on its way: all of these must find it.
leaks() {
	local file=/sys/kernel/debug/kmemleak try
	[ -e $file ] || return 0
	wrap_leaves
	sleep 5 # younger objects are passed over
	for try in 1 2 3 4; do
		echo scan > $file
		[ $try = 1 ] || [ -n "$(head -c 1 $file)" ] || return 0
	done
	sed 's/^/# kmemleak: /' $file
	echo clear > $file
	return 1
}

# Ends whatever a test has left running (who sleeps in a hooked function keeps the wrappers), and
# removes what it has left of System V.
end_all() {
	local ours=" $$ " pid=$$ dir status
	while [ "$pid" -gt 1 ]; do
		pid=$(awk '$1 == "PPid:" { print $2 }' "/proc/$pid/status")
		ours+="$pid "
	done
	for dir in /proc/[0-9]*; do
		# A kernel thread has no memory.
		if [[ $ours == *" ${dir##*/} "* ]] || ! status=$(< "$dir/status") ||
			[[ $status != *VmSize* ]]; then continue; fi
		echo "# left running: ${dir##*/} $(tr '\0' ' ' < "$dir/cmdline")"
		kill -KILL "${dir##*/}"
	done 2> /dev/null
	ipcrm --all
}

# What has leaked until now is not ours.
leaks_clear() {
	leaks > /dev/null || echo "# kmemleak: the kernel itself has leaked"
}

# unhurried COMMAND...: with grace periods of RCU that take as long as they do elsewhere (tests/vm/run
# has them hurried). Returns its exit status.
unhurried() {
	local status=0
	echo 0 > /sys/kernel/rcu_expedited
	"$@" || status=$?
	echo 1 > /sys/kernel/rcu_expedited
	return $status
}

# Unload the wrapper module, once the last caller has left it. Not to be called in
# $(...) or by ok: the shell that reads from its pipe would be such a caller.
wrap_leaves() {
	local start=$EPOCHREALTIME
	while [ -e /sys/module/ipcstat_wrap ] && ! rmmod ipcstat_wrap 2> /dev/null; do
		# A test is run by timeout(1), which sleeps in sigsuspend(2). That is hooked: if it began
		# after the load it is a caller, too, until a signal makes it look for its child.
		kill -CHLD "$PPID"
		sleep 0.1
		if awk -v a="$(since "$start")" 'BEGIN { exit !(a > 60 * (ENVIRON["SLOWER"] ? ENVIRON["SLOWER"] : 1)) }'; then return 1; fi
	done
}

# cell ROW COLUMN: of /proc/ipcstat
cell() {
	awk -v row="$1" -v name="$2" '
	NR == 2 { for (i = 1; i <= NF; i++) if ($i == name) c = i }
	$1 == row { print $c }' /proc/ipcstat
}

# What an exercise or a lab of ipclab makes that could outlive its process.
ipclab_left() {
	{
		ipcs -q -m -s | grep '^0x'
		find /dev/shm /dev/mqueue /tmp -maxdepth 1 -name '*ipclab*'
		pgrep -x ipclab
		ip netns list 2> /dev/null
		ip -o link 2> /dev/null | grep -v ': lo:'
	} | grep -v "^${dir:?}"
}
