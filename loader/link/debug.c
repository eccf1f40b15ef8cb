#include "link/debug.h"
#include "link/exports.h"

/*
 * Debuggers that started the loader find these two by name in its symbol table. The structure is a
 * copy of that in the export page, whose address is the same in every process and may stand in the
 * program's dynamic section.
 */
extern struct r_debug _r_debug;
struct r_debug _r_debug;
void _dl_debug_state(void);

__attribute__((noinline)) void
_dl_debug_state(void)
{
	__asm__ volatile(""); /* a place for a breakpoint */
}

void
debug_chain(void)
{
	struct link_map *last = NULL;

	/* the program first: it is the one that a debugger takes for its own */
	for (int pass = 0; pass < 2; pass++) {
		for (uint32_t i = 0; i < world->all.count; i++) {
			struct object *obj = world->all.list[i];

			if (obj->unloading || obj->is_program != (pass == 0))
				continue;
			obj->map.l_prev = last;
			obj->map.l_next = NULL;
			if (last)
				last->l_next = &obj->map;
			last = &obj->map;
		}
	}
}

void
debug_set_program_entry(void)
{
	const struct object *program = world->program;

	for (uint32_t i = 0; i < program->ndynamic; i++) {
		Elf64_Dyn *d = &program->dynamic[i];

		if (d->d_tag == DT_DEBUG && object_holds(program, (uintptr_t)d, sizeof(*d), true))
			d->d_un.d_ptr = (uintptr_t)export_debug();
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
	export_debug()->r_state = state;
	_r_debug = *export_debug();
	_dl_debug_state();
}

void
debug_announce(void)
{
	struct r_debug *r = export_debug();

	if (!world->prelinked) /* a plan has the chain */
		debug_chain();
	r->r_version = 1;
	r->r_map = &world->program->map;
	r->r_brk = (uintptr_t)_dl_debug_state;
	r->r_ldbase = world->interp->base;
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
