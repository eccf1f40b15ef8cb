#include "link/self.h"
#include "host/identity.h"
#include "link/exports.h"

extern uintptr_t *export_originals;

/* If path is that of this process's own exe link. */
static bool
names_self(const char *path)
{
	char own[40];

	if (!path || !starts_with(path, "/proc/"))
		return false;
	path += 6;
	if (streq(path, "self/exe") || streq(path, "thread-self/exe"))
		return true;
	if (*path < '0' || *path > '9')
		return false;
	message_format(own, sizeof(own), "%d/exe", sys_getpid());
	return streq(path, own);
}

const char *
self_path(const char *path)
{
	return names_self(path) ? identity_program_path() : path;
}

static long
copy_path(char *buf, size_t size)
{
	const char *own = identity_program_path();
	size_t len = strlen(own);

	if (len > size)
		len = size;
	memcpy(buf, own, len);
	return (long)len;
}

long
export_readlink(const char *path, char *buf, size_t size)
{
	if (size && names_self(path))
		return copy_path(buf, size);
	return ((long (*)(const char *, char *, size_t))export_originals[EXPORT_readlink])(
		path, buf, size);
}

long
export___readlink_chk(const char *path, char *buf, size_t size, size_t room)
{
	if (size && size <= room && names_self(path))
		return copy_path(buf, size);
	return ((long (*)(const char *, char *, size_t,
			  size_t))export_originals[EXPORT___readlink_chk])(path, buf, size, room);
}

long
export_readlinkat(int dir, const char *path, char *buf, size_t size)
{
	if (size && names_self(path))
		return copy_path(buf, size);
	return ((long (*)(int, const char *, char *, size_t))export_originals[EXPORT_readlinkat])(
		dir, path, buf, size);
}

long
export___readlinkat_chk(int dir, const char *path, char *buf, size_t size, size_t room)
{
	if (size && size <= room && names_self(path))
		return copy_path(buf, size);
	return ((long (*)(int, const char *, char *, size_t,
			  size_t))export_originals[EXPORT___readlinkat_chk])(dir, path, buf, size,
									     room);
}
