/* The file of a plan, as the loader writes it, in memory. A test that includes this is linked with
 * --wrap=replace_file. */
#ifndef XIPLD_TESTS_PLAN_H
#define XIPLD_TESTS_PLAN_H

#include <stdlib.h>

#include "cache/plan/plan_writer.h"
#include "cache/store/replace_file.h"
#include "tests_objects.h"

static const struct arch_region regions[] = ARCH_REGIONS;
#define BASE regions[0].low
#define SLOT (BASE + REGION_SLOTS)
#define HEAP (BASE + REGION_HEAP)
#define PAGE 4096UL
#define HEAP_SIZE (4 * PAGE)

static struct {
	char path[512];
	char *bytes; /* of a block that ends where they end */
	size_t size;
} file;

/* In place of the store's: what would be written is kept. */
bool __wrap_replace_file(const char *path, const char *bytes, size_t size, int mode);
bool
__wrap_replace_file(const char *path, const char *bytes, size_t size, int mode)
{
	(void)mode;
	message_format(file.path, sizeof(file.path), "%s", path);
	free(file.bytes);
	file.bytes = malloc(size);
	memcpy(file.bytes, bytes, size);
	file.size = size;
	return true;
}

static const char key[] = "program=/bin/p\n";
static const uint8_t heap_image[HEAP_SIZE] = "heap";
static const uint8_t own_page[PAGE] = "own page";
static const struct file_id program_id = {.ino = 11, .size = 5000, .mode = 0100755},
			    library_id = {.ino = 12, .size = 9000, .mode = 0100644};

static inline struct plan_header *
header(void)
{
	return (struct plan_header *)file.bytes;
}

static inline uint64_t
right_checksum(void)
{
	return plan_checksum(header(), file.bytes + PAGE, file.size - PAGE);
}

/* Two files, maps of both in turn, and something in every table that a writer fills. */
static inline void
fill(struct plan_writer *w, bool closure)
{
	uint32_t program, library;

	plan_writer_init(w);
	plan_writer_input(w, PLAN_INPUT_FILE, "/bin/p", &program_id);
	plan_writer_input(w, PLAN_INPUT_ABSENT, "/lib/absent.so", NULL);
	plan_writer_input(w, PLAN_INPUT_CWD, "/home", NULL);
	plan_writer_input(w, PLAN_INPUT_REPLACED, "/lib/l.so", &library_id);
	plan_writer_lookup(w, "libl.so", "/lib/l.so");
	plan_writer_tried(w, "/opt/lib", "libl.so");
	program = w->executable = plan_writer_file(w, "/bin/p", &program_id);
	library = plan_writer_file(w, "/lib/l.so", &library_id);
	plan_writer_map(w, SLOT, PAGE, program, 0, SYS_PROT_READ);
	plan_writer_map(w, SLOT + 8 * PAGE, PAGE, library, 0, SYS_PROT_READ);
	plan_writer_map(w, SLOT + PAGE, 2 * PAGE, program, PAGE, SYS_PROT_READ | SYS_PROT_EXEC);
	plan_writer_closure(w, SLOT + 3 * PAGE, own_page, 1, SYS_PROT_READ | SYS_PROT_WRITE);
	plan_writer_map(w, SLOT + 4 * PAGE, PAGE, PLAN_NO_FILE, 0, SYS_PROT_READ | SYS_PROT_WRITE);
	plan_writer_fixup(w, 1, PLAN_TABLE_JMPREL, 7);
	plan_writer_depend(w, 2, SLOT);
	plan_writer_note(w, "/bin/p", SLOT + 3 * PAGE, 1, REASON_PROGRAM);
	if (closure)
		plan_writer_heap(w, heap_image, HEAP, HEAP_SIZE, HEAP - 0x80000, HEAP + 0x1800);
}

static inline void
write_file(bool closure)
{
	struct plan_writer w;

	fill(&w, closure);
	assert_true(plan_writer_write(&w, key, sizeof(key) - 1, NULL));
	plan_writer_discard(&w);
}

