#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# vm: -c 1 -m 1024 -t 180
# kernels: 6.1
# What the README tells an administrator to do, from make install to make uninstall.
# (That the modules build in the tree is tests/dkms.sh's to test.)
. tests/tap.sh

extra=/lib/modules/$(uname -r)/extra
installed() {
	find /usr/local "$extra" \( -name 'ipcstat*' -o -name 'ipclab*' -o -path '*/ipcstat/*' \) 2> /dev/null | sort
}

# What the other tests load is no business of this one, but has to be there for them.
rm -f "$extra"/ipcstat*.ko
depmod
trap 'install -D -t "$extra" "$MODULE_DIR"/*.ko; depmod' EXIT
PATH=${PATH#"$PWD/build/bin:"}

is "nothing to begin with" "$(installed)" ""
mv build/bin/ipcstat /tmp
fails "make install before make" 2 'run make first' make install
mv /tmp/ipcstat build/bin
cp "$MODULE_DIR"/*.ko .
ok "make load" make load
ok "it counts" build/bin/ipclab run sysv_msg
ok "make unload" make unload
ok "make install" make install
is "make install: what is there" "$(installed)" "$extra/ipcstat.ko
$extra/ipcstat_wrap.ko
/usr/local/bin/ipclab
/usr/local/bin/ipcstat
/usr/local/bin/ipcstat-exporter
/usr/local/lib/systemd/system/ipcstat-exporter.service
/usr/local/share/bash-completion/completions/ipclab
/usr/local/share/bash-completion/completions/ipcstat
/usr/local/share/bash-completion/completions/ipcstat-exporter
/usr/local/share/ipcstat
/usr/local/share/ipcstat/ipcstat.rules.yml
/usr/local/share/ipcstat/schema
/usr/local/share/ipcstat/schema/blocked.json
/usr/local/share/ipcstat/schema/events.json
/usr/local/share/ipcstat/schema/flows.json
/usr/local/share/ipcstat/schema/hist.json
/usr/local/share/ipcstat/schema/hooks.json
/usr/local/share/ipcstat/schema/ipclab-bench.json
/usr/local/share/ipcstat/schema/ipcstat.json
/usr/local/share/ipcstat/schema/limits.json
/usr/local/share/ipcstat/schema/run.json
/usr/local/share/ipcstat/schema/signals.json
/usr/local/share/man/man1/ipclab.1
/usr/local/share/man/man5/ipcstat.5
/usr/local/share/man/man8/ipcstat-exporter.8
/usr/local/share/man/man8/ipcstat.8"
ok "modprobe ipcstat" modprobe ipcstat
ok "it brings the wrappers" test -d /sys/module/ipcstat_wrap
ok "ipclab run all" ipclab run all
ok "ipcstat" ipcstat
for page in ipcstat.8 ipclab.1 ipcstat-exporter.8 ipcstat.5; do
	ok "man finds $page" man -w "${page#*.}" "${page%.*}"
done
ipcstat unload
is "ipcstat unload" "$? $(grep -c ^ipcstat /proc/modules)" "0 0"
modprobe ipcstat
sh packaging/debian/ipcstat-dkms.prerm upgrade > /tmp/said 2>&1
is "an upgrade of the Debian package leaves it loaded" "$? $(grep -c ^ipcstat /proc/modules) $(< /tmp/said)" "0 2 "
sh packaging/debian/ipcstat-dkms.prerm remove > /tmp/said 2>&1
is "its removal unloads both" "$? $(grep -c ^ipcstat /proc/modules) $(< /tmp/said)" "0 0 "
ok "make uninstall" make uninstall
is "make uninstall: nothing is left" "$(installed)" ""
fails "modprobe ipcstat then" 1 'not found' modprobe ipcstat
done_testing
