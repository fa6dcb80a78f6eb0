#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# enough: 7.3
# ipcstat load and unload; and what a watching ipcstat says when the module goes
# and comes.
# vm: -c 1 -t 240
# shellcheck disable=SC2016 # what stands in '' is for the shell inside
set -u

. tests/cli.bash
. tests/guest/lib.bash

complains "unload: no module" 1 'not loaded' ipcstat unload
complains "load as nobody" 1 'not permitted.*root' unprivileged ipcstat load
complains "load: unknown parameter" 2 'nonsense: no such parameter; there are: .*max_objects' \
	ipcstat load nonsense=1
complains "load: parameter out of range" 1 'refused a parameter.*dmesg' \
	ipcstat load max_objects=999999999999
wrap_leaves # of another test
ok "load" ipcstat load max_objects=65536
is "load passes the parameter on" "$(cat /sys/module/ipcstat/parameters/max_objects)" 65536
ok "load brings ipcstat_wrap" test -d /sys/module/ipcstat_wrap
complains "load twice" 1 'loaded already' ipcstat load
complains "unload as nobody" 1 'not permitted.*root' unprivileged ipcstat unload

# ---- a reload in the middle ----

ipcstat -o mechanism,send_ops --mechanism udp 1 3 > "$dir/out" 2> "$dir/err" &
sleep .5
kill -STOP $!
rmmod ipcstat
ok "a load right after an unload" ipcstat load
kill -CONT $!
status=0; wait $! || status=$?
is "a reload in the middle: it goes on" "$status $(grep -c ^mechanism "$dir/out")" "0 3"
is "and says so, once" "$(cat "$dir/err")" "ipcstat: the module was reloaded: counting begins anew"

ipcstat 1 > "$dir/out" 2> "$dir/err" &
sleep 2
ipcstat unload 2> "$dir/unload"
status=0; wait $! || status=$?
is "an unload in the middle: status 1" $status 1
is "and a sentence" "$(cat "$dir/err")" \
	'ipcstat: the ipcstat module is not loaded: run `modprobe ipcstat` or `ipcstat load`'

# ---- unload ----

ok "load again" ipcstat load
mkfifo "$dir/fifo"
cat "$dir/fifo" > "$dir/out" & # asleep in the wrapper
sleeper=$!
exec 3> "$dir/fifo"
sleep 1
fails "unload while a task sleeps in the wrapper" 0 'ipcstat_wrap stays' ipcstat unload
is "ipcstat is gone" "$(ls -d /sys/module/ipcstat 2> /dev/null)" ""
ok "a load takes the wrapper up again" ipcstat load
exec 3>&-
wait $sleeper
drained() {
	for ((i = 0; i < 6; i++)); do
		[ -d /sys/module/ipcstat_wrap ] || return 0
		ipcstat unload 2> /dev/null
	done
	return 1
}
# Not by ok: it reads from a pipe meanwhile, asleep in the wrapper.
drained
is "both go when nobody is left in the wrapper" $? 0
ok "nothing is left" sh -c '! grep ^ipcstat /proc/modules'

# ---- a module of another release ----

if command -v cc > /dev/null && [ -e build/user/ipcstat/main.o ]; then
	ipcstat load
	for what in old:9 new:0; do
		sed "s/\(define IPCSTAT_GENL_VERSION\).*/\1 ${what#*:}/" module/uapi/ipcstat.h > "$dir/ipcstat.h"
		make -s -C user/lib O="$dir/${what%:*}" CPPFLAGS="-include $dir/ipcstat.h -Wno-type-limits"
		# shellcheck disable=SC2046 # one word a library
		cc -o "$dir/ipcstat" build/user/ipcstat/main.o build/user/ipcstat.a build/user/common.a \
			"$dir/${what%:*}/user/libipcstat.a" $(make -s -C user libs)
		complains "a module that is too ${what%:*}" 1 "too ${what%:*} \(protocol 1, " "$dir/ipcstat"
	done
	drained
else
	skip "a module of another release" "no compiler"
fi

# ---- with the sanitizers ----

if [ -x build/sanitize/bin/ipcstat ]; then
	PATH=$PWD/build/sanitize/bin:$PATH
	ok "sanitizers: load" ipcstat load
	complains "sanitizers: load twice" 1 'loaded already' ipcstat load
	drained
	is "sanitizers: unload" $? 0
else
	skip "with the sanitizers" "build/sanitize/bin/ipcstat is missing"
fi

done_testing
