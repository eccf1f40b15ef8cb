/* A process as a picture: the pages of each object, in order, with what a person wants to know. */
#ifndef SHMSTAT_VIEW_PICTURE_H
#define SHMSTAT_VIEW_PICTURE_H

#include <stdio.h>

#include "shmstat/proc/model.h"

/* What a cell is besides an enum page_class. */
#define CELL_ABSENT CLASS_COUNT /* not in memory */
#define CELL_SWAPPED (CLASS_COUNT + 1)
#define CELL_KINDS (CLASS_COUNT + 2)

/* More pages next to each other that are not in memory are one cell. */
#define PICTURE_GAP 64

/* What is told about a page, or about several next to each other. */
struct note {
	char *section, *symbols; /* any bytes; owned */
	const char *reason; /* "" for pages that are not private */
};

struct picture_cell {
	uint64_t address, pages; /* more than one only if absent */
	uint8_t kind;
	bool exclusive; /* mapped only here */
	size_t note; /* index */
};

struct page_map {
	const struct object *object; /* of the process */
	struct picture_cell *cells;
	size_t count, capacity;
};

struct picture {
	const struct process *process; /* must outlive the picture */
	struct page_map *maps; /* one for each object of the process */
	struct note *notes; /* the first is empty */
	size_t note_count, note_capacity;
};

/* The process was read with DEPTH_PAGES. Returns 0 or an errno (ENOMEM); picture_free in any case.
 */
int picture_make(struct picture *pic, const struct process *p);
void picture_free(struct picture *pic);

/* "text" … "xip", "absent", "swapped". */
const char *cell_kind_name(unsigned kind);
/* #rrggbb */
const char *cell_colour(unsigned kind, bool exclusive);

#endif
