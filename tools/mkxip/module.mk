# mkxip: an ordinary C program, and the loader's reader of images.
MKXIP_SRC := $(wildcard tools/mkxip/*.c)
MKXIP_LOADER := $(CRAMFS_SRC) loader/image/links.c loader/store/hash.c loader/sys/message.c loader/sys/sys.c
ALL += $(B)/mkxip
INSTALLS += install-mkxip

$(B)/mkxip: $(MKXIP_SRC) $(MKXIP_LOADER) $(wildcard tools/mkxip/*.h loader/*/*.h loader/arch/$(ARCH)/*.h) \
		tools/mkxip/module.mk
	@mkdir -p $(@D)
	@echo '  CC      $@'
	@$(CC) $(HOSTED) $(CFLAGS) -Iloader/arch/$(ARCH) -Itools/mkxip -o $@ $(MKXIP_SRC) $(MKXIP_LOADER) \
		$(LDFLAGS) -ljansson -lelf -lz

.PHONY: install-mkxip
install-mkxip: $(B)/mkxip
	install -d $(DESTDIR)$(PREFIX)/bin $(DESTDIR)$(PREFIX)/share/man/man1
	install -m 755 $(B)/mkxip $(DESTDIR)$(PREFIX)/bin/mkxip
	install -m 644 docs/mkxip.1 $(DESTDIR)$(PREFIX)/share/man/man1/mkxip.1
