#include "shmstat/why/reasons.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const char *
reason_name(enum reason reason)
{
	static const char *const names[REASON_COUNT] = {"relocation", "copy relocation", "written",
							"never shared"};

	return names[reason];
}

char *
cause_name(const struct explanation *e, const struct cause *c)
{
	const char *prefix = "", *name = NULL;
	char *shown = NULL, *text = NULL;
	size_t capacity;

	(void)e;
	if (c->class == RELOC_GOT && c->target) {
		prefix = "GOT entry of ";
		name = c->target;
	} else if (c->class == RELOC_JUMP_SLOT && c->target) {
		prefix = "PLT slot of ";
		name = c->target;
	} else if (c->symbol) {
		name = c->symbol->name;
	}
	if (name && !(shown = symbol_demangle(name)))
		return NULL;
	capacity = (shown ? strlen(shown) : 0) + 96 +
		   (c->section && c->section->name ? strlen(c->section->name) : 0);
	text = malloc(capacity);
	if (text && shown)
		snprintf(text, capacity, "%s%s", prefix, shown);
	else if (text && c->section && c->section->name)
		snprintf(text, capacity, "%s+%#llx", c->section->name,
			 (unsigned long long)(c->address - c->section->address));
	else if (text)
		snprintf(text, capacity, "%#llx", (unsigned long long)c->address);
	free(shown);
	return text;
}

/* The page that is being looked at, and its causes so far. */
struct work {
	struct elffile *f;
	uint64_t bias, address;
	size_t size, word;
	const unsigned char *before, *now;
	bool relocated_before, little;
	unsigned char *covered; /* one for each byte: a relocation is the cause of it */
	struct cause *causes;
	size_t count;
};

static void
set_bytes(const struct work *w, struct cause *c, const unsigned char *before, size_t at)
{
	size_t left = w->size - at;

	if (!w->now || !before)
		return;
	c->has_bytes = true;
	c->size = (uint8_t)(left < w->word ? left : w->word);
	memcpy(c->before, before, c->size);
	memcpy(c->after, w->now + at, c->size);
}

/* Words of one variable, changed for the same reason, are one cause. */
static bool
joins(const struct cause *last, const struct cause *c)
{
	if (last->reason != c->reason || last->class != c->class || last->symbol != c->symbol ||
	    last->section != c->section)
		return false;
	/* entries of the GOT are things of their own */
	if (c->class == RELOC_GOT || c->class == RELOC_JUMP_SLOT)
		return false;
	return c->symbol || c->section;
}

/* The cause of the same kind may not be the last one: a word may be relocated and then written. */
static void
add_cause(struct work *w, struct cause *c)
{
	for (size_t back = 1; back <= 2 && back <= w->count; back++) {
		struct cause *last = &w->causes[w->count - back];

		if (joins(last, c)) {
			last->words++;
			return;
		}
	}
	c->words = 1;
	w->causes[w->count++] = *c;
}

static void
add_relocation(struct work *w, const struct reloc *r)
{
	uint64_t start = r->address > w->address ? r->address : w->address;
	size_t at = (size_t)(start - w->address);
	struct reloc_target target;
	struct cause c = {
		.reason = r->class == RELOC_COPY ? REASON_COPY : REASON_RELOCATION,
		.address = start,
		.symbol = symbol_at(w->f, start, NULL),
		.section = elffile_section_at(w->f, start),
		.class = r->class,
		.type = r->type,
	};

	reloc_target(w->f, r, &target);
	c.target = target.name;
	set_bytes(w, &c, w->before ? w->before + at : NULL, at);
	add_cause(w, &c);
}

static uint64_t
word_at(const struct work *w, const unsigned char *from)
{
	uint64_t value = 0;

	for (size_t i = 0; i < w->word; i++)
		value |= (uint64_t)from[w->little ? i : w->word - 1 - i] << 8 * i;
	return value;
}

/* Has a relative relocation's word another value than the dynamic linker gave it? */
static void
check_relative(struct work *w, const struct reloc *r)
{
	uint64_t mask = w->word == 8 ? UINT64_MAX : UINT32_MAX;
	uint64_t expected = (w->bias + (uint64_t)r->addend) & mask;
	unsigned char old[CAUSE_BYTES];
	struct cause c = {.reason = REASON_WRITTEN, .address = r->address};
	size_t at = (size_t)(r->address - w->address);

	if (!w->now || r->class != RELOC_RELATIVE || r->address < w->address ||
	    at + w->word > w->size || word_at(w, w->now + at) == expected)
		return;
	for (size_t i = 0; i < w->word; i++)
		old[w->little ? i : w->word - 1 - i] = (unsigned char)(expected >> 8 * i);
	c.symbol = symbol_at(w->f, r->address, NULL);
	c.section = elffile_section_at(w->f, r->address);
	set_bytes(w, &c, old, at);
	add_cause(w, &c);
}

