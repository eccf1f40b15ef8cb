#include "shmstat/advise/order.h"

#include <stdlib.h>
#include <string.h>

static int
by_weight(const void *a, const void *b)
{
	const struct advice_item *x = *(const struct advice_item *const *)a,
				 *y = *(const struct advice_item *const *)b;

	if (x->own_pages != y->own_pages)
		return x->own_pages < y->own_pages ? 1 : -1;
	if (x->relocs != y->relocs)
		return x->relocs < y->relocs ? 1 : -1;
	if (x->relocs == 0 && x->size != y->size)
		return x->size < y->size ? 1 : -1;
	return x->address < y->address ? -1 : x->address > y->address;
}

const struct advice_item **
advise_order(const struct advice *a, bool writable, size_t *count)
{
	const struct advice_item **order = calloc(a->item_count + 1, sizeof(const void *));

	*count = 0;
	for (size_t i = 0; order && i < a->item_count; i++)
		if ((a->items[i].kind == ITEM_WRITABLE) == writable)
			order[(*count)++] = &a->items[i];
	if (*count)
		qsort(order, *count, sizeof(*order), by_weight);
	return order;
}

static int
by_place(const void *a, const void *b)
{
	const struct advise_line *x = a, *y = b;
	int order;

	if (!x->file || !y->file)
		return !x->file - !y->file;
	order = strcmp(x->file, y->file);
	return order ? order : x->line < y->line ? -1 : x->line > y->line;
}

static int
by_relocs(const void *a, const void *b)
{
	const struct advise_line *x = a, *y = b;

	if (x->relocs != y->relocs)
		return x->relocs < y->relocs ? 1 : -1;
	return by_place(a, b);
}

struct advise_line *
advise_lines(const struct advice *a, size_t *count)
{
	struct advise_line *lines = calloc(a->item_count + 1, sizeof(*lines));
	size_t all = 0, kept = 0;

	*count = 0;
	if (!lines)
		return NULL;
	for (size_t i = 0; i < a->item_count; i++) {
		const struct advice_item *it = &a->items[i];
		const struct declaration *d = it->declared;

		if (it->kind == ITEM_WRITABLE)
			continue;
		lines[all++] = (struct advise_line){.file = d ? d->file : NULL,
						    .line = d && d->file ? d->line : 0,
						    .relocs = it->relocs,
						    .items = 1,
						    .bytes = it->size};
	}
	if (all)
		qsort(lines, all, sizeof(*lines), by_place);
	for (size_t i = 0; i < all; i++) {
		if (kept && by_place(&lines[kept - 1], &lines[i]) == 0) {
			lines[kept - 1].relocs += lines[i].relocs;
			lines[kept - 1].items++;
			lines[kept - 1].bytes += lines[i].bytes;
		} else {
			lines[kept++] = lines[i];
		}
	}
	if (kept)
		qsort(lines, kept, sizeof(*lines), by_relocs);
	*count = kept;
	return lines;
}
