/*
 * The loader's own functions that objects are bound to, reached through stubs: a page of jumps
 * whose address is the only one that gets into an object's pages.
 */
#ifndef XIPLD_STUBS_H
#define XIPLD_STUBS_H

#define EXPORT(name, function) STUB_##name,
#define SELF0(name) STUB_##name,
#define SELFV0(id, text) STUB_##id,
#define SELFV1(id, text) STUB_##id,
#define SELF1(name) STUB_##name,
#define SELFLINK0(name) STUB_##name,
#define SELFLINK1(name) STUB_##name,
#define PLACE(name) STUB_##name,
#define LIBC(name) STUB_libc_##name,
enum stub_number {
#include "rtld/stubs.def"
	STUB_COUNT
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

#define STUB_SLOTS 144 /* as in start.S */

struct stub_targets {
	void (*targets[STUB_SLOTS])(void);
	struct r_debug debug;
	struct dlfcn_hook hook; /* addresses of stubs: the same in every process of a region */
};

/* The stubs, and what they look into where there is no region. */
extern const char stub_page[];
extern struct stub_targets stub_targets;

/* The address of a stub, as objects have it. */
uintptr_t stub_address(enum stub_number number);

/* Prepare: note which symbols of libc and ld.so are ours, and where libc's functions of the SELF
 * functions are. */
void stubs_init(void);

/* The value that a definition binds to: the loader's where a name is the loader's, else the
 * object's own. */
uintptr_t stub_symdef_value(const struct symdef *def);

/* /proc/self/exe names the program: call libc's functions directly. */
void stubs_self_is_known(void);

/* The stubs are in the loader's own text (no region). */
void stubs_init_private(void);

/* A first launch has no plan to map the stubs from: copy them there. */
bool stubs_copy_stubs(uintptr_t stubs);

/* The stubs are at this address of the region. */
void stubs_init_region(uintptr_t stubs);

/*
 * Functions whose address each process has to ask for: objects are bound to stub number
 * STUB_COUNT + n, and stubs_ask_resolvers makes it jump to what resolver n of
 * rtld->vdso_ifuncs answers.
 */
uintptr_t stub_vdso_ifunc(uint32_t n);

/* True if this is the address of a stub. */
bool stubs_is_stub(uintptr_t address);

/* The C library's function (or its resolver) for which this stub stands, or 0; and its name, if
 * that is known. */
uintptr_t stub_libc_function(uintptr_t address, const char **name);
void stubs_ask_resolvers(void);

/* How far behind the start of the stubs their page of targets lies (bytes): as in xipld.lds. */
#define STUB_TARGETS_DISTANCE 0x80000UL

/* The pages of stubs in the loader's own text. */
uintptr_t stubs_stub_start(void);
size_t stubs_stub_size(void);

/* A number that is equal for two builds only if their stubs mean the same. */
uint64_t stub_abi_hash(void);

/* Stubs at `page` less STUB_TARGETS_DISTANCE look into this page: fill it, and use it from now
 * on. */
void stubs_use_page(uintptr_t page);

/* The page that is looked into: what stubs_use_page sets. */
void stubs_set_page(struct stub_targets *page);

/* the linker's state is a plan's. */
void stubs_adopt(void);

/* glibc's table of functions, filled. */
const struct dlfcn_hook *stub_dlfcn_hook(void);

/* What debuggers read; its address is the same in every process of a region. */
struct r_debug *stub_debug(void);

#endif
