/* The dynamic section (gABI 5 "Dynamic Section"): every table found, bounded, and kept in the
 * object. */
#include "elf/object.h"
#include "base/heap.h"

static bool
bad(const struct object *obj, struct error *error, const char *tag)
{
	return error_set(error, obj->path, 0, "table lies outside the object's segments (%s)", tag);
}

/* An array of functions of `size` bytes at address `vaddr` of the file. */
static bool
take_array(const struct object *obj, struct table *t, uint64_t vaddr, uint64_t size,
	   const char *tag, struct error *error)
{
	if (size == 0) {
		t->size = 0;
		return true;
	}
	if (!object_holds(obj, vaddr + obj->base, size, false))
		return bad(obj, error, tag);
	t->at = vaddr + obj->base;
	t->size = size;
	return true;
}

/* A table of structures, which must be aligned. */
static bool
take_table(const struct object *obj, struct table *t, uint64_t vaddr, uint64_t size,
	   const char *tag, struct error *error)
{
	if (size && (vaddr & 7))
		return bad(obj, error, tag);
	return take_array(obj, t, vaddr, size, tag, error);
}

/* What one pass over the section collects; addresses are the file's. */
struct raw {
	uint64_t value[DT_NUM];
	uint64_t gnu_hash, versym, verdef, verdefnum, verneed, verneednum, relr, relrsz;
	bool has[DT_NUM];
};

static void
collect(struct object *obj, struct raw *raw)
{
	for (uint32_t i = 0; i < obj->ndynamic; i++) {
		const Elf64_Dyn *d = &obj->dynamic[i];

		if (d->d_tag >= 0 && d->d_tag < DT_NUM && d->d_tag != DT_NEEDED) {
			raw->value[d->d_tag] = d->d_un.d_val;
			raw->has[d->d_tag] = true;
		}
		switch (d->d_tag) {
		case DT_GNU_HASH:
			raw->gnu_hash = d->d_un.d_ptr;
			break;
		case DT_VERSYM:
			raw->versym = d->d_un.d_ptr;
			break;
		case DT_VERDEF:
			raw->verdef = d->d_un.d_ptr;
			break;
		case DT_VERDEFNUM:
			raw->verdefnum = d->d_un.d_val;
			break;
		case DT_VERNEED:
			raw->verneed = d->d_un.d_ptr;
			break;
		case DT_VERNEEDNUM:
			raw->verneednum = d->d_un.d_val;
			break;
		case DT_RELR:
			raw->relr = d->d_un.d_ptr;
			break;
		case DT_RELRSZ:
			raw->relrsz = d->d_un.d_val;
			break;
		case DT_FLAGS_1:
			obj->flags_1 = (uint32_t)d->d_un.d_val;
			break;
		default:
			break;
		}
	}
}

static bool
find_section(struct object *obj, struct error *error)
{
	for (uint32_t i = 0; i < obj->phnum; i++) {
		const Elf64_Phdr *p = &obj->phdr[i];
		uintptr_t at = obj->base + p->p_vaddr;

		if (p->p_type == PT_INTERP) {
			if (p->p_filesz < 2 || ((const char *)at)[p->p_filesz - 1])
				return error_set(error, obj->path, 0,
						 "interpreter's name does not end (PT_INTERP)");
			obj->interp = (const char *)at;
		}
		if (p->p_type != PT_DYNAMIC)
			continue;
		if (p->p_filesz == 0) { /* separate debugging information */
			obj->dynamic = NULL;
			return true;
		}
		if (at & 7)
			return error_set(error, obj->path, 0,
					 "misaligned dynamic section (PT_DYNAMIC)");
		obj->dynamic = (Elf64_Dyn *)at;
		obj->ndynamic = 0;
		obj->map.l_ld = obj->dynamic;
		obj->dynamic_writable = p->p_flags & PF_W;
		for (uint32_t n = 0; n < p->p_filesz / sizeof(Elf64_Dyn); n++, obj->ndynamic++)
			if (obj->dynamic[n].d_tag == DT_NULL)
				break;
	}
	return true;
}

