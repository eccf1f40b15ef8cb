# xipstore: an ordinary C program, with the loader's own notion of hashes and of files.
XIPSTORE_SRC := $(wildcard tools/xipstore/*.c)
XIPSTORE_LOADER_SRC := loader/store/hash.c loader/store/region.c loader/store/trust.c loader/sys/message.c loader/sys/sys.c loader/arch/$(ARCH)/cpu.c
XIPSTORE_OBJ := $(XIPSTORE_SRC:%.c=$(B)/%.o) $(XIPSTORE_LOADER_SRC:%.c=$(B)/tools/%.o)
# readers of the store, which know no options: what the unit tests are linked with
XIPSTORE_LIB := $(addprefix $(B)/tools/xipstore/,files.o index.o plan.o processes.o store.o) \
	$(XIPSTORE_LOADER_SRC:%.c=$(B)/tools/%.o) $(COMMON_OBJ)
-include $(XIPSTORE_OBJ:.o=.d)
$(B)/tools/xipstore/%.o: TOOL_FLAGS := -Iloader/arch/$(ARCH)
ALL += $(B)/xipstore
INSTALLS += install-xipstore

$(B)/xipstore: $(XIPSTORE_OBJ) $(COMMON_OBJ)
	@echo '  LINK    $@'
	@$(CC) $(HOSTED) $(CFLAGS) -o $@ $^ $(LDFLAGS) -ljansson -lelf

.PHONY: install-xipstore
install-xipstore: $(B)/xipstore
	install -d $(DESTDIR)$(PREFIX)/bin $(DESTDIR)$(PREFIX)/share/man/man1 $(DESTDIR)$(PREFIX)/lib/systemd/system
	install -m 755 $(B)/xipstore $(DESTDIR)$(PREFIX)/bin/xipstore
	install -m 644 docs/xipstore.1 $(DESTDIR)$(PREFIX)/share/man/man1/xipstore.1
	sed 's|@PREFIX@|$(PREFIX)|' tools/xipstore/xipstore-rebase.service.in \
		>$(DESTDIR)$(PREFIX)/lib/systemd/system/xipstore-rebase.service
