#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# Whatever PROMISES.md names is there, and each test of the guest's is named in it.
set -uo pipefail
cd "${0%/*}/.." || exit 2
. tests/tap.sh

page=tests/PROMISES.md
# shellcheck disable=SC2016 # not for the shell
mapfile -t named < <(grep -oE '`tests/[^`* ]+`' $page | tr -d '`' | sort -u)
ok "there are promises" test ${#named[@]} -gt 20
for path in "${named[@]}"; do
	case $path in
	*.md) ok "$path is there" test -s "$path" ;;
	*) ok "$path can be run" test -x "$path" ;;
	esac
done
# What is about the tools' looks promises nothing here.
for path in tests/guest/[0-9]*.sh tests/sanitize/*.sh; do
	[[ $path != */2[23]-* ]] || continue
	ok "$path is named" grep -qF "$path" $page
done
done_testing
