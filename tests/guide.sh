#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# What the guide's pages (user/guide/en, user/guide/zh) say of this tree is so, and both
# languages say the same. Pages are found by themselves. What they have to keep to:
#
# names		`PATH:function()` is a function that PATH defines, or a macro; `PATH:name` is a name in
#		it, whatever of; `PATH` alone, of module/, user/, tests/ or man/, or a file at the
#		top, is there, unless NAME is a part of it. What the solution's patches make is there.
# quotes	A block of code (```c, ```make, ```diff) has a line above it that says whose it is:
#		    <!-- from module/wrap.c -->			lines of that file, in its order; a line
#								"..." stands for any number of others
#		    <!-- from module/mech/flock.c, solved -->	the same, once the patches are applied
#		    <!-- a sketch -->				of no file
# commands	```sh: each line is a command with, perhaps, a comment behind two blanks or more.
#		What ipcstat and ipclab are told they know.
# output	```text: what a program has printed; word for word the same in both languages.
# links		lead to a file that is there, and to a heading in it. A page's answers have as many
#		"## N" as its last section has "N." questions: questions in NAME.md,
#		answers in answers-NAME.md.
# figures	NAME.svg beside the page, in each language. Well-formed, with a title and a
#		description, with colours for the dark, without anything from elsewhere, and without
#		var(), which librsvg draws black.
# same		Each page is there in both languages, under one name. Its headings' levels, rows of
#		tables, names, quotes, commands, output, links and figures come in the same order.
#
# The work is done by tests/guide.py CHECK [GUIDE].
# shellcheck disable=SC2016,SC2317 # what is in backticks; functions that ok calls
set -uo pipefail
cd "${0%/*}/.." || exit 2
. tests/tap.sh
checker=tests/guide.py
. tests/guide/broken.bash

dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
checks=(names quotes commands links figures same)

# ---- the solution ----

solved=$dir/solved
mkdir -p "$solved/tests"
cp -pr .clang-format Kbuild module user "$solved"
cp -pr tests/btf "$solved/tests"
applied=yes
for patch in user/guide/solution/*.patch; do
	# As a student would.
	if out=$(patch -d "$solved" -p1 -s --fuzz=0 -i "$PWD/$patch" 2>&1); then
		pass "$patch applies to the tree"
	else
		fail "$patch does not apply to the tree any more: see user/guide/README.md"
		diag "$out"
		applied=''
	fi
	ok "$patch has nobody's name" grep -qx 'From: ipcstat <ipcstat@example.org>' "$patch"
done
export SOLVED=$solved

made() { sed -n "s|^+++ b/\(.*$1\)\$|\1|p" user/guide/solution/*.patch; }
if [ "$applied" ]; then
	checkpatch=$(tests/vm/kernels.sh source)/scripts/checkpatch.pl
	for file in $(made '\.[ch]'); do
		case $file in
		module/*) ok "checkpatch $file" "$checkpatch" --no-tree --terse --quiet --max-line-length=100 -f "$solved/$file" ;;
		*) ok "clang-format $file" clang-format --dry-run -Werror "$solved/$file" ;;
		esac
	done
fi

# ---- the pages ----

ok "there are pages" test "$(find user/guide/en -name '*.md' | wc -l)" -gt 1
for check in "${checks[@]}"; do
	ok "$check" python3 "$checker" "$check"
done

# Numbers that stand elsewhere, too.
rows=$(build/bin/ipclab list | grep -c '^[a-z]')
costs=$(sed -n 's/^| pipe, 64 bytes: `read(2)` | \([0-9]*\) | +\([0-9]*\) | +\([0-9]*\) .*/\1 \2 \3/p' README.md)
ok "the README tells the cost of a read" test "$(wc -w <<< "$costs")" = 3
for number in $rows $costs; do
	for language in en zh; do
		ok "$language/kernel.md: $number" grep -qE "(^|[^0-9])$number([^0-9]|\$)" user/guide/$language/kernel.md
	done
done

# ---- the checks can fail ----

page=kernel.md
broken "a function that is not there" 'defines no ipc_sot_add' names '0,/ipc_set_add()/s//ipc_sot_add()/' en/$page
broken "a file that is not there" 'no module/sot\.c' names '0,/`module\/set\.c/s//`module\/sot.c/' zh/$page
broken "a line that the source has not" 'not in module/' quotes '0,/this_cpu_inc/s//this_cpu_dec/' en/$page
broken "code of nobody's" 'whose code' quotes '0,/^<!-- from .*/s///' en/$page
broken "a command that ipcstat has not" 'no command huks' commands '0,/ipcstat hooks/s//ipcstat huks/' zh/$page
broken "a link to nothing" 'no file' links '0,/answers-kernel\.md/s//answer-kernel.md/' en/$page
broken "a heading that is gone" 'no heading' links '0,/kernel\.md#/s//kernel.md#not-/' zh/answers-$page
broken "an answer too few" 'questions' links '0,/^## /s//# /' zh/answers-$page
broken "other output" 'other than' same '/^```text/,/^```/s/[0-9]/7/g' zh/$page
broken "a name too few" 'other than' same '0,/`module\/set\.c[^`]*`/s///' zh/$page
broken "a section too few" 'other than' same '0,/^## /s//### /' en/$page
broken "another command" 'other than' same '0,/^ipcstat hooks/s//ipcstat/' zh/$page
for figure in user/guide/en/*.svg; do
	figure=${figure##*/}
	broken "$figure that is broken" 'not well-formed|mismatched|syntax' figures 's|</svg>||' "en/$figure"
	broken "$figure without colours for the dark" 'dark' figures 's/prefers-color-scheme/prefers-nothing/' "zh/$figure"
	broken "$figure with colours that librsvg does not know" 'black' figures '0,/fill: #[0-9a-f]*/s//fill: var(--paper)/' "en/$figure"
done
rm -rf "$dir/guide"
cp -pr user/guide "$dir/guide"
rm "$dir/guide/zh/$page"
fails "a page in one language only" 1 'only in' python3 "$checker" same "$dir/guide"
done_testing
