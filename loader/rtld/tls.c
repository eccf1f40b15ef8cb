#include "rtld/libc_ops.h"
#include "base/process_args.h"
#include "rtld/tls.h"
#include "rtld/tls_place.h"
#include "base/tunables.h"
#include "base/lock.h"
#include "base/heap.h"

/*
 * What glibc keeps for dlopened initial-exec modules (elf/dl-tls.c): 144 bytes for libc's in each
 * namespace but the first, 144 for others' in each, the optional part, 144 for compatibility.
 */
#define IE_BYTES 144
#define NAMESPACES 4 /* glibc.rtld.nns */
#define OPTIONAL_BYTES 512 /* glibc.rtld.optional_static_tls */
#define MORE_BYTES IE_BYTES
#define SURPLUS_MAX (1UL << 30)
#define MODULES_AT_ONCE 16

struct tls_block {
	void *start; /* NULL: not made yet */
	void *memory;
	size_t size;
	uint32_t generation;
};

#define VARIANT (ARCH_TLS_ABOVE_TP ? TLS_VARIANT_I : TLS_VARIANT_II)

static void
place(size_t *used, struct object *obj)
{
	struct tls *t = &obj->tls;

	t->tp_offset = tls_place(VARIANT, used, t);
	t->is_static = true;
	tls_assign(obj);
}

static size_t
surplus_size(void)
{
	const char *text = process_args_getenv(&process_args, "GLIBC_TUNABLES");
	uint64_t namespaces = tunable(text, "glibc.rtld.nns", NAMESPACES, 1, 16);
	uint64_t optional =
		tunable(text, "glibc.rtld.optional_static_tls", OPTIONAL_BYTES, 0, UINT64_MAX);
	size_t size = MORE_BYTES + (2 * namespaces - 1) * IE_BYTES;

	return optional < SURPLUS_MAX - size ? size + optional : SURPLUS_MAX;
}

void
tls_layout_startup(uintptr_t anchor)
{
	struct tls_layout *l = &rtld->tls;
	struct tls own = {.memsz = sizeof(void *), .align = sizeof(void *)};
	struct tls surplus = {.memsz = surplus_size(), .align = 64};
	size_t used = ARCH_TLS_TCB_SIZE;
	struct tls_union whole;

	l->modules = heap_alloc(MODULES_AT_ONCE * sizeof(*l->modules));
	l->modules_capacity = MODULES_AT_ONCE;
	l->align = 64;
	/* The program's place is fixed by its local-exec code: next to the thread pointer. */
	for (uint32_t i = 0; i < rtld->startup.count; i++) {
		struct object *obj = rtld->startup.list[i];

		if (!obj->tls.present)
			continue;
		if (obj->tls.align > l->align)
			l->align = obj->tls.align;
		place(&used, obj);
	}
	l->self = tls_place(VARIANT, &used, &own);
	l->surplus = tls_place(VARIANT, &used, &surplus);
	l->surplus_size = surplus.memsz;
	whole = tls_union_of(VARIANT, ARCH_TLS_TCB_SIZE, used, l->align);
	l->size = whole.size;
	l->low = whole.low;
	l->image = (unsigned char *)heap_alloc_aligned(l->size + l->align, l->align) +
		   ((anchor + ARCH_TLS_TCB_SIZE) & (l->align - 1));
}

void
tls_fill_image(const struct object *obj, bool thread)
{
	const struct tls *t = &obj->tls;

	if (!t->present || !t->is_static || !t->filesz)
		return;
	memcpy(rtld->tls.image + (t->tp_offset - rtld->tls.low), (const void *)t->image, t->filesz);
	if (thread)
		memcpy((void *)(arch_thread_pointer() + (uintptr_t)t->tp_offset),
		       (const void *)t->image, t->filesz);
}

