#include "rtld/stubs.h"
#include "rtld/libc_ops.h"
#include "rtld/dlfcn.h"
#include "rtld/proc_exe.h"
#include "rtld/tls.h"
#include "lib/hash.h"
#include "base/heap.h"

/*
 * What the stubs jump through, and what debuggers read: this process's own. A page of its own, at a
 * fixed distance from the stubs, so that both can be had at another address together
 * (stubs_use_page).
 */
struct stub_targets stub_targets __attribute__((section(".bss.page"), aligned(ARCH_PAGE_MAX)));
static struct stub_targets *live;

/* libc's own functions of the same names: rtld->libc_functions, where assembly finds it. */
uintptr_t *stub_libc_functions;

static const char stub_names[] =
#define EXPORT(name, function) #name "\0"
#define SELF0(name) #name "\0"
#define SELFV0(id, text) text "\0"
#define SELFV1(id, text) text "\0"
#define SELF1(name) #name "\0"
#define SELFLINK0(name) #name "\0"
#define SELFLINK1(name) #name "\0"
#define PLACE(name) "\0"
#define LIBC(name) "\0"
#include "rtld/stubs.def"
	;

/* glibc's own functions of these names ask us: libc/dlfcn_hook.h. */
static bool
is_by_hook(enum stub_number number)
{
	return rtld->libc_kind == LIBC_GLIBC && number <= STUB_dlinfo;
}

static bool
is_self_function(enum stub_number number)
{
	return (number >= STUB_readlink && number <= STUB_statx) ||
	       (number >= STUB_execl && number <= STUB_realpath_first);
}

uintptr_t
stub_address(enum stub_number number)
{
	return rtld->stubs + 16 * (uintptr_t)number;
}

/* The name of a symbol's version; "" if it has none. */
static const char *
version_name(const struct object *obj, uint32_t index)
{
	uint32_t number = obj->versym ? obj->versym[index] & 0x7fff : 0;

	return number < obj->nversions && obj->versions[number].name ? obj->versions[number].name
								     : "";
}

/* Is this symbol of obj the one that a stub, NAME@VERSION, stands for? */
static bool
is_of_version(const struct object *obj, uint32_t index, const char *at)
{
	return streq(version_name(obj, index), at + 1);
}

static void
set_bit(uint8_t *bits, uint32_t i)
{
	bits[i / 8] |= (uint8_t)(1 << (i % 8));
}

/* An old version of a name has an original of its own. */
static void
note_version(const struct object *obj, enum stub_number n, const char *name, const char *at)
{
	char plain[64];

	message_format(plain, sizeof(plain), "%s", name);
	plain[at - name] = 0;
	for (uint32_t i = lookup_next_named(obj, plain, 0); i; i = lookup_next_named(obj, plain, i))
		if (is_of_version(obj, i, at))
			rtld->libc_functions[n] = obj->base + obj->symtab[i].st_value;
}

static void
note_original(const struct object *obj, enum stub_number n, const char *name)
{
	const Elf64_Sym *sym = lookup_newest(obj, name);

	if (sym && !rtld->libc_functions[n])
		rtld->libc_functions[n] = obj->base + sym->st_value;
}

static void
note_overrides(const struct object *obj, uint8_t *bits)
{
	const char *name = stub_names, *at;

	for (enum stub_number n = 0; n < STUB_COUNT; n++, name += strlen(name) + 1) {
		if (!*name || is_by_hook(n))
			continue;
		at = strchr(name, '@');
		if (at) {
			note_version(obj, n, name, at);
			continue;
		}
		for (uint32_t i = lookup_next_named(obj, name, 0); i;
		     i = lookup_next_named(obj, name, i))
			set_bit(bits, i);
		note_original(obj, n, name);
	}
}

/* The stub that stands for this symbol of libc or ld.so; STUB_COUNT: none. */
static enum stub_number
stub_wrapped(const struct object *obj, uint32_t index)
{
	const char *have = object_symbol_name(obj, &obj->symtab[index]), *name = stub_names;
	enum stub_number found = STUB_COUNT;
	size_t len = strlen(have);

	for (enum stub_number n = 0; n < STUB_COUNT; n++, name += strlen(name) + 1) {
		if (strncmp(name, have, len) != 0)
			continue;
		if (!name[len] && found == STUB_COUNT)
			found = n;
		if (name[len] == '@' && is_of_version(obj, index, name + len))
			found = n;
	}
	return found;
}

void
stubs_init(void)
{
	const struct object *hosts[2] = {rtld->libc, rtld->interp};

	rtld->libc_functions = heap_alloc(STUB_COUNT * sizeof(*rtld->libc_functions));
	stub_libc_functions = rtld->libc_functions;
	for (int i = 0; i < 2; i++) {
		if (!hosts[i] || !hosts[i]->nsyms || (i && hosts[1] == hosts[0]))
			continue;
		rtld->overrides[i] = heap_alloc(hosts[i]->nsyms / 8 + 1);
		note_overrides(hosts[i], rtld->overrides[i]);
	}
	if (rtld->libc_kind == LIBC_GLIBC)
		set_bit(rtld->overrides[1], lookup_next_named(rtld->interp, "_r_debug", 0));
}

