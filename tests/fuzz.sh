#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# The tools under libFuzzer (tests/fuzz): what the corpus holds, and what comes of it in so
# many runs, or in $FUZZ_SECONDS. What makes a tool fail is kept in build/tests/fuzz/.
set -uo pipefail
cd "${0%/*}/.." || exit 2
. tests/tap.sh

seconds=${FUZZ_SECONDS:-20}
runs=150000
[ -z "${FUZZ_SECONDS:-}" ] || runs=-1

dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT

ok "they build" make -s -C tests/fuzz fuzzers || done_testing
for name in replies arguments; do
	fuzzer=("build/tests/fuzz/$name" -close_fd_mask=3 -timeout=10 "-artifact_prefix=build/tests/fuzz/$name-")
	corpus=("tests/fuzz/corpus/$name"/*)
	mkdir "$dir/$name"

	ok "$name: all of the corpus" "${fuzzer[@]}" "${corpus[@]}"
	"${fuzzer[@]}" -seed=23 -runs=$runs -max_total_time="$seconds" -print_final_stats=1 \
		"$dir/$name" "tests/fuzz/corpus/$name" > "$dir/log" 2>&1
	is "$name: exit status of the run" $? 0
	nr=$(sed -n 's/^stat::number_of_executed_units: *//p' "$dir/log")
	ok "$name: more than the corpus has been tried" test "${nr:-0}" -gt $((10 * ${#corpus[@]}))
	diag "$nr runs" "$(grep -aE 'ERROR|SUMMARY|Base64|written to|^    #' "$dir/log" | head -n 30)"
done
# What processes and files are called is up to whoever made them.
build/tests/fuzz/replies tests/fuzz/corpus/replies/blocked-names > "$dir/names" 2> /dev/null
ok "names are shown" grep -q 'é日😀 .*futex /tmp/é日😀x+0x10' "$dir/names"
is "but nothing that steers a terminal, or is no UTF-8" \
	"$(LC_ALL=C.UTF-8 grep -avx '[[:print:]]*' "$dir/names" | cat -v)" ""
done_testing
