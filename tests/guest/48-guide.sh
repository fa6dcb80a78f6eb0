#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# The guide's commands do what its pages say. user/guide/run takes them from the pages:
#
#   ```sh		executed, in the order of the page, in one shell for each page (set -e)
#   ```sh host		for the reader's own machine: not here; tests/guide_pages.sh looks at them
#   ```console		"$ COMMAND", executed in the same shell, and what it prints: compared word for
#			word. Any blanks are alike, and so are the numbers in pipe:[N] and socket:[N];
#			a line "..." stands for any number of lines
#   ```console varies	the same, but all numbers are alike: those that are others each time
#
# The Chinese pages have the same blocks, which tests/guide_pages.sh sees to. Then user/guide/draw
# draws two of the figures, one of each kind.
# enough: 6.12
# vm: -c 2 -m 1024 -t 240
# shellcheck disable=SC2016,SC2317 # `` is of pages; a function that ok calls
set -u
. tests/cli.bash
. tests/guest/lib.bash

modprobe ipcstat flows=1
# A page without output to compare has commands for reading.
mapfile -t pages < <(grep -lr '^```console' user/guide/en | sort)
ok "there are pages" test ${#pages[@]} -gt 15
merge "run" user/guide/run --tap "${pages[@]}"

# An SVG's texts, without their numbers.
shape() { grep -o '<text.*</text>' "$1" | sed -E 's/<[^>]*>//g; s/[0-9.]+/N/g' | sort; }
for name in semaphore signal; do
	ok "$name is drawn" sh -c "user/guide/draw $name > $dir/svg"
	is "$name is the figure of the page" "$(shape "$dir/svg")" "$(shape "user/guide/figures/$name.svg")"
done
done_testing
