/* shmstat advise for people. */
#include "shmstat/advise/text.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "shmstat/advise/advice.h"
#include "shmstat/advise/order.h"
#include "shmstat/advise/remedies.h"
#include "shmstat/out/printable.h"
#include "shmstat/sym/relockinds.h"
#include "shmstat/sym/symbols.h"

static unsigned long long
kb(const struct advice *a, size_t pages)
{
	return (unsigned long long)(pages * a->page / 1024);
}

static void
put_heading(const struct advice *a)
{
	bool first = true;

	printable_put(stdout, elffile_path(a->file));
	printf(": %zu of %zu pages are relocated at load, %llu kB in each process\n",
	       a->relocated_pages, a->mapped_pages, kb(a, a->relocated_pages));
	printf("  %zu relocations", a->relocs);
	for (int class = 0; class < RELOC_CLASSES; class ++) {
		if (!a->by_class[class])
			continue;
		printf("%s%zu %s", first ? ": " : ", ", a->by_class[class],
		       reloc_class_name((enum reloc_class) class));
		first = false;
	}
	printf("; %zu symbol look-ups\n", a->lookups);
	if (a->written_pages > a->relocated_pages)
		printf("  %zu more written at load: the dynamic section, or the end of .data "
		       "before "
		       ".bss\n",
		       a->written_pages - a->relocated_pages);
	printf("  symbols: %s; lines: %s\n", symbols_source(a->file),
	       lines_available(a->file) ? "DWARF" : "none");
	if (a->outside)
		printf("  %zu relocations lie outside the segments\n", a->outside);
	if (elffile_complaint(a->file)) {
		printf("  damaged: ");
		printable_put(stdout, elffile_complaint(a->file));
		putchar('\n');
	}
}

static void
put_sections(const struct advice *a)
{
	if (!a->section_count)
		return;
	printf("\n%8s %8s  %s\n", "pages", "relocs", "section");
	for (size_t i = 0; i < a->section_count; i++) {
		printf("%8zu %8zu  ", a->sections[i].pages, a->sections[i].relocs);
		printable_put(stdout, a->sections[i].name);
		putchar('\n');
	}
}

static void
put_place(const struct declaration *d)
{
	const char *base;

	if (!d || !d->file)
		return;
	base = strrchr(d->file, '/');
	printf("  ");
	printable_put(stdout, base ? base + 1 : d->file);
	if (d->line)
		printf(":%u", d->line);
}

/* RELR would go for nearly every line: it says nothing about this one. */
static void
put_remedy_names(unsigned remedies)
{
	const char *before = "  [";

	for (int c = 0; c < REMEDIES; c++) {
		if (!(remedies >> c & 1) || c == REMEDY_RELR)
			continue;
		printf("%s%s", before, advice_remedy_name((enum remedy)c));
		before = ", ";
	}
	if (before[0] == ',')
		putchar(']');
}

static void
put_item(const struct advice *a, const struct advice_item *it, const struct advise_options *options)
{
	const char *name = options->demangle ? it->shown : it->symbol;

	printf("%7zu %8llu %6zu  %-13s  ", it->relocs, (unsigned long long)it->size, it->own_pages,
	       advice_kind_name(it->kind));
	if (name)
		printable_put(stdout, name);
	else
		printf("%#llx", (unsigned long long)it->address);
	if (it->section) {
		printf(" in ");
		printable_put(stdout, it->section->name);
	}
	put_place(it->declared);
	if (it->kind != ITEM_WRITABLE)
		printf("  %s%s", reloc_type_name(elffile_machine(a->file), it->type),
		       it->mixed_types ? ", ..." : "");
	if (it->mixed)
		printf("  beside relocated ones");
	put_remedy_names(it->remedies);
	putchar('\n');
}

/* Items of one sort, the weightiest first. */
static void
put_items(const struct advice *a, const struct advise_options *options, bool writable)
{
	size_t count;
	const struct advice_item **order = advise_order(a, writable, &count);
	size_t shown = options->top && options->top < count ? options->top : count;

	if (order && count) {
		if (writable)
			printf("\nWritable variables in the file's pages: each page is private "
			       "once one "
			       "of them is written\n");
		else
			printf("\nRelocated, by symbol (own: pages that nothing else makes "
			       "private)\n");
		printf("%7s %8s %6s  %-13s  %s\n", "relocs", "bytes", "own", "what",
		       "symbol, section, declaration, relocation [remedy]");
		for (size_t i = 0; i < shown; i++)
			put_item(a, order[i], options);
		if (shown < count)
			printf("%40s ... and %zu more (-n 0 shows all)\n", "", count - shown);
	}
	free(order);
}

static void
put_lines(const struct advice *a, const struct advise_options *options)
{
	size_t count;
	struct advise_line *lines = advise_lines(a, &count);
	size_t shown = options->top && options->top < count ? options->top : count;

	if (lines && count) {
		printf("\nRelocated, by source line\n%7s %8s %6s  %s\n", "relocs", "bytes", "items",
		       "line");
		for (size_t i = 0; i < shown; i++) {
			printf("%7zu %8llu %6zu  ", lines[i].relocs,
			       (unsigned long long)lines[i].bytes, lines[i].items);
			printable_put(stdout, lines[i].file ? lines[i].file : "(no line known)");
			if (lines[i].line)
				printf(":%u", lines[i].line);
			putchar('\n');
		}
		if (shown < count)
			printf("%23s ... and %zu more (-n 0 shows all)\n", "", count - shown);
	}
	free(lines);
}

static void
put_pages(const struct advice *a)
{
	printf("\n%18s %7s  %s\n", "page", "relocs", "why private");
	for (size_t i = 0; i < a->page_count; i++) {
		const struct advice_page *page = &a->pages[i];

		printf("%#18llx %7zu  %s%s%s%s\n", (unsigned long long)page->address, page->relocs,
		       page->relocs ? "relocated" : "", page->dynamic ? " dynamic section" : "",
		       page->bss ? " zeroed before .bss" : "", page->relro ? " (relro)" : "");
	}
}

static void
put_remedies(const struct advice *a)
{
	bool heading = false;

	for (int c = 0; c < REMEDIES; c++) {
		const struct advice_remedy *remedy = &a->remedies[c];

		if (!remedy->items)
			continue;
		if (!heading)
			printf("\nWhat would help (concerned; gone; pages: certain, and when the "
			       "linker closes the gaps)\n%7s %7s %8s %6s %6s %6s  %s\n",
			       "relocs", "gone", "look-ups", "pages", "closed", "kB", "remedy");
		heading = true;
		printf("%7zu %7zu %8zu %6zu %6zu %6llu  %s: %s", remedy->relocs, remedy->gone,
		       remedy->lookups, remedy->pages, remedy->repacked, kb(a, remedy->repacked),
		       advice_remedy_name((enum remedy)c), advice_remedy_text((enum remedy)c));
		if (remedy->file_bytes)
			printf("; %llu bytes of the file", (unsigned long long)remedy->file_bytes);
		putchar('\n');
	}
}

void
advise_text(const struct advice *a, const struct advise_options *options)
{
	put_heading(a);
	put_sections(a);
	if (options->pages)
		put_pages(a);
	put_items(a, options, false);
	if (options->by_line)
		put_lines(a, options);
	put_items(a, options, true);
	put_remedies(a);
}
