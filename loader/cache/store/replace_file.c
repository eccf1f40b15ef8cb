#include "cache/store/replace_file.h"

static bool
write_file(const char *path, const char *bytes, size_t size, int mode)
{
	int fd = store_open_file(&store, path, SYS_O_WRONLY | SYS_O_CREAT | SYS_O_EXCL, mode);
	bool ok = fd >= 0 && store_write(fd, bytes, size) &&
		  sys_call(__NR_fsync, fd, 0, 0, 0, 0, 0) == 0;

	if (fd >= 0)
		sys_close(fd);
	return ok;
}

bool
replace_file(const char *path, const char *bytes, size_t size, int mode)
{
	char temp[STORE_PATH + 64];
	bool ok;

	message_format(temp, sizeof(temp), "%s.new", path);
	store_remove(&store, temp);
	ok = write_file(temp, bytes, size, mode) && store_rename(&store, temp, path);
	if (!ok)
		store_remove(&store, temp);
	return ok;
}
