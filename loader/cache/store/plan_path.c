#include "cache/store/plan_path.h"

void
plan_file(const struct store *s, const char *key, size_t key_size, unsigned number, char *path,
	  size_t size)
{
	message_format(path, size, "%s/plans/%lx", s->dir, format_plan_name(key, key_size, number));
}

void
plan_own_path(const struct plan *p, char *path, size_t size)
{
	const struct plan_part *key = &p->header.key;

	plan_file(&store, p->tables.bytes + key->offset, key->count, p->number, path, size);
}