/* Add what a launch has learned: both tables are empty in a new plan. */
static inline void
add_learned(void)
{
	const struct plan_dlsym dlsym = {DLSYM_DEFAULT, 0, 1, 2, "malloc"};
	const struct plan_prefault prefault[] = {{SLOT, PAGE}, {SLOT + PAGE, PAGE}};
	size_t at = file.size;

	file.size += sizeof(dlsym) + sizeof(prefault);
	file.bytes = realloc(file.bytes, file.size);
	memcpy(file.bytes + at, &dlsym, sizeof(dlsym));
	memcpy(file.bytes + at + sizeof(dlsym), prefault, sizeof(prefault));
	header()->dlsyms = (struct plan_part){at, 1};
	header()->prefault = (struct plan_part){at + sizeof(dlsym), 2};
	header()->prefault_written = header()->prefault_large = 1;
	header()->size = file.size;
	header()->checksum = right_checksum();
}

static struct plan_tables plan;

static inline int
begin(void **state)
{
	(void)state;
	forget_rtld();
	write_file(true);
	add_learned();
	memset(&plan, 0, sizeof(plan));
	return 0;
}

/* What is wrong with the file, or NULL. */
static inline const char *
problem(void)
{
	return plan_check(&plan, file.bytes, file.size, sizeof(struct rtld));
}

static inline const char *
problem_with_checksum(void)
{
	header()->checksum = right_checksum();
	return problem();
}

static inline void
check_part(const struct plan_part *part, const void *at, size_t entry)
{
	assert_true(part->offset >= PAGE && part->offset % 8 == 0);
	assert_true(part->offset <= file.size);
	assert_true(part->count <= (file.size - part->offset) / entry);
	assert_ptr_equal(at, file.bytes + part->offset);
}

static inline void
check_text(uint32_t offset)
{
	const char *text = plan_string(&plan, offset);
	const char *end = plan.strings + plan.header->strings.count;

	if (*text)
		assert_true(text >= plan.strings && text + strlen(text) < end);
}

static inline void
check_map(const struct plan_map *m)
{
	assert_true(m->size && m->address + m->size > m->address);
	assert_false((m->prot & SYS_PROT_WRITE) && (m->prot & SYS_PROT_EXEC));
	if (m->file == PLAN_SELF)
		assert_true(m->offset <= file.size && m->size <= file.size - m->offset);
	else if (m->file != PLAN_NO_FILE)
		assert_true(m->file < plan.header->files.count);
}

/* Go through all that a launch reads of a plan that was accepted: nothing of it is outside. */
static inline void
check_bounds(void)
{
	const struct plan_header *h = plan.header;

	check_part(&h->key, plan.key, 1);
	check_part(&h->strings, plan.strings, 1);
	check_part(&h->inputs, plan.inputs, sizeof(*plan.inputs));
	check_part(&h->files, plan.files, sizeof(*plan.files));
	check_part(&h->maps, plan.maps, sizeof(*plan.maps));
	check_part(&h->fixups, plan.fixups, sizeof(*plan.fixups));
	check_part(&h->depends, plan.depends, sizeof(*plan.depends));
	check_part(&h->notes, plan.notes, sizeof(*plan.notes));
	check_part(&h->dlsyms, plan.dlsyms, sizeof(*plan.dlsyms));
	check_part(&h->prefault, plan.prefault, sizeof(*plan.prefault));
	for (uint64_t i = 0; i < h->inputs.count; i++)
		check_text(plan.inputs[i].path);
	for (uint64_t i = 0; i < h->files.count; i++)
		check_text(plan.files[i].path);
	for (uint64_t i = 0; i < h->notes.count; i++)
		check_text(plan.notes[i].path);
	for (uint64_t i = 0; i < h->maps.count; i++)
		check_map(&plan.maps[i]);
	if (h->kind == PLAN_CLOSURE) {
		assert_true(h->executable < h->files.count);
		assert_true(h->heap_size <= file.size - PAGE);
		assert_true(h->rtld >= h->heap &&
			    h->rtld + sizeof(struct rtld) <= h->heap + h->heap_size);
	}
	assert_true(h->prefault_written + h->prefault_large <= h->prefault.count);
}

#endif
