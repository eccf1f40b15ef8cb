#include "base/self_image.h"
#include "lib/sys.h"

const Elf64_Phdr *
self_image_phdr(uint32_t type)
{
	const Elf64_Phdr *p = (const Elf64_Phdr *)((uintptr_t)&__ehdr_start + __ehdr_start.e_phoff);

	for (uint32_t i = 0; i < __ehdr_start.e_phnum; i++)
		if (p[i].p_type == type)
			return &p[i];
	return NULL;
}

uintptr_t
self_image_start(void)
{
	return (uintptr_t)&__ehdr_start;
}

uintptr_t
self_image_end(void)
{
	return self_image_start() + PAGE_ALIGN_UP(self_image_phdr(PT_LOAD)->p_filesz);
}

bool
self_image_holds(uintptr_t address)
{
	return address - self_image_start() < self_image_end() - self_image_start();
}

uintptr_t
self_image_eh_frame_hdr(void)
{
	return self_image_start() + self_image_phdr(PT_GNU_EH_FRAME)->p_vaddr;
}

void
self_image_build_id(uint8_t id[32])
{
	const Elf64_Phdr *note = self_image_phdr(PT_NOTE);
	const char *p = (const char *)&__ehdr_start + note->p_vaddr, *end = p + note->p_filesz;

	while (p + sizeof(Elf64_Nhdr) <= end) {
		const Elf64_Nhdr *n = (const Elf64_Nhdr *)p;
		const char *desc = p + sizeof(*n) + ((n->n_namesz + 3) & ~3U);

		if (n->n_type == NT_GNU_BUILD_ID && n->n_descsz <= 32)
			memcpy(id, desc, n->n_descsz);
		p = desc + ((n->n_descsz + 3) & ~3U);
	}
}
