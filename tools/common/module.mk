# What the tools share; and how all their objects are made.
COMMON_SRC := $(wildcard tools/common/*.c)
COMMON_OBJ := $(COMMON_SRC:%.c=$(B)/%.o) $(B)/hosted/lib/options.o
-include $(COMMON_OBJ:.o=.d)

# TOOL_FLAGS: a tool's own
$(B)/tools/%.o: tools/%.c tools/common/module.mk
	@mkdir -p $(@D)
	@echo '  CC      $@'
	@$(CC) $(HOSTED) $(CFLAGS) $(TOOL_FLAGS) -MMD -MP -c -o $@ $<

# the loader's sources that tools are linked with
$(B)/tools/loader/%.o: loader/%.c tools/common/module.mk
	@mkdir -p $(@D)
	@echo '  CC      $@'
	@$(CC) $(HOSTED) $(CFLAGS) -Iloader/arch/$(ARCH) -MMD -MP -c -o $@ $<

$(B)/hosted/lib/%.o: lib/%.c tools/common/module.mk
	@mkdir -p $(@D)
	@echo '  CC      $@'
	@$(CC) $(HOSTED) $(CFLAGS) -MMD -MP -c -o $@ $<
