#include "xipstore/serve_memory.h"

#include <stdio.h>
#include <string.h>

#include "lib/worth.h"

struct launched
launched_file(const struct stat *st, uint32_t uid)
{
	return (struct launched){
		.ino = st->st_ino,
		.size = st->st_size,
		.mtime_sec = st->st_mtim.tv_sec,
		.ctime_sec = st->st_ctim.tv_sec,
		.mtime_nsec = (uint32_t)st->st_mtim.tv_nsec,
		.ctime_nsec = (uint32_t)st->st_ctim.tv_nsec,
		.uid = uid,
	};
}

static bool
is_same(const struct launched *a, const struct launched *b)
{
	return memcmp(a, b, sizeof(*a)) == 0;
}

/* The first of the entries among which this has its place. */
static size_t
place(const struct memory *m, const void *what, size_t size, size_t entries)
{
	return hash_checksum(what, size, m->seed) % (entries / MEMORY_WAYS) * MEMORY_WAYS;
}

static bool
is_of_today(const struct tally_entry *e, int64_t now)
{
	return e->launches && now - e->first < WORTH_DAY;
}

unsigned
memory_launches(const struct memory *m, const struct launched *file, int64_t now)
{
	const struct tally_entry *e = m->tally + place(m, file, sizeof(*file), MEMORY_TALLY);

	for (size_t i = 0; i < MEMORY_WAYS; i++)
		if (is_of_today(&e[i], now) && is_same(&e[i].file, file))
			return e[i].launches;
	return 0;
}

/* The file's entry, or one that it may have. */
static struct tally_entry *
tally_entry(struct memory *m, const struct launched *file, int64_t now)
{
	struct tally_entry *e = m->tally + place(m, file, sizeof(*file), MEMORY_TALLY), *oldest = e;

	for (size_t i = 0; i < MEMORY_WAYS; i++) {
		if (is_of_today(&e[i], now) && is_same(&e[i].file, file))
			return &e[i];
		if (!e[i].launches || (oldest->launches && e[i].first < oldest->first))
			oldest = &e[i];
	}
	*oldest = (struct tally_entry){.file = *file, .first = now};
	return oldest;
}

unsigned
memory_count(struct memory *m, const struct launched *file, int64_t now)
{
	struct tally_entry *e = tally_entry(m, file, now);

	if (e->launches < UINT32_MAX)
		e->launches++;
	return e->launches;
}

static size_t
place_of_key(const struct memory *m, const uint8_t key[HASH_SIZE])
{
	return place(m, key, HASH_SIZE, MEMORY_RESULTS);
}

void
memory_keep(struct memory *m, const uint8_t key[HASH_SIZE], const struct launched *file,
	    int64_t now, const char *failure)
{
	struct result_entry *e = m->results + place_of_key(m, key), *oldest = e;

	for (size_t i = 0; i < MEMORY_WAYS; i++) {
		if (e[i].taken && memcmp(e[i].key, key, HASH_SIZE) == 0) {
			oldest = &e[i];
			break;
		}
		if (!e[i].taken || (oldest->taken && e[i].at < oldest->at))
			oldest = &e[i];
	}
	*oldest = (struct result_entry){
		.file = *file, .at = now, .taken = true, .failed = failure != NULL};
	memcpy(oldest->key, key, HASH_SIZE);
	snprintf(oldest->reason, sizeof(oldest->reason), "%s", failure ? failure : "");
}

const struct result_entry *
memory_result(const struct memory *m, const uint8_t key[HASH_SIZE], const struct launched *file,
	      int64_t now)
{
	const struct result_entry *e = m->results + place_of_key(m, key);

	for (size_t i = 0; i < MEMORY_WAYS; i++)
		if (e[i].taken && memcmp(e[i].key, key, HASH_SIZE) == 0)
			return now - e[i].at < (e[i].failed ? MEMORY_FAILED : MEMORY_DONE) &&
					       is_same(&e[i].file, file)
				       ? &e[i]
				       : NULL;
	return NULL;
}
