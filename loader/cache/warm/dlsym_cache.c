#include "cache/warm/dlsym_cache.h"
#include "rtld/rtld.h"
#include "cache/store/plan_path.h"

#define MAX_ASKED 64
#define NONE UINT32_MAX

static struct plan_dlsym noted[MAX_ASKED] SYS_COLD;
static uint32_t nnoted;

/* An object's number among those that the program starts with, or NONE. */
static uint32_t
number_of(const struct object *obj)
{
	for (uint32_t i = 0; i < rtld->startup.count; i++)
		if (rtld->startup.list[i] == obj)
			return i;
	return NONE;
}

/* Nothing was opened since the start: what is new comes last. */
static bool
is_as_started(void)
{
	return !rtld->subs && rtld->all.list[rtld->all.count - 1]->kind == OBJECT_STARTUP;
}

static const struct plan_dlsym *
find(const struct plan_dlsym *list, uint64_t count, enum dlsym_kind how, uint32_t root,
     const char *name)
{
	for (uint64_t i = 0; i < count; i++)
		if (list[i].how == how && list[i].root == root &&
		    strncmp(list[i].name, name, sizeof(list[i].name)) == 0)
			return &list[i];
	return NULL;
}

bool
dlsym_cache_find(const struct plan *p, enum dlsym_kind how, const struct object *root,
		 const char *name, struct symdef *def)
{
	const struct scope *all = &rtld->startup;
	const struct plan_dlsym *a;

	if (!p || !p->header.dlsyms.count || !is_as_started())
		return false;
	a = find(p->tables.dlsyms, p->header.dlsyms.count, how, number_of(root), name);
	if (!a)
		return false;
	*def = (struct symdef){NULL, NULL};
	if (a->object == NONE)
		return true;
	if (a->object >= all->count || a->symbol >= all->list[a->object]->nsyms)
		return false;
	def->obj = all->list[a->object];
	def->sym = &def->obj->symtab[a->symbol];
	return true;
}

void
dlsym_cache_add(const struct plan *p, enum dlsym_kind how, const struct object *root,
		const char *name, const struct symdef *def)
{
	struct plan_dlsym a = {.how = how, .object = NONE};
	size_t len = strlen(name);

	if (!p || p->header.dlsyms.count || p->header.prefault.count || nnoted == MAX_ASKED ||
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

const struct plan_dlsym *
dlsym_cache_added(uint64_t *count)
{
	*count = nnoted;
	return noted;
}
