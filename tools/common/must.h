/* Memory for programs that can do nothing without: they say so and end with status 1. */
#ifndef TOOLS_COMMON_MUST_H
#define TOOLS_COMMON_MUST_H

#include <stddef.h>
#include <stdint.h>

#include "common/hash_index.h"

/* Zeroed. */
void *must_alloc(size_t size);
void *must_array(size_t count, size_t each);
char *must_strdup(const char *s);
/* printf into memory that the caller frees. */
char *must_format(const char *format, ...) __attribute__((format(printf, 1, 2)));
/* array_reserve (array.h), hash_index_add (hash_index.h). */
void must_reserve(void *array, size_t *capacity, size_t need, size_t each);
void must_hash(struct hash_index *h, uint64_t hash, size_t number);

#endif
