# SPDX-License-Identifier: GPL-2.0-only
# For a Makefile that links libipcstat.a, in which root is the top of the tree: its programs
# depend on $(libipcstat), and take the flags and the libraries.
archive := $(root)/build/user/libipcstat.a
libipcstat := $(archive) $(root)/user/lib/ipcstat/ipcstat.h $(root)/module/uapi/ipcstat.h
libipcstat_cppflags := -I$(root)/module/uapi -I$(root)/user/lib $(shell pkg-config --cflags libnl-genl-3.0)
libipcstat_libs := $(archive) $(shell pkg-config --libs libnl-genl-3.0)

$(archive): FORCE
	@$(MAKE) -s -C $(root)/user/lib

FORCE:

.PHONY: FORCE
.DEFAULT_GOAL :=
