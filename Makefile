# SPDX-License-Identifier: GPL-2.0-only
# A thin door; `make help` lists what it opens. Kbuild builds the module,
# user/Makefile the tools.

KDIR ?= /lib/modules/$(shell uname -r)/build
PREFIX ?= /usr/local

all: module user

# K=6.1|6.12|7.3: for that Debian kernel, in build/K
module:
ifdef K
	tests/vm/build $(K)
else
	$(MAKE) -C $(KDIR) M=$(CURDIR) modules
endif

user:
	$(MAKE) -C user

.PHONY: all module user
