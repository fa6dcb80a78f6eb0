#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# What comes with `ipcstat-exporter`, as far as it needs no module: the rules for Prometheus,
# systemd's unit, and the page.
set -uo pipefail
cd "${0%/*}/.." || exit 2
. tests/tap.sh
. tests/guest/lib.bash

rules=user/exporter/ipcstat.rules.yml
unit=user/exporter/ipcstat-exporter.service

ok "promtool check rules" promtool check rules $rules
ok "promtool test rules" promtool test rules tests/exporter/rules.yml
while read -r alert; do
	ok "$alert has a test" grep -q "alertname: $alert\$" tests/exporter/rules.yml
done < <(sed -n 's/.*- alert: //p' $rules)

dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
sed "s|/usr/local/bin|$PWD/build/bin|" $unit > "$dir/ipcstat-exporter.service"
is "the unit is one that systemd understands" \
	"$(systemd-analyze verify --man=no "$dir/ipcstat-exporter.service" 2>&1 | grep -F ipcstat-exporter)" ""
is "its exposure is what ipcstat-exporter(8) says" \
	"$(systemd-analyze security --offline=true --no-pager $unit | sed -n 's/.*exposure level for .*: \([0-9.]*\) .*/\1/p')" \
	"$(sed -n '/offline=true/,$s/^\.B \([0-9.]*\)$/\1/p' man/ipcstat-exporter.8)"

ok "without the module there is a text" sh -c 'build/bin/ipcstat exporter --textfile - | promtool check metrics'
port=$(sed -n 's/^#define DEFAULT_LISTEN "127.0.0.1:\([0-9]*\)"$/\1/p' user/exporter/main.c)
is "the port is the same everywhere" \
	"$(grep -hoE '[0-9.]+:1[0-9]{4}' README.md man/ipcstat-exporter.8 | sed 's/.*://' | sort -u)" "$port"

# ---- the page ----

port=10482
# get PATH OPTION...: status and type; the answer is in $dir/out, its headers in $dir/headers
get() {
	curl -sS -m 60 -D "$dir/headers" -o "$dir/out" -w '%{http_code} %{content_type}' "${@:2}" "http://127.0.0.1:$port$1"
	sed -i 's/\r$//' "$dir/headers"
}
header() { sed -n "s/^$1: //Ip" "$dir/headers"; }
build/sanitize/bin/ipcstat-exporter --listen 127.0.0.1:$port 2> "$dir/said" &
server=$!
for _ in {1..300}; do ! curl -s -o "$dir/out" http://127.0.0.1:$port/ || break; sleep 0.1; done
is "the page" "$(get /)" "200 text/html; charset=utf-8"
is "none of it is elsewhere" "$(grep -oE "(src|href)=\"[^\"]*\"|url\([^)]*\)|@import|https?:[^ ';\"]*" "$dir/out" | sort -u | xargs)" \
	"href=#talks href=/metrics href=/report.json href=data:, http://www.w3.org/2000/svg"
policy=$(header Content-Security-Policy)
is "nothing is allowed but" "$(tr ';' '\n' <<< "$policy" | sed "s/^ *//; s/'sha256-[^']*' *//g" | sort | xargs -d '\n')" \
	"base-uri 'none' connect-src 'self' default-src 'none' form-action 'none' frame-ancestors 'none' img-src data: script-src  style-src "
