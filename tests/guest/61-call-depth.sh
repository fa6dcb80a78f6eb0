#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# Where the kernel counts calls (retbleed=stuff) there are no wrappers: it says so, and is exact.
# vm: -c 2 -m 1024 -a retbleed=stuff -p Skylake-Server -t 300
# kernels: 6.12 7.3
. tests/tap.sh
. tests/guest/lib.bash
. tests/guest/exact.bash

is "calls are counted" "$(cat /sys/devices/system/cpu/vulnerabilities/retbleed)" "Mitigation: Stuffing"
ok "load" modprobe ipcstat
is "the log says it, once" "$(dmesg | grep -c 'ipcstat: no wrappers on this machine')" 1
is "kinds of hooks" "$(ipcstat hooks | awk 'NR > 1 { print $2 }' | sort -u | xargs)" "entry probe tracepoint"
is "none is unavailable" "$(ipcstat hooks | grep -c unavailable)" 0
exact "retbleed=stuff" -n 230
is "events missed" "$(sed -n '1s/.* missed //p' /proc/ipcstat)" 0
ok "unload" rmmod ipcstat
wrap_leaves
is "the wrappers go" $? 0
done_testing
