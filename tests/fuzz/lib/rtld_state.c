#include "rtld_state.h"

#include <stdlib.h>
#include <string.h>

#include "base/file_policy.h"
#include "rtld/complaints.h"
#include "rtld/stubs.h"
#include "rtld/lazy.h"
#include "base/lock.h"
#include "rtld/tls.h"
#include "rtld/bindings.h"
#include "base/heap.h"

#define HEAP_MOST (64UL << 20) /* bytes that one input may take */

static struct rtld the_rtld;
struct rtld *rtld = &the_rtld;
struct options options;
struct stats stats;
bool file_policy_in_image;

/* Blocks of this input. */
static struct {
	void **list;
	size_t count, capacity, bytes;
} blocks;

__attribute__((constructor)) static void
set_page_size(void)
{
	page_size = 4096;
}

static void
free_blocks(void)
{
	for (size_t i = 0; i < blocks.count; i++)
		free(blocks.list[i]);
	blocks.count = blocks.bytes = 0;
}

void
fuzz_begin(void)
{
	free_blocks();
	memset(&the_rtld, 0, sizeof(the_rtld));
	the_rtld.libc_kind = LIBC_GLIBC;
	memset(&options, 0, sizeof(options));
}

void *
heap_alloc(size_t size)
{
	void *block = calloc(1, size ? size : 1);

	blocks.bytes += size;
	if (!block || blocks.bytes > HEAP_MOST)
		abort();
	if (blocks.count == blocks.capacity) {
		blocks.capacity = blocks.capacity ? 2 * blocks.capacity : 64;
		blocks.list = realloc(blocks.list, blocks.capacity * sizeof(*blocks.list));
	}
	return blocks.list[blocks.count++] = block;
}

void *
heap_grow(void *array, uint32_t *capacity, uint32_t need, size_t size)
{
	uint32_t grown = *capacity ? *capacity : 4;
	void *to;

	if (need <= *capacity)
		return array;
	while (grown < need)
		grown *= 2;
	to = heap_alloc(grown * size);
	if (*capacity)
		memcpy(to, array, *capacity * size);
	*capacity = grown;
	return to;
}

/* What was given back stays until the next input: a fuzzer's objects live no longer. */
void
heap_free(void *block, size_t size)
{
	(void)block, (void)size;
}

void *
scratch_alloc(size_t size)
{
	return heap_alloc(size);
}

void
scratch_free(void *block, size_t size)
{
	(void)block, (void)size;
}

void *
scratch_grow(void *array, uint32_t *capacity, uint32_t need, size_t size)
{
	return heap_grow(array, capacity, need, size);
}

void
lock_acquire(enum lock_name name)
{
	(void)name;
}

void
lock_release(enum lock_name name)
{
	(void)name;
}

/* Stubs: addresses that nothing is read from. */
uintptr_t
stub_address(enum stub_number number)
{
	return 0x1000 + 16 * (uintptr_t)number;
}

uintptr_t
stub_symdef_value(const struct symdef *def)
{
	return def->sym->st_shndx == SHN_ABS ? def->sym->st_value
					     : def->obj->base + def->sym->st_value;
}

struct r_debug *
stub_debug(void)
{
	static struct r_debug debug;

	return &debug;
}

/* No slot is left to its first call. */
bool
lazy_prepare(struct object *obj)
{
	return obj->jmprel.size == 1;
}

const char *
message_name(const struct object *obj)
{
	return obj->path;
}

void
complain(const char *text, bool names_program)
{
	if (names_program && strlen(text) == 0)
		abort();
}

bool
tls_make_static(struct object *obj)
{
	obj->tls.is_static = obj->tls.present;
	return obj->tls.present;
}

void
report_binding(const struct object *obj, uint32_t index, const struct symdef *def, uintptr_t value,
	       const char *how)
{
	(void)obj, (void)index, (void)def, (void)value, (void)how;
}
