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
 * (exports_use_page).
 */
struct export_page export_page __attribute__((section(".bss.page"), aligned(ARCH_PAGE_MAX)));
static struct export_page *live;

/* libc's own functions of the same names: world->originals, where assembly finds it. */
uintptr_t *export_originals;

static const char export_names[] =
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
is_by_hook(enum export_number number)
{
	return world->host == HOST_GLIBC && number <= EXPORT_dlinfo;
}

static bool
is_self_function(enum export_number number)
{
	return (number >= EXPORT_readlink && number <= EXPORT_statx) ||
	       (number >= EXPORT_execl && number <= EXPORT_realpath_first);
}

uintptr_t
export_address(enum export_number number)
{
	return world->stubs + 16 * (uintptr_t)number;
}

/* The name of a symbol's version; "" if it has none. */
static const char *
version_name(const struct object *obj, uint32_t index)
{
	uint32_t number = obj->versym ? obj->versym[index] & 0x7fff : 0;

	return number < obj->nversions && obj->versions[number].name ? obj->versions[number].name
								     : "";
}

/* Is this symbol of obj the one that an export NAME@VERSION stands for? */
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
note_version(const struct object *obj, enum export_number n, const char *name, const char *at)
{
	char plain[64];

	message_format(plain, sizeof(plain), "%s", name);
	plain[at - name] = 0;
	for (uint32_t i = lookup_next_named(obj, plain, 0); i; i = lookup_next_named(obj, plain, i))
		if (is_of_version(obj, i, at))
			world->originals[n] = obj->base + obj->symtab[i].st_value;
}

static void
note_original(const struct object *obj, enum export_number n, const char *name)
{
	const Elf64_Sym *sym = lookup_newest(obj, name);

	if (sym && !world->originals[n])
		world->originals[n] = obj->base + sym->st_value;
}

