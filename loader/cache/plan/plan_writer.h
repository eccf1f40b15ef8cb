/* A plan while it is put together: tables that grow, files of relocated pages that are written. */
#ifndef XIPLD_PLAN_WRITER_H
#define XIPLD_PLAN_WRITER_H

#include "lib/xip_extents.h"
#include "cache/plan/plan.h"

/* Relocated pages of what everybody may read, and of the rest. */
enum { RELOCATED_PUBLIC, RELOCATED_PRIVATE, RELOCATED_COUNT };

/* Numbers that stand for these files while they are being written, until they have their names. */
#define BUILD_LINKED_FILE(which) (UINT32_MAX - 2 - (uint32_t)(which))

struct buffer {
	char *bytes; /* scratch memory */
	size_t size, capacity;
};

struct pages_file {
	int fd; /* -1: not begun */
	uint64_t id, size;
	char temp[STORE_PATH + 96], path[STORE_PATH + 96];
};

struct plan_writer {
	struct buffer inputs, lookups, tried, files, maps, fixups, depends, notes, strings;
	struct buffer closure; /* pages that only this closure has: part of the plan */
	struct pages_file relocated[RELOCATED_COUNT];
	bool everybody; /* may read all that the plan was made from */
	uint32_t executable;
	const uint8_t *heap; /* of a closure: the heap's image, the caller's; else NULL */
	uintptr_t heap_at, stubs, rtld;
	size_t heap_size;
	bool failed; /* out of memory: nothing will be written */
};

bool plan_writer_init(struct plan_writer *b);

/* Something the plan depends on; id NULL: nothing is there. */
void plan_writer_input(struct plan_writer *b, enum plan_input_kind kind, const char *path,
		       const struct file_id *id);

/* What ld.so.cache says of a name; "": nothing. And a name that a search did not find in a
 * directory. */
void plan_writer_lookup(struct plan_writer *b, const char *name, const char *path);
void plan_writer_tried(struct plan_writer *b, const char *directory, const char *name);

/* The number of a file to map from. */
uint32_t plan_writer_file(struct plan_writer *b, const char *path, const struct file_id *id);

/* One mapping; joined to the last one where it continues it. */
void plan_writer_map(struct plan_writer *b, uintptr_t at, size_t size, uint32_t file,
		     uint64_t offset, int prot);

/* The same for whole pages of a file, some of which may lie in an image: those come from there. */
void plan_writer_map_file(struct plan_writer *b, uintptr_t at, size_t size, uint32_t file,
			  uint64_t offset, int prot);

/* The same where both are given: the runs, and which file the image is. */
void plan_writer_map_runs(struct plan_writer *b, uintptr_t at, size_t size, uint32_t file,
			  uint64_t offset, int prot, const struct xip_extents *runs,
			  const struct file_id *image_id);

/* Where the next baseline pages will lie: the file's id and the offset. Then add them. */
bool plan_writer_relocated_begin(struct plan_writer *b, int which, uint64_t *id, uint64_t *offset);
bool plan_writer_relocated_add(struct plan_writer *b, int which, const uint8_t *image,
			       size_t pages);

/* Pages of this closure alone, and their mapping. */
void plan_writer_closure(struct plan_writer *b, uintptr_t at, const uint8_t *image, size_t pages,
			 int prot);

/* Say why pages at `at`, of the object at `path`, are this closure's alone. */
void plan_writer_note(struct plan_writer *b, const char *path, uintptr_t at, size_t pages,
		      enum plan_reason reason);

/* Of a dlopen plan: a relocation that each process does itself; an object that came to be used. */
void plan_writer_fixup(struct plan_writer *b, uint32_t object, enum plan_table table,
		       uint64_t entry);
void plan_writer_depend(struct plan_writer *b, uint32_t object, uint64_t slot);

/* Baseline pages, mapped to be compared; their file's number. NULL if they are not to be had. The
 * caller unmaps. */
const uint8_t *plan_writer_baseline(struct plan_writer *b, uint64_t id, uint64_t offset,
				    size_t pages, uint32_t *file, size_t *mapped);

/* A closure's heap as it is to be mapped, the stubs before it, and struct rtld in it. */
void plan_writer_heap(struct plan_writer *b, const uint8_t *heap, uintptr_t at, size_t size,
		      uintptr_t stubs, uintptr_t rtld_at);

/*
 * Name the files of pages, then write index and plan; in that order, so that what is found is
 * complete. *plan_id (may be NULL) becomes the plan's.
 */
bool plan_writer_write(struct plan_writer *b, const char *key, size_t key_size, uint64_t *plan_id);

/* Remove what was written but has no name yet; give the memory back. */
void plan_writer_discard(struct plan_writer *b);

#endif
