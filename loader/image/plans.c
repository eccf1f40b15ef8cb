/*
 * The prelinked plans of an image into its store, while the image is imported: the index and the
 * plans get the identities of the tree's files and the places of the image's pages. Relocated pages
 * stay where they are. Whatever does not fit is left out: then the programs are linked as ever.
 */
#include "base/process_args.h"
#include "image/image.h"
#include "lib/prelink.h"
#include "rtld/stubs.h"
#include "cache/plan/plan_writer.h"
#include "base/heap.h"

#define RELOCATED_PATH_START IMAGE_STORE "/e-"

/* A file of relocated pages: where they lie. */
struct relocated_file {
	uint64_t id;
	uint32_t first, count; /* rows of the tree's runs */
};

struct installing {
	struct tree *tree;
	const struct image_source *source;
	struct prelink prelink;
	void *bytes; /* of the prelink file; scratch memory */
	size_t size;
	struct relocated_file *relocated; /* prelink.header->npages; scratch memory */
	struct xip_table table; /* the tree's files, and the runs of all */
};

/* Read a file of our own directory whole into scratch memory. NULL: it is not there. */
static void *
read_own(const struct tree *t, const char *name, size_t *size)
{
	struct cramfs_inode inode;
	struct error error;
	char path[64];
	char *bytes;

	message_format(path, sizeof(path), "/" IMAGE_OWN_DIR "/%s", name);
	if (!cramfs_lookup(t->fs, path, false, &inode, &error) || !cramfs_is_file(&inode) ||
	    inode.size == 0)
		return NULL;
	bytes = scratch_alloc(inode.size);
	if (bytes && cramfs_read(t->fs, &inode, 0, bytes, inode.size, &error) != (long)inode.size) {
		scratch_free(bytes, inode.size);
		bytes = NULL;
	}
	*size = inode.size;
	return bytes;
}

/* Are these pages in the image, one after the other, and what they were? */
static bool
find_pages(struct installing *in, uint32_t number)
{
	const struct prelink_pages *p = &in->prelink.pages[number];
	struct relocated_file *f = &in->relocated[number];
	struct cramfs_inode inode;
	struct error error;
	char path[64];
	uint64_t sum = 0, pages = 0;

	message_format(path, sizeof(path), "/" IMAGE_OWN_DIR "/relocated/%lx", p->id);
	f->id = p->id;
	f->first = (uint32_t)(in->tree->runs.size / sizeof(struct xip_extent));
	if (!cramfs_lookup(in->tree->fs, path, false, &inode, &error) || !cramfs_is_file(&inode) ||
	    !tree_note_runs(in->tree, &inode, &f->count, &error))
		return false;
	for (uint32_t i = 0; i < f->count; i++) {
		const struct xip_extent *run =
			(const struct xip_extent *)in->tree->runs.bytes + f->first + i;

		/* what lies behind the pages is not of them */
		for (uint32_t k = 0; run->page + k == pages && k < run->count && pages < p->pages;
		     k++, pages++)
			sum = format_add_page(
				sum, in->tree->fs->image + run->offset + (uint64_t)k * XIP_PAGE,
				XIP_PAGE);
	}
	return pages == p->pages && sum == p->sum;
}

static struct xip_extents
relocated_runs(const struct installing *in, uint64_t id)
{
	for (uint32_t i = 0; i < in->prelink.header->npages; i++)
		if (in->relocated[i].id == id)
			return (struct xip_extents){in->table.runs + in->relocated[i].first,
						    in->relocated[i].count};
	return (struct xip_extents){0};
}

/* The runs of the file of relocated pages that a plan knows as `path`; none if it is no such path.
 */
