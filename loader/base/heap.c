#include "base/heap.h"
#include "base/lock.h"
#include "lib/message.h"
#include "lib/sys.h"

#define CLASSES 48
#define SCRATCH_FIRST 65536 /* bytes: what is not touched costs nothing */

/* At the start of the first chunk, behind what is reserved: goes into plans with it. */
struct heap_head {
	uintptr_t base;
	size_t used; /* bytes handed out from the first chunk */
};

static struct {
	struct heap_head *head;
	uintptr_t next, end; /* free part of the current chunk */
	uintptr_t first_end; /* of the first chunk */
	uintptr_t seal_end; /* of what heap_seal closes, from the first chunk's start; 0: nothing */
	size_t later; /* bytes handed out from other chunks */
	bool sealed;
	bool has_free; /* something is in free_lists, which few launches touch */
	uint32_t writers; /* between heap_begin_write and heap_end_write */
} heap;

static void *free_lists[CLASSES] SYS_COLD; /* blocks, singly linked, by size class */
void (*heap_exhausted)(void);

/*
 * Behind all other variables, so that those stay together in few pages. Not larger: the kernel
 * would put a loader that spans a large folio where one begins, away from what else is mapped, and
 * that takes a page of the page table.
 */
extern char heap_first_chunk[];
char heap_first_chunk[65536] __attribute__((aligned(64), section(".bss.heap")));

static long
map_chunk(uintptr_t address, size_t size)
{
	int flags = SYS_MAP_PRIVATE | SYS_MAP_ANONYMOUS | SYS_MAP_NORESERVE;

	if (address)
		flags |= SYS_MAP_FIXED_NOREPLACE;
	return sys_mmap(address, size, SYS_PROT_READ | SYS_PROT_WRITE, flags, -1, 0);
}

static struct heap_head *
head_of(uintptr_t base, size_t reserved)
{
	return (struct heap_head *)(base + ((reserved + 15) & ~15UL));
}

int
heap_init(uintptr_t address, size_t reserved)
{
	long at = address ? map_chunk(address, HEAP_CHUNK) : (long)heap_first_chunk;
	size_t size = address ? HEAP_CHUNK : sizeof(heap_first_chunk);

	if (sys_failed(at))
		return (int)at;
	heap.head = head_of((uintptr_t)at, reserved);
	heap.head->base = (uintptr_t)at;
	heap.next = (uintptr_t)(heap.head + 1);
	heap.end = heap.first_end = (uintptr_t)at + size;
	heap.seal_end = address ? heap.first_end : 0;
	heap.head->used = heap.next - heap.head->base;
	return 0;
}

bool
heap_adopt(uintptr_t address, size_t size, size_t reserved, size_t mapped)
{
	const struct heap_head *head = heap.head = head_of(address, reserved);

	if (head->base != address || head->used > size ||
	    head->used < (uintptr_t)(head + 1) - address)
		return false;
	heap.next = address + head->used;
	heap.end = heap.first_end = address + size;
	heap.seal_end = address + mapped;
	heap.later = 0;
	return true;
}

static void
protect(int prot)
{
	sys_mprotect(heap.head->base, heap.seal_end - heap.head->base, prot);
}

void
heap_seal(void)
{
	if (!heap.seal_end)
		return;
	heap.sealed = true;
	if (heap.has_free)
		memset(free_lists, 0, sizeof(free_lists));
	heap.has_free = false;
	heap.next = heap.end = 0; /* what comes next is in a chunk of its own */
	protect(SYS_PROT_READ);
}

void
heap_begin_write(void)
{
	lock_acquire(LOCK_HEAP);
	if (heap.sealed && heap.writers++ == 0)
		protect(SYS_PROT_READ | SYS_PROT_WRITE);
	lock_release(LOCK_HEAP);
}

void
heap_end_write(void)
{
	lock_acquire(LOCK_HEAP);
	if (heap.sealed && --heap.writers == 0)
		protect(SYS_PROT_READ);
	lock_release(LOCK_HEAP);
}

static bool
in_first(uintptr_t at)
{
	return at - heap.head->base < heap.first_end - heap.head->base;
}

/* Four classes to each doubling: 16, 32, 48, 64, 80, 96, 112, 128, 160 … */
static size_t
class_of(size_t size, unsigned *class)
{
	size_t unit = 16, first = 0;

	if (size == 0)
		size = 1;
	while (size > unit * 8) {
		unit *= 2;
		first += 4;
	}
	size_t steps = (size + unit - 1) / unit; /* 1..8 */

	*class = (unsigned)(first + steps - 1);
	return steps * unit;
}

