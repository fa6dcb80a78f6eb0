#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# ipcstat-exporter: its numbers are the module's, in both formats, as promtool, the client
# library and a Prometheus server read them; whatever clients and the module do meanwhile.
# enough: 6.12
# vm: -c 2 -m 1536 -t 600
# shellcheck disable=SC2016,SC2317 # '' is for the shell inside; functions are called by ok
set -u

. tests/cli.bash
. tests/guest/lib.bash
. tests/guest/exporter.bash

accept='Accept: application/openmetrics-text;version=1.0.0,text/plain;version=0.0.4;q=0.5'
get() { curl -sS -m 60 -o "$1" -w '%{http_code} %{content_type}' "${@:2}" "http://127.0.0.1:$port${path-/metrics}"; }

# ---- without the module ----

serve "${nobody[@]}" build/sanitize/bin/ipcstat-exporter
is "no module: an answer all the same" "$(get "$dir/text")" "200 text/plain; version=0.0.4; charset=utf-8"
is "that says so" "$(client value "$dir/text" ipcstat_module_loaded ipcstat_series)" "0 3"
ok "no module: promtool" sh -c "promtool check metrics < $dir/text"

# ---- with it: the same server, as nobody ----

modprobe ipcstat
client get $port "$dir/before"
is "loaded: it goes on" "$(client value "$dir/before" ipcstat_module_loaded)" 1
started=$(client value "$dir/before" ipcstat_start_time_seconds)
client get $port "$dir/before" # from here on no pipe of ours
ipclab run all -n 23 -s 64 > "$dir/out" 2>&1 || diag "$(cat "$dir/out")"
sleep 1 # for the last ends of commands
client get $port "$dir/after"
series=()
for row in pipe fifo sysv_msg posix_mq unix_stream unix_dgram unix_seqpacket udp; do
	for direction in send recv; do
		labels="{mechanism=\"$row\",direction=\"$direction\"}"
		series+=("ipcstat_operations_total$labels" "ipcstat_bytes_total$labels" "ipcstat_copied_bytes_total$labels")
	done
