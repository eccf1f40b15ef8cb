/* What would make relocated pages fewer, and by how many. */
#include "shmstat/advise/remedies.h"

#include <string.h>

#include "shmstat/advise/advice.h"
#include "shmstat/sym/elffile_impl.h"

static const struct {
	const char *name, *text;
} remedies[REMEDIES] = {
	[REMEDY_OFFSETS] = {"offsets",
			    "constant tables of pointers into the file itself: store offsets "
			    "(or the strings themselves), they move to .rodata"},
	[REMEDY_CONST] = {"const",
			  "declare const what is never written: it leaves .data for read-only "
			  "pages"},
	[REMEDY_HIDDEN] = {"hidden", "bind references to the file's own symbols at link time: "
				     "-fvisibility=hidden, protected visibility, -Wl,-Bsymbolic or "
				     "-Wl,-Bsymbolic-functions"},
	[REMEDY_VTABLES] = {"vtables",
			    "relative vtables: clang -fexperimental-relative-c++-abi-vtables "
			    "(for all of a program's C++), or fewer virtual classes"},
	[REMEDY_RTTI] = {"rtti",
			 "-fno-rtti where neither dynamic_cast nor exceptions need the types"},
	[REMEDY_CONSTRUCTORS] = {"constructors",
				 "constant initialisation (constexpr, constinit) instead "
				 "of constructors at start"},
	[REMEDY_NO_PLT] = {"no-plt",
			   "-Wl,-z,now, or -fno-plt: jump slots join the GOT in pages that are "
			   "read-only after load"},
	[REMEDY_NO_COPY] = {"no-copy",
			    "-fPIE -mno-direct-extern-access (or -fPIC): the program uses the "
			    "library's variable in place"},
	[REMEDY_PIC] = {"pic", "-fPIC: text relocations make code private"},
	[REMEDY_SEPARATE] = {"separate",
			     "move variables written at run time away from relocated ones: "
			     "declare these const, or give the others a section of their own"},
	[REMEDY_RELR] = {"relr",
			 "-Wl,-z,pack-relative-relocs: relative relocations packed into DT_RELR "
			 "(a smaller file; the same pages are relocated)"},
};

static const char *const kinds[ITEM_KINDS] = {
	[ITEM_VTABLE] = "vtable",
	[ITEM_TYPEINFO] = "typeinfo",
	[ITEM_TABLE] = "pointer table",
	[ITEM_POINTER] = "pointer",
	[ITEM_OBJECT] = "object",
	[ITEM_GOT] = "GOT entry",
	[ITEM_JUMP_SLOT] = "jump slot",
	[ITEM_TLS] = "TLS entry",
	[ITEM_CONSTRUCTORS] = "constructor",
	[ITEM_COPY] = "copy",
	[ITEM_TEXT] = "code",
	[ITEM_UNNAMED] = "unnamed",
	[ITEM_WRITABLE] = "writable",
};

const char *
advice_kind_name(enum advice_kind kind)
{
	return kinds[kind];
}

const char *
advice_remedy_name(enum remedy remedy)
{
	return remedies[remedy].name;
}

const char *
advice_remedy_text(enum remedy remedy)
{
	return remedies[remedy].text;
}

/* A look-up that another object could answer differently, though the file has an answer itself. A
 * program's own symbols cannot be interposed, and its linker binds them. */
static bool
is_own_symbol(const struct advice *a, const struct reloc *r)
{
	struct reloc_target target;

	if (!r->symbol || r->class == RELOC_COPY)
		return false;
	reloc_target(a->file, r, &target);
	return target.name && target.defined_here && target.visibility == STV_DEFAULT &&
	       target.binding != STB_LOCAL && target.kind != STT_GNU_IFUNC;
}

/* The place's new content would be an offset: possible if the linker knows both ends. */
static bool
can_be_offset(const struct advice *a, const struct reloc *r)
{
	return r->class == RELOC_RELATIVE || (r->class == RELOC_SYMBOLIC && is_own_symbol(a, r));
}

