#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# ipcstat run: what a command and all that it starts do is counted, exactly, and nothing of
# others; its exit status; flows and cgroups are as before; or it says what is missing.
# enough: 7.3
# vm: -c 2 -m 1024 -t 600
# shellcheck disable=SC2016,SC2317 # '' is for the shell inside; functions are called by ok
set -u
. tests/cli.bash
. tests/guest/lib.bash

chmod 755 "$dir"
# run ARGUMENT...: what it reports into $dir/json, says into $dir/err; its status
run() { ipcstat run -J -o "$dir/json" "$@" > "$dir/out" 2> "$dir/err"; }
# runs NAME STATUS ARGUMENT...: nothing is missing, or said
runs() {
	local name=$1 status=$2
	shift 2
	run "$@"
	is "$name: status, complete, words" "$? $(json "$dir/json" '(j["complete"], j["status"])') $(cat "$dir/err")" \
		"$status (True, $status) "
}
# lacks NAME PATTERN ARGUMENT...: something may be missing, and one line says what
lacks() {
	local name=$1 pattern=$2
	shift 2
	run "$@"
	is "$name: may not be complete" "$(json "$dir/json" 'j["complete"]')" False
	is "$name: says so in a line" "$(grep -cE "^ipcstat: numbers may be too low: $pattern" "$dir/err") $(wc -l < "$dir/err")" "1 1"
}
# of MECHANISM [COLUMN...]: its numbers in the last report
of() { json "$dir/json" '"%d %d" % tuple(sum(f.get(c, 0) for f in j["flows"] if f["mechanism"] == "'"$1"'") for c in ("'"${2:-send_ops}"'", "'"${3:-recv_ops}"'"))'; }
cgroups() { find /sys/fs/cgroup -mindepth 1 -type d; }
flows_are() { if ipcstat flows > /dev/null 2>&1; then echo on; else echo off; fi; }
# As it was: no cgroup is left, and flows are on or off.
tidy() { is "$1: no cgroup stays, flows are $2" "$(cgroups) $(flows_are)" " $2"; }

# mover N WHAT: N writes of 10 bytes through a pipe, and reads, by
#   itself	it
#   daemon	a daemon, whose end it awaits
#   stays	a daemon that stays
#   inner	it, in a cgroup below its own; "gone": and that is removed
cat > "$dir/mover" << 'END'
import os, sys, time
nr, what = int(sys.argv[1]), sys.argv[2]
done = "%s.%d" % (sys.argv[0], os.getpid())
root = "/sys/fs/cgroup"
own = root + open("/proc/self/cgroup").read().split("::")[1].strip()
def move():
    r, w = os.pipe()
    for i in range(nr):
        os.write(w, b"x" * 10)
        os.read(r, 10)
def enter(cgroup):
    with open(cgroup + "/cgroup.procs", "w") as f:
        f.write("0")
if what in ("daemon", "stays"):
    if not os.fork():
        os.setsid()
        if not os.fork():
            move()
            open(done, "w").close()
            while what == "stays":
                time.sleep(100)
        os._exit(0)
    os.wait()
    while not os.path.exists(done):
        time.sleep(0.01)
    time.sleep(0.5 if what == "daemon" else 0) # until it is gone
elif what in ("inner", "gone"):
    os.mkdir(own + "/inner")
    enter(own + "/inner")
    move()
    if what == "gone":
        enter(own)
        os.rmdir(own + "/inner")
else:
    move()
END

complains "no module" 1 'not loaded: run `modprobe ipcstat`' ipcstat run -- touch "$dir/touched"
modprobe ipcstat
complains "nobody has no cgroup" 1 'cannot make the cgroup .*: Permission denied: run this as root, or .*systemd-run' \
	unprivileged ipcstat run -- touch "$dir/touched"
complains "cgroups are not mounted" 1 'not mounted here' \
	unshare -m sh -c "umount /sys/fs/cgroup && exec ipcstat run -- touch $dir/touched"
