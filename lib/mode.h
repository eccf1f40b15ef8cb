/* The mode of a file by name (inode(7)): <sys/stat.h> is not for code without a C library. */
#ifndef XIPLD_MODE_H
#define XIPLD_MODE_H

#include <stdbool.h>
#include <stdint.h>

enum {
	MODE_TYPE = 0170000,
	MODE_LINK = 0120000,
	MODE_FILE = 0100000,
	MODE_BLOCK_DEVICE = 0060000,
	MODE_DIRECTORY = 0040000,
	MODE_CHARACTER_DEVICE = 0020000,
	MODE_SETUID = 04000,
	MODE_SETGID = 02000,
	MODE_STICKY = 01000,
	MODE_GROUP_EXECUTE = 0010,
	MODE_ALL_EXECUTE = 0111,
	MODE_OTHERS_WRITE = 0022, /* the group, or all */
	MODE_OTHERS_READ = 0004,
	MODE_OTHERS_EXECUTE = 0001,
};

static inline bool
mode_is_file(uint32_t mode)
{
	return (mode & MODE_TYPE) == MODE_FILE;
}

static inline bool
mode_is_directory(uint32_t mode)
{
	return (mode & MODE_TYPE) == MODE_DIRECTORY;
}

static inline bool
mode_is_link(uint32_t mode)
{
	return (mode & MODE_TYPE) == MODE_LINK;
}

/* Set-group-ID: without the right to execute the bit means a lock (inode(7)). */
static inline bool
mode_is_setgid(uint32_t mode)
{
	return (mode & MODE_SETGID) && (mode & MODE_GROUP_EXECUTE);
}

#endif
