/* Pictures as the page (page.html) reads them, and the page around them. */
#include "shmstat/view/picture_json.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "shmstat/out/printable.h"
#include "shmstat/view/picture.h"

/* page.html, made a string by module.mk; DATA_MARK in it is where the data go. */
extern const char page_html[];
#define DATA_MARK "@DATA@"

json_t *
process_json(const struct process *p)
{
	json_t *classes = json_object(), *exclusive = json_object();

	for (unsigned k = 0; k < CLASS_COUNT; k++) {
		const char *name = page_class_name((enum page_class)k);

		json_object_set_new(classes, name,
				    json_integer((json_int_t)pages_kb(p->sum.class[k])));
		json_object_set_new(exclusive, name,
				    json_integer((json_int_t)pages_kb(p->sum.exclusive[k])));
	}
	return json_pack("{si so sb sb ss sI sI sI sI so so}", "pid", (int)p->pid, "name",
			 printable_json(p->name), "xipld", p->from_xipld, "changed", p->changed,
			 "source", source_name(p->source), "rss_kb",
			 (json_int_t)pages_kb(p->sum.resident), "pss_kb",
			 (json_int_t)pss_kb(&p->sum), "uss_kb",
			 (json_int_t)pages_kb(counts_private(&p->sum)), "tables_kb",
			 (json_int_t)p->table_kb, "classes", classes, "exclusive", exclusive);
}

/* Runs of cells that are alike: [how many, kind, exclusive, note, pages a cell]. */
static json_t *
map_json(const struct page_map *map)
{
	json_t *runs = json_array();
	size_t next;
	char address[32];

	for (size_t i = 0; i < map->count; i = next) {
		const struct picture_cell *c = &map->cells[i];

		for (next = i + 1; next < map->count; next++) {
			const struct picture_cell *d = &map->cells[next];

			if (d->kind != c->kind || d->exclusive != c->exclusive ||
			    d->note != c->note || d->pages != 1 || c->pages != 1 ||
			    d->address != c->address + (next - i) * system_page_size())
				break;
		}
		snprintf(address, sizeof(address), "%" PRIx64, c->address);
		json_array_append_new(runs, json_pack("[sIiiII]", address, (json_int_t)(next - i),
						      (int)c->kind, (int)c->exclusive,
						      (json_int_t)c->note, (json_int_t)c->pages));
	}
	return json_pack("{so sI so}", "object", printable_json(map->object->path), "rss_kb",
			 (json_int_t)pages_kb(map->object->counts.resident), "runs", runs);
}

json_t *
picture_json(const struct picture *pic)
{
	json_t *process = process_json(pic->process), *maps = json_array(), *notes = json_array();

	for (size_t i = 0; i < pic->process->object_count; i++)
		if (pic->maps[i].count)
			json_array_append_new(maps, map_json(&pic->maps[i]));
	for (size_t i = 0; i < pic->note_count; i++)
		json_array_append_new(notes,
				      json_pack("[oos]", printable_json(pic->notes[i].section),
						printable_json(pic->notes[i].symbols),
						pic->notes[i].reason));
	json_object_set_new(process, "maps", maps);
	json_object_set_new(process, "notes", notes);
	return process;
}

static json_t *
kinds_json(void)
{
	json_t *kinds = json_array();

	for (unsigned k = 0; k < CELL_KINDS; k++)
		json_array_append_new(kinds,
				      json_pack("[sss]", cell_kind_name(k), cell_colour(k, false),
						cell_colour(k, true)));
	return kinds;
}

/* Inside <script> nothing may look like a tag: < is written as JSON's escape for it. */
static int
put_json(const char *text, size_t len, void *to)
{
	for (size_t i = 0; i < len; i++)
		if (text[i] == '<')
			fputs("\\u003c", to);
		else
			fputc(text[i], to);
	return ferror((FILE *)to) ? -1 : 0;
}

bool
page_write(json_t *data, FILE *to)
{
	const char *mark = strstr(page_html, DATA_MARK);
	bool ok;

	if (!data || !mark || json_object_set_new(data, "kinds", kinds_json()) != 0 ||
	    json_object_set_new(data, "page_kb", json_integer((json_int_t)pages_kb(1))) != 0)
		return false;
	fwrite(page_html, 1, (size_t)(mark - page_html), to);
	ok = json_dump_callback(data, put_json, to, JSON_COMPACT | JSON_ENSURE_ASCII) == 0;
	fputs(mark + strlen(DATA_MARK), to);
	return ok;
}
