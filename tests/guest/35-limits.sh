#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# ipcstat limits: what is used of each limit is what the kernel's own tools say; what is near
# one has a hint, which helps; what nobody says is ?.
# enough: 6.12
# vm: -c 1 -t 600
# shellcheck disable=SC2016,SC2317 # '' is for the shell inside; functions are called by ok
set -u
. tests/cli.bash
. tests/guest/lib.bash

chmod 755 "$dir"
limits() { "${as[@]}" ipcstat limits -J "$@" > "$dir/json"; }
as=()
# of LIMIT KEY...: of the last reading; "-" where there is no such key
of() {
	local limit=$1
	shift
	json "$dir/json" '" ".join(str(l.get(k, "-")) for l in j["limits"] if l["limit"] == "'"$limit"'" for k in "'"$*"'".split())'
}
# use LIMIT MECHANISM [COMMAND...]: use, complete, max, percent, read by the command
use() {
	local limit=$1
	as=("${@:3}")
	limits "$2"
	of "$limit" use use_complete max percent
	as=()
}
hints() { ipcstat limits "$@" | grep ' to raise it: '; }
# raises LIMIT MECHANISM N: the hint's command, with N, makes the hint go
raises() {
	local command
	command=$(hints "$2" | sed -n "s/^$2 $1: .* to raise it: \([^(]*\).*/\1/p")
	bash -c "${command//N/$3}" > /dev/null && ! hints "$2" | grep "^$2 $1: "
}
# used WORD: its number in ipcs -u, also "pages allocated 23"
used() { ipcs -u | sed -nE "s/^$1( =)? //p"; }
sysctl() { command sysctl -q "$@"; }
no_module='uses that only the module knows'

# ---- nothing is used, and there is no module ----

# Others may have left some.
ipcrm --all
limits
is "without the module" "$? $(json "$dir/json" 'j["module"]')" "0 False"
ok "a line says so" grep -q "^$no_module.*not loaded: run" <(ipcstat limits)
is "but not where it makes no difference" "$(ipcstat limits tcp | grep "$no_module")" ""
is "nothing is near a limit" "$(hints)" ""
is "the pages of pipes only the module knows" "$(ipcstat limits pipe | grep soft | tr -s ' ')" \
	"pipe pipe-user-pages-soft ? 16384 ? pages user:root"
is "80 columns are enough" "$(ipcstat limits | grep -v "$no_module" | awk 'length > 80')" ""
cat > "$dir/check" << 'END'
import json, os, re, sys
at = {"SEMMNS": 1, "SEMOPM": 2, "SEMMNI": 3, "tcp_mem": 2, "udp_mem": 2}
kinds = {"mechanism": str, "limit": str, "use": (int, type(None)), "use_complete": bool,
         "max": (int, type(None)), "unlimited": bool, "percent": (float, type(None)),
         "unit": str, "scope": str, "scope_name": (str, type(None)), "sysctl": (str, type(None)), "change": str}
j = json.load(open(sys.argv[1]))
for kind in "ipc", "network", "user":
    link = os.readlink("/proc/self/ns/" + kind.replace("network", "net"))
    if str(j[kind + "_namespace"]) != re.sub(r"\D", "", link):
        print(kind, j[kind + "_namespace"], link)
names = {"user": "root", "ipc-ns": os.readlink("/proc/self/ns/ipc"), "mount": "/dev/shm"}
for l in j["limits"]:
    name = l["mechanism"] + " " + l["limit"]
    for key in kinds:
        if key not in l and key not in ("use", "percent", "use_complete"):
            print(name, "has no", key)
        elif key in l and not isinstance(l[key], kinds[key]):
            print(name, key, l[key])
    if set(l) - set(kinds) or l["unlimited"] and l["max"] is not None:
        print(name, l)
    if l["scope"] not in ("system", "ipc-ns", "user", "object", "mount"):
        print(name, l["scope"])
    if l["scope_name"] != names.get(l["scope"]):
        print(name, l["scope"], l["scope_name"])
    if l["sysctl"]:
        value = int(open("/proc/sys/" + l["sysctl"].replace(".", "/")).read().split()[at.get(l["limit"], 0)])
        if l["max"] != value and not (l["unlimited"] and (value == 0 or value >= 2 ** 63 - 1)):
            print(name, l["max"], value)
