#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# DKMS from end to end, with Debian's package: a boot of its own (by its memory),
# since the modules that the harness has put into place must go.
# vm: -m 3000 -t 600
# kernels: 6.1
set -u
. tests/tap.sh

kernel=$(uname -r)
version=$(sed -n 's/^PACKAGE_VERSION="\(.*\)"$/\1/p' dkms.conf)
name=ipcstat/$version

# Every file that DKMS or its build may have made.
traces() {
	find /var/lib/dkms /usr/src /lib/modules/"$kernel" -path '*ipcstat*' | sort
}
loaded() { lsmod | awk '/^ipcstat/ { print $1 }' | sort | tr '\n' ' '; }

rm -f /lib/modules/"$kernel"/extra/ipcstat*.ko
is "nothing of DKMS to begin with" "$(traces)" ""
ok "dkms add" dkms add .
is "dkms knows the version" "$(dkms status)" "$name: added"
ok "dkms build" dkms build "$name" -k "$kernel"
ok "dkms install" dkms install "$name" -k "$kernel"
for module in ipcstat ipcstat_wrap; do
	is "modinfo finds what DKMS has built of $module" "$(modinfo -n $module)" \
		"/lib/modules/$kernel/updates/dkms/$module.ko"
	is "$module has the version of dkms.conf" "$(modinfo -F version $module)" "$version"
done
ok "modprobe ipcstat" modprobe ipcstat
is "the softdep has brought both" "$(loaded)" "ipcstat ipcstat_wrap "
is "it counts" "$(sed -n 's/^# ipcstat \([^ ]*\) .*/\1/p' /proc/ipcstat)" "$version"
ok "modprobe -r ipcstat" modprobe -r ipcstat
is "/proc/ipcstat has gone" "$(ls /proc/ipcstat 2> /dev/null)" ""
ok "dkms remove" dkms remove "$name" --all
is "dkms knows it no more" "$(dkms status)" ""
# The source is the administrator's: dkms add has copied it, dkms remove leaves it.
rm -rf "/usr/src/ipcstat-$version"
is "nothing is left" "$(traces)" ""
fails "modprobe does not find it any more" 1 "not found" modprobe -n ipcstat
done_testing
