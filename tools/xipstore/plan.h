/* Plans: decoded from a file's bytes, and taken apart into objects and their pages. Pure. */
#ifndef XIPSTORE_PLAN_H
#define XIPSTORE_PLAN_H

#include <stdbool.h>
#include <stdint.h>

#include "lib/error.h"
#include "lib/message.h"
#include "lib/plan.h"
#include "xipstore/index.h"

#define PLAN_LIMIT (1UL << 30) /* bytes: more than any launch can use */

#define PLAN_NAME 17 /* digits of a file's name, and the NUL */

/* A plan's file in memory, checked by plan_decode. */
struct plan {
	char name[PLAN_NAME]; /* of its file: the first of its key, or what plan_parse_name found */
	char *bytes; /* owned */
	struct plan_tables tables; /* in these bytes */
	char *program; /* closure: as the key has it; owned, never NULL */
	uint64_t closure; /* dlopen plan: the checksum of its closure's plan */
};

/*
 * Take the bytes of a plan apart; on success they are the plan's, on failure still the caller's.
 * NULL, or what is wrong.
 */
const char *plan_decode(struct plan *plan, char *bytes, size_t size);
void plan_free(struct plan *plan);

/* Give back the memory of its pages: what describes it stays. */
void plan_drop_pages(struct plan *plan);

/* Has its key a plan of this name? Then that is the plan's. */
bool plan_parse_name(struct plan *plan, const char *name);

/* The value of `name` in the key's lines, in memory that the caller frees; NULL if it is not set.
 */
char *plan_key_value(const struct plan *plan, const char *name);

/* Of a closure: what its key says but for the loader's build and the kind of CPU: the program, and
 * the environment that bears on linking. */
const char *plan_key_wish(const struct plan *plan, size_t *size);

/* Of a closure: an absolute path for one of its own, and its program's; the caller frees. */
char *plan_absolute(const struct plan *plan, const char *path);
char *plan_program(const struct plan *plan);

/* Of a closure: where its region begins; else 0. */
uint64_t plan_base(const struct plan *plan);

/*
 * Of a dlopen plan: the slots of the objects that it adds, which its key names. Returns how many;
 * fills the first `capacity` of slots.
 */
size_t plan_fresh_slots(const struct plan *plan, uint64_t *slots, size_t capacity);

/* Does this path name relocated pages of a store? *id is where the file's name begins. */
bool is_relocated_path(const char *path, const char **id);

enum page_class { CLASS_TEXT, CLASS_RELOCATED, CLASS_PROGRAM, CLASS_ANON, CLASS_COUNT };
const char *class_name(enum page_class class);
enum page_class plan_map_class(const struct plan *plan, const struct plan_map *map);

/* Does this mapping belong to the loader (its stubs), not to an object? */
bool plan_map_is_loader(const struct plan *plan, const struct plan_map *map);

/* Pages of a plan by class, the loader's own left out. */
struct page_counts {
	uint64_t of[CLASS_COUNT];
};

struct page_counts plan_counts(const struct plan *plan);

/* An object of a plan. */
struct plan_object {
	const char *path; /* of the file it is mapped from; the plan's string */
	uint64_t low; /* its first mapped address: its slot (ET_EXEC: where its headers say) */
	uint64_t high; /* behind its last one */
	struct page_counts pages;
};

/*
 * The objects of a plan by address. The caller frees. An address belongs to the last object that
 * begins at or below it: slots do not overlap, and every object begins with pages of its file. An
 * dlopen plan names its objects by their slots: the index (NULL: none) knows their paths, which are
 * then its strings.
 */
struct plan_object *plan_objects(const struct plan *plan, const struct index *index, size_t *count);
const struct plan_object *plan_object_at(const struct plan_object *list, size_t count,
					 uint64_t address);

const char *reason_code(enum plan_reason reason);
const char *reason_words(enum plan_reason reason);

#endif
