#include "rtld/init.h"
#include "elf/init_analysis.h"
#include "rtld/load.h"
#include "base/lock.h"
#include "base/heap.h"

typedef void (*init_function)(int argc, char **argv, char **envp);

static struct {
	int argc;
	char **argv, **envp;
} arguments;

static uint32_t done; /* constructors begun, from the end of the program's initfini */
static bool exiting;

/*
 * Nothing here writes to the objects of the start-up closure: in a process that came from a plan
 * their pages are shared, and marking each would copy them all. How far initialisation got is one
 * number.
 */
static bool
was_called(const struct object *obj)
{
	if (obj->kind == OBJECT_LOADED)
		return obj->init_called;
	return obj == rtld->init_first || obj->init_position >= rtld->startup.count - done;
}

/* The program is the first of all; then they are sorted as ld.so sorts at exit. */
static void
sort_for_exit(struct object **order, struct object **scratch, uint32_t count)
{
	memcpy(order, rtld->all.list, count * sizeof(*order));
	for (uint32_t i = 0; i < count; i++) {
		if (order[i]->is_program && i) {
			struct object *program = order[i];

			memmove(order + 1, order, i * sizeof(*order));
			order[0] = program;
		}
	}
	load_sort(order, scratch, count, SORT_EXIT);
}

void
init_prepare(void)
{
	uint32_t count = rtld->startup.count;
	struct object **order = heap_alloc(count * sizeof(*order));
	struct object **scratch = heap_alloc(rtld->all.count * sizeof(*scratch));

	memcpy(order, rtld->startup.list, count * sizeof(*order));
	load_sort(order, scratch, count, SORT_ROOT);
	/* destructors are sorted by it: this is then the program's list of dependencies, as ld.so
	 * has it */
	rtld->program->initfini.list = order;
	rtld->program->initfini.count = rtld->program->initfini.capacity = count;
	for (uint32_t i = 0; i < count; i++) {
		order[i]->init_position = i;
		/* DF_1_INITFIRST: the one that was loaded last wins, as in ld.so */
		if (rtld->startup.list[i]->flags_1 & DF_1_INITFIRST)
			rtld->init_first = rtld->startup.list[i];
	}
	rtld->exit_count = rtld->all.count;
	rtld->exit_order = heap_alloc(rtld->all.count * sizeof(*order));
	sort_for_exit(rtld->exit_order, scratch, rtld->all.count);
	heap_free(scratch, rtld->all.count * sizeof(*scratch));
}

/* Entry n of an array of functions; linkers align it as its parts ask, which may be not at all. */
static uintptr_t
function_in(const struct table *t, size_t n)
{
	uintptr_t f;

	__builtin_memcpy(&f, (const char *)t->at + n * sizeof(f), sizeof(f));
	return f;
}

/* True if function adds nothing to *sum but one call of __cxa_finalize. */
static bool
adds_up(const struct object *obj, uintptr_t function, struct init_effect *sum)
{
	struct init_effect e;

	if (!arch_init_effect(obj, function, rtld->libc_cxa_finalize, &e) ||
	    (e.finalizes && sum->finalizes))
		return false;
	sum->sets_flag |= e.sets_flag;
	if (e.finalizes) {
		sum->finalizes = true;
		sum->argument = e.argument;
	}
	return true;
}

static bool
all_add_up(const struct object *obj, const struct table *t, uintptr_t single,
	   struct init_effect *sum)
{
	for (size_t n = 0; n < t->size / sizeof(uintptr_t); n++)
		if (!adds_up(obj, function_in(t, n), sum))
			return false;
	return !single || adds_up(obj, single, sum);
}

void
init_examine(const struct object *obj, struct object *kept)
{
	struct init_effect init = {0}, fini = {0};

	if (obj->kind != OBJECT_STARTUP || obj->is_program || obj->is_libc || obj->is_interp)
		return;
	kept->init_is_trivial = all_add_up(obj, &obj->init_array, obj->init, &init) &&
				!init.sets_flag && !init.finalizes;
	kept->fini_known = all_add_up(obj, &obj->fini_array, obj->fini, &fini);
	kept->dso_handle = fini.argument;
}

static void
call_array(const struct table *t)
{
	for (size_t n = 0; n < t->size / sizeof(uintptr_t); n++)
		((init_function)function_in(t, n))(arguments.argc, arguments.argv, arguments.envp);
}

static void
call_constructors(const struct object *obj)
{
	if (obj->is_interp)
		return; /* it looked after itself */
	if (obj->init_is_trivial)
		return; /* its pages need not come in for that */
	if (obj->is_program && rtld->libc_kind == LIBC_GLIBC)
		return; /* __libc_start_main does it */
	if (obj->init)
		((init_function)obj->init)(arguments.argc, arguments.argv, arguments.envp);
	call_array(&obj->init_array);
}

/* Constructors of the start-up closure up to the n-th from the end; more than one caller may be at
 * it, nested. */
static void
run_startup_until(uint32_t n)
{
	struct object **order = rtld->program->initfini.list;
	uint32_t count = rtld->startup.count;

	while (done < n) {
		struct object *obj = order[count - ++done];

		if (obj != rtld->init_first)
			call_constructors(obj);
	}
}

void
init_run(struct object **order, uint32_t count)
{
	while (count--) {
		struct object *obj = order[count];

		if (obj->kind == OBJECT_STARTUP) {
			/* dlopen from a constructor: what it needs of the start-up closure comes
			 * first */
			if (!was_called(obj))
				run_startup_until(rtld->startup.count - obj->init_position);
		} else if (!obj->init_called) {
			obj->init_called = true;
			call_constructors(obj);
		}
	}
}

void
init_run_startup(int argc, char **argv, char **envp)
{
	arguments.argc = argc;
	arguments.argv = argv;
	arguments.envp = envp;
	if (rtld->init_first)
		call_constructors(rtld->init_first);
	call_array(&rtld->program->preinit_array);
	run_startup_until(rtld->startup.count);
}

static void
call_destructors(const struct object *obj)
{
	if (obj->is_interp || (obj->is_libc && rtld->libc_kind == LIBC_GLIBC))
		return;
	if (obj->fini_known) {
		if (obj->dso_handle)
			((void (*)(void *))rtld->libc_cxa_finalize)((void *)obj->dso_handle);
		return;
	}
	for (size_t n = obj->fini_array.size / sizeof(uintptr_t); n; n--)
		((void (*)(void))function_in(&obj->fini_array, n - 1))();
	if (obj->fini)
		((void (*)(void))obj->fini)();
}

void
init_finish(struct object *obj)
{
	if (!was_called(obj))
		return;
	if (obj->kind == OBJECT_LOADED) {
		if (obj->fini_called)
			return;
		obj->fini_called = true;
	}
	call_destructors(obj);
}

/*
 * The lock is not held while destructors run (another thread may be in dlopen for good); objects
 * that come late are not finished, as with ld.so.
 */
bool
init_is_exiting(void)
{
	return exiting;
}

void
init_run_destructors(void)
{
	uint32_t count = rtld->exit_count;
	struct object **order = rtld->exit_order;

	if (exiting)
		return;
	exiting = true;
	if (rtld->adds > count) { /* something was opened: sort again */
		lock_acquire(LOCK_DL);
		count = rtld->all.count;
		order = heap_alloc(2 * count * sizeof(*order));
		heap_begin_write();
		sort_for_exit(order, order + count, count);
		heap_end_write();
		lock_release(LOCK_DL);
	}
	for (uint32_t i = 0; i < count; i++)
		init_finish(order[i]);
}
