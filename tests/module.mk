# What `make check` runs, and in which order: cheap and telling first.
XIPLD := $(abspath $(B))/xipld

CHECKS += check-unit check-testlibs check-cli check-hostile check-debuggers check-store check-shmstat check-shmstat-sums \
	check-shmstat-advise check-shmstat-dups check-shmstat-ui check-programs check-sweep check-install

.PHONY: check check-unit check-cli check-hostile check-debuggers check-store check-shmstat check-shmstat-sums \
	check-shmstat-advise check-shmstat-dups check-shmstat-ui check-programs check-sweep check-install demo bench install
check: deps
	@$(MAKE) --no-print-directory all testlibs
	@tests/lib/run-checks $(B)/check $(CHECKS)

# Unit tests: the loader's pure parts, compiled as ordinary programs.
UNIT_SRC := $(wildcard tests/unit/*.c)
UNIT_BIN := $(UNIT_SRC:tests/unit/%.c=$(B)/unit/%)
UNIT_FLAGS := $(filter-out -Iloader -Itools/common,$(HOSTED)) -Iloader -Iloader/arch/$(ARCH) -Itools/shmstat -Itests/unit

$(B)/unit/loader_%: tests/unit/loader_%.c $(LOADER_PURE_SRC) loader/arch/$(ARCH)/cpu.c tests/unit/tests_world.h
	@mkdir -p $(@D)
	@$(CC) $(UNIT_FLAGS) $(CFLAGS) -o $@ $< $(LOADER_PURE_SRC) loader/arch/$(ARCH)/cpu.c -lcmocka

$(B)/unit/shmstat_%: tests/unit/shmstat_%.c $(SHMSTAT_LIB)
	@mkdir -p $(@D)
	@$(CC) $(UNIT_FLAGS) $(CFLAGS) -o $@ $< $(SHMSTAT_LIB) -lcmocka $(SHMSTAT_LDLIBS)

check-unit: $(UNIT_BIN)
	@tests/lib/run-unit $(UNIT_BIN)

$(B)/mutate: tests/lib/mutate.c
	@mkdir -p $(@D)
	@$(CC) $(HOSTED) $(CFLAGS) -o $@ $<

$(B)/memory_kinds $(B)/many_processes $(B)/churn: $(B)/%: tests/lib/%.c
	@mkdir -p $(@D)
	@$(CC) $(HOSTED) $(CFLAGS) -o $@ $<

$(B)/pairs: tests/bench/pairs.c
	@mkdir -p $(@D)
	@$(CC) $(HOSTED) $(CFLAGS) -o $@ $<

check-cli: $(XIPLD)
	@tests/integration/cli $(XIPLD)
check-hostile: $(XIPLD) $(B)/mutate
	@tests/integration/hostile $(XIPLD) $(B)/mutate
check-debuggers: $(XIPLD)
	@tests/integration/debuggers $(XIPLD)
check-store: $(XIPLD)
	@tests/integration/store $(XIPLD)
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
check-sweep: $(XIPLD)
	@tests/integration/sweep -x $(XIPLD) -o $(B)/check/sweep
check-install: all
	@tests/integration/install $(abspath $(B))

$(XIPLD): $(B)/xipld

demo: deps
	@$(MAKE) --no-print-directory all
	@tests/integration/demo $(XIPLD) $(abspath $(B))/shmstat

bench: all $(B)/pairs
	@tests/bench/bench $(XIPLD) $(abspath $(B))
	@tests/bench/shmstat-smem $(XIPLD) $(abspath $(B))/shmstat

install: $(INSTALLS)

.PHONY: format lint
format:
	clang-format -i $(shell git ls-files '*.c' '*.h' | grep -v ^testlibs)

# cppcheck's exceptions: what it takes for style is how tables and system calls are written here
lint:
	clang-format --dry-run -Werror $(shell git ls-files '*.c' '*.h' | grep -v ^testlibs)
	cppcheck -q --error-exitcode=1 --enable=warning,portability --inline-suppr --std=c11 \
		--suppress=missingIncludeSystem -Iloader -Iloader/arch/$(ARCH) loader tools