complains "too few flows" 1 'flows are off: .*16 to 4194304' ipcstat run --max-flows 15 -- touch "$dir/touched"
complains "no such directory" 1 '/nowhere/x: No such file' ipcstat run -o /nowhere/x touch "$dir/touched"
complains "no such command" 127 '^ipcstat: no-such-command: No such file or directory$' ipcstat run -- no-such-command
complains "no program" 126 '/etc/passwd: Permission denied' ipcstat run -- /etc/passwd
ok "the command was not run" test ! -e "$dir/touched"
tidy "mistakes" off

# ---- numbers ----
for row in pipe fifo sysv_msg posix_mq sysv_sem futex unix_stream unix_dgram unix_seqpacket tcp udp raw eventfd; do
	runs $row 0 -- ipclab run $row -n 23
	is "$row: what it did" "$(of $row)" "23 23"
	is "$row: its three processes' SIGCHLD" "$(of signal)" "3 0"
done
runs signal 0 -- ipclab run signal -n 23
is "signal: what it did, and the SIGCHLD of three" "$(of signal)" "26 23"
runs bytes 0 -- ipclab run pipe -n 23 -s 100
is "bytes" "$(of pipe send_bytes recv_copied)" "2300 2300"
runs "three children" 0 sh -c 'for i in 1 2 3; do ipclab run pipe -n 23 & done; wait'
is "three children: all of them" "$(of pipe)" "69 69"
is "three children: three processes of each, and the shell" "$(json "$dir/json" 'j["processes"]') $(of signal send_ops send_ops)" "10 10 10"
runs "none" 0 --by flow true
is "none: only its own SIGCHLD" "$(json "$dir/json" '[(f["comm"], f["mechanism"], f["send_ops"]) for f in j["flows"]]')" "[('true', 'signal', 1)]"
runs "a daemon that ends" 0 python3 "$dir/mover" 29 daemon
is "a daemon that ends: all of it" "$(of pipe) $(of pipe send_bytes recv_bytes)" "29 29 290 290"
runs "a cgroup below" 0 python3 "$dir/mover" 29 inner
is "a cgroup below: all of it" "$(of pipe)" "29 29"
runs "a run in a run" 0 -- sh -c "ipcstat run -J -o $dir/inner -- ipclab run pipe -n 23; python3 $dir/mover 29 itself"
is "a run in a run: the outer one counts both" "$(of pipe)" "52 52"
cp "$dir/inner" "$dir/json"
is "a run in a run: the inner one its own" "$(json "$dir/inner" 'j["complete"]') $(of pipe) $(of signal)" "True 23 23 3 0"
tidy "numbers" off

lacks "a cgroup that is gone" 'cgroups that the command may have made are gone$' python3 "$dir/mover" 29 gone
nice -n 19 build/tests/edge/caller pipe 1000000000 30000 &
caller=$!
runs "others' traffic" 0 -- ipclab run pipe -n 23
is "others' traffic is not counted" "$(of pipe)" "23 23"
for by in process object flow pair user cgroup; do
	runs "by $by" 0 --by $by -- ipclab run pipe -n 23
	is "by $by: all of it" "$(json "$dir/json" 'sum(f.get("recv_ops", 0) for f in j["flows"])')" 23
done
kill $caller
wait $caller 2> /dev/null
runs "without clone3(2)" 0 -- python3 -c '
import ctypes, os, struct, sys
code = ctypes.create_string_buffer(struct.pack("=" + "HBBI" * 4, 0x20, 0, 0, 0, 0x15, 0, 1, 435,
                                               6, 0, 0, 0x50000 | 38, 6, 0, 0, 0x7fff0000))
program = ctypes.create_string_buffer(struct.pack("@HP", 4, ctypes.addressof(code)))
libc = ctypes.CDLL(None)
if libc.prctl(38, 1, 0, 0, 0) or libc.prctl(22, 2, program, 0, 0):
    sys.exit(23)
