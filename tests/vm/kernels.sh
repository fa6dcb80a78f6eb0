#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# Fetch what is needed to build for, and boot, one Debian kernel:
#
#   kernels.sh 6.1|6.12|7.3     fetch (once), then print the shell variables
#                               KVER    the kernel's release (uname -r)
#                               KIMAGE  its vmlinuz
#                               KMODS   its module tree
#                               KROOT   the root directory that holds its compiler
#                                       ("/": this system)
#                               KDIR    in it, the headers
#   kernels.sh 6.12-FLAVOUR     the same for a kernel of our own: Debian's source, the
#                               options of tests/sanitize/{common,6.12,FLAVOUR}.config, and
#                               this system's compiler; also 7.3-FLAVOUR
#   kernels.sh source           fetch what only the kernel's source package holds of
#                               what the tests use, and print where it lies
#
# Nothing is installed on the system. Everything lies in
# ${IPCSTAT_CACHE:-~/.cache/ipcstat} and is fetched once; the mirror is the one
# that this system's own apt uses.
set -euo pipefail
unset MAKEFLAGS MAKELEVEL

options=$(cd "${0%/*}/../sanitize" && pwd -P)
cache=${IPCSTAT_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/ipcstat}
PATH=$PATH:/usr/sbin:/sbin
keyring=/usr/share/keyrings/debian-archive-keyring.gpg

say() { echo "kernels: $*" >&2; }
die() { say "$*"; exit 1; }

# The mirror of the main archive, from apt's own configuration.
mirror() {
	local uri
	# shellcheck disable=SC2016 # apt's own variables
	uri=$(apt-get indextargets --format '$(REPO_URI) $(ORIGIN) $(LABEL)' 'Created-By: Packages' |
		awk '$2 == "Debian" && $3 == "Debian" { print $1; exit }')
	[ -n "$uri" ] || die "no Debian archive in apt's configuration (run apt-get update?)"
	echo "${uri%/}"
}

# An apt of its own: lists, sources and downloads in a directory.
apt_dir() { # directory, suites...
	local dir=$1 suite uri
	shift
	uri=$(mirror)
	mkdir -p "$dir/state/lists/partial" "$dir/cache/archives/partial"
	for suite; do echo "deb [signed-by=$keyring] $uri $suite main"; done > "$dir/sources.list"
	cat > "$dir/apt.conf" <<- EOF
		Dir::State "$dir/state";
		Dir::State::status "/dev/null";
		Dir::Cache "$dir/cache";
		Dir::Etc::sourcelist "$dir/sources.list";
		Dir::Etc::sourceparts "/dev/null";
		Dir::Etc::preferencesparts "/dev/null";
		APT::Architecture "amd64";
		APT::Architectures "amd64";
		APT::Sandbox::User "root";
		Acquire::Languages "none";
		Debug::NoLocking "true";
	EOF
	suite_apt "$dir" update
}

suite_apt() { # directory, apt-get arguments...
	APT_CONFIG=$1/apt.conf apt-get -qq "${@:2}"
}

suite_cache() { # directory, apt-cache arguments...
	APT_CONFIG=$1/apt.conf apt-cache "${@:2}"
}

