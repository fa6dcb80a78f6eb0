# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash disable=SC2154 # $checker and $dir are of who sources it
# The checks of the guide's pages can fail. $checker is their program, $dir a directory of ours.

# broken NAME PATTERN CHECK SCRIPT FILE: sed's SCRIPT changes a copy of FILE, and CHECK says so.
broken() {
	rm -rf "$dir/guide"
	cp -pr user/guide "$dir/guide"
	sed -i "$4" "$dir/guide/$5"
	if cmp -s "user/guide/$5" "$dir/guide/$5"; then
		fail "$1: the script changes nothing"
	else
		fails "$1" 1 "$2" python3 "$checker" "$3" "$dir/guide"
	fi
}
