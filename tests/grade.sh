#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# user/guide/grade says of a student's programs, and of a student's tree, what is wrong with them, and
# nothing else. It boots a virtual machine for each.
# shellcheck disable=SC2317 # functions that ok calls
set -uo pipefail
cd "${0%/*}/.." || exit 2
. tests/cli.bash

mkdir -p build
student=$(mktemp -d -p "$PWD/build" student.XXXXXX)
trap 'rm -rf "$dir" "$student"' EXIT

grade() { # arguments...: into $dir/out, with its exit status
	user/guide/grade "$@" > "$dir/out" 2>&1
}
lines() { grep -cE "$1" "$dir/out"; } # pattern
# The plan is kept, and the last line adds up.
adds_up() {
	local ok bad
	ok=$(lines '^ok ') bad=$(lines '^not ok ')
	[ "$(tail -n 2 "$dir/out")" = "1..$((ok + bad))
# $ok passed, $bad failed" ]
}
# not_ok NAME WANTED: the lines that are not ok, by what they are about
not_ok() {
	is "$1" "$(sed -nE 's/^not ok [0-9]+ - (ipclab run [a-z_]+|[^:]*).*/\1/p' "$dir/out" | sort -u | paste -sd,)" "$2"
}

# Programs: one that is right, one that is wrong.
make -s -C tests/labs || exit 1
mkdir "$student/programs"
cp build/tests/labs/put_and_go "$student/programs"
cp build/tests/labs/pending-wrong "$student/programs/pending"
grade --programs "$student/programs"
is "programs: exit status" $? 1
not_ok "the wrong one is not ok" pending
ok "the right one is" grep -q '^ok [0-9]* - put_and_go: as predicted' "$dir/out"
ok "the sum" adds_up
ok "what is missing" grep -qx '# no program for: .*copies.*typed.*' "$dir/out"
diag "$(cat "$dir/out")"
rm "$student/programs/pending"
grade --programs "$student/programs"
is "the right one alone: exit status" $? 0

# A tree: its module counts a byte too many in each operation, or does not build.
tree=$student/tree
mkdir "$tree"
tar --exclude='*.o' --exclude='*.ko' -c Kbuild dkms.conf module user | tar -C "$tree" -x
sed -i 's/\(this_cpu_add(\*(cells->col + dir + IPC_D_BYTES), bytes\));/\1 + 1);/' "$tree/module/row.h"
if cmp -s module/row.h "$tree/module/row.h"; then fail "the module is another one"; fi
grade "$tree"
is "a tree: exit status" $? 1
ok "it builds, and boots" test "$(lines '^ok .*(build|no complaint)')" = 4
ok "labs that look at bytes fail" grep -q '^not ok .* - typed: sysv_msg recv_bytes is 60, counted' "$dir/out"
ok "exercisers do, too" grep -qx 'not ok [0-9]* - ipclab run pipe' "$dir/out"
ok "what has no bytes is as it should be" grep -qx 'ok [0-9]* - ipclab run sysv_sem' "$dir/out"
ok "the lab of signals, too" test "$(lines '^not ok .* - (pending|dispositions)')" = 0
ok "the sum of a tree" adds_up
diag "$(grep '^not ok' "$dir/out")"
echo '#error student' >> "$tree/module/main.c"
grade "$tree"
is "what does not build: exit status" $? 1
not_ok "it says so" "the module builds for 6.12"
done_testing
