#include "rtld/hooks.h"
#include "rtld/complaints.h"
#include "rtld/load.h"
#include "rtld/dlfcn.h"
#include "rtld/search.h"
#include "base/heap.h"

struct object *
load_find(const char *name)
{
	for (uint32_t i = 0; i < rtld->all.count; i++) {
		struct object *obj = rtld->all.list[i];

		if (obj->doomed)
			continue;
		for (uint32_t k = 0; k < obj->nnames; k++)
			if (streq(obj->names[k], name))
				return obj;
		if (obj->soname && streq(obj->soname, name))
			return obj; /* the program's counts as well */
		if (obj->is_program && !*name && rtld->libc_kind != LIBC_MUSL)
			return obj; /* so glibc calls it */
	}
	return NULL;
}

void
load_add_name(struct object *obj, const char *name)
{
	for (uint32_t i = 0; i < obj->nnames; i++)
		if (streq(obj->names[i], name))
			return;
	obj->names =
		heap_grow(obj->names, &obj->names_capacity, obj->nnames + 1, sizeof(*obj->names));
	obj->names[obj->nnames++] = heap_strdup(name);
}

struct object *
load_find_file(const struct file_id *id)
{
	for (uint32_t i = 0; i < rtld->all.count; i++) {
		struct object *obj = rtld->all.list[i];

		if (obj->is_program) /* ld.so does not know its file: the kernel mapped it */
			continue;
		if (!obj->doomed && obj->id.ino == id->ino && obj->id.dev == id->dev)
			return obj;
	}
	return NULL;
}

static void
discard(struct object *obj)
{
	heap_free(obj->phdr, obj->phnum * sizeof(Elf64_Phdr));
	heap_free(obj, sizeof(*obj));
}

bool
load_finish(struct object *obj, int fd, struct error *error)
{
	int from = fd; /* or a copy's */
	uintptr_t slot = hook_choose_address(obj, &from);
	bool mapped;

	obj->map.l_name = (char *)obj->path;
	mapped = (slot && object_map(obj, from, slot, NULL)) || object_map(obj, from, 0, error);
	if (from != fd)
		sys_close(from);
	if (!mapped)
		return false;
	if (!object_read_dynamic(obj, error)) {
		object_unmap(obj);
		return false;
	}
	obj->debug_map = obj->map;
	if (obj->is_program)
		obj->map.l_name += strlen(obj->path); /* "" */
	obj->serial = ++rtld->serial;
	scope_add(&rtld->all, obj);
	rtld->adds++;
	return true;
}

/* What ld.so refuses to load as a library, seen once its dynamic section was read. */
static bool
is_library(const struct object *obj, const char *name, struct error *error)
{
	if (obj->flags_1 & DF_1_PIE)
		return error_say(error, name, 0, ERROR_PIE);
	if (obj->kind == OBJECT_LOADED && (obj->flags_1 & DF_1_NOOPEN))
		return error_say(error, name, 0, ERROR_NO_OPEN);
	return true;
}

static void
name_request(struct error *error, const char *name)
{
	if (error && error_names_request(error->kind))
		message_format(error->file, sizeof(error->file), "%s", name);
}

/* musl: these names are the interpreter itself, whatever lies about in the directories. */
static bool
is_musl_own(const char *name)
{
	static const char stems[][9] = {"c.", "pthread.", "rt.", "m.", "dl.", "util.", "xnet."};

	if (!starts_with(name, "lib"))
		return false;
	for (size_t i = 0; i < sizeof(stems) / sizeof(stems[0]); i++)
		if (starts_with(name + 3, stems[i]) && !strchr(name, '/'))
			return true;
	return false;
}

struct object *
load_library(const char *name, struct object *requester, enum object_kind kind, bool *fresh,
	     struct error *error)
{
	struct object *obj, *same;
	int fd;

