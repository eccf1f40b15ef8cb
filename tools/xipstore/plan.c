#include "xipstore/plan.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "common/must.h"
#include "lib/region.h"
#include "xipstore/files.h"

char *
plan_key_value(const struct plan *p, const char *name)
{
	const char *line = p->tables.key, *end = p->tables.key + p->tables.header->key.count;
	size_t len = strlen(name);

	while (line < end) {
		const char *stop = memchr(line, '\n', (size_t)(end - line));

		stop = stop ? stop : end;
		if ((size_t)(stop - line) > len && memcmp(line, name, len) == 0 &&
		    (line[len] == '=' || line[len] == ' '))
			return must_format("%.*s", (int)(stop - line - (long)len - 1),
					   line + len + 1);
		line = stop + 1;
	}
	return NULL;
}

const char *
plan_key_wish(const struct plan *p, size_t *size)
{
	static const char name[] = "\nprogram=";
	const char *at = memmem(p->tables.key, p->tables.header->key.count, name, sizeof(name) - 1);

	at = at ? at + 1 : p->tables.key;
	*size = (size_t)(p->tables.key + p->tables.header->key.count - at);
	return at;
}

char *
plan_absolute(const struct plan *p, const char *path)
{
	char *cwd = path[0] == '/' ? NULL : plan_key_value(p, "cwd"), *absolute;

	absolute = cwd ? must_format("%s/%s", cwd, path) : must_strdup(path);
	free(cwd);
	return absolute;
}

char *
plan_program(const struct plan *p)
{
	return plan_absolute(p, p->program);
}

static void
plan_name(const struct plan *p, unsigned number, char name[PLAN_NAME])
{
	snprintf(name, PLAN_NAME, "%lx",
		 (unsigned long)format_plan_name(p->tables.key, p->tables.header->key.count,
						 number));
}

static void
read_key(struct plan *p)
{
	char *closure = p->tables.header->kind == PLAN_DLOPEN ? plan_key_value(p, "plan") : NULL;

	p->program = plan_key_value(p, "program");
	if (!p->program)
		p->program = must_strdup("");
	p->closure = closure ? strtoull(closure, NULL, 16) : 0;
	free(closure);
	plan_name(p, 0, p->name);
}

bool
plan_parse_name(struct plan *p, const char *name)
{
	for (unsigned number = 0; number < PLANS_OF_KEY; number++) {
		plan_name(p, number, p->name);
		if (strcmp(p->name, name) == 0)
			return true;
	}
	return false;
}

const char *
plan_decode(struct plan *p, char *bytes, size_t size)
{
	/* what the linker's state is, only the loader knows: one word at least */
	const char *problem = plan_check(&p->tables, bytes, size, sizeof(uint64_t));

	p->bytes = NULL;
	p->program = NULL;
	if (problem)
		return problem;
	p->bytes = bytes;
	read_key(p);
	return NULL;
}

void
plan_drop_pages(struct plan *p)
{
	const uintptr_t from = PAGE_ALIGN_UP((uintptr_t)p->bytes + page_size);
	const uintptr_t to = PAGE_ALIGN_DOWN((uintptr_t)p->bytes + p->tables.header->tables);

	if (from < to)
		madvise((void *)from, to - from, MADV_DONTNEED);
}

void
plan_free(struct plan *p)
{
	free(p->bytes);
	free(p->program);
	*p = (struct plan){0};
}

uint64_t
plan_base(const struct plan *p)
{
	return p->tables.header->kind == PLAN_CLOSURE ? p->tables.header->heap - REGION_HEAP : 0;
}

bool
is_relocated_path(const char *path, const char **id)
{
	static const char directory[] = "/relocated/";
	const char *base = strrchr(path, '/');
	size_t len = sizeof(directory) - 1;

	if (!base || (size_t)(base + 1 - path) < len || !is_hex_name(base + 1, 16) ||
	    memcmp(base + 1 - len, directory, len) != 0)
		return false;
	*id = base + 1;
	return true;
}

const char *class_name(enum page_class class)
{
	static const char names[CLASS_COUNT][12] = {"text", "relocated", "program", "anon"};

	return names[class];
}

enum page_class
plan_map_class(const struct plan *p, const struct plan_map *m)
{
	const char *id;

	if (m->file == PLAN_NO_FILE)
		return CLASS_ANON;
	if (m->file == PLAN_SELF)
		return CLASS_PROGRAM;
	return is_relocated_path(plan_string(&p->tables, p->tables.files[m->file].path), &id)
		       ? CLASS_RELOCATED
		       : CLASS_TEXT;
}

bool
plan_map_is_loader(const struct plan *p, const struct plan_map *m)
{
	uint64_t base = plan_base(p);

	return base && format_is_loader(m->address, base);
}

static void
count_map(const struct plan *p, const struct plan_map *m, struct page_counts *counts)
{
	counts->of[plan_map_class(p, m)] += m->size / page_size;
}

struct page_counts
plan_counts(const struct plan *p)
{
	struct page_counts counts = {0};

	for (uint64_t i = 0; i < p->tables.header->maps.count; i++)
		if (!plan_map_is_loader(p, &p->tables.maps[i]))
			count_map(p, &p->tables.maps[i], &counts);
	return counts;
}

