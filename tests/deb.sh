#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# The Debian packages: they build, with git and without, lintian is content, they hold what
# they should, and dpkg installs, upgrades and purges them; dkms builds for the kernels that
# are there, and passes over those that are not for it.
#
# dpkg runs in a mount namespace, in which what it writes goes to memory: this system stays
# as it is. tests/packages has the rest, with apt in a system of its own.
# shellcheck disable=SC2317 # functions that ok and fails call
set -uo pipefail
cd "${0%/*}/.." || exit 2
. tests/tap.sh
PATH=$PATH:/usr/sbin:/sbin

if [ "${1:-}" != inside ]; then
	namespace=(unshare --mount)
	[ "$(id -u)" = 0 ] || namespace+=(--map-root-user)
	exec "${namespace[@]}" "$0" inside
fi

version=$(sed -n 's/^PACKAGE_VERSION="\(.*\)"$/\1/p' dkms.conf)
vars=$(tests/vm/kernels.sh 6.1) || exit
eval "$vars" # KVER KMODS
dkms_deb=build/deb/ipcstat-dkms_${version}_all.deb
tools_deb=build/deb/ipcstat_${version}_$(dpkg --print-architecture).deb
exporter_deb=build/deb/ipcstat-exporter_${version}_$(dpkg --print-architecture).deb

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
mount -t tmpfs deb "$work" || exit
trap 'umount -l "$work"; rmdir "$work"' EXIT

# ---- they build ----

export SOURCE_DATE_EPOCH=1700000000 # a date that no file is older than
ok "make deb" make deb || { done_testing; }
ok "lintian has no error and no warning" lintian --allow-root --fail-on error,warning,info \
	build/deb/ipcstat_"$version"_*.changes
for deb in "$dkms_deb" "$tools_deb" "$exporter_deb"; do
	is "${deb##*/} has the version of dkms.conf" "$(dpkg-deb -f "$deb" Version)" "$version"
done

mkdir "$work/tree"
git -c safe.directory='*' ls-files -co --exclude-standard | tar -c --files-from=- | tar -xC "$work/tree"
echo > "$work/tree/ipcstat.ko" # what another build has left does not get in
ok "make deb where there is no git" make -C "$work/tree" deb
for deb in "$dkms_deb" "$tools_deb" "$exporter_deb"; do
	ok "${deb##*/} is the same, to the byte" cmp "$deb" "$work/tree/$deb"
done
rm -rf "$work/tree"

mkdir "$work/bin" "$work/admin"
touch "$work/admin/status"
printf '#!/bin/sh\nexec /usr/bin/dpkg-checkbuilddeps --admindir=%s "$@"\n' "$work/admin" > "$work/bin/dpkg-checkbuilddeps"
chmod +x "$work/bin/dpkg-checkbuilddeps"
fails "make deb without debhelper says what is missing" 2 'debhelper-compat .* is missing; make deps' \
	env PATH="$work/bin:$PATH" make deb
ok "and leaves what is there" test -e "$dkms_deb"

# ---- they hold what they should ----

files() { dpkg-deb --fsys-tarfile "$1" | tar -t | grep -v '/$' | sed 's/^\.//' | sort; }
is "ipcstat-dkms: the files, but for the source" "$(files "$dkms_deb" | grep -v ^/usr/src/)" \
	"/etc/modules-load.d/ipcstat.conf
/usr/share/doc/ipcstat-dkms/README.Debian
/usr/share/doc/ipcstat-dkms/changelog.gz
/usr/share/doc/ipcstat-dkms/copyright"
is "ipcstat-dkms: the source" "$(files "$dkms_deb" | sed -n "s|^/usr/src/ipcstat-$version/||p")" \
	"$({ printf '%s\n' Kbuild Makefile dkms.conf; git -c safe.directory='*' ls-files -co --exclude-standard module; } | sort)"
is "ipcstat: the files" "$(files "$tools_deb")" \
	"/usr/bin/ipclab