	if (fresh)
		*fresh = false;
	if (rtld->libc_kind == LIBC_MUSL && is_musl_own(name))
		return rtld->interp;
	obj = load_find(name);
	if (obj)
		return obj;
	obj = heap_alloc(sizeof(*obj));
	fd = search_open(name, requester, obj, error);
	if (fd < 0) {
		name_request(error, name);
		heap_free(obj, sizeof(*obj));
		return NULL;
	}
	same = load_find_file(&obj->id);
	if (same) {
		if (!streq(obj->path, same->path)) /* by a link, which may lead elsewhere later */
			hook_note_path(obj->path);
		discard(obj);
		load_add_name(same, name);
		sys_close(fd);
		return same;
	}
	obj->kind = kind;
	obj->needed_by = requester;
	if (obj->type == ET_EXEC)
		error_say(error, name, 0, ERROR_EXECUTABLE);
	if (obj->type == ET_EXEC || !load_finish(obj, fd, error)) {
		hook_note_path(obj->path); /* a preload is not needed, but might become good */
		name_request(error, name);
		sys_close(fd);
		discard(obj);
		return NULL;
	}
	sys_close(fd);
	if (!is_library(obj, name, error)) {
		hook_note_path(obj->path);
		load_remove(obj);
		return NULL;
	}
	load_add_name(obj, name);
	if (fresh)
		*fresh = true;
	return obj;
}

/* Load the object that this dynamic entry names; *missing: that is how --list reports it. */
static struct object *
load_entry(struct object *obj, const Elf64_Dyn *d, enum object_kind kind, bool *missing,
	   struct error *error)
{
	const char *name = object_string(obj, d->d_un.d_val);
	struct object *dep;

	*missing = false;
	if (!name) {
		error_set(error, obj->path, 0,
			  "needed library's name lies outside the string table (DT_NEEDED)");
		return NULL;
	}
	if (strchr(name, '$'))
		name = search_expand(name, obj);
	if (!name) {
		error_set(error, obj->path, 0, "cannot expand a needed library's name (DT_NEEDED)");
		return NULL;
	}
	dep = load_library(name, obj, kind, NULL, error);
	if (!dep && options.list && error->number == ENOENT && d->d_tag == DT_NEEDED) {
		*missing = stats.missing = true;
		message_print(1, "\t%s => not found\n", name);
	}
	return dep;
}

/*
 * Put a filter's other object before it, where it is not before it already: its definitions are
 * found first (gABI, DT_FILTER, as Solaris has it and glibc's _dl_map_object_deps).
 */
static void
put_before(struct scope *closure, const struct object *filter, struct object *dep)
{
	uint32_t at = 0, from;

	while (closure->list[at] != filter && closure->list[at] != dep)
		at++;
	if (closure->list[at] == dep)
		return;
	if (!scope_has(closure, dep))
		scope_add(closure, dep);
	for (from = at; closure->list[from] != dep; from++)
		;
	memmove(&closure->list[at + 1], &closure->list[at], (from - at) * sizeof(dep));
	closure->list[at] = dep;
}

/* What obj names: loaded, in the order of its dynamic section. */
static bool
load_named_by(struct object *obj, enum object_kind kind, struct error *error)
{
	for (uint32_t i = 0; i < obj->ndynamic; i++) {
		const Elf64_Dyn *d = &obj->dynamic[i];
		struct object *dep;
		bool missing;

		if (d->d_tag != DT_NEEDED && d->d_tag != DT_FILTER && d->d_tag != DT_AUXILIARY)
			continue;
		dep = load_entry(obj, d, kind, &missing, error);
		if (!dep && (missing || d->d_tag == DT_AUXILIARY))
			continue;
		if (!dep)
			return false;
		if (!scope_has(&obj->needed, dep))
			scope_add(&obj->needed, dep);
		if (d->d_tag != DT_NEEDED && !scope_has(&obj->filtees, dep))
			scope_add(&obj->filtees, dep);
	}
	return true;
}

/* What one object needs, appended to the closure if not there yet; what it is a filter for comes
 * before it. */
static bool
load_needed_of(struct object *obj, struct scope *closure, enum object_kind kind,
	       struct error *error)
{
	if (!obj->needed.count && !load_named_by(obj, kind, error))
		return false;
	for (uint32_t i = 0; i < obj->needed.count; i++)
		if (!scope_has(closure, obj->needed.list[i]) &&
		    !scope_has(&obj->filtees, obj->needed.list[i]))
			scope_add(closure, obj->needed.list[i]);
	for (uint32_t i = 0; i < obj->filtees.count && !obj->filtees_placed; i++)
		put_before(closure, obj, obj->filtees.list[i]);
	obj->filtees_placed = true; /* two may be filters for each other */
	return true;
}

