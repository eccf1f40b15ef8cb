/* The process takes the program's identity: name, command line, executable, auxiliary vector. */
#ifndef XIPLD_IDENTITY_H
#define XIPLD_IDENTITY_H

/* As far as the kernel lets us; what it does not, link/self.h makes up for. */
void identity_take(void);

#endif
