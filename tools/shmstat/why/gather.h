/* Gathering of explanations to what is shown once: a section, a symbol. */
#ifndef SHMSTAT_WHY_GATHER_H
#define SHMSTAT_WHY_GATHER_H

#include "shmstat/why/reasons.h"

/* A section, or a symbol for one reason. The strings but `object` and `kind` are owned. */
struct item {
	const char *object, *kind;
	char *name, *section, *type, *source;
	uint64_t address, size; /* of the symbol or section, in bytes */
	enum reason reason;
	uint64_t page; /* address of the last page counted */
	uint64_t pages, words, by_reason[REASON_COUNT];
	size_t serial;
};

/* What was gathered. Zeroed at first, but for with_lines. */
struct gathered {
	struct item *items;
	size_t count, capacity;
	bool with_lines; /* the caller's: types and places of declarations are wanted */
	bool no_memory;
};

/* For explain_process; `arg` is a struct gathered. */
bool gather_sections(const struct explanation *e, void *arg);
bool gather_symbols(const struct explanation *e, void *arg);
/* What is the same becomes one item; in the order of objects and addresses. */
void items_merge(struct gathered *g);
void items_clear(struct gathered *g);

#endif
