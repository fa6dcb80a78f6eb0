#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# module/uapi/ipcstat.yaml says what module/uapi/ipcstat.h says (tests/spec.py), and
# keeps to the kernel's schema where there is a kernel source that has one.
cd "${0%/*}/.." || exit 2
if ! command -v python3 > /dev/null; then
	echo '1..0 # SKIP python3 is not installed'
	exit
fi
schema=''
for file in /usr/src/linux-source-*/Documentation/netlink/genetlink.yaml \
	/usr/src/linux/Documentation/netlink/genetlink.yaml; do
	[ ! -e "$file" ] || schema=$file
done
exec python3 tests/spec.py ${schema:+"$schema"}
