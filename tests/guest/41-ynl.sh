#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# The netlink family for other readers: genl(8) shows it, and the kernel's own ynl needs no more
# than module/uapi/ipcstat.yaml.
# enough: 6.12
# vm: -c 1 -m 1024 -t 180
. tests/tap.sh
. tests/guest/lib.bash

modprobe ipcstat
ipclab run all -n 23 > /dev/null
is "genl lists it" "$(genl ctrl list | grep -c '^Name: ipcstat$')" 1
is "and its groups" "$(genl ctrl get name ipcstat | grep -oE 'name: [-a-z0-9]+' | xargs)" \
	"name: exit name: lost name: signal name: limit name: wait-1ms name: wait-10ms name: wait-100ms name: wait-1s name: wait-10s"
merge "ynl" python3 tests/netlink/ynl.py build/tests/source/tools/net/ynl "$(modinfo -F version ipcstat)"
rmmod ipcstat
done_testing
