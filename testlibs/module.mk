# testlibs: one case a source; see testlibs/README.md.
TESTLIB_SRC := $(sort $(wildcard testlibs/*.c testlibs/*.cc))

.PHONY: testlibs check-testlibs
testlibs: $(MACHINE)
	@$(ON_MACHINE) env CC="$(HOSTCC)" CXX="$(CXX)" MUSL_GCC="$(MUSL_GCC)" \
		testlibs/build $(abspath $(B))/testlibs $(TESTLIB_SRC)

check-testlibs: testlibs $(B)/xipld
	@$(ON_MACHINE) tests/integration/testlibs $(abspath $(B))/xipld $(abspath $(B))/testlibs $(TESTLIB_SRC)