# Unpack the kernel image (and modules) of one release.
fetch_image() { # release, suite or "" for the system's own apt, target directory
	local image=linux-image-$1 suite=$2 dir=$3 tmp=$3.tmp get pkgs
	[ "$(cat "$dir/done" 2> /dev/null)" = "$1" ] && return
	say "fetching the kernel $1"
	rm -rf "$dir" "$tmp"
	mkdir -p "$tmp/deb" "$tmp/root"
	get=(apt-get -qq -o APT::Sandbox::User=root)
	if [ -n "$suite" ]; then
		apt_dir "$tmp/apt" "$suite"
		get=(suite_apt "$tmp/apt")
	fi
	(cd "$tmp/deb" && "${get[@]}" download "$image" >&2) ||
		die "cannot fetch $image (if only newer ones are there: apt-get install linux-headers-amd64)"
	# From 7.x on the image package only depends on the ones that hold it.
	pkgs=$(dpkg-deb -f "$tmp"/deb/"$image"_*.deb Depends | tr ',' '\n' |
		sed -nE 's/^ *(linux-(base|binary|modules)-[0-9][^ (]*).*/\1/p')
	# shellcheck disable=SC2086 # a list of names
	[ -z "$pkgs" ] || (cd "$tmp/deb" && "${get[@]}" download $pkgs >&2)
	for deb in "$tmp"/deb/*.deb; do dpkg -x "$deb" "$tmp/root"; done
	rm -rf "$tmp/deb" "$tmp/apt"
	# Debian 12 has its modules in /lib, later ones in /usr/lib.
	if [ -d "$tmp/root/lib" ]; then
		mkdir -p "$tmp/root/usr"
		mv "$tmp/root/lib" "$tmp/root/usr/lib"
	fi
	ln -s usr/lib "$tmp/root/lib"
	# Compressed modules would cost every later boot and depmod more than this once.
	find "$tmp/root/usr/lib/modules" -name '*.ko.xz' -print0 | xargs -0 -r -n 64 -P "$(nproc)" xz -d
	depmod -b "$tmp/root" "$1"
	echo "$1" > "$tmp/done"
	mv "$tmp" "$dir"
}

# A root with the compiler and the headers of trixie and its backports. Packages
# are only unpacked: a compiler needs no configuration, and we need no root.
fetch_trixie() {
	local root=$cache/trixie tmp=$cache/trixie.tmp dir series headers=()
	[ -e "$root/.ipcstat-done" ] && return
	say "making a trixie root with compiler and headers"
	rm -rf "$root" "$tmp"
	apt_dir "$tmp/apt" trixie trixie-backports
	for series in 6.12 7.3; do
		headers+=("$(suite_cache "$tmp/apt" pkgnames "linux-headers-$series." |
			grep -E '^linux-headers-[0-9.]+\+deb13-amd64$' | sort -V | tail -1)")
	done
	suite_apt "$tmp/apt" -y --no-install-recommends --download-only install \
		gcc make libc6-dev coreutils findutils grep sed mawk bash dash diffutils sparse \
		"${headers[@]}" > /dev/null
	for dir in bin lib lib64 sbin; do
		mkdir -p "$tmp/root/usr/$dir"
		ln -s "usr/$dir" "$tmp/root/$dir"
	done
	mkdir -p "$tmp/root"/{proc,dev,mnt,tmp}
	for dir in "$tmp"/apt/cache/archives/*.deb; do dpkg -x "$dir" "$tmp/root"; done
	ln -sf mawk "$tmp/root/usr/bin/awk"
	rm -rf "$tmp/apt" "$tmp/root/usr/share/doc" "$tmp/root/usr/share/locale" "$tmp/root/usr/share/man"
	touch "$tmp/root/.ipcstat-done"
	mv "$tmp/root" "$root"
	rmdir "$tmp"
}

# checkpatch with its lists of words, the schema of netlink specs, and the tool that reads them.
fetch_source() {
	local dir=$cache/source tmp=$cache/source.tmp top=linux-source-6.12
	[ -e "$dir/tools/net/ynl/cli.py" ] && return
	say "fetching $top"
	rm -rf "$dir" "$tmp"
	apt_dir "$tmp/apt" trixie
	(cd "$tmp/apt" && suite_apt . download $top >&2)
	dpkg-deb --fsys-tarfile "$tmp/apt/$top"_*.deb | tar -xO --wildcards "./usr/src/$top.tar.*" |
		tar -xJ -C "$tmp" --strip-components=1 $top/scripts/{checkpatch.pl,spelling.txt,const_structs.checkpatch} \
			$top/Documentation/netlink/genetlink.yaml $top/tools/net/ynl/{cli.py,lib}
	rm -rf "$tmp/apt"
	mv "$tmp" "$dir"
}

# Each option of a list is what it says there: kconfig drops silently what it cannot have.
check_config() { # list, .config
	local option value bad=''
	while IFS='=' read -r option value; do
		case $value in
		n) ! grep -q "^$option=" "$2" || bad+=" $option" ;;
		*) grep -qxF "$option=$value" "$2" || bad+=" $option" ;;
		esac
	done < <(grep '^CONFIG_' "$1")
	[ -z "$bad" ] || { say "these options are not as in tests/sanitize:$bad"; return 1; }
}

# Build a kernel, and keep of it what a guest and a build of modules need. There are no
# modules; what the options make one is only there for what it selects.
build_flavour() { # series, suite, flavour, target directory
	local top=linux-source-$1 dir=$4 tmp=$4.tmp list stamp make lib
	# The last word on an option is what counts.
	list=$(grep -h ^CONFIG_ "$options"/{common,"$1","$3"}.config |
		awk -F = '!($1 in last) { order[++n] = $1 } { last[$1] = $0 }
			END { for (i = 1; i <= n; i++) print last[order[i]] }')
	list+=$'\n'"CONFIG_LOCALVERSION=\"-$3\""
	stamp=$({ echo "$list"; gcc --version | head -n 1; } | sha256sum)
	[ "$(cat "$dir/done" 2> /dev/null)" != "$stamp" ] || return 0
	say "building the kernel $1-$3; this takes a quarter of an hour, once"
	rm -rf "$tmp"
	apt_dir "$tmp/apt" "$2"
	(cd "$tmp/apt" && suite_apt . download "$top" >&2)
	dpkg-deb --fsys-tarfile "$tmp/apt/$top"_*.deb | tar -xO --wildcards "./usr/src/$top.tar.*" |
		xz -d | tar -x -C "$tmp"
	rm -rf "$tmp/apt"

	mkdir "$tmp/build"
	echo "$list" > "$tmp/list"
	make=(make -s -C "$tmp/$top" "O=$tmp/build" ARCH=x86_64 "-j$(nproc)")
	{
		KCONFIG_ALLCONFIG=$tmp/list "${make[@]}" allnoconfig
		check_config "$tmp/list" "$tmp/build/.config"
		"${make[@]}" bzImage modules_prepare
		cp "$tmp/build/vmlinux.symvers" "$tmp/build/Module.symvers"
		"${make[@]}" run-command KBUILD_RUN_COMMAND="\${srctree}/scripts/package/install-extmod-build $tmp/headers"
	} >&2 9>&-

	kver=$(cat "$tmp/build/include/config/kernel.release")
	lib=$tmp/root/usr/lib/modules/$kver
	mkdir -p "$lib/kernel" "$tmp/root/usr/src"
	ln -s usr/lib "$tmp/root/lib"
	mv "$tmp/headers" "$tmp/root/usr/src/linux-headers-$kver"
	cp "$tmp/build/arch/x86/boot/bzImage" "$lib/vmlinuz"
	cp "$tmp/build"/modules.builtin{,.modinfo} "$lib"
	touch "$lib/modules.order"
	depmod -b "$tmp/root" "$kver"
	echo "$kver" > "$tmp/release"
	echo "$stamp" > "$tmp/done"
	rm -rf "$tmp/build" "${tmp:?}/$top" "$dir"
	mv "$tmp" "$dir"
}

# The newest release of a series whose headers a root has.
release() { # root, series
	local dir
	dir=$(find "$1/usr/src" -maxdepth 1 -name "linux-headers-$2.*-amd64" | sort -V | tail -1)
	[ -n "$dir" ] || die "no headers of $2 in $1/usr/src (apt-get install linux-headers-amd64)"
	echo "${dir##*/linux-headers-}"
}

