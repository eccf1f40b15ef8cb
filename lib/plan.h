/*
 * The file of a plan: the checks that it passes before anything in it is used. The format is in
 * docs/store.md and lib/store_format.h; it is native-endian and holds addresses.
 *
 * All checks return NULL, or what is wrong: the end of a sentence that begins with the file's name.
 */
#ifndef XIPLD_LIB_PLAN_H
#define XIPLD_LIB_PLAN_H

#include "lib/store_format.h"

/* More than any launch can use: files (a launch has a thousand descriptors for them), entries of
 * another table (the kernel gives a process some 65,000 mappings), bytes of the key. */
#define PLAN_MAX_FILES 4096
#define PLAN_MAX_ENTRIES (1UL << 17)
#define PLAN_MAX_KEY 16384

/* The parts of a plan. Each points into `bytes`; nothing is owned. */
struct plan_tables {
	const struct plan_header *header; /* the file's, or a copy of it */
	const char *bytes; /* the file's byte 0: what lies behind the header's page is there */
	size_t size; /* of the file */
	const char *key, *strings;
	const struct plan_input *inputs;
	const struct plan_lookup *lookups;
	const struct plan_tried *tried;
	const struct plan_file *files;
	const struct plan_map *maps;
	const struct plan_fixup *fixups;
	const struct plan_depend *depends;
	const struct plan_note *notes;
	const struct plan_dlsym *dlsyms;
	const struct plan_prefault *prefault;
};

/* The header alone, of a file of this size: enough to know where the rest is to be mapped. */
const char *plan_check_header(const struct plan_header *header, uint64_t size);

/* What plan_check_header says of a plan that another version of xipld made: that is no damage. */
extern const char plan_other_version[];

/* The checksum, and that each part lies within the file: fills the pointers to the parts.
 * header, bytes and size are set. */
const char *plan_check_parts(struct plan_tables *tables);

/* Of a program's plan: the heap's image, in which the linker's state of rtld_size bytes lies. */
const char *plan_check_heap(const struct plan_header *header, size_t rtld_size);

/* Each mapping: its address, its file, and that it is not both writable and executable. */
const char *plan_check_maps(const struct plan_tables *tables);

/* A whole file in memory: fills *tables, and makes all of these checks. */
const char *plan_check(struct plan_tables *tables, const void *bytes, size_t size,
		       size_t rtld_size);

/* The checksum of a plan: header from `size` on, and all behind the header's page. */
uint64_t plan_checksum(const struct plan_header *header, const void *rest, size_t size);

/* Text of a plan by its offset; "" if there is none. */
const char *plan_string(const struct plan_tables *tables, uint32_t offset);

#endif
