/* A plan while it is put together: tables that grow, files of linked pages that are written. */
#ifndef XIPLD_BUILDER_H
#define XIPLD_BUILDER_H

#include "store/plan.h"

/* A number that stands for the file of linked pages being written, until it has its name. */
#define BUILD_LINKED_FILE (UINT32_MAX - 2)

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
	struct growing inputs, files, maps, strings;
	struct growing closure; /* pages that only this closure has: part of the plan */
	struct pages_file linked;
	uint32_t executable;
	uintptr_t stubs;
	bool failed; /* out of memory: nothing will be written */
};

bool builder_init(struct builder *b);

/* Something the plan depends on; id NULL: it must be absent. */
void builder_input(struct builder *b, const char *path, const struct file_id *id);

/* The number of a file to map from. */
uint32_t builder_file(struct builder *b, const char *path, const struct file_id *id);

/* One mapping; joined to the last one where it continues it. */
void builder_map(struct builder *b, uintptr_t at, size_t size, uint32_t file, uint64_t offset,
		 int prot);

/* Where the next natural pages will lie: the file's id and the offset. Then add them. */
bool builder_linked_begin(struct builder *b, uint64_t *id, uint64_t *offset);
bool builder_linked_add(struct builder *b, const uint8_t *image, size_t pages);

/* Pages of this closure alone, and their mapping. */
void builder_closure(struct builder *b, uintptr_t at, const uint8_t *image, size_t pages, int prot);

/* Natural pages, mapped to be compared; their file's number. NULL if they are not to be had. The
 * caller unmaps. */
const uint8_t *builder_natural(struct builder *b, uint64_t id, uint64_t offset, size_t pages,
			       uint32_t *file, size_t *mapped);

/* The stubs are at this address. */
void builder_stubs(struct builder *b, uintptr_t at);

/* Name the files of pages, then write index and plan; in that order, so that what is found is
 * complete. */
bool builder_write(struct builder *b, const char *key, size_t key_size, const uint8_t *heap,
		   uintptr_t heap_at, size_t heap_size, uintptr_t world_at);

/* Remove what was written. */
void builder_discard(struct builder *b);

#endif