END
is "JSON has what it should have, and the maxima are those of /proc/sys" \
	"$(python3 "$dir/check" "$dir/json" 2>&1)" ""
is "all mechanisms, in their order" \
	"$(ipcstat limits | awk 'NR > 1 && NF == 7 && $1 != last { print last = $1 }' | xargs)" \
	"$(ipcstat limits no 2>&1 | sed 's/.*there are: //')"
# scope LIMIT MECHANISM [COMMAND...]: what the table says
scope() { "${@:3}" ipcstat limits "$2" | awk -v limit="$1" '$2 == limit { print $7 }'; }
is "whose share it is: the namespace" "$(scope MSGMNI sysv_msg)" "$(readlink /proc/self/ns/ipc)"
is "another one" "$(unshare --ipc sh -c 'ipcstat limits sysv_msg | grep -cF "$(readlink /proc/self/ns/ipc)"')" 1
is "the user" "$(scope RLIMIT_SIGPENDING signal) $(scope RLIMIT_SIGPENDING signal unprivileged)" "user:root user:nobody"
unprivileged ipcstat limits -J signal > "$dir/other"
is "in JSON" "$(json "$dir/other" '(j["user"], j["uid"], j["limits"][0]["scope"], j["limits"][0]["scope_name"])')" \
	"('nobody', 65534, 'user', 'nobody')"
is "one without a name" "$(scope RLIMIT_SIGPENDING signal setpriv --reuid 54321 --clear-groups)" "user:54321"
is "the mount" "$(scope size posix_shm)" "mount:/dev/shm"
network() { sed -n 's/^limits of sockets are those of the network namespace //p'; }
is "the network namespace" "$(ipcstat limits socket | network)" "$(readlink /proc/self/ns/net)"
ok "which may be another one" test "$(unshare --net ipcstat limits unix_dgram | network)" != "$(readlink /proc/self/ns/net)"
is "but not where there are no sockets" "$(ipcstat limits pipe tcp | network)" ""
is "two of them" "$(ipcstat limits udp,signal | awk 'NF == 7 { print $1 }' | xargs)" "mechanism signal udp"
is "what bounds a call has no use" "$(limits sysv_msg; of MSGMAX use percent max)" "- - 8192"

# ---- System V ----

for _ in {1..23}; do ipcmk -Q > "$dir/last"; done
msg=$(grep -oE '[0-9]+$' "$dir/last")
ipcmk -M 1000000 > /dev/null; ipcmk -M 5000 > /dev/null
ipcmk -S 7 > /dev/null; ipcmk -S 3 > /dev/null
is "23 queues" "$(use MSGMNI sysv_msg)" "23 True $(command sysctl -n kernel.msgmni) 0.072"
is "as ipcs counts" "$(used 'allocated queues')" 23
is "2 segments" "$(use SHMMNI sysv_shm | cut -d ' ' -f 1)" "$(used 'segments allocated')"
is "their pages" "$(of SHMALL use unit unlimited percent) $(used 'pages allocated')" "247 pages True None 247"
is "the larger one" "$(of SHMMAX use unlimited)" "1000000 True"
is "2 sets" "$(use SEMMNI sysv_sem | cut -d ' ' -f 1)" "$(used 'used arrays')"
is "of 10 semaphores" "$(of SEMMNS use) $(used 'allocated semaphores')" "10 10"
is "the larger one" "$(of SEMMSL use)" 7
limits sysv_msg sysv_sem sysv_shm
# Of SHMALL and SEMMNS it has sums of its own: bytes without what fills pages up, ...
is "lsipc says the same" \
	"$(for limit in MSGMNI SHMMNI SEMMNI; do echo "$limit $(of $limit use)"; done)" \
	"$(lsipc -g --bytes --raw -o RESOURCE,USED | grep MNI)"

cat > "$dir/send" << 'END'
import ctypes, sys
libc = ctypes.CDLL(None, use_errno=True)
for size in sys.argv[2:]:
    message = (ctypes.c_long * 2000)(1)
    if libc.msgsnd(int(sys.argv[1]), message, int(size), 0o4000):
        sys.exit(ctypes.get_errno())
