/*
 * What the store's files look like (docs/store.md), for the loader and for the tools.
 *
 * All of it is in the machine's byte order. Nothing here is trusted before its checksum, version
 * and bounds were looked at by whoever reads it.
 */
#ifndef XIPLD_STORE_FORMAT_H
#define XIPLD_STORE_FORMAT_H

#include "lib/hash.h"
#include "lib/sys.h"

#define STORE_VERSION 9
#define STORE_PATH 512 /* longest path of the store's directory, NUL included */

/*
 * Where things lie in the region, from its base: slots of what every program has (the C library,
 * its interpreter), from REGION_LOW_END downwards; the stubs; a plan's heap; the slots of all else,
 * upwards.
 */
#define REGION_LOW_END 0x380000UL
#define REGION_HEAP \
	0x400000UL /* its first page holds struct stub_targets; the stubs lie below it */
#define REGION_SLOTS 0x1000000UL

#define HEAP_CHUNK (4UL << 20) /* bytes of address space; only what is touched costs memory */

/* Is this the loader's part of a region? */
static inline bool
format_is_loader(uint64_t address, uint64_t base)
{
	return address - base >= REGION_LOW_END && address - base < REGION_SLOTS;
}

/* May a slot lie there? */
static inline bool
format_slot_fits(uint64_t slot, uint64_t span, uint64_t base, uint64_t size)
{
	uint64_t at = slot - base;

	if (slot < base || at > size || span > size - at)
		return false;
	return at >= REGION_SLOTS || (at < REGION_LOW_END && span <= REGION_LOW_END - at);
}

/* DIR/epoch */
#define EPOCH_MAGIC "xipldep1"

struct epoch_file {
	char magic[8];
	uint64_t checksum; /* of the rest */
	uint32_t version, machine;
	uint64_t number, base, size, page_size;
};

/*
 * DIR/e-N/index: one object, or another file of the same content (its alias), so that this need not
 * be found out again. Valid if its checksum is right.
 */
#define STORE_RELOCATED_IN_IMAGE \
	1 /* a relocated_id: the pages lie in the image that the store is of */

enum record_kind { RECORD_OBJECT = 1, RECORD_ALIAS = 2 };

/* Flags: only the store's owner may read the file, or what is linked from it. Such records lie in
 * DIR/e-N/index.private. */
#define RECORD_PRIVATE 1

struct index_record {
	uint64_t checksum; /* of the rest */
	uint32_t version, page_size;
	uint32_t kind, flags;
	uint8_t hash[HASH_SIZE];
	struct file_id id; /* of the canonical copy; alias: of that file, the rest is the object's
			    */
	uint64_t slot, span; /* address in the region (0: ET_EXEC, where its headers say), bytes */
	uint64_t relocated_id, relocated_offset, relocated_pages,
		relocated_layout; /* baseline pages; id 0: none yet */
	uint64_t relocated_sum; /* of the baseline pages' content: see format_add_page */
	uint64_t abi_hash; /* whose IFUNC choices and stubs are in the relocated pages */
	char path[512 - 8 - 8 - 8 - HASH_SIZE - sizeof(struct file_id) - 16 - 40 - 8];
};

_Static_assert(sizeof(struct index_record) == 512, "a record of the index has a fixed size");

/* Is the record whole, and its slot in the region of that base and size? */
static inline bool
format_record_is_sound(const struct index_record *r, uint64_t base, uint64_t size)
{
	if (r->slot && !format_slot_fits(r->slot, r->span, base, size))
		return false;
	return r->version == STORE_VERSION && r->page_size == page_size &&
	       r->checksum == hash_checksum(&r->version, sizeof(*r) - sizeof(r->checksum), 0) &&
	       memchr(r->path, 0, sizeof(r->path));
}

/* The sum of relocated pages once one more page is added, from 0: pages may come in runs of any
 * length.
 */
static inline uint64_t
format_add_page(uint64_t sum, const void *page, size_t size)
{
	return hash_checksum(page, size, sum);
}

