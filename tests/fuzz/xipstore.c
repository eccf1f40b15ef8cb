/*
 * libFuzzer: plans, indexes, epochs and limits of any bytes, as xipstore reads them. Checksums are
 * made right, or no input would get beyond them.
 */
#include <stdlib.h>

#include "lib/epoch.h"
#include "lib/limit.h"
#include "xipstore/plan.h"
#include "xipstore/processes.h"

#define BASE 0x300000000000UL

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static volatile uint64_t sink; /* what is read is used */

__attribute__((constructor)) static void
set_page_size(void)
{
	page_size = 4096;
}

static void
use_plan(const struct plan *p)
{
	struct index_record r = {.kind = RECORD_OBJECT, .slot = BASE + REGION_SLOTS, .span = 16384};
	const struct index index = {.list = &r, .count = 1};
	struct page_counts counts = plan_counts(p);
	struct plan_object *list;
	char *value = plan_key_value(p, "plan");
	size_t count;

	free(value);
	for (uint64_t i = 0; i < p->tables.header->inputs.count; i++)
		sink += strlen(plan_string(&p->tables, p->tables.inputs[i].path));
	for (uint64_t i = 0; i < p->tables.header->notes.count; i++)
		sink += strlen(plan_string(&p->tables, p->tables.notes[i].path)) +
			strlen(reason_words(p->tables.notes[i].reason));
	list = plan_objects(p, &index, &count);
	for (size_t i = 0; i < count; i++)
		sink += strlen(list[i].path) + list[i].high;
	sink += plan_object_at(list, count, BASE) != NULL;
	free(list);
	sink += counts.of[CLASS_TEXT];
}

static void
check_plan(const uint8_t *data, size_t size)
{
	const size_t skip = offsetof(struct plan_header, size);
	char *bytes = malloc(size ? size : 1);
	struct plan_header *h = (struct plan_header *)bytes;
	struct plan p;

	memcpy(bytes, data, size);
	if (size > page_size) {
		h->size = size;
		h->checksum = hash_checksum((char *)h + skip, sizeof(*h) - skip, 0);
		h->checksum = hash_checksum(bytes + page_size, size - page_size, h->checksum);
	}
	if (plan_decode(&p, bytes, size)) {
		free(bytes);
		return;
	}
	use_plan(&p);
	plan_free(&p);
}

static void
check_records(const uint8_t *data, size_t size)
{
	const struct store s = {.has_epoch = true, .base = BASE, .size = 1UL << 40};
	size_t count = size / sizeof(struct index_record);
	struct index_record *list = malloc(size ? size : 1);
	struct index index;

	memcpy(list, data, size);
	for (struct index_record *r = list; r < list + count; r++)
		r->checksum = hash_checksum(&r->version, sizeof(*r) - sizeof(r->checksum), 0);
	index_decode(&index, (const char *)list, size, &s);
	free(list);
	if (index.count + index.damaged != count)
		abort();
	for (size_t i = 0; i < index.count; i++)
		sink += strlen(index.list[i].path) +
			(index_object(&index, &index.list[i]) != NULL) +
			(index_at(&index, index.list[i].slot) != NULL);
	index_free(&index);
}

static void
check_epoch(const uint8_t *data, size_t size)
{
	struct epoch_file e = {.magic = ""};

	memcpy(&e, data, size < sizeof(e) ? size : sizeof(e));
	e.checksum = hash_checksum(&e.version, sizeof(e) - offsetof(struct epoch_file, version), 0);
	sink += epoch_check(&e, size) != NULL;
}

static void
check_limit(const uint8_t *data, size_t size)
{
	struct limit_file f = {.magic = ""};
	struct limit l;

	memcpy(&f, data, size < sizeof(f) ? size : sizeof(f));
	f.checksum = hash_checksum(&f.version, sizeof(f) - offsetof(struct limit_file, version), 0);
	if (!limit_decode(&f, size, &l) && limit_bytes(&l, size << 20) == 0)
		abort();
}

static void
check_line(const uint8_t *data, size_t size)
{
	char *line = malloc(size + 1);
	struct limit limit;
	const char *id;
	uint64_t ino;

	memcpy(line, data, size);
	line[size] = '\0';
	if (!limit_parse(line, &limit))
		sink += limit_bytes(&limit, 1UL << 40);
	sink += maps_path(line, &ino) != NULL;
	sink += is_relocated_path(line, &id);
	free(line);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (size >= 8 && memcmp(data, PLAN_MAGIC, 8) == 0)
		check_plan(data, size);
	else if (size >= 8 && memcmp(data, EPOCH_MAGIC, 8) == 0)
		check_epoch(data, size);
	else if (size >= 8 && memcmp(data, LIMIT_MAGIC, 8) == 0)
		check_limit(data, size);
	else if (size % sizeof(struct index_record) < 16)
		check_records(data, size);
	else
		check_line(data, size);
	return 0;
}
