#include "launch/jump.h"
#include "base/own_file.h"
#include "base/process_args.h"
#include "base/self_image.h"
#include "elf/object.h"
#include "launch/proc_identity.h"
#include "lib/message.h"
#include "lib/sys.h"

#define PATH_SIZE 4096
#define PHDRS 32 /* more than any dynamic linker has */

extern _Noreturn void arch_enter(uintptr_t *stack, uintptr_t entry);

/* The dynamic linker's file, and where it is mapped. */
struct linker {
	Elf64_Ehdr eh;
	Elf64_Phdr phdr[PHDRS];
	char path[PATH_SIZE];
	int fd;
	uintptr_t base;
};

/* The text of PT_INTERP, if it lies in what the file fills of a segment, and ends there. */
static const char *
interp_name(const struct kernel_program *p, const Elf64_Phdr *interp)
{
	const char *name = (const char *)(p->bias + interp->p_vaddr);

	for (uint32_t i = 0; i < p->phnum; i++) {
		const Elf64_Phdr *h = &p->phdr[i];

		if (h->p_type == PT_LOAD && interp->p_vaddr >= h->p_vaddr &&
		    interp->p_vaddr - h->p_vaddr < h->p_filesz && interp->p_filesz &&
		    interp->p_filesz <= h->p_filesz - (interp->p_vaddr - h->p_vaddr))
			return name[interp->p_filesz - 1] ? NULL : name;
	}
	return NULL;
}

void
kernel_program_find(struct kernel_program *p)
{
	static Elf64_Phdr copy[PROGRAM_PHDRS] SYS_COLD;
	const uintptr_t at = process_args_aux(&process_args, AT_PHDR);
	const Elf64_Phdr *self = NULL, *first = NULL, *interp = NULL;

	*p = (struct kernel_program){
		.phdr = (const Elf64_Phdr *)at,
		.phnum = (uint32_t)process_args_aux(&process_args, AT_PHNUM),
	};
	for (uint32_t i = 0; i < p->phnum && at; i++) {
		const Elf64_Phdr *h = &p->phdr[i];

		if (h->p_type == PT_PHDR)
			self = h;
		else if (h->p_type == PT_INTERP)
			interp = h;
		else if (h->p_type == PT_LOAD && !first)
			first = h;
	}
	if (self)
		p->bias = at - self->p_vaddr;
	else if (first) /* the headers lie on the first page of the file */
		p->bias = PAGE_ALIGN_DOWN(at) - PAGE_ALIGN_DOWN(first->p_vaddr);
	p->interp = interp ? interp_name(p, interp) : NULL;
	if (at && p->phnum <= PROGRAM_PHDRS)
		p->phdr = memcpy(copy, p->phdr, p->phnum * sizeof(*copy));
}

void
kernel_program_unmap(const struct kernel_program *program)
{
	uintptr_t low = UINTPTR_MAX, high = 0;

	for (uint32_t i = 0; i < program->phnum; i++) {
		const Elf64_Phdr *p = &program->phdr[i];

		if (p->p_type != PT_LOAD)
			continue;
		low = p->p_vaddr < low ? p->p_vaddr : low;
		high = p->p_vaddr + p->p_memsz > high ? p->p_vaddr + p->p_memsz : high;
	}
	low = PAGE_ALIGN_DOWN(program->bias + low);
	sys_munmap(low, PAGE_ALIGN_UP(program->bias + high) - low);
}

/* By the kernel's rules, which are fewer than ld.so's for a library (object_check_header). */
static bool
is_usable(const struct linker *l)
{
	const Elf64_Ehdr *e = &l->eh;

	return memcmp(e->e_ident, ELFMAG, SELFMAG) == 0 && e->e_ident[EI_CLASS] == ELFCLASS64 &&
	       e->e_type == ET_DYN && e->e_machine == ARCH_MACHINE &&
	       e->e_phentsize == sizeof(Elf64_Phdr) && e->e_phnum > 0 && e->e_phnum <= PHDRS;
}

/* Where the segments end, from 0; 0: they are not as a dynamic linker's are. */
static size_t
span_of(const struct linker *l)
{
	uintptr_t end = 0;

	for (uint32_t i = 0; i < l->eh.e_phnum; i++) {
		const Elf64_Phdr *p = &l->phdr[i];

		if (p->p_type != PT_LOAD)
			continue;
		if (PAGE_ALIGN_DOWN(p->p_vaddr) < end || p->p_filesz > p->p_memsz ||
		    p->p_memsz > ARCH_USER_TOP / 4 || p->p_vaddr > ARCH_USER_TOP / 4 ||
		    ((p->p_vaddr ^ p->p_offset) & (page_size - 1)) || (!end && p->p_vaddr))
			return 0;
		end = PAGE_ALIGN_UP(p->p_vaddr + p->p_memsz);
	}
	return end;
}

/* What the file does not fill is zero, to the end of its last page: ld.so takes memory from there.
 */
