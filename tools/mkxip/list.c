/* --list: the files of an image, and how each is stored. */
#include "mkxip/list.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "common/must.h"
#include "mkxip/image.h"
#include "mkxip/inspect.h"

struct listing {
	const struct cramfs *fs;
	json_t *files; /* NULL: print */
	bool damaged;
};

/* "-rwxr-xr-x" */
static void
mode_text(uint32_t mode, char *text)
{
	static const char kinds[] = "?pc?d?b?-?l?s???";

	text[0] = kinds[(mode >> 12) & 15];
	for (int i = 0; i < 9; i++)
		text[1 + i] = mode & (0400u >> i) ? "rwx"[i % 3] : '-';
	if (mode & S_ISUID)
		text[3] = mode & 0100 ? 's' : 'S';
	if (mode & S_ISGID)
		text[6] = mode & 010 ? 's' : 'S';
	if (mode & S_ISVTX)
		text[9] = mode & 01 ? 't' : 'T';
	text[10] = 0;
}

static bool
has_blocks(const struct cramfs_inode *inode)
{
	return cramfs_is_file(inode) || cramfs_is_link(inode);
}

static bool
is_device(const struct cramfs_inode *inode)
{
	return S_ISCHR(inode->mode) || S_ISBLK(inode->mode);
}

static void
print_entry(const char *path, const struct cramfs_inode *inode, const struct block_counts *c,
	    const char *target)
{
	char *name = inspect_escape(path), *to = target ? inspect_escape(target) : NULL;
	char mode[11], size[24];

	mode_text(inode->mode, mode);
	if (is_device(inode))
		snprintf(size, sizeof(size), "%u,%u", inode->size >> 8, inode->size & 255);
	else
		snprintf(size, sizeof(size), "%u", inode->size);
	printf("%s %5u %3u %9s", mode, inode->uid, inode->gid, size);
	if (has_blocks(inode))
		printf(" %5u %5u %5u %5u", c->xip, c->raw, c->zlib, c->hole);
	else
		printf(" %5s %5s %5s %5s", "-", "-", "-", "-");
	printf("  %s%s%s\n", name, to ? " -> " : "", to ? to : "");
	free(name);
	free(to);
}

/* JSON has no strings of arbitrary bytes: what is not UTF-8 is escaped as for a terminal. */
static json_t *
json_text(const char *s)
{
	json_t *j = json_string(s);
	char *escaped, *to;

	if (j)
		return j;
	escaped = to = must_alloc(4 * strlen(s) + 1);
	for (const unsigned char *p = (const unsigned char *)s; *p; p++) {
		if (*p < ' ' || *p >= 127 || *p == '\\')
			to += sprintf(to, "\\%03o", *p);
		else
			*to++ = (char)*p;
	}
	j = json_string(escaped);
	free(escaped);
	return j;
}

static void
add_entry(struct listing *l, const char *path, const struct cramfs_inode *inode,
	  const struct block_counts *c, const char *target)
{
	char mode[11];
	json_t *entry;

	mode_text(inode->mode, mode);
	entry = json_pack("{so ss si si si}", "path", json_text(path), "mode", mode, "uid",
			  (int)inode->uid, "gid", (int)inode->gid, "permissions",
			  (int)(inode->mode & 07777));
	if (is_device(inode))
		json_object_set_new(
			entry, "device",
			json_pack("[ii]", (int)(inode->size >> 8), (int)(inode->size & 255)));
	else
		json_object_set_new(entry, "size", json_integer(inode->size));
	if (has_blocks(inode))
		json_object_set_new(entry, "blocks",
				    json_pack("{si si si si}", "xip", (int)c->xip, "raw",
					      (int)c->raw, "zlib", (int)c->zlib, "hole",
					      (int)c->hole));
	if (target)
		json_object_set_new(entry, "target", json_text(target));
	json_array_append_new(l->files, entry);
}

static bool
list_entry(void *context, const char *path, const struct cramfs_inode *inode, struct error *error)
{
	struct listing *l = context;
	char target[CRAMFS_LINK_MAX + 1];
	struct block_counts counts = {0};
	bool link = cramfs_is_link(inode), good = true;

	if (has_blocks(inode) && !inspect_count(l->fs, inode, &counts, error))
		good = report_error(error);
	if (good && link && !cramfs_readlink(l->fs, inode, target, error))
		good = report_error(error);
	l->damaged |= !good;
	if (l->files)
		add_entry(l, path, inode, &counts, link && good ? target : NULL);
	else
		print_entry(path, inode, &counts, link && good ? target : NULL);
	return true;
}

static json_t *
json_super(const struct cramfs *fs)
{
	return json_pack("{so ss sI sI sI sI sI sI sI}", "name", json_text(fs->name), "endian",
			 fs->big_endian ? "big" : "little", "base", (json_int_t)fs->base, "size",
			 (json_int_t)fs->size, "flags", (json_int_t)fs->flags, "crc",
			 (json_int_t)fs->crc, "edition", (json_int_t)fs->edition, "blocks",
			 (json_int_t)fs->blocks, "files", (json_int_t)fs->files);
}

int
list_image(const struct cramfs *fs, bool json)
{
	struct listing l = {.fs = fs, .files = json ? json_array() : NULL};
	struct error error;
	json_t *whole;

	if (!json)
		printf("%-10s %5s %3s %9s %5s %5s %5s %5s  %s\n", "mode", "uid", "gid", "size",
		       "xip", "raw", "zlib", "hole", "name");
	list_entry(&l, "/", &fs->root, &error);
	if (!cramfs_walk(fs, list_entry, &l, &error))
		l.damaged |= !report_error(&error);
	if (json) {
		whole = json_pack("{so so}", "superblock", json_super(fs), "files", l.files);
		json_dumpf(whole, stdout, JSON_INDENT(1));
		putchar('\n');
		json_decref(whole);
	}
	return l.damaged;
}
