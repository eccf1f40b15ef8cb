/* backtrace_symbols: one line for each frame, in glibc's form: FILE(NAME+0xOFFSET) [0xADDRESS]. */
#include "rtld/dlfcn.h"
#include "rtld/relocate.h"

static size_t
describe_frame(const void *frame, char *line, size_t size)
{
	Dl_info info = {0};
	uintptr_t address = (uintptr_t)frame, base;

	if (!stub_dladdr(frame, &info) || !info.dli_fname || !*info.dli_fname)
		return message_format(line, size, "[0x%lx]", address);
	/* without a symbol, the offset is from the object's load address */
	base = info.dli_sname ? (uintptr_t)info.dli_saddr : (uintptr_t)info.dli_fbase;
	return message_format(line, size, "%s(%s%s0x%lx) [0x%lx]", info.dli_fname,
			      info.dli_sname ? info.dli_sname : "", address >= base ? "+" : "-",
			      address >= base ? address - base : base - address, address);
}

static void *
program_malloc(size_t size)
{
	struct symbol_query want;
	struct symdef def;

	symbol_query_init(&want, "malloc");
	want.newest = true;
	if (!relocate_search(rtld->program, &want, &def))
		return NULL;
	return ((void *(*)(size_t))(def.obj->base + def.sym->st_value))(size);
}

char **
stub_backtrace_symbols(void *const *frames, int count)
{
	size_t size = (size_t)count * sizeof(char *);
	char **list, *text;

	for (int i = 0; i < count; i++)
		size += describe_frame(frames[i], NULL, 0) + 1;
	list = program_malloc(size);
	if (!list)
		return NULL;
	text = (char *)(list + count);
	for (int i = 0; i < count; i++) {
		size_t len = describe_frame(frames[i], NULL, 0) + 1;

		list[i] = text;
		describe_frame(frames[i], text, len);
		text += len;
	}
	return list;
}

void
stub_backtrace_symbols_fd(void *const *frames, int count, int fd)
{
	for (int i = 0; i < count; i++) {
		char line[1024];
		size_t len = describe_frame(frames[i], line, sizeof(line) - 1);

		if (len > sizeof(line) - 2)
			len = sizeof(line) - 2;
		line[len] = '\n';
		sys_write(fd, line, len + 1);
	}
}
