#include "link/exports.h"
#include "host/host.h"
#include "link/dlfcn.h"
#include "link/self.h"
#include "link/tls.h"
#include "sys/heap.h"

#define EXPORT_STUB_SLOTS 96 /* as in start.S; the last is unresolved_entry's */

extern const char export_stubs[], unresolved_stubs[];
extern void tls_get_addr_entry(void), tlsdesc_static(void), tlsdesc_dynamic(void), tlsdesc_weak(void);
extern void unresolved_entry(void);

#define EXPORT(name, function)
#define PLACE(name)
#define SELFLINK0(name)
#define SELFLINK1(name)
#define SELF0(name) extern void self_##name(void);
#define SELF1(name) extern void self_##name(void);
#include "link/exports.def"
#undef EXPORT
#undef SELF0
#undef SELF1
#undef SELFLINK0
#undef SELFLINK1
#undef PLACE

/* Where the stubs jump. What lies here is this process's own; what points at the stubs is everybody's. */
void (*export_targets[EXPORT_STUB_SLOTS])(void) = {
#define EXPORT(name, function) [EXPORT_##name] = (void (*)(void))function,
#define SELF0(name) [EXPORT_##name] = self_##name,
#define SELF1(name) [EXPORT_##name] = self_##name,
#define SELFLINK0(name) [EXPORT_##name] = (void (*)(void))export_##name,
#define SELFLINK1(name) [EXPORT_##name] = (void (*)(void))export_##name,
#define PLACE(name) [EXPORT_##name] = (void (*)(void))name,
#include "link/exports.def"
	[EXPORT_STUB_SLOTS - 1] = unresolved_entry,
};
#undef EXPORT
#undef SELF0
#undef SELF1
#undef SELFLINK0
#undef SELFLINK1
#undef PLACE

/* libc's own functions of the same names. */
uintptr_t export_originals[EXPORT_COUNT];

static const char export_names[] =
#define EXPORT(name, function) #name "\0"
#define SELF0(name) #name "\0"
#define SELF1(name) #name "\0"
#define SELFLINK0(name) #name "\0"
#define SELFLINK1(name) #name "\0"
#define PLACE(name) "\0"
#include "link/exports.def"
	;

static bool
is_self_function(enum export_number number)
{
	return number >= EXPORT_readlink && number <= EXPORT_statx;
}

/* The functions that objects call without a version, by number; NULL names are the loader's private places. */
static struct {
	const char *object, *name;
} unresolved[UNRESOLVED_STUBS];
static unsigned unresolved_count;

uintptr_t
export_address(enum export_number number)
{
	return (uintptr_t)export_stubs + 16 * (uintptr_t)number;
}

uintptr_t
export_unresolved(const struct object *obj, const char *name)
{
	unsigned n = unresolved_count < UNRESOLVED_STUBS ? unresolved_count++ : UNRESOLVED_STUBS - 1;

	unresolved[n].object = obj->path;
	unresolved[n].name = name;
	return (uintptr_t)unresolved_stubs + 16 * n;
}

_Noreturn void export_report_unresolved(unsigned number);

/* As ld.so words it, and with its exit status. */
_Noreturn void
export_report_unresolved(unsigned number)
{
	message_die(127, "%s: symbol lookup error: %s: undefined symbol: %s\n", base_name(world->program->path),
		    unresolved[number].object, unresolved[number].name);
}

static void
note_overrides(const struct object *obj, uint8_t *bits)
{
	const char *name = export_names;

	for (enum export_number n = 0; n < EXPORT_COUNT; n++, name += strlen(name) + 1) {
		if (!*name)
			continue;
		for (uint32_t i = lookup_next_named(obj, name, 0); i; i = lookup_next_named(obj, name, i))
			bits[i / 8] |= (uint8_t)(1 << (i % 8));
		if (is_self_function(n)) {
			struct wanted want;
			const Elf64_Sym *sym;

			lookup_want(&want, name);
			want.newest = true;
			sym = lookup_in_object(obj, &want);
			if (sym)
				export_originals[n] = obj->base + sym->st_value;
		}
	}
}

void
exports_init(void)
{
	const struct object *hosts[2] = {world->libc, world->interp};

	for (int i = 0; i < 2; i++) {
		if (!hosts[i] || !hosts[i]->nsyms || (i && hosts[1] == hosts[0]))
			continue;
		world->overrides[i] = heap_alloc(hosts[i]->nsyms / 8 + 1);
		note_overrides(hosts[i], world->overrides[i]);
	}
}

uintptr_t
export_definition_value(const struct definition *def)
{
	const struct object *obj = def->obj;
	const Elf64_Sym *sym = def->sym;
	const uint8_t *bits = NULL;
	uint32_t index = (uint32_t)(sym - obj->symtab);
	const char *name = export_names, *have;

	if (obj == world->libc)
		bits = world->overrides[0];
	else if (obj == world->interp)
		bits = world->overrides[1];
	if (bits && (bits[index / 8] >> (index % 8) & 1)) {
		have = object_symbol_name(obj, sym);
		for (enum export_number n = 0; n < EXPORT_COUNT; n++, name += strlen(name) + 1)
			if (streq(name, have))
				return export_address(n);
	}
	if (ELF64_ST_TYPE(sym->st_info) == STT_TLS)
		return sym->st_value;
	return sym->st_shndx == SHN_ABS ? sym->st_value : obj->base + sym->st_value;
}

void
exports_self_is_known(void)
{
	for (enum export_number n = EXPORT_readlink; n <= EXPORT_statx; n++)
		if (export_originals[n])
			export_targets[n] = (void (*)(void))export_originals[n];
}
