#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# Headers of a kernel that lacks what nothing works without: the build ends, and says why.
# tests/guest/62-lacking.sh has kernels that lack what can be done without.
# shellcheck disable=SC2317 # functions that ok and fails call
set -uo pipefail
cd "${0%/*}/.." || exit 2
. tests/tap.sh

dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
vars=$(tests/vm/kernels.sh 6.1) || exit
eval "$vars" # KDIR
cp -r Kbuild dkms.conf module "$dir"
find "$dir" -name '*.o' -delete

# build LACKING: with the headers of a kernel without this option
build() {
	rm -rf "$dir/headers" "$dir/module/main.o"
	cp -a "$KDIR" "$dir/headers"
	find "$KDIR" -maxdepth 1 -type l | while read -r link; do
		ln -sfn "$(readlink -f "$link")" "$dir/headers/${link##*/}"
	done
	sed -i "s/^#define CONFIG_$1 1\$/\/\* & *\//" "$dir/headers/include/generated/autoconf.h"
	make -s -C "$dir/headers" M="$dir" module/main.o
}

ok "nothing is lacking" build NOTHING
for option in KRETPROBES DYNAMIC_FTRACE; do
	fails "without CONFIG_$option" 2 "error: .*a kernel with .*CONFIG_$option.* is needed" build $option
done
asked=$(kernel_source_dir='' && . ./dkms.conf && echo " $BUILD_EXCLUSIVE_CONFIG ")
for option in KRETPROBES DYNAMIC_FTRACE; do
	ok "dkms.conf asks for CONFIG_$option" grep -q " CONFIG_$option " <<< "$asked"
done
done_testing