os.execvp(sys.argv[1], sys.argv[1:])' ipcstat run -J -o "$dir/inner" -- ipclab run pipe -n 23
cp "$dir/inner" "$dir/json"
is "without clone3(2): all of it" "$(of pipe) $(of signal)" "23 23 3 0"

# ---- status, signals, streams ----
runs "exit status" 3 -- sh -c 'exit 3'
runs "ended by a signal" 137 -- sh -c 'kill -9 $$'
is "ended by a signal: it sent it, and its SIGCHLD; it got it" "$(of signal)" "2 1"
ipcstat run -- echo hello > "$dir/out" 2> "$dir/err"
is "the command's output is its own" "$(cat "$dir/out")" hello
ipcstat run -- true 2> "$dir/err"
is "the report: heading, numbers, rest" \
	"$(awk '{ print $1, $2 }' "$dir/err" | xargs) $(tail -n 1 "$dir/err" | grep -cE '^1 process with IPC, [0-9.]+ seconds$')" \
	"mechanism send_ops signal 1 1 process 1"
diag "$(cat "$dir/err")"
ipcstat run -o "$dir/report" -- sh -c 'echo mine >&2; exit 4' 2> "$dir/err"
is "a file for the report" "$? $(cat "$dir/err") $(grep -c process "$dir/report")" "4 mine 1"
ipcstat run -o /dev/full -- sh -c 'exit 5' 2> "$dir/err"
is "a full disk: status, and a line" "$? $(cat "$dir/err")" "5 ipcstat: cannot write the report: No space left on device"
mask() { "$@" grep -E 'Sig(Blk|Ign|Cgt)' /proc/self/status; }
is "signals: as they were" "$(mask ipcstat run -o "$dir/json")" "$(mask)"
is "signals: what was ignored stays so" \
	"$(mask env --ignore-signal=INT,HUP,CHLD ipcstat run -o "$dir/json")" "$(mask env --ignore-signal=INT,HUP,CHLD)"
for sig in TERM HUP USR1; do
	ipcstat run -J -o "$dir/json" -- sh -c "echo > $dir/started; exec sleep 1000" &
	soon test -e "$dir/started"
	kill -$sig $!
	wait $!
	is "SIG$sig goes on to the command" "$? $(of signal)" "$((128 + $(kill -l $sig))) 1 1"
	rm "$dir/started"
done
env --default-signal=INT,QUIT ipcstat run -J -o "$dir/json" -- sh -c "trap '' INT QUIT; echo > $dir/started; sleep 2; exit 6" &
soon test -e "$dir/started"
kill -INT $!
kill -QUIT $!
wait $!
is "Ctrl+C is the command's" "$? $(json "$dir/json" 'j["status"]')" "6 6"
rm -f "$dir/started"
tidy "status and signals" off

# ---- what is still there ----
runs "a daemon that stays" 0 python3 "$dir/mover" 29 stays
is "a daemon that stays: what it did until then" "$(of pipe)" "29 29"
is "a daemon that stays: and its cgroup" "$(json "$dir/json" '(j["running"], j["cgroup"])')" "(1, '$(cgroups)')"
pkill -9 -f 'mover 29 stays'
soon sh -c 'rmdir /sys/fs/cgroup/ipcstat-run-* 2> /dev/null'
ipcstat run -- python3 "$dir/mover" 29 stays 2> "$dir/err"
is "a daemon that stays: says so" "$(tail -n 2 "$dir/err" | xargs -d '\n')" \
	"1 process of it still there its cgroup stays: $(cgroups)"
