/*
 * Relocated pages: which pages of some objects relocation changed, what they hold, and where the
 * next process can have each from: the baseline relocated pages of its object, or the plan.
 */
#ifndef XIPLD_RELOCATED_PAGES_H
#define XIPLD_RELOCATED_PAGES_H

#include "cache/plan/plan_writer.h"

/* A run of pages that relocation (or the loader) changed, and what they hold. */
struct range {
	uintptr_t at;
	size_t pages;
	uint8_t *image; /* scratch memory */
	uint32_t object; /* number in the set */
};

/* An object that is to be kept. */
struct kept_object {
	struct object *obj;
	struct index_record record; /* its canonical copy and slot */
	const char *path; /* where it was found, and which file that was */
	struct file_id id;
	bool everybody; /* may read that */
};

struct page_set {
	struct kept_object *objects; /* scratch memory */
	uint32_t nobjects, objects_capacity;
	bool beside_private; /* the process runs from a plan that is not for everybody */
	struct range *ranges; /* scratch memory; those of one object stand together */
	uint32_t nranges, ranges_capacity;
};

/* Room for the set's next object, filled but for its record; the caller counts it. NULL: none. */
struct kept_object *pages_new_object(struct page_set *set, struct object *obj);

/*
 * Give obj (headers read from *fd) its slot and note it as the set's next object; *slot is the
 * address, 0 for ET_EXEC. PUBLISH_OK, or why it cannot be kept.
 */
enum publish_failure pages_take_object(struct page_set *set, struct object *obj, int *fd,
				       uint64_t *slot);

/* Find out which of the set's files everybody may read; true: all of them. */
bool pages_find_readers(struct page_set *set);

/* May everybody read all of the set's files? */
bool pages_are_public(const struct page_set *set);

/* Why the set's objects, mapped and relocated, cannot be shared; NULL: they can. */
enum publish_failure pages_unshareable(const struct page_set *set);

/* Find every object's ranges, and copy what is in their pages now. False: out of memory. */
bool pages_copy(struct page_set *set);

/* The copy of the word at this address, or NULL if no range holds it. */
uint64_t *pages_word(const struct page_set *set, uintptr_t place);

/* True if obj's RELRO part is still written to after the C library has booted. */
bool pages_relro_waits(const struct object *obj);

/* True if the address lies in an object of the set. */
bool pages_hold(const struct page_set *set, uintptr_t address);

/*
 * Object i into the plan: its segments' mappings, its new baseline pages where it has none, and
 * this closure's own pages. With over_mapped only what its mapped file does not give: the linked
 * pages.
 */
bool pages_plan_object(struct page_set *set, uint32_t i, struct plan_writer *b, bool over_mapped);

/* Forget the objects, but keep the memory for their successors; give all memory back. */
void pages_clear(struct page_set *set);
void pages_free(struct page_set *set);

#endif
