#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# The page of ipcstat-exporter: it shows the module's numbers, and other users' data to nobody. In
# a browser it works for the eye, for the keyboard and for a screen reader.
# enough: 6.12
# vm: -c 2 -m 2048 -t 600
# shellcheck disable=SC2016,SC2317 # '' is for the shell inside; functions are called by soon
set -u

. tests/cli.bash
. tests/guest/lib.bash
. tests/guest/exporter.bash

get() { curl -sS -m 60 -o "$dir/out" -w '%{http_code} %{content_type}' "${@:2}" "http://127.0.0.1:$port$1"; }
chmod 755 "$dir"

# ---- counters, to nobody ----

serve "${nobody[@]}" build/sanitize/bin/ipcstat-exporter --flows
is "no module" "$(get /report.json) $(cat "$dir/out")" '200 application/json {"loaded": false, "flows": true}'
is "no module: flows" "$(get /flows.json) $(cat "$dir/out")" '200 application/json {"loaded": false}'
modprobe ipcstat
ipclab run all -n 23 -s 64 > "$dir/lab" 2>&1 || diag "$(cat "$dir/lab")"
sleep 1 # for the last ends of commands
for _ in 1 2 3; do
	client report $port > "$dir/differs" 2> "$dir/values"
	[ -s "$dir/differs" ] || break
	diag "$(cat "$dir/differs")"
done
is "all that ipcstat -J and ipcstat hist -J say" "$(cat "$dir/differs")" ""
ok "and that is a lot" awk '{ exit $2 < 300 }' "$dir/values"
get /report.json > "$dir/status"
is "23 operations of 64 bytes" \
	"$(json "$dir/out" '{tuple(m[d + "_" + n] for d in ("send", "recv") for n in ("ops", "bytes", "copied")) for m in j["mechanisms"] if m["mechanism"] in ("sysv_msg", "posix_mq", "fifo", "unix_dgram")}')" \
	"{(23, 1472, 1472, 23, 1472, 1472)}"
is "what is unknown is null" "$(json "$dir/out" '[m["recv_ops"] for m in j["mechanisms"] if m["mechanism"] == "posix_shm"]')" "[None]"
is "loaded" "$(json "$dir/out" '(j["loaded"], j["flows"])')" "(True, True)"
ok "who asks often gets what was made for others" test "$(client hurry $port 100)" -ge 50

# ---- flows ----

is "flows are off" "$(get /flows.json; cat "$dir/out")" '200 application/json{"loaded": true, "on": false}'
ipcstat flows on
ipclab run posix_mq -n 23 -s 64 > "$dir/lab" 2>&1
for row in sysv_sem signal; do ipclab run $row -n 23 > "$dir/lab" 2>&1; done
python3 -c '
import ctypes, os
ctypes.CDLL(None).prctl(15, b"<i>\"&x</i>\\", 0, 0, 0)
r, w = os.pipe()
os.write(w, b"x" * (1 << 16))
os.read(r, 1 << 16)'
sleep 1
get /flows.json > "$dir/status"
is "to nobody no flows but his own, which are those of the exporter" \
	"$(json "$dir/out" "(j['on'], {n['pid'] for n in j['nodes'] if n['kind'] == 'process'} - {$server}, {e['mechanism'] for e in j['edges']} - {'tcp'})")" \
	"(True, set(), set())"
is "of others there are sums" "$(json "$dir/out" '[[n[k] for k in ("send_ops", "send_bytes", "recv_ops", "recv_bytes")] for n in j["nodes"] if n.get("mechanism") == "posix_mq"]')" \
	"[[23, 1472, 23, 1472]]"
is "where bytes do not apply there are none" "$(json "$dir/out" '["send_bytes" in n for n in j["nodes"] if n.get("mechanism") == "sysv_sem"]')" "[False]"
ends "as nobody, with sanitizers"

serve ipcstat-exporter
is "as root, without --flows: none" "$(get /flows.json; cat "$dir/out")" \
	'403 text/plainFlows are shown by `ipcstat-exporter --flows`.'
is "which the page is told" "$(get /report.json > "$dir/status"; json "$dir/out" 'j["flows"]')" False
ends "as root, without --flows"

