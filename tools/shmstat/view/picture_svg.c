/* Page maps as SVG: rows of cells, one for each page; equal ones next to each other are one shape.
 */
#include "shmstat/view/picture_svg.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "shmstat/out/text.h"
#include "shmstat/view/picture.h"

#define ACROSS 128 /* cells in a row */
#define SIDE 8 /* of a cell, in pixels */
#define LINE 18
#define MARGIN 10
#define WIDTH (2 * MARGIN + ACROSS * SIDE)

/* Text of others between tags or in an attribute. */
static void
put_text(FILE *to, const char *s)
{
	char *escaped = text_escape(s);

	for (const char *c = escaped ? escaped : ""; *c; c++) {
		switch (*c) {
		case '<':
			fputs("&lt;", to);
			break;
		case '>':
			fputs("&gt;", to);
			break;
		case '&':
			fputs("&amp;", to);
			break;
		case '"':
			fputs("&quot;", to);
			break;
		default:
			fputc(*c, to);
		}
	}
	free(escaped);
}

static size_t
rows_of(const struct page_map *map)
{
	return (map->count + ACROSS - 1) / ACROSS;
}

static size_t
height_of(const struct picture *pic)
{
	size_t height = 2 * MARGIN + 3 * LINE;

	for (size_t i = 0; i < pic->process->object_count; i++)
		if (pic->maps[i].count)
			height += LINE + rows_of(&pic->maps[i]) * SIDE + SIDE;
	return height;
}

static bool
is_alike(const struct picture_cell *a, const struct picture_cell *b)
{
	return a->kind == b->kind && a->exclusive == b->exclusive && a->note == b->note;
}

static void
put_title(const struct picture *pic, const struct picture_cell *c, size_t count, FILE *to)
{
	const struct note *note = &pic->notes[c->note];
	uint64_t pages = count > 1 ? count : c->pages;

	fprintf(to, "<title>%#" PRIx64 " %s%s, %" PRIu64 " page%s", c->address,
		cell_kind_name(c->kind), c->exclusive ? ", only here" : "", pages,
		pages == 1 ? "" : "s");
	if (note->section[0]) {
		fputs(", ", to);
		put_text(to, note->section);
	}
	if (note->reason[0])
		fprintf(to, "\n%s", note->reason);
	if (note->symbols[0]) {
		fputs(": ", to);
		put_text(to, note->symbols);
	}
	fputs("</title>", to);
}

static void
put_map(const struct picture *pic, const struct page_map *map, size_t top, FILE *to)
{
	size_t next;

	fprintf(to, "<g><text x=\"%d\" y=\"%zu\">", MARGIN, top + LINE - 5);
	put_text(to, map->object->path);
	fprintf(to, " · %" PRIu64 " kB</text>\n", pages_kb(map->object->counts.resident));
	for (size_t i = 0; i < map->count; i = next) {
		const struct picture_cell *c = &map->cells[i];

		for (next = i + 1; next < map->count && next % ACROSS && c->pages == 1 &&
				   map->cells[next].pages == 1 && is_alike(c, &map->cells[next]);)
			next++;
		fprintf(to, "<rect x=\"%zu\" y=\"%zu\" width=\"%zu\" height=\"%d\" fill=\"%s\"%s>",
			MARGIN + i % ACROSS * SIDE, top + LINE + i / ACROSS * SIDE,
			(next - i) * SIDE - 1, SIDE - 1, cell_colour(c->kind, c->exclusive),
			c->pages > 1 ? " stroke=\"#999\"" : "");
		put_title(pic, c, next - i, to);
		fputs("</rect>\n", to);
	}
	fputs("</g>\n", to);
}

static void
put_legend(size_t top, FILE *to)
{
	size_t x = MARGIN;

	for (unsigned k = 0; k < CELL_KINDS; k++, x += 100) {
		fprintf(to,
			"<rect x=\"%zu\" y=\"%zu\" width=\"8\" height=\"8\" fill=\"%s\"/>"
			"<rect x=\"%zu\" y=\"%zu\" width=\"8\" height=\"8\" fill=\"%s\"/>"
			"<text x=\"%zu\" y=\"%zu\">%s</text>\n",
			x, top, cell_colour(k, false), x + 9, top, cell_colour(k, true), x + 22,
			top + 8, cell_kind_name(k));
	}
}

void
picture_svg(const struct picture *pic, FILE *to)
{
	const struct process *p = pic->process;
	size_t height = height_of(pic), top = MARGIN + 3 * LINE;

	fprintf(to,
		"<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"%d\" height=\"%zu\" "
		"font-family=\"sans-serif\" font-size=\"12\">\n"
		"<rect width=\"100%%\" height=\"100%%\" fill=\"#fff\"/>\n"
		"<text x=\"%d\" y=\"%d\" font-size=\"14\" font-weight=\"bold\">",
		WIDTH, height, MARGIN, MARGIN + LINE - 4);
	fprintf(to, "%d ", (int)p->pid);
	put_text(to, p->name);
	fprintf(to, "%s</text>\n", p->from_xipld ? " (launched by xipld)" : "");
	put_legend(MARGIN + LINE + 8, to);
	for (size_t i = 0; i < p->object_count; i++) {
		if (!pic->maps[i].count)
			continue;
		put_map(pic, &pic->maps[i], top, to);
		top += LINE + rows_of(&pic->maps[i]) * SIDE + SIDE;
	}
	fputs("</svg>\n", to);
}
