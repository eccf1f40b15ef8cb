#include "launch/self_link.h"
#include "base/self_image.h"
#include "libc/boot.h"
#include "rtld/debug.h"

#define PATH_SIZE 4096
#define SELF_LINK "xipld-self"

/* Open xipld-self beside the file `path` names, or in ../libexec/xipld from there. */
static int
open_beside(char *path)
{
	char *slash = strrchr(path, '/');
	int fd;

	if (!slash)
		return -1;
	message_format(slash, 60, "/" SELF_LINK);
	fd = sys_open(path, SYS_O_RDONLY | SYS_O_CLOEXEC, 0);
	if (fd < 0) {
		message_format(slash, 60, "/../libexec/xipld/" SELF_LINK);
		fd = sys_open(path, SYS_O_RDONLY | SYS_O_CLOEXEC, 0);
	}
	return fd;
}

static int kept; /* a descriptor, plus 1; 0: none */

static int
open_link(void)
{
	char path[PATH_SIZE];
	int fd = kept - 1;
	long len;

	kept = 0;
	if (fd >= 0)
		return fd;
	if (message_format(path, sizeof(path) - 64, "%s", process_execfn) < sizeof(path) - 64)
		fd = open_beside(path);
	if (fd >= 0)
		return fd;
	len = sys_readlink("/proc/self/exe", path, sizeof(path) - 64);
	if (len <= 0)
		return -1;
	path[len] = 0;
	return open_beside(path);
}

void
self_link_keep(void)
{
	kept = open_link() + 1;
}

/* The same build: its notes, the build-id among them, are ours. */
static bool
is_same_build(int fd)
{
	const Elf64_Phdr *note = self_image_phdr(PT_NOTE);
	char theirs[256];

	return note && note->p_filesz <= sizeof(theirs) &&
	       sys_pread(fd, theirs, note->p_filesz, note->p_offset) == (long)note->p_filesz &&
	       memcmp(theirs, (const char *)&__ehdr_start + note->p_vaddr, note->p_filesz) == 0;
}

/* The only segment that is the file's. */
static bool
map_text_again(int fd)
{
	const Elf64_Phdr *p = self_image_phdr(PT_LOAD);
	uintptr_t at = (uintptr_t)&__ehdr_start + p->p_vaddr;

	return !sys_failed(sys_mmap(at, p->p_filesz, SYS_PROT_READ | SYS_PROT_EXEC,
				    SYS_MAP_PRIVATE | SYS_MAP_FIXED, fd, p->p_offset));
}

bool
self_link_leave_executable(void)
{
	static bool left;
	int fd;

	if (left)
		return true;
	fd = open_link();
	if (fd < 0)
		return false;
	/* fresh pages would lose a debugger's breakpoints */
	left = !debug_is_watched() && is_same_build(fd) && map_text_again(fd);
	sys_close(fd);
	return left;
}
