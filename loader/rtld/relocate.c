#include "rtld/hooks.h"
#include "rtld/bindings.h"
#include "rtld/relocate.h"
#include "rtld/copy_reloc.h"
#include "rtld/dlfcn.h"
#include "rtld/stubs.h"
#include "rtld/lazy.h"
#include "rtld/tls.h"
#include "base/heap.h"

/* A reference that was resolved before, so that the many references to one symbol cost one look-up.
 */
struct binding {
	struct symdef def;
	uintptr_t value;
	uint32_t index; /* the symbol; 0: nothing is remembered here */
	bool known[2]; /* by for_call */
	bool own; /* another process may resolve it otherwise: a unique symbol */
	bool lazy; /* nobody defines the function: looked up again when it is called */
};

#define BINDINGS 64 /* linkers sort references by symbol: those that repeat are near */

struct relocator {
	struct object *obj;
	struct error *error;
	struct binding *bindings; /* BINDINGS of them, by symbol; NULL: not worth it */
	uintptr_t low, high; /* a part of obj that may be written */
	uint32_t table; /* being worked off (enum plan_table), and which entry of it */
	uint64_t entry;
	bool leave_irelative;
	bool record; /* write nothing: note what is to be written (rtld->rebindings) */
};

static void
is_own(const struct relocator *r)
{
	relocate_tell_own(r->obj, r->table, r->entry);
}

/* Memory that has its final protection, RELRO or text, is opened for it. */
static void
write_bytes(const struct object *obj, uintptr_t place, const void *value, size_t size)
{
	int prot = object_closed_prot(obj, place);
	uintptr_t page = PAGE_ALIGN_DOWN(place);
	size_t span = PAGE_ALIGN_UP(place + size) - page;

	if (prot >= 0)
		sys_mprotect(page, span, SYS_PROT_READ | SYS_PROT_WRITE);
	memcpy((void *)place, value, size);
	if (prot >= 0)
		sys_mprotect(page, span, prot);
}

/* Write a word, unless it is right already: then its page may stay shared. */
static void
put(const struct relocator *r, uintptr_t place, uint64_t value)
{
	if (*(uint64_t *)place != value)
		write_bytes(r->obj, place, &value, sizeof(value));
}

bool
relocate_search(const struct object *obj, struct symbol_query *want, struct symdef *def)
{
	lookup_count++;
	if (obj->symbolic && obj != want->skip) {
		const Elf64_Sym *sym = lookup_in_object(obj, want);

		if (sym) {
			*def = (struct symdef){(struct object *)obj, sym};
			return true;
		}
	}
	for (uint32_t i = 0; i < obj->nscopes; i++)
		if (lookup_in_scope(obj->scopes[i], want, NULL, def))
			return true;
	*def = (struct symdef){NULL, NULL};
	return false;
}

/*
 * A reference that is itself protected binds to its own object, unless the definition that the
 * scope gives is the object's anyway (glibc: _dl_lookup_symbol_x).
 */
static void
honour_protected(struct object *obj, const Elf64_Sym *ref, struct symdef *def)
{
	if (ELF64_ST_VISIBILITY(ref->st_other) == STV_PROTECTED && def->obj && def->obj != obj &&
	    ref->st_shndx != SHN_UNDEF)
		*def = (struct symdef){obj, ref};
}

static bool
binds_locally(const Elf64_Sym *ref)
{
	unsigned visibility = ELF64_ST_VISIBILITY(ref->st_other);

	return ELF64_ST_BIND(ref->st_info) == STB_LOCAL || visibility == STV_HIDDEN ||
	       visibility == STV_INTERNAL;
}

/* A dlopened object bound to another that it does not need: that one must outlive it. */
void
relocate_depend(struct object *obj, struct object *on)
{
	if (on->kind == OBJECT_LOADED && obj->kind == OBJECT_STARTUP)
		on->nodelete = true; /* for good, as in ld.so */
	if (on->kind == OBJECT_LOADED && on != obj && obj->kind == OBJECT_LOADED &&
	    !scope_has(&obj->needed, on) && !scope_has(&obj->reldeps, on))
		scope_add(&obj->reldeps, on);
}

bool
relocate_resolve(struct object *obj, uint32_t index, bool for_call, const struct object *skip,
		 struct symdef *def, struct error *error)
{
	const Elf64_Sym *ref = index < obj->nsyms ? &obj->symtab[index] : NULL;
	const char *name = ref ? object_symbol_name(obj, ref) : NULL;
	struct symbol_query want;

