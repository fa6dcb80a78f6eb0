# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# A server, and its clients; to be sourced after tests/cli.bash and tests/guest/lib.bash.
# shellcheck disable=SC2016,SC2034,SC2154 # a program of awk; for who sources it; the directory of cli.bash

port=10472
# Not a function, which would run in a shell of its own.
nobody=(setpriv --reuid 65534 --regid 65534 --clear-groups)
client() { python3 tests/exporter/client.py "$@"; }
listens() { grep -q "$(printf ':%04X 0*:0000 0A' "$1")" /proc/net/tcp /proc/net/tcp6; }

# serve COMMAND...: in the background; its number is $server
serve() {
	"$@" 2> "$dir/server.err" &
	server=$!
	soon listens $port || diag "it does not listen" "$(cat "$dir/server.err")"
}

# ends NAME [SIGNAL]: the server does, well, and has said nothing
ends() {
	local status=0
	kill "-${2:-TERM}" "$server"
	wait "$server" || status=$?
	is "$1: status, and what it has said" "$status $(cat "$dir/server.err")" "0 "
}

# What the exporter calls from traced to filtered is what its unit lets it call.
traced() { # arguments of ipcstat-exporter
	serve strace -f -o "$dir/calls" ipcstat-exporter "$@"
}
filtered() {
	kill "$(pgrep -P "$server")" # strace's child
	wait "$server"
	is "the unit's filter lets all calls pass" \
		"$(client allowed user/exporter/ipcstat-exporter.service "$dir/calls" 2> "$dir/calls.nr")" ""
	ok "and they are some" awk '{ exit $2 < 20 }' "$dir/calls.nr"
}

ip link set lo up
