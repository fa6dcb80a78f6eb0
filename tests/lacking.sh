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
fails "without CONFIG_X86_64" 2 'error: .*ipcstat supports x86-64 only' build X86_64

# ---- other architectures ----
# lines NAME STATUS WANTED COMMAND...: its status, and all that it prints but for make's "Error 2"s
lines() {
	local name=$1 want="$2 $3" out status=0
	shift 3
	out=$("$@" 2>&1) || status=$?
	is "$name" "$status $(grep -v '^make.*Error [0-9]*$' <<< "$out" | sed 's/^[^ ]*:[0-9]*: //')" "$want"
}
rm -rf "$dir/module/main.o"
sed -i 's/^CONFIG_X86_64=y/CONFIG_ARM64=y/' "$dir/headers/include/config/auto.conf"
lines "kbuild, kernel of arm64: one line" 2 "*** ipcstat supports x86-64 only: this kernel is built for 'x86'.  Stop." \
	make -s -C "$dir/headers" M="$dir" modules
lines "kbuild, -j 2: one line" 2 "*** ipcstat supports x86-64 only: this kernel is built for 'x86'.  Stop." \
	make -s -j 2 -C "$dir/headers" M="$dir" modules
ok "kbuild, kernel of arm64: clean" make -s -C "$dir/headers" M="$dir" clean
mkdir "$dir/arm64" "$dir/x86" "$dir/bin"
echo CONFIG_X86_64=y > "$dir/x86/.config"
echo 'modules:; @echo built' > "$dir/x86/Makefile"
echo CONFIG_ARM64=y > "$dir/arm64/.config"
touch "$dir/arm64/Makefile"
printf '#!/bin/sh\necho aarch64\n' > "$dir/bin/uname"
chmod +x "$dir/bin/uname"
# stops NAME FOREIGN ARGUMENT...: make module, and make
stops() {
	local name=$1 foreign=$2
	shift 2
	lines "make module: $name: one line" 2 \
		"*** cannot build the modules for '$foreign': they support x86-64 only; \`make user\` builds the tools.  Stop." \
		make module "$@"
	lines "make: $name: the tools, and one line" 0 "No modules built for '$foreign': they support x86-64 only." make -s "$@"
}
stops "headers of arm64" "the kernel in $dir/arm64" KDIR="$dir/arm64"
stops "ARCH=arm64" arm64 KDIR="$KDIR" ARCH=arm64
stops "no headers" arm64 KDIR=/nowhere ARCH=arm64
PATH=$dir/bin:$PATH stops "a machine of arm64" aarch64 KDIR="$dir/x86"
for arch in '' x86 x86_64; do
	fails "make module ARCH=$arch: it builds" 0 built make module KDIR="$dir/x86" ARCH=$arch
done
is "dkms.conf asks for x86-64" "$(kernel_source_dir='' && . ./dkms.conf && echo "$BUILD_EXCLUSIVE_ARCH")" x86_64

asked=$(kernel_source_dir='' && . ./dkms.conf && echo " $BUILD_EXCLUSIVE_CONFIG ")
for option in X86_64 KRETPROBES DYNAMIC_FTRACE; do
	ok "dkms.conf asks for CONFIG_$option" grep -q " CONFIG_$option " <<< "$asked"
done
done_testing
