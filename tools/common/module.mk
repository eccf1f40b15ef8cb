# What the tools share; and how all their objects are made.
COMMON_SRC := $(wildcard tools/common/*.c)
COMMON_OBJ := $(COMMON_SRC:%.c=$(B)/%.o)
-include $(COMMON_OBJ:.o=.d)

# TOOL_FLAGS: a tool's own
$(B)/tools/%.o: tools/%.c tools/common/module.mk
	@mkdir -p $(@D)
	@echo '  CC      $@'
	@$(CC) $(HOSTED) $(CFLAGS) $(TOOL_FLAGS) -MMD -MP -c -o $@ $<
