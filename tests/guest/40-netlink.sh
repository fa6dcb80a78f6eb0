#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# vm: -c 2 -m 1024 -t 60
# The netlink family, request by request.
. tests/tap.sh
. tests/guest/lib.bash

merge "no module" build/tests/netlink/absent
ok "load" modprobe ipcstat
merge "requests" build/tests/netlink/requests
# A reader that stops in the middle of a dump does not keep the module.
build/tests/netlink/requests half /tmp/half &
reader=$!
while [ ! -e /tmp/half ]; do sleep 0.1; done
start=$EPOCHREALTIME
ok "unload while somebody has read half of a dump" rmmod ipcstat
diag "$(since "$start") s"
kill "$reader"
wait "$reader" 2> /dev/null
done_testing
