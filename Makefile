# xipld: build, test, install.  Each directory says in its module.mk what it builds and tests.
VERSION := 0.1.0
ARCH    ?= $(shell uname -m)
PREFIX  ?= /usr/local
DESTDIR ?=
SAN     ?= 0
CC      ?= cc
HOSTCC  ?= $(CC)
CXX     ?= g++

B := build
ifeq ($(SAN),1)
B := build-san
SANFLAGS := -fsanitize=address,undefined -fno-sanitize-recover=undefined -fno-omit-frame-pointer
endif

WARN   := -Wall -Wextra -Werror -Wshadow -Wstrict-prototypes -Wmissing-prototypes -Wundef
CFLAGS ?= -O2 -g
# What every hosted C file (tools, tests) is compiled with.
HOSTED := -std=c17 -D_GNU_SOURCE $(WARN) -fno-strict-aliasing -Iloader -Itools/common \
	-DXIPLD_VERSION='"$(VERSION)"' $(SANFLAGS)

ALL :=
CHECKS :=
INSTALLS :=
MODULES := loader tools/shmstat tools/mkxip tools/xipstore testlibs tests

.PHONY: all check demo bench install clean deps deps-more lint format
all:

include deps.mk $(wildcard $(MODULES:%=%/module.mk))

all: $(ALL)

clean:
	rm -rf build build-*
