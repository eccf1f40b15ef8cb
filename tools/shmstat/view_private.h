/* Gathering of explanations to what is shown once: a section, a symbol (gather.c). */
#ifndef SHMSTAT_VIEW_PRIVATE_H
#define SHMSTAT_VIEW_PRIVATE_H

#include "reasons.h"
#include "view.h"

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

struct private_view {
	const struct view_options *o;
	struct table *t;
	struct item *items;
	size_t count, room;
	size_t changed;
	bool with_lines, no_memory;
};

/* For explain_process; `arg` is the view. */
bool gather_sections(const struct explanation *e, void *arg);
bool gather_symbols(const struct explanation *e, void *arg);
/* What is the same becomes one item; in the order of objects and addresses. */
void items_merge(struct private_view *v);
void items_clear(struct private_view *v);

#endif
