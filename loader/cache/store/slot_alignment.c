#include "cache/store/slot_alignment.h"

bool
slot_has_piece(uint64_t at, uint64_t size)
{
	uint64_t skip = -at % pmd_size();

	return size >= skip && size - skip >= pmd_size();
}

static uint64_t
alignment_of(const struct object *obj)
{
	uint64_t align = page_size;

	for (uint32_t i = 0; i < obj->phnum; i++)
		if (obj->phdr[i].p_type == PT_LOAD && obj->phdr[i].p_align > align)
			align = obj->phdr[i].p_align;
	return align;
}

uint64_t
slot_alignment(const struct object *obj, uint64_t *align)
{
	const Elf64_Phdr *best = NULL, *first = NULL;

	for (uint32_t i = 0; i < obj->phnum; i++) {
		const Elf64_Phdr *ph = &obj->phdr[i];

		if (ph->p_type != PT_LOAD)
			continue;
		first = first ? first : ph; /* they are sorted by address (gABI) */
		if (!(ph->p_flags & PF_W) && slot_has_piece(ph->p_offset, ph->p_filesz) &&
		    (!best || ph->p_filesz > best->p_filesz))
			best = ph;
	}
	*align = alignment_of(obj);
	/* a larger alignment is the object's own wish */
	if (!best || *align >= pmd_size())
		return 0;
	*align = pmd_size();
	return (best->p_offset - best->p_vaddr + PAGE_ALIGN_DOWN(first->p_vaddr)) & (*align - 1);
}
