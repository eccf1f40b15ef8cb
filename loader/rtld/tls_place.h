/*
 * Where thread-local blocks lie (Ulrich Drepper, "ELF Handling For Thread-Local Storage", 3): the
 * arithmetic of both variants, of which a CPU has one. Offsets are from the thread pointer.
 */
#ifndef XIPLD_TLS_PLACE_H
#define XIPLD_TLS_PLACE_H

#include "elf/object.h"

/* Variant I has the blocks above the thread pointer, variant II below. */
enum tls_variant { TLS_VARIANT_I = 1, TLS_VARIANT_II = 2 };

/* The part of a thread's memory that all blocks take together. */
struct tls_union {
	ptrdiff_t low; /* its start */
	size_t size; /* a multiple of its alignment */
};

static inline size_t
tls_align_up(size_t n, size_t align)
{
	return (n + align - 1) & ~(align - 1);
}

/* Variant II: the end of a block lies `used` below the thread pointer; congruent to p_vaddr modulo
 * the alignment. */
static inline ptrdiff_t
tls_place_below(size_t *used, const struct tls *t)
{
	size_t offset =
		tls_align_up(*used + t->memsz + t->align_offset, t->align) - t->align_offset;

	*used = offset;
	return -(ptrdiff_t)offset;
}

/* Variant I: blocks follow each other above the thread pointer. */
static inline ptrdiff_t
tls_place_above(size_t *used, const struct tls *t)
{
	size_t offset = tls_align_up(*used - t->align_offset, t->align) + t->align_offset;

	*used = offset + t->memsz;
	return (ptrdiff_t)offset;
}

/* The place of one more block, of memsz, align and align_offset as *t has them. *used: bytes from
 * the thread pointer that are taken, at first tcb_size (variant II: 0). */
static inline ptrdiff_t
tls_place(enum tls_variant variant, size_t *used, const struct tls *t)
{
	return variant == TLS_VARIANT_I ? tls_place_above(used, t) : tls_place_below(used, t);
}

/* What was placed, as one block. */
static inline struct tls_union
tls_union_of(enum tls_variant variant, size_t tcb_size, size_t used, size_t align)
{
	size_t size = tls_align_up(used - tcb_size, align);

	return (struct tls_union){variant == TLS_VARIANT_I ? (ptrdiff_t)tcb_size : -(ptrdiff_t)size,
				  size};
}

/* The first place for a block in memory that begins at `start`, `from` bytes behind that or more.
 */
static inline size_t
tls_fit(const struct tls *t, ptrdiff_t start, size_t from)
{
	const size_t skew = (size_t)start & (t->align - 1);

	return tls_align_up(from + skew - t->align_offset, t->align) + t->align_offset - skew;
}

#endif
