/* A linker's state for a test of the loader's layers: a process that has loaded nothing yet, with
 * no store, whose C library is glibc. */
#ifndef XIPLD_TESTS_RTLD_H
#define XIPLD_TESTS_RTLD_H

#include "base/heap.h"
#include "base/process_args.h"
#include "rtld/rtld.h"
#include "rtld/stubs.h"

extern char **environ;
static struct rtld the_rtld;

/* Begin again: what was loaded is forgotten, its memory is not. */
static inline void
forget_rtld(void)
{
	the_rtld = (struct rtld){.libc_kind = LIBC_GLIBC, .program_fd = -1, .stubs = 0x10000};
	options = (struct options){0};
	rtld = &the_rtld;
}

__attribute__((constructor)) static void
make_world(void)
{
	static char name[] = "test", *arguments[] = {name, NULL};
	static Elf64_auxv_t none = {.a_type = AT_NULL};

	page_size = 4096;
	process_args = (struct process_args){
		.stack = __builtin_frame_address(0),
		.argc = 1,
		.argv = arguments,
		.envp = environ,
		.auxv = &none,
		.nauxv = 1,
	};
	heap_init(0, 0);
	stubs_set_page(&stub_targets);
	forget_rtld();
}

#endif
