# shmstat: an ordinary C program.
SHMSTAT_SRC := $(wildcard tools/shmstat/*.c)
ALL += $(B)/shmstat
INSTALLS += install-shmstat

$(B)/shmstat: $(SHMSTAT_SRC) $(wildcard tools/shmstat/*.h) tools/shmstat/module.mk
	@mkdir -p $(@D)
	@echo '  CC      $@'
	@$(CC) $(HOSTED) $(CFLAGS) -Itools/shmstat -o $@ $(SHMSTAT_SRC) $(LDFLAGS) -ljansson -ldw -lelf -lz -liberty -lxxhash

.PHONY: install-shmstat
install-shmstat: $(B)/shmstat
	install -d $(DESTDIR)$(PREFIX)/bin $(DESTDIR)$(PREFIX)/share/man/man1
	install -m 755 $(B)/shmstat $(DESTDIR)$(PREFIX)/bin/shmstat
	install -m 644 docs/shmstat.1 $(DESTDIR)$(PREFIX)/share/man/man1/shmstat.1
