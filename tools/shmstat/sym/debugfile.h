/* Where separate debug files are looked for. */
#ifndef SHMSTAT_SYM_DEBUGFILE_H
#define SHMSTAT_SYM_DEBUGFILE_H

/* Look under this directory instead of /usr/lib/debug. The string is kept, not copied. */
void debugfile_directory(const char *directory);

#endif
