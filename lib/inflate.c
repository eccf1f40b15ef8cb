#include "lib/inflate.h"

#include "lib/message.h"
#include "lib/sys.h"

#ifndef XIPLD_WITHOUT_ZLIB
#include <zlib.h>

/* What inflate allocates: its state, once. A stream that inflates in one call gets no window. */
#define ARENA_SIZE 16384

struct arena {
	size_t used;
	_Alignas(16) uint8_t bytes[ARENA_SIZE];
};

static void *
arena_alloc(void *opaque, unsigned items, unsigned size)
{
	struct arena *a = opaque;
	size_t need = ((size_t)items * size + 15) & ~(size_t)15;

	if (need > sizeof(a->bytes) - a->used)
		return NULL;
	a->used += need;
	return a->bytes + a->used - need;
}

static void
arena_free(void *opaque, void *block)
{
	(void)opaque;
	(void)block;
}

bool
inflate_block(const void *in, size_t in_size, void *out, size_t out_size)
{
	struct arena arena;
	z_stream z = {0};

	arena.used = 0;
	z.zalloc = arena_alloc;
	z.zfree = arena_free;
	z.opaque = &arena;
	z.next_in = (Bytef *)in;
	z.avail_in = (uInt)in_size;
	z.next_out = out;
	z.avail_out = (uInt)out_size;
	if (inflateInit(&z) != Z_OK)
		return false;
	/* inflateEnd would only free */
	return inflate(&z, Z_FINISH) == Z_STREAM_END && z.avail_out == 0;
}

#else

bool
inflate_block(const void *in, size_t in_size, void *out, size_t out_size)
{
	(void)in;
	(void)in_size;
	(void)out;
	(void)out_size;
	return false; /* a build for a CPU whose zlib was not to be had: images cannot be read */
}

#endif

#if __STDC_HOSTED__

uint32_t
inflate_crc32(uint32_t crc, const void *data, size_t size)
{
	return (uint32_t)crc32_z(crc, data, size);
}

void
inflate_begin(void)
{
}

void
inflate_end(void)
{
}

#else

/* The stack protector's guard where it is a variable; only zlib has a stack protector. */
extern uintptr_t __stack_chk_guard;
uintptr_t __stack_chk_guard SYS_COLD;

/*
 * Compiled for some CPUs, zlib reaches the guard through a global offset table. That is of zeroes
 * in the file, like all our variables, and gets its one word here, so that no other launch writes
 * to it; the linker script sees to it that there is no more.
 */
static void
relocate_zlib(void)
{
	extern const Elf64_Ehdr __ehdr_start;
	extern const Elf64_Rela __rela_start[], __rela_end[];
	uintptr_t base = (uintptr_t)&__ehdr_start;
	size_t n = ((uintptr_t)__rela_end - (uintptr_t)__rela_start) / sizeof(Elf64_Rela);

	for (size_t i = 0; i < n; i++)
		*(uintptr_t *)(base + __rela_start[i].r_offset) =
			base + (uintptr_t)__rela_start[i].r_addend;
}

void
inflate_begin(void)
{
	relocate_zlib();
	arch_lend_thread_block(true);
}

void
inflate_end(void)
{
	arch_lend_thread_block(false);
}

/* zlib's own is faster, but has 10 KiB of tables, and the loader's text is mapped whole. */
uint32_t
inflate_crc32(uint32_t crc, const void *data, size_t size)
{
	static uint32_t table[256] SYS_COLD;
	const uint8_t *p = data;

	for (uint32_t i = 1; i < 256 && !table[255]; i++) {
		table[i] = i;
		for (int bit = 0; bit < 8; bit++)
			table[i] = table[i] >> 1 ^ (table[i] & 1 ? 0xedb88320U : 0);
	}
	crc = ~crc;
	while (size--)
		crc = crc >> 8 ^ table[(crc ^ *p++) & 255];
	return ~crc;
}

#ifndef XIPLD_WITHOUT_ZLIB
/* What libz.a's objects ask for by name. The allocators are zlib's defaults, never used here. */
void *zcalloc(void *opaque, unsigned items, unsigned size);
void zcfree(void *opaque, void *block);
_Noreturn void __stack_chk_fail(void);

void *
zcalloc(void *opaque, unsigned items, unsigned size)
{
	(void)opaque;
	(void)items;
	(void)size;
	return NULL;
}

uLong
crc32(uLong crc, const Bytef *data, uInt size)
{
	return inflate_crc32((uint32_t)crc, data, size);
}

void
zcfree(void *opaque, void *block)
{
	(void)opaque;
	(void)block;
}

_Noreturn void
__stack_chk_fail(void)
{
	message_die(126, "xipld: zlib overran its stack (stack protector)\n");
}
#endif

#endif
