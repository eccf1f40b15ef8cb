#include "mkxip/select.h"

#include <errno.h>
#include <fnmatch.h>
#include <gelf.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/must.h"
#include "mkxip/tree.h"

bool
select_matches(char *const *patterns, size_t count, const char *text)
{
	bool yes = false;

	for (size_t i = 0; i < count; i++) {
		const char *pattern = patterns[i];
		bool no = *pattern == '!';

		if (fnmatch(pattern + no, text, 0) == 0)
			yes = !no;
	}
	return yes;
}

static bool
page_number(const char *text, unsigned long *n)
{
	char *end;

	text += strspn(text, " ");
	if (*text < '0' || *text > '9')
		return false;
	errno = 0;
	*n = strtoul(text, &end, 10);
	return errno == 0 && end[strspn(end, " ")] == 0;
}

const char *
selection_add_hot(struct selection *s, char *line)
{
	unsigned long first, before, count = 1;
	char *comma;

	line[strcspn(line, "\r\n")] = 0;
	/* the numbers are taken from the end, as a path may have commas in it */
	comma = strrchr(line, ',');
	if (!comma || line[0] != '/')
		return "a line is path,page or path,page,count";
	if (!page_number(comma + 1, &first))
		return "not the number of a page";
	*comma = 0;
	comma = strrchr(line, ',');
	if (comma && page_number(comma + 1, &before)) {
		*comma = 0;
		count = first;
		first = before;
	}
	if (first > IMAGE_MAX_FILE / IMAGE_PAGE) /* no file of an image has such a page */
		return NULL;
	if (count > IMAGE_MAX_FILE / IMAGE_PAGE + 1)
		count = IMAGE_MAX_FILE / IMAGE_PAGE + 1;
	must_reserve(&s->hot, &s->hot_capacity, s->nhot + 1, sizeof(*s->hot));
	s->hot[s->nhot++] = (struct hot){must_strdup(line), (uint32_t)first, (uint32_t)count};
	return NULL;
}

static int
by_path(const void *a, const void *b)
{
	const struct hot *x = a, *y = b;
	int order = strcmp(x->path, y->path);

	if (order)
		return order;
	return x->first < y->first ? -1 : x->first > y->first;
}

void
selection_sort(struct selection *s)
{
	if (s->nhot)
		qsort(s->hot, s->nhot, sizeof(*s->hot), by_path);
}

void
selection_resolve(struct selection *s, const struct tree *t)
{
	char real[PATH_MAX], path[PATH_MAX + 1];

	for (size_t i = 0; i < s->nhot; i++) {
		if (!tree_resolve(t, s->hot[i].path, real))
			continue;
		snprintf(path, sizeof(path), "/%s", real);
		if (strcmp(path, s->hot[i].path) == 0)
			continue;
		free(s->hot[i].path);
		s->hot[i].path = must_strdup(path);
	}
	selection_sort(s);
}

static const char *
add_pattern(struct selection *s, char *line)
{
	line[strcspn(line, "\r\n")] = 0;
	must_reserve(&s->patterns, &s->pattern_capacity, s->npatterns + 1, sizeof(*s->patterns));
	s->patterns[s->npatterns++] = must_strdup(line);
	return NULL;
}

static bool
read_lines(struct selection *s, const char *file, const char *(*add)(struct selection *, char *),
	   struct error *error)
{
	FILE *f = fopen(file, "re");
	const char *wrong = NULL;
	unsigned number = 0;
	char *line = NULL;
	size_t size = 0;

	if (!f)
		return error_set(error, file, errno, "cannot open");
	while (!wrong && getline(&line, &size, f) >= 0) {
		number++;
		if (line[0] != '#' && line[strspn(line, " \t\r\n")])
			wrong = add(s, line);
	}
	if (!wrong && ferror(f))
		wrong = "cannot be read";
	free(line);
	fclose(f);
	return !wrong || error_set(error, file, 0, "%s (line %u)", wrong, number);
}

