/* Objects that need each other, a letter each, whose constructors and destructors note that they
 * ran. Loading one is faked: what it needs comes with it. A test that includes this is linked with
 * --wrap=load_library. */
#ifndef XIPLD_TESTS_GRAPH_H
#define XIPLD_TESTS_GRAPH_H

#include "rtld/dlfcn.h"
#include "rtld/init.h"
#include "rtld/load.h"
#include "tests_objects.h"

#define LETTERS 8

static char ran[64]; /* constructors in small letters, destructors in capitals */
static struct object *universe[LETTERS]; /* what there is, loaded or not */
static char opens_in_constructor; /* a dlopen by the constructor of `c` */

static inline void
note(char letter)
{
	ran[strlen(ran)] = letter;
}

#define FUNCTIONS(small, capital)                              \
	static void begin_##small(void)                        \
	{                                                      \
		struct error e;                                \
		const char name[] = {opens_in_constructor, 0}; \
		if (#small[0] == 'c' && *name)                 \
			dl_open_for(name, RTLD_NOW, NULL, &e); \
		note(#small[0]);                               \
	}                                                      \
	static void end_##small(void)                          \
	{                                                      \
		note(#capital[0]);                             \
	}
FUNCTIONS(a, A)
FUNCTIONS(b, B)
FUNCTIONS(c, C)
FUNCTIONS(d, D)
FUNCTIONS(e, E)
FUNCTIONS(f, F)
FUNCTIONS(g, G)
FUNCTIONS(h, H)
static void (*const constructors[LETTERS])(void) = {begin_a, begin_b, begin_c, begin_d,
						    begin_e, begin_f, begin_g, begin_h};
static void (*const destructors[LETTERS])(void) = {end_a, end_b, end_c, end_d,
						   end_e, end_f, end_g, end_h};

static inline struct object *
object(char letter)
{
	struct object **obj = &universe[letter - 'a'];

	if (!*obj) {
		const char path[] = {'/', letter, 0};

		*obj = heap_alloc(sizeof(**obj));
		(*obj)->path = heap_strdup(path);
		(*obj)->soname = (*obj)->path + 1;
		(*obj)->init_array = (struct table){(uintptr_t)&constructors[letter - 'a'], 8};
		(*obj)->fini_array = (struct table){(uintptr_t)&destructors[letter - 'a'], 8};
	}
	return *obj;
}

/* "a:bc b:d": a needs b and c, b needs d. */
static inline void
describe(const char *graph)
{
	for (; *graph; graph += *graph == ' ') {
		struct object *obj = object(*graph++);

		for (graph += *graph == ':'; *graph && *graph != ' '; graph++)
			set_needed(obj, object(*graph));
	}
}

/* Load an object and what it needs, breadth first. */
static inline void
bring(struct object *root, enum object_kind kind, struct scope *closure)
{
	scope_add(closure, root);
	for (uint32_t i = 0; i < closure->count; i++) {
		struct object *obj = closure->list[i];

		if (!scope_has(&rtld->all, obj)) {
			obj->kind = kind;
			obj->serial = ++rtld->serial;
			scope_add(&rtld->all, obj);
			rtld->adds++;
		}
		for (uint32_t k = 0; k < obj->needed.count; k++)
			if (!scope_has(closure, obj->needed.list[k]))
				scope_add(closure, obj->needed.list[k]);
	}
}

/* In place of load.c's: what dlopen asks for is one of the letters. */
struct object *__wrap_load_library(const char *name, struct object *requester,
				   enum object_kind kind, bool *fresh, struct error *error);
struct object *
__wrap_load_library(const char *name, struct object *requester, enum object_kind kind, bool *fresh,
		    struct error *error)
{
	struct object *obj = load_find(name);
	struct scope closure = {0};

	(void)requester, (void)fresh;
	if (obj)
		return obj;
	obj = *name >= 'a' && *name < 'a' + LETTERS ? universe[*name - 'a'] : NULL;
	if (!obj)
		error_say(error, name, ENOENT, ERROR_NOT_FOUND);
	else
		bring(obj, kind, &closure);
	return obj;
}

/* The program is `a`; `preloads` come before what it needs. */
static inline void
start(const char *graph, const char *preloads)
{
	struct object *program;

	describe(graph);
	program = rtld->program = rtld->libc = rtld->interp = object('a');
	program->is_program = true;
	scope_add(&rtld->startup, program);
	for (; *preloads; preloads++)
		scope_add(&rtld->startup, object(*preloads));
	for (uint32_t i = 0; i < rtld->startup.count; i++) {
		struct object *obj = rtld->startup.list[i];

		for (uint32_t k = 0; k < obj->needed.count; k++)
			if (!scope_has(&rtld->startup, obj->needed.list[k]))
				scope_add(&rtld->startup, obj->needed.list[k]);
	}
	for (uint32_t i = 0; i < rtld->startup.count; i++) {
		scope_add(&rtld->all, rtld->startup.list[i]);
		scope_add(&rtld->global, rtld->startup.list[i]);
		rtld->startup.list[i]->in_global = true;
		rtld->startup.list[i]->serial = ++rtld->serial;
	}
	rtld->adds = rtld->all.count;
	init_prepare();
}

/* The loader's own word of this thread: dlerror's text. */
static __thread void *own_word;

static inline int
begin(void **state)
{
	(void)state;
	forget_rtld();
	rtld->tls.self = (ptrdiff_t)((uintptr_t)&own_word - arch_thread_pointer());
	memset(universe, 0, sizeof(universe));
	memset(ran, 0, sizeof(ran));
	opens_in_constructor = 0;
	own_word = NULL;
	return 0;
}

static inline const char *
letters_of(struct object *const *list, uint32_t count)
{
	static char text[LETTERS + 1];

	for (uint32_t i = 0; i < count; i++)
		text[i] = list[i]->soname[0];
	text[count] = 0;
	return text;
}

static inline const char *
startup_order(void)
{
	return letters_of(rtld->program->initfini.list, rtld->program->initfini.count);
}

static inline struct object *
open_it(const char *name, int mode)
{
	struct error error;

	return dl_open_for(name, mode, NULL, &error);
}

static inline void
close_it(struct object *obj)
{
	assert_int_equal(stub_dlclose(&obj->map), 0);
}

#endif
