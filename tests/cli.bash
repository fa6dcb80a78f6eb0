# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# What the tests of the tool ipcstat share.

. tests/tap.sh

dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT

# complains NAME STATUS PATTERN COMMAND...: as fails, with nothing on the standard
# output, and one line on the other.
complains() {
	local name=$1 want=$2 pattern=$3 status=0
	shift 3
	"$@" > "$dir/out" 2> "$dir/err" || status=$?
	if [ "$status" = "$want" ] && grep -qE -- "$pattern" "$dir/err" &&
	   [ ! -s "$dir/out" ] && [ "$(wc -l < "$dir/err")" = 1 ]; then
		pass "$name"
	else
		fail "$name"
		diag "exit status $status, expected $want and one line with /$pattern/, of: $*" \
			"$(cat "$dir/out" "$dir/err")"
	fi
}

unprivileged() { setpriv --reuid 65534 --regid 65534 --clear-groups "$@"; }

# json FILE EXPRESSION: a Python expression over the JSON in FILE, which is j, or over
# its lines, which are js; a single one is both
json() {
	python3 -IS -c '
import json, sys
text = open(sys.argv[1]).read()
try:
    j = json.loads(text)
    js = [j]
except ValueError:
    js = [json.loads(line) for line in text.splitlines()]
print(eval(sys.argv[2]))' "$@"
}
