/*
 * The cramfs reader against images that the reference mkcramfs made (tests/data/cramfs-golden): all
 * that is in them reads back, and no damage to them does harm.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/cramfs.h"
#include "lib/inflate.h"

#define GOLDEN "tests/data/cramfs-golden"

static const char *const images[] = {"le", "be", "le-padded", "le-holes", "le-xip", "be-xip"};

struct image {
	char path[128];
	uint8_t *bytes;
	size_t size;
};

static struct image
load(const char *name)
{
	struct image im;
	FILE *f;

	snprintf(im.path, sizeof(im.path), GOLDEN "/%s.cramfs", name);
	f = fopen(im.path, "rbe");
	assert_non_null(f);
	im.bytes = malloc(1 << 20);
	im.size = fread(im.bytes, 1, 1 << 20, f);
	fclose(f);
	/* exactly as large as the image: a read beyond it is seen by AddressSanitizer */
	im.bytes = realloc(im.bytes, im.size);
	assert_non_null(im.bytes);
	return im;
}

/* Extraction into a directory, to be compared by sha256sum. */
struct extraction {
	const struct cramfs *fs;
	const char *to;
	unsigned files, links;
};

static bool
extract(void *context, const char *path, const struct cramfs_inode *inode, struct error *error)
{
	struct extraction *x = context;
	char name[512], text[CRAMFS_LINK_MAX + 1];
	uint8_t *content;
	FILE *f;

	snprintf(name, sizeof(name), "%s%s", x->to, path);
	if (cramfs_is_dir(inode))
		return mkdir(name, 0700) == 0;
	if (cramfs_is_link(inode)) {
		x->links++;
		return cramfs_readlink(x->fs, inode, text, error) && symlink(text, name) == 0;
	}
	assert_true(cramfs_is_file(inode));
	content = malloc(inode->size + 1);
	if (cramfs_read(x->fs, inode, 0, content, inode->size, error) != (long)inode->size)
		return false;
	f = fopen(name, "wbe");
	assert_non_null(f);
	assert_int_equal(fwrite(content, 1, inode->size, f), inode->size);
	fclose(f);
	free(content);
	x->files++;
	return true;
}

static void
every_file_of_every_golden_image_reads_back(void **state)
{
	char dir[] = "/tmp/cramfs-golden-XXXXXX", command[512];
	struct error error = {.what = ""};

	(void)state;
	assert_non_null(mkdtemp(dir));
	for (size_t i = 0; i < sizeof(images) / sizeof(images[0]); i++) {
		struct image im = load(images[i]);
		struct cramfs fs;
		char to[64];
		struct extraction x = {.fs = &fs, .to = to};

		snprintf(to, sizeof(to), "%s/%zu", dir, i);
		mkdir(to, 0700);
		if (!cramfs_open(&fs, im.path, im.bytes, im.size, &error) ||
		    !cramfs_verify(&fs, &error) || !cramfs_walk(&fs, extract, &x, &error))
			fail_msg("%s: %s", error.file, error.what);
		assert_int_equal(x.files, 8);
		assert_int_equal(x.links, 1);
		snprintf(command, sizeof(command),
			 "sums=$PWD/" GOLDEN
			 " && cd %s && sha256sum --quiet -c $sums/SHA256SUMS && "
			 "[ \"./data/link -> $(readlink data/link)\" = \"$(cat $sums/SYMLINKS)\" ]",
			 to);
		assert_int_equal(system(command), 0);
		free(im.bytes);
	}
	snprintf(command, sizeof(command), "rm -r %s", dir);
	assert_int_equal(system(command), 0);
}

/* A sum over all names, inodes and contents: what an image says. */
struct digest {
	const struct cramfs *fs;
	uint32_t crc;
};

static bool
add_to_digest(void *context, const char *path, const struct cramfs_inode *inode,
	      struct error *error)
{
	struct digest *d = context;
	uint32_t words[4] = {inode->mode, inode->uid, inode->gid, inode->size};
	static uint8_t content[1 << 24];
	long got;

	d->crc = inflate_crc32(d->crc, path, strlen(path) + 1);
	d->crc = inflate_crc32(d->crc, words, sizeof(words));
	if (!cramfs_is_file(inode) && !cramfs_is_link(inode))
		return true;
	got = cramfs_read(d->fs, inode, 0, content, inode->size, error);
	if (got < 0)
		return false;
	assert_int_equal(got, inode->size);
	d->crc = inflate_crc32(d->crc, content, inode->size);
	return true;
}

static bool
digest(const uint8_t *bytes, size_t size, bool verify, uint32_t *crc)
{
	struct error error = {.what = ""};
	struct cramfs fs;
	struct digest d = {.fs = &fs};
	bool ok = cramfs_open(&fs, "image", bytes, size, &error) &&
		  (!verify || cramfs_verify(&fs, &error)) &&
		  cramfs_walk(&fs, add_to_digest, &d, &error);

	*crc = d.crc;
	if (!ok && !strchr(error.what, '('))
		assert_true(strstr(error.what, "too deep") || strstr(error.what, "not a tree"));
	return ok;
}

/* Flip every bit; with the checksum looked at, what still reads must be what it was. */
static void
a_flipped_bit_is_an_error_or_does_not_matter(void **state)
{
	static const char *const names[] = {"le", "be-xip", "le-padded"};

	(void)state;
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		struct image im = load(names[i]);
		uint32_t right, now;
		unsigned refused = 0;

		assert_true(digest(im.bytes, im.size, true, &right));
		for (size_t bit = 0; bit < im.size * 8; bit++) {
			im.bytes[bit / 8] ^= (uint8_t)(1 << bit % 8);
			if (!digest(im.bytes, im.size, true, &now))
				refused++;
			else
				assert_int_equal(now, right);
			im.bytes[bit / 8] ^= (uint8_t)(1 << bit % 8);
		}
		/* only the bytes before a padded image's superblock are nobody's */
		assert_true(refused >= (im.size - 512) * 8 - 1);
		free(im.bytes);
	}
}

