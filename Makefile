# SPDX-License-Identifier: GPL-2.0-only
# A thin door: Kbuild builds the modules, user/Makefile the tools.

KDIR ?= /lib/modules/$(shell uname -r)/build
PREFIX ?= /usr/local
DESTDIR ?=

modules := ipcstat ipcstat_wrap
tools := ipcstat ipcstat-exporter ipclab
unit := user/exporter/ipcstat-exporter.service
rules := user/exporter/ipcstat.rules.yml
completions := $(wildcard user/completion/*)
schemas := $(wildcard user/schema/*.json)
pages := $(wildcard man/*.[1-8])
root := $(if $(filter 0,$(shell id -u)),,sudo)

bindir := $(DESTDIR)$(PREFIX)/bin
mandir := $(DESTDIR)$(PREFIX)/share/man
unitdir := $(DESTDIR)$(PREFIX)/lib/systemd/system
rulesdir := $(DESTDIR)$(PREFIX)/share/ipcstat
schemadir := $(rulesdir)/schema
completiondir := $(DESTDIR)$(PREFIX)/share/bash-completion/completions
# What uname -r says there. Debian 12 has another name in config/kernel.release.
kernel = $(shell sed -n 's/.*UTS_RELEASE "\(.*\)"/\1/p' $(KDIR)/include/generated/utsrelease.h)
moddir = $(DESTDIR)/lib/modules/$(kernel)/extra
# The architecture that is asked for, or that of the kernel in $(KDIR), if it is not x86-64.
# A machine with a 64-bit kernel may call itself i686.
config = $(firstword $(wildcard $(KDIR)/include/config/auto.conf $(KDIR)/.config))
ours = $(if $(ARCH),x86 x86_64,x86_64 $(if $(config),i386 i486 i586 i686))
foreign = $(or $(filter-out $(ours),$(or $(ARCH),$(shell uname -m))),\
	$(if $(config),$(shell grep -q '^CONFIG_X86_64=y' $(config) || echo the kernel in $(KDIR))))
page_path = $(mandir)/man$(subst .,,$(suffix $1))/$(notdir $1)

all: user
	@if [ "$(foreign)" ]; then echo "No modules built for '$(foreign)': they support x86-64 only."; \
	elif [ -e $(KDIR)/Makefile ]; then $(MAKE) module; \
	else echo "No modules built: $(KDIR) does not exist. Install the headers of this kernel, or give KDIR=..."; fi

help:
	@echo 'make              the modules for the running kernel, and the tools'
	@echo 'make module       only the modules; KDIR=DIR: for another kernel;'
	@echo '                  K=6.1, 6.12 or 7.3: for that Debian kernel, in build/K'
	@echo 'make user         only the tools, in build/bin; SANITIZE=1: with sanitizers, in build/sanitize/bin'
	@echo 'make install      the modules, tools, man pages, and what goes with them (PREFIX=$(PREFIX), DESTDIR=)'
	@echo 'make uninstall    removes what install has put there'
	@echo 'make deb          Debian packages, in build/deb: ipcstat, ipcstat-exporter, ipcstat-dkms'
	@echo 'make load         loads the modules from here; make unload removes them'
	@echo 'make demo         all of it on a virtual machine with Debian 12'"'"'s kernel'
	@echo 'make check        all tests, on Debian'"'"'s 6.1, 6.12 and 7.3;'
	@echo '                  K="6.1 ...": only on these, T="pipe ...": only tests named so'
	@echo 'make check-sanitize'
	@echo '                  the tests of what is counted, and stress, on kernels with KASAN,'
	@echo '                  lockdep and so on, and KCSAN, which are built first (once);'
	@echo '                  K=6.12-sanitize, T=...: as for check; S=600: seconds of stress'
	@echo 'make check-packages'
	@echo '                  the Debian packages, on a Debian system that boots (as root);'
	@echo '                  R=trixie: of another release, T=install...: only that part'
	@echo 'make bench        what counting costs: operations, reading, memory;'
	@echo '                  K=...: as for check'
	@echo 'make deps         installs the Debian packages that check needs (FOR=demo, guide, deb: those do)'
	@echo 'make clean        removes what was built'

module:
ifdef K
	tests/vm/build $(K)
else
	$(if $(foreign),$(error cannot build the modules for '$(foreign)': they support x86-64 only; `make user` builds the tools))
	@[ -e $(KDIR)/Makefile ] || { echo "$(KDIR) does not exist: install the headers of this kernel, or give KDIR=..."; exit 1; }
	$(MAKE) -C $(KDIR) M=$(CURDIR) modules
endif

user:
	$(MAKE) -C user

install:
	@[ -e build/bin/ipcstat ] || { echo "Nothing is built: run make first."; exit 1; }
	install -d $(bindir)
	install -m 755 $(tools:%=build/bin/%) $(bindir)
	$(foreach page,$(pages),install -D -m 644 $(page) $(call page_path,$(page)) &&) true
	install -d $(unitdir)
	install -m 644 $(unit) $(unitdir)
	sed -i 's|/usr/local|$(PREFIX)|' $(unitdir)/$(notdir $(unit))
	install -D -m 644 $(rules) $(rulesdir)/$(notdir $(rules))
	install -d $(schemadir) $(completiondir)
	install -m 644 $(schemas) $(schemadir)
	install -m 644 $(completions) $(completiondir)
	@[ -e ipcstat.ko ] || echo "No modules are built here: installed the tools only."
ifneq ($(wildcard ipcstat.ko),)
	install -d $(moddir)
	install -m 644 $(modules:%=%.ko) $(moddir)
	$(if $(DESTDIR),,depmod $(kernel))
endif

uninstall:
	rm -f $(tools:%=$(bindir)/%) $(foreach page,$(pages),$(call page_path,$(page))) \
		$(unitdir)/$(notdir $(unit)) $(rulesdir)/$(notdir $(rules)) \
		$(schemas:user/schema/%=$(schemadir)/%) \
		$(completions:user/completion/%=$(completiondir)/%)
	-rmdir $(schemadir) $(rulesdir) 2> /dev/null
	@if [ -e $(KDIR)/Makefile ]; then $(MAKE) uninstall-modules; fi

uninstall-modules:
	rm -f $(modules:%=$(moddir)/%.ko)
	-rmdir $(moddir) 2> /dev/null
	$(if $(DESTDIR),,depmod $(kernel))

load:
	[ -e /sys/module/ipcstat_wrap ] || $(root) insmod ./ipcstat_wrap.ko
	$(root) insmod ./ipcstat.ko

# The wrappers stay while tasks are asleep inside them, and go at a later unload.
unload:
	$(root) rmmod ipcstat
	-$(root) rmmod ipcstat_wrap

deb:
	@packaging/debian/build

demo:
	@tests/demo

check:
	@tests/check $(if $(K),-k "$(K)") $(T)

check-sanitize:
	@tests/sanitize/check $(if $(K),-k "$(K)") $(if $(S),-t $(S)) $(T)

check-packages:
	@tests/packages/check $(if $(R),-r $(R)) $(T)

bench:
	@tests/bench/run $(K)

deps:
	tests/deps $(or $(FOR),check)

# The source that DKMS has holds no tools.
clean:
	$(if $(wildcard user/Makefile),$(MAKE) -C user clean)
	for dir in $(dir $(wildcard tests/*/Makefile)); do $(MAKE) -C $$dir clean || exit; done
	find . -maxdepth 1 \( -name '*.ko' -o -name '*.o' -o -name '*.mod' -o -name '*.mod.c' -o \
		-name '.*.cmd' -o -name modules.order -o -name Module.symvers \) -delete
	find module \( -name '*.o' -o -name '.*.cmd' -o -name '.*.d' \) -delete
	rm -rf build

.PHONY: all help module user install uninstall uninstall-modules load unload deb demo check check-sanitize check-packages bench deps clean