series=${1:-}
flavour=''
if [[ $series == *-* ]]; then
	flavour=${series#*-}
	[ -e "$options/$flavour.config" ] || die "no tests/sanitize/$flavour.config"
fi

mkdir -p "$cache"
# What takes so long has a lock of its own.
exec 9> "$cache/lock${flavour:+-$series}"
flock 9

case $series in
source) fetch_source; echo "$cache/source"; exit ;;
6.1) suite='' root='' ;;
6.12 | 6.12-*) suite=trixie root=$cache/trixie ;;
7.3 | 7.3-*) suite=trixie-backports root=$cache/trixie ;;
*) die "Usage: kernels.sh 6.1|6.12|7.3|6.12-FLAVOUR|7.3-FLAVOUR|source" ;;
esac

dir=$cache/linux-$series
if [ -n "$flavour" ]; then
	root=''
	build_flavour "${series%%-*}" "$suite" "$flavour" "$dir"
	kver=$(cat "$dir/release")
	kdir=$dir/root/usr/src/linux-headers-$kver
else
	[ -z "$root" ] || fetch_trixie
	kver=$(release "$root" "$series")
	kdir=/usr/src/linux-headers-$kver
	fetch_image "$kver" "$suite" "$dir"
fi

mods=$dir/root/usr/lib/modules/$kver
image=$mods/vmlinuz
[ -e "$image" ] || image=$dir/root/boot/vmlinuz-$kver
if ! [ -e "$image" ] || ! [ -e "$mods/modules.dep" ]; then
	die "the package of $kver holds no kernel or no modules"
fi
echo "KVER=$kver"
echo "KIMAGE=$image"
echo "KMODS=$mods"
echo "KROOT=${root:-/}"
echo "KDIR=$kdir"
