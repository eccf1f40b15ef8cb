#include "shmstat/why/cause.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "shmstat/sym/lines.h"
#include "shmstat/sym/relockinds.h"

/* The class that a vtable or a typeinfo belongs to: "vtable for ns::Shape". */
static const struct declaration *
class_of(struct elffile *f, const char *symbol)
{
	const struct declaration *d = NULL;
	char *shown = symbol_demangle(symbol), *class;

	if (shown && (class = strstr(shown, " for ")))
		d = declaration_of_class(f, class + 5);
	free(shown);
	return d;
}

struct origin
cause_origin(const struct explanation *e, const struct cause *c)
{
	const struct declaration *d = NULL;
	const char *symbol = c->symbol ? c->symbol->name : NULL;

	if (!e->file || !lines_available(e->file))
		return (struct origin){0};
	if (c->class == RELOC_GOT || c->class == RELOC_JUMP_SLOT)
		d = c->target ? declaration_named(e->file, c->target) : NULL;
	else if (symbol && strncmp(symbol, "_ZT", 3) == 0)
		d = class_of(e->file, symbol);
	else if (!(d = declaration_at(e->file, c->address)) && symbol)
		d = declaration_named(e->file, symbol);
	return d ? (struct origin){d->type, d->file, d->line} : (struct origin){0};
}

char *
origin_text(const struct origin *o)
{
	size_t capacity = (o->file ? strlen(o->file) : 0) + 16;
	char *text = malloc(capacity);

	if (!text)
		return NULL;
	if (o->file && o->line)
		snprintf(text, capacity, "%s:%u", o->file, o->line);
	else
		snprintf(text, capacity, "%s", o->file ? o->file : "");
	return text;
}

const char *
cause_kind(const struct cause *c)
{
	if (c->reason != REASON_RELOCATION && c->reason != REASON_COPY)
		return "";
	return reloc_class_name(c->class);
}

const char *
cause_bytes(const struct cause *c)
{
	static char text[CAUSE_BYTES * 4 + 8];
	size_t n = 0;

	text[0] = '\0';
	if (!c->has_bytes)
		return text;
	for (size_t i = 0; i < c->size; i++)
		n += (size_t)snprintf(text + n, sizeof(text) - n, "%02x", c->before[i]);
	n += (size_t)snprintf(text + n, sizeof(text) - n, " -> ");
	for (size_t i = 0; i < c->size; i++)
		n += (size_t)snprintf(text + n, sizeof(text) - n, "%02x", c->after[i]);
	return text;
}