cases=()
serve build/sanitize/bin/ipcstat-exporter --flows
get /flows.json > "$dir/status"
is "to root: who moves what" "$(json "$dir/out" 'sorted((e["ops"], e["bytes"], e["fails"]) for e in j["edges"] if e["mechanism"] == "posix_mq")')" \
	"[(23, 1472, 0), (23, 1472, 0)]"
is "its ends are nodes" "$(json "$dir/out" '{e[end] for e in j["edges"] for end in ("from", "to")} - {n["key"] for n in j["nodes"]}')" "set()"
is "any name is whole" "$(json "$dir/out" '[n["name"] for n in j["nodes"] if n.get("name", "").startswith("<")]')" "['<i>\"&x</i>\\\\']"
is "a signal goes to a process" "$(json "$dir/out" '[e["to"].split()[0] for e in j["edges"] if e["mechanism"] == "signal" and e["ops"] == 23]')" "['process']"
for case in closed-unix netns-unix self sem; do
	python3 tests/flows/ends.py $case "$dir/$case" & cases+=($!)
	ok "$case" soon test -e "$dir/$case.ready"
done
sleep 2
get /flows.json > "$dir/status"
# both COMM: objects that it both sends to and receives from
both() {
	json "$dir/out" "(lambda keys: sorted(__import__('re').sub('[0-9]+', 'N', n['name']) for n in j['nodes'] if n['kind'] == 'object' and n['mechanism'] != 'posix_shm' and any((k, n['key']) in edges and (n['key'], k) in edges for edges in [[(e['from'], e['to']) for e in j['edges']]] for k in keys)))([n['key'] for n in j['nodes'] if n.get('name') == '$1'])"
}
is "who cannot be known to does not talk to himself" "$(both stays) $(both goes) $(both near) $(both far)" "[] [] [] []"
ok "the other end is ?" test "$(json "$dir/out" 'sum(n.get("name", "").endswith("]-[?]") for n in j["nodes"] if n.get("mechanism") == "unix_stream")')" -ge 8
is "who has both ends talks to himself" "$(both self)" "['socket:[N]', 'socket:[N]-[N]', 'socket:[N]-[N]']"
is "identifiers are signed" "$(json "$dir/out" 'sorted(n["name"] for n in j["nodes"] if n.get("name", "").endswith(" -1"))')" \
	"['msg -1', 'sem -1', 'shm -1']"
kill "${cases[@]}"
wait "${cases[@]}" 2> /dev/null
python3 -c '
import os
for i in range(200):
    r, w = os.pipe()
    os.write(w, b"x" * 4096)
    os.read(r, 4096)'
sleep 2
get /flows.json > "$dir/status"
is "at most 300 edges" "$(json "$dir/out" 'len(j["edges"]), j["edges_left_out"] > 100')" "(300, True)"
is "those that have moved most" "$(json "$dir/out" '[e["bytes"] for e in j["edges"] if not e["asleep"]][-1]')" 4096
ends "as root, with sanitizers"
rmmod ipcstat
modprobe ipcstat
ipclab run all -n 23 -s 64 > "$dir/lab" 2>&1 || diag "$(cat "$dir/lab")"
sleep 1

# ---- HTTP ----

ipcstat flows on
traced --flows
for path in / /report.json /flows.json; do get $path > "$dir/status"; done
filtered

# ---- a browser ----

rmmod ipcstat
modprobe ipcstat flows=1
ipclab run all -n 23 -s 64 > "$dir/lab" 2>&1 || diag "$(cat "$dir/lab")"
python3 -c '
import ctypes, os
ctypes.CDLL(None).prctl(15, b"<i>\"&x</i>", 0, 0, 0)
r, w = os.pipe()
for i in range(64): # more than a browser at its best
    os.write(w, b"x" * (1 << 16))
    os.read(r, 1 << 16)'
ipclab run posix_mq -n 23 -s 4096 > "$dir/lab" 2>&1
serve ipcstat-exporter --flows
sleep 1
ipcstat -J > "$dir/json"
start=$EPOCHREALTIME
merge page python3 tests/exporter/page.py guest $port "$dir/json" $server
diag "the browser took $(since "$start") s"
wait $server
rmmod ipcstat
done_testing
