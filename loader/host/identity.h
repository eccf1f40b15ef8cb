/* The process takes the program's identity: name, command line, executable, auxiliary vector. */
#ifndef XIPLD_IDENTITY_H
#define XIPLD_IDENTITY_H

/*
 * As far as the kernel lets us (prctl(2), PR_SET_MM_MAP); what it does not, link/self.h makes up
 * for. Closes world->program_fd.
 */
void identity_take(void);

/* The program's file, absolute and without symbolic links: what its /proc/self/exe should say. */
const char *identity_program_path(void);

#endif