	if (!name)
		return error_set(error, obj->path, 0,
				 "relocation names a symbol that is not there (symbol %u)", index);
	if (binds_locally(ref)) {
		*def = (struct symdef){obj, ref};
		return true;
	}
	symbol_query_init(&want, name);
	want.version = rtld->libc_kind == LIBC_MUSL ? NULL : lookup_version_of(obj, index);
	want.for_call = for_call;
	want.skip = skip;
	if (relocate_search(obj, &want, def)) {
		honour_protected(obj, ref, def);
		if (ELF64_ST_BIND(def->sym->st_info) == STB_GNU_UNIQUE)
			relocate_unique(name, def);
		relocate_depend(obj, def->obj);
		return true;
	}
	if (ELF64_ST_BIND(ref->st_info) == STB_WEAK)
		return true;
	if (want.version)
		return error_say(error, message_name(obj), 0, ERROR_UNDEFINED_VERSION, name,
				 want.version->name);
	return error_say(error, message_name(obj), 0, ERROR_UNDEFINED, name);
}

/* May `size` bytes at `place` be written? Relocations come in runs, so the last part found mostly
 * answers. */
static bool
writable(struct relocator *r, uintptr_t place, size_t size)
{
	struct object *obj = r->obj;

	if (place >= r->low && place <= r->high && size <= r->high - place)
		return true;
	for (uint32_t i = 0; i < obj->phnum; i++) {
		const Elf64_Phdr *p = &obj->phdr[i];
		uintptr_t low = obj->base + p->p_vaddr;

		if (p->p_type != PT_LOAD || !((p->p_flags & PF_W) || obj->textrel))
			continue;
		if (place >= low && place - low <= p->p_memsz &&
		    size <= p->p_memsz - (place - low)) {
			r->low = low;
			r->high = low + p->p_memsz;
			return true;
		}
	}
	return error_set(r->error, obj->path, 0,
			 "relocation outside the writable segments (offset 0x%lx)",
			 place - obj->base);
}

static void
add_ifunc_reloc(struct relocator *r, uintptr_t place, uintptr_t resolver, int64_t addend,
		enum reloc_kind kind)
{
	/* A heap that is to be kept has no use for them. A launch that stops publishing gives the
	 * heap a block of scratch memory to reuse, never the other way. */
	struct ifunc_reloc *list =
		hook_keeps_heap() ? scratch_grow(rtld->ifunc_relocs, &rtld->ifunc_relocs_capacity,
						 rtld->nifunc_relocs + 1, sizeof(*list))
				  : heap_grow(rtld->ifunc_relocs, &rtld->ifunc_relocs_capacity,
					      rtld->nifunc_relocs + 1, sizeof(*list));

	if (!list)
		message_die(127, "xipld: out of memory\n");
	rtld->ifunc_relocs = list;
	rtld->ifunc_relocs[rtld->nifunc_relocs++] =
		(struct ifunc_reloc){place, resolver, addend, r->obj, kind, r->table, r->entry};
	if (r->obj->tls.present && place - r->obj->tls.image < r->obj->tls.filesz)
		r->obj->ifunc_tls = true;
}

static void
add_deferred_write(uintptr_t place, uint64_t value)
{
	rtld->deferred_writes =
		heap_grow(rtld->deferred_writes, &rtld->deferred_writes_capacity,
			  rtld->ndeferred_writes + 1, sizeof(*rtld->deferred_writes));
	rtld->deferred_writes[rtld->ndeferred_writes++] = (struct deferred_write){place, value};
}

static bool
write_narrow(struct relocator *r, uintptr_t place, uint64_t value, bool is_signed)
{
	if (is_signed ? (int64_t)value != (int32_t)value : value != (uint32_t)value)
		return error_set(r->error, r->obj->path, 0,
				 "32-bit relocation overflows (offset 0x%lx)",
				 place - r->obj->base);
	write_bytes(r->obj, place, &(uint32_t){(uint32_t)value}, 4);
	return true;
}