unsigned
advice_remedies_of(const struct advice *a, const struct advice_item *it, const struct reloc *r)
{
	unsigned set = 0;

	switch (it->kind) {
	case ITEM_VTABLE:
		set |= can_be_offset(a, r) ? 1u << REMEDY_VTABLES : 0;
		break;
	case ITEM_TYPEINFO:
		set |= 1u << REMEDY_RTTI;
		break;
	case ITEM_TABLE:
	case ITEM_POINTER:
	case ITEM_OBJECT:
	case ITEM_UNNAMED:
		if (!it->relro)
			set |= 1u << REMEDY_CONST;
		else if (can_be_offset(a, r))
			set |= 1u << REMEDY_OFFSETS;
		break;
	case ITEM_CONSTRUCTORS:
		set |= 1u << REMEDY_CONSTRUCTORS;
		break;
	case ITEM_JUMP_SLOT:
		set |= it->relro ? 0 : 1u << REMEDY_NO_PLT;
		break;
	case ITEM_COPY:
		set |= 1u << REMEDY_NO_COPY;
		break;
	case ITEM_TEXT:
		set |= 1u << REMEDY_PIC;
		break;
	default:
		break;
	}
	if (is_own_symbol(a, r))
		set |= 1u << REMEDY_HIDDEN;
	if (r->class == RELOC_RELATIVE && r->table != RELOC_RELR && !(r->address & 1))
		set |= 1u << REMEDY_RELR;
	return set;
}

/* With a symbol of its own file bound early, the GOT entry or slot goes; a pointer in data stays,
 * as a relative relocation. Const data stays relocated too, but where nothing writes. */
bool
advice_remedy_removes(enum remedy remedy, const struct reloc *r)
{
	switch (remedy) {
	case REMEDY_HIDDEN:
		return r->class == RELOC_GOT || r->class == RELOC_JUMP_SLOT;
	case REMEDY_CONST:
	case REMEDY_NO_PLT:
	case REMEDY_SEPARATE:
	case REMEDY_RELR:
		return false;
	default:
		return true;
	}
}

/* Words of the DT_RELR table that would hold all relative relocations of DT_RELA. */
static uint64_t
relr_words(const struct advice *a)
{
	const struct reloc *r;
	size_t count = relocs_all(a->file, &r);
	uint64_t words = 0, word = a->file->word, span = (word * 8 - 1) * word, next = 0, end = 0;
	bool open = false;

	for (size_t i = 0; i < count; i++) {
		if (r[i].class != RELOC_RELATIVE || r[i].table == RELOC_RELR || (r[i].address & 1))
			continue;
		if (open && r[i].address >= next && r[i].address < end &&
		    (r[i].address - next) % word == 0)
			continue; /* in the bit map that is already there */
		if (open && r[i].address >= end && r[i].address < end + span &&
		    (r[i].address - next) % word == 0) {
			next = end;
			end += span;
			words++;
			continue;
		}
		words++; /* an address; a bit map for what follows it costs another word, once used
			  */
		next = end = r[i].address + word;
		open = true;
	}
	return words;
}

static size_t
pages_in(const struct advice *a, uint64_t bytes)
{
	return (size_t)((bytes + a->page - 1) / a->page);
}

/* Pages fewer when `removed` bytes leave an area of `bytes`. */
static size_t
repacked(const struct advice *a, uint64_t bytes, uint64_t removed)
{
	if (removed > bytes)
		removed = bytes;
	return pages_in(a, bytes) - pages_in(a, bytes - removed);
}

static void
count_items(struct advice *a)
{
	for (size_t i = 0; i < a->item_count; i++) {
		const struct advice_item *it = &a->items[i];

		for (int remedy = 0; remedy < REMEDIES; remedy++) {
			bool entry = it->kind == ITEM_GOT || it->kind == ITEM_JUMP_SLOT;

			if (!(it->remedies >> remedy & 1))
				continue;
			a->remedies[remedy].items++;
			if (remedy != REMEDY_HIDDEN || entry)
				a->remedies[remedy].bytes += it->size;
		}
	}
}

/* What the table in the file would be smaller by. */
static void
sum_relr(const struct advice *a, struct advice_remedy *relr)
{
	uint64_t entry = a->file->word * (a->file->dynamic.rela_size ? 3 : 2);
	uint64_t now = relr->relocs * entry, then = relr_words(a) * a->file->word;

	relr->file_bytes = now > then ? now - then : 0;
}

void
advice_sum_remedies(struct advice *a)
{
	count_items(a);
	for (size_t i = 0; i < a->page_count; i++) {
		const struct advice_page *page = &a->pages[i];

		for (int remedy = 0; remedy < REMEDIES; remedy++)
			a->remedies[remedy].pages += page->relocs && !page->dynamic && !page->bss &&
						     page->remedied[remedy] == page->relocs;
	}
	for (int remedy = 0; remedy < REMEDIES; remedy++) {
		struct advice_remedy *c = &a->remedies[remedy];

		if (remedy == REMEDY_OFFSETS || remedy == REMEDY_VTABLES || remedy == REMEDY_RTTI ||
		    remedy == REMEDY_HIDDEN)
			c->repacked = repacked(a, a->relro_bytes, c->bytes);
		if (c->repacked < c->pages)
			c->repacked = c->pages;
	}
	if (a->remedies[REMEDY_RELR].relocs)
		sum_relr(a, &a->remedies[REMEDY_RELR]);
}
