# What `make check` runs, and in which order: cheap and telling first.
XIPLD := $(abspath $(B))/xipld

CHECKS += check-unit check-portable check-layers check-testlibs check-cli check-launch check-tree check-texts check-hostile \
	check-debuggers check-store check-publish check-budget check-trust check-learning check-aftermath check-init-pages \
	check-dlopen-plans check-aslr check-xipstore check-mkxip check-shmstat check-shmstat-sums check-shmstat-advise \
	check-shmstat-dups check-shmstat-ui check-programs check-systems \
	check-toolchains check-nss check-image check-prelink check-fuzz check-sweep check-install check-cross

.PHONY: check demo bench install $(CHECKS)
check: deps
	@$(MAKE) --no-print-directory all testlibs
	@tests/lib/run-checks $(B)/check $(CHECKS)

# Unit tests: layers of the loader, and what the tools are made of, compiled as ordinary programs. A test is linked with
# archives, from which the linker takes what it needs. The loader's has every layer that knows neither the command line nor
# the way into an image; what a layer would ask of those above it answers as its list says (loader/base/plug.h).
LOADER_HOSTED_SRC := $(filter-out loader/arch/% loader/image/% loader/launch/%,$(LOADER_SRC:lib/%=))
LOADER_HOSTED_ASM := $(filter-out loader/image/% loader/launch/%,$(LOADER_ASM))
LOADER_HOSTED_OBJ := $(LOADER_HOSTED_SRC:%.c=$(B)/hosted/%.o) $(LOADER_HOSTED_ASM:%.S=$(B)/hosted/%.o)
LOADER_HOSTED := $(B)/hosted/loader.a
$(LOADER_HOSTED): $(LOADER_HOSTED_OBJ)
	@rm -f $@
	@$(AR) rcs $@ $^
-include $(LOADER_HOSTED_OBJ:.o=.d)

