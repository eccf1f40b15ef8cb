#include "shmstat/read/filepages.h"

#include <stdlib.h>
#include <string.h>

#define PAGES_OF_A_FILE (1u << 16)
#define PAGES_IN_ALL (1u << 21)
#define FIRST_ROOM 256

struct file {
	uint64_t device, inode;
	uint16_t *words; /* owned; NULL: this place is free */
	size_t room;
};

/* Open addressing, a power of two of places, at most half of them taken. */
struct file_pages {
	struct file *files;
	size_t count, room;
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
	for (size_t i = 0; i < f->room; i++)
		free(f->files[i].words);
	free(f->files);
	free(f);
}

void
file_pages_forget(struct file_pages *f)
{
	for (size_t i = 0; i < f->room; i++)
		if (f->files[i].words)
			memset(f->files[i].words, 0,
			       f->files[i].room * sizeof(f->files[i].words[0]));
}

static struct file *
place_of(struct file *files, size_t room, uint64_t device, uint64_t inode)
{
	uint64_t h = (inode ^ device << 40) * 0x9e3779b97f4a7c15;
	size_t i = (size_t)(h >> 20) & (room - 1);

	while (files[i].words && (files[i].inode != inode || files[i].device != device))
		i = (i + 1) & (room - 1);
	return &files[i];
}

static bool
make_room(struct file_pages *f)
{
	size_t room = f->room ? f->room * 2 : FIRST_ROOM;
	struct file *files;

	if (f->count * 2 < f->room)
		return true;
	files = calloc(room, sizeof(*files));
	if (!files)
		return false;
	for (size_t i = 0; i < f->room; i++)
		if (f->files[i].words)
			*place_of(files, room, f->files[i].device, f->files[i].inode) = f->files[i];
	free(f->files);
	f->files = files;
	f->room = room;
	return true;
}

/* At least `wanted` words, new ones unknown. */
static bool
lengthen(struct file_pages *f, struct file *file, size_t wanted)
{
	size_t room = file->room ? file->room : 64;
	uint16_t *words;

	while (room < wanted)
		room *= 2;
	if (f->pages - file->room + room > PAGES_IN_ALL)
		return false;
	words = realloc(file->words, room * sizeof(*words));
	if (!words)
		return false;
	memset(words + file->room, 0, (room - file->room) * sizeof(*words));
	f->pages += room - file->room;
	file->words = words;
	file->room = room;
	return true;
}

uint16_t *
file_pages_at(struct file_pages *f, uint64_t device, uint64_t inode, uint64_t first, uint64_t n)
{
	struct file *file;

	if (first > PAGES_OF_A_FILE || n > PAGES_OF_A_FILE - first || !make_room(f))
		return NULL;
	file = place_of(f->files, f->room, device, inode);
	if (!file->words) {
		*file = (struct file){.device = device, .inode = inode};
		if (!lengthen(f, file, (size_t)(first + n)))
			return NULL;
		f->count++;
	} else if (first + n > file->room && !lengthen(f, file, (size_t)(first + n))) {
		return NULL;
	}
	return file->words + first;
}