pkill -9 -f 'mover 29 stays'
is "a daemon that stays: flows do not" "$(flows_are)" off
soon sh -c 'rmdir /sys/fs/cgroup/ipcstat-run-* 2> /dev/null'
runs "a run that leaves a daemon, in a run" 0 -- ipcstat run -J -o "$dir/inner" -- python3 "$dir/mover" 29 stays
is "a run that leaves a daemon, in a run: both say so" \
	"$(of pipe) $(json "$dir/json" 'j["running"]') $(json "$dir/inner" '(j["running"], j["cgroup"] is not None)')" "29 29 1 (1, True)"
pkill -9 -f 'mover 29 stays'
soon sh -c 'find /sys/fs/cgroup -depth -mindepth 1 -type d -exec rmdir {} + 2> /dev/null'
tidy "daemons" off

# ---- flows ----
lacks "a small table" '[1-9][0-9]* flows had to make room for others: give them more \(--max-flows\)$' --max-flows 16 -- \
	sh -c 'for i in 1 2 3 4 5 6 7 8 9 10; do ipclab run pipe -n 2; done'
ipcstat run --max-flows 16 -- sh -c 'for i in 1 2 3 4 5 6 7 8 9 10; do ipclab run pipe -n 2; done' > /dev/null 2> "$dir/err"
is "a small table: no number is more than it says" "$(grep -cE '^signal +>=[0-9]+ ' "$dir/err") $(grep -cE '^>=[0-9]+ process' "$dir/err")" "1 1"
ipcstat flows on 1024
runs "on before" 0 -- ipclab run pipe -n 23
is "on before: only what is the command's" "$(of pipe)" "23 23"
complains "on before, with another size" 1 'flows are on already, with 1024 entries' ipcstat run --max-flows 64 true
runs "on before, with the same size" 0 --max-flows 1024 true
tidy "on before" on
lacks "off and on meanwhile" 'flows were turned off, and on again, meanwhile$' sh -c 'ipcstat flows off; ipcstat flows on 1024'
run sh -c 'ipcstat flows off; exit 7'
is "off meanwhile: status, and no numbers" "$? $(grep -c '^ipcstat: no numbers: .*flows are off' "$dir/err") $(wc -l < "$dir/err") $(wc -c < "$dir/json")" "7 1 1 0"

# Each of them ends when there is a file.
waits() { sh -c "echo > $dir/$1.started; while ! [ -e $dir/$1 ]; do sleep 0.1; done; exec ipclab run pipe -n $2"; }
export -f waits
export dir
ipcstat run -J -o "$dir/first.json" bash -c 'waits first 23' > /dev/null &
first=$!
soon test -e "$dir/first.started"
ipcstat run -J -o "$dir/second.json" bash -c 'waits second 29' > /dev/null &
second=$!
soon test -e "$dir/second.started"
touch "$dir/first"
wait $first
is "two at once: the first one" "$? $(cp "$dir/first.json" "$dir/json"; of pipe) $(json "$dir/json" 'j["complete"]')" "0 23 23 True"
is "two at once: flows stay for the second one" "$(flows_are)" on
touch "$dir/second"
wait $second
is "two at once: the second one" "$? $(cp "$dir/second.json" "$dir/json"; of pipe) $(json "$dir/json" 'j["complete"]')" "0 29 29 True"
tidy "two at once" off

# ---- nobody, with a cgroup of his own ----
mkdir /sys/fs/cgroup/nobody
chown 65534 /sys/fs/cgroup/nobody /sys/fs/cgroup/nobody/cgroup.procs
chmod 777 "$dir"
rm -f "$dir/json"
nobody() { (echo $BASHPID > /sys/fs/cgroup/nobody/cgroup.procs; unprivileged "$@"); }
fails "nobody: flows are off" 1 'flows are off: .*CAP_SYS_ADMIN.*: run this as root' nobody ipcstat run true
ipcstat flows on
nobody ipcstat run -J -o "$dir/json" -- ipclab run pipe -n 23 > /dev/null 2> "$dir/err"
is "nobody: all of it" "$? $(of pipe) $(json "$dir/json" 'j["complete"]') $(cat "$dir/err")" "0 23 23 True "
cp build/bin/ipclab "$dir/set-user-id"
chmod 4755 "$dir/set-user-id"
nobody ipcstat run -J -o "$dir/json" -- "$dir/set-user-id" run pipe -n 23 > /dev/null 2> "$dir/err"
is "nobody: what he may not see is missing, and he is told" \
	"$(json "$dir/json" 'j["complete"]') $(cat "$dir/err")" \
	"False ipcstat: numbers may be too low: there were flows that this user may not see: run this as root"
