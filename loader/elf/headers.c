/* What an ELF file says of itself: header and program headers, checked against the file's size
 * (gABI 4 and 5). */
#include "elf/object.h"
#include "base/heap.h"

#define MAX_PHDRS 1024
#define GNU_ABI_VERSIONS 4 /* that glibc knows: libc-abis */

bool
object_check_header(const Elf64_Ehdr *eh, const char *path, struct error *error)
{
	const unsigned char *ident = eh->e_ident;
	unsigned padding = 0;

	for (int i = EI_PAD; i < EI_NIDENT; i++)
		padding |= ident[i];
	if (memcmp(ident, ELFMAG, SELFMAG) != 0)
		return error_say(error, path, 0, ERROR_INVALID_HEADER);
	if (ident[EI_CLASS] != ELFCLASS64)
		return error_say(error, path, 0, ERROR_OTHER_CLASS);
	if (ident[EI_DATA] != ELFDATA2LSB)
		return error_say(error, path, 0, ERROR_ENCODING);
	if (ident[EI_VERSION] != EV_CURRENT)
		return error_say(error, path, 0, ERROR_IDENT_VERSION);
	if (ident[EI_OSABI] != ELFOSABI_SYSV && ident[EI_OSABI] != ELFOSABI_GNU)
		return error_say(error, path, 0, ERROR_OS_ABI);
	if (ident[EI_ABIVERSION] >= (ident[EI_OSABI] == ELFOSABI_GNU ? GNU_ABI_VERSIONS : 1))
		return error_say(error, path, 0, ERROR_ABI_VERSION);
	if (padding)
		return error_say(error, path, 0, ERROR_PADDING);
	if (eh->e_version != EV_CURRENT)
		return error_say(error, path, 0, ERROR_FILE_VERSION);
	if (eh->e_machine != ARCH_MACHINE)
		return error_say(error, path, 0, ERROR_OTHER_MACHINE);
	if (eh->e_type != ET_EXEC && eh->e_type != ET_DYN)
		return error_say(error, path, 0, ERROR_TYPE);
	if (eh->e_phentsize != sizeof(Elf64_Phdr))
		return error_say(error, path, 0, ERROR_PHENTSIZE);
	if (eh->e_phnum > MAX_PHDRS)
		return error_set(error, path, 0, "%u program headers (e_phnum)", eh->e_phnum);
	return true;
}

static bool
check_load(const Elf64_Phdr *p, uint32_t i, int64_t file_size, uint64_t previous_end,
	   const char *path, struct error *error)
{
	if (p->p_filesz > p->p_memsz)
		return error_set(error, path, 0,
				 "segment larger in the file than in memory (program header %u)",
				 i);
	if (p->p_offset > (uint64_t)file_size || p->p_filesz > (uint64_t)file_size - p->p_offset)
		return error_set(error, path, 0,
				 "file too short: truncated? (segment of program header %u)", i);
	if (p->p_vaddr > ARCH_USER_TOP || p->p_memsz > ARCH_USER_TOP - p->p_vaddr)
		return error_set(error, path, 0,
				 "segment outside the address space (program header %u)", i);
	if (p->p_align > 1 && (p->p_align & (p->p_align - 1)))
		return error_set(error, path, 0, "alignment is no power of two (program header %u)",
				 i);
	if ((p->p_vaddr - p->p_offset) & (page_size - 1))
		return error_say(error, path, 0, ERROR_OFFSET);
	if (p->p_vaddr < previous_end)
		return error_set(error, path, 0,
				 "segments overlap or are out of order (program header %u)", i);
	/* it would hide the end of that one, tables and all */
	if (p->p_memsz && !(p->p_flags & PF_R) &&
	    PAGE_ALIGN_DOWN(p->p_vaddr) < PAGE_ALIGN_UP(previous_end))
		return error_set(error, path, 0,
				 "unreadable segment begins on a page of the one before it "
				 "(program header %u)",
				 i);
	return true;
}

bool
object_check_phdrs(const Elf64_Phdr *ph, uint32_t n, int64_t file_size, const char *path,
		   struct error *error)
{
	uint64_t end = 0;
	bool any = false;

	for (uint32_t i = 0; i < n; i++) {
		const Elf64_Phdr *p = &ph[i];

		if (p->p_type == PT_LOAD) {
			if (!check_load(p, i, file_size, end, path, error))
				return false;
			end = p->p_vaddr + p->p_memsz;
			any = true;
		} else if (p->p_type == PT_TLS) {
			if (p->p_filesz > p->p_memsz || p->p_memsz > (1UL << 30) ||
			    p->p_align > (1UL << 20) || (p->p_align & (p->p_align - 1)))
				return error_set(
					error, path, 0,
					"impossible thread-local segment (program header %u)", i);
		}
	}
	if (!any)
		return error_say(error, path, 0, ERROR_NO_SEGMENTS);
	return true;
}

