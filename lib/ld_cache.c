/* /etc/ld.so.cache, new format: a header, entries in descending order of name, strings, extensions.
 */
#include "lib/ld_cache.h"
#include "lib/sys.h"

struct cache_header {
	char magic[20]; /* "glibc-ld.so.cache1.1" */
	uint32_t count, strings_size;
	uint8_t flags, padding[3];
	uint32_t extension_offset, unused[3];
};

struct cache_entry {
	int32_t flags;
	uint32_t key, value, osversion;
	uint64_t hwcap;
};

struct cache {
	const char *bytes;
	size_t size;
	const struct cache_entry *entries;
	uint32_t count;
	const uint32_t *hwcap_names; /* string offsets */
	uint32_t nhwcap_names;
};

#define HWCAP_EXTENSION (1UL << 62)
#define EXTENSION_MAGIC 0xeaa42174U
#define EXTENSION_HWCAPS 1

static const char *
cache_string(const struct cache *c, uint32_t offset)
{
	if (offset >= c->size || !memchr(c->bytes + offset, 0, c->size - offset))
		return "";
	return c->bytes + offset;
}

static void
open_extension(struct cache *c, uint32_t offset)
{
	const uint32_t *words = (const uint32_t *)(c->bytes + offset);

	if (offset == 0 || (offset & 3) || offset > c->size || c->size - offset < 8 ||
	    words[0] != EXTENSION_MAGIC)
		return;
	if (words[1] > (c->size - offset - 8) / 16)
		return;
	for (uint32_t i = 0; i < words[1]; i++) {
		const uint32_t *section = words + 2 + 4 * i; /* tag, flags, offset, size */

		if (section[0] != EXTENSION_HWCAPS || (section[2] & 3) || section[2] > c->size ||
		    section[3] > c->size - section[2])
			continue;
		c->hwcap_names = (const uint32_t *)(c->bytes + section[2]);
		c->nhwcap_names = section[3] / 4;
	}
}

static bool
cache_open(struct cache *c, const char *bytes, size_t size)
{
	const struct cache_header *h = (const struct cache_header *)bytes;

	if (size < sizeof(*h) || memcmp(h->magic, "glibc-ld.so.cache1.1", 20) != 0)
		return false;
	if (h->count > (size - sizeof(*h)) / sizeof(struct cache_entry))
		return false;
	*c = (struct cache){bytes, size, (const struct cache_entry *)(h + 1), h->count, NULL, 0};
	open_extension(c, h->extension_offset);
	return true;
}

static bool
digit(char c)
{
	return c >= '0' && c <= '9';
}

static unsigned
number(const char **s)
{
	unsigned n = 0;

	while (digit(**s))
		n = n * 10 + (unsigned)(*(*s)++ - '0');
	return n;
}

/* The order of the entries: as strcmp, but numbers inside names by value (glibc's
 * _dl_cache_libcmp). */
static int
compare(const char *a, const char *b)
{
	while (*a) {
		if (digit(*a) && digit(*b)) {
			unsigned x = number(&a), y = number(&b);

			if (x != y)
				return x < y ? -1 : 1;
		} else if (digit(*a)) {
			return 1;
		} else if (digit(*b)) {
			return -1;
		} else if (*a != *b) {
			return *a - *b;
		} else {
			a++, b++;
		}
	}
	return *a - *b;
}

/* Lower is better; UINT32_MAX: not for this CPU. */
static uint32_t
rank(const struct cache *c, const struct cache_entry *e, const char *const *hwcaps,
     uint32_t nhwcaps)
{
	const char *need;

	if (e->hwcap == 0)
		return nhwcaps;
	if (!(e->hwcap & HWCAP_EXTENSION) || (uint32_t)e->hwcap >= c->nhwcap_names)
		return UINT32_MAX;
	need = cache_string(c, c->hwcap_names[(uint32_t)e->hwcap]);
	for (uint32_t i = 0; i < nhwcaps; i++)
		if (streq(hwcaps[i], need))
			return i;
	return UINT32_MAX;
}

const char *
ld_cache_lookup(const char *bytes, size_t size, const char *name, const char *const *hwcaps,
		uint32_t nhwcaps)
{
	struct cache c;
	uint32_t low = 0, high, best = UINT32_MAX;
	const char *found = NULL;

	if (!cache_open(&c, bytes, size))
		return NULL;
	for (high = c.count; low < high;) { /* the first entry not greater than name */
		uint32_t middle = low + (high - low) / 2;

		if (compare(name, cache_string(&c, c.entries[middle].key)) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	for (; low < c.count && compare(name, cache_string(&c, c.entries[low].key)) == 0; low++) {
		uint32_t r = rank(&c, &c.entries[low], hwcaps, nhwcaps);

		if (c.entries[low].flags == ARCH_CACHE_FLAGS && r < best) {
			best = r;
			found = cache_string(&c, c.entries[low].value);
		}
	}
	return found;
}
