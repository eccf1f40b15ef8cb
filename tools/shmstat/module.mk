# shmstat: an ordinary C program. All but main() is also what the unit tests are linked with.
SHMSTAT_SRC := $(wildcard tools/shmstat/*/*.c)
SHMSTAT_OBJ := $(SHMSTAT_SRC:%.c=$(B)/%.o)
SHMSTAT_LIB := $(filter-out %/shmstat.o,$(SHMSTAT_OBJ)) $(COMMON_OBJ) $(B)/tools/shmstat/view/page_html.o $(LIB_HOSTED)
SHMSTAT_LDLIBS := -ljansson -ldw -lelf -lz -liberty -lxxhash -lncursesw -ltinfo
# What is linked in need not be found and relocated at each start, which is a good part of a summary's time: ten
# libraries for the sake of views that are seldom asked for. Where one has no archive, all are loaded instead.
SHMSTAT_ARCHIVES := $(SHMSTAT_LDLIBS) -llzma -lbz2 -lz
SHMSTAT_LACKS = $(strip $(foreach l,$(SHMSTAT_ARCHIVES:-l%=%),$(if $(wildcard $(shell $(CC) -print-file-name=lib$l.a)),,$l)))
SHMSTAT_LINK = $(if $(SHMSTAT_LACKS),$(SHMSTAT_LDLIBS),-Wl,-Bstatic $(SHMSTAT_ARCHIVES) -Wl,-Bdynamic -Wl,--gc-sections)
ALL += $(B)/shmstat
INSTALLS += install-shmstat

$(B)/tools/shmstat/trace/%.o: TOOL_FLAGS := -Itools/shmstat/trace/arch/$(ARCH)

# page.html as a string
$(B)/tools/shmstat/view/page_html.c: tools/shmstat/view/page.html tools/shmstat/module.mk
	@mkdir -p $(@D)
	@(echo 'extern const char page_html[];'; echo 'const char page_html[] ='; \
		sed 's/[\\"]/\\&/g; s/^/"/; s/$$/\\n"/' $<; echo ';') >$@
$(B)/tools/shmstat/view/page_html.o: $(B)/tools/shmstat/view/page_html.c
	@$(CC) $(HOSTED) $(CFLAGS) -c -o $@ $<

-include $(SHMSTAT_OBJ:.o=.d)

$(B)/shmstat: $(SHMSTAT_OBJ) $(COMMON_OBJ) $(B)/tools/shmstat/view/page_html.o $(LIB_HOSTED)
	@echo '  LINK    $@'
	@$(CC) $(HOSTED) $(CFLAGS) -pthread -o $@ $^ $(LDFLAGS) $(SHMSTAT_LINK)

.PHONY: install-shmstat
install-shmstat: $(B)/shmstat
	install -d $(DESTDIR)$(PREFIX)/bin $(DESTDIR)$(PREFIX)/share/man/man1
	install -m 755 $(B)/shmstat $(DESTDIR)$(PREFIX)/bin/shmstat
	install -m 644 docs/shmstat.1 docs/shmstat-advise.1 docs/shmstat-dups.1 $(DESTDIR)$(PREFIX)/share/man/man1