/* What a launch has to write even to pages that come relocated out of a store. */
static bool
is_of_each_launch(const struct reloc *r)
{
	return r->class == RELOC_IRELATIVE || r->class == RELOC_TLS;
}

static bool
differs(const struct work *w, const struct reloc *r)
{
	size_t at, end;

	if (!w->now || !w->before || r->address < w->address)
		return false;
	at = (size_t)(r->address - w->address);
	end = at + r->size < w->size ? at + r->size : w->size;
	return at < end && memcmp(w->before + at, w->now + at, end - at) != 0;
}

static void
add_relocations(struct work *w)
{
	const struct reloc *r;
	size_t count = relocs_in(w->f, w->address, w->address + w->size, &r);

	for (size_t i = 0; i < count; i++) {
		uint64_t from, end;

		if (r[i].class == RELOC_NONE ||
		    !reloc_writes(&r[i], w->address, w->address + w->size))
			continue;
		if (w->relocated_before && !(is_of_each_launch(&r[i]) && differs(w, &r[i])))
			continue;
		if (w->count + 2 > w->size / w->word)
			break; /* relocations that overlap: the file is damaged */
		add_relocation(w, &r[i]);
		check_relative(w, &r[i]);
		from = r[i].address > w->address ? r[i].address - w->address : 0;
		end = r[i].address + r[i].size - w->address;
		for (uint64_t k = from; k < end && k < w->size; k++)
			w->covered[k] = 1;
	}
}

/* First byte of a word that was changed and that no relocation is the cause of; `word` if none. */
static size_t
changed_byte(const struct work *w, size_t at)
{
	size_t i = 0;

	while (i < w->word && at + i < w->size &&
	       (w->covered[at + i] || w->before[at + i] == w->now[at + i]))
		i++;
	return at + i < w->size ? i : w->word;
}

static void
add_writes(struct work *w)
{
	for (size_t at = 0; w->now && w->before && at < w->size; at += w->word) {
		struct cause c = {.reason = REASON_WRITTEN};
		size_t byte = changed_byte(w, at);

		if (byte == w->word || w->count == w->size / w->word)
			continue;
		c.address = w->address + at;
		c.symbol = symbol_at(w->f, c.address + byte, NULL);
		c.section = elffile_section_at(w->f, c.address);
		set_bytes(w, &c, w->before + at, at);
		add_cause(w, &c);
	}
}

static int
by_address(const void *a, const void *b)
{
	const struct cause *x = a, *y = b;

	return x->address < y->address ? -1 : x->address > y->address;
}

size_t
page_causes(struct elffile *f, uint64_t bias, uint64_t address, size_t size,
	    const unsigned char *before, const unsigned char *now, bool relocated_before,
	    struct cause *to)
{
	static unsigned char covered[1 << 16]; /* the largest page that any CPU here has */
	struct work w = {
		.f = f,
		.bias = bias,
		.address = address,
		.size = size,
		.word = elffile_word(f),
		.before = before,
		.now = now,
		.relocated_before = relocated_before,
		.little = __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, /* it runs on this machine */
		.covered = covered,
		.causes = to,
	};

	if (size > sizeof(covered))
		return 0;
	memset(covered, 0, size);
	add_relocations(&w);
	add_writes(&w);
	qsort(to, w.count, sizeof(*to), by_address);
	return w.count;
}

enum reason
page_reason(const struct cause *causes, size_t count, bool anonymous, bool has_bss)
{
	bool seen[REASON_COUNT] = {false};

	for (size_t i = 0; i < count; i++)
		seen[causes[i].reason] = true;
	if (anonymous)
		return seen[REASON_COPY] ? REASON_COPY : REASON_ANON;
	if (seen[REASON_RELOCATION])
		return REASON_RELOCATION;
	if (seen[REASON_COPY])
		return REASON_COPY;
	return !seen[REASON_WRITTEN] && has_bss ? REASON_ANON : REASON_WRITTEN;
}
