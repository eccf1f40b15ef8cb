/* A piece of address space that object_map maps into without system calls: see arena.c. */
#ifndef XIPLD_FUZZ_ARENA_H
#define XIPLD_FUZZ_ARENA_H

#include <stddef.h>
#include <stdint.h>

#define ARENA_AT 0x400000UL /* where programs at fixed addresses lie */
#define ARENA_SIZE (1UL << 20)
#define ARENA_FILE 3 /* the descriptor of the one file */

/* Nothing is mapped; the file has these bytes. */
void arena_begin(const void *bytes, size_t size);

#endif
