/* A plan while it is put together: tables that grow, files of linked pages that are written. */
#ifndef XIPLD_PLAN_WRITER_H
#define XIPLD_PLAN_WRITER_H

#include "lib/xip_extents.h"
#include "cache/plan/plan.h"

/* Linked pages of what everybody may read, and of the rest. */
enum { LINKED_PUBLIC, LINKED_PRIVATE, LINKED_COUNT };

/* Numbers that stand for these files while they are being written, until they have their names. */
#define BUILD_LINKED_FILE(which) (UINT32_MAX - 2 - (uint32_t)(which))

struct growing {
	char *bytes; /* scratch memory */
	size_t size, capacity;
};

struct pages_file {
	int fd; /* -1: not begun */
	uint64_t id, size;
	char temp[STORE_PATH + 96], path[STORE_PATH + 96];
};

struct builder {
	struct growing inputs, files, maps, again, depends, notes, strings;
	struct growing closure; /* pages that only this closure has: part of the plan */
	struct pages_file linked[LINKED_COUNT];
	bool everybody; /* may read all that the plan was made from */
	uint32_t executable;
	const uint8_t *heap; /* of a closure: the heap's image, the caller's; else NULL */
	uintptr_t heap_at, stubs, world;
	size_t heap_size;
	bool failed; /* out of memory: nothing will be written */
};

bool builder_init(struct builder *b);

/* Something the plan depends on; id NULL: it must be absent. */
void builder_input(struct builder *b, const char *path, const struct file_id *id);

/* A file whose pages come from an equal one: it must be there still, on a mount that lets it be
 * executed. */
void builder_replaced(struct builder *b, const char *path, const struct file_id *id);

/* The plan depends on where the launch is. */
void builder_directory(struct builder *b, const char *path);

/* The number of a file to map from. */
uint32_t builder_file(struct builder *b, const char *path, const struct file_id *id);

/* One mapping; joined to the last one where it continues it. */
void builder_map(struct builder *b, uintptr_t at, size_t size, uint32_t file, uint64_t offset,
		 int prot);

/* The same for whole pages of a file, some of which may lie in an image: those come from there. */
void builder_map_file(struct builder *b, uintptr_t at, size_t size, uint32_t file, uint64_t offset,
		      int prot);

/* The same where both are given: the runs, and which file the image is. */
void builder_map_runs(struct builder *b, uintptr_t at, size_t size, uint32_t file, uint64_t offset,
		      int prot, const struct inplace_runs *runs, const struct file_id *image_id);

/* Where the next natural pages will lie: the file's id and the offset. Then add them. */
bool builder_linked_begin(struct builder *b, int which, uint64_t *id, uint64_t *offset);
bool builder_linked_add(struct builder *b, int which, const uint8_t *image, size_t pages);

/* Pages of this closure alone, and their mapping. */
void builder_closure(struct builder *b, uintptr_t at, const uint8_t *image, size_t pages, int prot);

/* Say why pages at `at`, of the object at `path`, are this closure's alone. */
void builder_note(struct builder *b, const char *path, uintptr_t at, size_t pages,
		  enum plan_reason reason);

/* Of an addition: a relocation that each process does itself; an object that came to be used. */
void builder_again(struct builder *b, uint32_t object, enum plan_table table, uint64_t entry);
void builder_depend(struct builder *b, uint32_t object, uint64_t slot);

/* Natural pages, mapped to be compared; their file's number. NULL if they are not to be had. The
 * caller unmaps. */
const uint8_t *builder_natural(struct builder *b, uint64_t id, uint64_t offset, size_t pages,
			       uint32_t *file, size_t *mapped);

/* A closure's heap as it is to be mapped, the stubs before it, and struct world in it. */
void builder_heap(struct builder *b, const uint8_t *heap, uintptr_t at, size_t size,
		  uintptr_t stubs, uintptr_t world_at);

/*
 * Name the files of pages, then write index and plan; in that order, so that what is found is
 * complete. *identity (may be NULL) becomes the plan's.
 */
bool builder_write(struct builder *b, const char *key, size_t key_size, uint64_t *identity);

/* Remove what was written but has no name yet; give the memory back. */
void builder_discard(struct builder *b);

#endif
