#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# enough: 7.3
# ipcstat hist: histograms that agree with the counters, and how they look.
# vm: -c 1 -t 200
# shellcheck disable=SC2016 # '' is for the shell inside
set -u

. tests/cli.bash
. tests/guest/lib.bash

complains "no module" 1 'not loaded: run `modprobe ipcstat`' ipcstat hist
modprobe ipcstat

complains "a row that is none" 2 'pipes: no such mechanism; there are: pipe fifo' ipcstat hist pipes
complains "an empty name" 2 'empty or named twice' ipcstat hist pipe,
is "nothing has been sent" "$(ipcstat hist raw)" "raw send_wait: 0 waits

raw recv_wait: 0 waits

raw send_size: 0 operations

raw recv_size: 0 operations"
is "-z leaves that out" "$(ipcstat hist -z raw)" ""
is "shared memory has no messages" "$(ipcstat hist sysv_shm)" ""
is "a semaphore has waits only" "$(ipcstat hist sysv_sem | awk '{ print $2 }' | xargs)" "send_wait: recv_wait:"

build/tests/edge/caller udp 23 > "$dir/out" 2>&1 || diag "$(cat "$dir/out")"
ipcstat hist -J udp > "$dir/json"
is "23 sends and receives of 64 bytes: their bucket" \
	"$(json "$dir/json" '[(h["histogram"], h["count"], [(b["low"], b["high"], b["count"])
		for b in h["buckets"] if b["count"]]) for h in j["histograms"] if "size" in h["histogram"]]')" \
	"[('send_size', 23, [(64, 127, 23)]), ('recv_size', 23, [(64, 127, 23)])]"
build/tests/edge/waits > "$dir/out" # in each row
is "the sleeps' test passes" "$(grep -c '^not ok' "$dir/out")" 0
ipclab run all > "$dir/out" 2>&1
sleep 1

# A quiet machine: but for the ends of commands, and what they write into files in memory,
# nothing moves in between.
quiet='[r for r in j["mechanisms"] if r["mechanism"] not in ("signal", "posix_shm")]'
for try in 1 2 3 4 5; do
	ipcstat -J -o all > "$dir/before"
	ipcstat hist -J > "$dir/hist"
	ipcstat -J -o all > "$dir/after"
	[ "$(json "$dir/before" "$quiet")" = "$(json "$dir/after" "$quiet")" ] && break
	diag "try $try: something moved"
done
cat > "$dir/compare" << 'END'
import json, sys
rows = {r["mechanism"]: r for r in json.load(open(sys.argv[1]))["mechanisms"]}
wrong = compared = 0
for h in json.load(open(sys.argv[2]))["histograms"]:
    row, (direction, what) = rows[h["mechanism"]], h["histogram"].split("_")
    if what == "wait":
        want = row[direction + "_waits"]
    else:
        want = row[direction + "_ops"] - row[direction + "_fails"]
    compared += 1
    low = sum(b["low"] * b["count"] for b in h["buckets"])
    high = sum((b["high"] + 1) * b["count"] for b in h["buckets"])
    total = row[direction + "_wait_ns"] / 1000 if what == "wait" else row[direction + "_bytes"]
    good = h["count"] == want == sum(b["count"] for b in h["buckets"]) and low <= total <= high
    if want:
        good = good and h["p50"] <= h["p90"] <= h["p99"] <= h.get("max", h["p99"])
    if not good:
        wrong += 1
        print(h["mechanism"], h["histogram"], h["count"], want, low, total, high)
print(f"{compared} compared, {wrong} wrong")
END
# 12 rows can wait to send, 14 to receive; 11 have messages, both ways.
is "each count is that of the row, each sum lies in its buckets" \
	"$(python3 "$dir/compare" "$dir/after" "$dir/hist")" "48 compared, 0 wrong"

ipcstat hist pipe > "$dir/text"
ok "the heading" grep -qxE 'pipe recv_wait: [0-9]+ waits' "$dir/text"
ok "what is below it" grep -qxE '     p50 ~[0-9]+, p90 ~[0-9]+, p99 ~[0-9]+, max [0-9]+ usecs' "$dir/text"
ok "the columns are those of the bcc tools" grep -qE '^     usecs           : count    distribution$' "$dir/text"
is "a row of stars for the largest bucket of each" \
	"$(awk -v RS= -v stars="|$(printf '*%.0s' {1..40})|" '/distribution/ && !index($0, stars)' "$dir/text")" ""
is "all fits 80 columns" "$(ipcstat hist | awk 'length > 80')" ""
ok "without privilege" unprivileged ipcstat hist
ok "sanitizers" build/sanitize/bin/ipcstat hist
ok "sanitizers: JSON" build/sanitize/bin/ipcstat hist -J
rmmod ipcstat
done_testing
