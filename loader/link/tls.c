#include "link/tls.h"
#include "host/host.h"
#include "link/lock.h"
#include "sys/heap.h"

#define SURPLUS \
	2048 /* bytes; glibc keeps 512 + 144 for the same purpose (rtld.optional_static_tls) */
#define MODULES_AT_ONCE 16

struct tls_block {
	void *start; /* NULL: not made yet */
	void *memory;
	size_t size;
	uint32_t generation;
};

static size_t
align_up(size_t n, size_t align)
{
	return (n + align - 1) & ~(align - 1);
}

/* Variant II: the end of a block lies `used` below the thread pointer; congruent to p_vaddr modulo
 * the alignment. */
static ptrdiff_t
place_below(size_t *used, const struct tls *t)
{
	size_t offset = align_up(*used + t->memsz + t->align_offset, t->align) - t->align_offset;

	*used = offset;
	return -(ptrdiff_t)offset;
}

/* Variant I: blocks follow each other above the thread pointer. */
static ptrdiff_t
place_above(size_t *used, const struct tls *t)
{
	size_t offset = align_up(*used - t->align_offset, t->align) + t->align_offset;

	*used = offset + t->memsz;
	return (ptrdiff_t)offset;
}

static void
place(size_t *used, struct object *obj)
{
	struct tls *t = &obj->tls;

	t->tp_offset = ARCH_TLS_ABOVE_TP ? place_above(used, t) : place_below(used, t);
	t->is_static = true;
	tls_assign(obj);
}

void
tls_layout_startup(uintptr_t anchor)
{
	struct tls_layout *l = &world->tls;
	struct tls own = {.memsz = sizeof(void *), .align = sizeof(void *)};
	struct tls surplus = {.memsz = SURPLUS, .align = 64};
	size_t used = ARCH_TLS_TCB_SIZE;

	l->modules = heap_alloc(MODULES_AT_ONCE * sizeof(*l->modules));
	l->modules_capacity = MODULES_AT_ONCE;
	l->align = 64;
	/* The program's place is fixed by its local-exec code: next to the thread pointer. */
	for (uint32_t i = 0; i < world->startup.count; i++) {
		struct object *obj = world->startup.list[i];

		if (!obj->tls.present)
			continue;
		if (obj->tls.align > l->align)
			l->align = obj->tls.align;
		place(&used, obj);
	}
	l->self = ARCH_TLS_ABOVE_TP ? place_above(&used, &own) : place_below(&used, &own);
	l->surplus =
		ARCH_TLS_ABOVE_TP ? place_above(&used, &surplus) : place_below(&used, &surplus);
	l->surplus_size = SURPLUS;
	l->size = align_up(used - ARCH_TLS_TCB_SIZE, l->align);
	l->low = ARCH_TLS_ABOVE_TP ? ARCH_TLS_TCB_SIZE : -(ptrdiff_t)l->size;
	l->image = (unsigned char *)heap_alloc_aligned(l->size + l->align, l->align) +
		   ((anchor + ARCH_TLS_TCB_SIZE) & (l->align - 1));
}

void
tls_fill_image(const struct object *obj, bool thread)
{
	const struct tls *t = &obj->tls;

	if (!t->present || !t->is_static || !t->filesz)
		return;
	memcpy(world->tls.image + (t->tp_offset - world->tls.low), (const void *)t->image,
	       t->filesz);
	if (thread)
		memcpy((void *)(arch_thread_pointer() + (uintptr_t)t->tp_offset),
		       (const void *)t->image, t->filesz);
}

void
tls_assign(struct object *obj)
{
	struct tls_layout *l = &world->tls;
	uint32_t i = 0;

	if (!obj->tls.present || obj->tls.module)
		return;
	while (i < l->nmodules && l->modules[i].obj)
		i++;
	if (i == l->nmodules)
		l->nmodules++;
	l->modules = heap_grow(l->modules, &l->modules_capacity, l->nmodules, sizeof(*l->modules));
	l->modules[i] =
		(struct tls_module){obj, obj->tls.tp_offset, ++l->generation, obj->tls.is_static};
	obj->tls.module = i + 1;
}

static void
fill_block(void *context, uintptr_t thread_pointer)
{
	const struct tls *t = context;
	unsigned char *block = (unsigned char *)thread_pointer + t->tp_offset;

	memcpy(block, (const void *)t->image, t->filesz);
	memset(block + t->filesz, 0, t->memsz - t->filesz);
}

/*
 * Threads that run already get their copy now, and the image serves those to come. A module that is
 * all zeroes needs neither: the surplus is.
 */
bool
tls_make_static(struct object *obj)
{
	struct tls_layout *l = &world->tls;
	struct tls *t = &obj->tls;
	size_t used;

	if (t->is_static)
		return true;
	if (!t->present || t->align > l->align)
		return false;
	/* The surplus' address is known modulo 64 only: leave out what is aligned more strictly. */
	if (t->align > 64)
		return false;
	used = align_up(l->surplus_used + ((size_t)(l->surplus & 63)), t->align) -
	       (size_t)(l->surplus & 63);
	used = align_up(used, t->align) + t->align_offset;
	if (used + t->memsz > l->surplus_size)
		return false;
	t->tp_offset = l->surplus + (ptrdiff_t)used;
	l->surplus_used = used + t->memsz;
	tls_release(obj);
	t->is_static = true;
	tls_assign(obj);
	obj->nodelete = true; /* its place is not given back */
	return true;
}

