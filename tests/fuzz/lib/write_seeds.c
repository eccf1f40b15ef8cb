/* write_seeds TARGET DIRECTORY: first inputs for a fuzzer of our own formats, a sound file of each.
 */
#include <stdio.h>
#include <stdlib.h>

#include "lib/xip_extents.h"
#include "lib/prelink.h"
#include "lib/init_pages_file.h"

#define BASE 0x300000000000UL
#define SLOT (BASE + REGION_SLOTS)
#define PAGE 4096UL

static void
save(const char *directory, const char *name, const void *bytes, size_t size)
{
	char path[4096];
	FILE *f;

	snprintf(path, sizeof(path), "%s/%s", directory, name);
	f = fopen(path, "w");
	if (!f || fwrite(bytes, 1, size, f) != size || fclose(f) != 0) {
		perror(path);
		exit(1);
	}
}

/* A plan that is filled part by part. */
struct file {
	_Alignas(8) char bytes[16 * PAGE];
	size_t size;
};

static struct plan_part
put(struct file *f, const void *entries, size_t count, size_t entry)
{
	struct plan_part part = {f->size, count};

	memcpy(f->bytes + f->size, entries, count * entry);
	f->size = (f->size + count * entry + 7) & ~7UL;
	return part;
}

static void
fill_plan(struct file *f, enum plan_kind kind)
{
	static const char key[] =
		"build=0\nprogram=/bin/a\nplan=8000000000000001\nfresh 301001000000\n";
	static const char strings[] = "/bin/a\0/lib/liba.so\0/s/e-1/relocated/8000000000000001";
	static const struct plan_input inputs[] = {{.path = 0},
						   {.path = 7, .kind = PLAN_INPUT_ABSENT}};
	static const struct plan_file files[] = {{.path = 0}, {.path = 7}, {.path = 20}};
	static const struct plan_map maps[] = {{SLOT, PAGE, 0, 0, 1},
					       {SLOT + PAGE, PAGE, PAGE, 2, 3},
					       {SLOT + 2 * PAGE, PAGE, PAGE, PLAN_SELF, 3},
					       {SLOT + 3 * PAGE, PAGE, 0, PLAN_NO_FILE, 3}};
	static const struct plan_fixup fixups[] = {{0, PLAN_TABLE_JMPREL, 3}};
	static const struct plan_depend depends[] = {{0, SLOT}};
	static const struct plan_note notes[] = {{SLOT, 1, REASON_PROGRAM, 0, 0}};
	static const struct plan_dlsym dlsyms[] = {{DLSYM_DEFAULT, 0, 1, 2, "malloc"}};
	static const struct plan_prefault prefault[] = {{SLOT, PAGE}, {SLOT + PAGE, PAGE}};
	struct plan_header *h = (struct plan_header *)f->bytes;

	memset(f, 0, sizeof(*f));
	*h = (struct plan_header){.version = STORE_VERSION,
				  .machine = ARCH_MACHINE,
				  .page_size = PAGE,
				  .kind = kind,
				  .heap = BASE + REGION_HEAP,
				  .heap_size = 2 * PAGE,
				  .rtld = BASE + REGION_HEAP + 256,
				  .tables = 3 * PAGE,
				  .plan_id = 0x1234,
				  .prefault_written = 1};
	memcpy(h->magic, PLAN_MAGIC, sizeof(h->magic));
	f->size = 3 * PAGE;
	h->key = put(f, key, sizeof(key) - 1, 1);
	h->inputs = put(f, inputs, 2, sizeof(*inputs));
	h->files = put(f, files, 3, sizeof(*files));
	h->maps = put(f, maps, 4, sizeof(*maps));
	h->fixups = put(f, fixups, 1, sizeof(*fixups));
	h->depends = put(f, depends, 1, sizeof(*depends));
	h->notes = put(f, notes, 1, sizeof(*notes));
	h->strings = put(f, strings, sizeof(strings), 1);
	h->dlsyms = put(f, dlsyms, 1, sizeof(*dlsyms));
	h->prefault = put(f, prefault, 2, sizeof(*prefault));
	h->size = f->size;
	h->checksum = plan_checksum(h, f->bytes + PAGE, f->size - PAGE);
}