static struct xip_extents
runs_of_path(const struct installing *in, const char *path)
{
	char expected[STORE_PATH];

	if (starts_with(path, RELOCATED_PATH_START))
		for (uint32_t i = 0; i < in->prelink.header->npages; i++) {
			message_format(expected, sizeof(expected),
				       RELOCATED_PATH_START "%lx/relocated/%lx",
				       in->prelink.header->epoch, in->relocated[i].id);
			if (streq(path, expected))
				return relocated_runs(in, in->relocated[i].id);
		}
	return (struct xip_extents){0};
}

static bool
all_in_place(const struct xip_extents *runs, uint64_t offset, uint64_t size)
{
	while (size) {
		struct xip_piece p = xip_next(runs, offset, size);

		if (!p.in_place)
			return false;
		offset += p.size;
		size -= p.size;
	}
	return true;
}

/* A record's object is in the tree, with that content: it gets the file's identity, and the place
 * of its pages. */
static bool
fit_record(const struct installing *in, const struct index_record *from, struct index_record *r)
{
	struct xip_extents runs = relocated_runs(in, from->relocated_id);
	struct xip_piece piece;
	uint8_t hash[HASH_SIZE];
	int fd;
	long at;

	*r = *from;
	fd = tree_open(in->tree, r->path, &r->id);
	if (fd < 0)
		return false;
	at = r->id.size > 0 ? sys_mmap(0, (size_t)r->id.size, SYS_PROT_READ, SYS_MAP_PRIVATE, fd, 0)
			    : -22;
	sys_close(fd);
	if (sys_failed(at))
		return false;
	hash_content((const void *)at, (size_t)r->id.size, hash);
	sys_munmap((uintptr_t)at, PAGE_ALIGN_UP((size_t)r->id.size));
	piece = xip_next(&runs, r->relocated_offset, r->relocated_pages * XIP_PAGE);
	if (r->relocated_id && piece.in_place && piece.size == r->relocated_pages * XIP_PAGE) {
		r->relocated_id = STORE_RELOCATED_IN_IMAGE;
		r->relocated_offset = piece.offset;
	} else {
		r->relocated_id = 0;
	}
	return memcmp(hash, r->hash, HASH_SIZE) == 0;
}

/* Is [address, address + size) in the heap of a plan, and where in the copy? */
static void *
in_heap(const struct plan_header *h, char *heap, uint64_t address, uint64_t size)
{
	uint64_t at = address - h->heap;

	if (at > h->heap_size || size > h->heap_size - at || (at & 7))
		return NULL;
	return heap + at;
}

static const char *
string_in_heap(const struct plan_header *h, const char *heap, const char *string)
{
	uint64_t at = (uintptr_t)string - h->heap;

	if (at >= h->heap_size || !memchr(heap + at, 0, h->heap_size - at))
		return NULL;
	return heap + at;
}

/* Objects in the heap of a plan know which file they are. */
static bool
identify_objects(const struct installing *in, const struct plan_header *h, char *heap)
{
	const struct rtld *w = in_heap(h, heap, h->rtld, sizeof(*w));
	struct object **list =
		w ? in_heap(h, heap, (uintptr_t)w->all.list, w->all.count * sizeof(struct object *))
		  : NULL;

	for (uint32_t i = 0; list && i < w->all.count; i++) {
		struct object *obj = in_heap(h, heap, (uintptr_t)list[i], sizeof(*obj));
		const char *path = obj ? string_in_heap(h, heap, obj->path) : NULL;

		if (!path || tree_stat(in->tree, path, &obj->id) < 0)
			return false;
	}
	return list != NULL;
}