static bool
write_value(struct relocator *r, enum reloc_kind kind, uintptr_t place, uint64_t value)
{
	switch (kind) {
	case RELOC_PC32:
		return write_narrow(r, place, value - place, true);
	case RELOC_ADDRESS32:
	case RELOC_SIZE32:
		return write_narrow(r, place, value, false);
	case RELOC_ADDRESS32S:
		return write_narrow(r, place, value, true);
	case RELOC_PC64:
		value -= place;
		break;
	default:
		break;
	}
	if (r->record)
		add_deferred_write(place, value);
	else
		put(r, place, value);
	stats.bytes_written += 8;
	return true;
}

static bool
needs_static_tls(struct relocator *r, struct object *obj)
{
	if (obj->tls.is_static || tls_make_static(obj))
		return true;
	if (obj->tls.present)
		return error_say(r->error, obj->path, 0, ERROR_STATIC_TLS);
	return error_set(r->error, obj->path, 0,
			 "thread-local symbol in an object without thread-local storage");
}

static bool
relocate_tls_descriptor(struct relocator *r, uintptr_t place, const struct symdef *def,
			uint64_t value)
{
	if (!def->obj) {
		put(r, place, stub_address(STUB_tlsdesc_weak));
		put(r, place + 8, value);
	} else if (def->obj->tls.is_static) {
		put(r, place, stub_address(STUB_tlsdesc_static));
		put(r, place + 8, (uintptr_t)def->obj->tls.tp_offset + value);
	} else {
		struct tls_index *index = heap_alloc(sizeof(*index));

		vector_state_size =
			vector_state_size ? vector_state_size : arch_vector_state_size();
		*index = (struct tls_index){def->obj->tls.module, value - ARCH_TLS_DTP_BIAS};
		put(r, place, stub_address(STUB_tlsdesc_dynamic));
		put(r, place + 8, (uintptr_t)index);
	}
	return true;
}

static bool
relocate_tls(struct relocator *r, enum reloc_kind kind, uintptr_t place, const struct symdef *def,
	     uint64_t value)
{
	/* where a dlopened object's block lies, and its number, depend on what came before */
	if (def->obj && def->obj->kind == OBJECT_LOADED && kind != RELOC_DTPOFF)
		is_own(r);
	if (kind == RELOC_TLSDESC)
		return relocate_tls_descriptor(r, place, def, value);
	if (!def->obj) {
		if (kind != RELOC_TPOFF)
			return true; /* undefined weak: never used */
		put(r, place, value);
		return true;
	}
	switch (kind) {
	case RELOC_DTPMOD:
		value = def->obj->tls.module;
		break;
	case RELOC_DTPOFF:
		value -= ARCH_TLS_DTP_BIAS;
		break;
	default:
		if (!needs_static_tls(r, def->obj))
			return false;
		value += (uint64_t)def->obj->tls.tp_offset;
	}
	put(r, place, value);
	return true;
}

/* --bindings: what a local symbol is needs no look-up, and is no binding. */
static void
show_binding(const struct object *obj, uint32_t index, const struct binding *b, const char *how)
{
	if (!binds_locally(&obj->symtab[index]))
		report_binding(obj, index, &b->def, b->value, how);
}

/* May a function that nobody defines wait for the first call? */
static bool
may_wait(const struct relocator *r, bool for_call)
{
	struct object *obj = r->obj;

	return for_call && r->table == PLAN_TABLE_JMPREL && !obj->bind_now && !rtld->bind_now &&
	       lazy_prepare(obj);
}

/* Resolve through the memory of earlier answers. */
static bool
bind(struct relocator *r, uint32_t index, bool for_call, struct binding *b)
{
	struct binding *memo = r->bindings ? &r->bindings[index % BINDINGS] : NULL;
	struct object *obj = r->obj;

	if (memo && memo->index != index)
		*memo = (struct binding){.index = index};
	if (memo && memo->known[for_call]) {
		*b = *memo;
		return true;
	}
	*b = (struct binding){.index = index};
	if (!relocate_resolve(obj, index, for_call, NULL, &b->def, r->error)) {
		if (index >= obj->nsyms || !object_symbol_name(obj, &obj->symtab[index]) ||
		    !may_wait(r, for_call))
			return false;
		b->lazy = true;
	} else if (!b->def.obj) {
		b->lazy = may_wait(r, for_call);
	} else {
		b->value = stub_symdef_value(&b->def);
		b->own = ELF64_ST_BIND(b->def.sym->st_info) == STB_GNU_UNIQUE;
	}
	if (__builtin_expect(options.bindings, false))
		show_binding(obj, index, b, for_call ? "call" : "data");
	if (memo && !memo->known[!for_call]) {
		*memo = *b;
		memo->known[for_call] = true;
	}
	return true;
}

