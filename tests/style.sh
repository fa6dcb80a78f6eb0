#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# What can be said about the sources without running them, and the tools under
# the sanitizers as far as they run without the module.
# shellcheck disable=SC2317 # functions that ok calls
set -uo pipefail
cd "${0%/*}/.." || exit 2
. tests/tap.sh

checkpatch=$(tests/vm/kernels.sh source)/scripts/checkpatch.pl || exit
sources() { git ls-files -co --exclude-standard -- "$@" | sort -u; }
mapfile -t kernel_c < <(sources 'module/*.[ch]' 'tests/neighbours/*.c')
mapfile -t user_c < <(sources 'user/*.[ch]' 'tests/*.[ch]' ':!tests/neighbours')
mapfile -t pages < <(sources 'man/*.[1-8]')
# A speller of English.
mapfile -t texts < <(sources ':!tests/fuzz/corpus' ':!user/guide/zh')
mapfile -t shells < <(sources | xargs grep -lE '^#!(/bin/|/usr/bin/env )(ba|busybox )?sh|^# shellcheck shell=')

# Paths of texts that follow the rules of plain language. Add a path once its texts do.
plain_paths=('*.md' 'man/*.[1-8]' ':!user' ':!tests/style.sh')
mapfile -t plain < <(sources "${plain_paths[@]}")

# habits FILE...: prints lines with a habit that plain language avoids: a sentence that begins with
# "Of", a passive without an agent, "no X" for "invalid X" in a message, a comment whose subject is
# a "what" or "who" clause. It finds habits, not every bad sentence.
habits() {
	grep -HnE \
		-e '(^|[.:;] |^[ *#/]*)Of( |$)' \
		-e '\b([Ss]o many|[Ii]s told|[Ii]s to be said|[Ww]hose it is)\b' \
		-e "[\"'][^\"']*: no [a-z]+" -e "[\"']: no [a-z]+" \
		-e '^[[:space:]]*(/\*+|\*|//|#) *(What|Who) ' "$@"
}
has_habit() { habits - <<< "$1" > /dev/null; }

# A build of both modules from scratch says nothing.
modules_clean() { # series, make arguments...
	local log status=0 out=$PWD/build/style-$1
	rm -rf "$out"
	log=$(OUT=$out tests/vm/build "$@" 2>&1) || status=$?
	rm -rf "$out"
	if [ "$status" != 0 ] || grep -E '(warning|error):|^WARNING' <<< "$log"; then
		echo "$log" | tail -n 40
		return 1
	fi
}

# apart HEADER FILE...: prints those of these files of the module that could include HEADER, too: the
# preprocessor does not stop there with the headers' own #error
apart() {
	local header=$1 dir=$PWD/build/style-apart vars out file
	shift
	vars=$(tests/vm/kernels.sh 6.1) || return
	eval "$vars" # KDIR
	rm -rf "$dir"
	mkdir -p "$dir"
	cp -r Kbuild dkms.conf module "$dir"
	for file; do echo "#include \"$header\"" >> "$dir/$file"; done
	out=$(env -u MAKEFLAGS make -k -C "$KDIR" M="$dir" "${@/%.c/.i}" 2>&1)
	for file; do
		grep -A 1 "from $dir/$file:" <<< "$out" |
			grep -q 'error: #error "a mechanism includes mech.h, a reader' || echo "$file"
	done
	rm -rf "$dir"
}

for file in "${kernel_c[@]}"; do
	ignore=COMPLEX_MACRO,TRAILING_SEMICOLON # declares, or lists: no parentheses are possible
	# The one file that is for several kernels; it looks for functions that return -ENOSYS.
	[ "$file" != module/compat.h ] || ignore+=,LINUX_VERSION_CODE,CONSTANT_COMPARISON,ENOSYS
	# Whose macros are whole functions.
	[ "$file" != module/wrap.c ] || ignore+=,MACRO_WITH_FLOW_CONTROL,MACRO_ARG_UNUSED
	ok "checkpatch $file" "$checkpatch" --no-tree --terse --quiet --max-line-length=100 \
		--ignore "$ignore" -f "$file"
done
mapfile -t mechanisms < <(sources 'module/mech/*.c')
mapfile -t readers < <(sources module/proc.c 'module/netlink/*.c')
ok "there are mechanisms, and readers" test "${#mechanisms[@]}" -gt 1 -a "${#readers[@]}" -gt 1
is "a mechanism that includes read.h does not compile" "$(apart read.h "${mechanisms[@]}")" ""
is "a reader that includes mech.h does not compile" "$(apart mech.h "${readers[@]}")" ""
ok "W=1 and sparse on 6.1" modules_clean 6.1 W=1 C=2
ok "W=1 and sparse on 6.12" modules_clean 6.12 W=1 C=2
ok "W=1 on 7.3 (Debian's sparse cannot read its headers)" modules_clean 7.3 W=1
ok "clang-format" clang-format --dry-run -Werror "${user_c[@]}"
ok "cppcheck" cppcheck --quiet --std=c11 --language=c --error-exitcode=1 \
	--enable=warning,performance,portability --inline-suppr \
	-D_GNU_SOURCE -Imodule/uapi -Iuser/lib -Iuser user tests
ok "shellcheck" shellcheck -x "${shells[@]}"
# Names of the kernel, of the C library, of troff, and of the tests.
ok "spelling" codespell --ignore-words-list inflight,unx,iput,filp,te,fro,hax,whos,ot "${texts[@]}"
ok "there are texts in plain language" test ${#plain[@]} -gt 5
is "plain language" "$(habits "${plain[@]}")" ""
for line in 'Of a process that has moved nothing there is no line.' 'It ends. Of others nothing is seen.' \
	'End after so many events.' 'Who can learn what is told in' 'the key is to be said once' \
	'shown to the user whose it is' 'error("x: no time")' '/* What this does. */' '# Who may read.'; do
	ok "a habit: $line" has_habit "$line"
done
for page in "${pages[@]}"; do
	is "man $page" "$(MANROFFSEQ='' man --warnings -E UTF-8 -l -Tutf8 -Z "$page" 2>&1 > /dev/null)" ""
done
ok "the tools build with clang" make -s -C user O="$PWD/build/clang" CC=clang
ok "the tools build with sanitizers" make -s -C user SANITIZE=1
for tool in ipcstat ipcstat-exporter ipclab; do
	bin=build/sanitize/bin/$tool
	ok "$tool -h under sanitizers" "$bin" -h
	is "$tool -V prints the version of dkms.conf" "$("$bin" -V 2>&1)" \
		"$tool $(sed -n 's/^PACKAGE_VERSION="\(.*\)"$/\1/p' dkms.conf)"
	fails "$tool --no-such-option under sanitizers" 2 . "$bin" --no-such-option
done
done_testing
