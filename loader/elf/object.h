/*
 * An object: one ELF file in memory.
 *
 * The life of one: object_read_headers (what the file says), object_map (its segments in memory),
 * object_read_dynamic (its tables, every one bounded), then look-ups and relocation trust what is
 * here. All memory is the heap's; objects of the start-up closure are never freed, dlopened ones by
 * dlclose.
 */
#ifndef XIPLD_OBJECT_H
#define XIPLD_OBJECT_H

#define GLIBC_SONAME "libc.so.6"

#include <elf.h>
#include <link.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/error.h"
#include "lib/message.h"
#include "lib/sys.h"

struct object;

/* The rule of ld.so(8) that found an object; texts in rtld/search.c. */
enum found_by {
	FOUND_AS_PROGRAM,
	FOUND_AS_PRELOAD,
	FOUND_AS_INTERPRETER,
	FOUND_BY_PATH,
	FOUND_BY_RPATH,
	FOUND_BY_LIBRARY_PATH,
	FOUND_BY_RUNPATH,
	FOUND_IN_CACHE,
	FOUND_BY_DEFAULT,
};

/* Objects in the order in which symbols are searched; owner: whoever embeds it. */
struct scope {
	struct object **list;
	uint32_t count, capacity;
};

/* One version index of an object: what it defines or needs under that number (gABI "Symbol
 * versioning" by Sun, GNU). */
struct version {
	const char *name; /* in the object's string table; NULL: index not used */
	const char *file; /* needed from this file (verneed), else NULL */
	uint32_t hash;
	bool weak; /* VER_FLG_WEAK */
	bool needed; /* a verneed, not a definition */
	uint32_t order; /* of a verneed: 1 is the first in the file */
};

struct gnu_hash {
	const uint64_t *bloom;
	const uint32_t *buckets, *chain; /* chain[i] belongs to symbol i + symoffset */
	uint32_t nbuckets, bloom_mask, bloom_shift, symoffset;
	uint32_t nchain; /* entries of chain that lie inside the segment */
};

struct sysv_hash {
	const uint32_t *buckets, *chain;
	uint32_t nbuckets, nchain;
};

/* A table inside the object's memory, bounded when it was read. */
struct table {
	uintptr_t at;
	size_t size;
};

/* Where an object's thread-local block lies, relative to the thread pointer or in a module of its
 * own. */
struct tls {
	uintptr_t image; /* initial content, in the object's memory */
	size_t filesz, memsz, align, align_offset; /* p_vaddr modulo align */
	ptrdiff_t tp_offset; /* static: start of the block minus thread pointer */
	size_t module; /* as __tls_get_addr takes it: see rtld/tls.h */
	bool present, is_static;
	bool has_blocks; /* a thread has a block of its own for it: can no longer become static */
	bool was_used, started; /* its place in the surplus; its threads have the initial content */
};

enum object_kind { OBJECT_STARTUP, OBJECT_LOADED };

struct object {
	struct link_map map; /* first: a handle is a link_map, and debuggers walk these */
	struct link_map debug_map; /* for a debugger that takes the loader for the program */

	/* The file */
	const char *path; /* as map.l_name, which is "" for the program */
	const char *real_dir; /* $ORIGIN: the directory, symbolic links resolved; NULL until asked
				 for */
	const char *soname; /* DT_SONAME or NULL */
	struct file_id id;
	const char **names; /* names under which it was asked for */
	uint32_t nnames, names_capacity;
	enum found_by found_by; /* the rule of the search that found it */

	/* Its memory */
	uintptr_t base; /* what is added to an address in the file: map.l_addr */
	uintptr_t start, end; /* the span that its segments take, page-aligned */
	Elf64_Phdr *phdr; /* our own copy */
	uint32_t phnum;
	uint16_t type; /* ET_EXEC or ET_DYN */
	uintptr_t phdr_at; /* where the program headers are mapped, or our copy */
	uintptr_t entry; /* with base added */
	struct table relro; /* page-aligned inwards; size 0: none */
	const char *interp; /* PT_INTERP, in its memory; NULL: none */
	uint32_t stack_flags; /* PT_GNU_STACK's; PF_X if the header is missing */
	int exec_prot; /* what its executable segments are mapped with besides: the CPU's */
	bool lacks_instructions; /* it asks for more than this CPU has */
	uintptr_t eh_frame_hdr; /* 0: none */

	/* Its tables */
	Elf64_Dyn *dynamic;
	uint32_t ndynamic;
	bool dynamic_writable, dynamic_relocated; /* see object_relocate_dynamic */
	const char *strtab;
	size_t strsz;
	const Elf64_Sym *symtab;
	uint32_t nsyms; /* number that look-ups and relocations may use */
	const Elf64_Half *versym;
	struct version *versions;
	uint32_t nneeds; /* how many verneeds there are */
	bool has_verdef; /* it has symbol versions of its own */
	uint32_t nversions;
	bool has_relr;
	struct gnu_hash gnu;
	struct sysv_hash sysv;
	struct table rela, jmprel, relr;
	uintptr_t pltgot; /* DT_PLTGOT if its head can be written, else 0 */
	struct table init_array, fini_array, preinit_array;
	uintptr_t init, fini; /* 0: none */
	const char *rpath, *runpath;
	uint32_t flags; /* DF_* */
	uint32_t flags_1; /* DF_1_* */
	bool textrel, symbolic, bind_now;
	struct tls tls;

