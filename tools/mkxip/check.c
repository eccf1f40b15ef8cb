/*
 * --check: everything that a reader could stumble over.
 *
 * In three steps, each bounded by the size of the image: the directories; the places of all tables;
 * the blocks, if no two tables lie over each other.
 */
#include "mkxip/check.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "common/must.h"
#include "lib/message.h"
#include "mkxip/check_prelink.h"
#include "mkxip/image.h"
#include "mkxip/inspect.h"

#define MAX_REPORTS 50
#define INODE_SIZE 12

enum part { PART_SUPERBLOCK, PART_DIRECTORY, PART_TABLE, PART_DATA };

/* A part of the image that something uses. */
struct extent {
	uint64_t start, end;
	enum part part;
	uint32_t owner; /* position of the inode, for messages */
};

struct checking {
	const struct cramfs *fs;
	struct extent *extents;
	size_t nextents, extent_capacity;
	struct cramfs_inode *files; /* with content, one for each distinct table and size */
	size_t nfiles, file_capacity;
	uint64_t inodes;
	uint64_t found; /* errors */
	bool saw_hole;
};

static void
report(struct checking *c, const struct error *error)
{
	if (c->found++ < MAX_REPORTS)
		report_error(error);
}

static void __attribute__((format(printf, 3, 4)))
found(struct checking *c, uint32_t position, const char *format, ...)
{
	char what[160];
	struct error error;
	va_list args;

	va_start(args, format);
	message_vformat(what, sizeof(what), format, args);
	va_end(args);
	error_set(&error, c->fs->path, 0, "%s (inode at %u)", what, position);
	report(c, &error);
}

static void
use(struct checking *c, uint64_t start, uint64_t end, enum part part, uint32_t owner)
{
	must_reserve(&c->extents, &c->extent_capacity, c->nextents + 1, sizeof(*c->extents));
	c->extents[c->nextents++] = (struct extent){start, end, part, owner};
}

static void
add_file(struct checking *c, const struct cramfs_inode *inode)
{
	must_reserve(&c->files, &c->file_capacity, c->nfiles + 1, sizeof(*c->files));
	c->files[c->nfiles++] = *inode;
}

static void
check_inode(struct checking *c, const struct cramfs_inode *inode)
{
	switch (inode->mode & S_IFMT) {
	case S_IFREG:
	case S_IFLNK:
		if (inode->size)
			add_file(c, inode);
		else if (S_ISLNK(inode->mode))
			found(c, inode->position, "empty symbolic link");
		break;
	case S_IFDIR:
	case S_IFCHR:
	case S_IFBLK:
		if (!S_ISDIR(inode->mode) && inode->size > 0xffff)
			found(c, inode->position, "impossible device number 0x%x", inode->size);
		break;
	case S_IFIFO:
	case S_IFSOCK:
		if (inode->size)
			found(c, inode->position, "FIFO or socket with a size");
		break;
	default:
		found(c, inode->position, "unknown kind of file, mode 0%x", inode->mode);
	}
}

/* Entries of a directory come in the order of unsigned bytes, each name once. */
static void
check_order(struct checking *c, const char *last, const struct cramfs_entry *e)
{
	int order = last[0] ? strcmp(last, e->name) : -1;

	if (order == 0)
		found(c, e->inode.position, "name '%s' twice in a directory", e->name);
	else if (order > 0 && (c->fs->flags & CRAMFS_SORTED_DIRS))
		found(c, e->inode.position, "entry '%s' out of order", e->name);
}

static void
check_directory(struct checking *c, const struct cramfs_inode *inode, unsigned depth)
{
	char last[CRAMFS_NAME_MAX + 1] = "";
	struct cramfs_entry *e;
	struct cramfs_dir dir;
	struct error error;
	int got;

	if (!cramfs_dir_open(&dir, c->fs, inode, &error)) {
		report(c, &error);
		return;
	}
	if (dir.at == dir.end)
		return;
	if (depth > CRAMFS_DEPTH_MAX) {
		found(c, inode->position, "directories nested too deeply");
		return;
	}
	use(c, dir.at, dir.end, PART_DIRECTORY, inode->position);
	e = must_alloc(sizeof(*e));
	while ((got = cramfs_dir_next(&dir, e, &error)) > 0) {
		/* more entries than there is room for: directories lie over each other */
		if (++c->inodes > c->fs->size / INODE_SIZE)
			break;
		check_order(c, last, e);
		strcpy(last, e->name);
		check_inode(c, &e->inode);
		if (cramfs_is_dir(&e->inode))
			check_directory(c, &e->inode, depth + 1);
	}
	free(e);
	if (got < 0)
		report(c, &error);
}

static int
by_table(const void *a, const void *b)
{
	const struct cramfs_inode *x = a, *y = b;

	if (x->offset != y->offset)
		return x->offset < y->offset ? -1 : 1;
	return x->size < y->size ? -1 : x->size > y->size;
}

static int
by_place(const void *a, const void *b)
{
	const struct extent *x = a, *y = b;

	if (x->start != y->start)
		return x->start < y->start ? -1 : 1;
	if (x->end != y->end)
		return x->end < y->end ? -1 : 1;
	return (int)x->part - (int)y->part;
}

