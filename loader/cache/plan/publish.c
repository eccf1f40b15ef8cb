/*
 * Publishing: a first launch puts into the store what the next ones map.
 *
 * Everything a page becomes before the C library boots is copied aside then (publish_begin),
 * because booting writes to libc's and the program's data. When the resolvers have answered, their
 * words are put into the copies, the copies are compared with the baseline relocated pages, and
 * what is new is written (publish_finish).
 */
#include "cache/plan/publish.h"
#include "base/process_args.h"
#include "rtld/copy_reloc.h"
#include "rtld/stubs.h"
#include "rtld/init.h"
#include "rtld/relocate.h"
#include "cache/plan/relocated_pages.h"
#include "cache/plan/plan.h"
#include "cache/store/prune.h"
#include "base/heap.h"

static struct {
	bool active;
	struct page_set set;
	uint8_t *heap_image;
	size_t heap_size;
	struct ifunc_reloc *ifunc_relocs;
	uint32_t nifunc_relocs;
	struct plan_writer plan_writer;
} pub SYS_COLD;

bool
publishing(void)
{
	return pub.active;
}

static void
give_up(enum publish_failure failure)
{
	store.failure = failure;
	pub.active = false;
	store_close(&store);
	if (options.verbose)
		message_print(2, "xipld: nothing published: %s\n", publish_failure_name(failure));
}

uintptr_t
publish_slot(struct object *obj, int *fd)
{
	uint64_t slot = 0;
	enum publish_failure failure = pages_take_object(&pub.set, obj, fd, &slot);

	if (failure)
		give_up(failure);
	return slot;
}

void
publish_input(enum plan_input_kind kind, const char *path, const struct file_id *id)
{
	if (pub.active)
		plan_writer_input(&pub.plan_writer, kind, path, id);
}

void
publish_lookup(const char *name, const char *path)
{
	if (pub.active)
		plan_writer_lookup(&pub.plan_writer, name, path);
}

void
publish_tried(const char *directory, const char *name)
{
	if (pub.active)
		plan_writer_tried(&pub.plan_writer, directory, name);
}

bool
publish_start(void)
{
	bool short_of_memory = sys_is_short_of_memory();

	for (int n = 0; !short_of_memory && !pub.active && store_choose(&store, n); n++)
		pub.active =
			store_open_for_publishing(&store) && plan_writer_init(&pub.plan_writer);
	if (pub.active)
		store.failure = PUBLISH_OK; /* of the store looked at first */
	else if (short_of_memory)
		store.failure = PUBLISH_MEMORY_LIMIT;
	if (!pub.active && options.verbose)
		message_print(2, "xipld: nothing will be published: %s\n",
			      publish_failure_name(store.failure));
	return pub.active;
}

void
publish_abandon(enum publish_failure failure)
{
	if (pub.active)
		give_up(failure);
}

/* A COPY relocation's copy of the word, as if the resolver were asked for it. False: there is none.
 */
static bool
copy_of(const struct ifunc_reloc *l, struct ifunc_reloc *copy)
{
	*copy = *l;
	copy->obj = rtld->program; /* it alone has such copies */
	copy->place = copy_relocs_of(l->place);
	return copy->place;
}

/* Room for every question that publish_finish may come to leave to the launches. */
static void
reserve(void)
{
	uint32_t capacity = 1;
	struct ifunc_reloc copy;

	for (uint32_t i = 0; i < rtld->nifunc_relocs; i++)
		capacity += copy_of(&rtld->ifunc_relocs[i], &copy) ? 2 : 1;
	rtld->recheck_ifuncs = heap_alloc(capacity * sizeof(*rtld->recheck_ifuncs));
}

/* Resolvers outside libc may look at anything: a launch from the plan asks them again. */
void
publish_reserve(void)
{
	struct ifunc_reloc copy;

	reserve();
	for (uint32_t i = 0; i < rtld->nifunc_relocs; i++) {
		const struct ifunc_reloc *l = &rtld->ifunc_relocs[i];

		if (ifunc_answer_lasts(l))
			continue;
		rtld->recheck_ifuncs[rtld->nrecheck_ifuncs++] = *l;
		if (copy_of(l, &copy))
			rtld->recheck_ifuncs[rtld->nrecheck_ifuncs++] = copy;
	}
}

/* What will be at this address of the heap in a launch from the plan. */
static void *
kept_at(const void *at)
{
	return pub.heap_image + ((uintptr_t)at - heap_base());
}