static void
add_init_pages(struct file *f)
{
	struct init_pages_file *a = (struct init_pages_file *)(f->bytes + f->size);
	struct init_word *word;

	memcpy(a->magic, INIT_PAGES_MAGIC, sizeof(a->magic));
	a->plan_id = 0x1234;
	a->pages = 2;
	a->words = 1;
	a->page[0] = (struct init_page){SLOT + PAGE, 1, 0};
	a->page[1] = (struct init_page){SLOT + 2 * PAGE, 2, 0};
	word = init_pages_words(a);
	*word = (struct init_word){SLOT + 2 * PAGE + 8, 1};
	f->size += format_init_pages_size(2, 1);
	a->checksum = format_init_pages_checksum(a, format_init_pages_size(2, 1));
}

static void
plans(const char *directory)
{
	static struct file f;

	fill_plan(&f, PLAN_CLOSURE);
	save(directory, "closure", f.bytes, f.size);
	add_init_pages(&f);
	save(directory, "closure-and-init-pages", f.bytes, f.size);
	fill_plan(&f, PLAN_DLOPEN);
	save(directory, "addition", f.bytes, f.size);
}

static void
extents(const char *directory)
{
	struct {
		struct xip_header h;
		struct xip_file files[2];
		struct xip_extent runs[3];
	} t = {
		.h = {.version = XIP_VERSION,
		      .page_size = XIP_PAGE,
		      .image_size = 0x20000,
		      .nfiles = 2,
		      .nruns = 3},
		.files = {{100, 0x1800, 0, 1}, {200, 0x8000, 1, 2}},
		.runs = {{0, 2, 0x1000}, {0, 4, 0x8000}, {6, 1, 0x4000}},
	};

	memcpy(t.h.magic, XIP_MAGIC, sizeof(t.h.magic));
	save(directory, "extents", &t, sizeof(t));
}

static struct index_record
record(const char *path, uint64_t slot)
{
	struct index_record r = {.version = STORE_VERSION,
				 .page_size = PAGE,
				 .kind = RECORD_OBJECT,
				 .slot = slot,
				 .span = 4 * PAGE,
				 .relocated_id = 1UL << 63 | 1,
				 .relocated_offset = PAGE,
				 .relocated_pages = 2};

	memcpy(r.path, path, strlen(path) + 1);
	r.checksum = hash_checksum(&r.version, sizeof(r) - sizeof(r.checksum), 0);
	return r;
}

static void
prelink_tables(const char *directory)
{
	struct {
		struct prelink_header h;
		struct index_record records[2];
		uint64_t plans[1];
		struct prelink_pages pages[2];
	} t = {
		.h = {.version = PRELINK_VERSION,
		      .store_version = STORE_VERSION,
		      .machine = ARCH_MACHINE,
		      .page_size = PAGE,
		      .epoch = 1,
		      .base = BASE,
		      .size = 1UL << 40,
		      .nrecords = 2,
		      .nplans = 1,
		      .npages = 2},
		.records = {record("/bin/a", 0), record("/lib/liba.so", SLOT)},
		.plans = {1},
		.pages = {{1, 1, 0}, {2, 3, 0}},
	};

	memcpy(t.h.magic, PRELINK_MAGIC, sizeof(t.h.magic));
	save(directory, "prelink", &t, sizeof(t));
	save(directory, "records", t.records, sizeof(t.records));
}

int
main(int argc, char **argv)
{
	page_size = PAGE;
	if (argc != 3)
		return 2;
	if (strcmp(argv[1], "plan") == 0 || strcmp(argv[1], "xipstore") == 0)
		plans(argv[2]);
	if (strcmp(argv[1], "tables") == 0 || strcmp(argv[1], "xipstore") == 0)
		prelink_tables(argv[2]);
	if (strcmp(argv[1], "tables") == 0)
		extents(argv[2]);
	return 0;
}
