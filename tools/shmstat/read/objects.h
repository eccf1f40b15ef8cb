/* Mappings grouped to objects (struct object of model.h). */
#ifndef SHMSTAT_READ_OBJECTS_H
#define SHMSTAT_READ_OBJECTS_H

#include "shmstat/proc/model.h"
#include "shmstat/read/classes.h"

/*
 * Fill p->objects and mapping.object. An ELF file's object spans its PT_LOADs at one load bias: in
 * that range anonymous mappings are its bss, and files of a store its relocated pages. ELF files
 * are opened to learn that, once each for all processes. Returns 0 or an errno.
 */
int objects_make(struct known_files *k, struct process *p);

#endif