/* What glibc's ld.so relocates where it stands (elf/get-dynamic-info.h). */
static bool
is_relocated_tag(int64_t tag)
{
	switch (tag) {
	case DT_HASH:
	case DT_PLTGOT:
	case DT_STRTAB:
	case DT_SYMTAB:
	case DT_RELA:
	case DT_RELR:
	case DT_JMPREL:
	case DT_VERSYM:
	case DT_GNU_HASH:
		return true;
	default:
		return false;
	}
}

/* Of several entries of a tag the last counts; a DT_RELA of 0 stands for no table. */
static bool
is_relocated_entry(const struct object *obj, uint32_t index)
{
	const Elf64_Dyn *d = &obj->dynamic[index];

	if (!is_relocated_tag(d->d_tag) || (d->d_tag == DT_RELA && d->d_un.d_ptr == 0))
		return false;
	for (uint32_t i = index + 1; i < obj->ndynamic; i++)
		if (obj->dynamic[i].d_tag == d->d_tag)
			return false;
	return true;
}

void
object_relocate_dynamic(struct object *obj)
{
	if (!ARCH_DYNAMIC_RELOCATED || !obj->dynamic_writable || obj->dynamic_relocated ||
	    obj->base == 0 ||
	    !object_holds(obj, (uintptr_t)obj->dynamic, obj->ndynamic * sizeof(Elf64_Dyn), true))
		return;
	for (uint32_t i = 0; i < obj->ndynamic; i++)
		if (is_relocated_entry(obj, i))
			obj->dynamic[i].d_un.d_ptr += obj->base;
	obj->dynamic_relocated = true;
}

uint64_t
object_dynamic_value(const struct object *obj, uint32_t index)
{
	bool relocated = obj->dynamic_relocated && is_relocated_entry(obj, index);

	return obj->dynamic[index].d_un.d_val - (relocated ? obj->base : 0);
}

static bool
take_strings(struct object *obj, const struct raw *raw, struct error *error)
{
	if (!raw->has[DT_STRTAB] || !raw->value[DT_STRSZ])
		return !raw->has[DT_SYMTAB] || bad(obj, error, "DT_STRTAB");
	obj->strtab = (const char *)(raw->value[DT_STRTAB] + obj->base);
	obj->strsz = raw->value[DT_STRSZ];
	if (!object_holds(obj, (uintptr_t)obj->strtab, obj->strsz, false))
		return bad(obj, error, "DT_STRTAB");
	/* So that no string runs out of the table. */
	while (obj->strsz && obj->strtab[obj->strsz - 1])
		obj->strsz--;
	return true;
}

static bool
take_gnu_hash(struct object *obj, uint64_t vaddr, struct error *error)
{
	struct gnu_hash *h = &obj->gnu;
	const uint32_t *words = (const uint32_t *)(vaddr + obj->base);
	size_t bytes_left = object_bytes_left(obj, vaddr + obj->base);
	uint64_t need;

	if (bytes_left < 16 || (vaddr & 7))
		return bad(obj, error, "DT_GNU_HASH");
	h->nbuckets = words[0];
	h->symoffset = words[1];
	h->bloom_mask = words[2] - 1;
	h->bloom_shift = words[3] & 31; /* of a hash of 32 bits */
	need = 16 + (uint64_t)words[2] * 8 + (uint64_t)h->nbuckets * 4;
	if (words[2] == 0 || (words[2] & (words[2] - 1)) || h->nbuckets == 0 || need > bytes_left)
		return bad(obj, error, "DT_GNU_HASH");
	h->bloom = (const uint64_t *)(words + 4);
	h->buckets = (const uint32_t *)(h->bloom + words[2]);
	h->chain = h->buckets + h->nbuckets;
	h->nchain = (uint32_t)((bytes_left - need) / 4 > UINT32_MAX / 2 ? UINT32_MAX / 2
									: (bytes_left - need) / 4);
	return true;
}

