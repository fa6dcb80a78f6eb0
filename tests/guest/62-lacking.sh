#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# Kernels that lack a mechanism, or have it as a module: its row is not known, and says why;
# the others are exact.
# vm: -c 1 -m 1024 -t 200
# kernels: 6.12-no-sysvipc 6.12-no-mqueue 6.1-unix-module
. tests/tap.sh
. tests/guest/lib.bash

why='this kernel has no such function' works=''
case $(uname -r) in
*-no-sysvipc) lacking='sysv_msg sysv_shm sysv_sem' ;;
*-no-mqueue) lacking='posix_mq unix_stream unix_dgram unix_seqpacket' ;;
*-unix-module)
	lacking='unix_stream unix_dgram unix_seqpacket' works=yes
	why='the function cannot be hooked'
	ok "Unix sockets are there" modprobe unix
	;;
esac
for backend in auto probe; do
	ok "$backend: load" modprobe ipcstat hooks=$backend
	for row in $lacking; do
		is "$backend: $row is not known" "$(cell "$row" send_ops) $(cell "$row" recv_ops)" "? ?"
		ok "$backend: $row: a hook says why" \
			grep -qE " unavailable .* ([a-z_]+,)*${row}[, ].*\($why\)" <(ipcstat hooks)
	done
	for row in $(ipclab list | awk '/^[a-z]/ { print $1 }'); do
		if [[ " $lacking " != *" $row "* ]]; then
			ok "$backend: $row is exact" ipclab run "$row" --strict -n 23
		elif [ "$works" ]; then
			ok "$backend: $row works" ipclab run "$row" -n 23
		else
			fails "$backend: $row: the exerciser says what is lacking" 1 \
				"^ipclab: .*(not implemented|not supported)" ipclab run "$row" -n 23
		fi
	done
	[ ! "$works" ] || is "$backend: we do not keep it" "$(awk '$1 == "unix" { print $4 }' /proc/modules)" -
	is "$backend: events missed" "$(sed -n '1s/.* missed //p' /proc/ipcstat)" 0
	ok "$backend: unload" rmmod ipcstat
done
wrap_leaves
is "the wrappers go" $? 0
done_testing