/*
 * ld.so protects whole pages: from the one in which the part begins to the last that it fills.
 * Linkers let it begin before its segment (mold) or end behind it, in the same page. What it claims
 * beyond the object's own pages belongs to others and is left alone.
 */
static bool
take_relro(struct object *obj, const Elf64_Phdr *p)
{
	uint64_t low = PAGE_ALIGN_DOWN(p->p_vaddr), end = low;

	for (uint32_t i = 0; i < obj->phnum; i++) {
		const Elf64_Phdr *load = &obj->phdr[i];

		if (load->p_type == PT_LOAD && load->p_memsz &&
		    end >= PAGE_ALIGN_DOWN(load->p_vaddr) &&
		    end < PAGE_ALIGN_UP(load->p_vaddr + load->p_memsz))
			end = PAGE_ALIGN_UP(load->p_vaddr + load->p_memsz);
	}
	if (end == low)
		return p->p_memsz == 0;
	obj->relro = (struct table){p->p_vaddr, p->p_memsz};
	if (p->p_memsz > end - p->p_vaddr) {
		obj->relro.size = end - p->p_vaddr;
		obj->relro_is_cut = p->p_memsz - obj->relro.size >= page_size;
	}
	return true;
}

/* Take what the other program headers say; addresses are still the file's. */
static bool
take_phdr(struct object *obj, const Elf64_Phdr *p, uint32_t i, const char *path,
	  struct error *error)
{
	switch (p->p_type) {
	case PT_GNU_STACK:
		obj->stack_flags = p->p_flags;
		return true;
	case PT_TLS:
		if (p->p_memsz == 0)
			return true;
		if (p->p_filesz && !object_holds(obj, p->p_vaddr, p->p_filesz, false))
			break;
		obj->tls.present = true;
		obj->tls.image = p->p_vaddr;
		obj->tls.filesz = p->p_filesz;
		obj->tls.memsz = p->p_memsz;
		obj->tls.align = p->p_align ? p->p_align : 1;
		obj->tls.align_offset = p->p_vaddr & (obj->tls.align - 1);
		return true;
	case PT_GNU_RELRO:
		if (!take_relro(obj, p))
			break;
		return true;
	case PT_INTERP:
	case PT_DYNAMIC:
		if (!object_holds(obj, p->p_vaddr, p->p_filesz, false))
			break;
		return true;
	case PT_GNU_EH_FRAME:
		if (object_holds(obj, p->p_vaddr, p->p_memsz, false))
			obj->eh_frame_hdr = p->p_vaddr;
		return true;
	default:
		return true;
	}
	return error_set(error, path, 0, "segment outside every readable one (program header %u)",
			 i);
}

bool
object_read_headers(struct object *obj, int fd, const char *path, struct error *error)
{
	union {
		Elf64_Ehdr eh;
		char bytes[1024];
	} head;
	long got;
	size_t size;
	int err = sys_fstat(fd, &obj->id);

	if (err < 0)
		return error_say(error, path, -err, ERROR_CANNOT_READ);
	got = sys_pread(fd, &head, sizeof(head), 0);
	if (got < 0)
		return error_say(error, path, (int)-got, ERROR_CANNOT_READ);
	if (got < (long)sizeof(Elf64_Ehdr))
		return error_say(error, path, 0, ERROR_TOO_SHORT);
	if (!mode_is_file(obj->id.mode))
		return error_set(error, path, 0, "not a regular file");
	if (!object_check_header(&head.eh, path, error))
		return false;
	obj->type = head.eh.e_type;
	obj->entry = head.eh.e_entry;
	obj->phnum = head.eh.e_phnum;
	size = obj->phnum * sizeof(Elf64_Phdr);
	obj->phdr = heap_alloc(size);
	if (head.eh.e_phoff <= (size_t)got && size <= (size_t)got - head.eh.e_phoff)
		memcpy(obj->phdr, head.bytes + head.eh.e_phoff, size);
	else if (head.eh.e_phoff > (uint64_t)obj->id.size ||
		 sys_pread(fd, obj->phdr, size, head.eh.e_phoff) != (long)size)
		return error_say(error, path, 0, ERROR_CANNOT_READ);
	if (!object_check_phdrs(obj->phdr, obj->phnum, obj->id.size, path, error))
		return false;

	obj->stack_flags = PF_R | PF_W | PF_X;
	for (uint32_t i = 0; i < obj->phnum; i++) {
		const Elf64_Phdr *p = &obj->phdr[i];

		if (!take_phdr(obj, p, i, path, error))
			return false;
		if (p->p_type == PT_LOAD && head.eh.e_phoff >= p->p_offset &&
		    head.eh.e_phoff + size <= p->p_offset + p->p_filesz)
			obj->phdr_at = head.eh.e_phoff - p->p_offset + p->p_vaddr;
	}
	return true;
}