bool
tls_start_static(struct object *obj, struct fault *fault)
{
	struct tls *t = &obj->tls;

	if (!t->filesz)
		return true;
	memcpy(world->tls.image + (t->tp_offset - world->tls.low), (const void *)t->image,
	       t->filesz);
	if (!host_for_each_thread(fill_block, t))
		return fault_set(fault, obj->path, 0, "cannot allocate memory in static TLS block");
	return true;
}

void
tls_release(struct object *obj)
{
	struct tls_layout *l = &world->tls;

	if (!obj->tls.present || obj->tls.is_static || !obj->tls.module)
		return;
	l->modules[obj->tls.module - 1] = (struct tls_module){.generation = ++l->generation};
	obj->tls.module = 0;
}

static struct thread_storage **
own_word(void)
{
	return (struct thread_storage **)(arch_thread_pointer() + (uintptr_t)world->tls.self);
}

static void
free_block(struct tls_block *b)
{
	if (b->memory)
		heap_free(b->memory, b->size);
	*b = (struct tls_block){0};
}

/*
 * End of a thread. Other destructors of thread-specific data may still use thread-local variables,
 * so the storage goes in the last of the rounds that POSIX grants (PTHREAD_DESTRUCTOR_ITERATIONS is
 * 4).
 */
void
tls_thread_ends(void *storage)
{
	struct thread_storage *ts = storage;

	if (++ts->destructor_rounds < 4 && host_set_thread_storage(ts))
		return;
	lock_take(LOCK_TLS);
	for (uint32_t i = 0; i < ts->capacity; i++)
		free_block(&ts->blocks[i]);
	heap_free(ts->blocks, ts->capacity * sizeof(*ts->blocks));
	heap_free(ts->error, ts->error_size);
	heap_free(ts->last_error, ts->last_error_size);
	*own_word() = NULL;
	heap_free(ts, sizeof(*ts));
	lock_give(LOCK_TLS);
}

struct thread_storage *
tls_thread(void)
{
	struct thread_storage **word = own_word();

	if (!*word) {
		lock_take(LOCK_TLS);
		*word = heap_alloc(sizeof(**word));
		lock_give(LOCK_TLS);
		host_set_thread_storage(*word);
	}
	return *word;
}

static void *
make_block(struct thread_storage *ts, size_t module)
{
	struct tls_layout *l = &world->tls;
	const struct tls *t;
	struct tls_block *b;
	uintptr_t start;

	lock_take(LOCK_TLS);
	if (module == 0 || module > l->nmodules || !l->modules[module - 1].obj)
		message_die(127,
			    "xipld: thread-local access to a module that is not loaded (%lu)\n",
			    module);
	t = &l->modules[module - 1].obj->tls;
	ts->blocks = heap_grow(ts->blocks, &ts->capacity, (uint32_t)module, sizeof(*ts->blocks));
	b = &ts->blocks[module - 1];
	free_block(b);
	b->size = t->memsz + t->align + t->align_offset;
	b->memory = heap_alloc(b->size);
	start = align_up((uintptr_t)b->memory, t->align) + t->align_offset;
	memcpy((void *)start, (const void *)t->image, t->filesz);
	b->generation = l->modules[module - 1].generation;
	b->start = (void *)start;
	lock_give(LOCK_TLS);
	return b->start;
}

static struct tls_block *
current_block(struct thread_storage *ts, size_t module)
{
	struct tls_block *b;

	if (!ts || module > ts->capacity)
		return NULL;
	b = &ts->blocks[module - 1];
	return b->start && b->generation == world->tls.modules[module - 1].generation ? b : NULL;
}

/* The module of that number if it lies in the union, else NULL. */
static const struct tls_module *
static_module(size_t module)
{
	const struct tls_layout *l = &world->tls;

	return module - 1 < l->nmodules && l->modules[module - 1].is_static
		       ? &l->modules[module - 1]
		       : NULL;
}

void *
tls_get_present(const struct tls_index *index)
{
	struct tls_block *b = current_block(*own_word(), index->module);

	return b ? (char *)b->start + index->offset + ARCH_TLS_DTP_BIAS : NULL;
}

SYS_HOT void *
tls_get_addr(const struct tls_index *index)
{
	const struct tls_module *m = static_module(index->module);
	struct tls_block *b;
	void *start;

	if (m)
		return (void *)(arch_thread_pointer() + (uintptr_t)m->tp_offset + index->offset +
				ARCH_TLS_DTP_BIAS);
	b = current_block(*own_word(), index->module);
	start = b ? b->start : make_block(tls_thread(), index->module);

	return (char *)start + index->offset + ARCH_TLS_DTP_BIAS;
}

void *
tls_block_if_present(const struct object *obj)
{
	const struct tls *t = &obj->tls;
	struct tls_block *b;

	if (!t->present || !world->tls.running)
		return NULL;
	if (t->is_static)
		return (void *)(arch_thread_pointer() + (uintptr_t)t->tp_offset);
	b = t->module ? current_block(*own_word(), t->module) : NULL;
	return b ? b->start : NULL;
}
