/* shmstat advise for scripts: JSON and CSV. Field names are documented in shmstat-advise(1). */
#include "shmstat/advise/data.h"

#include <stdlib.h>
#include <string.h>

#include "shmstat/advise/advice.h"
#include "shmstat/advise/order.h"
#include "shmstat/advise/remedies.h"
#include "shmstat/out/printable.h"
#include "shmstat/sym/debugfile.h"
#include "shmstat/sym/elffile_impl.h"
#include "shmstat/sym/relockinds.h"
#include "shmstat/sym/symbols.h"

static json_t *
number(uint64_t n)
{
	return json_integer((json_int_t)n);
}

static void
set(json_t *object, const char *key, uint64_t n)
{
	json_object_set_new(object, key, number(n));
}

static const char *
machine_name(unsigned machine)
{
	switch (machine) {
	case EM_X86_64:
		return "x86_64";
	case EM_386:
		return "i386";
	case EM_AARCH64:
		return "aarch64";
	case EM_RISCV:
		return "riscv";
	case EM_ARM:
		return "arm";
	default:
		return "other";
	}
}

static json_t *
remedy_names(unsigned remedies)
{
	json_t *names = json_array();

	for (int c = 0; c < REMEDIES; c++)
		if (remedies >> c & 1)
			json_array_append_new(names,
					      json_string(advice_remedy_name((enum remedy)c)));
	return names;
}

static json_t *
item_json(const struct advice *a, const struct advice_item *it,
	  const struct advise_options *options)
{
	json_t *json = json_object();
	const struct declaration *d = it->declared;

	json_object_set_new(json, "kind", json_string(advice_kind_name(it->kind)));
	json_object_set_new(json, "symbol", printable_json(it->symbol));
	if (options->demangle)
		json_object_set_new(json, "name", printable_json(it->shown));
	json_object_set_new(json, "section",
			    printable_json(it->section ? it->section->name : NULL));
	set(json, "address", it->address);
	set(json, "size", it->size);
	set(json, "relocations", it->relocs);
	set(json, "lookups", it->lookups);
	set(json, "pages", it->pages);
	set(json, "own_pages", it->own_pages);
	if (it->kind != ITEM_WRITABLE)
		json_object_set_new(
			json, "type",
			json_string(reloc_type_name(elffile_machine(a->file), it->type)));
	json_object_set_new(json, "relro", json_boolean(it->relro));
	json_object_set_new(json, "mixed", json_boolean(it->mixed));
	json_object_set_new(json, "file", printable_json(d ? d->file : NULL));
	set(json, "line", d ? d->line : 0);
	json_object_set_new(json, "c_type", printable_json(d ? d->type : NULL));
	json_object_set_new(json, "remedies", remedy_names(it->remedies));
	return json;
}

static json_t *
items_json(const struct advice *a, const struct advise_options *options, bool writable)
{
	size_t count;
	const struct advice_item **order = advise_order(a, writable, &count);
	json_t *json = json_array();

	if (options->top && count > options->top)
		count = options->top;
	for (size_t i = 0; order && i < count; i++)
		json_array_append_new(json, item_json(a, order[i], options));
	free(order);
	return json;
}

static json_t *
sections_json(const struct advice *a)
{
	json_t *json = json_array();

	for (size_t i = 0; i < a->section_count; i++) {
		json_t *s = json_object();

		json_object_set_new(s, "name", printable_json(a->sections[i].name));
		set(s, "address", a->sections[i].address);
		set(s, "size", a->sections[i].size);
		set(s, "relocations", a->sections[i].relocs);
		set(s, "pages", a->sections[i].pages);
		json_array_append_new(json, s);
	}
	return json;
}

static json_t *
pages_json(const struct advice *a)
{
	json_t *json = json_array();

	for (size_t i = 0; i < a->page_count; i++) {
		json_t *page = json_object();

		set(page, "address", a->pages[i].address);
		set(page, "relocations", a->pages[i].relocs);
		json_object_set_new(page, "dynamic", json_boolean(a->pages[i].dynamic));
		json_object_set_new(page, "bss", json_boolean(a->pages[i].bss));
		json_object_set_new(page, "relro", json_boolean(a->pages[i].relro));
		json_array_append_new(json, page);
	}
	return json;
}