UNIT_SRC := $(wildcard tests/unit/*.c)
UNIT_BIN := $(UNIT_SRC:tests/unit/%.c=$(B)/unit/%)
# each is compiled with all it needs in one go: any header may matter
$(UNIT_BIN): $(wildcard lib/*.h loader/*/*.h loader/*/*/*.h tools/*/*.h tools/*/*/*.h tests/unit/*.h)
UNIT_FLAGS := $(HOSTED) -Itests/unit
# what a test stands in for, of functions that the loader has: __wrap_NAME
UNIT_WRAP_loader_search := sys_open sys_stat
UNIT_WRAP_loader_ld_cache := $(UNIT_WRAP_loader_search)
UNIT_WRAP_loader_dlopen := load_library
UNIT_WRAP_loader_init_order := $(UNIT_WRAP_loader_dlopen)
UNIT_WRAP_loader_plan_file := replace_file
UNIT_WRAP_loader_plan_damage := $(UNIT_WRAP_loader_plan_file)

$(B)/unit/loader_%: tests/unit/loader_%.c $(LOADER_HOSTED) $(LIB_HOSTED)
	@mkdir -p $(@D)
	@$(CC) $(UNIT_FLAGS) $(CFLAGS) -o $@ $< $(LOADER_HOSTED) $(LIB_HOSTED) -lcmocka \
		$(UNIT_WRAP_loader_$*:%=-Wl,--wrap=%)

$(B)/unit/shmstat_%: tests/unit/shmstat_%.c $(SHMSTAT_LIB)
	@mkdir -p $(@D)
	@$(CC) $(UNIT_FLAGS) $(CFLAGS) -o $@ $< $(SHMSTAT_LIB) -lcmocka $(SHMSTAT_LDLIBS)

$(B)/unit/xipstore_%: tests/unit/xipstore_%.c $(XIPSTORE_LIB)
	@mkdir -p $(@D)
	@$(CC) $(UNIT_FLAGS) $(CFLAGS) -o $@ $< $(XIPSTORE_LIB) -lcmocka -ljansson -lelf

$(B)/unit/mkxip_%: tests/unit/mkxip_%.c $(MKXIP_LIB)
	@mkdir -p $(@D)
	@$(CC) $(UNIT_FLAGS) $(CFLAGS) -o $@ $< $(MKXIP_LIB) -lcmocka -ljansson -lelf -lz

$(B)/unit/common_%: tests/unit/common_%.c $(COMMON_OBJ) $(LIB_HOSTED)
	@mkdir -p $(@D)
	@$(CC) $(UNIT_FLAGS) $(CFLAGS) -o $@ $< $(COMMON_OBJ) $(LIB_HOSTED) -lcmocka

$(filter $(B)/unit/cramfs_% $(B)/unit/xip_extents_% $(B)/unit/prelink_%,$(UNIT_BIN)): $(B)/unit/%: tests/unit/%.c $(LIB_HOSTED)
	@mkdir -p $(@D)
	@$(CC) $(UNIT_FLAGS) $(CFLAGS) -o $@ $< $(LIB_HOSTED) -lcmocka -lz

ifeq ($(CROSS),)
check-unit: $(UNIT_BIN)
	@tests/lib/run-unit $(UNIT_BIN)
else
# the loader's; the tools are not built for another CPU
UNIT_FLAGS += -I$(B)/machine/usr/include -L$(B)/machine/usr/lib/$(ARCH)-linux-gnu
check-unit: $(MACHINE)
	@if [ -e $(B)/machine/usr/include/cmocka.h ]; then \
		$(MAKE) --no-print-directory ARCH=$(ARCH) $(filter %/loader_lookup %/loader_headers,$(UNIT_BIN)) && \
		$(ON_MACHINE) tests/lib/run-unit $(filter %/loader_lookup %/loader_headers,$(UNIT_BIN)); \
	else echo "skip unit: no libcmocka for $(ARCH)"; echo "unit: 0 passed, 0 failed, 1 skipped"; fi
endif

# What of the loader's linker the unit tests reach, line by line: for those who write more of them.
.PHONY: coverage
coverage:
	@find build-coverage -name '*.gcda' -delete 2>&- || true
	@$(MAKE) --no-print-directory B=build-coverage CFLAGS='-O0 -g --coverage' \
		UNIT_SRC='$(wildcard tests/unit/loader_*.c)' check-unit
	@tests/lib/coverage build-coverage/hosted loader/rtld

# Fuzzing (docs/fuzzing.md): each tests/fuzz/TARGET.c, with those files of the tools that it is about (FUZZ_SRC_TARGET), and
# with what it needs of an archive of lib/ and of the loader's lower layers.
FUZZ_TARGETS := $(basename $(notdir $(wildcard tests/fuzz/*.c)))
FUZZ_RTLD := $(addprefix tests/fuzz/lib/,rtld_state.c arena.c words.c)
FUZZ_SRC_elf := $(FUZZ_RTLD)
FUZZ_SRC_cache := $(FUZZ_RTLD)
FUZZ_SRC_plan := $(FUZZ_RTLD)
FUZZ_SRC_tables := $(FUZZ_RTLD)
FUZZ_SRC_xipstore := $(addprefix tools/xipstore/,files.c index.c plan.c processes.c store.c) $(COMMON_SRC) tests/fuzz/lib/words.c
FUZZ_SRC_shmstat_snapshot := $(addprefix tools/shmstat/,cmd/snapshot_read.c out/error.c out/printable.c out/text.c)
FUZZ_SRC_shmstat_elf := $(addprefix tools/shmstat/,$(addprefix sym/,elffile.c dynamic.c symbols.c relocs.c relockinds.c \
	lines.c dwarftypes.c debugfile.c) advise/advice.c advise/remedies.c) $(COMMON_SRC) tests/fuzz/lib/words.c
FUZZ_FLAGS := $(filter-out -fsanitize=% -fno-sanitize%,$(HOSTED)) -Itests/fuzz -Itests/fuzz/lib -O1 -g \
	-fsanitize=fuzzer,address,undefined -fno-sanitize-recover=undefined -fno-sanitize=alignment
FUZZ_LIBS_cramfs := -lz
FUZZ_LIBS_shmstat_snapshot := -ljansson
FUZZ_LIBS_shmstat_elf := -ldw -lelf -lz -liberty
FUZZ_BIN := $(FUZZ_TARGETS:%=$(B)/fuzz/%)
FUZZ_ARCHIVE := $(B)/fuzz/objects.a
FUZZ_OBJ := $(patsubst %.c,$(B)/fuzz/objects/%.o,$(LIB_HOSTED_SRC) $(wildcard loader/base/*.c loader/elf/*.c loader/rtld/*.c))

$(FUZZ_OBJ): $(B)/fuzz/objects/%.o: %.c
	@mkdir -p $(@D)
	@echo '  CC      $@'
	@clang $(FUZZ_FLAGS) -MMD -MP -c -o $@ $<
$(FUZZ_ARCHIVE): $(FUZZ_OBJ)
	@rm -f $@
	@$(AR) rcs $@ $^
-include $(FUZZ_OBJ:.o=.d)

define fuzz_target
$(B)/fuzz/$(1): tests/fuzz/$(1).c $$(FUZZ_SRC_$(1))
endef
$(foreach t,$(FUZZ_TARGETS),$(eval $(call fuzz_target,$(t))))
$(FUZZ_BIN): $(FUZZ_ARCHIVE) $(wildcard tests/fuzz/lib/*.h lib/*.h loader/*/*.h loader/*/*/*.h tools/*/*.h tools/*/*/*.h)
$(FUZZ_BIN): $(B)/fuzz/%:
	@mkdir -p $(@D)
	@echo '  FUZZ    $@'
	@clang $(FUZZ_FLAGS) -o $@ tests/fuzz/$*.c $(FUZZ_SRC_$*) $(FUZZ_ARCHIVE) $(FUZZ_LIBS_$*)
$(B)/fuzz/write_seeds: tests/fuzz/lib/write_seeds.c $(LIB_HOSTED)
	@mkdir -p $(@D)
	@$(CC) $(UNIT_FLAGS) $(CFLAGS) -o $@ $^

# a bounded run of all, for CI; MINUTES of each, or of the one that TARGET names
.PHONY: fuzz
check-fuzz: $(FUZZ_BIN) $(B)/fuzz/write_seeds
	@tests/lib/run-fuzz -s $(or $(FUZZ_SECONDS),30) $(B)/fuzz $(FUZZ_TARGETS)
fuzz: $(FUZZ_BIN) $(B)/fuzz/write_seeds
	@tests/lib/run-fuzz -k -s $$(( $(or $(MINUTES),10) * 60 )) $(B)/fuzz $(or $(TARGET),$(FUZZ_TARGETS))

$(B)/mutate: tests/lib/mutate.c
	@mkdir -p $(@D)
	@$(if $(CROSS),cc,$(CC)) $(HOSTED) $(CFLAGS) -o $@ $<

$(B)/memory_kinds $(B)/many_processes $(B)/churn: $(B)/%: tests/lib/%.c
	@mkdir -p $(@D)
	@$(CC) $(HOSTED) $(CFLAGS) -o $@ $<

$(B)/pairs $(B)/held: $(B)/%: tests/bench/%.c
	@mkdir -p $(@D)
	@$(CC) $(HOSTED) $(CFLAGS) -o $@ $<

# Always with sanitizers: it is for finding what they find
$(B)/flip-image: tests/lib/flip-image.c $(filter-out tools/mkxip/mkxip.c,$(MKXIP_SRC)) \
		$(filter-out lib/string.c,$(LIB_SRC)) \
		loader/arch/$(ARCH)/cpu.c $(COMMON_SRC) \
		$(wildcard tools/mkxip/*.h tools/common/*.h)
	@mkdir -p $(@D)
	@$(CC) $(HOSTED) -O1 -g -fsanitize=address,undefined \
		-fno-sanitize-recover=undefined -o $@ $(filter %.c,$^) -ljansson -lelf -lz

check-mkxip: $(B)/mkxip $(B)/flip-image
	@tests/integration/mkxip $(abspath $(B))/mkxip $(abspath $(B))/flip-image

check-cli: $(XIPLD) $(MACHINE)
	@$(ON_MACHINE) tests/integration/cli $(XIPLD)
check-launch: $(XIPLD) $(B)/without
	@tests/integration/launch $(XIPLD) $(abspath $(B))/without
$(B)/without: tests/lib/without.c
	@mkdir -p $(@D)
	@$(CC) $(HOSTED) $(CFLAGS) -o $@ $<
check-tree: $(XIPLD) $(B)/xipstore
	@tests/integration/tree $(XIPLD) $(abspath $(B))/xipstore
check-portable:
	@tests/integration/portable lib loader tools
check-layers: $(B)/shmstat $(B)/mkxip $(B)/xipstore
	@tests/integration/layers $(B)
check-hostile: $(XIPLD) $(B)/mutate $(MACHINE)
	@HOSTILE_RUNS=$(or $(HOSTILE_RUNS),$(if $(CROSS),100,600)) \
		$(ON_MACHINE) tests/integration/hostile $(XIPLD) $(B)/mutate
check-texts: $(XIPLD)
	@tests/integration/texts $(XIPLD)
check-debuggers: $(XIPLD)
	@tests/integration/debuggers $(XIPLD)
check-store: $(XIPLD) $(MACHINE) $(if $(CROSS),,$(B)/kill-at)
	@$(ON_MACHINE) tests/integration/store $(XIPLD) $(if $(CROSS),,$(B)/kill-at)
.PHONY: check-publish
check-publish: $(XIPLD) $(B)/xipstore $(B)/hand-in
	@tests/integration/publish $(XIPLD) $(abspath $(B))/xipstore $(B)/hand-in
.PHONY: check-budget
check-budget: $(XIPLD) $(B)/xipstore
	@tests/integration/budget $(XIPLD) $(abspath $(B))/xipstore
$(B)/hand-in: tests/lib/hand-in.c $(LIB_HOSTED)
	@mkdir -p $(@D)
	@$(CC) $(HOSTED) $(CFLAGS) -o $@ $^
.PHONY: check-trust
check-trust: $(XIPLD) $(B)/xipstore $(B)/mkxip
	@tests/integration/trust $(XIPLD) $(abspath $(B))/xipstore $(B)/mkxip
check-learning: $(XIPLD)
	@tests/integration/learning $(XIPLD)
check-aftermath: $(XIPLD)
	@tests/integration/aftermath $(XIPLD)
check-init-pages: $(XIPLD) $(B)/xipstore $(B)/kill-at
	@tests/integration/init-pages $(XIPLD) $(abspath $(B))/xipstore $(abspath $(B))/kill-at
check-dlopen-plans: $(XIPLD) $(MACHINE) $(if $(CROSS),,$(B)/kill-at)
	@$(ON_MACHINE) tests/integration/dlopen-plans $(XIPLD) $(if $(CROSS),,$(B)/kill-at)
check-aslr: $(XIPLD)
	@tests/integration/aslr $(XIPLD)
check-xipstore: $(XIPLD) $(B)/xipstore
	@tests/integration/xipstore $(XIPLD) $(abspath $(B))/xipstore
$(B)/kill-at: tests/lib/kill-at.c
	@mkdir -p $(@D)
	@$(CC) $(HOSTED) $(CFLAGS) -o $@ $<
check-image: $(XIPLD) $(B)/mkxip $(B)/kill-at
	@tests/integration/image $(XIPLD) $(abspath $(B))/mkxip $(abspath $(B))/kill-at
check-prelink: $(XIPLD) $(B)/mkxip $(B)/shmstat
	@tests/integration/prelink $(XIPLD) $(abspath $(B))/mkxip $(abspath $(B))/shmstat
# Not in `check`: builds a kernel (once, into build/kernel) and needs packages of `make deps-more`.
.PHONY: check-kernel
check-kernel: $(XIPLD) $(B)/mkxip
	@tests/integration/kernel $(XIPLD) $(abspath $(B))/mkxip $(B)/kernel
check-shmstat: $(XIPLD) $(B)/shmstat testlibs $(B)/memory_kinds $(B)/many_processes $(B)/churn
	@tests/integration/shmstat $(XIPLD) $(abspath $(B))/shmstat $(B)/testlibs $(B)
check-shmstat-sums: $(XIPLD) $(B)/shmstat $(B)/memory_kinds
	@tests/integration/shmstat-sums $(XIPLD) $(abspath $(B))/shmstat $(B)/memory_kinds
check-shmstat-advise: $(B)/shmstat $(B)/mutate
	@tests/integration/shmstat-advise $(B)/shmstat $(B)/mutate
check-shmstat-dups: $(B)/shmstat
	@tests/integration/shmstat-dups $(B)/shmstat
check-shmstat-ui: $(XIPLD) $(B)/shmstat testlibs
	@tests/integration/shmstat-ui $(XIPLD) $(abspath $(B))/shmstat $(B)/testlibs
check-programs: $(XIPLD)
	@tests/integration/programs $(XIPLD)
check-systems: $(XIPLD)
	@tests/integration/systems $(XIPLD) $(abspath $(B))
check-toolchains: $(XIPLD)
	@tests/integration/toolchains $(XIPLD)
check-nss: $(XIPLD)
	@tests/integration/nss $(XIPLD) $(abspath $(B))
check-sweep: $(XIPLD)
	@tests/integration/sweep -x $(XIPLD) -u 8 -o $(B)/check/sweep
check-install: all
	@tests/integration/install $(abspath $(B))

# Another CPU (make check ARCH=aarch64): what qemu-user can run, under it. check-cross is the part of it that every
# make check has: the tests that depend on the CPU, for each CPU but our own.
CROSS_CHECKS := check-unit check-testlibs check-cli check-hostile check-store check-dlopen-plans check-machines \
	check-foreign check-foreign-image
CROSS_CPUS := $(filter-out $(NATIVE),aarch64 riscv64)
CROSS_TESTLIBS := $(wildcard $(addprefix testlibs/,tls_* ifunc* reloc_* textrel* exits* cancel_* throw_* thread_local_* \
	unresolved_uncalled* copy_relocation* canonical_plt* init_and_fini* signals_* libc_services* iterate_* musl_* guarded*))
FOREIGN_PACKAGES := bash coreutils python3 perl sqlite3 git ca-certificates

.PHONY: check-foreign check-foreign-image check-image-part check-machines check-cross cross-part native-tools
check-machines: $(XIPLD) $(MACHINE) native-tools
	@$(ON_MACHINE) tests/integration/machines build/xipld $(XIPLD)
check-foreign: $(XIPLD) $(MACHINE)
	@why=$$(tests/lib/foreign-root $(ARCH) $(B)/debian $(FOREIGN_PACKAGES)) && why= || mkdir -p $(B)/debian; \
	$(ON_MACHINE) tests/integration/foreign $(XIPLD) $(B)/debian "$$why"
check-foreign-image: $(XIPLD) $(MACHINE) native-tools
	@why=$$(tests/lib/foreign-root $(ARCH) $(B)/debian $(FOREIGN_PACKAGES)) && why= || mkdir -p $(B)/debian; \
	$(ON_MACHINE) tests/integration/foreign-image $(XIPLD) build/mkxip build/shmstat $(B)/debian "$$why"
check-image-part: $(XIPLD) $(MACHINE) native-tools
	@$(ON_MACHINE) tests/integration/foreign-image $(XIPLD) build/mkxip build/shmstat
native-tools:
	@$(MAKE) --no-print-directory ARCH=$(NATIVE) B=build build/xipld build/mkxip build/shmstat
cross-part:
	@tests/lib/run-checks $(B)/check check-unit check-testlibs check-machines check-image-part
check-cross: $(XIPLD)
	@tests/lib/run-cross $(CROSS_CPUS)

# A whole AArch64 machine in qemu-system: not part of make check, for its packages and its minutes
BOARD_PACKAGES := linux-image-arm64 busybox-static libc6-dev libjansson-dev libelf-dev libdw-dev libiberty-dev libxxhash-dev \
	zlib1g-dev libncurses-dev
BOARD := $(if $(filter aarch64,$(NATIVE)),build,build-aarch64)
# not $(MAKE) by name: make -n would run the whole line
SUBMAKE := $(MAKE)
.PHONY: check-board
check-board: native-tools
	@mkdir -p $(BOARD)/check
	@why=$$(tests/lib/foreign-root aarch64 $(BOARD)/board $(BOARD_PACKAGES) && \
		tests/lib/foreign-root aarch64 $(BOARD)/debian $(FOREIGN_PACKAGES)) || \
		{ echo "skip board: $$why"; echo "board: 0 passed, 0 failed, 1 skipped"; exit 0; }; \
	$(SUBMAKE) --no-print-directory ARCH=aarch64 $(BOARD)/xipld && \
	$(SUBMAKE) --no-print-directory ARCH=aarch64 CC="aarch64-linux-gnu-gcc --sysroot=$(abspath $(BOARD)/board)" \
		$(BOARD)/shmstat && \
	tests/integration/board $(BOARD)/xipld build/mkxip $(BOARD)/shmstat $(BOARD)/board $(BOARD)/debian \
		$(BOARD)/check/board.txt

$(XIPLD): $(B)/xipld

demo: deps
	@$(MAKE) --no-print-directory all
	@tests/integration/demo $(XIPLD) $(abspath $(B))/shmstat

bench: all $(B)/pairs $(B)/held
	@tests/bench/bench $(XIPLD) $(abspath $(B))
	@tests/bench/shmstat-smem $(XIPLD) $(abspath $(B))/shmstat

# Builds, a configure script, short commands: minutes
.PHONY: bench-workloads
bench-workloads: all
	@tests/bench/workloads $(XIPLD) $(abspath $(B))/xipstore $(WORKLOAD_ROUNDS)

.PHONY: bench-xip
bench-xip: all
	@tests/bench/xip $(XIPLD) $(abspath $(B))/mkxip
	@tests/bench/xip-kernel $(XIPLD) $(abspath $(B))/mkxip $(B)/kernel/bzImage

install: $(INSTALLS)

.PHONY: format lint
format:
	clang-format -i $(shell git ls-files '*.c' '*.h' | grep -v ^testlibs)

# cppcheck's exceptions: what it takes for style is how tables and system calls are written here
lint:
	@clang-format --dry-run -Werror $(shell git ls-files '*.c' '*.h' | grep -v ^testlibs)
	cppcheck -q --error-exitcode=1 --enable=warning,portability --inline-suppr --std=c11 \
		--suppress=missingIncludeSystem -I. -Itools -Iloader -Iloader/arch/$(ARCH) lib loader tools
	@tests/lib/lint-shell
	@tests/lib/lint-tidy $(ARCH)
