#include "shmstat/cmd/snapshot_write.h"

#include <errno.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "shmstat/cmd/snapshot.h"
#include "shmstat/out/outfile.h"
#include "shmstat/out/text.h"
#include "shmstat/why/explain.h"
#include "shmstat/why/gather.h"

struct snapshot_writer {
	struct outfile out;
	size_t written;
	int err; /* errno of the first failure */
};

void
snapshot_abandon(struct snapshot_writer *w)
{
	outfile_abandon(&w->out);
	free(w);
}

struct snapshot_writer *
snapshot_begin(const char *path, struct error *error)
{
	struct snapshot_writer *w = calloc(1, sizeof(*w));

	if (!w) {
		error_format(error, path, ENOMEM, "%s", "");
		return NULL;
	}
	if (!outfile_open(&w->out, path, error)) {
		free(w);
		return NULL;
	}
	fprintf(w->out.file, "{\"shmstat_snapshot\": %d, \"time\": %lld, \"processes\": [\n",
		SNAPSHOT_FORMAT, (long long)time(NULL));
	return w;
}

static json_t *
text_json(const char *s)
{
	char *escaped = text_escape(s);
	json_t *j = escaped ? json_string(escaped) : NULL;

	free(escaped);
	return j;
}

static void
put_counts(json_t *to, const struct counts *c)
{
	const uint64_t kb[SAVED_COUNT] = {
		[SAVED_RSS] = pages_kb(c->resident),
		[SAVED_PSS] = pss_kb(c),
		[SAVED_USS] = pages_kb(counts_private(c)),
		[SAVED_PRIVATE] = pages_kb(counts_own(c)),
		[SAVED_COW] = pages_kb(c->class[CLASS_COW]),
		[SAVED_SWAP] = pages_kb(c->swap),
	};

	for (int i = 0; i < SAVED_COUNT; i++)
		json_object_set_new(to, saved_keys[i], json_integer((json_int_t)kb[i]));
}

static json_t *
symbol_json(const struct item *it)
{
	json_t *symbol = json_object();

	json_object_set_new(symbol, "symbol", text_json(it->name));
	json_object_set_new(symbol, "section", text_json(it->section));
	json_object_set_new(symbol, "reason", json_string(reason_name(it->reason)));
	json_object_set_new(symbol, "kind", json_string(it->kind));
	json_object_set_new(symbol, "pages", json_integer((json_int_t)it->pages));
	json_object_set_new(symbol, "words", json_integer((json_int_t)it->words));
	return symbol;
}

/* Items are in the order of their objects' names; objects in that of their addresses. */
static json_t *
object_json(const struct object *o, const struct gathered *g)
{
	json_t *object = json_object(), *symbols = json_array();

	json_object_set_new(object, "path", text_json(o->path));
	put_counts(object, &o->counts);
	for (size_t i = 0; i < g->count; i++)
		if (g->items[i].object == o->path)
			json_array_append_new(symbols, symbol_json(&g->items[i]));
	json_object_set_new(object, "symbols", symbols);
	return object;
}

void
snapshot_add(struct snapshot_writer *w, const struct process *p)
{
	struct gathered g = {0};
	json_t *process = json_object(), *objects = json_array();

	if (explain_process(p, NULL, gather_symbols, &g) != 0)
		g.no_memory = true;
	items_merge(&g);
	json_object_set_new(process, "pid", json_integer(p->pid));
	json_object_set_new(process, "start_time", json_integer((json_int_t)p->start_time));
	json_object_set_new(process, "uid", json_integer(p->uid));
	json_object_set_new(process, "name", text_json(p->name));
	json_object_set_new(process, "xipld", json_boolean(p->from_xipld));
	json_object_set_new(process, "changed", json_boolean(p->changed));
	json_object_set_new(process, "tables_kb", json_integer((json_int_t)p->table_kb));
	put_counts(process, &p->sum);
	for (size_t i = 0; i < p->object_count; i++)
		json_array_append_new(objects, object_json(&p->objects[i], &g));
	json_object_set_new(process, "objects", objects);
	if (w->written++)
		fputs(",\n", w->out.file);
	if (g.no_memory)
		w->err = w->err ? w->err : ENOMEM;
	else if (json_dumpf(process, w->out.file, JSON_COMPACT) != 0)
		w->err = w->err ? w->err : errno ? errno : EIO;
	json_decref(process);
	items_clear(&g);
}

size_t
snapshot_count(const struct snapshot_writer *w)
{
	return w->written;
}

bool
snapshot_end(struct snapshot_writer *w, struct error *error)
{
	bool ok;

	fputs("\n]}\n", w->out.file);
	ok = outfile_close(&w->out, w->err, error);
	free(w);
	return ok;
}