/* An object that came before the one that was looked at is looked at next. */
bool
load_needed(struct scope *closure, enum object_kind kind, struct error *error)
{
	bool ok = true;

	for (uint32_t i = 0; i < closure->count && ok;) {
		const struct object *obj = closure->list[i];

		ok = load_needed_of(closure->list[i], closure, kind, error);
		i += closure->list[i] == obj;
	}
	for (uint32_t i = 0; i < closure->count; i++)
		closure->list[i]->filtees_placed = false;
	return ok;
}

static bool
defines_version(const struct object *obj, const struct version *want)
{
	for (uint32_t i = 0; i < obj->nversions; i++) {
		const struct version *v = &obj->versions[i];

		if (v->name && !v->needed && v->hash == want->hash && streq(v->name, want->name))
			return true;
	}
	return false;
}

static const struct object *
needed_by_name(const struct object *obj, const char *name)
{
	for (uint32_t i = 0; i < obj->needed.count; i++) {
		const struct object *dep = obj->needed.list[i];

		if (dep->soname && streq(dep->soname, name))
			return dep;
		for (uint32_t k = 0; k < dep->nnames; k++)
			if (streq(dep->names[k], name))
				return dep;
	}
	return load_find(name);
}

/* The n-th version that obj needs, in the file's order. */
static const struct version *
needed_version(const struct object *obj, uint32_t n)
{
	for (uint32_t i = 0; i < obj->nversions; i++)
		if (obj->versions[i].needed && obj->versions[i].order == n)
			return &obj->versions[i];
	return NULL;
}

/* What is wrong with a version that obj needs; ERROR_OWN: nothing. */
static enum error_kind
complaint_of(const struct object *obj, const struct version *v, const struct object **from)
{
	*from = needed_by_name(obj, v->file);
	if (!*from || defines_version(*from, v))
		return ERROR_OWN;
	if (!(*from)->has_verdef)
		return ERROR_NO_VERSIONS;
	return v->weak ? ERROR_WEAK_VERSION : ERROR_VERSION;
}

bool
load_check_versions(const struct object *obj, load_complain_fn *tell, struct error *error)
{
	bool ok = true;

	if (rtld->libc_kind == LIBC_MUSL) /* musl's ldso knows no versions */
		return true;
	for (uint32_t n = 1; n <= obj->nneeds; n++) {
		const struct version *v = needed_version(obj, n);
		const struct object *from;
		enum error_kind kind = v ? complaint_of(obj, v, &from) : ERROR_OWN;

		if (kind == ERROR_OWN || (!tell && kind != ERROR_VERSION))
			continue;
		if (kind == ERROR_NO_VERSIONS)
			error_say(error, message_name(from), 0, kind, message_name(obj));
		else
			error_say(error, message_name(from), 0, kind, v->name, message_name(obj));
		ok &= kind != ERROR_VERSION;
		if (!tell)
			return false;
		tell(error);
	}
	return ok;
}

#define RELR_VERSION "GLIBC_ABI_DT_RELR"

static bool
needs_libc(const struct object *obj)
{
	for (uint32_t i = 0; i < obj->ndynamic; i++) {
		const char *name = obj->dynamic[i].d_tag == DT_NEEDED
					   ? object_string(obj, obj->dynamic[i].d_un.d_val)
					   : NULL;

		if (name && starts_with(name, "libc.so."))
			return true;
	}
	return false;
}

/* A C library that knows DT_RELR wants it announced, as one that does not would go on without. */
bool
load_check_relr(const struct object *obj, struct error *error)
{
	bool needs_versions = false, known = false;

	if (!obj->has_relr || rtld->libc_kind == LIBC_MUSL)
		return true;
	for (uint32_t i = 0; i < obj->nversions; i++) {
		const struct version *v = &obj->versions[i];

		if (v->name && v->needed && streq(v->name, RELR_VERSION))
			return true;
		needs_versions |= v->name && v->needed;
	}
	for (uint32_t i = 0; rtld->libc && i < rtld->libc->nversions; i++) {
		const struct version *v = &rtld->libc->versions[i];

		known |= v->name && !v->needed && streq(v->name, RELR_VERSION);
	}
	return !known || !needs_versions || !needs_libc(obj) ||
	       error_say(error, message_name(obj), 0, ERROR_RELR);
}

