#include "shmstat/read/objects.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "common/array.h"
#include "common/hash_index.h"
#include "shmstat/read/layout.h"
#include "shmstat/read/reader_internal.h"

/* Objects under way. */
struct grouping {
	struct process *p;
	size_t capacity;
	struct hash_index by_name;
	int elf; /* the ELF object whose range was entered last; -1 */
};

static const char *
object_name(const struct mapping *m)
{
	return m->path[0] ? m->path : "[anonymous]";
}

static uint64_t
hash_of(const struct mapping *m)
{
	return hash_of_string(object_name(m), hash_of_number(m->inode, m->dev_minor));
}

static bool
is_same_object(const struct process *p, const struct object *o, const struct mapping *m)
{
	const struct mapping *first = &p->mappings[o->first_mapping];

	return !o->is_elf && first->inode == m->inode && first->dev_major == m->dev_major &&
	       first->dev_minor == m->dev_minor && strcmp(o->path, object_name(m)) == 0;
}

static int
new_object(struct grouping *g, size_t mapping)
{
	struct process *p = g->p;
	const struct mapping *m = &p->mappings[mapping];

	if (!array_reserve(&p->objects, &g->capacity, p->object_count + 1, sizeof(*p->objects)))
		return -1;
	p->objects[p->object_count] = (struct object){
		.path = object_name(m),
		.low = m->start,
		.high = m->end,
		.first_mapping = mapping,
	};
	return (int)p->object_count++;
}

/* The object of a mapping that no ELF object holds. -1 without memory. */
static int
find_or_add(struct grouping *g, size_t mapping)
{
	const struct mapping *m = &g->p->mappings[mapping];
	uint64_t hash = hash_of(m);
	struct hash_index_walk walk = hash_index_walk(&g->by_name, hash);
	size_t i;
	int object;

	while (hash_index_next(&walk, &i))
		if (is_same_object(g->p, &g->p->objects[i], m))
			return (int)i;
	object = new_object(g, mapping);
	if (object >= 0 && !hash_index_add(&g->by_name, hash, (size_t)object))
		return -1;
	return object;
}

static bool
is_in_range(const struct object *o, const struct mapping *m)
{
	return m->start >= o->bias + o->span_start && m->start < o->bias + o->span_end;
}

/* One more mapping of the ELF file whose range was entered last, at the same bias? */
static bool
continues_elf(const struct grouping *g, const struct mapping *m, const struct layout *layout)
{
	const struct object *o = g->elf >= 0 ? &g->p->objects[g->elf] : NULL;
	const struct mapping *first;
	uint64_t bias;

	if (!o || !is_in_range(o, m))
		return false;
	first = &g->p->mappings[o->first_mapping];
	if (first->inode != m->inode || first->dev_major != m->dev_major ||
	    first->dev_minor != m->dev_minor)
		return false;
	/* ld.so maps a file whole and then takes the right to read the holes between its segments
	 */
	if (strncmp(m->perms, "---", 3) == 0)
		return true;
	return layout_bias(layout, m, o->bias, &bias) && bias == o->bias;
}

/* First the mappings of ELF files themselves: they tell the ranges. */
static int
place_elf(struct grouping *g, struct known_files *k, size_t mapping)
{
	struct mapping *m = &g->p->mappings[mapping];
	const struct layout *layout = known_layout(k, g->p, m);
	struct object *o;
	uint64_t bias;

	if (!layout)
		return 0;
	if (!continues_elf(g, m, layout)) {
		if (!layout_bias(layout, m, UINT64_MAX, &bias))
			return 0;
		g->elf = new_object(g, mapping);
		if (g->elf < 0)
			return ENOMEM;
		o = &g->p->objects[g->elf];
		o->is_elf = true;
		o->bias = bias;
		o->span_start = layout_start(layout);
		o->span_end = layout_end(layout);
	}
	m->object = g->elf;
	return 0;
}

/* May it be a bss, or pages of a store? */
static bool
is_without_own_name(const struct mapping *m)
{
	if (m->inode == 0)
		return m->path[0] == '\0' || strncmp(m->path, "[anon:", 6) == 0;
	return m->file_class == CLASS_RELOCATED || m->file_class == CLASS_PROGRAM;
}

/*
 * Then the rest, in the order of addresses like the ELF objects: g->elf is the last of these that
 * begins below. A store's pages may come before the first page that is the file's own.
 */
static int
place_other(struct grouping *g, size_t elf_count, size_t mapping)
{
	struct process *p = g->p;
	struct mapping *m = &p->mappings[mapping];

	if (m->object >= 0)
		return 0;
	while ((size_t)g->elf + 1 < elf_count &&
	       p->objects[g->elf + 1].bias + p->objects[g->elf + 1].span_start <= m->start)
		g->elf++;
	if (g->elf >= 0 && is_without_own_name(m) && is_in_range(&p->objects[g->elf], m))
		m->object = g->elf;
	else
		m->object = find_or_add(g, mapping);
	return m->object < 0 ? ENOMEM : 0;
}

static int
place_all(struct grouping *g, struct known_files *k)
{
	struct process *p = g->p;
	size_t elf_count;
	int err = 0;

	for (size_t i = 0; i < p->mapping_count && !err; i++)
		err = place_elf(g, k, i);
	elf_count = p->object_count;
	g->elf = -1;
	for (size_t i = 0; i < p->mapping_count && !err; i++)
		err = place_other(g, elf_count, i);
	return err;
}

int
objects_make(struct known_files *k, struct process *p)
{
	struct grouping g = {.p = p, .elf = -1};
	int err = place_all(&g, k);

	for (size_t i = 0; i < p->mapping_count && !err; i++) {
		const struct mapping *m = &p->mappings[i];
		struct object *o = &p->objects[m->object];

		if (m->start < o->low)
			o->low = m->start;
		if (m->end > o->high)
			o->high = m->end;
		counts_add(&o->counts, &m->counts);
	}
	hash_index_free(&g.by_name);
	return err;
}
