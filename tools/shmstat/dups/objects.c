/* Whole files with equal content: those of one size are read and compared by hash. */
#include "shmstat/dups/objects.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>
#include <xxhash.h>

#include "shmstat/dups/dups.h"
#include "shmstat/proc/memory.h"

#define READ_BYTES 262144

/* In the candidates' list. */
static int
by_content(const void *a, const void *b)
{
	const struct owner *x = *(struct owner *const *)a, *y = *(struct owner *const *)b;

	if (x->size != y->size)
		return x->size < y->size ? -1 : 1;
	if (x->hashed != y->hashed)
		return x->hashed ? -1 : 1;
	if (x->content.high != y->content.high)
		return x->content.high < y->content.high ? -1 : 1;
	return x->content.low < y->content.low ? -1 : x->content.low > y->content.low;
}

static void
ask_size(const struct process *p, const struct mapping *m, struct owner *owner, void *arg)
{
	struct stat st;
	int fd;

	(void)arg;
	if (owner->asked)
		return;
	fd = open_mapped(p, m);
	if (fd < 0)
		return;
	owner->asked = true;
	if (fstat(fd, &st) == 0 && S_ISREG(st.st_mode))
		owner->size = (uint64_t)st.st_size;
	close(fd);
}

struct hashing {
	const unsigned char *secret;
	XXH3_state_t *state;
	char *buffer;
};

static void
hash_file(const struct process *p, const struct mapping *m, struct owner *owner, void *arg)
{
	struct hashing *h = arg;
	int fd = owner->object && !owner->hashed ? open_mapped(p, m) : -1;
	XXH128_hash_t sum;
	ssize_t got;

	if (fd < 0)
		return;
	XXH3_128bits_reset_withSecret(h->state, h->secret, DUPS_SECRET);
	while ((got = read(fd, h->buffer, READ_BYTES)) > 0 || (got < 0 && errno == EINTR))
		if (got > 0)
			XXH3_128bits_update(h->state, h->buffer, (size_t)got);
	close(fd);
	if (got < 0)
		return;
	sum = XXH3_128bits_digest(h->state);
	owner->content = (struct dups_hash){sum.low64, sum.high64};
	owner->hashed = true;
}

/* Owners that have a size in common with another one are marked in ->object. */
static size_t
mark_candidates(struct dups *d, struct owner **list)
{
	struct owners *o = &d->walk.owners;
	size_t count = 0, kept = 0;

	for (uint32_t i = 0; i < o->count; i++)
		if (o->owners[i].kind == OWNER_FILE && o->owners[i].size)
			list[count++] = &o->owners[i];
	if (count)
		qsort(list, count, sizeof(*list), by_content);
	for (size_t i = 0; i < count; i++) {
		bool before = i > 0 && list[i - 1]->size == list[i]->size;
		bool after = i + 1 < count && list[i + 1]->size == list[i]->size;

		list[i]->object = before || after;
	}
	for (size_t i = 0; i < count; i++)
		if (list[i]->object)
			list[kept++] = list[i];
	return kept;
}

static bool
hash_candidates(struct dups *d)
{
	struct hashing h = {d->secret, XXH3_createState(), malloc(READ_BYTES)};
	bool good =
		h.state && h.buffer && dups_walk_files(&d->walk, "comparing files", hash_file, &h);

	XXH3_freeState(h.state);
	free(h.buffer);
	return good;
}

static bool
equal(const struct owner *a, const struct owner *b)
{
	return a->hashed && b->hashed && by_content(&a, &b) == 0;
}

static void
group_candidates(struct dups *d, struct owner **list, size_t count)
{
	if (count)
		qsort(list, count, sizeof(*list), by_content);
	for (size_t i = 0, n; i < count; i += n) {
		for (n = 1; i + n < count && equal(list[i], list[i + n]);)
			n++;
		for (size_t k = i; k < i + n; k++)
			list[k]->object = n > 1 ? (uint32_t)d->object_count + 1 : 0;
		if (n > 1)
			d->objects[d->object_count++] =
				(struct dups_object){.size = list[i]->size,
						     .content = list[i]->content,
						     .files = (uint32_t)n};
	}
}

bool
dups_objects_find(struct dups *d)
{
	struct owner **list;
	size_t count;
	bool good;

	if (!dups_walk_files(&d->walk, "files", ask_size, NULL))
		return false;
	/* the walks below may add owners, and so move them: the list is made again after them */
	list = calloc(d->walk.owners.count + 1, sizeof(void *));
	count = list ? mark_candidates(d, list) : 0;
	free(list);
	if (!list)
		return false;
	if (count && !hash_candidates(d))
		return false;
	list = calloc(d->walk.owners.count + 1, sizeof(void *));
	d->objects = calloc(count / 2 + 1, sizeof(*d->objects));
	good = list && d->objects;
	count = 0;
	for (uint32_t i = 0; good && i < d->walk.owners.count; i++)
		if (d->walk.owners.owners[i].object)
			list[count++] = &d->walk.owners.owners[i];
	if (good)
		group_candidates(d, list, count);
	free(list);
	return good;
}
