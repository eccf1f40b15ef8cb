/*
 * zlib's inflate, for memory and without a C library: the one place that knows zlib.
 *
 * A distribution's libz.a is compiled with a stack protector, which reads its guard through the
 * thread pointer. In a process whose C library is not up yet there is none: between inflate_begin
 * and inflate_end the loader lends one (one system call each; hosted programs need neither).
 */
#ifndef XIPLD_INFLATE_H
#define XIPLD_INFLATE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Inflate one zlib stream (RFC 1950) to exactly out_size bytes. False: it is not one that does. */
bool inflate_block(const void *in, size_t in_size, void *out, size_t out_size);

/* Go on with a CRC-32 (polynomial 0xEDB88320, as gzip); begin with 0. */
uint32_t inflate_crc32(uint32_t crc, const void *data, size_t size);

void inflate_begin(void);
void inflate_end(void);

#endif