static bool
fit_inputs(const struct installing *in, const struct plan_tables *p, struct plan_writer *b)
{
	for (uint64_t i = 0; i < p->header->inputs.count; i++) {
		const char *path = plan_string(p, p->inputs[i].path);
		struct file_id id;
		bool there = tree_stat(in->tree, path, &id) == 0;
		enum plan_input_kind kind = p->inputs[i].kind;

		if (path[0] != '/' || kind == PLAN_INPUT_CWD)
			return false; /* made for one directory */
		if (kind != PLAN_INPUT_LD_CACHE && there == (kind == PLAN_INPUT_ABSENT))
			return false;
		plan_writer_input(b, kind, path, there ? &id : NULL);
	}
	for (uint64_t i = 0; i < p->header->lookups.count; i++)
		plan_writer_lookup(b, plan_string(p, p->lookups[i].name),
				   plan_string(p, p->lookups[i].path));
	for (uint64_t i = 0; i < p->header->tried.count; i++)
		plan_writer_tried(b, plan_string(p, p->tried[i].directory),
				  plan_string(p, p->tried[i].name));
	return true;
}

/* One mapping: of relocated pages, or of a file of the tree. */
static bool
fit_map(const struct installing *in, const struct plan_tables *p, const struct plan_map *m,
	struct plan_writer *b)
{
	const char *path =
		m->file < p->header->files.count ? plan_string(p, p->files[m->file].path) : "";
	struct xip_extents runs = runs_of_path(in, path);
	struct file_id id;
	uint32_t file = 0;

	if (runs.count) {
		if (!all_in_place(&runs, m->offset, m->size))
			return false;
	} else {
		if (path[0] != '/' || tree_stat(in->tree, path, &id) < 0)
			return false;
		file = plan_writer_file(b, path, &id);
		runs = xip_find(&in->table, id.ino, (uint64_t)id.size);
	}
	if (runs.count)
		plan_writer_map_runs(b, m->address, m->size, file, m->offset, (int)m->prot, &runs,
				     &in->source->id);
	else
		plan_writer_map(b, m->address, m->size, file, m->offset, (int)m->prot);
	return true;
}

static bool
fit_maps(const struct installing *in, const struct plan_tables *p, struct plan_writer *b,
	 uintptr_t *stubs)
{
	for (uint64_t i = 0; i < p->header->maps.count; i++) {
		const struct plan_map *m = &p->maps[i];

		if (((m->address | m->size | m->offset) & (page_size - 1)) || m->size == 0 ||
		    m->size > in->prelink.header->size || m->offset + m->size < m->offset)
			return false;
		if (m->file == PLAN_SELF) {
			/* the stubs, which plan_writer_heap will map: of this very build */
			if (*stubs || m->size != stubs_stub_size())
				return false;
			*stubs = m->address;
		} else if (m->file == PLAN_NO_FILE) {
			plan_writer_map(b, m->address, m->size, PLAN_NO_FILE, 0, (int)m->prot);
		} else if (!fit_map(in, p, m, b)) {
			return false;
		}
	}
	return *stubs != 0;
}

static bool
fit_plan(const struct installing *in, const struct plan_tables *p, char *heap,
	 struct plan_writer *b)
{
	const struct plan_header *h = p->header;
	const char *executable = plan_string(p, p->files[h->executable].path);
	uintptr_t stubs = 0;
	struct file_id id;

	memcpy(heap, p->bytes + page_size, h->heap_size);
	if (!identify_objects(in, h, heap) || !fit_inputs(in, p, b) ||
	    tree_stat(in->tree, executable, &id) < 0)
		return false;
	b->executable = plan_writer_file(b, executable, &id);
	if (!fit_maps(in, p, b, &stubs))
		return false;
	for (uint64_t i = 0; i < h->notes.count; i++)
		plan_writer_note(b, plan_string(p, p->notes[i].path), p->notes[i].address,
				 p->notes[i].pages, p->notes[i].reason);
	plan_writer_heap(b, (const uint8_t *)heap, h->heap, h->heap_size, stubs, h->rtld);
	return true;
}

/* Is the plan's key for this build of the loader and this kind of CPU? */
static bool
is_own_key(const struct plan_tables *p)
{
	static const char program[] = "program=";
	char own[512];
	size_t size = plan_key("/", own, sizeof(own)), n = 0;

	while (n < size && n < sizeof(own) && !starts_with(own + n, program))
		n++;
	return n < p->header->key.count && memcmp(p->bytes + p->header->key.offset, own, n) == 0;
}