/* DIR/plans/KEY */
#define PLAN_MAGIC "xipldpl1"
#define PLAN_NO_FILE UINT32_MAX /* zero-fill pages */
#define PLAN_SELF (UINT32_MAX - 1) /* the plan's own file */

#define PLANS_OF_KEY                                                                             \
	4 /* names that a key has: where other files lie, or on another kind of CPU, other plans \
	     are good */

/*
 * Where the line of a key that names the kind of CPU begins: it is the second. *length is 0 if the
 * key has none, and it would stand there.
 */
static inline size_t
format_cpu_line(const char *key, size_t size, size_t *length)
{
	static const char name[] = "cpu=";
	const char *first = memchr(key, '\n', size), *line = first ? first + 1 : key, *end = NULL;
	const size_t rest = size - (size_t)(line - key);

	if (rest >= sizeof(name) && memcmp(line, name, sizeof(name) - 1) == 0)
		end = memchr(line, '\n', rest);
	*length = end ? (size_t)(end + 1 - line) : 0;
	return (size_t)(line - key);
}

/*
 * The file's name, as 16 hexadecimal digits: the number-th of a key, counted from 0. The kind of
 * CPU is not in it, so that a launch without a plan need not ask for that: CPUID is a trap in a
 * virtual machine.
 */
static inline uint64_t
format_plan_name(const char *key, size_t size, unsigned number)
{
	size_t length, at = format_cpu_line(key, size, &length);
	uint64_t begin = hash_checksum(key, at, 1 + number);

	return hash_checksum(key + at + length, size - at - length, begin) | 1UL << 63;
}

enum plan_kind {
	PLAN_CLOSURE = 1, /* a program with all it starts with */
	PLAN_DLOPEN = 2, /* what one dlopen adds to such a closure */
};

struct plan_part {
	uint64_t offset, count; /* bytes from the file's start; entries (strings: bytes) */
};

/* The first page of a plan; behind it the heap's image and stubs (closure only), closure pages,
 * tables. */
struct plan_header {
	char magic[8];
	uint64_t checksum; /* of all that follows but the rest of this page, which is zero */
	uint64_t size; /* of the file */
	uint32_t version, machine;
	uint64_t page_size;
	uint32_t kind, executable; /* the file that /proc/self/exe shall name */
	uint64_t heap, heap_size; /* address and bytes (whole pages) of the heap's image: it begins
				     at page_size */
	uint64_t rtld; /* address of struct rtld, in the heap */
	uint64_t tables; /* where the parts begin */
	uint64_t plan_id; /* stays when prefault is added */
	struct plan_part key, inputs, lookups, tried, files, maps, fixups, depends, notes, strings;
	struct plan_part dlsyms, prefault; /* empty until a launch from the plan has learned them */
	uint64_t prefault_written; /* so many of them, the first, are written to */
	uint64_t prefault_large; /* so many, the last, are mappings for large folios
				(cache/warm/large_folios.h); those between are read */
	uint64_t init_pages; /* so many pages are to be mapped from DIR/init-pages/ID */
	uint64_t init_pages_sum; /* that file's checksum. While init_pages is 0: what one launch
			       noted there, another has yet to look which of it is the same; 0:
			       nothing */
};

/* What constructors ask dlsym for, and what it finds. */
enum dlsym_kind { DLSYM_HANDLE = 1, DLSYM_DEFAULT, DLSYM_NEXT };

struct plan_dlsym {
	uint32_t how; /* enum dlsym_kind */
	uint32_t root; /* whose handle, or who asks: number among the program's objects */
	uint32_t object,
		symbol; /* numbers of the object (UINT32_MAX: none has it) and the symbol */
	char name[48]; /* filled up with zeros, one at least */
};

/* Pages that launches touch: brought in at once. A struct iovec. */
struct plan_prefault {
	uint64_t address, size;
};

/*
 * DIR/init-pages/ID, ID being the plan_id with the highest bit set: pages of its
 * mappings as constructors leave them. The entries fill no more than the first page; the pages
 * follow, then the words that differ in the plan's own pages.
 */