bool
selection_open(struct selection *s, const struct options *o, struct error *error)
{
	*s = (struct selection){.mode = o->xip, .has_profile = o->profile != NULL};
	elf_version(EV_CURRENT);
	if (o->xip_file && !read_lines(s, o->xip_file, add_pattern, error))
		return false;
	if (o->profile && !read_lines(s, o->profile, selection_add_hot, error))
		return false;
	selection_sort(s);
	return true;
}

void
selection_close(struct selection *s)
{
	for (size_t i = 0; i < s->npatterns; i++)
		free(s->patterns[i]);
	for (size_t i = 0; i < s->nhot; i++)
		free(s->hot[i].path);
	free(s->patterns);
	free(s->hot);
	*s = (struct selection){0};
}

bool
select_segments(const uint8_t *bytes, uint32_t size, uint8_t *pages)
{
	Elf *elf;
	GElf_Ehdr eh;
	size_t count = 0;

	if (size < EI_NIDENT || memcmp(bytes, ELFMAG, SELFMAG) != 0)
		return false;
	/* libelf does not write to it: nothing is updated */
	elf = elf_memory((char *)bytes, size);
	if (!elf || elf_kind(elf) != ELF_K_ELF || !gelf_getehdr(elf, &eh) ||
	    (eh.e_type != ET_EXEC && eh.e_type != ET_DYN) || elf_getphdrnum(elf, &count) != 0)
		count = 0;
	for (size_t i = 0; i < count; i++) {
		GElf_Phdr ph;

		if (!gelf_getphdr(elf, (int)i, &ph) || ph.p_type != PT_LOAD ||
		    (ph.p_flags & PF_W) || !(ph.p_flags & (PF_R | PF_X)) || ph.p_offset >= size ||
		    ph.p_filesz == 0)
			continue;
		uint64_t end = ph.p_filesz > size - ph.p_offset ? size : ph.p_offset + ph.p_filesz;

		for (uint64_t page = ph.p_offset / IMAGE_PAGE; page * IMAGE_PAGE < end; page++)
			pages[page] = 1;
	}
	elf_end(elf);
	return count > 0;
}

/* The first of the profile's lines for that path; nhot if there is none. */
static size_t
first_hot(const struct selection *s, const char *path)
{
	size_t low = 0, high = s->nhot;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (strcmp(s->hot[middle].path, path) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

/* Of what is marked in wanted[], mark in pages[] what the profile names. */
static void
mark_hot(const struct selection *s, const char *path, const uint8_t *wanted, uint32_t npages,
	 uint8_t *pages)
{
	for (size_t i = first_hot(s, path); i < s->nhot && strcmp(s->hot[i].path, path) == 0; i++) {
		const struct hot *h = &s->hot[i];

		for (uint32_t k = 0; k < h->count && h->first + k < npages; k++)
			pages[h->first + k] |= wanted[h->first + k];
	}
}

void
select_pages(const struct selection *s, const char *path, const uint8_t *bytes, uint32_t size,
	     uint8_t *pages)
{
	uint32_t npages = (size + IMAGE_PAGE - 1) / IMAGE_PAGE;
	uint8_t *wanted;

	if (s->mode == XIP_NONE || npages == 0 ||
	    (s->mode == XIP_FILE && !select_matches(s->patterns, s->npatterns, path)))
		return;
	wanted = must_alloc(npages);
	/* a file that a pattern names and that has no segments is wanted as a whole */
	if (s->mode == XIP_ALL || (!select_segments(bytes, size, wanted) && s->mode == XIP_FILE))
		memset(wanted, 1, npages);
	if (s->has_profile) {
		mark_hot(s, path, wanted, npages, pages);
	} else {
		for (uint32_t i = 0; i < npages; i++)
			pages[i] |= wanted[i];
	}
	free(wanted);
}

void
select_settle(uint32_t size, uint8_t *pages)
{
	uint32_t npages = (size + IMAGE_PAGE - 1) / IMAGE_PAGE;

	if (npages == 0 || size % IMAGE_PAGE != 0 || !pages[npages - 1])
		return;
	if (npages == 1)
		pages[0] = 0;
	else
		pages[npages - 2] = 1;
}
