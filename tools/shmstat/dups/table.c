#include "shmstat/dups/table.h"

#include <stdlib.h>
#include <xxhash.h>

#define SLOTS_A_WORD 32
#define MOST_CUTS 5 /* one page that has more owners than there are records cannot be cut */

bool
dups_table_init(struct dups_table *t, size_t bytes)
{
	*t = (struct dups_table){.slots = SLOTS_A_WORD};
	while (t->slots * 2 / SLOTS_A_WORD * sizeof(uint64_t) <= bytes / 2)
		t->slots *= 2;
	t->filter_words = t->slots / SLOTS_A_WORD;
	t->filter = calloc(t->filter_words, sizeof(*t->filter));
	t->capacity = bytes / 2 / sizeof(*t->records) + 2;
	t->records = calloc(t->capacity, sizeof(*t->records));
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

/* In how many parts the records will have room: all pages but those that nobody else's slot has. */
static uint64_t
parts(const struct dups_table *t)
{
	uint64_t once = 0;

	/* the low bit alone is set where the count is 1 */
	for (size_t i = 0; i < t->filter_words; i++)
		once += (uint64_t)__builtin_popcountll(t->filter[i] & ~(t->filter[i] >> 1) &
						       0x5555555555555555ULL);
	return (t->seen - once + t->capacity - 1) / t->capacity;
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

/* Several equal pages of one owner need one record. Returns whether there is room again: enough for
 * sorting to pay. */
static bool
compact(struct dups_table *t)
{
	size_t kept = 0;

	sort(t->records, t->count);
	for (size_t i = 0; i < t->count; i++) {
		if (kept && by_hash(&t->records[kept - 1], &t->records[i]) == 0)
			t->records[kept - 1].pages += t->records[i].pages;
		else
			t->records[kept++] = t->records[i];
	}
	t->count = kept;
	return kept < t->capacity - t->capacity / 8;
}

void
dups_second(struct dups_table *t, const struct dups_hash *hash, uint32_t owner)
{
	if (slot_count(t, hash) < 2 || hash->high % t->modulus != t->remainder)
		return;
	if (t->count == t->capacity && !t->overflow)
		t->overflow = !compact(t);
	if (t->count == t->capacity || (t->overflow && !t->last_try)) {
		t->left_out++;
		return;
	}
	t->records[t->count++] = (struct dups_record){.hash = *hash, .owner = owner, .pages = 1};
}

static void
hand_over(struct dups_table *t,
	  void (*group)(const struct dups_record *records, size_t count, void *arg), void *arg)
{
	compact(t);
	for (size_t i = 0, n; i < t->count; i += n) {
		n = 1;
		while (i + n < t->count && same(&t->records[i].hash, &t->records[i + n].hash))
			n++;
		if (n > 1 || t->records[i].pages > 1)
			group(&t->records[i], n, arg);
	}
}

static bool
one_round(struct dups_table *t, uint64_t modulus, uint64_t remainder, unsigned cuts,
	  bool (*walk)(void *arg),
	  void (*group)(const struct dups_record *records, size_t count, void *arg), void *arg)
{
	t->modulus = modulus;
	t->remainder = remainder;
	t->count = 0;
	t->overflow = false;
	t->last_try = cuts == 0;
	t->left_out = 0;
	t->rounds++;
	if (!walk(arg))
		return false;
	if (t->overflow && cuts > 0)
		return one_round(t, modulus * 2, remainder, cuts - 1, walk, group, arg) &&
		       one_round(t, modulus * 2, remainder + modulus, cuts - 1, walk, group, arg);
	t->lost += t->left_out;
	hand_over(t, group, arg);
	return true;
}

bool
dups_rounds(struct dups_table *t, bool (*walk)(void *arg),
	    void (*group)(const struct dups_record *records, size_t count, void *arg), void *arg)
{
	uint64_t modulus = parts(t);

	for (uint64_t i = 0; i < modulus; i++)
		if (!one_round(t, modulus, i, MOST_CUTS, walk, group, arg))
			return false;
	return true;
}

struct dups_hash
dups_hash_page(const void *bytes, size_t size, const unsigned char *secret)
{
	XXH128_hash_t h = XXH3_128bits_withSecret(bytes, size, secret, DUPS_SECRET);

	return (struct dups_hash){h.low64, h.high64};
}
