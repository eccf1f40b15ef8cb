#include "cache/plan/dlopen_plan.h"
#include "base/process_args.h"
#include "rtld/relocate.h"
#include "cache/plan/relocated_pages.h"
#include "cache/plan/recall.h"
#include "base/heap.h"

#include <dlfcn.h>

/* A relocation whose value is each process's own. */
struct own {
	struct object *obj;
	uint32_t table;
	uint64_t entry;
};

#define MAX_OWN 65536

#define TRIES 3 /* to share what could not be shared: the lock may have been another's */
#define SHARED_OPENINGS 3 /* of what is opened again and again */
#define FEW_RELOCATIONS 64 /* sooner applied than a dlopen plan is looked up and mapped */

/* One dlopen. */
static struct {
	bool active; /* this process runs from a plan of an epoch that is still current */
	bool spoiled; /* a fresh object is not in its slot */
	bool locked; /* the store is ours to write */
	struct page_set set; /* the fresh objects */
	struct own *own; /* scratch memory: MAX_OWN of them */
	uint32_t nown;
} op SYS_COLD;

/* Known of this process once it has asked. */
static struct {
	bool dlsyms, usable;
} process;

/* Files that got no slot, and keys for which nothing could be published; by another sum, keys that
 * were taken. */
static struct recall tried SYS_COLD;

static uint64_t
sum_of_file(const struct object *obj)
{
	return hash_checksum(&obj->id, sizeof(obj->id), 0);
}

/* A sandbox may end the process for a system call that dlopen alone does not need. The program may
 * have entered it since it last opened something. */
static bool
is_sandboxed(void)
{
	return !sys_status_says("Seccomp:\t0");
}

static void
ask(void)
{
	process.dlsyms = true;
	process.usable = options.share == SHARE_ALL && store.plan && store_is_current(&store) &&
			 store.base + REGION_HEAP == heap_base();
}

void
dlopen_plan_begin(void)
{
	if (!process.dlsyms)
		ask();
	/* a child forked in the midst of another thread's dlopen begins afresh */
	pages_clear(&op.set);
	op.nown = 0;
	op.spoiled = op.locked = false;
	op.active = process.usable;
}

void
dlopen_plan_end(void)
{
	relocate_watch_own(NULL, NULL);
	if (op.locked)
		store_forget_index();
	store_close(&store);
	scratch_free(op.own, MAX_OWN * sizeof(*op.own));
	pages_clear(&op.set);
	op.own = NULL;
	op.nown = 0;
	op.active = op.spoiled = op.locked = false;
}

static bool
take_lock(void)
{
	if (!op.locked && op.active && options.publish == PUBLISH_NOW && !is_sandboxed())
		op.locked = store_lock(&store);
	return op.locked;
}

uintptr_t
dlopen_plan_slot(struct object *obj, int *fd)
{
	struct kept_object *k;
	uint64_t slot = 0;

	if (!op.active || op.spoiled)
		return 0;
	if (recall_times(&tried, sum_of_file(obj)) >= TRIES) {
		op.spoiled = true;
		return 0;
	}
	k = pages_new_object(&op.set, obj);
	if (k && store_find(&store, obj, fd, &k->record)) {
		op.set.nobjects++;
		return k->record.slot;
	}
	if (!k || !take_lock() || pages_take_object(&op.set, obj, fd, &slot)) {
		recall_note(&tried, sum_of_file(obj));
		op.spoiled = true;
	}
	return slot;
}

static char key_text[16384] SYS_COLD; /* under LOCK_DL */

static bool
in_region(const struct object *obj)
{
	return obj->start - store.base < store.size;
}

struct key {
	char *text;
	size_t size, length;
	bool complete; /* every object has a slot */
};

static uint64_t
sum_of_key(const struct key *k)
{
	return hash_checksum(k->text, k->length, 0);
}

static void
key_word(struct key *k, const char *word, uint64_t value)
{
	size_t bytes_left = k->length < k->size ? k->size - k->length : 0;

	k->length += message_format(k->text + (bytes_left ? k->length : 0), bytes_left, "%s %lx\n",
				    word, value);
}

static void
key_objects(struct key *k, const char *word, const struct scope *scope)
{
	for (uint32_t i = 0; i < scope->count; i++) {
		const struct object *obj = scope->list[i];

		if (obj->kind == OBJECT_STARTUP)
			continue; /* the plan says which */
		k->complete &= in_region(obj) && !obj->doomed;
		key_word(k, word, obj->start);
	}
}

/* What decides how the fresh objects' references resolve. A slot stands for a content. */
static bool
make_key(struct key *k, const struct object *root, uint32_t first, int mode)
{
	const struct scope fresh = {rtld->all.list + first, rtld->all.count - first, 0};

	k->text = key_text;
	k->size = sizeof(key_text);
	k->length = 0;
	k->complete = true;
	key_word(k, "plan", store.plan);
	key_word(k, "deepbind", (unsigned)mode & RTLD_DEEPBIND);
	key_word(k, "now", rtld->bind_now || !(mode & RTLD_LAZY));
	key_objects(k, "fresh", &fresh);
	key_objects(k, "closure", &root->closure);
	key_objects(k, "global", &rtld->global);
	return k->complete && k->length < k->size;
}

static void
note_files(void)
{
	for (uint32_t i = 0; i < op.set.nobjects; i++)
		recall_note(&tried, sum_of_file(op.set.objects[i].obj));
}

