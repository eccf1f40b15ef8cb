/*
 * libFuzzer: a plan of any bytes, and behind it a file of init pages, are checked; what passed is
 * used. Their checksums are made right, or no input would get beyond them.
 */
#include <stdlib.h>

#include "lib/rtld_state.h"
#include "lib/init_pages_file.h"
#include "lib/plan.h"

static volatile uint64_t sink; /* what is read is used */

static void
read_text(const struct plan_tables *p, uint32_t offset)
{
	sink += strlen(plan_string(p, offset));
}

static void
use_plan(const struct plan_tables *p)
{
	const struct plan_header *h = p->header;

	for (uint64_t i = 0; i < h->inputs.count; i++)
		read_text(p, p->inputs[i].path);
	for (uint64_t i = 0; i < h->files.count; i++)
		read_text(p, p->files[i].path);
	for (uint64_t i = 0; i < h->maps.count; i++)
		sink += p->maps[i].address;
	for (uint64_t i = 0; i < h->fixups.count; i++)
		sink += p->fixups[i].entry;
	for (uint64_t i = 0; i < h->depends.count; i++)
		sink += p->depends[i].slot;
	for (uint64_t i = 0; i < h->dlsyms.count; i++)
		sink += p->dlsyms[i].symbol;
	for (uint64_t i = 0; i < h->prefault.count; i++)
		sink += p->prefault[i].address;
	for (uint64_t i = 0; i < h->notes.count; i++)
		read_text(p, p->notes[i].path);
	for (uint64_t i = 0; i < h->key.count; i++)
		sink += (uint64_t)p->bytes[h->key.offset + i];
	if (h->kind ==
	    PLAN_CLOSURE) { /* the two files and the linker's state that a launch uses at once */
		read_text(p, p->files[h->executable].path);
		if (h->rtld < h->heap || h->rtld + sizeof(struct rtld) > h->heap + h->heap_size)
			abort();
	}
}

static void
use_init_pages(const struct plan_tables *p, const struct init_pages_file *f)
{
	for (uint64_t i = 0; i < f->pages; i++)
		sink += p->maps[f->page[i].map].size +
			(uint64_t)init_pages_content(f, i)[page_size - 1];
	for (uint64_t i = 0; i < f->words; i++)
		sink += init_pages_words(f)[i].value;
}

/* A copy that ends where the bytes end. */
static void *
copied(const uint8_t *data, size_t size)
{
	void *copy;

	copy = malloc(size ? size : 1);
	memcpy(copy, data, size);
	return copy;
}

static void
check_init_pages(const struct plan_tables *p, const uint8_t *data, size_t size)
{
	struct init_pages_file *f;

	if (size < page_size)
		return; /* as map_sound has it */
	f = copied(data, size);
	f->plan_id = p->header->plan_id;
	f->checksum = format_init_pages_checksum(f, size);
	if (init_pages_is_sound(p, f, size))
		use_init_pages(p, f);
	free(f);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct plan_header *h;
	struct plan_tables p;
	size_t plan_size = size;
	char *bytes;

	if (size < sizeof(*h))
		return 0;
	memcpy(&plan_size, data + offsetof(struct plan_header, size), sizeof(plan_size));
	if (plan_size < sizeof(*h) || plan_size > size)
		plan_size = size;
	bytes = copied(data, plan_size);
	h = (struct plan_header *)bytes;
	if (plan_size > page_size)
		h->checksum = plan_checksum(h, bytes + page_size, plan_size - page_size);
	if (!plan_check(&p, bytes, plan_size, sizeof(struct rtld))) {
		use_plan(&p);
		check_init_pages(&p, data + plan_size, size - plan_size);
	}
	free(bytes);
	return 0;
}
