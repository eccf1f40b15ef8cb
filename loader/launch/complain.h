/* What is said while a program is loaded: as ld.so says it, where it is ld.so's to say. */
#ifndef XIPLD_COMPLAIN_H
#define XIPLD_COMPLAIN_H

#include "rtld/complaints.h"

/* End the process: ld.so's texts as ld.so prints them, else program_fail. */
_Noreturn void complain_fail(const struct error *error, int status);

/* Print what was kept, once a launch: when nothing leaves the program to the kernel any more, which
 * would let ld.so say the same. */
void complain_aloud(void);

#endif
