#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# vm: -c 4 -m 1024 -t 300
# enough: 6.1 7.3
# `ipclab lab`: every lab gives its known verdict; as root and as nobody, on one CPU, two and four.
# Nothing is left behind.
# shellcheck disable=SC2016 # `` is of what is printed
. tests/cli.bash
. tests/guest/lib.bash

mapfile -t names < <(ipclab lab | awk '/^ ?[0-9]/ { print $2 }')
is "there are twenty labs" ${#names[@]} 20
is "by their numbers" "$(ipclab lab | awk '/^ ?[0-9]/ { print $1 }' | xargs)" "$(seq -s ' ' 20)"
for name in "${names[@]}"; do
	ipclab lab "$name" --source | cmp -s - "user/ipclab/claim/$name.c" || fail "$name: --source is its file"
done
pass "--source shows each file"
complains "no module" 1 'not loaded: run `modprobe ipcstat`' ipclab lab copies
modprobe ipcstat

before=$(ipclab_left)

merge "root" ipclab lab all -q
merge "one CPU" taskset -c 0 ipclab lab all -q
merge "nobody" unprivileged ipclab lab all -q
is "they leave nothing" "$(ipclab_left)" "$before"

# A person sees the same as a grader, here on two CPUs.
taskset -c 0,1 ipclab lab all > "$dir/all"
last=$(tail -n 1 "$dir/all")
is "all: the last line" "$last" "20 of 20 labs gave their known verdict."
[[ $last == "20 of 20 "* ]] || diag "$(cat "$dir/all")"
is "a verdict for each" "$(grep -cE '^  => (holds|half true)' "$dir/all")" 20
is "no line is longer than a terminal's" "$(awk 'length > 80' "$dir/all" | wc -l)" 0
ok "a number is a name" ipclab lab 1
ok "- is as good as _" ipclab lab one-way

done_testing
