#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# enough: 6.1 7.3
# vm: -c 2 -m 1024 -t 600
# Each program of tests/edge, with wrappers and with kretprobes.
. tests/tap.sh
. tests/guest/lib.bash

EDGE_UNKNOWN=$(unknown_cells)
export EDGE_UNKNOWN EDGE_LOAD EDGE_UNLOAD='rmmod ipcstat'
programs=(build/tests/edge/*)

cd /tmp || exit # FIFOs and files of the programs
for backend in wrap probe; do
	load=(modprobe ipcstat)
	[ $backend = wrap ] || load+=(hooks=probe)
	EDGE_LOAD=${load[*]}
	ok "$backend: load" "${load[@]}"
	for program in "${programs[@]}"; do
		name=${program##*/}
		case $name in caller*) continue ;; esac
		merge "$backend $name" timeout $((120 * ${SLOWER:-1})) "$OLDPWD/$program"
	done
	is "$backend: events missed" "$(sed -n '1s/.* missed //p' /proc/ipcstat)" 0
	ok "$backend: unload" rmmod ipcstat
done
done_testing
