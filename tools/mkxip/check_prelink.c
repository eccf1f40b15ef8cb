/* --check: what mkxip --link put into an image fits together, and fits the image. */
#include "mkxip/check_prelink.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/must.h"
#include "lib/plan.h"
#include "lib/prelink.h"
#include "mkxip/image.h"
#include "mkxip/inspect.h"

/* The whole file; NULL with *error. The caller frees it. */
static uint8_t *
read_file(const struct cramfs *fs, const char *path, size_t *size, struct error *error)
{
	struct cramfs_inode inode;
	uint8_t *bytes;

	if (!cramfs_lookup(fs, path, true, &inode, error))
		return NULL;
	if (!cramfs_is_file(&inode) || inode.size == 0) {
		error_set(error, fs->path, 0, "%s: not a file with content", path);
		return NULL;
	}
	bytes = must_alloc(inode.size);
	*size = inode.size;
	if (cramfs_read(fs, &inode, 0, bytes, inode.size, error) == (long)inode.size)
		return bytes;
	free(bytes);
	return NULL;
}

static bool
check_record(const struct cramfs *fs, const struct index_record *r, struct error *error)
{
	uint8_t hash[HASH_SIZE], *bytes;
	size_t size;

	bytes = read_file(fs, r->path, &size, error);
	if (!bytes)
		return false;
	hash_content(bytes, size, hash);
	free(bytes);
	return memcmp(hash, r->hash, HASH_SIZE) == 0 ||
	       error_set(error, fs->path, 0, "prelink: %s is not the file that was linked",
			 r->path);
}

/* Another machine's plan cannot be checked further: it holds addresses of there. */
static bool
check_plan(const struct cramfs *fs, const struct prelink *l, uint64_t number, struct error *error)
{
	uint32_t page = l->header->page_size;
	struct plan_header h;
	char path[64];
	uint8_t *bytes;
	size_t size;
	bool good;

	snprintf(path, sizeof(path), "/" IMAGE_OWN_DIR "/plans/%lx", (unsigned long)number);
	bytes = read_file(fs, path, &size, error);
	if (!bytes)
		return false;
	good = size > page;
	if (good) {
		memcpy(&h, bytes, sizeof(h));
		good = memcmp(h.magic, PLAN_MAGIC, sizeof(h.magic)) == 0 && h.size == size &&
		       h.version == STORE_VERSION && h.machine == l->header->machine &&
		       h.checksum == plan_checksum(&h, bytes + page, size - page);
	}
	free(bytes);
	return good || error_set(error, fs->path, 0, "prelink: %s is damaged", path);
}

/* The pages lie one after the other as pages of the image. */
static bool
check_pages(const struct cramfs *fs, const struct prelink_pages *p, struct error *error)
{
	struct cramfs_inode inode;
	struct cramfs_block b;
	char path[64];
	uint64_t sum = 0;

	snprintf(path, sizeof(path), "/" IMAGE_OWN_DIR "/relocated/%lx", (unsigned long)p->id);
	if (!cramfs_lookup(fs, path, false, &inode, error))
		return false;
	if (!cramfs_is_file(&inode) || cramfs_blocks(&inode) != p->pages + 1)
		return error_set(error, fs->path, 0, "prelink: %s is damaged (size)", path);
	for (uint32_t i = 0; i < p->pages; i++) {
		if (!cramfs_block(fs, &inode, i, &b, error))
			return false;
		if (b.kind != CRAMFS_BLOCK_DIRECT || b.offset % CRAMFS_BLOCK)
			return error_set(error, fs->path, 0,
					 "prelink: %s: page %u does not lie in place", path, i);
		sum = format_add_page(sum, fs->image + b.offset, CRAMFS_BLOCK);
	}
	return sum == p->sum || error_set(error, fs->path, 0, "prelink: %s is damaged (sum)", path);
}

unsigned
check_prelink(const struct cramfs *fs)
{
	static const char path[] = "/" IMAGE_OWN_DIR "/prelink";
	struct prelink_header h;
	struct prelink l;
	struct error error;
	const char *why;
	size_t size = 0;
	unsigned found = 0;
	uint8_t *bytes = read_file(fs, path, &size, &error);

	if (!bytes) {
		if (error.number == ENOENT)
			return 0; /* it has none */
		report_error(&error);
		return 1;
	}
	/* for whichever machine they are */
	memcpy(&h, bytes, size < sizeof(h) ? size : sizeof(h));
	why = prelink_open(&l, bytes, size, size < sizeof(h) ? 0 : h.machine, CRAMFS_BLOCK);
	if (why) {
		error_set(&error, fs->path, 0, "prelink: %s", why);
		found += !report_error(&error);
	}
	for (uint32_t i = 0; !why && i < l.header->nrecords; i++)
		found += !check_record(fs, &l.records[i], &error) && !report_error(&error);
	for (uint32_t i = 0; !why && i < l.header->nplans; i++)
		found += !check_plan(fs, &l, l.plans[i], &error) && !report_error(&error);
	for (uint32_t i = 0; !why && i < l.header->npages; i++)
		found += !check_pages(fs, &l.pages[i], &error) && !report_error(&error);
	free(bytes);
	return found;
}
