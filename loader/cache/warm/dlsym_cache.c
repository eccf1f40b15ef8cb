#include "cache/warm/dlsym_cache.h"
#include "rtld/rtld.h"
#include "cache/store/plan_path.h"

#define MAX_ASKED 64
#define NONE UINT32_MAX

static struct plan_asked noted[MAX_ASKED] SYS_COLD;
static uint32_t nnoted;

/* An object's number among those that the program starts with, or NONE. */
static uint32_t
number_of(const struct object *obj)
{
	for (uint32_t i = 0; i < world->startup.count; i++)
		if (world->startup.list[i] == obj)
			return i;
	return NONE;
}

/* Nothing was opened since the start: what is new comes last. */
static bool
is_as_started(void)
{
	return !world->subs && world->all.list[world->all.count - 1]->kind == OBJECT_STARTUP;
}

static const struct plan_asked *
find(const struct plan_asked *list, uint64_t count, enum plan_asked_how how, uint32_t root,
     const char *name)
{
	for (uint64_t i = 0; i < count; i++)
		if (list[i].how == how && list[i].root == root &&
		    strncmp(list[i].name, name, sizeof(list[i].name)) == 0)
			return &list[i];
	return NULL;
}

bool
asked_answer(const struct plan *p, enum plan_asked_how how, const struct object *root,
	     const char *name, struct definition *def)
{
	const struct scope *all = &world->startup;
	const struct plan_asked *a;

	if (!p || !p->header->asked.count || !is_as_started())
		return false;
	a = find(p->asked, p->header->asked.count, how, number_of(root), name);
	if (!a)
		return false;
	*def = (struct definition){NULL, NULL};
	if (a->object == NONE)
		return true;
	if (a->object >= all->count || a->symbol >= all->list[a->object]->nsyms)
		return false;
	def->obj = all->list[a->object];
	def->sym = &def->obj->symtab[a->symbol];
	return true;
}

void
asked_note(const struct plan *p, enum plan_asked_how how, const struct object *root,
	   const char *name, const struct definition *def)
{
	struct plan_asked a = {.how = how, .object = NONE};
	size_t len = strlen(name);

	if (!p || p->header->asked.count || p->header->touch.count || nnoted == MAX_ASKED ||
	    !is_as_started() || len >= sizeof(a.name))
		return;
	a.root = number_of(root);
	if (a.root == NONE || find(noted, nnoted, how, a.root, name))
		return;
	if (def->obj) {
		a.object = number_of(def->obj);
		a.symbol = (uint32_t)(def->sym - def->obj->symtab);
		if (a.object == NONE || def->sym < def->obj->symtab || a.symbol >= def->obj->nsyms)
			return;
	}
	memcpy(a.name, name, len);
	noted[nnoted++] = a;
}

const struct plan_asked *
asked_noted(uint64_t *count)
{
	*count = nnoted;
	return noted;
}