/* The addend, if this kind has one. */
static int64_t
addend_of(const Elf64_Rela *rela, enum reloc_kind kind)
{
	bool slot = kind == RELOC_GOT || kind == RELOC_FUNCTION;

	return slot && !ARCH_SLOT_ADDEND ? 0 : rela->r_addend;
}

static bool
relocate_symbolic(struct relocator *r, const Elf64_Rela *rela, enum reloc_kind kind,
		  uintptr_t place)
{
	uint32_t index = ELF64_R_SYM(rela->r_info);
	struct binding b = {.def = {r->obj, NULL}};
	int64_t addend = addend_of(rela, kind);

	if (index >= r->obj->nsyms && index != 0)
		return error_set(r->error, r->obj->path, 0,
				 "relocation names a symbol that is not there (symbol %u)", index);
	stats.relocations_symbolic++;
	if (index && !bind(r, index, kind == RELOC_FUNCTION, &b))
		return false;
	if (b.own)
		is_own(r);
	if (b.lazy) /* the slot holds the way to the head of the table, as the linker wrote it */
		return write_value(r, kind, place, *(uint64_t *)place + r->obj->base);
	if (kind == RELOC_DTPMOD || kind == RELOC_DTPOFF || kind == RELOC_TPOFF ||
	    kind == RELOC_TLSDESC)
		return relocate_tls(r, kind, place, &b.def,
				    (b.def.sym ? b.def.sym->st_value : 0) + (uint64_t)addend);
	if (kind == RELOC_SIZE32 || kind == RELOC_SIZE64)
		return write_value(r, kind, place,
				   (b.def.sym ? b.def.sym->st_size : 0) + (uint64_t)addend);
	if (b.def.obj && b.def.sym && ELF64_ST_TYPE(b.def.sym->st_info) == STT_GNU_IFUNC &&
	    b.def.sym->st_shndx != SHN_UNDEF) {
		add_ifunc_reloc(r, place, b.value, addend, kind);
		return true;
	}
	return write_value(r, kind, place, b.value + (uint64_t)addend);
}

static size_t
width_of(enum reloc_kind kind)
{
	switch (kind) {
	case RELOC_ADDRESS32:
	case RELOC_ADDRESS32S:
	case RELOC_PC32:
	case RELOC_SIZE32:
		return 4;
	case RELOC_TLSDESC:
		return 16;
	case RELOC_COPY:
		return 0;
	default:
		return 8;
	}
}

static bool
relocate_entry(struct relocator *r, const Elf64_Rela *rela)
{
	uint32_t type = ELF64_R_TYPE(rela->r_info);
	enum reloc_kind kind = arch_reloc_kind(type);
	uintptr_t place = r->obj->base + rela->r_offset;

	if (kind == RELOC_NONE)
		return true;
	if (kind == RELOC_UNKNOWN)
		return error_set(r->error, r->obj->path, 0, "unexpected relocation type 0x%x",
				 type);
	if (!writable(r, place, width_of(kind)))
		return false;
	if (r->record && kind == RELOC_RELATIVE)
		return true; /* the interpreter has done these */
	switch (kind) {
	case RELOC_RELATIVE:
		*(uint64_t *)place = r->obj->base + (uint64_t)rela->r_addend;
		stats.relocations_relative++;
		stats.bytes_written += 8;
		return true;
	case RELOC_IRELATIVE:
		if (!r->leave_irelative)
			add_ifunc_reloc(r, place, r->obj->base + (uint64_t)rela->r_addend, 0, kind);
		return true;
	case RELOC_COPY:
		return copy_relocs_note(r->obj, ELF64_R_SYM(rela->r_info), place, r->error);
	default:
		return relocate_symbolic(r, rela, kind, place);
	}
}

/* Relocations by the load address alone stand together: *rela is one of them, and done. Do those
 * that follow, of `count` entries with it, as long as none has to be looked at. Returns how many.
 */
static size_t
relocate_relatives(struct relocator *r, const Elf64_Rela *rela, size_t count)
{
	const uintptr_t base = r->obj->base;
	size_t n = 1;

	for (; n < count && rela[n].r_info == rela->r_info; n++) {
		uintptr_t place = base + rela[n].r_offset;

		if (place < r->low || place > r->high || r->high - place < sizeof(uint64_t))
			break;
		*(uint64_t *)place = base + (uint64_t)rela[n].r_addend;
	}
	n--;
	stats.relocations_relative += n;
	stats.bytes_written += n * sizeof(uint64_t);
	return n;
}

