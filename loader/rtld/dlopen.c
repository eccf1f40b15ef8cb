/* dlopen, dlclose: the same loading and linking as at start-up, into a process that runs. */
#include "rtld/hooks.h"
#include "rtld/copy_reloc.h"
#include "rtld/debug.h"
#include "rtld/dlfcn.h"
#include "rtld/init.h"
#include "rtld/load.h"
#include "base/lock.h"
#include "rtld/relocate.h"
#include "rtld/search.h"
#include "rtld/stack.h"
#include "rtld/tls.h"
#include "base/heap.h"

/* The list of what obj needs, loading what is missing. NULL: something is not to be had. */
static struct scope *
load_closure_of(struct object *obj, struct error *error)
{
	bool ok;

	if (obj->is_program)
		return &rtld->startup;
	if (!obj->closure.count) {
		heap_begin_write();
		scope_add(&obj->closure, obj);
		ok = load_needed(&obj->closure, OBJECT_LOADED, error);
		heap_end_write();
		if (!ok)
			return NULL;
	}
	return &obj->closure;
}

/* Of an object that is linked all is loaded: this cannot fail. */
struct scope *
closure_of(struct object *obj)
{
	return load_closure_of(obj, NULL);
}

struct object *
object_of_handle(void *handle)
{
	struct error error;

	for (uint32_t i = 0; i < rtld->all.count; i++)
		if (handle == &rtld->all.list[i]->map)
			return rtld->all.list[i];
	error_set(&error, "xipld", 0, "invalid handle"); /* ld.so would follow it */
	dlerror_set(&error);
	return NULL;
}

static void
add_scope(struct object *obj, struct scope *scope)
{
	for (uint32_t i = 0; i < obj->nscopes; i++)
		if (obj->scopes[i] == scope)
			return;
	obj->scopes = heap_grow(obj->scopes, &obj->scopes_capacity, obj->nscopes + 1,
				sizeof(*obj->scopes));
	obj->scopes[obj->nscopes++] = scope;
}

static void
drop_scope(struct object *obj, const struct scope *scope)
{
	for (uint32_t i = 0; i < obj->nscopes; i++) {
		if (obj->scopes[i] != scope)
			continue;
		memmove(&obj->scopes[i], &obj->scopes[i + 1],
			(obj->nscopes - i - 1) * sizeof(*obj->scopes));
		obj->nscopes--;
		return;
	}
}

static void
make_global(struct scope *closure)
{
	for (uint32_t i = 0; i < closure->count; i++) {
		struct object *obj = closure->list[i];

		if (!obj->in_global) {
			obj->in_global = true;
			scope_add(&rtld->global, obj);
		}
	}
}

/* Take objects out again that a failed dlopen brought, or that dlclose finished. */
static void
forget(struct object **list, uint32_t count)
{
	lock_acquire(LOCK_LIST);
	for (uint32_t i = 0; i < count; i++) {
		struct object *obj = list[i];

		for (uint32_t k = 0; k < rtld->all.count; k++)
			drop_scope(rtld->all.list[k], &obj->closure);
		tls_release(obj);
		obj->doomed = obj->unmapping = true;
	}
	find_object_update();
	debug_chain();
	for (uint32_t i = 0; i < count; i++)
		load_remove(list[i]);
	lock_release(LOCK_LIST);
}

static void
forget_fresh(uint32_t first)
{
	uint32_t count = rtld->all.count - first;
	struct object **list = heap_alloc((count + 1) * sizeof(*list));

	memcpy(list, rtld->all.list + first, count * sizeof(*list));
	forget(list, count);
	heap_free(list, (count + 1) * sizeof(*list));
}

/* Relocate the objects from number `first` on, the last loaded first. */
static bool
relocate_fresh(uint32_t first, struct error *error)
{
	rtld->ncopy_relocs = 0; /* those of the start-up were done once, for good */
	for (uint32_t i = rtld->all.count; i-- > first;)
		if (!relocate_object(rtld->all.list[i], false, error))
			return false;
	copy_relocs_do();
	return true;
}

