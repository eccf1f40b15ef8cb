/* Separate debug files, and the build-id by which they are found. */
#ifndef SHMSTAT_SYM_DEBUGFILE_H
#define SHMSTAT_SYM_DEBUGFILE_H

#include <gelf.h>

#include "shmstat/sym/elffile.h"

/* Look under this directory instead of /usr/lib/debug. The string is kept, not copied. */
void debugfile_directory(const char *directory);

/* Build-id as lower-case hexadecimal digits; "" if there is none. */
const char *elffile_build_id(struct elffile *f);

/* The separate debug file, looked for at the first call; NULL if there is none. */
Elf *elffile_debug(struct elffile *f);
/* A section of an ELF handle by name; NULL if there is none. */
Elf_Scn *elf_section_named(Elf *elf, const char *name, GElf_Shdr *header);
/* The build-id of an ELF handle as hexadecimal digits ("" if none). */
void elf_build_id(Elf *elf, char *hex, size_t capacity);

#endif
