#include "shmstat/read/layout.h"

#include <elf.h>
#include <stdlib.h>

struct layout {
	size_t count;
	struct elf_segment segments[];
};

struct layout *
layout_new(const struct elf_segment *segments, size_t count)
{
	struct layout *l = malloc(sizeof(*l) + count * sizeof(segments[0]));

	if (!l)
		return NULL;
	l->count = count;
	for (size_t i = 0; i < count; i++)
		l->segments[i] = segments[i];
	return l;
}

static uint64_t
page_floor(uint64_t x)
{
	return x & ~(system_page_size() - 1);
}

static bool
fits(const struct elf_segment *s, const struct mapping *m)
{
	return m->offset >= page_floor(s->offset) && m->offset < s->offset + s->file_size;
}

bool
layout_bias(const struct layout *layout, const struct mapping *m, uint64_t expected, uint64_t *bias)
{
	bool found = false, found_alike = false;

	for (size_t i = 0; i < layout->count; i++) {
		const struct elf_segment *s = &layout->segments[i];
		uint64_t here = m->start - m->offset - (s->address - s->offset);
		bool alike = ((s->flags & PF_W) != 0) == (m->perms[1] == 'w');

		if (!fits(s, m) || here % system_page_size())
			continue;
		if (here == expected) {
			*bias = here;
			return true;
		}
		if (!found || (alike && !found_alike)) {
			*bias = here;
			found = true;
			found_alike |= alike;
		}
	}
	return found;
}

uint64_t
layout_start(const struct layout *layout)
{
	return layout->count ? page_floor(layout->segments[0].address) : 0;
}

uint64_t
layout_end(const struct layout *layout)
{
	uint64_t end = 0;

	for (size_t i = 0; i < layout->count; i++) {
		const struct elf_segment *s = &layout->segments[i];
		uint64_t last = page_floor(s->address + s->memory_size + system_page_size() - 1);

		if (last > end)
			end = last;
	}
	return end;
}
