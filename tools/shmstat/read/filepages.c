#include "shmstat/read/filepages.h"

#include <stdlib.h>
#include <string.h>

#include "common/array.h"
#include "common/hash_index.h"

#define PAGES_OF_A_FILE (1u << 16)
#define PAGES_IN_ALL (1u << 21)

struct file {
	uint64_t device, inode;
	uint16_t *words; /* owned */
	size_t capacity;
};

struct file_pages {
	struct file *files;
	size_t count, capacity;
	struct hash_index by_number; /* device and inode */
	size_t pages; /* words in all */
};

struct file_pages *
file_pages_new(void)
{
	return calloc(1, sizeof(struct file_pages));
}

void
file_pages_free(struct file_pages *f)
{
	if (!f)
		return;
	for (size_t i = 0; i < f->count; i++)
		free(f->files[i].words);
	free(f->files);
	hash_index_free(&f->by_number);
	free(f);
}

void
file_pages_forget(struct file_pages *f)
{
	for (size_t i = 0; i < f->count; i++)
		if (f->files[i].words)
			memset(f->files[i].words, 0,
			       f->files[i].capacity * sizeof(f->files[i].words[0]));
}

/* The file, new if need be. NULL without memory. */
static struct file *
find_or_add(struct file_pages *f, uint64_t device, uint64_t inode)
{
	uint64_t hash = hash_of_number(inode, device);
	struct hash_index_walk walk = hash_index_walk(&f->by_number, hash);
	size_t i;

	while (hash_index_next(&walk, &i))
		if (f->files[i].inode == inode && f->files[i].device == device)
			return &f->files[i];
	if (!array_reserve(&f->files, &f->capacity, f->count + 1, sizeof(*f->files)) ||
	    !hash_index_add(&f->by_number, hash, f->count))
		return NULL;
	f->files[f->count] = (struct file){.device = device, .inode = inode};
	return &f->files[f->count++];
}

/* At least `wanted` words, new ones unknown. */
static bool
lengthen(struct file_pages *f, struct file *file, size_t wanted)
{
	size_t before = file->capacity, after;

	if (f->pages + (wanted - before) > PAGES_IN_ALL ||
	    !array_reserve(&file->words, &file->capacity, wanted, sizeof(*file->words)))
		return false;
	after = file->capacity;
	memset(file->words + before, 0, (after - before) * sizeof(*file->words));
	f->pages += after - before;
	return true;
}

uint16_t *
file_pages_at(struct file_pages *f, uint64_t device, uint64_t inode, uint64_t first, uint64_t n)
{
	struct file *file;

	if (first > PAGES_OF_A_FILE || n > PAGES_OF_A_FILE - first)
		return NULL;
	file = find_or_add(f, device, inode);
	if (!file || (first + n > file->capacity && !lengthen(f, file, (size_t)(first + n))))
		return NULL;
	return file->words + first;
}