is "nobody: no cgroup stays" "$(cgroups)" /sys/fs/cgroup/nobody
rmdir /sys/fs/cgroup/nobody

# ---- other users ----
cp /etc/passwd /etc/group "$dir"
echo 'alice:x:4321:4321::/home/alice:/bin/sh' >> "$dir/passwd"
printf '%s\n' alice:x:4321: first:x:4401:alice second:x:4402:nobody,alice >> "$dir/group"
mount --bind "$dir/passwd" /etc/passwd
mount --bind "$dir/group" /etc/group
# sudo COMMAND...: with what sudo(8) says of alice
sudo() { env SUDO_USER=alice SUDO_UID=4321 SUDO_GID=4321 SUDO_COMMAND=x HOME=/root USER=root LOGNAME=root "$@"; }
who='echo $(grep -E "^(Uid|Gid|Groups|CapInh|CapPrm|CapEff|CapAmb):" /proc/self/status | cut -f 2-) $HOME $USER $LOGNAME $SUDO_COMMAND'
zero=0000000000000000
alice="4321 4321 4321 4321 4321 4321 4321 4321 4321 4401 4402 $zero $zero $zero $zero /home/alice alice alice"
root=$(HOME=/root USER=root LOGNAME=root SUDO_COMMAND=x sh -c "$who")
# is_run NAME WANTED COMMAND...: what the command says of itself
is_run() {
	is "$1" "$("${@:3}" -o "$dir/report" -- sh -c "$who" 2>&1)" "$2"
}
is_run "sudo: the command is its caller's" "$alice x" sudo ipcstat run
is_run "-u: a name" "$alice" env -u SUDO_COMMAND ipcstat run -u alice
is_run "--user: a number" "$alice" env -u SUDO_COMMAND ipcstat run --user=4321
is_run "sudo, -u nobody" "65534 65534 65534 65534 65534 65534 65534 65534 4402 65534 $zero $zero $zero $zero $(getent passwd nobody | cut -d : -f 6) nobody nobody x" \
	sudo ipcstat run -u nobody
is_run "sudo, -u root: root" "$root" sudo ipcstat run -u root
is_run "sudo, -u 0: root" "$root" sudo ipcstat run -u 0
is_run "sudo of root: root" "$root" sudo env SUDO_USER=root SUDO_UID=0 SUDO_GID=0 ipcstat run
is_run "no sudo: root" "$root" env SUDO_COMMAND=x HOME=/root USER=root LOGNAME=root ipcstat run
is_run "sudo of a user without a name" \
	"5555 5555 5555 5555 5556 5556 5556 5556 5556 $zero $zero $zero $zero / 5555 5555 x" \
	sudo env -u SUDO_USER SUDO_UID=5555 SUDO_GID=5556 ipcstat run
is_run "sudo in a sudo" "$alice x" sudo env SUDO_USER=nobody ipcstat run
sudo ipcstat run -J -o "$dir/json" -- ipclab run pipe -n 23 > /dev/null 2> "$dir/err"
is "sudo: all of it" "$? $(of pipe) $(json "$dir/json" 'j["complete"]') $(cat "$dir/err")" "0 23 23 True "
is "sudo: there is no way back, and none out of the cgroup; no descriptor of ours" "$(sudo ipcstat run -o "$dir/report" -- python3 -c '
import os
def refused(what):
    try:
        what()
        return "done"
    except PermissionError:
        return "refused"
