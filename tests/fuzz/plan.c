/*
 * libFuzzer: a plan of any bytes, and behind it a file of init pages, are checked; what passed is
 * used. Their checksums are made right, or no input would get beyond them.
 */
#include <stdlib.h>

#include "lib/world.h"
#include "lib/init_pages_file.h"
#include "lib/plan.h"

static volatile uint64_t sink; /* what is read is used */

static void
read_text(const struct plan *p, uint32_t offset)
{
	sink += strlen(plan_string(p, offset));
}

static void
use_plan(const struct plan *p)
{
	const struct plan_header *h = p->header;

	for (uint64_t i = 0; i < h->inputs.count; i++)
		read_text(p, p->inputs[i].path);
	for (uint64_t i = 0; i < h->files.count; i++)
		read_text(p, p->files[i].path);
	for (uint64_t i = 0; i < h->maps.count; i++)
		sink += p->maps[i].address + (alike_file_behind(p, &p->maps[i]) != NULL);
	for (uint64_t i = 0; i < h->again.count; i++)
		sink += p->again[i].entry;
	for (uint64_t i = 0; i < h->depends.count; i++)
		sink += p->depends[i].slot;
	for (uint64_t i = 0; i < h->asked.count; i++)
		sink += p->asked[i].symbol;
	for (uint64_t i = 0; i < h->touch.count; i++)
		sink += p->touch[i].address;
	for (uint64_t i = 0; p->notes && i < h->notes.count; i++)
		read_text(p, p->notes[i].path);
	for (uint64_t i = 0; i < h->key.count; i++)
		sink += (uint64_t)p->bytes[h->key.offset + i];
	if (h->kind == PLAN_CLOSURE) { /* the two files and the world that a launch uses at once */
		read_text(p, p->files[h->executable].path);
		if (h->world < h->heap || h->world + sizeof(struct world) > h->heap + h->heap_size)
			abort();
	}
}

static void
use_init_pages(const struct plan *p, const struct alike_file *f)
{
	for (uint64_t i = 0; i < f->pages; i++)
		sink += p->maps[f->page[i].map].size + (uint64_t)alike_content(f, i)[page_size - 1];
	for (uint64_t i = 0; i < f->words; i++)
		sink += alike_words(f)[i].value;
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
check_init_pages(const struct plan *p, const uint8_t *data, size_t size)
{
	struct alike_file *f;

	if (size < page_size)
		return; /* as map_sound has it */
	f = copied(data, size);
	f->identity = p->header->identity;
	f->checksum = format_alike_checksum(f, size);
	if (alike_is_sound(p, f, size))
		use_init_pages(p, f);
	free(f);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct plan_header *h;
	struct plan p;
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
	if (plan_take(&p, bytes, plan_size, sizeof(struct world))) {
		use_plan(&p);
		check_init_pages(&p, data + plan_size, size - plan_size);
	} else if (plan_size > page_size && plan_header_fits(&p, PLAN_ADDITION) &&
		   plan_is_sound(&p)) {
		p.notes = NULL;
		use_plan(&p);
	}
	free(bytes);
	return 0;
}
