/* A plan while it is put together: tables that grow, files of linked pages that are written. */
#ifndef XIPLD_BUILDER_H
#define XIPLD_BUILDER_H

#include "store/plan.h"

enum build_kind { BUILD_LINKED, BUILD_CLOSURE, BUILD_KINDS };

/* Numbers that stand for the files being written, until they have their names. */
#define BUILD_FILE(kind) (UINT32_MAX - 2 - (kind))
#define BUILD_CLOSURE_FILE BUILD_FILE(BUILD_CLOSURE)

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
	struct pages_file pages[BUILD_KINDS];
	uint32_t program, executable;
	uintptr_t stubs;
	bool failed; /* out of memory: nothing will be written */
};

bool builder_init(struct builder *b);

/* Something the plan depends on; id NULL: it must be absent. */
void builder_input(struct builder *b, const char *path, const struct file_id *id);

/* The number of a file to map from. */
uint32_t builder_file(struct builder *b, const char *path, const struct file_id *id);

/* One mapping; joined to the last one where it continues it. */
void builder_map(struct builder *b, uintptr_t at, size_t size, uint32_t file, uint64_t offset, int prot);

/* Where the next pages of this kind will lie: the file's id and the offset. Then add them. */
bool builder_pages_begin(struct builder *b, enum build_kind kind, uint64_t *id, uint64_t *offset);
bool builder_pages_add(struct builder *b, enum build_kind kind, const uint8_t *image, size_t pages);

/* Natural pages, mapped to be compared; their file's number. NULL if they are not to be had. The caller unmaps. */
const uint8_t *builder_natural(struct builder *b, uint64_t id, uint64_t offset, size_t pages, uint32_t *file,
			       size_t *mapped);

/* The stubs are at this address. */
void builder_stubs(struct builder *b, uintptr_t at);

/* Name the files of pages, then write index and plan; in that order, so that what is found is complete. */
bool builder_write(struct builder *b, const char *key, size_t key_size, const uint8_t *heap, uintptr_t heap_at,
		   size_t heap_size, uintptr_t world_at);

/* Remove what was written. */
void builder_discard(struct builder *b);

#endif
