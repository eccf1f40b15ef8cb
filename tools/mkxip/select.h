/* Which pages of a file are stored for execution in place. */
#ifndef MKXIP_SELECT_H
#define MKXIP_SELECT_H

#include "mkxip/image.h"
#include "mkxip/options.h"

/* One page named by a profile. */
struct hot {
	char *path;
	uint32_t first, count; /* pages of the file */
};

/* What --xip and --profile ask for. Owns its lists. */
struct selection {
	enum xip_mode mode;
	bool has_profile;
	char **patterns; /* of XIP_FILE, one may begin with '!' */
	size_t npatterns, pattern_capacity;
	struct hot *hot; /* sorted by path and page */
	size_t nhot, hot_capacity;
};

/* Read the files that the options name. */
bool selection_open(struct selection *s, const struct options *o, struct error *error);
void selection_close(struct selection *s);

/* Add one line of a profile; NULL, or what is wrong with it. The line is changed. selection_sort
 * once after all. */
const char *selection_add_hot(struct selection *s, char *line);
void selection_sort(struct selection *s);

struct tree;
/* A profile may name files through symbolic links: put in their real paths in the tree's source. */
void selection_resolve(struct selection *s, const struct tree *t);

/*
 * Mark in pages[] (one byte a page of the file, set to 1) what is selected of the file with that
 * path in the image and these bytes. Marks of other paths of the same bytes stay.
 */
void select_pages(const struct selection *s, const char *path, const uint8_t *bytes, uint32_t size,
		  uint8_t *pages);

/*
 * The pages of an ELF file that a read-only or executable segment is loaded from. True if it is an
 * ELF file that can be loaded.
 */
bool select_segments(const uint8_t *bytes, uint32_t size, uint8_t *pages);

/*
 * Change a selection so that stock readers can read it: a last block that is full (size a multiple
 * of the page) must not have a direct pointer, Linux takes its length for 0. It is reached by the
 * end of the page before it, which must be stored in the same way; a file of one full page has none
 * and is compressed.
 */
void select_settle(uint32_t size, uint8_t *pages);

/* Does text match the list of patterns: the last that matches decides, '!' before it says no. */
bool select_matches(char *const *patterns, size_t count, const char *text);

#endif
