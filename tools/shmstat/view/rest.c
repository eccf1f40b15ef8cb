#include "shmstat/view/rest.h"

#include <stdlib.h>
#include <string.h>

#include "shmstat/why/explain.h"
#include "shmstat/why/gather.h"

#define NAMES 4 /* symbols named in a row */

static const struct column columns[] = {
	{"private_kb", "private", CELL_NUMBER, "33", 0},
	{"reason", "REASON", CELL_TEXT, NULL, 0},
	{"object", "OBJECT", CELL_TEXT, NULL, 0},
	{"symbols", "MOST OF IT", CELL_TEXT_START, NULL, 0},
};

/* Pages of each object by reason. */
struct tally {
	const struct process *p;
	uint64_t (*pages)[REASON_COUNT];
	struct gathered symbols;
};

struct table *
rest_new(void)
{
	return table_new("rest", columns, sizeof(columns) / sizeof(columns[0]));
}

static bool
tally_page(const struct explanation *e, void *arg)
{
	struct tally *y = arg;

	if ((e->page->flags & PAGE_SWAPPED) == 0)
		y->pages[e->object - y->p->objects][e->reason]++;
	return gather_symbols(e, &y->symbols);
}

/* The symbol with most pages of this object and reason that comes after `last` in that order. */
static const struct item *
next_largest(const struct tally *y, const struct object *o, enum reason reason,
	     const struct item *last)
{
	const struct item *best = NULL;

	for (size_t i = 0; i < y->symbols.count; i++) {
		const struct item *it = &y->symbols.items[i];

		if (it->object != o->path || it->reason != reason)
			continue;
		if (last && (it->pages > last->pages || (it->pages == last->pages && it <= last)))
			continue;
		if (!best || it->pages > best->pages)
			best = it;
	}
	return best;
}

static void
put_row(struct table *t, const struct tally *y, const struct object *o, enum reason reason,
	uint64_t pages)
{
	const struct item *it = NULL;
	char names[1024] = "";
	size_t used = 0;

	for (int i = 0; i < NAMES && (it = next_largest(y, o, reason, it)); i++) {
		int len = snprintf(names + used, sizeof(names) - used, "%s%s", used ? ", " : "",
				   it->name);

		if (len < 0 || (size_t)len >= sizeof(names) - used) {
			names[used] = '\0';
			break;
		}
		used += (size_t)len;
	}
	table_number(t, pages_kb(pages));
	table_text(t, reason_name(reason));
	table_text(t, o->path);
	table_text(t, names);
	table_row(t);
}

bool
rest_add(struct table *t, const struct process *p)
{
	struct tally y = {.p = p};
	bool ok;

	y.pages = calloc(p->object_count + 1, sizeof(*y.pages));
	ok = y.pages && explain_process(p, NULL, tally_page, &y) == 0 && !y.symbols.no_memory;
	items_merge(&y.symbols);
	for (size_t i = 0; ok && i < p->object_count; i++) {
		const struct object *o = &p->objects[i];
		uint64_t left = o->counts.anonymous;

		for (int k = 0; k < REASON_COUNT; k++)
			left -= y.pages[i][k] < left ? y.pages[i][k] : left;
		/* what needs no explanation: heaps, stacks */
		y.pages[i][REASON_ANON] += left;
		for (int k = 0; k < REASON_COUNT; k++)
			if (y.pages[i][k])
				put_row(t, &y, o, (enum reason)k, y.pages[i][k]);
	}
	items_clear(&y.symbols);
	free(y.pages);
	return ok && table_sort(t, "private_kb");
}
