#include "link/debug.h"
#include "link/exports.h"

/* Debuggers find this by name in the loader's symbol table. */
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

/* A debugger that started the loader looks for the structure in the loader's own dynamic section. */
static void
set_own_entry(void)
{
	extern Elf64_Dyn _DYNAMIC[] __attribute__((visibility("hidden")));

	for (Elf64_Dyn *d = _DYNAMIC; d->d_tag != DT_NULL; d++)
		if (d->d_tag == DT_DEBUG)
			d->d_un.d_ptr = (uintptr_t)export_debug();
}

void
debug_announce(void)
{
	struct r_debug *r = export_debug();

	set_own_entry();
	if (!world->prelinked) /* a plan has the chain */
		debug_chain();
	r->r_version = 1;
	r->r_map = &world->program->map;
	r->r_brk = (uintptr_t)_dl_debug_state;
	r->r_state = RT_ADD;
	r->r_ldbase = world->interp->base;
	_dl_debug_state();
	r->r_state = RT_CONSISTENT;
	_dl_debug_state();
}

void
debug_begin(bool adding)
{
	export_debug()->r_state = adding ? RT_ADD : RT_DELETE;
	_dl_debug_state();
}

void
debug_end(void)
{
	debug_chain();
	export_debug()->r_state = RT_CONSISTENT;
	_dl_debug_state();
}
