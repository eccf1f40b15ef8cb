/* Replace a file of the store. */
#ifndef XIPLD_REPLACE_FILE_H
#define XIPLD_REPLACE_FILE_H

#include "cache/store/store.h"

/* Write a file beside, with this mode, sync it and give it its name, in place of what had it. */
bool replace_file(const char *path, const char *bytes, size_t size, int mode);

#endif
