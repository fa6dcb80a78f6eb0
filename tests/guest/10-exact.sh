#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# vm: -c 2 -m 1024 -t 600
# Every row counts exactly, for a few operations and for many processes at once;
# and agrees with what the kernel and its tools say themselves.
# shellcheck disable=SC2317 # functions that both calls
. tests/tap.sh
. tests/guest/lib.bash
. tests/guest/exact.bash

# Calls by name, as strace counts them while ipclab finds ipcstat's counts exact; with $on
# only those on such files.
straced() { # row, calls...
	local row=$1 call calls out=/tmp/strace.out
	shift
	calls=$(IFS=,; echo "$*")
	ok "$row: exact under strace" strace -f -c -o $out ${on:+-P "$on"} -e "trace=$calls" ipclab run "$row" --strict
	for call; do
		is "$row: strace counts $call" "$(awk -v c="$call" '$NF == c { print $4 }' $out)" 23
	done
}

# The objects that util-linux makes and lists.
listed() { # backend, row, option of ipcmk, of ipcs, its value
	local backend=$1 row=$2 before after id
	before=$(ipcs "$4" | grep -c '^0x')
	id=$(ipcmk "$3" "$5" | grep -oE '[0-9]+$')
	after=$(ipcs "$4" | grep -c '^0x')
	is "$backend: ipcs lists one object more of $row" $((after - before)) 1
	is "$backend: $row objects, against ipcs" "$(cell "$row" objects)" "$after"
	ipcrm "$4" "$id"
	is "$backend: $row objects, without it" "$(cell "$row" objects)" "$before"
}

# Bytes that read(2) and write(2) move through a file in memory.
copied() { # backend
	local before
	before=$(cell posix_shm send_copied)
	dd if=/dev/zero of=/dev/shm/ipcstat bs=64 count=23 status=none
	is "$1: posix_shm copied in" $(($(cell posix_shm send_copied) - before)) $((23 * 64))
	before=$(cell posix_shm recv_copied)
	dd if=/dev/shm/ipcstat of=/dev/null bs=64 status=none
	is "$1: posix_shm copied out" $(($(cell posix_shm recv_copied) - before)) $((23 * 64))
	rm /dev/shm/ipcstat
}

all() { # backend
	# Fewer where each takes so much longer.
	local nr=$((10000 / ${SLOWER:-1}))
	[ "$1" = wrap ] || nr=$((nr / 4))
	exact "$1, 23 operations" -n 23
	exact "$1, 8 processes, $nr operations" -p 8 -n "$nr"
	merge "$1" build/tests/exact/oracles
	listed "$1" sysv_msg --queue -q ''
	listed "$1" sysv_sem --semaphore -s 3
	listed "$1" sysv_shm --shmem -m 4096
	copied "$1"
}

both all

ok "load" modprobe ipcstat
straced sysv_msg msgsnd msgrcv
straced sysv_shm shmat shmdt
straced posix_mq mq_timedsend mq_timedreceive
straced unix_seqpacket sendto recvfrom
straced udp sendto recvfrom
on='anon_inode:[eventfd]' straced eventfd write read
done_testing
