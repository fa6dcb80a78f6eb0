#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# Kernels that lack a mechanism: its row is not known, and says why; the others are exact.
# vm: -c 1 -m 1024 -t 200
# kernels: 6.12-no-sysvipc 6.12-no-mqueue
. tests/tap.sh
. tests/guest/lib.bash

case $(uname -r) in
*-no-sysvipc) lacking='sysv_msg sysv_shm sysv_sem' ;;
*-no-mqueue) lacking='posix_mq unix_stream unix_dgram unix_seqpacket' ;;
esac
for backend in auto probe; do
	ok "$backend: load" modprobe ipcstat hooks=$backend
	for row in $lacking; do
		is "$backend: $row is not known" "$(cell "$row" send_ops) $(cell "$row" recv_ops)" "? ?"
		ok "$backend: $row: a hook says why" \
			grep -qE " unavailable .* ([a-z_]+,)*${row}[, ].*\(this kernel has no such function\)" <(ipcstat hooks)
	done
	for row in $(ipclab list | awk '/^[a-z]/ { print $1 }'); do
		if [[ " $lacking " == *" $row "* ]]; then
			fails "$backend: $row: the exerciser says what is lacking" 1 \
				"^ipclab: .*(not implemented|not supported)" ipclab run "$row" -n 23
		else
			ok "$backend: $row is exact" ipclab run "$row" --strict -n 23
		fi
	done
	is "$backend: events missed" "$(sed -n '1s/.* missed //p' /proc/ipcstat)" 0
	ok "$backend: unload" rmmod ipcstat
done
wrap_leaves
is "the wrappers go" $? 0
done_testing
