/* The loader's own file, as it lies in this process. */
#ifndef XIPLD_SELF_IMAGE_H
#define XIPLD_SELF_IMAGE_H

#include <elf.h>
#include <stdbool.h>
#include <stdint.h>

extern const Elf64_Ehdr __ehdr_start __attribute__((visibility("hidden")));

/* Its first program header of this type, or NULL. */
const Elf64_Phdr *self_image_phdr(uint32_t type);

/* Where the loader's text lies, and what unwinders want of it (PT_GNU_EH_FRAME). */
uintptr_t self_image_start(void);
uintptr_t self_image_end(void);
bool self_image_holds(uintptr_t address);
uintptr_t self_image_eh_frame_hdr(void);

/* The build-id of this loader, 32 bytes, the rest zero. */
void self_image_build_id(uint8_t id[32]);

#endif
