/* The part of the loader that stays in the process, and which file it is mapped from. */
#ifndef XIPLD_SELF_LINK_H
#define XIPLD_SELF_LINK_H

#include <stdbool.h>
#include <stdint.h>

/*
 * The kernel lets a process name another executable only if nothing of the present one is mapped.
 * Map the loader's own pages from its twin instead, a hard link beside it or in ../libexec/xipld
 * (so the page cache holds them once), and its data from no file. Returns false, with nothing
 * changed, if there is no twin or it is not the same build.
 */
bool resident_leave_executable(void);

/* Open the twin now, to be used later: the launch is about to leave the file system that it is in.
 */
void resident_keep_twin(void);

/* Where the loader's text lies, and what unwinders want of it (PT_GNU_EH_FRAME). */
uintptr_t resident_start(void);
uintptr_t resident_end(void);
bool resident_holds(uintptr_t address);
uintptr_t resident_eh_frame_hdr(void);

/* The build-id of this loader, 32 bytes, the rest zero. */
void resident_build_id(uint8_t id[32]);

#endif
