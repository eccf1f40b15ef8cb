/*
 * Everything the loader knows of one process: objects, scopes, thread-local layout, the hosted C
 * library.
 *
 * There is one such state, in the heap; all its pointers lead into the heap or into objects, never
 * into the loader's own image (those are reached by number, see stubs.h), so that a copy of the
 * heap at the same address is a copy of it. Once the program's code runs it is written to only
 * between heap_begin_write and heap_end_write; what changes otherwise lies in the loader's own
 * variables.
 */
#ifndef XIPLD_RTLD_H
#define XIPLD_RTLD_H

#include "elf/lookup.h"
#include "base/options.h"
#include "elf/object.h"

enum libc_kind { LIBC_NONE, LIBC_GLIBC, LIBC_MUSL };

/* How the search for libraries goes; strings are the environment's or the heap's. */
struct search_rules {
	const char *library_path; /* LD_LIBRARY_PATH or --library-path; NULL: none */
	const char *platform; /* AT_PLATFORM */
	const char *musl_path; /* content of /etc/ld-musl-*.path, or musl's default */
	const char **missing; /* directories that were not there */
	uint32_t nmissing, missing_capacity;
};

/* Thread-local storage of the start-up closure and what dlopen adds to it; offsets from the thread
 * pointer. */
struct tls_layout {
	ptrdiff_t low; /* start of the union block */
	size_t size, align; /* of the union */
	unsigned char *image; /* its initial content, `size` bytes */
	ptrdiff_t self; /* the loader's own word of each thread */
	ptrdiff_t surplus; /* start of the part kept for dlopened initial-exec modules */
	size_t surplus_size, surplus_used;
	struct tls_module *modules; /* dlopened modules, by number - 1 */
	uint32_t nmodules, modules_capacity;
	uint32_t generation;
	bool running; /* the main thread's block exists */
};

struct unique_symbol {
	const char *name;
	uint32_t hash;
	struct symdef def;
};

/* A value that only a resolver can give: written once the C library runs. */
struct ifunc_reloc {
	uintptr_t place, resolver;
	int64_t addend;
	struct object *obj;
	enum reloc_kind kind;
	uint32_t table; /* the relocation's: enum plan_table, and number in it */
	uint64_t entry;
};

/* Where objects lie, ascending: see rtld/object_ranges.c. */
struct object_ranges {
	uint32_t sequence, count, capacity;
	struct object_range *list;
};

struct copy {
	uintptr_t to, from;
	size_t size;
};

/* A word that is known but may be written only once the C library runs (musl binds itself while it
 * boots). */
struct deferred_write {
	uintptr_t place;
	uint64_t value;
};

#define VDSO_IFUNCS 8 /* glibc has two: time and gettimeofday */

/* What ld.so prints at start about a file, and goes on; names_program: behind the program's name.
 */
struct complaint {
	const char *text;
	bool names_program;
};

#define BOOT_DYNAMIC 48

/* What the interpreter is shown in place of the program (libc/boot.h). */
struct boot {
	Elf64_Phdr phdr[16];
	Elf64_Dyn dynamic[BOOT_DYNAMIC]; /* if it is no longer */
	uint32_t nphdr;
	uintptr_t bias; /* what the interpreter will add to each p_vaddr */
	Elf64_Rela *irelative; /* those that ld.so applies to libc */
	uint32_t nirelative;
	uint64_t unread; /* where it writes answers that are known already */
};

struct rtld {
	enum libc_kind libc_kind;
	struct object *program, *libc, *interp;
	struct scope all; /* load order */
	struct scope global; /* start-up closure and RTLD_GLOBAL */
	struct scope startup; /* start-up closure, breadth first */
	struct search_rules search;
	struct tls_layout tls;
	struct unique_symbol *unique; /* open addressing, unique_size a power of two */
	uint32_t unique_count, unique_size;
	struct ifunc_reloc *ifunc_relocs;
	uint32_t nifunc_relocs, ifunc_relocs_capacity;
	struct ifunc_reloc *recheck_ifuncs; /* of a plan: resolvers that are not libc's may decide
				 otherwise this time */
	uint32_t nrecheck_ifuncs;
	struct copy *copy_relocs; /* COPY relocations not done yet */
	uint32_t ncopy_relocs, copy_relocs_capacity;
	struct deferred_write *deferred_writes;
	uint32_t ndeferred_writes, deferred_writes_capacity;
	struct object_ranges object_ranges;
	struct table debug_copy; /* the program's copy of _r_debug; size 0: none */
	struct object *init_first; /* DF_1_INITFIRST */
	struct object **exit_order; /* of the start-up closure */
	uint32_t exit_count;
	uintptr_t vdso_ifuncs[VDSO_IFUNCS]; /* resolvers whose answer is another in each
							   process (the vDSO) */
	uint32_t nvdso_ifuncs;
	struct complaint *complaints;
	uint32_t ncomplaints, complaints_capacity;
	uintptr_t *libc_functions; /* libc's functions that stubs stand for */
	struct boot *boot; /* what the interpreter is shown */
	uintptr_t stubs; /* where the stubs are, for objects */
	bool libc_relro_written; /* of a plan: ld.so has words to write into libc's RELRO part */
	bool prelinked; /* from a plan: every page is as relocation leaves it */
	uint32_t serial;
	unsigned long long adds, subs; /* dl_iterate_phdr */
	uint8_t *
		overrides[2]; /* bitmaps by symbol: libc's, ld.so's names that bind to the loader */
	int program_fd; /* open while launching, else -1 */
	bool cached; /* the hooks of a cache are called (rtld/hooks.h) */
	bool bind_now; /* LD_BIND_NOW */
	bool started; /* constructors have begun: dlopen'd rules apply */
	bool exec_stack;
	bool must_be_named; /* the program: to the kernel (refuse_unless_named) */

	/* Addresses of the C library's own functions, 0 if absent. */
	uintptr_t libc_pthread_key_create, libc_pthread_setspecific, libc_dl_iterate_phdr,
		libc_dl_find_object;
	uintptr_t libc_cxa_thread_atexit_impl, libc_cxa_finalize;
	uintptr_t libc_fini;
	uintptr_t libc_dynamic; /* the copy that ld.so uses */
};

extern struct rtld *rtld;

/* The program's name in messages, as ld.so gives it. */
const char *message_name(const struct object *obj);

#endif