END
python3 "$dir/send" "$msg" 8192 4000
is "MSGMNB: what is in the fullest queue" "$(use MSGMNB sysv_msg) $(hints sysv_msg)" "12192 True 16384 74.414 "
python3 "$dir/send" "$msg" 4192
is "it is full" "$(use MSGMNB sysv_msg)" "16384 True 16384 100.0"
is "as ipcs says" "$(ipcs -q | awk -v id="$msg" '$2 == id { print $5 }')" 16384
is "there is a hint" "$(hints sysv_msg)" \
	"sysv_msg MSGMNB: 16384 of 16384 bytes; to raise it: sysctl kernel.msgmnb=N (for new queues; the fullest is msg $msg)"
ipcrm -q "$msg"
is "and none when it is gone" "$(use MSGMNB sysv_msg) $(hints sysv_msg)" "0 True 16384 0.0 "

sysctl -w kernel.msgmni=28
is "22 of 28: no hint" "$(use MSGMNI sysv_msg) $(hints sysv_msg)" "22 True 28 78.571 "
sysctl -w kernel.msgmni=27
is "22 of 27: a hint" "$(ipcstat limits sysv_msg | awk '$2 == "MSGMNI" { print $5 }') $(hints sysv_msg)" \
	"81% sysv_msg MSGMNI: 22 of 27 queues; to raise it: sysctl kernel.msgmni=N"
ok "which helps" raises MSGMNI sysv_msg 1000
sysctl -w kernel.msgmni=0
is "of none all are used" "$(use MSGMNI sysv_msg)" "22 True 0 100.0"
sysctl -w kernel.msgmni=32000
sysctl -w kernel.shmall=250
is "pages of 250" "$(hints sysv_shm)" "sysv_shm SHMALL: 247 of 250 pages; to raise it: sysctl kernel.shmall=N"
ok "which helps" raises SHMALL sysv_shm 1000
sysctl -w kernel.sem="8 12 500 2"
is "all of the semaphores' limits" "$(hints sysv_sem)" "sysv_sem SEMMNI: 2 of 2 sets; to raise it: sysctl kernel.sem=\"8 12 500 N\"
sysv_sem SEMMNS: 10 of 12 semaphores; to raise it: sysctl kernel.sem=\"8 N 500 2\"
sysv_sem SEMMSL: 7 of 8 semaphores; to raise it: sysctl kernel.sem=\"N 12 500 2\""
ok "SEMMNI" raises SEMMNI sysv_sem 32000
ok "SEMMNS" raises SEMMNS sysv_sem 32000
ok "SEMMSL" raises SEMMSL sysv_sem 250
is "the others are what they were" "$(command sysctl -n kernel.sem | xargs)" "250 32000 500 32000"

# ---- POSIX queues ----

for name in 1 2 3 4 5; do : > /dev/mqueue/q$name; done
is "5 POSIX queues, at least" "$(use queues_max posix_mq)" "5 False 256 1.953"
is "in the table" "$(ipcstat limits posix_mq | awk '$2 == "queues_max" { print $3, $5 }')" ">=5 >=1%"
is "nobody sees them, too" "$(use queues_max posix_mq unprivileged)" "5 False 256 1.953"
is "another namespace has none, whatever is mounted" "$(use queues_max posix_mq unshare --ipc)" "0 False 256 0.0"
is "nor does it know that of a user who may not mount" \
	"$(use queues_max posix_mq unprivileged unshare --user --ipc)" "None - 256 None"
is "one who may does" \
	"$(use queues_max posix_mq unprivileged unshare --user --map-root-user --mount --ipc)" "0 False 256 0.0"
