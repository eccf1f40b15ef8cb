/* Content hashes. */
#ifndef XIPLD_HASH_H
#define XIPLD_HASH_H

#include <stddef.h>
#include <stdint.h>

#define HASH_SIZE 32

/* BLAKE2b with 256 bits of output (RFC 7693): what names an object. Nobody can make two contents
 * with one name. */
void hash_content(const void *data, size_t size, uint8_t out[HASH_SIZE]);

/* A fast 64-bit checksum against damage, not against malice. */
uint64_t hash_checksum(const void *data, size_t size, uint64_t seed);

/* 64 hexadecimal digits and a NUL. */
void hash_text(const uint8_t hash[HASH_SIZE], char out[2 * HASH_SIZE + 1]);

#endif
