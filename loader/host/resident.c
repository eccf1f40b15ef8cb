#include "host/resident.h"
#include "host/host.h"
#include "link/debug.h"

#define PATH_SIZE 4096
#define TWIN "xipld-self"

extern const Elf64_Ehdr __ehdr_start __attribute__((visibility("hidden")));

static const Elf64_Phdr *
own_phdr(uint32_t type, uint32_t flags_wanted, uint32_t flags_mask)
{
	const Elf64_Phdr *p = (const Elf64_Phdr *)((uintptr_t)&__ehdr_start + __ehdr_start.e_phoff);

	for (uint32_t i = 0; i < __ehdr_start.e_phnum; i++)
		if (p[i].p_type == type && (p[i].p_flags & flags_mask) == flags_wanted)
			return &p[i];
	return NULL;
}

static const char *
note_content(const Elf64_Nhdr *n)
{
	return (const char *)(n + 1) + ((n->n_namesz + 3) & ~3U);
}

static const Elf64_Nhdr *
build_id_among(const Elf64_Phdr *notes)
{
	const char *p = (const char *)&__ehdr_start + notes->p_vaddr, *end = p + notes->p_filesz;

	while (p + sizeof(Elf64_Nhdr) <= end) {
		const Elf64_Nhdr *n = (const Elf64_Nhdr *)p;

		if (n->n_type == NT_GNU_BUILD_ID)
			return n;
		p = note_content(n) + ((n->n_descsz + 3) & ~3U);
	}
	return NULL;
}

/* The note with this build's id, and the program header that it belongs to. */
static const Elf64_Nhdr *
own_build_id(const Elf64_Phdr **notes)
{
	const Elf64_Phdr *p = (const Elf64_Phdr *)((uintptr_t)&__ehdr_start + __ehdr_start.e_phoff);
	const Elf64_Nhdr *n = NULL;

	for (uint32_t i = 0; i < __ehdr_start.e_phnum && !n; i++) {
		*notes = &p[i];
		if (p[i].p_type == PT_NOTE)
			n = build_id_among(&p[i]);
	}
	return n;
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

static int
open_twin(void)
{
	char path[PATH_SIZE];
	int fd = -1;
	long len;

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

/* The same build: its notes, the build-id among them, are ours. */
static bool
is_twin(int fd)
{
	const Elf64_Phdr *notes;
	char theirs[256];

	return own_build_id(&notes) && notes->p_filesz <= sizeof(theirs) &&
	       sys_pread(fd, theirs, notes->p_filesz, notes->p_offset) == (long)notes->p_filesz &&
	       memcmp(theirs, (const char *)&__ehdr_start + notes->p_vaddr, notes->p_filesz) == 0;
}

static bool
map_text_again(int fd)
{
	const Elf64_Phdr *p = (const Elf64_Phdr *)((uintptr_t)&__ehdr_start + __ehdr_start.e_phoff);

	for (uint32_t i = 0; i < __ehdr_start.e_phnum; i++, p++) {
		uintptr_t at = (uintptr_t)&__ehdr_start + p->p_vaddr;

		if (p->p_type != PT_LOAD || (p->p_flags & PF_W))
			continue;
		if (sys_failed(sys_mmap(PAGE_ALIGN_DOWN(at), p->p_filesz + (at & (page_size - 1)),
					object_prot(p->p_flags), SYS_MAP_PRIVATE | SYS_MAP_FIXED,
					fd, PAGE_ALIGN_DOWN(p->p_offset))))
			return false;
	}
	return true;
}

#define MAX_DATA                                                                                 \
	(32768 + 2 * ARCH_PAGE_MAX) /* bytes of initialised data, kept on the stack for a moment \
				     */

/*
 * Replace the initialised data by anonymous pages of the same content: they are then no file's.
 * Between the mapping and the copy there are no variables, so nothing may be called that has any.
 */
static bool
move_data(void)
{
	const Elf64_Phdr *p = own_phdr(PT_LOAD, PF_W, PF_W);
	uintptr_t at = (uintptr_t)&__ehdr_start + p->p_vaddr;
	uintptr_t from = PAGE_ALIGN_DOWN(at);
	size_t size = PAGE_ALIGN_UP(at + p->p_filesz) - from;
	long got;

	if (size > MAX_DATA)
		return false;
	char kept[size];

	memcpy(kept, (const void *)from, size);
	got = arch_syscall(__NR_mmap, (long)from, (long)size, SYS_PROT_READ | SYS_PROT_WRITE,
			   SYS_MAP_PRIVATE | SYS_MAP_ANONYMOUS | SYS_MAP_FIXED, -1, 0);
	if (sys_failed(got))
		return false;
	memcpy((void *)from, kept, size);
	return true;
}

bool
resident_leave_executable(void)
{
	int fd = open_twin();
	bool ok;

	if (fd < 0)
		return false;
	/* fresh pages would lose a debugger's breakpoints */
	ok = !debug_is_watched() && is_twin(fd) && map_text_again(fd) && move_data();
	sys_close(fd);
	return ok;
}

void
resident_build_id(uint8_t id[32])
{
	const Elf64_Phdr *notes;
	const Elf64_Nhdr *n = own_build_id(&notes);

	if (n && n->n_descsz <= 32)
		memcpy(id, note_content(n), n->n_descsz);
}