/* Without the checksum the reader meets the damage itself. */
static void
no_flipped_bit_does_harm(void **state)
{
	static const char *const names[] = {"le", "be-xip", "le-xip"};

	(void)state;
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		struct image im = load(names[i]);
		uint32_t right, now;
		unsigned refused = 0;

		assert_true(digest(im.bytes, im.size, false, &right));
		for (size_t bit = 0; bit < im.size * 8; bit += bit < 1024 * 8 ? 1 : 127) {
			im.bytes[bit / 8] ^= (uint8_t)(1 << bit % 8);
			if (!digest(im.bytes, im.size, false, &now))
				refused++;
			im.bytes[bit / 8] ^= (uint8_t)(1 << bit % 8);
		}
		assert_true(refused > 1000);
		free(im.bytes);
	}
}

static void
a_truncated_image_is_refused(void **state)
{
	static const char *const names[] = {"le", "be", "le-xip"};

	(void)state;
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		struct image im = load(names[i]);
		struct cramfs fs;
		uint32_t now, right;

		assert_true(cramfs_open(&fs, im.path, im.bytes, im.size, NULL));
		assert_true(digest(im.bytes, im.size, false, &right));
		for (size_t size = 0; size < im.size; size++) {
			uint8_t *cut = malloc(size + 1);

			memcpy(cut, im.bytes, size);
			assert_false(digest(cut, size, false, &now));
			/* one that does not tell its size may lose its padding, but no content */
			if (size > 12)
				cut[fs.base + (fs.big_endian ? 11 : 8)] &= 0xfe;
			if (size > im.size - 4096 || size % 7 == 0)
				if (digest(cut, size, false, &now))
					assert_int_equal(now, right);
			free(cut);
		}
		free(im.bytes);
	}
}

static void
paths_are_walked_as_the_kernel_does(void **state)
{
	struct image im = load("le-xip");
	struct cramfs fs;
	struct cramfs_inode inode;
	struct error error;
	char text[64];

	(void)state;
	assert_true(cramfs_open(&fs, im.path, im.bytes, im.size, &error));
	assert_true(cramfs_lookup(&fs, "/etc/../data//link", true, &inode, &error));
	assert_true(cramfs_is_file(&inode));
	memset(text, 0, sizeof(text));
	assert_true(cramfs_read(&fs, &inode, 0, text, sizeof(text) - 1, &error) > 0);
	assert_true(cramfs_lookup(&fs, "data/link", false, &inode, &error));
	assert_true(cramfs_is_link(&inode));
	assert_true(cramfs_lookup(&fs, "/../..", true, &inode, &error));
	assert_true(cramfs_is_dir(&inode));
	assert_false(cramfs_lookup(&fs, "/etc/none", true, &inode, &error));
	assert_int_equal(error.number, 2);
	assert_false(cramfs_lookup(&fs, "/etc/motd/x", true, &inode, &error));
	assert_int_equal(error.number, 20);
	free(im.bytes);
}

/* A link that names itself, and a directory that contains itself: made from a golden image. */
static void
circles_end(void **state)
{
	struct image im = load("le");
	struct cramfs fs;
	struct cramfs_inode link, dir;
	struct cramfs_block block;
	struct error error;
	uint32_t crc;

	(void)state;
	assert_true(cramfs_open(&fs, im.path, im.bytes, im.size, &error));
	assert_true(cramfs_lookup(&fs, "/data", true, &dir, &error));
	/* /data's entries are now the root's: /data/data/data ... */
	memcpy(im.bytes + dir.position + 8, im.bytes + 64 + 8, 4);
	im.bytes[dir.position + 8] |= 1; /* its own name's length: 4 */
	memcpy(im.bytes + dir.position + 4, im.bytes + 64 + 4, 4);
	assert_false(digest(im.bytes, im.size, false, &crc));
	assert_true(cramfs_lookup(&fs, "/data/data/data/etc/motd", true, &dir, &error));

	free(im.bytes);
	im = load("le-xip");
	assert_true(cramfs_open(&fs, im.path, im.bytes, im.size, &error));
	assert_true(cramfs_lookup(&fs, "/data/link", false, &link, &error));
	/* the link's text becomes a raw block that says "link" */
	fs.flags |= CRAMFS_EXT_BLOCK_POINTERS;
	assert_true(cramfs_block(&fs, &link, 0, &block, &error));
	link.size = 4;
	memcpy(im.bytes + link.position + 4, &(uint32_t){4}, 4);
	uint32_t at = (uint32_t)(block.offset + 3) & ~3U;

	memcpy(im.bytes + link.offset, &(uint32_t){0xc0000000U | at >> 2}, 4);
	memcpy(im.bytes + at, "link", 4);
	assert_false(cramfs_lookup(&fs, "/data/link", true, &link, &error));
	assert_int_equal(error.number, 40);
	free(im.bytes);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_file_of_every_golden_image_reads_back),
		cmocka_unit_test(a_flipped_bit_is_an_error_or_does_not_matter),
		cmocka_unit_test(no_flipped_bit_does_harm),
		cmocka_unit_test(a_truncated_image_is_refused),
		cmocka_unit_test(paths_are_walked_as_the_kernel_does),
		cmocka_unit_test(circles_end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
