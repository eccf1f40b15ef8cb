#include "objects.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "layout.h"
#include "reader_internal.h"

/* Objects under way. Places of the hash table hold index + 1; a power of two of them. */
struct grouping {
	struct process *p;
	size_t room;
	uint32_t *places;
	size_t place_count;
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
	uint64_t h = m->inode * 0x9e3779b97f4a7c15 ^ m->dev_major << 20 ^ m->dev_minor;

	for (const char *s = object_name(m); *s; s++)
		h = (h ^ (unsigned char)*s) * 0x100000001b3;
	return h ^ h >> 29;
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
	struct object *larger = array_grow(p->objects, p->object_count, &g->room, sizeof(*larger));

	if (!larger)
		return -1;
	p->objects = larger;
	larger[p->object_count] = (struct object){
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
	size_t i = (size_t)hash_of(m) & (g->place_count - 1);
	int object;

	while (g->places[i]) {
		object = (int)g->places[i] - 1;
		if (is_same_object(g->p, &g->p->objects[object], m))
			return object;
		i = (i + 1) & (g->place_count - 1);
	}
	object = new_object(g, mapping);
	if (object >= 0)
		g->places[i] = (uint32_t)object + 1;
	return object;
}

/* Does the mapping belong to the ELF object in whose range it may lie? */
static bool
belongs_to_elf(const struct grouping *g, const struct mapping *m, const struct layout *layout)
{
	const struct object *o = g->elf >= 0 ? &g->p->objects[g->elf] : NULL;
	const struct mapping *first;
	uint64_t bias;

	if (!o || m->start < o->low || m->start >= o->bias + o->span_end)
		return false;
	if (!layout)
		return m->inode == 0 ? m->path[0] == '\0' || strncmp(m->path, "[anon:", 6) == 0
				     : store_class(m->path) != CLASS_TEXT;
	first = &g->p->mappings[o->first_mapping];
	return first->inode == m->inode && first->dev_major == m->dev_major &&
	       first->dev_minor == m->dev_minor && layout_bias(layout, m, o->bias, &bias) &&
	       bias == o->bias;
}

static int
place_mapping(struct grouping *g, struct known_files *k, size_t mapping)
{
	struct process *p = g->p;
	struct mapping *m = &p->mappings[mapping];
	const struct layout *layout = known_layout(k, p, m);
	uint64_t bias;

	if (belongs_to_elf(g, m, layout)) {
		m->object = g->elf;
	} else if (layout && layout_bias(layout, m, UINT64_MAX, &bias)) {
		m->object = new_object(g, mapping);
		if (m->object < 0)
			return ENOMEM;
		g->elf = m->object;
		p->objects[g->elf].is_elf = true;
		p->objects[g->elf].bias = bias;
		p->objects[g->elf].span_end = layout_end(layout);
	} else {
		m->object = find_or_add(g, mapping);
	}
	return m->object < 0 ? ENOMEM : 0;
}

int
objects_make(struct known_files *k, struct process *p)
{
	struct grouping g = {.p = p, .place_count = 64, .elf = -1};
	int error = 0;

	while (g.place_count < p->mapping_count * 2)
		g.place_count *= 2;
	g.places = calloc(g.place_count, sizeof(*g.places));
	if (!g.places)
		return ENOMEM;
	for (size_t i = 0; i < p->mapping_count && !error; i++) {
		struct object *o;

		error = place_mapping(&g, k, i);
		if (error)
			break;
		o = &p->objects[p->mappings[i].object];
		if (p->mappings[i].end > o->high)
			o->high = p->mappings[i].end;
		counts_add(&o->counts, &p->mappings[i].counts);
	}
	free(g.places);
	return error;
}
