#include "launch/self_link.h"
#include "libc/boot.h"
#include "rtld/debug.h"

#define PATH_SIZE 4096
#define TWIN "xipld-self"

extern const Elf64_Ehdr __ehdr_start __attribute__((visibility("hidden")));

static const Elf64_Phdr *
own_phdr(uint32_t type)
{
	const Elf64_Phdr *p = (const Elf64_Phdr *)((uintptr_t)&__ehdr_start + __ehdr_start.e_phoff);

	for (uint32_t i = 0; i < __ehdr_start.e_phnum; i++)
		if (p[i].p_type == type)
			return &p[i];
	return NULL;
}

/* Open xipld-self beside the file `path` names, or in ../libexec/xipld from there. */
static int
open_beside(char *path)
{
	char *slash = strrchr(path, '/');
	int fd;

	if (!slash)
		return -1;
	message_format(slash, 60, "/" TWIN);
	fd = sys_open(path, SYS_O_RDONLY | SYS_O_CLOEXEC, 0);
	if (fd < 0) {
		message_format(slash, 60, "/../libexec/xipld/" TWIN);
		fd = sys_open(path, SYS_O_RDONLY | SYS_O_CLOEXEC, 0);
	}
	return fd;
}

static int kept_twin; /* a descriptor, plus 1; 0: none */

static int
open_twin(void)
{
	char path[PATH_SIZE];
	int fd = kept_twin - 1;
	long len;

	kept_twin = 0;
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
resident_keep_twin(void)
{
	kept_twin = open_twin() + 1;
}

/* The same build: its notes, the build-id among them, are ours. */
static bool
is_twin(int fd)
{
	const Elf64_Phdr *note = own_phdr(PT_NOTE);
	char theirs[256];

	return note && note->p_filesz <= sizeof(theirs) &&
	       sys_pread(fd, theirs, note->p_filesz, note->p_offset) == (long)note->p_filesz &&
	       memcmp(theirs, (const char *)&__ehdr_start + note->p_vaddr, note->p_filesz) == 0;
}

/* The only segment that is the file's. */
static bool
map_text_again(int fd)
{
	const Elf64_Phdr *p = own_phdr(PT_LOAD);
	uintptr_t at = (uintptr_t)&__ehdr_start + p->p_vaddr;

	return !sys_failed(sys_mmap(at, p->p_filesz, SYS_PROT_READ | SYS_PROT_EXEC,
				    SYS_MAP_PRIVATE | SYS_MAP_FIXED, fd, p->p_offset));
}

bool
resident_leave_executable(void)
{
	static bool left;
	int fd;

	if (left)
		return true;
	fd = open_twin();
	if (fd < 0)
		return false;
	/* fresh pages would lose a debugger's breakpoints */
	left = !debug_is_watched() && is_twin(fd) && map_text_again(fd);
	sys_close(fd);
	return left;
}

uintptr_t
resident_start(void)
{
	return (uintptr_t)&__ehdr_start;
}

uintptr_t
resident_end(void)
{
	return resident_start() + PAGE_ALIGN_UP(own_phdr(PT_LOAD)->p_filesz);
}

bool
resident_holds(uintptr_t address)
{
	return address - resident_start() < resident_end() - resident_start();
}

uintptr_t
resident_eh_frame_hdr(void)
{
	return resident_start() + own_phdr(PT_GNU_EH_FRAME)->p_vaddr;
}

void
resident_build_id(uint8_t id[32])
{
	const Elf64_Phdr *note = own_phdr(PT_NOTE);
	const char *p = (const char *)&__ehdr_start + note->p_vaddr, *end = p + note->p_filesz;

	while (p + sizeof(Elf64_Nhdr) <= end) {
		const Elf64_Nhdr *n = (const Elf64_Nhdr *)p;
		const char *desc = p + sizeof(*n) + ((n->n_namesz + 3) & ~3U);

		if (n->n_type == NT_GNU_BUILD_ID && n->n_descsz <= 32)
			memcpy(id, desc, n->n_descsz);
		p = desc + ((n->n_descsz + 3) & ~3U);
	}
}
