/* glibc: ld.so is given libc.so.6, already relocated, as the main program. */
#include "libc/dlfcn_hook.h"
#include "libc/boot.h"
#include "base/heap.h"

#define MIN_VERSION "GLIBC_2.34" /* the first without a separate libpthread */

bool
glibc_check(struct error *error)
{
	const struct object *libc = rtld->libc;

	for (uint32_t i = 0; i < libc->nversions; i++)
		if (libc->versions[i].name && !libc->versions[i].needed &&
		    streq(libc->versions[i].name, MIN_VERSION))
			return dlfcn_hook_check(error);
	return error_set(error, libc->path, 0, "glibc older than 2.34 cannot be hosted");
}

/* The IRELATIVE entries of one table, appended to `out` (NULL: only count). */
static uint32_t
take_irelative(const struct table *t, Elf64_Rela *out)
{
	const Elf64_Rela *rela = (const Elf64_Rela *)t->at;
	uint32_t found = 0;

	for (size_t n = t->size / sizeof(*rela); n; n--, rela++) {
		if (arch_reloc_kind(ELF64_R_TYPE(rela->r_info)) != RELOC_IRELATIVE)
			continue;
		if (out)
			out[found] = *rela;
		found++;
	}
	return found;
}

/* Tags that describe relocation, done already, or what runs at start and end, done elsewhere. */
static bool
leave_out(int64_t tag)
{
	switch (tag) {
	case DT_RELA:
	case DT_RELASZ:
	case DT_RELAENT:
	case DT_RELACOUNT:
	case DT_RELR:
	case DT_RELRSZ:
	case DT_RELRENT:
	case DT_JMPREL:
	case DT_PLTRELSZ:
	case DT_PLTREL:
	case DT_INIT:
	case DT_INIT_ARRAY:
	case DT_INIT_ARRAYSZ:
	case DT_PREINIT_ARRAY:
	case DT_PREINIT_ARRAYSZ:
	case DT_TEXTREL:
	case DT_BIND_NOW:
		return true;
	default:
		return false;
	}
}

static Elf64_Dyn *
put(Elf64_Dyn *d, int64_t tag, uint64_t value)
{
	*d = (Elf64_Dyn){.d_tag = tag, .d_un = {.d_val = value}};
	return d + 1;
}

/*
 * A writable copy of libc's dynamic section (ld.so relocates its pointers in place): of the
 * relocations only IRELATIVE, whose resolvers have effects of their own; and the program's
 * constructors in the place where
 * __libc_start_main looks for them.
 */
static size_t
make_dynamic(struct boot *boot, Elf64_Dyn *out)
{
	const struct object *libc = rtld->libc, *program = rtld->program;
	uint32_t count = take_irelative(&libc->rela, NULL) + take_irelative(&libc->jmprel, NULL);
	Elf64_Rela *rela = heap_alloc((count + 1) * sizeof(*rela));
	Elf64_Dyn *d = out;

	take_irelative(&libc->jmprel, rela + take_irelative(&libc->rela, rela));
	boot->irelative = rela;
	boot->nirelative = count;
	for (uint32_t i = 0; i < libc->ndynamic; i++)
		if (!leave_out(libc->dynamic[i].d_tag))
			d = put(d, libc->dynamic[i].d_tag, object_dynamic_value(libc, i));
	d = put(d, DT_RELA, (uintptr_t)rela - libc->base);
	d = put(d, DT_RELASZ, count * sizeof(*rela));
	d = put(d, DT_RELAENT, sizeof(*rela));
	if (program->init)
		d = put(d, DT_INIT, program->init - libc->base);
	if (program->init_array.size) {
		d = put(d, DT_INIT_ARRAY, program->init_array.at - libc->base);
		d = put(d, DT_INIT_ARRAYSZ, program->init_array.size);
	}
	d = put(d, DT_NULL, 0);
	return (size_t)(d - out);
}

