# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# TAP for tests in shell:
#
#	. tests/tap.sh
#	is "pipes before" "$count" 23
#	ok "the module loads" modprobe ipcstat
#	done_testing

tap_nr=0 tap_failed=0

# pass|fail NAME
pass() { tap_nr=$((tap_nr + 1)); echo "ok $tap_nr - $1"; }
fail() { tap_nr=$((tap_nr + 1)); tap_failed=$((tap_failed + 1)); echo "not ok $tap_nr - $1"; }

# skip NAME REASON
skip() { tap_nr=$((tap_nr + 1)); echo "ok $tap_nr - $1 # SKIP $2"; }

# ok NAME COMMAND...: the command succeeds; else what it printed is shown. Returns
# its exit status.
ok() {
	local name=$1 out status=0
	shift
	out=$("$@" 2>&1) || status=$?
	if [ "$status" = 0 ]; then
		pass "$name"
	else
		fail "$name"
		diag "exit status $status of: $*" "$out"
	fi
	return "$status"
}

# fails NAME STATUS PATTERN COMMAND...: the command ends with that status, having
# printed what matches the extended regular expression.
fails() {
	local name=$1 want=$2 pattern=$3 out status=0
	shift 3
	out=$("$@" 2>&1) || status=$?
	if [ "$status" = "$want" ] && grep -qE -- "$pattern" <<< "$out"; then
		pass "$name"
	else
		fail "$name"
		diag "exit status $status, expected $want and /$pattern/, of: $*" "$out"
	fi
}

# is NAME GOT WANTED
is() {
	if [ "$2" = "$3" ]; then
		pass "$1"
	else
		fail "$1"
		diag "got '$2', expected '$3'"
	fi
}

# diag TEXT...: lines for people, which TAP passes over
diag() { printf '%s\n' "$@" | sed 's/^/# /'; }

# The plan, and the exit status.
done_testing() {
	echo "1..$tap_nr"
	[ "$tap_failed" = 0 ]
	exit
}
