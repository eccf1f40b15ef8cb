# xipld: build, test, install.  Each directory says in its module.mk what it builds and tests.
VERSION := 0.2.0
NATIVE  := $(shell uname -m)
ARCH    ?= $(NATIVE)
PREFIX  ?= /usr/local
DESTDIR ?=
SAN     ?= 0

# Another CPU's: Debian's cross compiler, a build directory of its own, and the tests under qemu-user.
CROSS   := $(if $(filter $(NATIVE),$(ARCH)),,$(ARCH)-linux-gnu-)
B       := $(if $(CROSS),build-$(ARCH),build)
ifeq ($(origin CC),default)
CC      := $(CROSS)$(if $(CROSS),gcc,cc)
endif
ifeq ($(origin CXX),default)
CXX     := $(CROSS)g++
endif
OBJCOPY := $(CROSS)objcopy
HOSTCC  ?= $(CC)
# before each command that runs programs of ARCH; empty for our own
ON_MACHINE := $(if $(CROSS),TEST_CC=$(CC) tests/lib/on-machine $(ARCH) $(B)/machine)
MACHINE := $(if $(CROSS),$(B)/machine/.made)
MUSL_GCC := $(if $(CROSS),$(CC) -specs=/usr/lib/$(ARCH)-linux-musl/musl-gcc.specs,musl-gcc)

# (another CPU's programs run without)
ifeq ($(SAN)$(CROSS),1)
B := build-san
SANFLAGS := -fsanitize=address,undefined -fno-sanitize-recover=undefined -fno-omit-frame-pointer
endif

WARN   := -Wall -Wextra -Werror -Wshadow -Wstrict-prototypes -Wmissing-prototypes -Wundef
CFLAGS ?= -O2 -g
# What every hosted C file (tools, tests) is compiled with.
HOSTED := -std=c17 -D_GNU_SOURCE $(WARN) -fno-strict-aliasing -I. -Iloader -Iloader/arch/$(ARCH) -Itools \
	-DXIPLD_VERSION='"$(VERSION)"' $(SANFLAGS)

ALL :=
CHECKS :=
INSTALLS :=
MODULES := loader tools/common tools/shmstat tools/mkxip tools/xipstore testlibs tests

.PHONY: all check demo bench install clean deps deps-more lint format
all:

include deps.mk $(wildcard $(MODULES:%=%/module.mk))
ifneq ($(CROSS),)
ALL := $(B)/xipld
CHECKS := $(CROSS_CHECKS)
endif

all: $(ALL)

# What Debian has no cross packages of, as far as it can be had: the tests that want it say what they lack.
$(B)/machine/.made: tests/lib/foreign-root
	@tests/lib/foreign-root --only $(ARCH) $(@D) musl musl-dev libcmocka0 libcmocka-dev zlib1g-dev dash coreutils || \
		mkdir -p $(@D)
	@touch $@

clean:
	rm -rf build build-*