chmod 0 /dev/mqueue/*
is "nobody cannot tell whose mount it is" "$(use queues_max posix_mq unprivileged)" "None - 256 None"
unshare --mount sh -c 'umount /dev/mqueue && ipcstat limits -J posix_mq' > "$dir/json"
is "root needs none" "$(of queues_max use)" 5
is "how many bytes a user has in queues only the module knows" \
	"$(of RLIMIT_MSGQUEUE use max) $(ulimit -q)" "None 819200 819200"
ipcstat load
is "with the module it is exact" "$(use queues_max posix_mq)" "5 True 256 1.953"
sysctl -w fs.mqueue.queues_max=6
is "5 of 6" "$(hints)" "posix_mq queues_max: 5 of 6 queues; to raise it: sysctl fs.mqueue.queues_max=N"
exec 8<> /dev/mqueue/q1
rm /dev/mqueue/q1
is "one without a name counts" "$(use queues_max posix_mq)" "5 True 6 83.333"
is "not in another namespace" "$(use queues_max posix_mq unprivileged unshare --user --ipc)" "0 True 256 0.0"
exec 8>&-
is "until it is closed" "$(use queues_max posix_mq)" "4 True 6 66.667"
rm /dev/mqueue/*
is "nobody knows of none" "$(use queues_max posix_mq unprivileged)" "0 True 6 0.0"
sysctl -w fs.mqueue.queues_max=256

# RLIMIT_MSGQUEUE: 3 queues of nobody's; the kernel itself says whether one more has room.
create() { prlimit --msgqueue="$1" setpriv --reuid 65534 --clear-groups sh -c ": > /dev/mqueue/$2" 2> "$dir/err"; }
user_bytes() { use RLIMIT_MSGQUEUE posix_mq unprivileged | cut -d ' ' -f 1-3; }
is "of nobody's queues there are none" "$(user_bytes)" "0 True 819200"
create 819200 a; one=$(user_bytes | cut -d ' ' -f 1)
create 819200 b; create 819200 c
ok "10 messages of 8192 bytes, and something" test "$one" -gt 81920
is "three are three times as much" "$(user_bytes)" "$((3 * one)) True 819200"
create $((4 * one - 1)) d
ok "a byte less than a fourth takes: the kernel has no room" grep -q 'Too many' "$dir/err"
ok "so many bytes: it has" create $((4 * one)) d
is "which is all" "$(prlimit --msgqueue=$((4 * one)) setpriv --reuid 65534 --clear-groups ipcstat limits posix_mq | tail -n 1)" \
	"posix_mq RLIMIT_MSGQUEUE: $((4 * one)) of $((4 * one)) bytes of user nobody; to raise it: ulimit -q N"
is "root has none of them" "$(use RLIMIT_MSGQUEUE posix_mq | cut -d ' ' -f 1)" 0
is "nor has nobody in a user namespace" "$(use RLIMIT_MSGQUEUE posix_mq unprivileged unshare --user | cut -d ' ' -f 1)" 0
rm /dev/mqueue/*
is "they are gone" "$(user_bytes)" "0 True 819200"
rows() { grep -E '^(sysv|posix)_' /proc/ipcstat; }
before=$(rows) # to a file it would count: that is on a tmpfs
ok "limits can be read" ipcstat limits
is "which counts nowhere" "$(rows)" "$before"
is "no line of the module" "$(ipcstat limits | grep "$no_module")" ""

# ---- namespaces of System V, users ----

is "another IPC namespace has its own" \
	"$(unshare --ipc sh -c 'ipcmk -Q > /dev/null; sysctl -qw kernel.msgmni=1; ipcstat limits sysv_msg' | grep MSGMNI | tr -s ' ' | sed 's/\[.*/[N]/')" \
	"sysv_msg MSGMNI 1 1 100% queues ipc:[N]
sysv_msg MSGMNI: 1 of 1 queues; to raise it: sysctl kernel.msgmni=N"
is "which is not ours" "$(use MSGMNI sysv_msg)" "22 True 32000 0.069"
is "nobody sees what root does" "$(unprivileged ipcstat limits sysv_msg sysv_shm sysv_sem posix_mq)" \
	"$(ipcstat limits sysv_msg sysv_shm sysv_sem posix_mq | sed 's/user:root/user:nobody/')"
ok "another network namespace" unshare --net ipcstat limits
ipcrm --all

# ---- signals ----

cat > "$dir/pending" << 'END'
import os, signal, sys, time
signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGRTMIN])
for i in range(int(sys.argv[1])):
    os.kill(os.getpid(), signal.SIGRTMIN)