static bool
take_sysv_hash(struct object *obj, uint64_t vaddr, struct error *error)
{
	struct sysv_hash *h = &obj->sysv;
	const uint32_t *words = (const uint32_t *)(vaddr + obj->base);
	size_t bytes_left = object_bytes_left(obj, vaddr + obj->base);

	if (bytes_left < 8 || (vaddr & 3))
		return bad(obj, error, "DT_HASH");
	h->nbuckets = words[0];
	h->nchain = words[1];
	if (8 + ((uint64_t)h->nbuckets + h->nchain) * 4 > bytes_left)
		return bad(obj, error, "DT_HASH");
	h->buckets = words + 2;
	h->chain = h->buckets + h->nbuckets;
	return true;
}

/* Bytes from the symbol table at `at` to the table that follows it, or to where memory ends. */
static size_t
symbols_bytes_left(const struct object *obj, const struct raw *raw, uintptr_t at)
{
	const uint64_t tables[] = {raw->value[DT_STRTAB], raw->value[DT_HASH],	raw->gnu_hash,
				   raw->versym,		  raw->verdef,		raw->verneed,
				   raw->value[DT_RELA],	  raw->value[DT_JMPREL]};
	size_t bytes_left = object_bytes_left(obj, at);

	for (size_t i = 0; i < sizeof(tables) / sizeof(tables[0]); i++)
		if (tables[i] + obj->base > at && tables[i] + obj->base - at < bytes_left)
			bytes_left = tables[i] + obj->base - at;
	return bytes_left;
}

/* DT_SYMTAB has no size: what lies behind it bounds it, and DT_HASH tells its length. */
static bool
take_symbols(struct object *obj, const struct raw *raw, struct error *error)
{
	uintptr_t at = raw->value[DT_SYMTAB] + obj->base;
	size_t bytes_left;

	if (!raw->has[DT_SYMTAB])
		return true;
	bytes_left = symbols_bytes_left(obj, raw, at);
	if (bytes_left < sizeof(Elf64_Sym) || (at & 7) ||
	    (raw->has[DT_SYMENT] && raw->value[DT_SYMENT] != sizeof(Elf64_Sym)))
		return bad(obj, error, "DT_SYMTAB");
	obj->symtab = (const Elf64_Sym *)at;
	obj->nsyms = (uint32_t)(bytes_left / sizeof(Elf64_Sym));
	if (raw->gnu_hash && !take_gnu_hash(obj, raw->gnu_hash, error))
		return false;
	if (raw->has[DT_HASH] && !take_sysv_hash(obj, raw->value[DT_HASH], error))
		return false;
	if (obj->sysv.buckets && obj->sysv.nchain < obj->nsyms)
		obj->nsyms = obj->sysv.nchain;
	if (raw->versym) {
		obj->versym = (const Elf64_Half *)(raw->versym + obj->base);
		if ((raw->versym & 1) || !object_holds(obj, raw->versym + obj->base, 2, false))
			return bad(obj, error, "DT_VERSYM");
		if (object_bytes_left(obj, raw->versym + obj->base) / 2 < obj->nsyms)
			obj->nsyms =
				(uint32_t)(object_bytes_left(obj, raw->versym + obj->base) / 2);
	}
	return true;
}

static void
set_version(struct object *obj, uint32_t index, struct version v)
{
	uint32_t capacity = obj->nversions;

	index &= 0x7fff;
	if (index >= capacity) {
		obj->versions =
			heap_grow(obj->versions, &capacity, index + 1, sizeof(*obj->versions));
		obj->nversions = capacity;
	}
	obj->versions[index] = v;
}

/* Step `offset` bytes from `at`; NULL at the chain's end. A chain only ever moves forward, so it
 * cannot loop. */