static struct rtld *
kept_rtld(void)
{
	return kept_at(rtld);
}

static bool
copy_heap(void)
{
	struct rtld *kept;

	pub.heap_size = PAGE_ALIGN_UP(heap_used());
	pub.heap_image = scratch_alloc(pub.heap_size);
	if (!pub.heap_image)
		return false;
	memcpy(pub.heap_image, (const void *)heap_base(), pub.heap_size);
	/* each launch fills it; it names this process's loader */
	memset(((struct stub_targets *)pub.heap_image)->targets, 0,
	       sizeof(((struct stub_targets *)pub.heap_image)->targets));
	kept = kept_rtld();
	kept->nifunc_relocs = 0;
	kept->ifunc_relocs = NULL;
	kept->ifunc_relocs_capacity = 0;
	kept->prelinked = true;
	kept->program_fd = -1;
	kept->search.platform = NULL; /* each process has its own, on its stack */
	for (uint32_t i = 0; i < pub.set.nobjects; i++) {
		const struct object *obj = pub.set.objects[i].obj;
		struct object *copy = kept_at(obj);

		copy->relro_done = !(obj->is_program && rtld->libc_kind == LIBC_MUSL);
		if (options.link_seed) /* whoever imports the image will know */
			memset(&copy->id, 0, sizeof(copy->id));
	}
	return true;
}

/* A launch can write whole words only to pages that are closed already. */
static bool
can_all_be_left(void)
{
	for (uint32_t i = 0; i < rtld->nifunc_relocs; i++)
		if (!ifunc_may_ask(&rtld->ifunc_relocs[i]) &&
		    !ifunc_can_recheck(&rtld->ifunc_relocs[i]))
			return false;
	return true;
}

void
publish_begin(void)
{
	enum publish_failure failure = pages_unshareable(&pub.set);

	if (!failure && !can_all_be_left())
		failure = PUBLISH_NOT_STORABLE;
	if (!failure && heap_used() > HEAP_CHUNK / 2)
		failure = PUBLISH_TOO_LARGE;
	if (failure) {
		give_up(failure);
		return;
	}
	pub.nifunc_relocs = rtld->nifunc_relocs;
	pub.ifunc_relocs = scratch_alloc((pub.nifunc_relocs + 1) * sizeof(*pub.ifunc_relocs));
	if (!pub.ifunc_relocs || !pages_copy(&pub.set) || !copy_heap()) {
		give_up(PUBLISH_OUT_OF_MEMORY);
		return;
	}
	memcpy(pub.ifunc_relocs, rtld->ifunc_relocs, pub.nifunc_relocs * sizeof(*pub.ifunc_relocs));
}

/* Does the answer hold in every process of the epoch? The vDSO's functions lie elsewhere each time.
 */
static bool
is_lasting(uintptr_t value)
{
	return pages_hold(&pub.set, value) || stubs_is_stub(value) || value == 0;
}

/* What to write into a shared page for an answer that is this process's own: a stub, or the
 * question again. */
static uint64_t
stand_in(const struct ifunc_reloc *l, uint64_t value)
{
	struct rtld *kept = kept_rtld();
	uint32_t n = 0;

	while (n < kept->nvdso_ifuncs && kept->vdso_ifuncs[n] != l->resolver)
		n++;
	if (reloc_is_address(l->kind) && l->addend == 0 && n < kept->nvdso_ifuncs)
		return stub_vdso_ifunc(n);
	if (ifunc_answer_lasts(l)) { /* else publish_reserve has seen to it */
		struct ifunc_reloc *recheck_ifuncs = kept_at(kept->recheck_ifuncs);

		recheck_ifuncs[kept->nrecheck_ifuncs++] = *l;
	}
	return value;
}

/*
 * Functions of libc that each process has to ask for get a stub each, in the plan and from now on
 * in this process: all of them, so that what either opens later is bound to the same stubs.
 */