static bool
map_zeroes(uintptr_t base, const Elf64_Phdr *p)
{
	uintptr_t from = base + p->p_vaddr + p->p_filesz, end = from + p->p_memsz - p->p_filesz;
	uintptr_t page = PAGE_ALIGN_UP(from);

	if (end == from)
		return true;
	if (p->p_flags & PF_W)
		memset((void *)from, 0, page - from);
	return PAGE_ALIGN_UP(end) <= page ||
	       !sys_failed(sys_mmap(page, PAGE_ALIGN_UP(end) - page, object_prot(p->p_flags),
				    SYS_MAP_PRIVATE | SYS_MAP_ANONYMOUS | SYS_MAP_FIXED, -1, 0));
}

/* MAP_FIXED: of a span that is the linker's own. There a segment without a file part has its first
 * page from the file all the same; else that page may be the segment's before it. */
static bool
map_segment(uintptr_t base, const Elf64_Phdr *p, int fd, int flags)
{
	const uintptr_t from = PAGE_ALIGN_DOWN(base + p->p_vaddr);
	const size_t size = base + p->p_vaddr + p->p_filesz - from;
	const bool has_pages = flags == SYS_MAP_FIXED ? size : p->p_filesz;

	if (has_pages &&
	    sys_failed(sys_mmap(from, size, object_prot(p->p_flags), SYS_MAP_PRIVATE | flags, fd,
				PAGE_ALIGN_DOWN(p->p_offset))))
		return false;
	return map_zeroes(base, p);
}

/* As the kernel maps an interpreter: the first mapping is as long as all, and finds the place. */
static bool
map_linker(struct linker *l)
{
	const size_t span = span_of(l);
	long at;

	for (uint32_t i = 0; i < l->eh.e_phnum && span; i++) {
		const Elf64_Phdr *p = &l->phdr[i];

		if (p->p_type != PT_LOAD)
			continue;
		if (l->base) {
			if (!map_segment(l->base, p, l->fd, SYS_MAP_FIXED))
				return false;
			continue;
		}
		at = sys_mmap(0, span, object_prot(p->p_flags), SYS_MAP_PRIVATE, l->fd,
			      PAGE_ALIGN_DOWN(p->p_offset));
		if (sys_failed(at) || !map_zeroes((uintptr_t)at, p))
			return false;
		l->base = (uintptr_t)at;
	}
	return l->base != 0;
}

bool
kernel_program_map(const struct kernel_program *program)
{
	const int fd = sys_open("/proc/self/exe", SYS_O_RDONLY | SYS_O_CLOEXEC, 0);
	bool ok = fd >= 0;

	for (uint32_t i = 0; i < program->phnum && ok; i++) {
		const Elf64_Phdr *p = &program->phdr[i];

		if (p->p_type == PT_LOAD && p->p_memsz)
			ok = map_segment(program->bias, p, fd, SYS_MAP_FIXED_NOREPLACE);
	}
	if (fd >= 0)
		sys_close(fd);
	return ok;
}

static bool
load_linker(struct linker *l, const char *interp)
{
	const size_t at = sizeof(l->eh);
	bool ok;

	l->fd = own_file_open_interp(interp, l->path, sizeof(l->path));
	if (l->fd < 0)
		return false;
	ok = sys_pread(l->fd, &l->eh, at, 0) == (long)at && is_usable(l) &&
	     sys_pread(l->fd, l->phdr, l->eh.e_phnum * sizeof(Elf64_Phdr), l->eh.e_phoff) ==
		     (long)(l->eh.e_phnum * sizeof(Elf64_Phdr)) &&
	     map_linker(l);
	sys_close(l->fd);
	return ok;
}

/* Take the loader's pages away, but those of its text: the code that does so runs there. */
static void
leave_memory(void)
{
	extern char __bss_start[] __attribute__((visibility("hidden")));
	const Elf64_Phdr *data = self_image_phdr(PT_LOAD) + 1;
	uintptr_t end = PAGE_ALIGN_UP(self_image_start() + data->p_vaddr + data->p_memsz);

	arch_syscall(__NR_munmap, (long)__bss_start, (long)(end - (uintptr_t)__bss_start), 0, 0, 0,
		     0);
}

static struct linker linker SYS_COLD;

static void
load(const char *name)
{
	if (!load_linker(&linker, name))
		message_die(127, "xipld: %s: the dynamic linker of this name cannot be loaded\n",
			    name);
}

/* Nothing of the loader's variables is there any more when its memory has been left. */
static _Noreturn void
enter(const struct kernel_program *program)
{
	const uintptr_t entry = linker.base + linker.eh.e_entry;
	uintptr_t *const stack = process_args.stack;

	proc_identity_note_vector(program->phdr, program->phnum, program->bias);
	leave_memory();
	arch_enter(stack, entry);
}

_Noreturn void
jump_to_interp(const struct kernel_program *program)
{
	load(program->interp ? program->interp : ARCH_INTERP);
	process_args_set_aux(&process_args, AT_BASE, linker.base);
	enter(program);
}

_Noreturn void
jump_to_command(const char *name)
{
	struct kernel_program program;

	load(name);
	process_args_set_aux(&process_args, AT_PHDR, linker.base + linker.eh.e_phoff);
	process_args_set_aux(&process_args, AT_PHNUM, linker.eh.e_phnum);
	process_args_set_aux(&process_args, AT_ENTRY, linker.base + linker.eh.e_entry);
	kernel_program_find(&program);
	enter(&program);
}