/*
 * A chunk of `need` bytes at least. Address space costs little, but not where it is limited, and
 * then it is the program's; nor is it endless.
 */
static long
map_next(size_t need, size_t *size)
{
	long at = -1;

	need = PAGE_ALIGN_UP(need);
	*size = sys_is_short_of_memory() ? HEAP_CHUNK_SMALL : HEAP_CHUNK;
	if (*size < need)
		*size = need;
	for (;; *size = *size / 4 > need ? PAGE_ALIGN_UP(*size / 4) : need) {
		at = map_chunk(0, *size);
		if (!sys_failed(at) || *size == need)
			return at;
	}
}

static void *
carve(size_t size, size_t align)
{
	uintptr_t at = (heap.next + align - 1) & ~(align - 1);

	if (at + size > heap.end || at + size < at) {
		size_t chunk;
		long fresh = map_next(size + align, &chunk);

		if (sys_failed(fresh) && heap_exhausted)
			heap_exhausted();
		if (sys_failed(fresh))
			message_die(127, "xipld: out of memory (%lu bytes wanted)\n", size);
		at = ((uintptr_t)fresh + align - 1) & ~(align - 1);
		heap.end = (uintptr_t)fresh + chunk;
	}
	heap.next = at + size;
	if (in_first(at))
		heap.head->used = heap.next - heap.head->base;
	else
		heap.later += size;
	return (void *)at;
}

void *
heap_alloc_aligned(size_t size, size_t align)
{
	void *block;

	lock_acquire(LOCK_HEAP);
	block = carve(size, align < 16 ? 16 : align);
	lock_release(LOCK_HEAP);
	return block;
}

void *
heap_alloc(size_t size)
{
	unsigned class;
	size_t real = class_of(size, &class);
	void *block;

	lock_acquire(LOCK_HEAP);
	if (class < CLASSES && free_lists[class]) {
		block = free_lists[class];
		free_lists[class] = *(void **)block;
		memset(block, 0, size);
	} else {
		block = carve(real, 16);
	}
	lock_release(LOCK_HEAP);
	return block;
}

void
heap_free(void *block, size_t size)
{
	unsigned class;

	if (!block)
		return;
	class_of(size, &class);
	/* a sealed block's memory stays as it is */
	if (class >= CLASSES || (heap.sealed && in_first((uintptr_t)block)))
		return;
	lock_acquire(LOCK_HEAP);
	*(void **)block = free_lists[class];
	free_lists[class] = block;
	heap.has_free = true;
	lock_release(LOCK_HEAP);
}

char *
heap_strndup(const char *s, size_t len)
{
	char *copy = heap_alloc(len + 1);

	memcpy(copy, s, len);
	return copy;
}

char *
heap_strdup(const char *s)
{
	return heap_strndup(s, strlen(s));
}

void *
heap_grow(void *array, uint32_t *capacity, uint32_t need, size_t size)
{
	uint32_t larger = *capacity ? *capacity : 4;
	void *fresh;

	if (need <= *capacity)
		return array;
	while (larger < need)
		larger *= 2;
	fresh = heap_alloc(larger * size);
	if (array) {
		memcpy(fresh, array, *capacity * size);
		heap_free(array, *capacity * size);
	}
	*capacity = larger;
	return fresh;
}

uintptr_t
heap_base(void)
{
	return heap.head->base;
}

size_t
heap_used(void)
{
	return heap.head->used;
}

size_t
heap_used_later(void)
{
	return heap.later;
}

void *
scratch_alloc(size_t size)
{
	long at = sys_mmap(0, PAGE_ALIGN_UP(size), SYS_PROT_READ | SYS_PROT_WRITE,
			   SYS_MAP_PRIVATE | SYS_MAP_ANONYMOUS, -1, 0);

	return sys_failed(at) ? NULL : (void *)at;
}

void
scratch_free(void *block, size_t size)
{
	if (block)
		sys_munmap((uintptr_t)block, PAGE_ALIGN_UP(size));
}

void *
scratch_grow(void *array, uint32_t *capacity, uint32_t need, size_t size)
{
	uint32_t larger = *capacity ? *capacity : (uint32_t)(SCRATCH_FIRST / size) + 1;
	void *fresh;

	if (need <= *capacity)
		return array;
	while (larger < need)
		larger *= 2;
	fresh = scratch_alloc(larger * size);
	if (!fresh)
		return NULL;
	if (array)
		memcpy(fresh, array, *capacity * size);
	scratch_free(array, *capacity * size);
	*capacity = larger;
	return fresh;
}