static const void *
next_entry(const struct object *obj, const void *at, uint32_t offset, size_t size)
{
	uintptr_t next = (uintptr_t)at + offset;

	return offset >= 4 && !(offset & 3) && object_holds(obj, next, size, false)
		       ? (const void *)next
		       : NULL;
}

static bool
take_definitions(struct object *obj, uint64_t vaddr, uint64_t count, struct error *error)
{
	const Elf64_Verdef *def = (const Elf64_Verdef *)(vaddr + obj->base);

	if ((vaddr & 3) || !object_holds(obj, (uintptr_t)def, sizeof(*def), false))
		return bad(obj, error, "DT_VERDEF");
	for (; def && count; count--) {
		const Elf64_Verdaux *aux = next_entry(obj, def, def->vd_aux, sizeof(*aux));

		if (def->vd_version != 1 || !aux || !object_string(obj, aux->vda_name))
			return bad(obj, error, "DT_VERDEF");
		if (!(def->vd_flags & VER_FLG_BASE))
			set_version(obj, def->vd_ndx,
				    (struct version){.name = object_string(obj, aux->vda_name),
						     .hash = def->vd_hash});
		if (def->vd_next == 0)
			break;
		def = next_entry(obj, def, def->vd_next, sizeof(*def));
		if (!def)
			return bad(obj, error, "DT_VERDEF");
	}
	return true;
}

static bool
take_needs_of(struct object *obj, const Elf64_Verneed *need, struct error *error)
{
	const Elf64_Vernaux *aux = next_entry(obj, need, need->vn_aux, sizeof(*aux));

	for (uint32_t n = need->vn_cnt; n; n--) {
		if (!aux || !object_string(obj, aux->vna_name) ||
		    !object_string(obj, need->vn_file))
			return bad(obj, error, "DT_VERNEED");
		set_version(obj, aux->vna_other,
			    (struct version){
				    .name = object_string(obj, aux->vna_name),
				    .file = object_string(obj, need->vn_file),
				    .hash = aux->vna_hash,
				    .weak = aux->vna_flags & VER_FLG_WEAK,
				    .needed = true,
				    .order = ++obj->nneeds,
			    });
		if (aux->vna_next == 0)
			break;
		aux = next_entry(obj, aux, aux->vna_next, sizeof(*aux));
	}
	return true;
}

static bool
take_needs(struct object *obj, uint64_t vaddr, uint64_t count, struct error *error)
{
	const Elf64_Verneed *need = (const Elf64_Verneed *)(vaddr + obj->base);

	if ((vaddr & 3) || !object_holds(obj, (uintptr_t)need, sizeof(*need), false))
		return bad(obj, error, "DT_VERNEED");
	for (; count; count--) {
		if (need->vn_version != 1 || !take_needs_of(obj, need, error))
			return bad(obj, error, "DT_VERNEED");
		if (need->vn_next == 0)
			break;
		need = next_entry(obj, need, need->vn_next, sizeof(*need));
		if (!need)
			return bad(obj, error, "DT_VERNEED");
	}
	return true;
}

