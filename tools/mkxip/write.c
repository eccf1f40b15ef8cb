#include "mkxip/write.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>

#include "common/must.h"
#include "common/replace_file.h"
#include "mkxip/progress.h"

/* The file as it grows: everything is written once, in the order of the image. */
struct writer {
	int fd;
	const char *path;
	uint64_t at; /* bytes put so far */
	uint32_t crc;
	uint8_t *buffer;
	size_t used;
	bool big_endian;
	uint8_t *bytes; /* of one file */
	const struct tree *tree;
	struct progress *progress;
	struct error *error;
};

#define BUFFER_SIZE (1u << 20)

/* One at a time: signal handlers know it. */
static struct replacement image;

void
image_write_abandon(void)
{
	replace_abandon(&image);
}

static bool
flush(struct writer *w)
{
	size_t done = 0;

	while (done < w->used) {
		ssize_t n = write(w->fd, w->buffer + done, w->used - done);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return error_set(w->error, w->path, errno, "cannot write image");
		done += (size_t)n;
	}
	progress_add(w->progress, w->used);
	w->used = 0;
	return true;
}

static bool
put(struct writer *w, const void *bytes, size_t size)
{
	const uint8_t *from = bytes;

	w->crc = (uint32_t)crc32(w->crc, from, (uInt)size);
	w->at += size;
	while (size) {
		size_t n = BUFFER_SIZE - w->used < size ? BUFFER_SIZE - w->used : size;

		memcpy(w->buffer + w->used, from, n);
		w->used += n;
		from += n;
		size -= n;
		if (w->used == BUFFER_SIZE && !flush(w))
			return false;
	}
	return true;
}

/* Zeros up to there. The layout never goes back. */
static bool
put_zeros_to(struct writer *w, uint64_t to)
{
	static const uint8_t zeros[IMAGE_PAGE];

	if (to < w->at)
		abort();
	while (w->at < to) {
		uint64_t n = to - w->at < IMAGE_PAGE ? to - w->at : IMAGE_PAGE;

		if (!put(w, zeros, (size_t)n))
			return false;
	}
	return true;
}

static bool
put_directory(struct writer *w, const struct node *dir)
{
	uint8_t entry[IMAGE_INODE + IMAGE_MAX_NAME + 4];

	for (size_t i = 0; i < dir->nchildren; i++) {
		encode_entry(entry, dir->children[i], w->big_endian);
		if (!put(w, entry, layout_entry_size(dir->children[i])))
			return false;
	}
	for (size_t i = 0; i < dir->nchildren; i++)
		if (S_ISDIR(dir->children[i]->mode) && !put_directory(w, dir->children[i]))
			return false;
	return true;
}

static bool
put_table(struct writer *w, const struct content *c)
{
	uint8_t word[4];

	if (!put_zeros_to(w, c->table))
		return false;
	for (uint32_t i = 0; i < c->nblocks; i++) {
		encode_u32(word, c->blocks[i].pointer, w->big_endian);
		if (!put(w, word, 4))
			return false;
	}
	return true;
}

static bool
has_kind(const struct content *c, enum block_kind kind)
{
	for (uint32_t i = 0; i < c->nblocks; i++)
		if (c->blocks[i].kind == kind)
			return true;
	return false;
}

static bool
put_blocks(struct writer *w, const struct content *c)
{
	uint8_t length[2];

	if (has_kind(c, BLOCK_RAW) && !content_load(w->tree, c, w->bytes, w->error))
		return false;
	for (uint32_t i = 0; i < c->nblocks; i++) {
		const struct block *b = &c->blocks[i];
		bool good = true;

		if (b->kind != BLOCK_RAW && b->kind != BLOCK_ZLIB)
			continue;
		if (!put_zeros_to(w, b->start))
			return false;
		if (b->kind == BLOCK_RAW) {
			good = put(w, w->bytes + (size_t)i * IMAGE_PAGE, block_want(c, i));
		} else {
			encode_u16(length, b->packed_size, w->big_endian);
			good = (!b->direct || put(w, length, 2)) &&
			       put(w, c->packed + b->packed_offset, b->packed_size);
		}
		if (!good)
			return false;
	}
	return true;
}

static bool
put_pages(struct writer *w, const struct content *c)
{
	if (c->twin || !has_kind(c, BLOCK_XIP))
		return true;
	if (!content_load(w->tree, c, w->bytes, w->error))
		return false;
	for (uint32_t i = 0; i < c->nblocks; i++) {
		const struct block *b = &c->blocks[i];

		if (b->kind == BLOCK_XIP &&
		    (!put_zeros_to(w, b->start) ||
		     !put(w, w->bytes + (size_t)i * IMAGE_PAGE, block_want(c, i))))
			return false;
	}
	return true;
}

static bool
each(struct writer *w, const struct contents *all,
     bool (*emit)(struct writer *, const struct content *))
{
	for (size_t i = 0; i < all->count; i++)
		if (!emit(w, all->list[i]))
			return false;
	return true;
}

static bool
put_table_and_blocks(struct writer *w, const struct content *c)
{
	return put_table(w, c) && put_blocks(w, c);
}

static bool
put_image(struct writer *w, const struct contents *all, const struct layout *l,
	  const struct superblock_text *text)
{
	uint8_t super[IMAGE_SUPERBLOCK], crc[4];
	bool good;

	if (!put_zeros_to(w, l->base))
		return false;
	w->crc = (uint32_t)crc32(0, NULL, 0);
	encode_superblock(super, l, w->tree->root, text);
	good = put(w, super, sizeof(super)) && put_directory(w, w->tree->root);
	if (l->far)
		good = good && each(w, all, put_table) && each(w, all, put_pages) &&
		       each(w, all, put_blocks);
	else
		good = good && each(w, all, put_table_and_blocks) && each(w, all, put_pages);
	if (!good || !put_zeros_to(w, l->size) || !flush(w))
		return false;
	encode_u32(crc, w->crc, w->big_endian);
	if (pwrite(w->fd, crc, 4, l->base + ENCODE_CRC_AT) != 4)
		return error_set(w->error, w->path, errno, "cannot write image");
	return true;
}

static bool
open_replacement(struct writer *w)
{
	char real[PATH_MAX];
	struct stat st;
	int err;

	if (stat(w->path, &st) == 0 && !S_ISREG(st.st_mode))
		return error_set(w->error, w->path, 0,
				 "not a regular file: make the image in one and copy it");
	/* an image behind a symbolic link is replaced where it is */
	err = replace_begin(&image, realpath(w->path, real) ? real : w->path, ".XXXXXX", 0666);
	w->fd = image.fd;
	return !err || error_set(w->error, w->path, err, "cannot write image");
}

static bool
finish(struct writer *w, bool good)
{
	int err = good ? replace_commit(&image) : 0;

	if (!good)
		replace_abandon(&image);
	return good && (!err || error_set(w->error, w->path, err, "cannot write image"));
}

bool
image_write(const char *path, const struct tree *t, const struct contents *all,
	    const struct layout *l, const struct superblock_text *text, struct progress *p,
	    struct error *error)
{
	struct writer w = {.fd = -1,
			   .path = path,
			   .tree = t,
			   .big_endian = text->big_endian,
			   .progress = p,
			   .error = error};
	bool good;

	if (!open_replacement(&w))
		return false;
	w.buffer = must_alloc(BUFFER_SIZE);
	w.bytes = must_alloc(IMAGE_MAX_FILE + 1);
	progress_begin(p, "writing", l->size);
	good = put_image(&w, all, l, text);
	progress_end(p);
	free(w.buffer);
	free(w.bytes);
	return finish(&w, good);
}
