/*
 * The loader's own functions that objects are bound to, reached through stubs: a page of jumps
 * whose address is the only one that gets into an object's pages.
 */
#ifndef XIPLD_STUBS_H
#define XIPLD_STUBS_H

#define EXPORT(name, function) EXPORT_##name,
#define SELF0(name) EXPORT_##name,
#define SELFV0(id, text) EXPORT_##id,
#define SELFV1(id, text) EXPORT_##id,
#define SELF1(name) EXPORT_##name,
#define SELFLINK0(name) EXPORT_##name,
#define SELFLINK1(name) EXPORT_##name,
#define PLACE(name) EXPORT_##name,
#define LIBC(name) EXPORT_libc_##name,
enum export_number {
#include "rtld/stubs.def"
	EXPORT_COUNT
};
#undef EXPORT
#undef SELF0
#undef SELFV0
#undef SELFV1
#undef SELF1
#undef SELFLINK0
#undef SELFLINK1
#undef PLACE
#undef LIBC

#include "rtld/dlfcn.h"
#include "rtld/rtld.h"

#define EXPORT_STUB_SLOTS 144 /* as in start.S */

struct export_page {
	void (*targets[EXPORT_STUB_SLOTS])(void);
	struct r_debug debug;
	struct dlfcn_hook hook; /* addresses of stubs: the same in every process of a region */
};

/* The stubs, and what they look into where there is no region. */
extern const char export_stubs[];
extern struct export_page export_page;

/* The address that stands for an export in objects. */
uintptr_t export_address(enum export_number number);

/* Prepare: note which symbols of libc and ld.so are ours, and where the originals of the SELF
 * functions are. */
void exports_init(void);

/* The value that a definition binds to: the loader's where a name is the loader's, else the
 * object's own. */
uintptr_t export_definition_value(const struct definition *def);

/* /proc/self/exe names the program: call libc's functions directly. */
void exports_self_is_known(void);

/* The stubs are in the loader's own text (no region). */
void exports_init_private(void);

/* A first launch has no plan to map the stubs from: copy them there. */
bool exports_copy_stubs(uintptr_t stubs);

/* The stubs are at this address of the region. */
void exports_init_region(uintptr_t stubs);

/*
 * Functions whose address each process has to ask for: objects are bound to stub number
 * EXPORT_COUNT + n, and exports_ask_resolvers makes it jump to what resolver n of
 * world->process_functions answers.
 */
uintptr_t export_process_function(uint32_t n);

/* True if this is the address of a stub. */
bool exports_is_stub(uintptr_t address);

/* The C library's function (or its resolver) for which this stub stands, or 0; and its name, if
 * that is known. */
uintptr_t exports_original(uintptr_t address, const char **name);
void exports_ask_resolvers(void);

/* How far behind the start of the stubs their page of targets lies (bytes): as in xipld.lds. */
#define EXPORT_PAGE_DISTANCE 0x80000UL

/* The pages of stubs in the loader's own text. */
uintptr_t exports_stub_start(void);
size_t exports_stub_size(void);

/* A number that is equal for two builds only if their stubs mean the same. */
uint64_t exports_identity(void);

/* Stubs at `page` less EXPORT_PAGE_DISTANCE look into this page: fill it, and use it from now
 * on. */
void exports_use_page(uintptr_t page);

/* The page that is looked into: what exports_use_page sets. */
void exports_set_page(struct export_page *page);

/* The world is a plan's. */
void exports_adopt(void);

/* glibc's table of functions, filled. */
const struct dlfcn_hook *export_hook(void);

/* What debuggers read; its address is the same in every process of a region. */
struct r_debug *export_debug(void);

#endif
