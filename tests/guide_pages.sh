#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# The guide's pages about mechanisms, those with ```console: what can be said of them without a
# kernel. tests/guest/48-guide.sh runs their commands, and says how blocks are marked.
#
# programs	user/guide/code/*.c compile without a warning, and each is named by a page
# host		```sh host: bash can read it, make knows its targets, what it names is there
# links		lead to a file that is there
# quotes	```c has a line <!-- from user/guide/code/NAME.c --> above it, and stands in that file
# exercises	three on each page that has solutions, and three solutions
# labs		each one is on one page, with its number and its verdict
# figures	figures/*.svg: well-formed, described, with colours for the dark, shown by a page
# same		in both languages the same blocks, headings' levels, tables, exercises, links, names
# run		user/guide/run, which takes commands from pages, sees what differs
# grade		says what is wrong with its arguments
# shellcheck disable=SC2016,SC2317 # functions that ok calls; `` is of pages
set -uo pipefail
cd "${0%/*}/.." || exit 2
. tests/cli.bash
checker=tests/guide_pages.py
. tests/guide/broken.bash

ok "the programs compile" make -s -B -C user/guide/code
for program in user/guide/code/*.c; do
	program=$(basename "$program" .c)
	ok "$program is named" grep -rqw "$program" user/guide/en
done
for check in host links quotes exercises labs figures same; do
	ok "$check" python3 "$checker" $check
done

# They can fail.
broken "host: a target that make has not" 'no target domo' host 's/^make demo/make domo/' en/README.md
broken "host: a file that is not there" 'no tests/vm/ran' host 's|^tests/vm/run|tests/vm/ran|' zh/pipe.md
broken "host: no shell" 'cannot read' host "0,/draw pipe'/s//draw pipe/" en/pipe.md
broken "a link to nothing" 'no file' links 's/solutions.pipe\.md/solution\/pipe.md/' en/pipe.md
broken "a line that the program has not" 'in no file' quotes 's/getline(&line/getline(\&row/' zh/solutions/fifo.md
broken "an exercise too few" 'exercises' exercises 's/^3\. //' en/signal.md
broken "a solution too few" 'solutions' exercises 's/^## 2\. /## /' zh/solutions/socket.md
broken "another number of a lab" 'lab 9 typed' labs 's/| 8 `typed`/| 9 `typed`/' en/message-queue.md
broken "another verdict" 'holds\?' labs 's/\(no_name.*\)half true/\1holds/' en/pipe.md
broken "a lab on no page" 'on no page' labs '/`order`/d' zh/semaphore.md
broken "a figure that is broken" 'not well-formed' figures 's|</svg>||' figures/signal.svg
broken "a figure without colours for the dark" 'dark' figures 's/prefers-color/prefers-no/' figures/pipe.svg
broken "other output" 'blocks: other' same 's/65536/65537/' zh/pipe.md
broken "another name" 'names: other' same '0,/`blocked`/s//`blocking`/' zh/fifo.md
broken "a heading too few" 'headings: other' same '0,/^## /s///' zh/socket.md

# What runs the pages can tell.
page=$dir/page.md
try() { # block's kind, lines...
	printf '%s\n' "\`\`\`$1" "${@:2}" '```' > "$page"
	user/guide/run --tap "$page"
}
ok "numbers that vary" try "console varies" '$ echo 12 ab' '7 ab'
fails "other words" 1 'other output: echo' try "console varies" '$ echo 12 ab' '12 ac'
fails "other numbers" 1 'other output: echo' try console '$ echo 12' '13'
ok "a gap" try console '$ seq 9' '1' '...' '9'
fails "a line after a gap" 1 'other output: seq' try console '$ seq 9' '1' '...' '8'
fails "a line more" 1 'other output: seq' try console '$ seq 2' '1'
fails "a command that fails" 1 'did not succeed: false' try sh 'false'
fails "what comes after it" 1 'not reached: true' try console '$ false' '$ true'
ok "objects" try console '$ echo "pipe:[12]"' 'pipe:[34]'
complains "no page" 2 'no such page' user/guide/run no-page
complains "no page at all" 2 'Usage' user/guide/run

complains "grade: nothing" 2 'missing argument' user/guide/grade
complains "grade: no tree" 2 'not a source tree of ipcstat' user/guide/grade tests
complains "grade: no directory" 2 'no such directory' user/guide/grade --programs /no/such
complains "grade: both" 2 'not both' user/guide/grade --programs tests .
complains "grade: an unknown option" 2 'invalid option' user/guide/grade --frobnicate
complains "grade: no lab's program" 2 'has the name of a lab' user/guide/grade --programs user/guide/code
done_testing