/* Every fresh object lies in the slot that is its own. */
static bool
all_in_slots(uint32_t first)
{
	if (!op.active || op.spoiled || op.set.nobjects != rtld->all.count - first)
		return false;
	if (pages_unshareable(&op.set)) {
		note_files(); /* a copy of the file may have the slot */
		return false;
	}
	for (uint32_t i = 0; i < op.set.nobjects; i++)
		if (op.set.objects[i].obj != rtld->all.list[first + i])
			return false;
	return true;
}

static struct object *
object_in_slot(uint64_t slot)
{
	for (uint32_t i = 0; i < rtld->all.count; i++)
		if (rtld->all.list[i]->start == slot)
			return rtld->all.list[i];
	return NULL;
}

static void
note_own(void *context, struct object *obj, uint32_t table, uint64_t entry)
{
	(void)context;
	if (!op.own)
		op.own = scratch_alloc(MAX_OWN * sizeof(*op.own));
	if (!op.own || op.nown == MAX_OWN)
		op.spoiled = true;
	else
		op.own[op.nown++] = (struct own){obj, table, entry};
}

/* What the dlopen plan leaves to each process. */
static bool
finish(const struct plan *p, uint32_t first, struct error *error)
{
	const struct plan_header *h = &p->header;
	const struct plan_fixup *fixups = p->tables.fixups;
	const struct plan_depend *depends = p->tables.depends;

	for (uint64_t i = 0; i < h->depends.count; i++) {
		struct object *on = object_in_slot(depends[i].slot);

		if (on && depends[i].object < op.set.nobjects)
			relocate_depend(rtld->all.list[first + depends[i].object], on);
	}
	for (uint64_t i = 0; i < h->fixups.count; i++)
		if (fixups[i].object >= op.set.nobjects ||
		    !relocate_again(rtld->all.list[first + fixups[i].object], fixups[i].table,
				    fixups[i].entry, error))
			return false;
	return true;
}

static bool
has_few_relocations(void)
{
	size_t count = 0;

	for (uint32_t i = 0; i < op.set.nobjects; i++) {
		const struct object *obj = op.set.objects[i].obj;

		count += (obj->rela.size + obj->jmprel.size) / sizeof(Elf64_Rela) +
			 obj->relr.size / sizeof(uint64_t);
	}
	return count <= FEW_RELOCATIONS;
}

/* Is it better linked without the store? */
static bool
is_worn_out(uint64_t key)
{
	return recall_times(&tried, key) >= TRIES ||
	       (recall_times(&tried, ~key) >= SHARED_OPENINGS && has_few_relocations());
}

enum dlopen_linked
dlopen_plan_take(const struct object *root, uint32_t first, int mode, struct error *error)
{
	struct key key;
	struct plan *p;
	enum dlopen_linked result = DLOPEN_RELOCATE;

	if (!all_in_slots(first) || !make_key(&key, root, first, mode) ||
	    is_worn_out(sum_of_key(&key))) {
		op.spoiled = true;
		return DLOPEN_RELOCATE;
	}
	p = plan_open_dlopen(&store, key_text, key.length);
	if (p && plan_fits(p, rtld->all.list + first, op.set.nobjects)) {
		for (uint32_t i = first; i < rtld->all.count; i++)
			rtld->all.list[i]->relocated = rtld->all.list[i]->relro_done = true;
		result = plan_map_over(p, error) && finish(p, first, error) ? DLOPEN_LINKED
									    : DLOPEN_FAILED;
	}
	plan_close_dlopen();
	if (result == DLOPEN_RELOCATE)
		relocate_watch_own(note_own, NULL);
	else
		recall_note(&tried, ~sum_of_key(&key));
	return result;
}

static bool
build(struct plan_writer *b, const char *key, size_t key_size)
{
	for (uint32_t i = 0; i < op.set.nobjects; i++) {
		const struct object *obj = op.set.objects[i].obj;

		if (!pages_plan_object(&op.set, i, b, true))
			return false;
		for (uint32_t k = 0; k < obj->reldeps.count; k++)
			plan_writer_depend(b, i, obj->reldeps.list[k]->start);
	}
	for (uint32_t n = 0; n < op.nown; n++)
		for (uint32_t i = 0; i < op.set.nobjects; i++)
			if (op.set.objects[i].obj == op.own[n].obj)
				plan_writer_fixup(b, i, op.own[n].table, op.own[n].entry);
	return plan_writer_write(b, key, key_size, NULL);
}

/* The records may have changed since they were read without the lock. */
static bool
renew_records(void)
{
	for (uint32_t i = 0; i < op.set.nobjects; i++)
		if (!store_renew_record(&store, &op.set.objects[i].record))
			return false;
	return true;
}

void
dlopen_plan_publish(const struct object *root, uint32_t first, int mode)
{
	static struct plan_writer b SYS_COLD;
	struct key key;

	relocate_watch_own(NULL, NULL);
	if (op.spoiled || !all_in_slots(first) || !make_key(&key, root, first, mode))
		return;
	recall_note(&tried, sum_of_key(&key)); /* who finds it next time does not ask */
	if (!take_lock() || !renew_records())
		return;
	plan_writer_init(&b);
	op.set.beside_private = !store.everybody;
	b.everybody = pages_find_readers(&op.set) && !op.set.beside_private;
	if (pages_copy(&op.set) && build(&b, key_text, key.length) && options.verbose)
		message_print(2, "xipld: %s: relocated pages published\n", root->path);
	plan_writer_discard(&b);
}