/* Link them: with pages from the store if it has them. */
static bool
link_fresh(const struct object *root, uint32_t first, int mode, struct error *error)
{
	enum dlopen_linked taken = hook_dlopen_link(root, first, mode, error);

	if (taken == DLOPEN_FAILED || (taken == DLOPEN_RELOCATE && !relocate_fresh(first, error)))
		return false;
	ifunc_resolve();
	rtld->nifunc_relocs = 0;
	if (!tls_start_static(error))
		return false;
	for (uint32_t i = first; i < rtld->all.count; i++) {
		struct object *obj = rtld->all.list[i];

		if (!obj->relro_done && !object_protect_relro(obj, error))
			return false;
	}
	if (taken == DLOPEN_RELOCATE)
		hook_dlopen_relocated(root, first, mode);
	return true;
}

/* A dlopened object that wants an executable stack gets none: it was refused when the stacks were
 * made. */
static bool
stack_suffices(const struct object *obj, struct error *error)
{
	if (!(obj->stack_flags & PF_X) || rtld->exec_stack || rtld->libc_kind == LIBC_MUSL)
		return true;
	return error_say(error, obj->path, 0, ERROR_EXECUTABLE_STACK);
}

static bool
load_fresh(struct object *root, uint32_t first, int mode, struct error *error)
{
	struct scope *closure = load_closure_of(root, error);

	if (!closure)
		return false;
	for (uint32_t i = first; i < rtld->all.count; i++) {
		struct object *obj = rtld->all.list[i];

		if (!stack_suffices(obj, error) || !load_check_versions(obj, NULL, error) ||
		    !load_check_relr(obj, error))
			return false;
		if (obj->lacks_instructions)
			return error_set(error, obj->path, 0,
					 "CPU ISA level is lower than required");
		tls_assign(obj);
		if (!(mode & RTLD_LAZY))
			obj->bind_now = true;
		if (mode & RTLD_DEEPBIND)
			add_scope(obj, closure);
		add_scope(obj, &rtld->global);
		add_scope(obj, closure);
	}
	return link_fresh(root, first, mode, error);
}

/* Objects that were here before and are needed by the new one see its symbols from now on, as in
 * ld.so. */
static void
widen_scopes(struct scope *closure, uint32_t first_serial)
{
	for (uint32_t i = 0; i < closure->count; i++) {
		struct object *obj = closure->list[i];

		if (obj->kind == OBJECT_LOADED && obj->serial < first_serial)
			add_scope(obj, closure);
	}
}

/*
 * The order of constructors of what root needs. ld.so sorts while a root that is new has no list of
 * its own yet: whoever comes to it in a circle goes no further.
 */
static void
sort_constructors(struct object *root, bool is_new)
{
	const struct scope *closure = closure_of(root);
	struct scope sorted = {0};
	struct object **scratch;

	if (root->initfini.count)
		return;
	for (uint32_t i = 0; i < closure->count; i++)
		scope_add(&sorted, closure->list[i]);
	scratch = heap_alloc(sorted.count * sizeof(*scratch));
	load_sort(sorted.list, scratch, sorted.count, is_new ? SORT_NEW_ROOT : SORT_ROOT);
	heap_free(scratch, sorted.count * sizeof(*scratch));
	root->initfini = sorted;
}

static void
initialise(const struct object *root)
{
	/* constructors may open and close: walk a copy */
	uint32_t count = root->initfini.count;
	struct object **list = heap_alloc(count * sizeof(*list));

	memcpy(list, root->initfini.list, count * sizeof(*list));
	init_run(list, count);
	heap_free(list, count * sizeof(*list));
}

/* RTLD_NOLOAD: what is loaded under that name or from that file. NULL: nothing is, or with *error,
 * there is no such file. */
static struct object *
find_loaded(const char *file, struct object *caller, struct error *error)
{
	struct object *obj = load_find(file), *probe;
	int fd;

	if (obj)
		return obj;
	probe = heap_alloc(sizeof(*probe));
	fd = search_open(file, caller, probe, error);
	if (fd < 0)
		return NULL;
	sys_close(fd);
	return load_find_file(&probe->id);
}

