#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# DKMS from end to end, with Debian's package: add, build, install, modprobe on
# the kernel that it was built for, remove.
#
# Runs in a mount namespace in which the module tree of the guest's kernel is in
# place, and what DKMS writes goes to memory: this system stays as it is.
set -uo pipefail
cd "${0%/*}/.." || exit 2
. tests/tap.sh

if [ "${1:-}" != inside ]; then
	namespace=(unshare --mount)
	[ "$(id -u)" = 0 ] || namespace+=(--map-root-user)
	PATH=$PATH:/usr/sbin:/sbin exec "${namespace[@]}" "$0" inside
fi

vars=$(tests/vm/kernels.sh 6.1) || exit
eval "$vars" # KVER KMODS
lib=/usr/lib/modules/$KVER
version=$(sed -n 's/^PACKAGE_VERSION="\(.*\)"$/\1/p' dkms.conf)
name=ipcstat/$version

# memory LOWER TARGET: what is written to TARGET goes to memory.
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
mount -t tmpfs dkms "$work" || exit
trap 'umount -l "$work"; rmdir "$work"' EXIT
memory() {
	local dir
	dir=$(mktemp -d "$work/XXXXXX")
	mkdir "$dir/upper" "$dir/work"
	mount -t overlay -o "lowerdir=$1,upperdir=$dir/upper,workdir=$dir/work" overlay "$2"
}
memory /usr/lib/modules /usr/lib/modules && mkdir -p "$lib" && memory "$KMODS" "$lib" &&
	memory /usr/src /usr/src && memory /var/lib /var/lib || exit
ln -sfn "/usr/src/linux-headers-$KVER" "$lib/build"

# Every file that DKMS or its build have made.
traces() { find /var/lib/dkms /usr/src "$lib" -path '*ipcstat*' | sort; }

# The tree as a clone has it.
mkdir "$work/tree"
git -c safe.directory='*' ls-files -co --exclude-standard | tar -c --files-from=- | tar -xC "$work/tree"

is "nothing to begin with" "$(traces)" ""
ok "dkms add" dkms add "$work/tree"
is "dkms knows the version" "$(dkms status)" "$name: added"
ok "dkms build" dkms build "$name" -k "$KVER" || diag "$(tail -n 20 "/var/lib/dkms/$name/build/make.log")"
ok "dkms install" dkms install "$name" -k "$KVER"
# shellcheck disable=SC2016 # expanded in the guest
out=$(tests/vm/run -k 6.1 -d "$lib" '
	for module in ipcstat ipcstat_wrap; do
		echo "$(modinfo -n $module) $(modinfo -F version $module)"
	done
	modprobe ipcstat
	echo "modprobe $?"
	lsmod | awk "/^ipcstat/ { print \$1 }" | sort
	cut -d " " -f 1-3 /proc/ipcstat | head -n 1
	rmmod ipcstat
	echo "rmmod $? $(ls /proc/ipcstat 2> /dev/null)"
' 2>&1)
is "the guest's modprobe takes both from there, the softdep too" "$out" \
	"/lib/modules/$KVER/updates/dkms/ipcstat.ko $version
/lib/modules/$KVER/updates/dkms/ipcstat_wrap.ko $version
modprobe 0
ipcstat
ipcstat_wrap
# ipcstat $version
rmmod 0 "
ok "dkms remove" dkms remove "$name" --all
is "dkms knows it no more" "$(dkms status)" ""
# The copy of the source is what `dkms add` has made; the administrator deletes it.
rm -rf "/usr/src/ipcstat-$version"
is "nothing is left" "$(traces)" ""
fails "nor in the index of the modules" 1 "not found" modprobe -S "$KVER" --show-depends ipcstat
done_testing
