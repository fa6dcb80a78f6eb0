#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# module/uapi/ipcstat.yaml says what module/uapi/ipcstat.h says, and keeps to the
# kernel's schema (tests/spec.py).
cd "${0%/*}/.." || exit 2
source=$(tests/vm/kernels.sh source) || exit
exec python3 tests/spec.py "$source/Documentation/netlink/genetlink.yaml"
