#include "base/process_args.h"
#include "rtld/vdso.h"
#include "base/lock.h"

#define NAME "linux-vdso.so.1" /* as ld.so calls it */

static struct object vdso SYS_COLD;

/* Its span, from its program headers. The kernel made them: they are as they should be. */
static void
measure(struct object *obj)
{
	for (uint32_t i = 0; i < obj->phnum; i++) {
		const Elf64_Phdr *p = &obj->phdr[i];

		if (p->p_type == PT_LOAD) {
			obj->base = obj->start - p->p_vaddr;
			obj->end = PAGE_ALIGN_UP(obj->start + p->p_memsz);
			break;
		}
	}
}

static void
read_it(struct object *obj, uintptr_t at)
{
	const Elf64_Ehdr *eh = (const Elf64_Ehdr *)at;
	struct error error;

	obj->path = obj->map.l_name = (char *)NAME;
	obj->start = at;
	obj->phdr = (Elf64_Phdr *)(at + eh->e_phoff);
	obj->phnum = eh->e_phnum;
	measure(obj);
	obj->map.l_addr = obj->base;
	object_read_dynamic(obj, &error);
}

struct object *
vdso_at(uintptr_t address)
{
	const uintptr_t at = process_args_aux(&process_args, AT_SYSINFO_EHDR);

	if (!at || address < at)
		return NULL;
	lock_acquire(LOCK_LIST);
	if (!vdso.start)
		read_it(&vdso, at);
	lock_release(LOCK_LIST);
	return object_contains(&vdso, address) ? &vdso : NULL;
}