static bool
relocate_table(struct relocator *r, const struct table *t)
{
	const Elf64_Rela *rela = (const Elf64_Rela *)t->at;
	const size_t count = t->size / sizeof(*rela);

	r->table = t == &r->obj->jmprel ? PLAN_TABLE_JMPREL : PLAN_TABLE_RELA;
	for (r->entry = 0; r->entry < count; r->entry++) {
		const Elf64_Rela *now = &rela[r->entry];

		if (!relocate_entry(r, now))
			return false;
		if (arch_reloc_kind(ELF64_R_TYPE(now->r_info)) == RELOC_RELATIVE && !r->record)
			r->entry += relocate_relatives(r, now, count - r->entry);
	}
	return true;
}

bool
relocate_again(struct object *obj, uint32_t table, uint64_t entry, struct error *error)
{
	const struct table *t = table == PLAN_TABLE_JMPREL ? &obj->jmprel : &obj->rela;
	struct relocator r = {.obj = obj, .error = error, .table = table, .entry = entry};

	if (entry >= t->size / sizeof(Elf64_Rela))
		return error_set(error, obj->path, 0, "plan names a relocation that is not there");
	return relocate_entry(&r, (const Elf64_Rela *)t->at + entry);
}

/* DT_RELR (gABI, 2022): an even word is an address, an odd one a bitmap of the 63 words behind the
 * last. */
static bool
relocate_relr(struct relocator *r)
{
	const uint64_t *entry = (const uint64_t *)r->obj->relr.at;
	uintptr_t base = r->obj->base, next = 0;

	for (size_t n = r->obj->relr.size / 8; n; n--, entry++) {
		if (!(*entry & 1)) {
			next = base + *entry;
			if (!writable(r, next, 8))
				return false;
			*(uint64_t *)next += base;
			stats.relocations_relative++;
			next += 8;
			continue;
		}
		for (uint64_t bits = *entry >> 1, i = 0; bits; bits >>= 1, i++) {
			if (!(bits & 1))
				continue;
			if (!writable(r, next + i * 8, 8))
				return false;
			*(uint64_t *)(next + i * 8) += base;
			stats.relocations_relative++;
		}
		next += 63 * 8;
	}
	return true;
}

bool
relocate_object(struct object *obj, bool leave_irelative, struct error *error)
{
	struct relocator r = {.obj = obj, .error = error, .leave_irelative = leave_irelative};
	size_t count = (obj->rela.size + obj->jmprel.size) / sizeof(Elf64_Rela);
	struct binding bindings[BINDINGS];
	bool ok;

	if (obj->relocated)
		return true;
	obj->relocated = true;
	if (obj->textrel && !object_protect_text(obj, true, error))
		return false;
	if (rtld->libc_kind == LIBC_GLIBC) /* musl leaves it alone */
		object_relocate_dynamic(obj);
	if (count > BINDINGS) /* enough references that some repeat */
		r.bindings = memset(bindings, 0, sizeof(bindings));
	ok = relocate_relr(&r) && relocate_table(&r, &obj->rela) &&
	     relocate_table(&r, &obj->jmprel);
	/* before any resolver runs: it may be in there */
	if (ok && obj->textrel)
		obj->text_closed = ok = object_protect_text(obj, false, error);
	return ok;
}

bool
relocate_note(struct object *obj, struct error *error)
{
	struct relocator r = {.obj = obj, .error = error, .record = true};

	return relocate_table(&r, &obj->rela) && relocate_table(&r, &obj->jmprel);
}

void
relocate_noted(void)
{
	for (uint32_t i = 0; i < rtld->ndeferred_writes; i++)
		*(uint64_t *)rtld->deferred_writes[i].place = rtld->deferred_writes[i].value;
}

bool
relocate_write(const struct ifunc_reloc *l, uint64_t value, struct error *error)
{
	struct relocator r = {.obj = l->obj, .error = error};

	return write_value(&r, l->kind, l->place, value);
}

void
relocate_slot(const struct object *obj, uintptr_t place, uint64_t value)
{
	const struct relocator r = {.obj = (struct object *)obj};

	put(&r, place, value);
}