static void
scope_remove(struct scope *scope, const struct object *obj)
{
	for (uint32_t i = 0; i < scope->count; i++) {
		if (scope->list[i] != obj)
			continue;
		memmove(&scope->list[i], &scope->list[i + 1],
			(scope->count - i - 1) * sizeof(*scope->list));
		scope->count--;
		return;
	}
}

static void
scope_free(struct scope *scope)
{
	heap_free(scope->list, scope->capacity * sizeof(*scope->list));
	*scope = (struct scope){0};
}

void
load_remove(struct object *obj)
{
	scope_remove(&rtld->all, obj);
	scope_remove(&rtld->global, obj);
	for (uint32_t i = 0; i < rtld->all.count; i++)
		scope_remove(&rtld->all.list[i]->reldeps, obj);
	object_unmap(obj);
	rtld->subs++;
	scope_free(&obj->needed);
	scope_free(&obj->filtees);
	scope_free(&obj->closure);
	scope_free(&obj->initfini);
	scope_free(&obj->reldeps);
	heap_free(obj->scopes, obj->scopes_capacity * sizeof(*obj->scopes));
	heap_free(obj->versions, obj->nversions * sizeof(*obj->versions));
	for (uint32_t i = 0; i < obj->nnames; i++)
		heap_free((void *)obj->names[i], strlen(obj->names[i]) + 1);
	heap_free(obj->names, obj->names_capacity * sizeof(*obj->names));
	heap_free((void *)obj->path, strlen(obj->path) + 1);
	if (obj->real_dir)
		heap_free((void *)obj->real_dir, strlen(obj->real_dir) + 1);
	discard(obj);
}

/* State of a depth-first walk that writes its post-order from the array's end to its start. */
struct walk {
	struct object **head;
	const struct object *end; /* whose needs are not walked, or NULL */
	bool reldeps_too, met_reldeps;
};

static void
visit(struct walk *w, struct object *obj)
{
	const struct scope *deps = obj->initfini.count ? &obj->initfini : &obj->needed;

	if (obj->visited)
		return;
	obj->visited = true;
	for (uint32_t i = 0; obj != w->end && i < deps->count; i++)
		if (!deps->list[i]->is_program)
			visit(w, deps->list[i]);
	if (w->reldeps_too && obj->reldeps.count) {
		w->met_reldeps = true;
		for (uint32_t i = obj->reldeps.count; i-- > 0;)
			if (!obj->reldeps.list[i]->is_program)
				visit(w, obj->reldeps.list[i]);
	}
	*--w->head = obj;
}

static struct object **
sort_pass(struct object **from, struct object **to, uint32_t count, struct walk *w)
{
	for (uint32_t i = 0; i < rtld->all.count; i++)
		rtld->all.list[i]->visited = true; /* only what is listed is walked */
	for (uint32_t i = 0; i < count; i++)
		from[i]->visited = false;
	w->head = to + count;
	for (uint32_t i = count; i-- > 0;)
		visit(w, from[i]);
	return w->head;
}

void
load_sort(struct object **list, struct object **order, uint32_t count, enum load_sort how)
{
	struct object *first = list[0];
	struct walk w = {
		.reldeps_too = how == SORT_FINI || how == SORT_EXIT,
		.end = how == SORT_NEW_ROOT ? first : NULL,
	};

	sort_pass(list, order, count, &w);
	if (w.met_reldeps) {
		/* again, without them: they only break ties */
		w.reldeps_too = false;
		sort_pass(order, list, count, &w);
	} else {
		memcpy(list, order, count * sizeof(*list));
	}
	for (uint32_t i = 0; how != SORT_FINI && i < count; i++) {
		if (list[i] != first)
			continue;
		memmove(list + 1, list, i * sizeof(*list));
		list[0] = first;
		break;
	}
}