/* Files that share a table are looked at once. */
static void
join_files(struct checking *c)
{
	size_t kept = 0;

	if (!c->nfiles)
		return;
	qsort(c->files, c->nfiles, sizeof(*c->files), by_table);
	for (size_t i = 0; i < c->nfiles; i++) {
		const struct cramfs_inode *f = &c->files[i];
		uint64_t end = f->offset + 4 * (uint64_t)cramfs_blocks(f);

		if (kept && by_table(&c->files[kept - 1], f) == 0)
			continue;
		if (f->offset < IMAGE_SUPERBLOCK || end > c->fs->size) {
			found(c, f->position, "block pointers outside the image");
			continue;
		}
		use(c, f->offset, end, PART_TABLE, f->position);
		c->files[kept++] = *f;
	}
	c->nfiles = kept;
}

/* Nothing may lie over anything else, except that files may share whole blocks. */
static bool
check_overlaps(struct checking *c)
{
	static const char names[][12] = {"superblock", "directory", "table", "data"};
	uint64_t before = c->found;
	const struct extent *last = &c->extents[0];

	qsort(c->extents, c->nextents, sizeof(*c->extents), by_place);
	for (size_t i = 1; i < c->nextents; i++) {
		const struct extent *e = &c->extents[i];
		bool same = e->start == last->start && e->end == last->end &&
			    e->part == PART_DATA && last->part == PART_DATA;

		if (e->start < last->end && !same)
			found(c, e->owner, "%s at %lu lies over the %s at %lu", names[e->part],
			      (unsigned long)e->start, names[last->part],
			      (unsigned long)last->start);
		if (e->end > last->end)
			last = e;
	}
	return c->found == before;
}

/* What stock readers make of a full last block, if it is stored as readers of ours could read it.
 */
static void
check_last(struct checking *c, const struct cramfs_inode *f, const struct cramfs_block *b)
{
	if (f->size % CRAMFS_BLOCK != 0)
		return;
	if (b->kind == CRAMFS_BLOCK_DIRECT)
		found(c, f->position,
		      "full last block with a direct raw pointer: Linux reads zeros there");
	else if (b->kind == CRAMFS_BLOCK_HOLE)
		message_print(2,
			      "mkxip: %s: warning: a full last block is a hole: cramfsck takes it "
			      "for an error (inode at %u)\n",
			      c->fs->path, f->position);
}

static void
check_blocks(struct checking *c, const struct cramfs_inode *f)
{
	uint8_t buf[CRAMFS_BLOCK];
	char target[CRAMFS_LINK_MAX + 1];
	struct cramfs_block b = {0};
	struct error error;

	for (uint32_t i = 0; i < cramfs_blocks(f); i++) {
		uint64_t start;

		if (!cramfs_block(c->fs, f, i, &b, &error) ||
		    !cramfs_block_read(c->fs, &b, buf, &error)) {
			report(c, &error);
			return;
		}
		if (b.kind == CRAMFS_BLOCK_HOLE) {
			c->saw_hole = true;
			continue;
		}
		start = b.offset;
		use(c, start, start + b.length, PART_DATA, f->position);
	}
	check_last(c, f, &b);
	if (cramfs_is_link(f) && !cramfs_readlink(c->fs, f, target, &error))
		report(c, &error);
}

static void
check_superblock(struct checking *c, uint64_t given)
{
	const struct cramfs *fs = c->fs;
	struct error error;

	if (!cramfs_verify(fs, &error))
		report(c, &error);
	if (memcmp(fs->image + fs->base + 16, "Compressed ROMFS", 16) != 0 &&
	    !(fs->flags & CRAMFS_WRONG_SIGNATURE)) {
		error_set(&error, fs->path, 0, "wrong signature (superblock)");
		report(c, &error);
	}
	if (given > fs->size)
		message_print(2, "mkxip: %s: warning: %lu bytes after the image's end\n", fs->path,
			      (unsigned long)(given - fs->size));
}

static void
check_counts(struct checking *c)
{
	const struct cramfs *fs = c->fs;
	struct error error;

	if (c->inodes > fs->size / INODE_SIZE) {
		error_set(&error, fs->path, 0,
			  "not a tree: directories share or contain each other");
		report(c, &error);
	} else if ((fs->flags & CRAMFS_FSID_VERSION_2) && fs->files != c->inodes) {
		error_set(&error, fs->path, 0, "%lu files, the superblock says %u",
			  (unsigned long)c->inodes, fs->files);
		report(c, &error);
	}
	if (c->saw_hole && !(fs->flags & CRAMFS_HOLES)) {
		error_set(&error, fs->path, 0, "holes without the flag for them (superblock)");
		report(c, &error);
	}
}

int
check_image(const struct cramfs *fs, uint64_t given)
{
	struct checking c = {.fs = fs, .inodes = 1};

	check_superblock(&c, given);
	use(&c, fs->base, fs->base + IMAGE_SUPERBLOCK, PART_SUPERBLOCK, fs->base + 64);
	check_directory(&c, &fs->root, 1);
	join_files(&c);
	if (check_overlaps(&c)) {
		for (size_t i = 0; i < c.nfiles; i++)
			check_blocks(&c, &c.files[i]);
		check_overlaps(&c);
	}
	check_counts(&c);
	c.found += check_prelink(fs);
	if (c.found > MAX_REPORTS)
		message_print(2, "mkxip: %s: and %lu more\n", fs->path,
			      (unsigned long)(c.found - MAX_REPORTS));
	free(c.extents);
	free(c.files);
	return c.found > 0;
}