cgroup = "/sys/fs/cgroup" + open("/proc/self/cgroup").read().split("::")[1].strip()
print(refused(lambda: os.setresuid(0, 0, 0)), refused(lambda: os.setgid(0)), refused(lambda: os.setgroups([0])),
      refused(lambda: open("/sys/fs/cgroup/cgroup.procs", "w")), refused(lambda: open(cgroup + "/cgroup.procs", "w")),
      refused(lambda: os.mkdir(cgroup + "/inner")), refused(lambda: open("/run/ipcstat.lock")),
      [fd for fd in range(3, 1024) if os.path.exists(f"/proc/self/fd/{fd}")])' < /dev/null 3>&-)" \
	"refused refused refused refused refused refused refused []"
printf '#!/bin/sh\n' > "$dir/secret"
chmod 700 "$dir/secret"
complains "sudo: a program that the caller may not execute" 126 'secret: Permission denied$' sudo ipcstat run -- "$dir/secret"
complains "sudo: no such command" 127 '^ipcstat: no-such-command: No such file or directory$' sudo ipcstat run -- no-such-command
complains "sudo: its numbers are none" 1 "invalid SUDO_UID 'x' or SUDO_GID '4321': .*-u root" \
	sudo env SUDO_UID=x ipcstat run -- touch "$dir/touched"
complains "sudo: no group" 1 "invalid SUDO_UID '4321' or SUDO_GID '': .*-u root" \
	sudo env -u SUDO_GID ipcstat run -- touch "$dir/touched"
complains "no such user" 2 "unknown user 'no-such-user'" sudo ipcstat run -u no-such-user -- touch "$dir/touched"
complains "another user, as nobody" 1 "cannot run the command as 'root': only root can.*sudo ipcstat run -u root" \
	unprivileged ipcstat run -u root -- touch "$dir/touched"
# refuses SYSCALL COMMAND...: the command, in which this one fails
cat > "$dir/refuses" << 'END'
import ctypes, os, struct, sys
code = ctypes.create_string_buffer(struct.pack("=" + "HBBI" * 4, 0x20, 0, 0, 0, 0x15, 0, 1, int(sys.argv[1]),
                                               6, 0, 0, 0x50000 | 1, 6, 0, 0, 0x7fff0000))
program = ctypes.create_string_buffer(struct.pack("@HP", 4, ctypes.addressof(code)))
libc = ctypes.CDLL(None)
if libc.prctl(22, 2, program, 0, 0):
    sys.exit(23)
os.execvp(sys.argv[2], sys.argv[2:])
END
for call in '116 setgroups' '117 setresuid' '119 setresgid' '126 capset'; do
	complains "${call#* } fails: nothing is run" 1 "cannot run the command as 'alice': Operation not permitted: name another user with -u" \
		sudo python3 "$dir/refuses" "${call% *}" ipcstat run -- touch "$dir/touched"
done
# setuid(0) would be possible: setresuid(2) has been made to do nothing, with success
sed 's/0x50000 | 1/0x50000/' "$dir/refuses" > "$dir/pretends"
complains "setresuid only seems to work: nothing is run" 1 "cannot run the command as 'alice'" \
	sudo python3 "$dir/pretends" 117 ipcstat run -- touch "$dir/touched"
ok "other users: the command was not run" test ! -e "$dir/touched"
umount /etc/passwd /etc/group
ipcstat flows off
tidy "other users" off
ipcstat flows on

# ---- the module goes ----
rm -f "$dir/json"
run sh -c 'rmmod ipcstat; exit 8'
is "the module goes: status, and no numbers" "$? $(grep -c '^ipcstat: no numbers: .*not loaded' "$dir/err") $(wc -l < "$dir/err") $(wc -c < "$dir/json")" "8 1 1 0"
is "the module goes: no cgroup stays" "$(cgroups)" ""
done_testing