while read -r tag; do
	hash=$(python3 -c '
import base64, hashlib, re, sys
print("".join(base64.b64encode(hashlib.sha256(text.encode()).digest()).decode() + "\n"
              for text in re.findall(f"<{sys.argv[2]}>(.*?)</{sys.argv[2]}>", open(sys.argv[1]).read(), re.S)))' "$dir/out" "$tag" | xargs)
	is "$tag: what is there is what is allowed" \
		"$(grep -oE "$tag-src [^;]*" <<< "$policy" | grep -oE "sha256-[^']*" | sed 's/sha256-//' | sort | xargs)" "$(xargs -n 1 <<< "$hash" | sort | xargs)"
done <<< 'script
style'
for path in / /report.json /flows.json /nothing; do
	get $path > "$dir/status"
	is "$path: no guesses, no other origins" \
		"$(header X-Content-Type-Options) $(header Cross-Origin-Resource-Policy) $(header Access-Control-Allow-Origin)" "nosniff same-origin "
done
is "HEAD" "$(get / -I) $(header Content-Length)" "200 text/html; charset=utf-8 $(curl -s http://127.0.0.1:$port/ | wc -c)"
is "what is asked for" "$(get /report.json) $(header Cache-Control)" "200 application/json no-store"
for path in / /report.json /flows.json; do
	is "POST $path" "$(get $path -d x=y) $(header Allow)" "405 text/plain GET, HEAD"
done
for path in /index.html /dashboard.js /report.json/ /report /..; do
	is "$path" "$(get $path --path-as-is)" "404 text/plain"
done
is "flows are not for everybody" "$(get /flows.json)" "403 text/plain"
while read -r want host; do
	for path in /report.json /metrics /; do
		is "Host: $host: $path" "$(get $path -H "Host: $host" | cut -d ' ' -f 1)" "$want"
	done
done << END
200 127.0.0.1:10482
200 localhost:10482
200 LOCALHOST
200 [::1]:10482
200 $(hostname)
200 $(hostname):10482
403 evil.example
403 rebound.example:10482
403 127.0.0.1.rebound.example
403 [rebound.example]
403 localhost.rebound.example
403 $(hostname).rebound.example
403 [::1
END
for path in / /metrics /report.json /flows.json /nothing; do
	is "another's name: $path" "$(get $path -H "Host: evil.example")" "403 text/plain"
	is "another's name: POST $path" "$(get $path -H "Host: evil.example" -d x=y)" "403 text/plain"
done
is "and it says what to do" "$(cat "$dir/out")" \
	"The name in the header Host is not this host's: use an address in numbers, localhost, or what hostname(1) prints."
is "without a name, HTTP/1.0" "$(get /metrics -0 -H Host: | cut -d ' ' -f 1)" 200
# No client can keep others out: how many there are, and what each does.
while read -r nr what; do
	is "beside $nr connections, $what: 40 scrapes within 2 seconds" \
		"$(python3 tests/exporter/client.py beside $port "$what" "$nr" 40 2> "$dir/beside")" 40
	diag "$(tail -n 1 "$dir/beside")"
done << 'END'
16 drip
300 drip
600 drip
300 silent
300 blank
300 flood
300 deaf
50 pipeline
END
ok "then all descriptors are free again" soon sh -c "[ \$(ls /proc/$server/fd | wc -l) -lt 20 ]"
kill $server
wait $server
is "it ends well, and has said nothing" "$? $(cat "$dir/said")" "0 "
(ulimit -n 64 && exec build/sanitize/bin/ipcstat-exporter --listen 127.0.0.1:$port) 2> "$dir/said" &
server=$!
for _ in {1..300}; do ! curl -s -o "$dir/out" http://127.0.0.1:$port/ || break; sleep 0.1; done
is "with 64 descriptors, beside 300 connections: 40 scrapes" \
	"$(python3 tests/exporter/client.py beside $port drip 300 40 2> "$dir/beside")" 40
kill $server
wait $server
is "and it has said nothing" "$? $(cat "$dir/said")" "0 "
build/sanitize/bin/ipcstat-exporter --listen 0.0.0.0:$port --flows 2> "$dir/said" &
server=$!
for _ in {1..300}; do ! curl -s -o "$dir/out" http://127.0.0.1:$port/ || break; sleep 0.1; done
for path in / /metrics /report.json /flows.json; do
	is "who listens to all has any name: $path" "$(get $path -H 'Host: server.example' | cut -d ' ' -f 1)" 200
done
kill $server
wait $server
is "and ends well" "$? $(cat "$dir/said")" "0 "
merge "page" python3 tests/exporter/page.py host $port build/sanitize/bin/ipcstat-exporter
done_testing
