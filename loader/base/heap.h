/*
 * The loader's memory.
 *
 * Everything that must outlive start-up (objects, scopes, names, thread-local blocks) comes from
 * one heap whose first chunk is contiguous, so that a plan can keep it as it is. Freed blocks are
 * kept by size for the next taker and are never given back to the kernel: a reader that lost a race
 * with dlclose reads stale memory, not a fault.
 *
 * A first chunk in a region lies where every user of the machine can know, and holds addresses of
 * functions. So it is sealed (read-only) before the program's code runs, and opened only while
 * dlopen and its kin change it. What is allocated later lies elsewhere, at a random address.
 */
#ifndef XIPLD_HEAP_H
#define XIPLD_HEAP_H

#include "lib/store_format.h"
#include <stddef.h>
#include <stdint.h>

#define HEAP_CHUNK_SMALL (256UL << 10) /* under a limit of memory */

/* Called, if it is set, where there is no more memory, instead of ending the process. */
extern void (*heap_exhausted)(void);

/*
 * Make the first chunk, which is HEAP_CHUNK or, in the loader's own pages, less; its first
 * `reserved` bytes are not the heap's.
 *
 * It is mapped at `address` or, if that is 0, in the loader's own zero-fill pages. Returns
 * 0 or -errno.
 */
int heap_init(uintptr_t address, size_t reserved);

/*
 * Take the first chunk's image, mapped at `address` (`size` bytes, whole pages, of a mapping of
 * `mapped`), for the heap. What is allocated beyond it comes from a chunk of its own.
 */
_Bool heap_adopt(uintptr_t address, size_t size, size_t reserved, size_t mapped);

/* Seal the first chunk, if it lies in a region: all blocks so far. */
void heap_seal(void);

/* Open it, and close it again; calls nest, and threads may do so at the same time. Nothing of the
 * program's runs in between. */
void heap_begin_write(void);
void heap_end_write(void);

/* Zeroed memory, aligned to 16 bytes. Never NULL: without memory the process ends with a message.
 */
void *heap_alloc(size_t size);
void *heap_alloc_aligned(size_t size, size_t align);

/* Give back a block of `size` bytes. NULL is ignored. */
void heap_free(void *block, size_t size);

/* Copies of strings; the caller owns them (heap_free with strlen + 1). */
char *heap_strdup(const char *s);
char *heap_strndup(const char *s, size_t len);

/* Grow an array of *capacity elements of `size` bytes to hold at least `need`; returns its new
 * place. */
void *heap_grow(void *array, uint32_t *capacity, uint32_t need, size_t size);

/* Where the first chunk lies, reserved part included, how many bytes of it are in use, and how many
 * of others. */
uintptr_t heap_base(void);
size_t heap_used(void);
size_t heap_used_later(void);

/* Scratch memory for the length of one operation: whole pages straight from the kernel. NULL if
 * there is none. */
void *scratch_alloc(size_t size);
void scratch_free(void *block, size_t size);

/* Grow an array of *capacity elements of `size` bytes that is in scratch memory to hold at least
 * `need`; returns its new place, or NULL, and the old one stays. */
void *scratch_grow(void *array, uint32_t *capacity, uint32_t need, size_t size);

#endif
