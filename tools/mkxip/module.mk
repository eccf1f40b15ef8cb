# mkxip: an ordinary C program, and the loader's reader of images.
MKXIP_SRC := $(wildcard tools/mkxip/*.c)
MKXIP_OBJ := $(MKXIP_SRC:%.c=$(B)/%.o)
# all but main(): what the unit tests are linked with
MKXIP_LIB := $(filter-out %/mkxip.o,$(MKXIP_OBJ)) $(COMMON_OBJ) $(LIB_HOSTED)
-include $(MKXIP_OBJ:.o=.d)
ALL += $(B)/mkxip
INSTALLS += install-mkxip

$(B)/mkxip: $(MKXIP_OBJ) $(COMMON_OBJ) $(LIB_HOSTED)
	@echo '  LINK    $@'
	@$(CC) $(HOSTED) $(CFLAGS) -o $@ $^ $(LDFLAGS) -ljansson -lelf -lz

.PHONY: install-mkxip
install-mkxip: $(B)/mkxip
	install -d $(DESTDIR)$(PREFIX)/bin $(DESTDIR)$(PREFIX)/share/man/man1
	install -m 755 $(B)/mkxip $(DESTDIR)$(PREFIX)/bin/mkxip
	install -m 644 docs/mkxip.1 $(DESTDIR)$(PREFIX)/share/man/man1/mkxip.1
