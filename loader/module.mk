# The loader: freestanding, static-PIE, no C library under it.
# What the tools know of our files as well: lib/ is built twice, for the loader and as an archive for hosted programs
# (string.c stands in for the C library that the loader has not).
LIB_SRC := $(wildcard lib/*.c)
LIB_HOSTED_SRC := $(filter-out lib/string.c,$(LIB_SRC)) $(wildcard loader/arch/$(ARCH)/*.c)
LIB_HOSTED_OBJ := $(LIB_HOSTED_SRC:%.c=$(B)/hosted/%.o)
LIB_HOSTED := $(B)/hosted/lib.a
# The loader's layers, each knowing those before it only (tests/integration/layers)
LAYERS := base arch elf rtld libc cache/store cache/plan cache/warm image launch
# (limits are none of the loader's business)
LOADER_SRC := $(filter-out lib/limit.c,$(LIB_SRC)) \
	$(foreach l,$(filter-out arch,$(LAYERS)),$(wildcard loader/$l/*.c)) \
	$(wildcard loader/arch/$(ARCH)/*.c)
LOADER_ASM := $(wildcard loader/arch/$(ARCH)/*.S loader/*/*.S)
LOADER_OBJ := $(LOADER_SRC:%.c=$(B)/%.o) $(LOADER_ASM:%.S=$(B)/%.o)
# gcc would make memset out of memset's own loop; clang's -fno-builtin says as much
NO_IDIOMS := $(if $(findstring clang,$(shell $(CC) --version)),,-fno-tree-loop-distribute-patterns)
# What only one CPU's compiler knows: no vector registers (a TLS descriptor keeps them all), no
# addresses relative to gp (which is the program's)
LOADER_CFLAGS_x86_64 := -mgeneral-regs-only
LOADER_CFLAGS_aarch64 := -mgeneral-regs-only -mno-outline-atomics
LOADER_CFLAGS_riscv64 := -mno-relax
# bytes of what this CPU's linker begins an empty global offset table with; and with the word in it through which zlib, where
# a stack protector's guard is a variable, reaches that (lib/inflate.c)
GOT_SIZE_x86_64 := 24
GOT_SIZE_aarch64 = $(if $(LIBZ),40,32)
GOT_SIZE_riscv64 = $(if $(LIBZ),32,8)
GOT_RELOCATIONS = $(if $(and $(LIBZ),$(filter-out x86_64,$(ARCH))),1,0)
LOADER_CFLAGS = -std=c17 -D_GNU_SOURCE $(WARN) -ffreestanding -fno-builtin -fPIE -fvisibility=hidden \
	-fno-stack-protector -fno-strict-aliasing $(NO_IDIOMS) \
	-fasynchronous-unwind-tables $(LOADER_CFLAGS_$(ARCH)) -include loader/base/hidden.h -I. -Iloader \
	-Iloader/arch/$(ARCH) \
	-DXIPLD_VERSION='"$(VERSION)"'
LOADER_LDFLAGS = -static-pie -nostdlib -nostartfiles -Wl,--no-dynamic-linker -Wl,-z,text \
	-Wl,-z,norelro -Wl,-z,noexecstack -Wl,--build-id -Wl,-T,loader/xipld.lds \
	-Wl,--defsym=got_size=$(GOT_SIZE_$(ARCH)) -Wl,--defsym=got_relocations=$(GOT_RELOCATIONS)

# zlib to be linked in: the compiler's own, or another CPU's as foreign-root unpacks it (asked for only then: by the shell,
# as make would remember that it was not there); without it images cannot be read
LIBZ_HERE := $(wildcard $(shell $(CC) -print-file-name=libz.a))
LIBZ = $(if $(CROSS),$(shell ls $(B)/machine/usr/lib/$(ARCH)-linux-gnu/libz.a 2>&-),$(LIBZ_HERE))
ZLIB_FLAGS = $(if $(LIBZ),$(if $(CROSS),-I$(B)/machine/usr/include -I$(B)/machine/usr/include/$(ARCH)-linux-gnu), \
	-DXIPLD_WITHOUT_ZLIB)

ALL += $(B)/xipld
-include $(LOADER_OBJ:.o=.d)

# run once for each image, or for each program: small, because the loader's text comes in whole (launch/self_link.c)
LOADER_IMAGE_OBJ := $(filter $(B)/loader/image/%,$(LOADER_OBJ)) \
	$(patsubst lib/%.c,$(B)/lib/%.o,$(wildcard lib/cramfs*.c) $(addprefix lib/,inflate.c prelink.c xip_extents.c))
$(LOADER_IMAGE_OBJ): CFLAGS += -Os -fno-asynchronous-unwind-tables
$(addprefix $(B)/loader/cache/,plan/ask.o plan/dlopen_plan.o plan/plan_writer.o plan/publish.o plan/relocated_pages.o \
	store/hand_in.o store/publisher.o warm/init_pages_learn.o warm/ranges.o): CFLAGS += -Os

$(LOADER_IMAGE_OBJ): LOADER_CFLAGS += $(ZLIB_FLAGS)
$(LOADER_IMAGE_OBJ): $(MACHINE)

$(LOADER_SRC:%.c=$(B)/%.o): $(B)/%.o: %.c loader/module.mk
	@mkdir -p $(@D)
	@echo '  CC      $@'
	@$(CC) $(LOADER_CFLAGS) $(CFLAGS) -MMD -MP -c -o $@ $<

$(LOADER_ASM:%.S=$(B)/%.o): $(B)/%.o: %.S loader/module.mk
	@mkdir -p $(@D)
	@echo '  AS      $@'
	@$(CC) $(filter-out -include loader/base/hidden.h,$(LOADER_CFLAGS)) -MMD -MP -c -o $@ $<

$(B)/hosted/%.o: %.c loader/module.mk
	@mkdir -p $(@D)
	@echo '  CC      $@'
	@$(CC) $(HOSTED) $(CFLAGS) -MMD -MP -c -o $@ $<
$(B)/hosted/%.o: %.S loader/module.mk
	@mkdir -p $(@D)
	@echo '  AS      $@'
	@$(CC) $(HOSTED) $(CFLAGS) -MMD -MP -c -o $@ $<
$(LIB_HOSTED): $(LIB_HOSTED_OBJ)
	@rm -f $@
	@$(AR) rcs $@ $^
-include $(LIB_HOSTED_OBJ:.o=.d)

$(B)/xipld: $(LOADER_OBJ) loader/module.mk loader/xipld.lds $(MACHINE)
	@echo '  LINK    $@'
	@$(CC) $(LOADER_LDFLAGS) -o $@ $(LOADER_OBJ) $(LIBZ)
	@ln -f $@ $(B)/xipld-self

.PHONY: install-loader
INSTALLS += install-loader
install-loader: $(B)/xipld
	install -d $(DESTDIR)$(PREFIX)/bin $(DESTDIR)$(PREFIX)/libexec/xipld
	install -m 755 $(B)/xipld $(DESTDIR)$(PREFIX)/bin/xipld
	install -d $(DESTDIR)$(PREFIX)/share/man/man1
	install -m 644 docs/xipld.1 $(DESTDIR)$(PREFIX)/share/man/man1/xipld.1
	ln -f $(DESTDIR)$(PREFIX)/bin/xipld $(DESTDIR)$(PREFIX)/libexec/xipld/xipld-self