/usr/bin/ipcstat
/usr/share/bash-completion/completions/ipclab
/usr/share/bash-completion/completions/ipcstat
/usr/share/doc/ipcstat/README.md.gz
/usr/share/doc/ipcstat/changelog.gz
/usr/share/doc/ipcstat/copyright
$(cd user && printf '/usr/share/ipcstat/%s\n' schema/*.json)
/usr/share/man/man1/ipclab.1.gz
/usr/share/man/man5/ipcstat.5.gz
/usr/share/man/man8/ipcstat.8.gz"
is "ipcstat-exporter: the files" "$(files "$exporter_deb" | sed 's|^/usr/lib/systemd|/lib/systemd|' | sort)" \
	"/lib/systemd/system/ipcstat-exporter.service
/usr/bin/ipcstat-exporter
/usr/share/bash-completion/completions/ipcstat-exporter
/usr/share/doc/ipcstat-exporter/changelog.gz
/usr/share/doc/ipcstat-exporter/copyright
/usr/share/ipcstat/ipcstat.rules.yml
/usr/share/man/man8/ipcstat-exporter.8.gz"
is "the unit runs what the package holds" \
	"$(dpkg-deb --fsys-tarfile "$exporter_deb" | tar -xO --wildcards '*/ipcstat-exporter.service' | sed -n 's/^ExecStart=//p')" \
	"/usr/bin/ipcstat-exporter"
is "ipcstat needs no library for HTTP or TLS" \
	"$(dpkg-deb -f "$tools_deb" Depends | tr , '\n' | grep -E 'microhttpd|tls|ssl')" ""
ok "ipcstat-exporter does" grep -q microhttpd <<< "$(dpkg-deb -f "$exporter_deb" Depends)"
is "nothing is loaded at boot" \
	"$(dpkg-deb --fsys-tarfile "$dkms_deb" | tar -xO ./etc/modules-load.d/ipcstat.conf | grep -v '^#')" ""

# ---- dpkg installs and purges them ----

# memory DIRECTORY: what is written there goes to memory.
memory() {
	local dir
	dir=$(mktemp -d "$work/XXXXXX")
	mkdir "$dir/upper" "$dir/work"
	mount -t overlay -o "lowerdir=${2:-$1},upperdir=$dir/upper,workdir=$dir/work" overlay "$1"
}
lib=/usr/lib/modules/$KVER
memory /usr && memory /etc && memory /var && mkdir -p "$lib" && memory "$lib" "$KMODS" || exit
# What runs here is none of its business, nor are a module that is loaded here and units.
mount -t tmpfs run /run && mount -t tmpfs none /sys/module || exit
ln -sfn "/usr/src/linux-headers-$KVER" "$lib/build"
export DEBIAN_FRONTEND=noninteractive

# fake_kernel RELEASE SED: headers of a kernel that is like this one, but for its options.
fake_kernel() {
	local build=/lib/modules/$1/build
	mkdir -p "$build"
	cp -rs "$(readlink -f "$lib/build")/." "$build"
	rm "$build/.config"
	sed "$2" "$lib/build/.config" > "$build/.config"
}
remove_kernel() { /etc/kernel/prerm.d/dkms "$1"; rm -rf "/lib/modules/${1:?}"; }
# All that is there, but for what dpkg keeps of its own.
everything() {
	find /usr /etc /var \( -path /var/lib/dpkg -o -path /var/cache -o -path /var/log -o -path "$work" \
		-o -path /usr/share/mime -o -path /var/lib/systemd \) -prune -o -path "$lib/modules.*" -prune -o \
		! -name ld.so.cache -print | sort
}
modules() { find "$lib" /lib/modules -name 'ipcstat*.ko*' | sort -u; }
hook() { /etc/kernel/postinst.d/dkms "$1"; }

everything > "$work/before"
ok "dpkg installs both, without the exporter" dpkg -i "$dkms_deb" "$tools_deb"
is "dkms has built for the kernel that is there" "$(dkms status)" "ipcstat/$version, $KVER, x86_64: installed"
is "both modules are in its tree" "$(modules | sed 's|^/usr||' | sort -u)" \
	"/lib/modules/$KVER/updates/dkms/ipcstat.ko
/lib/modules/$KVER/updates/dkms/ipcstat_wrap.ko"
is "modinfo knows the version" "$(modinfo -k "$KVER" -F version ipcstat)" "$version"
# As ipcstat(8) has it.
openssl req -new -x509 -newkey rsa:2048 -nodes -days 3650 -subj "/CN=modules of example.org" \
	-addext extendedKeyUsage=codeSigning -outform DER -keyout /etc/dkms/my.key -out /etc/dkms/my.der 2> /dev/null
printf 'mok_%s\n' signing_key=/etc/dkms/my.key certificate=/etc/dkms/my.der > /etc/dkms/framework.conf.d/signing.conf
ok "dkms forgets what it has built" dkms remove "ipcstat/$version" --all
ok "and builds it again" dkms install "ipcstat/$version" -k "$KVER"
is "signed with a key of one's own" "$(modinfo -k "$KVER" -F signer ipcstat ipcstat_wrap | sort -u)" "modules of example.org"
rm /etc/dkms/my.* /etc/dkms/framework.conf.d/signing.conf
ok "ipcstat runs" ipcstat -V
is "ipcstat is linked with no library for HTTP or TLS" "$(ldd /usr/bin/ipcstat | grep -E 'microhttpd|tls|ssl')" ""
fails "ipcstat exporter says which package has it" 1 'install the package ipcstat-exporter' ipcstat exporter -V
ok "dpkg installs the exporter" dpkg -i "$exporter_deb"
is "ipcstat exporter starts it" "$(ipcstat exporter -V)" "ipcstat-exporter $version"
is "the exporter's unit is not enabled" "$(find /etc/systemd -name 'ipcstat*')" ""

fake_kernel 5.10.0-1-amd64 ''
fails "a kernel that is too old: skipped, with a reason" 0 \
	'ipcstat: skipped for the kernel 5.10.0-1-amd64: it is older than 6.1' hook 5.10.0-1-amd64
fake_kernel 6.1.0-1-lacking s/^CONFIG_KRETPROBES=y/CONFIG_KRETPROBES=n/
fails "a kernel without kretprobes" 0 'skipped for the kernel 6.1.0-1-lacking: it lacks CONFIG_KRETPROBES' \
	hook 6.1.0-1-lacking
fake_kernel 6.1.0-1-rt '$ a CONFIG_PREEMPT_RT=y'
fails "a real-time kernel" 0 'skipped for the kernel 6.1.0-1-rt: it has CONFIG_PREEMPT_RT' hook 6.1.0-1-rt
fake_kernel 6.1.0-1-arm64 s/^CONFIG_X86_64=y/CONFIG_ARM64=y/
fails "a kernel of another architecture" 0 'skipped for the kernel 6.1.0-1-arm64: it is not for x86-64' hook 6.1.0-1-arm64
fails "dkms build for that: passed over" 77 BUILD_EXCLUSIVE dkms build "ipcstat/$version" -k 6.1.0-1-arm64
fails "dkms build for another machine: passed over" 77 BUILD_EXCLUSIVE \
	dkms build "ipcstat/$version" -k 6.1.0-1-rt -a aarch64
fails "dkms build for it: passed over" 77 BUILD_EXCLUSIVE dkms build "ipcstat/$version" -k 6.1.0-1-rt
is "nothing is built for these" "$(dkms status | grep -vF "$KVER")" ""
fails "headers are missing: skipped" 0 'headers for this kernel do not seem to be installed' hook 6.1.0-1-none
fake_kernel 6.1.0-999-amd64 ''
fails "another kernel is installed: dkms builds by itself" 0 'autoinstall for kernel.*6.1.0-999-amd64' hook 6.1.0-999-amd64
is "for that one too" "$(dkms status -k 6.1.0-999-amd64)" "ipcstat/$version, 6.1.0-999-amd64, x86_64: installed"
fails "once is enough" 0 . hook 6.1.0-999-amd64
for kernel in 5.10.0-1-amd64 6.1.0-1-lacking 6.1.0-1-rt 6.1.0-1-arm64 6.1.0-999-amd64; do remove_kernel $kernel; done > /dev/null 2>&1
is "a kernel that goes takes its modules with it" "$(dkms status)" "ipcstat/$version, $KVER, x86_64: installed"

sed -i 's/^#ipcstat/ipcstat/' /etc/modules-load.d/ipcstat.conf
ok "installed again, as by an upgrade" dpkg -i "$dkms_deb" "$tools_deb" "$exporter_deb"
is "it is built again" "$(dkms status)" "ipcstat/$version, $KVER, x86_64: installed"
is "what the administrator has changed stays" "$(tail -n 1 /etc/modules-load.d/ipcstat.conf)" ipcstat
ok "dpkg removes all" dpkg -r ipcstat ipcstat-exporter ipcstat-dkms
is "no module is left" "$(modules)" ""
is "configuration stays, until it is purged" "$(tail -n 1 /etc/modules-load.d/ipcstat.conf)" ipcstat
ok "dpkg purges all" dpkg -P ipcstat ipcstat-exporter ipcstat-dkms
everything > "$work/after"
# dkms has made itself a key, for all that it builds.
is "nothing is left" "$(diff "$work/before" "$work/after" | grep '^[<>]' | grep -v '/dkms/mok\.')" ""
is "dpkg knows nothing of them" "$(dpkg-query -W 'ipcstat*' 2> /dev/null | grep -v '[[:space:]]$')" ""
done_testing