static bool
take_relocations(struct object *obj, const struct raw *raw, struct error *error)
{
	if (raw->has[DT_REL] && raw->value[DT_RELSZ])
		return error_set(error, obj->path, 0,
				 "relocations without addends are not used on this CPU (DT_REL)");
	if (raw->value[DT_RELASZ] && raw->has[DT_RELAENT] &&
	    raw->value[DT_RELAENT] != sizeof(Elf64_Rela))
		return bad(obj, error, "DT_RELAENT");
	if (raw->value[DT_PLTRELSZ] && raw->has[DT_PLTREL] && raw->value[DT_PLTREL] != DT_RELA)
		return bad(obj, error, "DT_PLTREL");
	if (raw->has[DT_PLTGOT] && !(raw->value[DT_PLTGOT] & 7) &&
	    object_holds(obj, raw->value[DT_PLTGOT] + obj->base, 24, true))
		obj->pltgot = raw->value[DT_PLTGOT] + obj->base;
	if (!take_table(obj, &obj->rela, raw->value[DT_RELA], raw->value[DT_RELASZ], "DT_RELA",
			error) ||
	    !take_table(obj, &obj->jmprel, raw->value[DT_JMPREL], raw->value[DT_PLTRELSZ],
			"DT_JMPREL", error) ||
	    !take_table(obj, &obj->relr, raw->relr, raw->relrsz, "DT_RELR", error))
		return false;
	/* some linkers let DT_RELASZ count the table of DT_JMPREL, which lies behind (gABI 5) */
	if (obj->jmprel.size && obj->jmprel.at >= obj->rela.at &&
	    obj->rela.at + obj->rela.size == obj->jmprel.at + obj->jmprel.size)
		obj->rela.size -= obj->jmprel.size;
	return true;
}

static bool
take_functions(struct object *obj, const struct raw *raw, struct error *error)
{
	if (ARCH_INIT_FUNCTIONS && raw->has[DT_INIT] && raw->value[DT_INIT])
		obj->init = raw->value[DT_INIT] + obj->base;
	if (ARCH_INIT_FUNCTIONS && raw->has[DT_FINI] && raw->value[DT_FINI])
		obj->fini = raw->value[DT_FINI] + obj->base;
	return take_array(obj, &obj->init_array, raw->value[DT_INIT_ARRAY],
			  raw->value[DT_INIT_ARRAYSZ], "DT_INIT_ARRAY", error) &&
	       take_array(obj, &obj->fini_array, raw->value[DT_FINI_ARRAY],
			  raw->value[DT_FINI_ARRAYSZ], "DT_FINI_ARRAY", error) &&
	       take_array(obj, &obj->preinit_array, raw->value[DT_PREINIT_ARRAY],
			  raw->value[DT_PREINIT_ARRAYSZ], "DT_PREINIT_ARRAY", error);
}

static void
take_flags(struct object *obj, const struct raw *raw)
{
	obj->flags = (uint32_t)raw->value[DT_FLAGS];
	obj->textrel = raw->has[DT_TEXTREL] || (obj->flags & DF_TEXTREL);
	obj->symbolic = raw->has[DT_SYMBOLIC] || (obj->flags & DF_SYMBOLIC);
	obj->bind_now =
		raw->has[DT_BIND_NOW] || (obj->flags & DF_BIND_NOW) || (obj->flags_1 & DF_1_NOW);
	obj->nodelete = obj->flags_1 & DF_1_NODELETE;
	if (raw->has[DT_SONAME])
		obj->soname = object_string(obj, raw->value[DT_SONAME]);
	if (raw->has[DT_RUNPATH])
		obj->runpath = object_string(obj, raw->value[DT_RUNPATH]);
	else if (raw->has[DT_RPATH]) /* ignored beside DT_RUNPATH: ld.so(8) */
		obj->rpath = object_string(obj, raw->value[DT_RPATH]);
}

bool
object_read_dynamic(struct object *obj, struct error *error)
{
	struct raw raw = {0};

	if (!find_section(obj, error))
		return false;
	if (!obj->dynamic)
		return error_say(error, obj->path, 0, ERROR_NO_DYNAMIC);
	collect(obj, &raw);
	if (!take_strings(obj, &raw, error) || !take_symbols(obj, &raw, error) ||
	    !take_relocations(obj, &raw, error) || !take_functions(obj, &raw, error))
		return false;
	obj->has_verdef = raw.verdef != 0;
	obj->has_relr = raw.relr != 0;
	if (raw.verdef && !take_definitions(obj, raw.verdef, raw.verdefnum, error))
		return false;
	if (raw.verneed && raw.verneednum && !take_needs(obj, raw.verneed, raw.verneednum, error))
		return false;
	take_flags(obj, &raw);
	return true;
}
