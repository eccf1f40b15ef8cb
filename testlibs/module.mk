# testlibs: one case a source; see testlibs/README.md.
TESTLIB_SRC := $(sort $(wildcard testlibs/*.c testlibs/*.cc))

.PHONY: testlibs check-testlibs
testlibs:
	@CC="$(HOSTCC)" CXX="$(CXX)" testlibs/build $(abspath $(B))/testlibs $(TESTLIB_SRC)

check-testlibs: testlibs $(B)/xipld
	@tests/integration/testlibs $(abspath $(B))/xipld $(abspath $(B))/testlibs $(TESTLIB_SRC)
