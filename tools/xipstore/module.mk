# xipstore: an ordinary C program, with the loader's own notion of hashes and of files.
XIPSTORE_SRC := $(wildcard tools/xipstore/*.c)
XIPSTORE_OBJ := $(XIPSTORE_SRC:%.c=$(B)/%.o)
# all but main(): what the unit tests are linked with
XIPSTORE_LIB := $(filter-out %/xipstore.o,$(XIPSTORE_OBJ)) $(COMMON_OBJ) $(LIB_HOSTED)
-include $(XIPSTORE_OBJ:.o=.d)
ALL += $(B)/xipstore
INSTALLS += install-xipstore

$(B)/xipstore: $(XIPSTORE_OBJ) $(COMMON_OBJ) $(LIB_HOSTED)
	@echo '  LINK    $@'
	@$(CC) $(HOSTED) $(CFLAGS) -o $@ $^ $(LDFLAGS) -ljansson -lelf

UNITS = $(DESTDIR)$(PREFIX)/lib/systemd

.PHONY: install-xipstore
install-xipstore: $(B)/xipstore
	install -d $(DESTDIR)$(PREFIX)/bin $(DESTDIR)$(PREFIX)/share/man/man1 $(addprefix $(UNITS)/,system user)
	install -m 755 $(B)/xipstore $(DESTDIR)$(PREFIX)/bin/xipstore
	install -m 644 docs/xipstore.1 $(DESTDIR)$(PREFIX)/share/man/man1/xipstore.1
	sed 's|@PREFIX@|$(PREFIX)|' tools/xipstore/xipstore-rerandomize.service.in >$(UNITS)/system/xipstore-rerandomize.service
	sed 's|@PREFIX@|$(PREFIX)|' tools/xipstore/xipstore-publish.service.in >$(UNITS)/system/xipstore-publish.service
	sed 's|@PREFIX@|$(PREFIX)|' tools/xipstore/xipstore-publish.user.service.in >$(UNITS)/user/xipstore-publish.service
	sed 's|@RUN@|/run|; s|@SOCKET_MODE@|0666|; s|@DIRECTORY_MODE@|0755|' tools/xipstore/xipstore-publish.socket.in \
		>$(UNITS)/system/xipstore-publish.socket
	sed 's|@RUN@|%t|; s|@SOCKET_MODE@|0600|; s|@DIRECTORY_MODE@|0700|; s|systemctl|& --user|' \
		tools/xipstore/xipstore-publish.socket.in >$(UNITS)/user/xipstore-publish.socket