static struct object *
open_object(const char *file, struct object *caller, int mode, struct error *error)
{
	uint32_t first = rtld->all.count, first_serial = rtld->serial + 1;
	struct object *root;
	bool ok;

	if (mode & RTLD_NOLOAD)
		return find_loaded(file, caller, error);
	lock_acquire(LOCK_LIST);
	hook_dlopen_begin();
	root = load_library(file, caller, OBJECT_LOADED, NULL, error);
	ok = root && (rtld->all.count == first || load_fresh(root, first, mode, error));
	if (ok && rtld->all.count > first) {
		debug_begin(true);
		find_object_update();
		widen_scopes(closure_of(root), first_serial);
	}
	if (ok)
		sort_constructors(root, root->serial >= first_serial);
	if (ok && (mode & RTLD_GLOBAL))
		make_global(closure_of(root));
	hook_dlopen_end();
	lock_release(LOCK_LIST);
	if (rtld->all.count > first && !ok) {
		rtld->nifunc_relocs = 0;
		forget_fresh(first);
		tls_start_static(NULL); /* what was there before and became static stays so */
	}
	if (ok && rtld->all.count > first)
		debug_end();
	return ok ? root : NULL;
}

/* One dlopen; `root` is what came of it. */
struct opening {
	const char *file;
	int mode;
	struct object *caller, *root;
	struct error *error;
};

/* All but the constructors. */
static void
open_and_link(void *context)
{
	struct opening *o = context;
	struct object *root;

	heap_begin_write();
	root = o->root = open_object(o->file, o->caller, o->mode, o->error);
	search_done();
	if (root) {
		if (o->mode & RTLD_GLOBAL)
			make_global(closure_of(root));
		if (o->mode & RTLD_NODELETE)
			root->nodelete = true;
		root->opens += root->kind == OBJECT_LOADED;
		sort_constructors(root, false); /* RTLD_NOLOAD */
	}
	heap_end_write();
}

struct object *
dl_open_for(const char *file, int mode, struct object *caller, struct error *error)
{
	struct opening o = {file, mode, caller, NULL, error};

	error->what[0] = 0;
	lock_acquire(LOCK_DL);
	stack_call(open_and_link, &o);
	if (o.root)
		initialise(o.root);
	lock_release(LOCK_DL);
	return o.root;
}

#define MODE_BITS (RTLD_LAZY | RTLD_NOW | RTLD_NOLOAD | RTLD_DEEPBIND | RTLD_GLOBAL | RTLD_NODELETE)

/* glibc alone looks at the mode. */
static bool
mode_is_valid(const char *file, int mode, struct error *error)
{
	if (rtld->libc_kind == LIBC_MUSL)
		return true;
	if (mode & ~MODE_BITS)
		return error_say(error, "", 0, ERROR_INVALID_MODE_BITS);
	if (!(mode & (RTLD_LAZY | RTLD_NOW)))
		return error_say(error, file, EINVAL, ERROR_INVALID_MODE);
	return true;
}

void *
dl_open(const char *file, int mode, const void *caller)
{
	struct object *root;
	struct error error;

	file = file ? file : "";
	if (!mode_is_valid(file, mode, &error)) {
		dlerror_set(&error);
		return NULL;
	}
	if (!*file)
		return &rtld->program->map;
	root = dl_open_for(file, mode, caller_at(caller), &error);
	if (!root && error.what[0]) {
		/* a name that is asked for is told whole */
		if (strncmp(file, error.file, sizeof(error.file) - 1) == 0)
			error.whole_file = file;
		dlerror_set(&error);
	}
	return root ? &root->map : NULL;
}

void *
dl_mopen(Lmid_t space, const char *file, int mode, const void *caller)
{
	struct error error;

	if (space == LM_ID_BASE)
		return dl_open(file, mode, caller);
	if (!file)
		error_say(&error, "", EINVAL, ERROR_INVALID_SPACE);
	else if (mode_is_valid(file, mode, &error))
		error_say(&error, file, EINVAL,
			  space == LM_ID_NEWLM ? ERROR_NO_SPACE : ERROR_INVALID_TARGET_SPACE);
	dlerror_set(&error);
	return NULL;
}

