#include "rtld/debug.h"
#include "rtld/stubs.h"

/*
 * Debuggers that started the loader find these two by name in its symbol table. The structure is a
 * copy of that in the page of stub targets, whose address is the same in every process and may
 * stand in the program's dynamic section; but its chain names the program, which such a debugger
 * takes for a library.
 */
extern struct r_debug _r_debug;
struct r_debug _r_debug;
void _dl_debug_state(void);

__attribute__((noinline)) void
_dl_debug_state(void)
{
	__asm__ volatile(""); /* a place for a breakpoint */
}

/* Two neighbours; what is right already is not written, its page may be shared. */
static void
chain_maps(struct link_map *first, struct link_map *second)
{
	if (first && first->l_next != second)
		first->l_next = second;
	if (second && second->l_prev != first)
		second->l_prev = first;
}

static void
chain_objects(struct object *first, struct object *second)
{
	chain_maps(first ? &first->map : NULL, second ? &second->map : NULL);
	chain_maps(first ? &first->debug_map : NULL, second ? &second->debug_map : NULL);
}

static void
chain_scope(const struct scope *scope, enum object_kind kind, struct object **last)
{
	for (uint32_t i = 0; i < scope->count; i++) {
		struct object *obj = scope->list[i];

		if (obj->doomed || obj->kind != kind)
			continue;
		chain_objects(*last, obj);
		*last = obj;
	}
}

/* As ld.so has them: the start-up closure, the program first, then what was opened. */
void
debug_chain(void)
{
	struct object *last = NULL;

	chain_scope(&rtld->startup, OBJECT_STARTUP, &last);
	chain_scope(&rtld->all, OBJECT_LOADED, &last);
	chain_objects(last, NULL);
}

void
debug_set_program_entry(void)
{
	const struct object *program = rtld->program;

	for (uint32_t i = 0; i < program->ndynamic; i++) {
		Elf64_Dyn *d = &program->dynamic[i];

		if (d->d_tag == DT_DEBUG && object_holds(program, (uintptr_t)d, sizeof(*d), true))
			d->d_un.d_ptr = (uintptr_t)stub_debug();
	}
}

bool
debug_is_watched(void)
{
	return arch_is_breakpoint((const void *)_dl_debug_state);
}

static void
tell(int state)
{
	stub_debug()->r_state = state;
	_r_debug = *stub_debug();
	_r_debug.r_map = &rtld->program->debug_map;
	_dl_debug_state();
}

void
debug_announce(void)
{
	struct r_debug *r = stub_debug();

	if (!rtld->prelinked) /* a plan has the chain */
		debug_chain();
	r->r_version = 1;
	r->r_map = &rtld->program->map;
	r->r_brk = (uintptr_t)_dl_debug_state;
	r->r_ldbase = rtld->interp->base;
	r->r_state = RT_ADD; /* what ld.so's state is when it does COPY relocations */
	memcpy((void *)rtld->debug_copy.at, r, rtld->debug_copy.size);
	tell(RT_ADD);
	tell(RT_CONSISTENT);
}

void
debug_begin(bool adding)
{
	tell(adding ? RT_ADD : RT_DELETE);
}

void
debug_end(void)
{
	debug_chain();
	tell(RT_CONSISTENT);
}