	/* Its place among the others */
	enum object_kind kind;
	struct object *needed_by; /* who first needed it; NULL: program, preload, dlopen */
	struct scope needed; /* DT_NEEDED, DT_FILTER and DT_AUXILIARY, in that order */
	struct scope filtees; /* of these, the last two: searched before it */
	bool filtees_placed; /* in the closure that is being loaded */
	struct scope closure; /* itself and what it needs, breadth first (roots only, else empty) */
	struct scope initfini; /* the order in which _dl_sort_maps would walk its dependencies */
	struct scope reldeps; /* bound to, without being needed (dlopened objects) */
	struct scope **scopes; /* searched in this order to resolve its references */
	uint32_t nscopes, scopes_capacity;
	uint32_t opens; /* dlopen counts */
	uint32_t tls_destructors; /* thread-local objects still to be destroyed by its code */
	uint32_t serial; /* load order */
	uint32_t init_position; /* start-up closure: place in the program's initfini */
	bool is_program, is_libc, is_interp;
	bool in_global, nodelete, relocated, init_called, fini_called, mapped_by_us;
	bool doomed; /* its destructors run: not found any more */
	bool unmapping; /* its memory goes */
	bool visited; /* scratch of graph walks */
	bool init_is_trivial; /* its constructors do nothing */
	bool fini_known; /* its destructors only call __cxa_finalize, with dso_handle (0: nothing)
			  */
	uintptr_t dso_handle;
	bool relro_is_cut; /* PT_GNU_RELRO claims pages behind the segment that it begins in */
	bool relro_done; /* relro is read-only now */
	bool text_closed; /* text relocations are done, text is no longer writable */
	bool ifunc_tls; /* its TLS image has values that only resolvers know */
	struct link_map *libc_map; /* libc, ld.so: the C library's own link_map, NULL if unknown */
};

/* Read and check an open file's ELF and program headers into obj (phdr, phnum, type, stack_flags,
 * tls …). */
bool object_read_headers(struct object *obj, int fd, const char *path, struct error *error);

/* The pure part of it: check a header and a table of program headers against the file's size. */
bool object_check_header(const Elf64_Ehdr *eh, const char *path, struct error *error);
bool object_check_phdrs(const Elf64_Phdr *ph, uint32_t n, int64_t file_size, const char *path,
			struct error *error);

/*
 * Map the segments of obj from fd. `at` is the wanted start of the span, 0 for anywhere; ET_EXEC
 * goes where it says. Sets base, start, end, entry. On failure nothing stays mapped.
 */
bool object_map(struct object *obj, int fd, uintptr_t at, struct error *error);
void object_unmap(struct object *obj);

/* Make every loadable segment that is not writable so (DT_TEXTREL), or give all their own
 * protection back. */
bool object_protect_text(struct object *obj, bool writable, struct error *error);

/* Make the RELRO part read-only. */
bool object_protect_relro(struct object *obj, struct error *error);

/* Read the dynamic section: bounds every table and fills the rest of obj. */
bool object_read_dynamic(struct object *obj, struct error *error);

/*
 * Add the base to the pointers in the dynamic section, as glibc's ld.so does: what walks the link
 * map reads them as addresses. Not if the section is read-only. object_dynamic_value gives what the
 * file has.
 */
void object_relocate_dynamic(struct object *obj);
uint64_t object_dynamic_value(const struct object *obj, uint32_t index);

/* True if [at, at+size) lies in readable segments of obj (see object_bytes_left); with `writable`,
 * in one segment that may be written. */
bool object_holds(const struct object *obj, uintptr_t at, size_t size, bool writable);

/*
 * Bytes from `at` to where the readable pages end; 0: none there. Segments that follow each other
 * count as one, and whole pages, as they are mapped: tools that edit files let tables begin in one
 * segment and end in the next. `at` is the file's address as long as obj is not mapped.
 */
size_t object_bytes_left(const struct object *obj, uintptr_t at);

/* A string of the string table, or NULL if the offset lies outside. */
const char *object_string(const struct object *obj, uint64_t offset);

static inline const char *
object_symbol_name(const struct object *obj, const Elf64_Sym *sym)
{
	return object_string(obj, sym->st_name);
}

/*
 * Program headers for a program to read: its own where AT_PHDR has them; of libraries our copies,
 * which lie side by side, so that who reads them all touches no page of each library.
 */
static inline const Elf64_Phdr *
object_shown_phdr(const struct object *obj)
{
	return obj->is_program ? (const Elf64_Phdr *)obj->phdr_at : obj->phdr;
}

/* True if addr lies in the part that is made read-only after relocation. */
static inline bool
object_in_relro(const struct object *obj, uintptr_t addr)
{
	return addr - obj->relro.at < obj->relro.size;
}

/* The protection of memory of obj that may no longer be written but will once more; -1: it may. */
int object_closed_prot(const struct object *obj, uintptr_t addr);

/* True if addr lies in one of obj's loadable segments. */
bool object_contains(const struct object *obj, uintptr_t addr);

/* Protection bits for mmap from a segment's flags, and of one of obj's segments. */
int object_prot(uint32_t p_flags);
int object_segment_prot(const struct object *obj, const Elf64_Phdr *p);

void scope_add(struct scope *scope, struct object *obj);
bool scope_has(const struct scope *scope, const struct object *obj);

#endif
