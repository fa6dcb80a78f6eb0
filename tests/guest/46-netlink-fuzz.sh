#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# enough: 6.1 7.3
# vm: -c 2 -m 1024 -t 180+IPCSTAT_FUZZ_MESSAGES/100
# The netlink family under a fuzzer: $FUZZ_MESSAGES (20000) from root, from nobody, and from
# a user namespace of nobody's, made from $FUZZ_SEED (23); 2000 more while many sleep. That
# the kernel's log stays clean is seen to by tests/vm/run.
. tests/tap.sh
. tests/guest/lib.bash

messages=${FUZZ_MESSAGES:-20000} seed=${FUZZ_SEED:-23}
fuzz=build/tests/fuzz/netlink
nobody=(setpriv --reuid 65534 --regid 65534 --clear-groups)

# Put so many callers to sleep in each mechanism: each dump of them costs.
doze() {
	build/tests/lifecycle/sleepers all "$1" /tmp/asleep &
	sleepers=$!
	while [ ! -e /tmp/asleep ]; do sleep 0.1; done
}
wake() {
	rm /tmp/asleep
	wait $sleepers 2> /dev/null
}
# So many messages from each user, from such a seed on. Root makes and frees the table of
# flows; the others find one of so many entries, or none.
users() { # messages, seed, flows
	start=$EPOCHREALTIME
	merge "root" $fuzz -s "$2" -n "$1"
	diag "$1 messages from root in $(since "$start") s"
	ok "flows off" ipcstat flows off
	[ "$3" = 0 ] || ok "flows on" ipcstat flows on "$3"
	start=$EPOCHREALTIME
	merge "nobody" "${nobody[@]}" $fuzz -s $(($2 + 1)) -n "$1"
	diag "$1 messages from nobody in $(since "$start") s"
	start=$EPOCHREALTIME
	merge "a user namespace" "${nobody[@]}" unshare --user --map-root-user --net \
		$fuzz -s $(($2 + 2)) -n "$1"
	diag "$1 messages from a user namespace in $(since "$start") s"
}

ok "load" modprobe ipcstat
doze 1
users "$messages" "$seed" 1024
wake
# More sleepers than one answer holds.
doze 20
users $((messages < 2000 ? messages : 2000)) $((seed + 3)) 0

for run in "1 $seed" "2 $seed" "3 $((seed + 1))"; do
	$fuzz -s "${run#* }" -n 500 | grep -v '^# seed' > "/tmp/run${run% *}"
done
ok "the same seed: the same messages, and answers" diff /tmp/run1 /tmp/run2
fails "another seed: others" 1 . diff /tmp/run1 /tmp/run3

# Sockets that stay, with what nobody has read of them.
$fuzz -s "$seed" -n 2000 -k /tmp/left > /dev/null &
left=$!
while [ ! -e /tmp/left ]; do sleep 0.1; done
# The best of five: the machine that the guest runs on may have other things to do.
for try in 1 2 3 4 5; do
	[ $try = 1 ] || modprobe ipcstat
	start=$EPOCHREALTIME
	unhurried rmmod ipcstat
	is "unload" $? 0
	took=$(since "$start")
	diag "in $took s"
	if awk -v a="$took" -v b="${SLOWER:-1}" 'BEGIN { exit !(a <= b) }'; then break; fi
done
ok "within a second" awk -v a="$took" -v b="${SLOWER:-1}" 'BEGIN { exit !(a <= b) }'
kill $left
wait $left 2> /dev/null
wake
done_testing