void
glibc_prepare_boot(struct boot *boot)
{
	const struct object *libc = rtld->libc;
	const size_t capacity = libc->ndynamic + 8;
	Elf64_Dyn *dynamic =
		capacity <= BOOT_DYNAMIC ? boot->dynamic : heap_alloc(capacity * sizeof(*dynamic));
	size_t count = make_dynamic(boot, dynamic);

	rtld->libc_dynamic = (uintptr_t)dynamic;
	for (uint32_t i = 0; i < libc->phnum && boot->nphdr < 15; i++) {
		const Elf64_Phdr *p = &libc->phdr[i];

		if (p->p_type == PT_LOAD)
			boot->phdr[boot->nphdr++] = *p;
	}
	boot_add(boot, PT_DYNAMIC, PF_R | PF_W, (uintptr_t)dynamic, count * sizeof(*dynamic), 8);
	dlfcn_hook_set();
}

/* A description of a field of ld.so's data, for libthread_db: size in bits, count, offset
 * (nptl_db/structs.def). */
struct field {
	uint32_t bits, count, offset;
};

static const struct field *
field_of(const char *name)
{
	const Elf64_Sym *sym = lookup_newest(rtld->libc, name);

	if (!sym || sym->st_size < sizeof(struct field))
		return NULL;
	return (const struct field *)(rtld->libc->base + sym->st_value);
}

/* One of the two lists of threads, and where in a descriptor its link lies. */
struct thread_list {
	uintptr_t head;
	uint32_t next, link;
};

static void
walk_threads(const struct thread_list *l, void (*fn)(void *context, uintptr_t descriptor),
	     void *context)
{
	uintptr_t node = *(uintptr_t *)(l->head + l->next);

	while (node && node != l->head) {
		fn(context, node - l->link);
		node = *(uintptr_t *)(node + l->next);
	}
}

/*
 * How far the thread pointer is behind a thread's descriptor is the same for all threads: nothing
 * on variant II, the descriptor's size and what belongs to it on variant I. This thread's
 * descriptor is the one nearest below its thread pointer.
 */
struct each_thread {
	void (*fn)(void *context, uintptr_t thread_pointer);
	void *context;
	uintptr_t distance;
};

static void
measure_distance(void *context, uintptr_t descriptor)
{
	struct each_thread *each = context;
	uintptr_t distance = arch_thread_pointer() - descriptor;

	if (distance < each->distance)
		each->distance = distance;
}

static void
call_for_thread(void *context, uintptr_t descriptor)
{
	const struct each_thread *each = context;

	each->fn(each->context, descriptor + each->distance);
}

/* The lists that debuggers walk, by the descriptions made for them. */
bool
libc_for_each_thread(void (*fn)(void *context, uintptr_t thread_pointer), void *context)
{
	struct each_thread each = {fn, context, UINTPTR_MAX};
	const struct field *used = NULL, *user = NULL, *next = NULL, *list = NULL;
	const Elf64_Sym *sym = NULL;

	if (rtld->libc_kind == LIBC_GLIBC) {
		used = field_of("_thread_db_rtld_global__dl_stack_used");
		user = field_of("_thread_db_rtld_global__dl_stack_user");
		next = field_of("_thread_db_list_t_next");
		list = field_of("_thread_db_pthread_list");
		sym = lookup_newest(rtld->interp, "_rtld_global");
	}
	if (!used || !user || !next || !list || !sym)
		return false;
	uintptr_t global = rtld->interp->base + sym->st_value;
	const struct thread_list lists[2] = {{global + used->offset, next->offset, list->offset},
					     {global + user->offset, next->offset, list->offset}};

	for (int i = 0; i < 2; i++)
		walk_threads(&lists[i], measure_distance, &each);
	for (int i = 0; i < 2; i++)
		walk_threads(&lists[i], call_for_thread, &each);
	return true;
}