static json_t *
remedies_json(const struct advice *a)
{
	json_t *json = json_array();

	for (int c = 0; c < REMEDIES; c++) {
		const struct advice_remedy *remedy = &a->remedies[c];
		json_t *one;

		if (!remedy->items)
			continue;
		one = json_object();
		json_object_set_new(one, "name", json_string(advice_remedy_name((enum remedy)c)));
		json_object_set_new(one, "text", json_string(advice_remedy_text((enum remedy)c)));
		set(one, "items", remedy->items);
		set(one, "bytes", remedy->bytes);
		set(one, "relocations", remedy->relocs);
		set(one, "relocations_gone", remedy->gone);
		set(one, "lookups_gone", remedy->lookups);
		set(one, "pages", remedy->pages);
		set(one, "pages_closed", remedy->repacked);
		set(one, "kb", remedy->repacked * a->page / 1024);
		set(one, "file_bytes", remedy->file_bytes);
		json_array_append_new(json, one);
	}
	return json;
}

static json_t *
lines_json(const struct advice *a)
{
	size_t count;
	struct advise_line *lines = advise_lines(a, &count);
	json_t *json = json_array();

	for (size_t i = 0; lines && i < count; i++) {
		json_t *line = json_object();

		json_object_set_new(line, "file", printable_json(lines[i].file));
		set(line, "line", lines[i].line);
		set(line, "items", lines[i].items);
		set(line, "bytes", lines[i].bytes);
		set(line, "relocations", lines[i].relocs);
		json_array_append_new(json, line);
	}
	free(lines);
	return json;
}

json_t *
advise_json(const struct advice *a, const struct advise_options *options)
{
	json_t *json = json_object(), *kinds = json_object();

	for (int class = 0; class < RELOC_CLASSES; class ++)
		if (a->by_class[class])
			set(kinds, reloc_class_name((enum reloc_class) class), a->by_class[class]);
	json_object_set_new(json, "path", printable_json(elffile_path(a->file)));
	json_object_set_new(json, "machine", json_string(machine_name(elffile_machine(a->file))));
	json_object_set_new(json, "build_id", json_string(elffile_build_id(a->file)));
	json_object_set_new(json, "symbols", json_string(symbols_source(a->file)));
	json_object_set_new(json, "lines", json_boolean(lines_available(a->file)));
	json_object_set_new(json, "damage", printable_json(elffile_complaint(a->file)));
	set(json, "page_size", a->page);
	set(json, "mapped_pages", a->mapped_pages);
	set(json, "writable_pages", a->writable_pages);
	set(json, "relocated_pages", a->relocated_pages);
	set(json, "written_pages", a->written_pages);
	set(json, "relocations", a->relocs);
	set(json, "relr", a->relr);
	set(json, "lookups", a->lookups);
	json_object_set_new(json, "by_class", kinds);
	json_object_set_new(json, "sections", sections_json(a));
	json_object_set_new(json, "pages", pages_json(a));
	json_object_set_new(json, "items", items_json(a, options, false));
	json_object_set_new(json, "writable", items_json(a, options, true));
	if (options->by_line)
		json_object_set_new(json, "by_line", lines_json(a));
	json_object_set_new(json, "remedies", remedies_json(a));
	return json;
}

void
advise_csv_heading(void)
{
	puts("path,kind,symbol,section,address,size,relocations,lookups,pages,own_pages,type,relro,"
	     "mixed,file,line,c_type,remedies");
}

static void
put_field(const char *s)
{
	putchar(',');
	printable_csv(stdout, s);
}

static void
put_row(const struct advice *a, const struct advice_item *it, const struct advise_options *options)
{
	const struct declaration *d = it->declared;
	const char *sep = "";

	printable_csv(stdout, elffile_path(a->file));
	put_field(advice_kind_name(it->kind));
	put_field(options->demangle ? it->shown : it->symbol);
	put_field(it->section ? it->section->name : NULL);
	printf(",%#llx,%llu,%zu,%zu,%zu,%zu", (unsigned long long)it->address,
	       (unsigned long long)it->size, it->relocs, it->lookups, it->pages, it->own_pages);
	put_field(it->kind == ITEM_WRITABLE ? NULL
					    : reloc_type_name(elffile_machine(a->file), it->type));
	printf(",%d,%d", it->relro, it->mixed);
	put_field(d ? d->file : NULL);
	printf(",%u", d ? d->line : 0);
	put_field(d ? d->type : NULL);
	putchar(',');
	for (int c = 0; c < REMEDIES; c++) {
		if (!(it->remedies >> c & 1))
			continue;
		printf("%s%s", sep, advice_remedy_name((enum remedy)c));
		sep = " ";
	}
	putchar('\n');
}

void
advise_csv(const struct advice *a, const struct advise_options *options)
{
	for (int writable = 0; writable < 2; writable++) {
		size_t count;
		const struct advice_item **order = advise_order(a, writable, &count);

		if (options->top && count > options->top)
			count = options->top;
		for (size_t i = 0; order && i < count; i++)
			put_row(a, order[i], options);
		free(order);
	}
}
