/* The loader's own check of a file of init pages, with the loader's own idea of a plan. */
#include <stdbool.h>

#include "lib/init_pages_file.h"

bool learned_pages_fit(const char *plan, const void *file, size_t size);

bool
learned_pages_fit(const char *bytes, const void *file, size_t size)
{
	const struct init_pages_file *f = file;
	struct plan p = {0};

	memcpy(p.header, bytes, sizeof(*p.header));
	p.maps = (const void *)(bytes + p.header->maps.offset);
	p.files = (const void *)(bytes + p.header->files.offset);
	if (size == 0)
		return !p.header->init_pages && !p.header->init_pages_sum;
	return size >= page_size && init_pages_is_sound(&p, f, size) &&
	       (!p.header->init_pages || p.header->init_pages == f->pages);
}
