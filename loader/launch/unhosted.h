#ifndef XIPLD_UNHOSTED_H
#define XIPLD_UNHOSTED_H

/*
 * What the loaded closure asks of ld.so that this loader does not do: audit libraries, filters,
 * namespaces of their own. Returns the reason to leave the program to the kernel, or NULL.
 */
const char *unhosted_reason(void);

#endif