/* One plan into the store; `why` becomes what is wrong, if anything is. */
static void
install_plan(const struct installing *in, uint64_t number, const char **why)
{
	static struct plan_writer b SYS_COLD;
	struct plan_tables plan;
	char name[32], *bytes, *heap = NULL;
	size_t size, heap_size = 0;

	message_format(name, sizeof(name), "plans/%lx", number);
	bytes = read_own(in->tree, name, &size);
	if (!bytes || plan_check(&plan, bytes, size, sizeof(struct rtld)) ||
	    plan.header->kind != PLAN_CLOSURE) {
		*why = "a plan is missing or damaged";
	} else if (!is_own_key(&plan)) {
		*why = "they are for another build of xipld, or another kind of CPU";
	} else {
		heap_size = plan.header->heap_size;
		heap = scratch_alloc(heap_size);
		plan_writer_init(&b);
		if (!heap || !fit_plan(in, &plan, heap, &b))
			*why = "they do not fit the image's files";
		else if (!plan_writer_write(&b, bytes + plan.header->key.offset,
					    plan.header->key.count, NULL))
			*why = "a plan cannot be written into the store";
		plan_writer_discard(&b);
	}
	if (bytes)
		scratch_free(bytes, size);
	scratch_free(heap, heap_size);
}

/* The index and the plans, into a store of their own. Returns what is wrong, or NULL. */
static const char *
install(const struct installing *in, const char *dir)
{
	const struct prelink_header *h = in->prelink.header;
	const char *why = NULL;
	struct index_record r;

	if (message_format(store.dir, sizeof(store.dir), "%s", dir) >= sizeof(store.dir) ||
	    !store_make(&store, h->epoch, h->base, h->size))
		return "no store can be made for them";
	for (uint32_t i = 0; i < h->nrecords; i++) {
		if (!fit_record(in, &in->prelink.records[i], &r))
			return "they do not fit the image's files";
		store_update_record(&r);
	}
	for (uint32_t i = 0; i < h->nplans; i++)
		install_plan(in, in->prelink.plans[i], &why);
	return why;
}

/* Open the prelink file and find the pages. Returns what is wrong, or NULL. */
static const char *
open_prelink(struct installing *in)
{
	const char *why = prelink_open(&in->prelink, in->bytes, in->size, ARCH_MACHINE, page_size);

	if (why || page_size != XIP_PAGE)
		return why ? why : "they are for another machine";
	in->relocated = scratch_alloc(PRELINK_MAX * sizeof(*in->relocated));
	if (!in->relocated)
		return "out of memory";
	for (uint32_t i = 0; i < in->prelink.header->npages; i++)
		if (!find_pages(in, i))
			return "their pages are damaged, or not in place";
	in->table = (struct xip_table){
		.files = (const struct xip_file *)in->tree->files.bytes,
		.runs = (const struct xip_extent *)in->tree->runs.bytes,
		.nfiles = (uint32_t)(in->tree->files.size / sizeof(struct xip_file)),
	};
	return NULL;
}

void
image_install_prelink(struct tree *t, const struct image_source *source, const char *dir)
{
	struct installing in = {.tree = t, .source = source};
	const char *why;

	in.bytes = read_own(t, "prelink", &in.size);
	if (!in.bytes)
		return;
	why = open_prelink(&in);
	if (!why)
		why = install(&in, dir);
	if (why && options.verbose)
		message_print(2, "xipld: %s: its prelinked plans are not used: %s\n", source->path,
			      why);
	store_forget_index();
	memset(&store, 0, sizeof(store));
	scratch_free(in.relocated, PRELINK_MAX * sizeof(*in.relocated));
	scratch_free(in.bytes, in.size);
}
