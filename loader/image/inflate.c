#include "image/inflate.h"

#include <zlib.h>

#include "sys/message.h"
#include "sys/sys.h"

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

uint32_t
inflate_crc32(uint32_t crc, const void *data, size_t size)
{
	return (uint32_t)crc32_z(crc, data, size);
}

#if __STDC_HOSTED__

void
inflate_begin(void)
{
}

void
inflate_end(void)
{
}

#else

void
inflate_begin(void)
{
	arch_lend_thread_block(true);
}

void
inflate_end(void)
{
	arch_lend_thread_block(false);
}

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