static void
note_overrides(const struct object *obj, uint8_t *bits)
{
	const char *name = export_names, *at;

	for (enum export_number n = 0; n < EXPORT_COUNT; n++, name += strlen(name) + 1) {
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

/* The export that stands for this symbol of libc or ld.so; EXPORT_COUNT: none. */
static enum export_number
export_of(const struct object *obj, uint32_t index)
{
	const char *have = object_symbol_name(obj, &obj->symtab[index]), *name = export_names;
	enum export_number found = EXPORT_COUNT;
	size_t len = strlen(have);

	for (enum export_number n = 0; n < EXPORT_COUNT; n++, name += strlen(name) + 1) {
		if (strncmp(name, have, len) != 0)
			continue;
		if (!name[len] && found == EXPORT_COUNT)
			found = n;
		if (name[len] == '@' && is_of_version(obj, index, name + len))
			found = n;
	}
	return found;
}

void
exports_init(void)
{
	const struct object *hosts[2] = {world->libc, world->interp};

	world->originals = heap_alloc(EXPORT_COUNT * sizeof(*world->originals));
	export_originals = world->originals;
	for (int i = 0; i < 2; i++) {
		if (!hosts[i] || !hosts[i]->nsyms || (i && hosts[1] == hosts[0]))
			continue;
		world->overrides[i] = heap_alloc(hosts[i]->nsyms / 8 + 1);
		note_overrides(hosts[i], world->overrides[i]);
	}
	if (world->host == HOST_GLIBC)
		set_bit(world->overrides[1], lookup_next_named(world->interp, "_r_debug", 0));
}

uintptr_t
export_definition_value(const struct definition *def)
{
	const struct object *obj = def->obj;
	const Elf64_Sym *sym = def->sym;
	const uint8_t *bits = NULL;
	uint32_t index = (uint32_t)(sym - obj->symtab);

	if (obj == world->libc)
		bits = world->overrides[0];
	else if (obj == world->interp)
		bits = world->overrides[1];
	if (bits && (bits[index / 8] >> (index % 8) & 1)) {
		enum export_number n = export_of(obj, index);

		if (n < EXPORT_COUNT)
			return export_address(n);
		if (streq(object_symbol_name(obj, sym),
			  "_r_debug")) /* data: ld.so's does not know our objects */
			return (uintptr_t)export_debug();
	}
	if (ELF64_ST_TYPE(sym->st_info) == STT_TLS)
		return sym->st_value;
	return sym->st_shndx == SHN_ABS ? sym->st_value : obj->base + sym->st_value;
}

void
exports_self_is_known(void)
{
	for (enum export_number n = EXPORT_readlink; n <= EXPORT_realpath_first; n++)
		if (is_self_function(n) && world->originals[n])
			live->targets[n] = (void (*)(void))world->originals[n];
}

_Static_assert(EXPORT_COUNT + PROCESS_FUNCTIONS <= EXPORT_STUB_SLOTS, "a stub for each");

uintptr_t
export_process_function(uint32_t n)
{
	return world->stubs + 16 * (uintptr_t)(EXPORT_COUNT + n);
}

bool
exports_is_stub(uintptr_t address)
{
	return address - world->stubs < exports_stub_size();
}

uintptr_t
exports_original(uintptr_t address, const char **name)
{
	uintptr_t n = (address - world->stubs) / 16;

	*name = NULL;
	if (!exports_is_stub(address) || address % 16)
		return 0;
	if (n >= EXPORT_COUNT)
		return n - EXPORT_COUNT < world->nprocess_functions
			       ? world->process_functions[n - EXPORT_COUNT]
			       : 0;
	*name = export_names;
	for (uintptr_t i = 0; i < n; i++)
		*name += strlen(*name) + 1;
	if (strchr(*name, '@')) /* an old version: the symbol table has its name */
		*name = NULL;
	return world->originals[n];
}

void
exports_ask_resolvers(void)
{
	for (uint32_t i = 0; i < world->nprocess_functions; i++)
		live->targets[EXPORT_COUNT + i] =
			(void (*)(void))arch_resolve(world->process_functions[i]);
}

struct r_debug *
export_debug(void)
{
	return &live->debug;
}

const struct dlfcn_hook *
export_hook(void)
{
	live->hook = (struct dlfcn_hook){
		.dlopen = export_address(EXPORT_dl_open),
		.dlclose = export_address(EXPORT_dlclose),
		.dlsym = export_address(EXPORT_dl_sym),
		.dlvsym = export_address(EXPORT_dl_vsym),
		.dlerror = export_address(EXPORT_dlerror),
		.dladdr = export_address(EXPORT_dladdr),
		.dladdr1 = export_address(EXPORT_dladdr1),
		.dlinfo = export_address(EXPORT_dlinfo),
		.dlmopen = export_address(EXPORT_dl_mopen),
		.libc_dlopen_mode = export_address(EXPORT_libc_open),
		.libc_dlsym = export_address(EXPORT_libc_sym),
		.libc_dlvsym = export_address(EXPORT_libc_vsym),
		.libc_dlclose = export_address(EXPORT_dlclose),
	};
	return &live->hook;
}

uintptr_t
exports_stub_start(void)
{
	return PAGE_ALIGN_DOWN((uintptr_t)export_stubs);
}

size_t
exports_stub_size(void)
{
	return PAGE_ALIGN_UP((uintptr_t)export_stubs + 16 * EXPORT_STUB_SLOTS) -
	       exports_stub_start();
}

uint64_t
exports_identity(void)
{
	return hash_checksum(export_names, sizeof(export_names), EXPORT_PAGE_DISTANCE);
}

void
exports_set_page(struct export_page *page)
{
	live = page;
}

bool
exports_copy_stubs(uintptr_t stubs)
{
	size_t size = exports_stub_size();
	long at = sys_mmap(stubs, size, SYS_PROT_READ | SYS_PROT_WRITE,
			   SYS_MAP_PRIVATE | SYS_MAP_ANONYMOUS | SYS_MAP_FIXED_NOREPLACE, -1, 0);

	if (sys_failed(at) || (uintptr_t)at != stubs)
		return false;
	memcpy((void *)stubs, (const void *)exports_stub_start(), size);
	return sys_mprotect(stubs, size, SYS_PROT_READ | SYS_PROT_EXEC) == 0;
}

void
exports_init_region(uintptr_t stubs)
{
	world->stubs = stubs;
}

void
exports_adopt(void)
{
	export_originals = world->originals;
}