static int
by_address(const void *a, const void *b)
{
	const struct plan_object *x = a, *y = b;

	return x->low < y->low ? -1 : x->low > y->low;
}

/*
 * One object for each file of plain pages, from its slot on (an object may begin with relocated
 * pages, as libc does) or, if that is not known, from its lowest such mapping.
 */
static size_t
find_objects(const struct plan *p, const struct index *index, struct plan_object *list)
{
	uint64_t nfiles = p->tables.header->files.count;
	size_t count = 0;

	for (uint64_t i = 0; i < nfiles; i++)
		list[i] = (struct plan_object){
			plan_string(&p->tables, p->tables.files[i].path), UINT64_MAX, 0, {{0}}};
	for (uint64_t i = 0; i < p->tables.header->maps.count; i++) {
		const struct plan_map *m = &p->tables.maps[i];

		if (plan_map_class(p, m) == CLASS_TEXT && m->address < list[m->file].low)
			list[m->file].low = m->address;
	}
	for (uint64_t i = 0; i < nfiles; i++) {
		const struct index_record *r =
			index && list[i].low != UINT64_MAX ? index_at(index, list[i].low) : NULL;

		if (r)
			list[i].low = r->slot;
		if (list[i].low != UINT64_MAX)
			list[count++] = list[i];
	}
	return count;
}

size_t
plan_fresh_slots(const struct plan *p, uint64_t *slots, size_t capacity)
{
	static const char word[] = "fresh ";
	const char *line = p->tables.key, *end = p->tables.key + p->tables.header->key.count;
	size_t n = 0;

	while (p->tables.header->kind == PLAN_DLOPEN && line < end) {
		const char *stop = memchr(line, '\n', (size_t)(end - line));
		size_t len = (size_t)((stop ? stop : end) - line);

		if (len > sizeof(word) - 1 && len < 40 &&
		    memcmp(line, word, sizeof(word) - 1) == 0) {
			char digits[40] = "";

			memcpy(digits, line + sizeof(word) - 1, len - sizeof(word) + 1);
			if (n < capacity)
				slots[n] = strtoull(digits, NULL, 16);
			n++;
		}
		line += len + 1;
	}
	return n;
}

/* The objects of a dlopen plan are mapped by dlopen: it has their slots, and relocated pages only.
 */
static size_t
find_fresh_objects(const struct plan *p, const struct index *index, struct plan_object *list,
		   size_t capacity)
{
	uint64_t *slots = must_array(capacity, sizeof(*slots));

	plan_fresh_slots(p, slots, capacity);
	for (size_t i = 0; i < capacity; i++) {
		const struct index_record *r = index ? index_at(index, slots[i]) : NULL;

		list[i] =
			(struct plan_object){r ? r->path : "(unknown)", slots[i], slots[i], {{0}}};
	}
	free(slots);
	return capacity;
}

struct plan_object *
plan_objects(const struct plan *p, const struct index *index, size_t *count)
{
	size_t fresh = plan_fresh_slots(p, NULL, 0);
	struct plan_object *list = must_array(p->tables.header->files.count + fresh, sizeof(*list));

	if (p->tables.header->kind == PLAN_DLOPEN)
		*count = find_fresh_objects(p, index, list, fresh);
	else
		*count = find_objects(p, index, list);
	if (*count)
		qsort(list, *count, sizeof(*list), by_address);
	for (uint64_t i = 0; i < p->tables.header->maps.count; i++) {
		const struct plan_map *m = &p->tables.maps[i];
		struct plan_object *obj;

		if (plan_map_is_loader(p, m))
			continue;
		obj = (struct plan_object *)plan_object_at(list, *count, m->address);
		if (!obj)
			continue;
		count_map(p, m, &obj->pages);
		if (m->address + m->size > obj->high)
			obj->high = m->address + m->size;
	}
	return list;
}

const struct plan_object *
plan_object_at(const struct plan_object *list, size_t count, uint64_t address)
{
	size_t low = 0, high = count;

	while (low < high) {
		size_t middle = (low + high) / 2;

		if (list[middle].low <= address)
			low = middle + 1;
		else
			high = middle;
	}
	return low ? &list[low - 1] : NULL;
}

static const struct {
	char code[24];
	const char *words;
} reasons[] = {
	[REASON_PROGRAM] = {"program", "the program's own pages: it is in no other closure"},
	[REASON_SYMBOL_DIFFERS] = {"symbol-differs",
				   "a symbol is another's here than where the object was first "
				   "relocated"},
	[REASON_COPY_RELOCATION] = {"copy-relocation", "the program's copies of variables"},
	[REASON_OTHER_LAYOUT] = {"other-layout",
				 "the baseline pages are of another kind of CPU or layout"},
	[REASON_BASELINE_GONE] = {"baseline-gone", "the baseline pages could not be read"},
	[REASON_FEW] = {"few", "equal to shared pages, but too few for a mapping of their own"},
};

const char *
reason_code(enum plan_reason reason)
{
	return reason >= REASON_PROGRAM && reason < REASON_COUNT ? reasons[reason].code : "unknown";
}

const char *
reason_words(enum plan_reason reason)
{
	return reason >= REASON_PROGRAM && reason < REASON_COUNT ? reasons[reason].words : "";
}