void *
stub_dlopen(const char *file, int mode)
{
	return dl_open(file, mode, __builtin_return_address(0));
}

void *
stub_dlmopen(Lmid_t space, const char *file, int mode)
{
	return dl_mopen(space, file, mode, __builtin_return_address(0));
}

static void
mark(struct object *obj)
{
	if (obj->visited)
		return;
	obj->visited = true;
	for (uint32_t i = 0; i < obj->needed.count; i++)
		mark(obj->needed.list[i]);
	for (uint32_t i = 0; i < obj->reldeps.count; i++)
		mark(obj->reldeps.list[i]);
}

/* Objects that nothing needs any more; returns how many, in *list (heap, twice all.count long: the
 * rest is scratch). */
static uint32_t
collect_garbage(struct object ***list)
{
	uint32_t count = 0;

	for (uint32_t i = 0; i < rtld->all.count; i++)
		rtld->all.list[i]->visited = false;
	for (uint32_t i = 0; i < rtld->all.count; i++) {
		struct object *obj = rtld->all.list[i];

		/* one whose destructors run just now still needs its libraries */
		if (obj->kind == OBJECT_STARTUP || obj->opens || obj->nodelete || obj->doomed ||
		    obj->tls_destructors)
			mark(obj);
	}
	*list = heap_alloc(2 * rtld->all.count * sizeof(**list));
	for (uint32_t i = 0; i < rtld->all.count; i++)
		if (!rtld->all.list[i]->visited)
			(*list)[count++] = rtld->all.list[i];
	return count;
}

static void
unload_garbage(void)
{
	const uint32_t capacity = rtld->all.count;
	struct object **list;
	uint32_t count;

	heap_begin_write();
	count = collect_garbage(&list);
	if (count)
		load_sort(list, list + capacity, count, SORT_FINI);
	heap_end_write();
	for (uint32_t i = 0; i < count; i++)
		list[i]->doomed = true;
	for (uint32_t i = 0; i < count; i++)
		init_finish(list[i]);
	if (count) {
		heap_begin_write();
		debug_begin(false);
		forget(list, count);
		debug_end();
		heap_end_write();
	}
	heap_free(list, 2 * capacity * sizeof(*list));
}

int
stub_dlclose(void *handle)
{
	struct object *obj;

	lock_acquire(LOCK_DL);
	obj = object_of_handle(handle);
	if (obj && !obj->opens && obj->kind == OBJECT_LOADED) {
		struct error error;

		error_say(&error, obj->path, 0, ERROR_NOT_OPEN);
		dlerror_set(&error);
		obj = NULL;
	}
	/* at exit nothing is unloaded: destructors of others may still need it */
	if (obj && obj->kind == OBJECT_LOADED && --obj->opens == 0 && !init_is_exiting())
		unload_garbage();
	lock_release(LOCK_DL);
	return obj ? 0 : -1;
}

/* A thread-local object's destructor, and whose code it is: that object stays until it has run. */
struct thread_destructor {
	void (*run)(void *);
	void *argument;
	struct object *owner;
};

static void
run_thread_destructor(void *context)
{
	struct thread_destructor *d = context;
	struct thread_destructor copy = *d;

	heap_free(d, sizeof(*d));
	copy.run(copy.argument);
	__atomic_fetch_sub(&copy.owner->tls_destructors, 1, __ATOMIC_RELEASE);
}

int
stub_cxa_thread_atexit_impl(void (*destructor)(void *), void *argument, void *dso)
{
	struct object *owner = find_object_at((uintptr_t)dso);
	struct thread_destructor *d;
	int (*original)(void (*)(void *), void *, void *) =
		(int (*)(void (*)(void *), void *, void *))rtld->libc_cxa_thread_atexit_impl;

	if (!owner || owner->kind == OBJECT_STARTUP)
		return original(destructor, argument, dso);
	d = heap_alloc(sizeof(*d));
	*d = (struct thread_destructor){destructor, argument, owner};
	__atomic_fetch_add(&owner->tls_destructors, 1, __ATOMIC_ACQUIRE);
	return original(run_thread_destructor, d, dso);
}