uintptr_t
stub_symdef_value(const struct symdef *def)
{
	const struct object *obj = def->obj;
	const Elf64_Sym *sym = def->sym;
	const uint8_t *bits = NULL;
	uint32_t index = (uint32_t)(sym - obj->symtab);

	if (obj == rtld->libc)
		bits = rtld->overrides[0];
	else if (obj == rtld->interp)
		bits = rtld->overrides[1];
	if (bits && (bits[index / 8] >> (index % 8) & 1)) {
		enum stub_number n = stub_wrapped(obj, index);

		if (n < STUB_COUNT)
			return stub_address(n);
		if (streq(object_symbol_name(obj, sym),
			  "_r_debug")) /* data: ld.so's does not know our objects */
			return (uintptr_t)stub_debug();
	}
	if (ELF64_ST_TYPE(sym->st_info) == STT_TLS)
		return sym->st_value;
	return sym->st_shndx == SHN_ABS ? sym->st_value : obj->base + sym->st_value;
}

void
stubs_self_is_known(void)
{
	for (enum stub_number n = STUB_readlink; n <= STUB_realpath_first; n++)
		if (is_self_function(n) && rtld->libc_functions[n])
			live->targets[n] = (void (*)(void))rtld->libc_functions[n];
}

_Static_assert(STUB_COUNT + VDSO_IFUNCS <= STUB_SLOTS, "a stub for each");

uintptr_t
stub_vdso_ifunc(uint32_t n)
{
	return rtld->stubs + 16 * (uintptr_t)(STUB_COUNT + n);
}

bool
stubs_is_stub(uintptr_t address)
{
	return address - rtld->stubs < stubs_stub_size();
}

uintptr_t
stub_libc_function(uintptr_t address, const char **name)
{
	uintptr_t n = (address - rtld->stubs) / 16;

	*name = NULL;
	if (!stubs_is_stub(address) || address % 16)
		return 0;
	if (n >= STUB_COUNT)
		return n - STUB_COUNT < rtld->nvdso_ifuncs ? rtld->vdso_ifuncs[n - STUB_COUNT] : 0;
	*name = stub_names;
	for (uintptr_t i = 0; i < n; i++)
		*name += strlen(*name) + 1;
	if (strchr(*name, '@')) /* an old version: the symbol table has its name */
		*name = NULL;
	return rtld->libc_functions[n];
}

void
stubs_ask_resolvers(void)
{
	for (uint32_t i = 0; i < rtld->nvdso_ifuncs; i++)
		live->targets[STUB_COUNT + i] = (void (*)(void))arch_resolve(rtld->vdso_ifuncs[i]);
}

struct r_debug *
stub_debug(void)
{
	return &live->debug;
}

const struct dlfcn_hook *
stub_dlfcn_hook(void)
{
	live->hook = (struct dlfcn_hook){
		.dlopen = stub_address(STUB_dl_open),
		.dlclose = stub_address(STUB_dlclose),
		.dlsym = stub_address(STUB_dl_sym),
		.dlvsym = stub_address(STUB_dl_vsym),
		.dlerror = stub_address(STUB_dlerror),
		.dladdr = stub_address(STUB_dladdr),
		.dladdr1 = stub_address(STUB_dladdr1),
		.dlinfo = stub_address(STUB_dlinfo),
		.dlmopen = stub_address(STUB_dl_mopen),
		.libc_dlopen_mode = stub_address(STUB_libc_open),
		.libc_dlsym = stub_address(STUB_libc_sym),
		.libc_dlvsym = stub_address(STUB_libc_vsym),
		.libc_dlclose = stub_address(STUB_dlclose),
	};
	return &live->hook;
}

uintptr_t
stubs_stub_start(void)
{
	return PAGE_ALIGN_DOWN((uintptr_t)stub_page);
}

size_t
stubs_stub_size(void)
{
	return PAGE_ALIGN_UP((uintptr_t)stub_page + 16 * STUB_SLOTS) - stubs_stub_start();
}

uint64_t
stub_abi_hash(void)
{
	return hash_checksum(stub_names, sizeof(stub_names), STUB_TARGETS_DISTANCE);
}

void
stubs_set_page(struct stub_targets *page)
{
	live = page;
}

bool
stubs_copy_stubs(uintptr_t stubs)
{
	size_t size = stubs_stub_size();
	long at = sys_mmap(stubs, size, SYS_PROT_READ | SYS_PROT_WRITE,
			   SYS_MAP_PRIVATE | SYS_MAP_ANONYMOUS | SYS_MAP_FIXED_NOREPLACE, -1, 0);

	if (sys_failed(at) || (uintptr_t)at != stubs)
		return false;
	memcpy((void *)stubs, (const void *)stubs_stub_start(), size);
	return sys_mprotect(stubs, size, SYS_PROT_READ | SYS_PROT_EXEC) == 0;
}

void
stubs_init_region(uintptr_t stubs)
{
	rtld->stubs = stubs;
}

void
stubs_adopt(void)
{
	stub_libc_functions = rtld->libc_functions;
}
