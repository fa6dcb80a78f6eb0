#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# What each command prints with -J is what its schema (user/schema) says: no more, and, as
# far as it can be brought about here, no less. tests/schema.py sees to it that each key that
# is taken out of a schema is noticed.
# enough: 6.12
# vm: -c 1 -t 600
# shellcheck disable=SC2016,SC2317 # '' is for the shell inside; functions are called by ok
set -u
. tests/cli.bash
. tests/guest/lib.bash

# fits SCHEMA [ABSENT]: the files $dir/SCHEMA.*
fits() {
	is "$1" "$(ABSENT=${2:-} python3 tests/schema.py "user/schema/$1.json" "$dir/$1".* 2>&1 | head -n 20)" ""
}

is "a schema for each command that has -J" \
	"$(for schema in user/schema/*.json; do basename "$schema" .json; done | grep -v '^ipclab-' | xargs)" \
	"$( (echo ipcstat; ipcstat -h | sed -nE '/^Commands/,/^$/s/^  ([a-z]+) .*/\1/p' |
		while read -r command; do ! ipcstat "$command" -h | grep -q -e --json || echo "$command"; done) | sort | xargs)"

# ---- limits need no module ----

ipcstat limits -J > "$dir/limits.without"
ipcstat load hooks=probe
ipcstat -J > "$dir/ipcstat.probe"
ipcstat hooks -J > "$dir/hooks.probe"
ipcstat unload
ipcstat load
ipcstat flows on
ipcstat limits -J -t > "$dir/limits.with"
ipcstat limits -J --time-format epoch -o use%,max > "$dir/limits.some"
fits limits

# ---- something of each ----

ipclab run all > /dev/null
# One waits for nobody known, and one for itself.
python3 -c 'import socket, sys
listener = socket.socket(socket.AF_UNIX)
listener.bind(sys.argv[1])
listener.listen()
listener.accept()' "$dir/socket" & accepts=$!
python3 -c 'import os
os.read(os.pipe()[0], 1)' & reads=$!
asleep() { ipcstat blocked --raw --noheadings -o pid | grep -qx "$1"; }
ok "one is asleep in accept" soon asleep $accepts
ok "one in read" soon asleep $reads

ipcstat -J > "$dir/ipcstat.all"
ipcstat -J -t > "$dir/ipcstat.time"
ipcstat -J 1 2 > "$dir/ipcstat.rates"
ipcstat -J -o mechanism,objects --time-format epoch > "$dir/ipcstat.some"
fits ipcstat
ipcstat signals -J > "$dir/signals.all"
ipcstat signals -J -z -o number --time-format short > "$dir/signals.some"
fits signals
ipcstat hooks -J > "$dir/hooks.all"
ipcstat hooks -J -t -o hook,missed > "$dir/hooks.some"
fits hooks
ipcstat blocked -J > "$dir/blocked.all"
ipcstat blocked -J --time-format epoch > "$dir/blocked.time"
unprivileged ipcstat blocked -J > "$dir/blocked.nobody"
fits blocked
ok "there is a deadlock" test "$(json "$dir/blocked.all" 'len(j["deadlocks"])')" -ge 1
ipcstat hist -J > "$dir/hist.all"
ipcstat hist -J -z pipe,futex > "$dir/hist.some"
fits hist
for by in flow process object mechanism pair cgroup user; do
	ipcstat flows -J --by $by > "$dir/flows.$by"
	ipcstat run -J --by $by -o "$dir/run.$by" sh -c 'echo x | cat > /dev/null'
done
ipcstat flows -J -t -o comm,recv_bytes > "$dir/flows.some"
unprivileged ipcstat flows -J > "$dir/flows.nobody"
fits flows
ipcstat run -J -t -o "$dir/run.left" -- sh -c 'sleep 1000 & false'
ipcstat run -J --columns recv_ops -o "$dir/run.some" true
fits run
is "something runs on" "$(json "$dir/run.left" 'j["running"], j["status"]')" "(1, 1)"
kill $accepts $reads

# ---- events ----

ipcstat events -J --wait 1ms > "$dir/events.all" 2> "$dir/err" & events=$!
ipcstat events -J --time-format epoch lost > "$dir/events.epoch" & epoch=$!
sleep 3
cat > "$dir/happens" << 'END'
import ctypes, fcntl, os, resource, signal, socket, time
libc = ctypes.CDLL(None)
r, w = os.pipe()                                    # lost
os.write(w, b"x" * 23)
os.close(r), os.close(w)
queue = libc.msgget(0, 0o1600)                      # lost, messages
libc.msgsnd(queue, (ctypes.c_long * 4)(1), 8, 0)
libc.msgctl(queue, 0, None)
r, w = os.pipe()                                    # limit
os.set_blocking(w, False)
for _ in range(3):
    try:
        os.write(w, b"x" * 65536)
    except BlockingIOError:
        pass
signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGRTMIN])
resource.setrlimit(resource.RLIMIT_SIGPENDING, (0, 0))
info = (ctypes.c_int * 32)(0, 0, -1)                # signal
libc.syscall(129, os.getpid(), signal.SIGRTMIN, info)
r, w = os.pipe()                                    # wait
if not os.fork():
    time.sleep(0.2)
    os.write(w, b"x")
    os._exit(0)
os.read(r, 1)
sem = libc.semget(0, 2, 0o1600)                     # wait, part
if not os.fork():
    time.sleep(0.2)
    libc.semop(sem, (ctypes.c_short * 3)(1, 1, 0), 1)
    os._exit(0)
libc.semop(sem, (ctypes.c_short * 3)(1, -1, 0), 1)
END
python3 "$dir/happens"
# Too many in a second.
python3 -c '
import os
for _ in range(2000):
    r, w = os.pipe()
    os.write(w, b"x")
    os.close(r), os.close(w)'
sleep 3
kill $events $epoch
wait $events $epoch 2> /dev/null
fits events "lost_before"
ok "some were too many" test "$(json "$dir/events.all" 'sum(e.get("suppressed_before", 0) for e in js)')" -gt 0

done_testing