#define INIT_PAGES_MAGIC "xipldal1"

struct init_page {
	uint64_t address;
	uint32_t map, pad; /* number of the plan's mapping that it lies in */
};

struct init_word {
	uint64_t address, value;
};

struct init_pages_file {
	char magic[8];
	uint64_t checksum; /* of all that follows */
	uint64_t plan_id; /* of the plan */
	uint64_t pages, words; /* how many; both are sorted by address within a mapping */
	struct init_page page[];
};

/* The file's name, as 16 hexadecimal digits, of the plan with this plan_id. */
static inline uint64_t
format_init_pages_name(uint64_t plan_id)
{
	return plan_id | 1UL << 63;
}

/* Where page `number` lies in the file, and the file's size, in bytes. */
static inline size_t
format_init_pages_page(uint64_t number)
{
	return (number + 1) * page_size;
}

static inline size_t
format_init_pages_size(uint64_t pages, uint64_t words)
{
	return format_init_pages_page(pages) + words * sizeof(struct init_word);
}

static inline uint64_t
format_init_pages_checksum(const struct init_pages_file *f, size_t size)
{
	const size_t skip = offsetof(struct init_pages_file, plan_id);

	return hash_checksum((const char *)f + skip, size - skip, 0);
}

/* Something that must be as it was, or give the same answers (lib/plan_inputs.h). */
enum plan_input_kind {
	PLAN_INPUT_FILE, /* this very file */
	PLAN_INPUT_ABSENT, /* nothing there */
	PLAN_INPUT_CWD, /* the current directory has this path; relative ones begin there */
	PLAN_INPUT_REPLACED, /* this very file, whose pages come from an equal one: its mount must
				not be noexec */
	PLAN_INPUT_LD_CACHE, /* /etc/ld.so.cache; ino 0: nothing there. If it has changed, each
				plan_lookup must have the answer that it had */
	PLAN_INPUT_DIRECTORY, /* was searched. If it has changed, nothing may have come where a
				plan_tried says that nothing was */
};

struct plan_input {
	uint32_t path, kind; /* enum plan_input_kind */
	struct file_id id;
};

/* A name that was looked up in ld.so.cache, and the path there: the empty string if there is none.
 */
struct plan_lookup {
	uint32_t name, path;
};

/* A file that a search did not find in a directory. */
struct plan_tried {
	uint32_t directory, name;
};

/* A file that pages are mapped from. */
struct plan_file {
	uint32_t path, pad;
	struct file_id id;
};

/* One mapping; those of one file stand together. */
struct plan_map {
	uint64_t address, size, offset;
	uint32_t file, prot;
};

/* Of a dlopen plan: a relocation that each process does for itself. */
struct plan_fixup {
	uint32_t object; /* number among the fresh objects, in load order */
	uint32_t table; /* enum plan_table */
	uint64_t entry; /* number in that table */
};

enum plan_table { PLAN_TABLE_RELA, PLAN_TABLE_JMPREL };

/* Of a dlopen plan: fresh object `object` came to use the one in slot `slot`, which it does not
 * need. */
struct plan_depend {
	uint64_t object, slot;
};

/* Why a run of pages is this closure's own: for people (xipstore show), not for launches. */
struct plan_note {
	uint64_t address;
	uint32_t pages, reason; /* enum plan_reason */
	uint32_t path, pad; /* the object's file */
};

enum plan_reason {
	REASON_PROGRAM = 1, /* the program's own pages: it is in no other closure */
	REASON_SYMBOL_DIFFERS, /* a symbol is another's here than where the object was first linked
				*/
	REASON_COPY_RELOCATION, /* the program's copies of variables */
	REASON_OTHER_LAYOUT, /* the baseline pages are of another CPU kind or layout */
	REASON_BASELINE_GONE, /* the baseline pages cannot be read */
	REASON_FEW, /* equal to baseline pages, but too few for a mapping of their own */
	REASON_COUNT,
};

#endif
