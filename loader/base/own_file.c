#include "base/own_file.h"
#include "lib/message.h"
#include "lib/sys.h"

#include <elf.h>

#define HEAD 1024 /* bytes of the file: its headers and notes */

/* As .note.xipld has it (arch/CPU/launch.inc). */
static const char note[] = "\6\0\0\0\4\0\0\0\1\0\0\0xipld";

bool
own_file_is(int fd)
{
	char head[HEAD];
	long got = sys_pread(fd, head, sizeof(head), 0);

	if (got < (long)sizeof(head) || memcmp(head, ELFMAG, SELFMAG) != 0)
		return false;
	for (size_t at = sizeof(Elf64_Ehdr); at + sizeof(note) <= sizeof(head); at += 4)
		if (memcmp(head + at, note, sizeof(note)) == 0)
			return true;
	return false;
}

static int
open_other(const char *path)
{
	int fd = sys_open(path, SYS_O_RDONLY | SYS_O_CLOEXEC, 0);

	if (fd >= 0 && own_file_is(fd)) {
		sys_close(fd);
		return -ENOENT;
	}
	return fd;
}

/* In which directories musl's libc.so lies, and under which names. */
static const char musl_dirs[] =
	"/lib/" ARCH_MUSL "-linux-musl:/usr/lib/" ARCH_MUSL "-linux-musl:/lib:/usr/lib";

static int
search(const char *dirs, const char *name, char *path, size_t size)
{
	while (*dirs) {
		const char *end = strchr(dirs, ':');
		size_t len = end ? (size_t)(end - dirs) : strlen(dirs);
		int fd;

		if (len + strlen(name) + 2 <= size) {
			memcpy(path, dirs, len);
			message_format(path + len, size - len, "/%s", name);
			fd = open_other(path);
			if (fd >= 0)
				return fd;
		}
		dirs += len + (end != NULL);
	}
	return -ENOENT;
}

int
own_file_open_interp(const char *name, char *path, size_t size)
{
	int fd = sys_open(name, SYS_O_RDONLY | SYS_O_CLOEXEC, 0);

	if (message_format(path, size, "%s", name) >= size) {
		sys_close(fd);
		return -ENAMETOOLONG;
	}
	if (fd < 0 || !own_file_is(fd))
		return fd;
	sys_close(fd);
	if (starts_with(base_name(name), "ld-musl-")) {
		fd = search(musl_dirs, "libc.so", path, size);
		return fd >= 0 ? fd : search(musl_dirs, "libc.musl-" ARCH_MUSL ".so.1", path, size);
	}
	return search(ARCH_DEFAULT_DIRS, base_name(name), path, size);
}