open(sys.argv[2], "w").close()
time.sleep(1000)
END
mkdir -m 777 "$dir/open"
(exec setpriv --reuid 65534 --regid 65534 --clear-groups python3 "$dir/pending" 23 "$dir/open/done") & pending=$!
ok "23 signals are pending" soon test -e "$dir/open/done"
is "they are used" "$(use RLIMIT_SIGPENDING signal unprivileged | cut -d ' ' -f 1-3)" \
	"23 True $(unprivileged sh -c 'sed -n "s,^SigQ:.23/,,p" /proc/self/status')"
is "23 of 25" "$(prlimit --sigpending=25 setpriv --reuid 65534 --clear-groups ipcstat limits signal | tail -n 1)" \
	"signal RLIMIT_SIGPENDING: 23 of 25 signals of user nobody; to raise it: ulimit -i N"
is "no limit" "$(use RLIMIT_SIGPENDING signal prlimit --sigpending=unlimited setpriv --reuid 65534 --clear-groups) $(of RLIMIT_SIGPENDING unlimited)" \
	"23 True None None True"
kill $pending
wait $pending 2> /dev/null
is "they are gone" "$(use RLIMIT_SIGPENDING signal unprivileged | cut -d ' ' -f 1)" 0

# ---- /dev/shm ----

mount -o remount,size=1M,nr_inodes=10 /dev/shm
head -c 900000 /dev/zero > /dev/shm/x
is "/dev/shm" "$(use size posix_shm | cut -d ' ' -f 1-3)" "$(df --output=used,size -B 1 /dev/shm | awk 'NR == 2 { print $1, "True", $2 }')"
is "inodes" "$(of nr_inodes use max)" "$(df --output=iused,itotal /dev/shm | tail -n 1 | xargs)"
is "it is nearly full" "$(hints posix_shm)" "posix_shm size: 901120 of 1048576 bytes; to raise it: mount -o remount,size=N /dev/shm"
ok "the hint helps" raises size posix_shm 2M
rm /dev/shm/x
unshare --mount sh -c 'mount -t tmpfs -o size=0,nr_inodes=0 tmpfs /dev/shm; ipcstat limits -J posix_shm' > "$dir/json"
is "without a limit" "$(of size max unlimited percent) $(of nr_inodes unlimited)" "None True None True"
unshare --mount sh -c 'mount -t proc proc /dev/shm; ipcstat limits -J posix_shm' > "$dir/json"
is "no tmpfs" "$(of size use max unlimited)" "None None False"

# ---- the whole machine ----

cat > "$dir/tcp" << 'END'
import socket, sys, time
listener = socket.create_server(("127.0.0.1", 0))
sender = socket.create_connection(listener.getsockname())
receiver = listener.accept()[0]
sender.setblocking(False)
try:
    while True:
        sender.send(b"x" * 65536)
except BlockingIOError:
    open(sys.argv[1], "w").close()
time.sleep(1000)
END
python3 "$dir/tcp" "$dir/full" & tcp=$!
ok "TCP buffers are full" soon test -e "$dir/full"
mem() { awk '$1 == "TCP:" { print $NF }' /proc/net/sockstat; }
soon sh -c 'a=$(grep TCP: /proc/net/sockstat); sleep 2; [ "$a" = "$(grep TCP: /proc/net/sockstat)" ]'
is "their pages" "$(use tcp_mem tcp | cut -d ' ' -f 1-2)" "$(mem) True"
ok "are some" test "$(mem)" -gt 10
read -r low pressure _ < /proc/sys/net/ipv4/tcp_mem
high=$(cut -f 3 /proc/sys/net/ipv4/tcp_mem)
sysctl -w net.ipv4.tcp_mem="$low $pressure $(mem)"
is "all that there may be" "$(hints tcp)" \
	"tcp tcp_mem: $(mem) of $(mem) pages; to raise it: sysctl net.ipv4.tcp_mem=\"$low $pressure N\""
ok "the hint helps" raises tcp_mem tcp "$high"
kill $tcp

