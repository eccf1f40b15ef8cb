#include "dups_table.h"

#include <stdlib.h>
#include <xxhash.h>

#define SLOTS_A_WORD 32

bool
dups_table_init(struct dups_table *t, size_t bytes)
{
	*t = (struct dups_table){.slots = SLOTS_A_WORD};
	while (t->slots * 2 / SLOTS_A_WORD * sizeof(uint64_t) <= bytes / 2)
		t->slots *= 2;
	t->filter_words = t->slots / SLOTS_A_WORD;
	t->filter = calloc(t->filter_words, sizeof(*t->filter));
	t->room = bytes / 2 / sizeof(*t->records) + 2;
	t->records = calloc(t->room, sizeof(*t->records));
	if (t->filter && t->records)
		return true;
	dups_table_free(t);
	return false;
}

void
dups_table_free(struct dups_table *t)
{
	free(t->filter);
	free(t->records);
	t->filter = NULL;
	t->records = NULL;
}

static unsigned
slot_count(const struct dups_table *t, const struct dups_hash *hash)
{
	size_t slot = hash->low & (t->slots - 1);

	return t->filter[slot / SLOTS_A_WORD] >> (slot % SLOTS_A_WORD * 2) & 3;
}

void
dups_first(struct dups_table *t, const struct dups_hash *hash)
{
	size_t slot = hash->low & (t->slots - 1);

	t->seen++;
	if (slot_count(t, hash) < 2)
		t->filter[slot / SLOTS_A_WORD] += 1ULL << (slot % SLOTS_A_WORD * 2);
}

unsigned
dups_plan(struct dups_table *t)
{
	uint64_t once = 0, left;

	/* the low bit alone is set where the count is 1 */
	for (size_t i = 0; i < t->filter_words; i++)
		once += (uint64_t)__builtin_popcountll(t->filter[i] & 0x5555555555555555ULL);
	left = t->seen - once;
	/* an eighth more: parts of the hashes are not equally large */
	t->rounds = (unsigned)((left + left / 8 + t->room - 1) / t->room);
	return t->rounds;
}

void
dups_round(struct dups_table *t, unsigned round)
{
	t->round = round;
	t->count = 0;
}

void
dups_second(struct dups_table *t, const struct dups_hash *hash, uint32_t owner)
{
	if (slot_count(t, hash) < 2 || (t->rounds > 1 && hash->high % t->rounds != t->round))
		return;
	if (t->count == t->room) {
		t->lost++;
		return;
	}
	t->records[t->count++] = (struct dups_record){.hash = *hash, .owner = owner};
}

static bool
same(const struct dups_hash *a, const struct dups_hash *b)
{
	return a->low == b->low && a->high == b->high;
}

static int
by_hash(const void *a, const void *b)
{
	const struct dups_record *x = a, *y = b;

	if (x->hash.high != y->hash.high)
		return x->hash.high < y->hash.high ? -1 : 1;
	if (x->hash.low != y->hash.low)
		return x->hash.low < y->hash.low ? -1 : 1;
	return x->owner < y->owner ? -1 : x->owner > y->owner;
}

/* Heap sort: qsort would take as much memory again. */
static void
sift(struct dups_record *r, size_t root, size_t count)
{
	for (;;) {
		size_t child = root * 2 + 1;
		struct dups_record swap;

		if (child >= count)
			return;
		if (child + 1 < count && by_hash(&r[child], &r[child + 1]) < 0)
			child++;
		if (by_hash(&r[root], &r[child]) >= 0)
			return;
		swap = r[root];
		r[root] = r[child];
		r[child] = swap;
		root = child;
	}
}

static void
sort(struct dups_record *r, size_t count)
{
	for (size_t i = count / 2; i > 0; i--)
		sift(r, i - 1, count);
	for (size_t i = count; i > 1; i--) {
		struct dups_record swap = r[0];

		r[0] = r[i - 1];
		r[i - 1] = swap;
		sift(r, 0, i - 1);
	}
}

void
dups_groups(struct dups_table *t,
	    void (*group)(const struct dups_record *records, size_t count, void *arg), void *arg)
{
	sort(t->records, t->count);
	for (size_t i = 0, n; i < t->count; i += n) {
		n = 1;
		while (i + n < t->count && same(&t->records[i].hash, &t->records[i + n].hash))
			n++;
		if (n > 1)
			group(&t->records[i], n, arg);
	}
}

struct dups_hash
dups_hash_page(const void *bytes, size_t size, const unsigned char *secret)
{
	XXH128_hash_t h = XXH3_128bits_withSecret(bytes, size, secret, DUPS_SECRET);

	return (struct dups_hash){h.low64, h.high64};
}
