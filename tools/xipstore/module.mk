# xipstore: an ordinary C program, with the loader's own notion of hashes and of files.
XIPSTORE_SRC := $(wildcard tools/xipstore/*.c)
XIPSTORE_LOADER_SRC := loader/store/hash.c loader/store/region.c loader/store/trust.c loader/sys/message.c loader/sys/sys.c loader/arch/$(ARCH)/cpu.c
XIPSTORE_FLAGS := -Itools/xipstore -Iloader/arch/$(ARCH)
ALL += $(B)/xipstore
INSTALLS += install-xipstore

$(B)/xipstore: $(XIPSTORE_SRC) $(XIPSTORE_LOADER_SRC) \
		$(wildcard tools/xipstore/*.h loader/*/*.h loader/arch/$(ARCH)/*.h) tools/xipstore/module.mk
	@mkdir -p $(@D)
	@echo '  CC      $@'
	@$(CC) $(HOSTED) $(CFLAGS) $(XIPSTORE_FLAGS) -o $@ $(XIPSTORE_SRC) $(XIPSTORE_LOADER_SRC) $(LDFLAGS) \
		-ljansson -lelf

.PHONY: install-xipstore
install-xipstore: $(B)/xipstore
	install -d $(DESTDIR)$(PREFIX)/bin $(DESTDIR)$(PREFIX)/share/man/man1 $(DESTDIR)$(PREFIX)/lib/systemd/system
	install -m 755 $(B)/xipstore $(DESTDIR)$(PREFIX)/bin/xipstore
	install -m 644 docs/xipstore.1 $(DESTDIR)$(PREFIX)/share/man/man1/xipstore.1
	sed 's|@PREFIX@|$(PREFIX)|' tools/xipstore/xipstore-rebase.service.in \
		>$(DESTDIR)$(PREFIX)/lib/systemd/system/xipstore-rebase.service