static void
find_vdso_ifuncs(void)
{
	const struct object *libc = rtld->libc;
	struct rtld *kept = kept_rtld();

	for (uint32_t i = 1; i < libc->nsyms && rtld->libc_kind == LIBC_GLIBC; i++) {
		const Elf64_Sym *sym = &libc->symtab[i];
		uintptr_t resolver = libc->base + sym->st_value;
		uint32_t n = 0;

		if (ELF64_ST_TYPE(sym->st_info) != STT_GNU_IFUNC || !sym->st_shndx ||
		    is_lasting(arch_resolve(resolver)))
			continue;
		while (n < rtld->nvdso_ifuncs && rtld->vdso_ifuncs[n] != resolver)
			n++;
		if (n == VDSO_IFUNCS)
			return;
		rtld->vdso_ifuncs[n] = kept->vdso_ifuncs[n] = resolver;
		if (n == rtld->nvdso_ifuncs)
			kept->nvdso_ifuncs = ++rtld->nvdso_ifuncs;
	}
	stubs_ask_resolvers();
}

static void
apply_answer(const struct ifunc_reloc *l)
{
	uint64_t *word = pages_word(&pub.set, l->place), value;

	if (!word)
		return;
	value = *(uint64_t *)l->place;
	*word = is_lasting(value) ? value : stand_in(l, value);
}

/* Put what the resolvers answered into the copies. */
static void
apply_answers(void)
{
	for (uint32_t i = 0; i < pub.nifunc_relocs; i++) {
		struct ifunc_reloc copy;

		if (!ifunc_may_ask(&pub.ifunc_relocs[i]))
			continue;
		apply_answer(&pub.ifunc_relocs[i]);
		if (copy_of(&pub.ifunc_relocs[i], &copy))
			apply_answer(&copy);
	}
}

static bool
in_libc_relro(const Elf64_Rela *r)
{
	return object_in_relro(rtld->libc, rtld->libc->base + r->r_offset);
}

/* Do all answers last that ld.so has written into libc's RELRO part? */
static bool
irelative_lasts(const struct boot *boot)
{
	for (uint32_t i = 0; i < boot->nirelative; i++)
		if (in_libc_relro(&boot->irelative[i]) &&
		    !is_lasting(*(uint64_t *)(rtld->libc->base + boot->irelative[i].r_offset)))
			return false;
	return true;
}

/*
 * ld.so asks libc's resolvers in each process, for what they set besides. If their answers last,
 * those in libc's RELRO part are put into its pages, and ld.so writes what it hears to a word that
 * nobody reads: the pages can be read-only from the start, and stay shared.
 */
static void
apply_irelative(void)
{
	const struct boot *boot = rtld->boot;

	rtld->libc_relro_written = kept_rtld()->libc_relro_written = !irelative_lasts(boot);
	for (uint32_t i = 0; i < boot->nirelative && !rtld->libc_relro_written; i++) {
		Elf64_Rela *kept = kept_at(&boot->irelative[i]);
		uintptr_t place = rtld->libc->base + kept->r_offset;
		uint64_t *word = in_libc_relro(kept) ? pages_word(&pub.set, place) : NULL;

		if (!word)
			continue;
		*word = *(uint64_t *)place;
		kept->r_offset = (uintptr_t)&boot->unread - rtld->libc->base;
	}
}

static bool
build(void)
{
	static char key[16384] SYS_COLD;
	struct plan_writer *b = &pub.plan_writer;
	size_t key_size = plan_key(rtld->program->path, key, sizeof(key));

	if (key_size >= sizeof(key))
		return false;
	prune_plans(&store);
	b->everybody = store.everybody = pages_are_public(&pub.set);
	for (uint32_t i = 0; i < pub.set.nobjects; i++)
		if (!pages_plan_object(&pub.set, i, b, false))
			return false;
	plan_writer_heap(b, pub.heap_image, heap_base(), pub.heap_size, rtld->stubs,
			 (uintptr_t)rtld);
	return plan_writer_write(b, key, key_size, &store.plan);
}

void
publish_finish(void)
{
	find_vdso_ifuncs();
	apply_answers();
	apply_irelative();
	for (uint32_t i = 0; i < pub.set.nobjects; i++)
		init_examine(pub.set.objects[i].obj, kept_at(pub.set.objects[i].obj));
	if (build())
		stats.plan = "published";
	else
		store.failure = PUBLISH_STORE_UNWRITABLE;
	if (store.failure && options.verbose)
		message_print(2, "xipld: nothing published: %s\n",
			      publish_failure_name(store.failure));
	pub.active = false;
	plan_writer_discard(&pub.plan_writer);
	scratch_free(pub.heap_image, pub.heap_size);
	scratch_free(pub.ifunc_relocs, (pub.nifunc_relocs + 1) * sizeof(*pub.ifunc_relocs));
	pages_free(&pub.set);
	store_close(&store);
}
