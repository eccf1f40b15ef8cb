/* Where the stubs lead. */
#include "rtld/dlfcn.h"
#include "rtld/libc_ops.h"
#include "rtld/proc_exe.h"
#include "rtld/stubs.h"
#include "rtld/tls.h"

extern void tls_get_addr_entry(void), tlsdesc_static(void), tlsdesc_dynamic(void),
	tlsdesc_weak(void);
extern void lazy_entry(void);

#define EXPORT(name, function)
#define PLACE(name)
#define LIBC(name)
#define SELFLINK0(name)
#define SELFLINK1(name)
#define SELF0(name) extern void proc_exe_##name(void);
#define SELFV0(id, text) extern void proc_exe_##id(void);
#define SELFV1(id, text) extern void proc_exe_##id(void);
#define SELF1(name) extern void proc_exe_##name(void);
#include "rtld/stubs.def"
#undef EXPORT
#undef SELF0
#undef SELFV0
#undef SELFV1
#undef SELF1
#undef SELFLINK0
#undef SELFLINK1
#undef PLACE
#undef LIBC

/* By code, not by a table of addresses: the loader needs no relocation of its own. */
static void
fill(struct stub_targets *page)
{
#define EXPORT(name, function) page->targets[STUB_##name] = (void (*)(void))function;
#define SELF0(name) page->targets[STUB_##name] = proc_exe_##name;
#define SELFV0(id, text) page->targets[STUB_##id] = proc_exe_##id;
#define SELFV1(id, text) page->targets[STUB_##id] = proc_exe_##id;
#define SELF1(name) page->targets[STUB_##name] = proc_exe_##name;
#define SELFLINK0(name) page->targets[STUB_##name] = (void (*)(void))stub_##name;
#define SELFLINK1(name) page->targets[STUB_##name] = (void (*)(void))stub_##name;
#define PLACE(name) page->targets[STUB_##name] = (void (*)(void))name;
#define LIBC(name) \
	page->targets[STUB_libc_##name] = plug_function(__start_libc_ops, LIBC_OP_##name);
#include "rtld/stubs.def"
#undef EXPORT
#undef SELF0
#undef SELFV0
#undef SELFV1
#undef SELF1
#undef SELFLINK0
#undef SELFLINK1
#undef PLACE
#undef LIBC
}

void
stubs_use_page(uintptr_t page)
{
	stubs_set_page((struct stub_targets *)page);
	fill((struct stub_targets *)page);
}

void
stubs_init_private(void)
{
	rtld->stubs = (uintptr_t)stub_page;
	stubs_use_page((uintptr_t)&stub_targets);
}