void
tls_assign(struct object *obj)
{
	struct tls_layout *l = &rtld->tls;
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

/* The end of a static module's block in the surplus that reaches into [at, at + size); 0: none
 * does. */
static size_t
end_of_taken(size_t at, size_t size)
{
	const struct tls_layout *l = &rtld->tls;

	for (uint32_t i = 0; i < l->nmodules; i++) {
		const struct tls_module *m = &l->modules[i];
		size_t start = (size_t)(m->tp_offset - l->surplus);

		if (m->obj && m->is_static && m->obj->kind == OBJECT_LOADED && start < at + size &&
		    start + m->obj->tls.memsz > at)
			return start + m->obj->tls.memsz;
	}
	return 0;
}

/* A place in the surplus for a block of this kind; SIZE_MAX: there is none. */
static size_t
find_place(const struct tls *t)
{
	size_t at = tls_fit(t, rtld->tls.surplus, 0), next;

	while (t->memsz <= rtld->tls.surplus_size && at <= rtld->tls.surplus_size - t->memsz) {
		next = end_of_taken(at, t->memsz);
		if (!next)
			return at;
		at = tls_fit(t, rtld->tls.surplus, next);
	}
	return SIZE_MAX;
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
 * all zeroes needs neither, where nobody was before: the surplus is.
 */
static bool
start_static(struct object *obj, struct error *error)
{
	struct tls *t = &obj->tls;
	unsigned char *image = rtld->tls.image + (t->tp_offset - rtld->tls.low);

	if (obj->kind != OBJECT_LOADED || !t->is_static || t->started ||
	    (!t->filesz && !t->was_used))
		return true;
	t->started = true;
	memcpy(image, (const void *)t->image, t->filesz);
	memset(image + t->filesz, 0, t->memsz - t->filesz);
	if (!libc_op_for_each_thread(fill_block, t))
		return error_set(error, obj->path, 0, "cannot allocate memory in static TLS block");
	return true;
}

/*
 * A thread that has its block elsewhere would see another variable from now on: too late. The
 * number stays, others know it.
 */
bool
tls_make_static(struct object *obj)
{
	struct tls_layout *l = &rtld->tls;
	struct tls *t = &obj->tls;
	size_t at = SIZE_MAX;

	if (t->is_static)
		return true;
	lock_acquire(LOCK_TLS);
	/* the surplus' address is known modulo 64 only */
	if (t->present && t->align <= 64 && !t->has_blocks)
		at = find_place(t);
	if (at != SIZE_MAX) {
		t->tp_offset = l->surplus + (ptrdiff_t)at;
		t->is_static = true;
		t->was_used = at < l->surplus_used;
		if (at + t->memsz > l->surplus_used)
			l->surplus_used = at + t->memsz;
		l->modules[t->module - 1].tp_offset = t->tp_offset;
		__atomic_store_n(&l->modules[t->module - 1].is_static, true, __ATOMIC_RELEASE);
	}
	lock_release(LOCK_TLS);
	if (t->is_static && obj->init_called) /* in use: at once */
		start_static(obj, NULL);
	return t->is_static;
}

bool
tls_start_static(struct error *error)
{
	for (uint32_t i = 0; i < rtld->all.count; i++)
		if (!start_static(rtld->all.list[i], error))
			return false;
	return true;
}

/* Its number and, of a dlopened one, its place in the union are free again. */
void
tls_release(struct object *obj)
{
	struct tls_layout *l = &rtld->tls;

	if (!obj->tls.present || !obj->tls.module)
		return;
	lock_acquire(LOCK_TLS);
	l->modules[obj->tls.module - 1] = (struct tls_module){.generation = ++l->generation};
	obj->tls.module = 0;
	lock_release(LOCK_TLS);
}

static struct thread_storage **
own_word(void)
{
	return (struct thread_storage **)(arch_thread_pointer() + (uintptr_t)rtld->tls.self);
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

	if (++ts->destructor_rounds < 4 && libc_op_set_thread_storage(ts))
		return;
	lock_acquire(LOCK_TLS);
	for (uint32_t i = 0; i < ts->capacity; i++)
		free_block(&ts->blocks[i]);
	heap_free(ts->blocks, ts->capacity * sizeof(*ts->blocks));
	heap_free(ts->error, ts->error_size);
	heap_free(ts->last_error, ts->last_error_size);
	*own_word() = NULL;
	heap_free(ts, sizeof(*ts));
	lock_release(LOCK_TLS);
}

struct thread_storage *
tls_thread(void)
{
	struct thread_storage **word = own_word();

	if (!*word) {
		lock_acquire(LOCK_TLS);
		*word = heap_alloc(sizeof(**word));
		lock_release(LOCK_TLS);
		libc_op_set_thread_storage(*word);
	}
	return *word;
}

static void *
make_block(struct thread_storage *ts, size_t module)
{
	struct tls_layout *l = &rtld->tls;
	struct tls *t;
	struct tls_block *b;
	uintptr_t start;

	lock_acquire(LOCK_TLS);
	if (module == 0 || module > l->nmodules || !l->modules[module - 1].obj)
		message_die(127,
			    "xipld: thread-local access to a module that is not loaded (%lu)\n",
			    module);
	t = &l->modules[module - 1].obj->tls;
	if (t->is_static) { /* since we looked */
		lock_release(LOCK_TLS);
		return (void *)(arch_thread_pointer() + (uintptr_t)t->tp_offset);
	}
	t->has_blocks = true;
	ts->blocks = heap_grow(ts->blocks, &ts->capacity, (uint32_t)module, sizeof(*ts->blocks));
	b = &ts->blocks[module - 1];
	free_block(b);
	b->size = t->memsz + t->align + t->align_offset;
	b->memory = heap_alloc(b->size);
	start = tls_align_up((uintptr_t)b->memory, t->align) + t->align_offset;
	memcpy((void *)start, (const void *)t->image, t->filesz);
	b->generation = l->modules[module - 1].generation;
	b->start = (void *)start;
	lock_release(LOCK_TLS);
	return b->start;
}

static struct tls_block *
current_block(struct thread_storage *ts, size_t module)
{
	struct tls_block *b;

	if (!ts || module > ts->capacity)
		return NULL;
	b = &ts->blocks[module - 1];
	return b->start && b->generation == rtld->tls.modules[module - 1].generation ? b : NULL;
}

/* The module of that number if it lies in the union, else NULL. */
static const struct tls_module *
static_module(size_t module)
{
	const struct tls_layout *l = &rtld->tls;

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

	if (!t->present || !rtld->tls.running)
		return NULL;
	if (t->is_static)
		return (void *)(arch_thread_pointer() + (uintptr_t)t->tp_offset);
	b = t->module ? current_block(*own_word(), t->module) : NULL;
	return b ? b->start : NULL;
}
