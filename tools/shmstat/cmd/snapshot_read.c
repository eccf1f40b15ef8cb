#include "shmstat/cmd/snapshot_read.h"

#include <errno.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "shmstat/cmd/snapshot.h"

const char *const saved_keys[SAVED_COUNT] = {"rss_kb",	   "pss_kb", "uss_kb",
					     "private_kb", "cow_kb", "swap_kb"};

/* Where in the file one is, for messages. */
struct place {
	const char *path;
	size_t process, object, symbol; /* numbered from 1; 0: not in one */
	struct error *error;
};

static bool
wrong(const struct place *at, const char *field, const char *what)
{
	char where[160] = "";
	size_t n = 0;

	if (at->process)
		n += (size_t)snprintf(where + n, sizeof(where) - n, "process %zu, ", at->process);
	if (at->object)
		n += (size_t)snprintf(where + n, sizeof(where) - n, "object %zu, ", at->object);
	if (at->symbol)
		snprintf(where + n, sizeof(where) - n, "symbol %zu, ", at->symbol);
	return error_format(at->error, at->path, 0, "%s (%s%s)", what, where, field);
}

static bool
get_number(const struct place *at, json_t *from, const char *field, int64_t *to)
{
	json_t *value = json_object_get(from, field);

	if (!json_is_integer(value))
		return wrong(at, field, "no number");
	*to = json_integer_value(value);
	/* 2^52: more kB, pages or ticks than there are, and differences still fit */
	if (*to < 0 || *to >> 52)
		return wrong(at, field, "number out of range");
	return true;
}

static bool
get_text(const struct place *at, json_t *from, const char *field, const char **to)
{
	*to = json_string_value(json_object_get(from, field));
	return *to || wrong(at, field, "no string");
}

static bool
get_counts(const struct place *at, json_t *from, int64_t *counts)
{
	for (int i = 0; i < SAVED_COUNT; i++)
		if (!get_number(at, from, saved_keys[i], &counts[i]))
			return false;
	return true;
}

/* An array of objects, and zeroed room for what becomes of it (owned by the caller). NULL: none. */
static void *
get_array(const struct place *at, json_t *from, const char *field, size_t element, json_t **array)
{
	void *items;

	*array = json_object_get(from, field);
	if (!json_is_array(*array)) {
		wrong(at, field, "no array");
		return NULL;
	}
	items = calloc(json_array_size(*array) + 1, element);
	if (!items)
		error_format(at->error, at->path, ENOMEM, "%s", "");
	return items;
}

static bool
get_symbol(const struct place *at, json_t *from, struct saved_symbol *to)
{
	return get_text(at, from, "symbol", &to->symbol) &&
	       get_text(at, from, "section", &to->section) &&
	       get_text(at, from, "reason", &to->reason) && get_text(at, from, "kind", &to->kind) &&
	       get_number(at, from, "pages", &to->pages) &&
	       get_number(at, from, "words", &to->words);
}

static bool
get_object(struct place *at, json_t *from, struct saved_object *to)
{
	json_t *symbols;

	if (!get_text(at, from, "path", &to->path) || !get_counts(at, from, to->counts))
		return false;
	to->symbols = get_array(at, from, "symbols", sizeof(*to->symbols), &symbols);
	if (!to->symbols)
		return false;
	for (size_t i = 0; i < json_array_size(symbols); i++) {
		at->symbol = i + 1;
		if (!get_symbol(at, json_array_get(symbols, i), &to->symbols[i]))
			return false;
		to->symbol_count++;
	}
	at->symbol = 0;
	return true;
}

static bool
get_process(struct place *at, json_t *from, struct saved_process *to)
{
	json_t *objects;

	if (!get_number(at, from, "pid", &to->pid) ||
	    !get_number(at, from, "start_time", &to->start_time) ||
	    !get_text(at, from, "name", &to->name) || !get_counts(at, from, to->counts))
		return false;
	to->objects = get_array(at, from, "objects", sizeof(*to->objects), &objects);
	if (!to->objects)
		return false;
	for (size_t i = 0; i < json_array_size(objects); i++) {
		at->object = i + 1;
		/* counted before it is complete: snapshot_free frees what it has by then */
		to->object_count++;
		if (!get_object(at, json_array_get(objects, i), &to->objects[i]))
			return false;
	}
	at->object = 0;
	return true;
}

static bool
get_snapshot(struct snapshot *s, struct place *at)
{
	json_t *processes, *root = s->json;
	int64_t format;

	if (!json_object_get(root, "shmstat_snapshot"))
		return error_format(at->error, at->path, 0, "not a file of shmstat save");
	if (!get_number(at, root, "shmstat_snapshot", &format))
		return false;
	if (format != SNAPSHOT_FORMAT)
		return error_format(at->error, at->path, 0,
				    "unknown format %lld (shmstat_snapshot)", (long long)format);
	s->processes = get_array(at, root, "processes", sizeof(*s->processes), &processes);
	if (!s->processes)
		return false;
	for (size_t i = 0; i < json_array_size(processes); i++) {
		at->process = i + 1;
		s->count++;
		if (!get_process(at, json_array_get(processes, i), &s->processes[i]))
			return false;
	}
	return true;
}

bool
snapshot_read(struct snapshot *s, const char *path, struct error *error)
{
	struct place at = {.path = path, .error = error};
	json_error_t err;
	FILE *f = fopen(path, "re");

	memset(s, 0, sizeof(*s));
	if (!f)
		return error_format(error, path, errno, "%s", "");
	s->json = json_loadf(f, 0, &err);
	fclose(f);
	if (!s->json)
		return error_format(error, path, 0, "not JSON: %s (line %d)", err.text, err.line);
	if (get_snapshot(s, &at))
		return true;
	snapshot_free(s);
	return false;
}

void
snapshot_free(struct snapshot *s)
{
	for (size_t i = 0; i < s->count; i++) {
		for (size_t k = 0; k < s->processes[i].object_count; k++)
			free(s->processes[i].objects[k].symbols);
		free(s->processes[i].objects);
	}
	free(s->processes);
	json_decref(s->json);
	memset(s, 0, sizeof(*s));
}