files=$(cut -f 1 /proc/sys/fs/file-nr)
sysctl -w fs.file-max=$((files + files / 20))
ok "files" grep -qE "^file file-max: [0-9]+ of $((files + files / 20)) files; to raise it: sysctl fs.file-max=N$" <(hints file)
ok "the hint helps" raises file-max file 9223372036854775807
is "what systemd sets is no limit" "$(use file-max file | cut -d ' ' -f 2-) $(of file-max unlimited)" "True None None True"

# ---- pipes: 23 of nobody's, one of them larger; the kernel says whether there is room for more ----

cat > "$dir/pipes" << 'END'
import fcntl, os, sys
pipes = [os.pipe() for i in range(23)]
fcntl.fcntl(pipes[0][0], 1031, 1 << 20) # F_SETPIPE_SZ
print("made", flush=True)
for line in sys.stdin:
    try:
        pipes.append(os.pipe())
        print("room", flush=True)
    except OSError as error:
        print(error.strerror, flush=True)
END
is "nobody has no pipes" "$(use pipe-user-pages-soft pipe unprivileged)" "0 True 16384 0.0"
roots=$(use pipe-user-pages-soft pipe | cut -d ' ' -f 1)
mkfifo "$dir/to" "$dir/from"
setpriv --reuid 65534 --regid 65534 --clear-groups python3 "$dir/pipes" < "$dir/to" > "$dir/from" & pipes=$!
exec 7> "$dir/to" 8< "$dir/from"
answer() { read -r -t 60 line <&8; echo "$line"; }
made=$(answer)
pages=$((22 * 16 + 256))
is "22 pipes of 16 pages, and one of 256" "$made $(use pipe-user-pages-soft pipe unprivileged | cut -d ' ' -f 1-2)" "made $pages True"
sysctl -w fs.pipe-user-pages-hard=$((pages + 16))
is "of the other limit, too" "$(use pipe-user-pages-hard pipe unprivileged | cut -d ' ' -f 1-3)" "$pages True $((pages + 16))"
echo >&7; made=$(answer)
is "one more" "$made $(use pipe-user-pages-hard pipe unprivileged)" "room $((pages + 16)) True $((pages + 16)) 100.0"
is "there is a hint" "$(unprivileged ipcstat limits pipe | grep 'hard: ')" \
	"pipe pipe-user-pages-hard: $((pages + 16)) of $((pages + 16)) pages of user nobody; to raise it: sysctl fs.pipe-user-pages-hard=N (not for who has CAP_SYS_RESOURCE or CAP_SYS_ADMIN)"
echo >&7; made=$(answer)
is "the kernel has no room for another" "$made" "Too many open files in system"
sysctl -w fs.pipe-user-pages-hard=0
is "0 is no limit" "$(unprivileged ipcstat limits pipe | grep hard | tr -s ' ')" \
	"pipe pipe-user-pages-hard $((pages + 16)) unlimited - pages user:nobody"
exec 7>&- 8<&-
wait $pipes
is "they are gone" "$(use pipe-user-pages-soft pipe unprivileged | cut -d ' ' -f 1)" 0
is "root's are what they were" "$(use pipe-user-pages-soft pipe | cut -d ' ' -f 1)" "$roots"

# ---- who may not ask the module; the sanitizers ----

ipcstat unload
ipcstat load proc_mode=0
ok "no module for nobody" grep -q "^$no_module.*CAP_SYS_ADMIN" <(unprivileged ipcstat limits)
complains "a full disk" 1 'cannot write.*No space' sh -c 'exec ipcstat limits > /dev/full'
complains "an unknown mechanism" 2 'futex: no such mechanism with limits; there are: pipe sysv_msg' ipcstat limits futex
if [ -x build/sanitize/bin/ipcstat ]; then
	PATH=$PWD/build/sanitize/bin:$PATH
	ipcmk -Q > /dev/null; ipcmk -M 5000 > /dev/null; ipcmk -S 3 > /dev/null
	: > /dev/mqueue/q
	for arguments in '' -J 'tcp posix_mq'; do
		# shellcheck disable=SC2086
		ok "sanitizers: limits $arguments" ipcstat limits $arguments
	done
	ok "sanitizers: nobody" unprivileged ipcstat limits
else
	skip "with the sanitizers" "build/sanitize/bin/ipcstat is missing"
fi
done_testing