done
read -r -a was < <(client value "$dir/before" "${series[@]}")
read -r -a is < <(client value "$dir/after" "${series[@]}")
got=
for ((i = 0; i < ${#series[@]}; i += 3)); do
	got+="$((is[i] - was[i])) $((is[i + 1] - was[i + 1])) $((is[i + 2] - was[i + 2]))
"
done
is "23 operations of 64 bytes, in eight mechanisms, both ways" "$(sort -u <<< "$got" | xargs)" "23 1472 1472"
is "all histograms agree with the counters, and with themselves" "$(client waits "$dir/after")" 26

# A quiet machine: a reader is no more than tcp, and the end of a process.
for _ in 1 2 3; do
	client get $port "$dir/text"
	client compare "$dir/text" > "$dir/compared" 2> "$dir/cells"
	[ -s "$dir/compared" ] || break
	diag "$(cat "$dir/compared")"
done
is "each cell of /proc/ipcstat" "$(cat "$dir/compared" "$dir/cells")" "# 256 cells"
is "what is unknown is no number" \
	"$(client value "$dir/text" 'ipcstat_operations_total{mechanism="posix_shm",direction="recv"}' \
		'ipcstat_unknown{mechanism="posix_shm",counter="recv_ops"}' \
		'ipcstat_bytes_total{mechanism="futex",direction="send"}')" "absent 1 absent"
is "scraping moves nothing but tcp" "$(client still $port 10 2> "$dir/moved")" ""
diag "ten scrapes: $(cat "$dir/moved")"

# ---- formats ----

ok "promtool check metrics" sh -c "promtool check metrics < $dir/text"
is "OpenMetrics for who asks" "$(get "$dir/open" -H "$accept")" \
	"200 application/openmetrics-text; version=1.0.0; charset=utf-8"
is "its end" "$(tail -n 1 "$dir/open")" "# EOF"
is "OpenMetrics, to the letter: as many samples as it says" "$(client check "$dir/open")" "$(client value "$dir/open" ipcstat_series)"
# A signal may have come for the first time.
series() { grep -vE '^(#|ipcstat_signal)' "$1" | sed 's/ [^ ]*$//' | sort; }
is "the same series in both" "$(diff <(series "$dir/open") <(series "$dir/text"))" ""
nr=$(client value "$dir/open" ipcstat_series)
diag "$nr series, $(grep -c ^ipcstat_signal "$dir/open") of signals"
ok "at most 500 series" test "$nr" -le 500
is "none was left out" "$(client value "$dir/open" ipcstat_series_truncated)" 0
while read -r want header; do
	is "Accept: $header" "$(get "$dir/out" -H "Accept: $header" | cut -d ' ' -f 2 | cut -d / -f 2)" "$want"
done << 'END'
plain; */*
plain; text/plain
plain; text/html
plain; application/openmetrics-text;version=0.0.1
plain; application/openmetrics-text;q=0
plain; application/openmetrics-text;version=1.0.0;q=0.2, text/plain;q=0.3
plain; ;;;,,,q=,=
openmetrics-text; application/openmetrics-text
openmetrics-text; application/openmetrics-text; version=1.0.0; escaping=allow-utf-8;q=0.5,text/plain;version=0.0.4;q=0.2,*/*;q=0.1
END

# ---- HTTP ----

is "HEAD" "$(get "$dir/out" -I)$(grep -ci '^content-length: [1-9]' "$dir/out")" \
	"200 text/plain; version=0.0.4; charset=utf-8""1"
is "/ leads to /metrics" "$(path=/ get "$dir/out") $(grep -om 1 'href="/metrics"' "$dir/out")" '200 text/html; charset=utf-8 href="/metrics"'
is "elsewhere" "$(path=/metrics/ get "$dir/out")" "404 text/plain"
for method in POST PUT DELETE OPTIONS; do
	is "$method" "$(get "$dir/out" -X $method -d x=y)" "405 text/plain"
done
is "garbage" "$(client raw $port garbage)" closed
# Of the answer nothing may arrive: what the client still sends is met by a reset.
refused() { # NAME STATUS GOT
	if [ "$3" = closed ]; then pass "$1"; else is "$1" "$3" "$2"; fi
}
refused "headers of 100 kB" 431 "$(client raw $port header)"
refused "a request of 100 kB" 414 "$(client raw $port line)"
is "a path that leads out" "$(client raw $port path)" 404
is "a name of others" "$(get "$dir/out" -H 'Host: evil.example')" "403 text/plain"
is "localhost" "$(get "$dir/out" -H 'Host: localhost:10472')" "200 text/plain; version=0.0.4; charset=utf-8"
is "HTTP/1.0" "$(client raw $port old)" 200
is "a client that says nothing" "$(client raw $port nothing)" closed
is "100 scrapes at once, from 20 addresses" "$(client parallel $port 100 20)" 100
client loris $port 30 > "$dir/loris" &
loris=$!
sleep 3
is "beside clients who never end: 20 scrapes" "$(client parallel $port 20 4)" 20
wait $loris
ok "these were cut off" awk '{ exit !($1 < 5 + 10 * (ENVIRON["SLOWER"] ? ENVIRON["SLOWER"] : 1) && $2 > 40) }' "$dir/loris"
diag "the longest, and how many: $(cat "$dir/loris")"
while read -r nr what; do
	is "beside $nr connections, $what: 40 scrapes within 2 seconds" \
		"$(client beside $port "$what" "$nr" 40 2> "$dir/beside")" 40
	diag "$(tail -n 1 "$dir/beside")"
done << 'END'
16 drip
300 drip
300 flood
300 deaf
END

# ---- the module goes and comes back ----

client storm $port 12 > "$dir/storm" 2> "$dir/storm.nr" &
storm=$!
for _ in 1 2 3 4; do
	sleep 1
	rmmod ipcstat
	sleep 1
	modprobe ipcstat
done
wait $storm
is "each scrape is of one module, or of none" "$(cat "$dir/storm")" "True True 0"
diag "$(cat "$dir/storm.nr")"
get "$dir/text" > "$dir/status"
ok "counting has begun anew" test "$(client value "$dir/text" ipcstat_start_time_seconds)" -gt "$started"
is "from 0" "$(client value "$dir/text" 'ipcstat_operations_total{mechanism="sysv_msg",direction="send"}')" 0
rmmod ipcstat
modprobe ipcstat proc_mode=0400
is "who may not read gets an error, and why" "$(get "$dir/out"; cat "$dir/out")" \
	"500 text/plain; charset=utf-8the ipcstat module says: its proc_mode lets only those read who have CAP_SYS_ADMIN (Operation not permitted): run this as root"
get "$dir/out" > "$dir/status"
is "and the log one line" "$(wc -l < "$dir/server.err")" 1
: > "$dir/server.err"
rmmod ipcstat
modprobe ipcstat
ends "SIGTERM"

# ---- other ways to serve ----

serve env --default-signal=INT ipcstat-exporter --listen "[::1]:$port" --created
is "IPv6" "$(curl -sS -g -o "$dir/open" -H "$accept" -w '%{http_code}' "http://[::1]:$port/metrics")" 200
is "_created" "$(client value "$dir/open" 'ipcstat_operations_created{mechanism="pipe",direction="send"}' \
	'ipcstat_wait_seconds_created{mechanism="pipe",direction="recv"}' ipcstat_missed_events_created | xargs -n 1 | sort -u)" \
	"$(client value "$dir/open" ipcstat_start_time_seconds)"
is "_created: OpenMetrics, to the letter" "$(client check "$dir/open")" "$(client value "$dir/open" ipcstat_series)"
diag "$(client value "$dir/open" ipcstat_series) series with it"
complains "a port in use" 1 "cannot listen at \[::1\]:$port: Address already in use" ipcstat exporter --listen "[::1]:$port"
complains "an address of others" 1 'cannot listen at 192.0.2.1:80: Cannot assign' ipcstat exporter --listen 192.0.2.1:80
complains "a port of root's" 1 'cannot listen at 127.0.0.1:80: Permission denied' unprivileged ipcstat exporter --listen 127.0.0.1:80
ends "Ctrl+C" INT

ipcstat flows on
traced --per-cgroup
get "$dir/out" > "$dir/status"
filtered
ipcstat flows off

# ---- flows ----

ipcstat exporter --textfile - --per-process > "$dir/text"
is "flows are off" "$(client value "$dir/text" ipcstat_flows_on)" 0
ipcstat flows on
mkfifo "$dir/go"
python3 -c '
import os, sys
r, w = os.pipe()
for i in range(23):
    os.write(w, b"x" * 64)
    os.read(r, 64)
open(sys.argv[1] + "/done", "w").close()
os.read(os.open(sys.argv[1] + "/go", os.O_RDONLY), 1)' "$dir" &
mover=$!
soon test -e "$dir/done"
ipcstat exporter --textfile - --per-process=2 --per-cgroup=1 > "$dir/text"
# moved process|cgroup LABELS: bytes sent, and received
moved() {
	local both="ipcstat_$1_bytes_total{$2,direction"
	client value "$dir/text" "$both=\"send\"}" "$both=\"recv\"}"
}
is "what a process moved" "$(moved process "pid=\"$mover\",comm=\"python3\"")" "1472 1472"
ok "flows: promtool" sh -c "promtool check metrics < $dir/text"
is "no more processes than were asked for" "$(grep -c '^ipcstat_process_bytes_total' "$dir/text" | awk '{ print ($1 <= 4) }')" 1
is "series are those that it says" "$(client value "$dir/text" ipcstat_series)" "$(grep -vc '^#' "$dir/text")"
echo > "$dir/go"
wait $mover
# Anybody may call himself anything.
python3 -c '
import os, sys
open("/proc/self/comm", "w").write("a\"b\\\n\x1b[1m")
r, w = os.pipe()
os.write(w, b"x" * 4096)
open(sys.argv[1] + "/named", "w").close()
os.read(os.open(sys.argv[1] + "/go", os.O_RDONLY), 1)' "$dir" &
mover=$!
soon test -e "$dir/named"
ipcstat exporter --textfile - --per-process=2 > "$dir/text"
ok "a name of quotes and backslashes" grep -qF 'comm="a\"b\\??[1m",direction="send"} 4096' "$dir/text"
ok "promtool reads it" sh -c "promtool check metrics < $dir/text"
echo > "$dir/go"
wait $mover
# Two processes of one cgroup.
mkdir /sys/fs/cgroup/movers
movers=()
for nr in 23 29; do
	sh -c 'echo 0 > /sys/fs/cgroup/movers/cgroup.procs && exec "$@"' sh python3 -c '
import os, sys
r, w = os.pipe()
for i in range(int(sys.argv[2])):
    os.write(w, b"x" * 4096)
    os.read(r, 4096)
open(sys.argv[1] + "/moved." + sys.argv[2], "w").close()
os.read(r, 1)' "$dir" $nr &
	movers+=($!)
	soon test -e "$dir/moved.$nr"
done
ipcstat exporter --textfile - --per-cgroup=8 > "$dir/text"
is "what a cgroup moved" "$(moved cgroup 'cgroup="/movers"')" "$((52 * 4096)) $((52 * 4096))"
ok "cgroups: promtool" sh -c "promtool check metrics < $dir/text"
is "series with cgroups are those that it says" \
	"$(client value "$dir/text" ipcstat_series)" "$(grep -vc '^#' "$dir/text")"
kill "${movers[@]}"
wait "${movers[@]}" 2> /dev/null
rmdir /sys/fs/cgroup/movers
ipcstat flows off

# ---- a file ----

chmod 777 "$dir"
unprivileged ipcstat exporter --textfile "$dir/ipcstat.prom"
is "as nobody: what others may read" "$(stat -c '%a %u' "$dir/ipcstat.prom")" "644 65534"
ok "the file: promtool" sh -c "promtool check metrics < $dir/ipcstat.prom"
client watch "$dir/ipcstat.prom" 8 > "$dir/watched" 2> "$dir/watched.nr" &
watcher=$!
while kill -0 $watcher 2> /dev/null; do ipcstat exporter --textfile "$dir/ipcstat.prom"; done
is "never half of it" "$(cat "$dir/watched")" 0
diag "$(cat "$dir/watched.nr")"
is "no other file is left" "$(cd "$dir" && ls -d ipcstat.prom*)" ipcstat.prom
complains "a directory that is none" 1 '/nowhere/x: cannot write it: No such file' ipcstat exporter --textfile /nowhere/x
complains "a directory of others" 1 'cannot write it: Permission denied' unprivileged ipcstat exporter --textfile /x.prom
complains "a file that is a directory" 1 'cannot write it: Is a directory' ipcstat exporter --textfile "$dir"
complains "a full disk" 1 'cannot write.*No space' sh -c 'exec ipcstat exporter --textfile - > /dev/full'
mkdir "$dir/small"
mount -t tmpfs -o size=16k tmpfs "$dir/small"
echo old > "$dir/small/ipcstat.prom"
complains "a full disk, of a file" 1 'cannot write it: No space' ipcstat exporter --textfile "$dir/small/ipcstat.prom"
is "what was there is still there, and nothing else" "$(ls "$dir/small") $(cat "$dir/small/ipcstat.prom")" "ipcstat.prom old"
umount "$dir/small"

# ---- Prometheus ----

serve "${nobody[@]}" ipcstat-exporter
cat > "$dir/prometheus.yml" << END
global: {scrape_interval: 2s, evaluation_interval: 2s}
rule_files: [$PWD/user/exporter/ipcstat.rules.yml]
scrape_configs:
  - job_name: ipcstat
    static_configs: [{targets: ["127.0.0.1:$port"]}]
END
prometheus --config.file="$dir/prometheus.yml" --storage.tsdb.path="$dir/tsdb" \
	--web.listen-address=127.0.0.1:9090 > "$dir/prometheus.log" 2>&1 &
prometheus=$!
# query EXPRESSION: its value
query() {
	curl -sS -m 30 --data-urlencode "query=$1" http://127.0.0.1:9090/api/v1/query > "$dir/query" 2> /dev/null
	json "$dir/query" '" ".join(r["value"][1] for r in j["data"]["result"])' 2> /dev/null
}
says() { [ "$(query "$1")" = "$2" ]; }
becomes() { # NAME EXPRESSION VALUE
	if soon says "$2" "$3"; then pass "$1"; else fail "$1"; diag "$(cat "$dir/query")" "$(tail -n 5 "$dir/prometheus.log")"; fi
}
soon listens 9090
becomes "Prometheus: the target is up" up 1
before=$(query 'ipcstat_operations_total{mechanism="sysv_msg",direction="send"}')
ipclab run sysv_msg -n 23 -s 64 > "$dir/out"
becomes "Prometheus: 23 operations more" 'ipcstat_operations_total{mechanism="sysv_msg",direction="send"}' $((before + 23))
becomes "Prometheus: no more than 500 samples a scrape" 'max_over_time(scrape_samples_scraped[5m]) <= bool 500' 1
is "Prometheus: what it has stored is what the text said" "$(query 'count({__name__=~"ipcstat_.*"})')" "$(query ipcstat_series)"
is "Prometheus: types and units" "$(curl -sS 'http://127.0.0.1:9090/api/v1/metadata?metric=ipcstat_wait_seconds' > "$dir/query"
	json "$dir/query" '[(m["type"], m["unit"]) for m in j["data"]["ipcstat_wait_seconds"]]')" "[('histogram', 'seconds')]"
rmmod ipcstat
becomes "Prometheus: the module is gone" ipcstat_module_loaded 0
becomes "Prometheus: and the alert is pending" 'ALERTS{alertname="IpcstatModuleNotLoaded",alertstate="pending"}' 1
modprobe ipcstat
becomes "Prometheus: it is back" ipcstat_module_loaded 1
becomes "Prometheus: with counters from 0" 'ipcstat_operations_total{mechanism="sysv_msg",direction="send"}' 0
is "Prometheus: no scrape has failed" "$(query 'min_over_time(up[10m])')" 1
kill $prometheus
wait $prometheus
is "Prometheus has nothing to complain about" "$(grep -iE 'level=(warn|error)' "$dir/prometheus.log" | grep -iE 'scrape|ipcstat|rule')" ""
ends "the server, in the end"
rmmod ipcstat
done_testing
