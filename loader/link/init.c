#include "link/init.h"
#include "host/start.h"
#include "link/load.h"
#include "link/lock.h"
#include "sys/heap.h"

typedef void (*init_function)(int argc, char **argv, char **envp);

static struct {
	int argc;
	char **argv, **envp;
} arguments;


void
init_prepare(void)
{
	uint32_t count = world->startup.count;

	struct object **order = heap_alloc(count * sizeof(*order));

	world->exit_order = heap_alloc(2 * count * sizeof(*world->exit_order));
	memcpy(order, world->startup.list, count * sizeof(*order));
	load_sort(order, world->exit_order, count, true, false);
	/* destructors are sorted again at exit: this is then the program's list of dependencies, as ld.so has it */
	world->program->initfini.list = order;
	world->program->initfini.count = world->program->initfini.capacity = count;
}

static void
call_array(const struct table *t)
{
	const uintptr_t *f = (const uintptr_t *)t->at;

	for (size_t n = t->size / sizeof(*f); n; n--, f++)
		((init_function)*f)(arguments.argc, arguments.argv, arguments.envp);
}

static void
call_init(struct object *obj)
{
	if (obj->init_called)
		return;
	obj->init_called = true;
	if (obj->is_interp)
		return; /* it looked after itself */
	if (obj->is_program && world->host == HOST_GLIBC)
		return; /* __libc_start_main does it */
	if (obj->init)
		((init_function)obj->init)(arguments.argc, arguments.argv, arguments.envp);
	call_array(&obj->init_array);
}

void
init_run(struct object **order, uint32_t count)
{
	while (count--)
		call_init(order[count]);
}

void
init_run_startup(int argc, char **argv, char **envp)
{
	struct object *first = NULL;
	uint32_t count = world->startup.count;

	arguments.argc = argc;
	arguments.argv = argv;
	arguments.envp = envp;
	/* DF_1_INITFIRST: the one that was loaded last wins, as in ld.so */
	for (uint32_t i = 0; i < count; i++)
		if (world->startup.list[i]->flags_1 & DF_1_INITFIRST)
			first = world->startup.list[i];
	if (first)
		call_init(first);
	call_array(&world->program->preinit_array);
	init_run(world->program->initfini.list, count);
}

void
init_finish(struct object *obj)
{
	const uintptr_t *f = (const uintptr_t *)obj->fini_array.at;

	if (!obj->init_called || obj->fini_called)
		return;
	obj->fini_called = true;
	if (obj->is_interp || (obj->is_libc && world->host == HOST_GLIBC))
		return;
	for (size_t n = obj->fini_array.size / sizeof(*f); n; n--)
		((void (*)(void))f[n - 1])();
	if (obj->fini)
		((void (*)(void))obj->fini)();
}

static void
sort_for_exit(struct object **order, struct object **scratch, uint32_t count)
{
	memcpy(order, world->all.list, count * sizeof(*order));
	for (uint32_t i = 0; i < count; i++) { /* the program is the first of all */
		if (order[i]->is_program && i) {
			struct object *program = order[i];

			memmove(order + 1, order, i * sizeof(*order));
			order[0] = program;
		}
	}
	load_sort(order, scratch, count, true, true);
}

/*
 * The lock is not held while destructors run (another thread may be in dlopen for good); objects that come late are
 * not finished, as with ld.so.
 */
void
init_run_destructors(void)
{
	uint32_t count = world->startup.count;
	struct object **order = world->exit_order;

	if (world->adds == count) { /* nothing was opened: no lock, no memory */
		sort_for_exit(order, order + count, count);
	} else {
		lock_take(LOCK_DL);
		count = world->all.count;
		order = heap_alloc(2 * count * sizeof(*order));
		sort_for_exit(order, order + count, count);
		lock_give(LOCK_DL);
	}
	for (uint32_t i = 0; i < count; i++)
		init_finish(order[i]);
}
