/* Segments in memory: mapped, protected, taken away. */
#include "elf/object.h"
#include "base/file_policy.h"
#include "base/heap.h"

int
object_prot(uint32_t p_flags)
{
	return (p_flags & PF_R ? SYS_PROT_READ : 0) | (p_flags & PF_W ? SYS_PROT_WRITE : 0) |
	       (p_flags & PF_X ? SYS_PROT_EXEC : 0);
}

int
object_segment_prot(const struct object *obj, const Elf64_Phdr *p)
{
	return object_prot(p->p_flags) | (p->p_flags & PF_X ? obj->exec_prot : 0);
}

/* The span of all loadable segments, from the file's addresses, and the largest alignment asked
 * for. */
static void
measure(const struct object *obj, uintptr_t *low, uintptr_t *high, size_t *align)
{
	*low = UINTPTR_MAX;
	*high = 0;
	*align = page_size;
	for (uint32_t i = 0; i < obj->phnum; i++) {
		const Elf64_Phdr *p = &obj->phdr[i];

		if (p->p_type != PT_LOAD)
			continue;
		if (PAGE_ALIGN_DOWN(p->p_vaddr) < *low)
			*low = PAGE_ALIGN_DOWN(p->p_vaddr);
		if (PAGE_ALIGN_UP(p->p_vaddr + p->p_memsz) > *high)
			*high = PAGE_ALIGN_UP(p->p_vaddr + p->p_memsz);
		if (p->p_align > *align && p->p_align <= (1UL << 30))
			*align = p->p_align;
	}
}

/* Reserve the span; returns its start or -errno. */
static long
reserve(uintptr_t at, size_t size, size_t align, bool fixed)
{
	int flags = SYS_MAP_PRIVATE | SYS_MAP_ANONYMOUS | SYS_MAP_NORESERVE;
	size_t extra = align > page_size && !fixed ? align : 0;
	long got;
	uintptr_t start;

	if (fixed)
		flags |= SYS_MAP_FIXED_NOREPLACE;
	got = sys_mmap(at, size + extra, SYS_PROT_NONE, flags, -1, 0);
	if (sys_failed(got) || !extra) {
		if (fixed && !sys_failed(got) && (uintptr_t)got != at) {
			/* a kernel that does not know MAP_FIXED_NOREPLACE took it for a hint */
			sys_munmap((uintptr_t)got, size);
			return -EEXIST;
		}
		return got;
	}
	start = ((uintptr_t)got + align - 1) & ~(align - 1);
	if (start > (uintptr_t)got)
		sys_munmap((uintptr_t)got, start - (uintptr_t)got);
	if (start + size < (uintptr_t)got + size + extra)
		sys_munmap(start + size, (uintptr_t)got + extra - start);
	return (long)start;
}

/* Does a segment without file pages begin on the last page of the one before it? */
static bool
shares_first_page(const struct object *obj, const Elf64_Phdr *p)
{
	for (const Elf64_Phdr *q = obj->phdr; q < p; q++)
		if (q->p_type == PT_LOAD && q->p_memsz &&
		    PAGE_ALIGN_UP(q->p_vaddr + q->p_memsz) > PAGE_ALIGN_DOWN(p->p_vaddr))
			return true;
	return false;
}

/* Zero from there to the end of the page. Without a file's part of its own the page is that of the
 * segment before, whose protection may be any. */
static bool
zero_page(const Elf64_Phdr *p, uintptr_t from, int prot)
{
	const uintptr_t page = PAGE_ALIGN_DOWN(from), end = PAGE_ALIGN_UP(from);
	const bool closed = !(prot & SYS_PROT_WRITE);

	if (end == from)
		return true;
	if ((closed || !p->p_filesz) &&
	    sys_mprotect(page, page_size, SYS_PROT_READ | SYS_PROT_WRITE) < 0)
		return false;
	memset((void *)from, 0, end - from);
	return !closed || sys_mprotect(page, page_size, prot) >= 0;
}

/* Zero from the end of the file's part to the end of the page, as the kernel does, and map the rest
 * of the bss. */
static bool
map_bss(const Elf64_Phdr *p, uintptr_t base, uintptr_t file_end, int prot, const char *path,
	struct error *error)
{
	uintptr_t end = base + p->p_vaddr + p->p_memsz;
	uintptr_t page_end = PAGE_ALIGN_UP(file_end);

	if (!zero_page(p, file_end, prot))
		return error_set(error, path, 0, "cannot clear the end of a segment");
	if (PAGE_ALIGN_UP(end) > page_end) {
		long ret = sys_mmap(page_end, PAGE_ALIGN_UP(end) - page_end, prot,
				    SYS_MAP_PRIVATE | SYS_MAP_ANONYMOUS | SYS_MAP_FIXED, -1, 0);

		if (sys_failed(ret))
			return error_set(error, path, (int)-ret, "cannot map zero-fill pages");
	}
	return true;
}

/* The pages of a segment that lie in an image, from there. */
static bool
map_in_place(const struct object *obj, const Elf64_Phdr *p, uintptr_t base, struct error *error)
{
	struct xip_extents runs = file_extents(&obj->id);
	uintptr_t from = PAGE_ALIGN_DOWN(base + p->p_vaddr);
	uintptr_t to = PAGE_ALIGN_UP(base + p->p_vaddr + p->p_filesz);

	if (!runs.count || p->p_filesz == 0)
		return true;
	return file_map_extents(&runs, from, PAGE_ALIGN_DOWN(p->p_offset), to - from,
				object_prot(p->p_flags)) ||
	       error_set(error, obj->path, 0, "failed to map segment from the image");
}

static bool
map_segment(const struct object *obj, const Elf64_Phdr *p, int fd, uintptr_t base,
	    struct error *error)
{
	int prot = object_prot(p->p_flags);
	uintptr_t from = PAGE_ALIGN_DOWN(base + p->p_vaddr);
	uintptr_t to = base + p->p_vaddr + p->p_filesz;

	if (p->p_filesz) {
		long ret = sys_mmap(from, to - from, prot, SYS_MAP_PRIVATE | SYS_MAP_FIXED, fd,
				    PAGE_ALIGN_DOWN(p->p_offset));

		if (sys_failed(ret))
			return error_say(error, obj->path, (int)-ret, ERROR_MAP_SEGMENT);
	}
	if (!p->p_filesz && !shares_first_page(obj, p))
		to = from; /* what is there is nobody's, and may not be writable */
	if (file_policy_in_image && !map_in_place(obj, p, base, error))
		return false;
	if (p->p_memsz > p->p_filesz)
		return map_bss(p, base, to, prot, obj->path, error);
	return true;
}

/*
 * The usual object: alignment of a page, segments that follow each other. The first mapping then
 * reserves the span by being as long as it (its pages beyond the first segment are replaced), which
 * saves a system call.
 */
static bool
first_covers_span(const struct object *obj, const Elf64_Phdr *first, uintptr_t low, uintptr_t high,
		  size_t align)
{
	uintptr_t end = PAGE_ALIGN_UP(first->p_vaddr + first->p_memsz);

	if (align > page_size || first->p_filesz == 0 || first->p_filesz != first->p_memsz)
		return false;
	for (const Elf64_Phdr *p = first + 1; p < obj->phdr + obj->phnum; p++) {
		if (p->p_type != PT_LOAD || p->p_memsz == 0)
			continue;
		if (PAGE_ALIGN_DOWN(p->p_vaddr) != end)
			return false; /* a hole would show the file's pages */
		end = PAGE_ALIGN_UP(p->p_vaddr + p->p_memsz);
	}
	return PAGE_ALIGN_DOWN(first->p_vaddr) == low && end == high;
}

static long
map_first(const struct object *obj, const Elf64_Phdr *first, int fd, uintptr_t at, size_t size)
{
	int flags = SYS_MAP_PRIVATE | (at ? SYS_MAP_FIXED_NOREPLACE : 0);
	long got = sys_mmap(at, size, object_prot(first->p_flags), flags, fd,
			    PAGE_ALIGN_DOWN(first->p_offset));

	(void)obj;
	if (!sys_failed(got) && at && (uintptr_t)got != at) {
		sys_munmap((uintptr_t)got, size);
		return -EEXIST;
	}
	return got;
}

/* What the object's notes ask of its executable segments (guarded pages). False: the kernel
 * refuses. */
static bool
protect_as_noted(struct object *obj)
{
	for (uint32_t i = 0; i < obj->phnum; i++) {
		const Elf64_Phdr *p = &obj->phdr[i];
		uintptr_t at = obj->base + p->p_vaddr;

		if (p->p_type == PT_GNU_PROPERTY && !(at & 3) &&
		    object_holds(obj, at, p->p_filesz, false)) {
			obj->exec_prot = arch_exec_protection((const void *)at, p->p_filesz);
			obj->lacks_instructions =
				arch_lacks_instructions((const void *)at, p->p_filesz);
		}
	}
	for (uint32_t i = 0; i < obj->phnum && obj->exec_prot; i++) {
		const Elf64_Phdr *p = &obj->phdr[i];
		uintptr_t from = PAGE_ALIGN_DOWN(obj->base + p->p_vaddr);
		uintptr_t to = PAGE_ALIGN_UP(obj->base + p->p_vaddr + p->p_memsz);

		if (p->p_type == PT_LOAD && (p->p_flags & PF_X) && p->p_memsz &&
		    sys_mprotect(from, to - from, object_segment_prot(obj, p)) < 0)
			return false;
	}
	return true;
}

bool
object_map(struct object *obj, int fd, uintptr_t at, struct error *error)
{
	uintptr_t low, high;
	size_t align;
	const Elf64_Phdr *first = obj->phdr;
	long start;
	bool covered;

	measure(obj, &low, &high, &align);
	while (first->p_type != PT_LOAD)
		first++;
	if (obj->type == ET_EXEC)
		at = low;
	covered = first_covers_span(obj, first, low, high, align);
	if (covered)
		start = map_first(obj, first, fd, at, high - low);
	else
		start = reserve(at, high - low, align, at != 0);
	if (sys_failed(start))
		return error_set(error, obj->path, (int)-start, "cannot map %lu bytes at 0x%lx",
				 high - low, at);
	obj->start = (uintptr_t)start;
	obj->end = obj->start + (high - low);
	obj->base = obj->start - low;
	for (const Elf64_Phdr *p = first; p < obj->phdr + obj->phnum; p++) {
		if (p->p_type != PT_LOAD || p->p_memsz == 0 || (covered && p == first))
			continue;
		if (!map_segment(obj, p, fd, obj->base, error)) {
			object_unmap(obj);
			return false;
		}
	}
	if (covered && file_policy_in_image && !map_in_place(obj, first, obj->base, error)) {
		object_unmap(obj);
		return false;
	}
	if (!protect_as_noted(obj)) {
		object_unmap(obj);
		return error_set(error, obj->path, 0,
				 "cannot protect segment as the object's notes ask");
	}
	obj->mapped_by_us = true;
	obj->entry += obj->base;
	obj->map.l_addr = obj->base;
	obj->phdr_at = obj->phdr_at ? obj->phdr_at + obj->base : (uintptr_t)obj->phdr;
	if (obj->tls.present)
		obj->tls.image += obj->base;
	if (obj->eh_frame_hdr)
		obj->eh_frame_hdr += obj->base;
	if (obj->relro.size) {
		uintptr_t relro = obj->relro.at + obj->base;

		obj->relro.at = PAGE_ALIGN_DOWN(relro);
		obj->relro.size = PAGE_ALIGN_DOWN(relro + obj->relro.size) - obj->relro.at;
	}
	return true;
}

void
object_unmap(struct object *obj)
{
	if (obj->end > obj->start)
		sys_munmap(obj->start, obj->end - obj->start);
	obj->start = obj->end = 0;
}

bool
object_protect_text(struct object *obj, bool writable, struct error *error)
{
	for (uint32_t i = 0; i < obj->phnum; i++) {
		const Elf64_Phdr *p = &obj->phdr[i];
		uintptr_t from = PAGE_ALIGN_DOWN(obj->base + p->p_vaddr);
		uintptr_t to = PAGE_ALIGN_UP(obj->base + p->p_vaddr + p->p_filesz);
		int prot = object_segment_prot(obj, p);

		if (p->p_type != PT_LOAD || (p->p_flags & PF_W) || p->p_filesz == 0)
			continue;
		if (writable) /* never writable and executable at once */
			prot = SYS_PROT_READ | SYS_PROT_WRITE;
		int err = sys_mprotect(from, to - from, prot);

		if (err < 0)
			return error_set(
				error, obj->path, -err,
				"cannot change protection for text relocations (DT_TEXTREL)");
	}
	return true;
}

SYS_HOT bool
object_protect_relro(struct object *obj, struct error *error)
{
	int err;

	if (!obj->relro.size)
		return true;
	err = sys_mprotect(obj->relro.at, obj->relro.size, SYS_PROT_READ);
	if (err < 0)
		return error_set(error, obj->path, -err,
				 "cannot make relocated data read-only (PT_GNU_RELRO)");
	if (!obj->relro_done) /* the page that holds it may be shared */
		obj->relro_done = true;
	return true;
}

bool
object_contains(const struct object *obj, uintptr_t addr)
{
	if (addr < obj->start || addr >= obj->end)
		return false;
	for (uint32_t i = 0; i < obj->phnum; i++) {
		const Elf64_Phdr *p = &obj->phdr[i];

		if (p->p_type == PT_LOAD && addr - obj->base - p->p_vaddr < p->p_memsz)
			return true;
	}
	return false;
}

int
object_closed_prot(const struct object *obj, uintptr_t addr)
{
	if (obj->relro_done && object_in_relro(obj, addr))
		return SYS_PROT_READ;
	for (uint32_t i = 0; i < obj->phnum && obj->text_closed; i++) {
		const Elf64_Phdr *p = &obj->phdr[i];

		if (p->p_type == PT_LOAD && !(p->p_flags & PF_W) &&
		    addr - obj->base - p->p_vaddr < p->p_memsz)
			return object_segment_prot(obj, p);
	}
	return -1;
}

size_t
object_bytes_left(const struct object *obj, uintptr_t at)
{
	uintptr_t vaddr = at - obj->base, end = 0;

	for (uint32_t i = 0; i < obj->phnum; i++) {
		const Elf64_Phdr *p = &obj->phdr[i];
		uintptr_t low = PAGE_ALIGN_DOWN(p->p_vaddr);
		uintptr_t high = PAGE_ALIGN_UP(p->p_vaddr + p->p_memsz);

		if (p->p_type != PT_LOAD || p->p_memsz == 0)
			continue;
		if (end ? low > end : vaddr < low || vaddr >= high)
			continue;
		if (!(p->p_flags & PF_R)) /* what it shares a page with is not readable either */
			return end && low > vaddr ? low - vaddr : 0;
		end = high;
	}
	return end ? end - vaddr : 0;
}

/* Does one segment that may be written hold it? */
static bool
may_write(const struct object *obj, uintptr_t vaddr, size_t size)
{
	for (uint32_t i = 0; i < obj->phnum; i++) {
		const Elf64_Phdr *p = &obj->phdr[i];

		if (p->p_type == PT_LOAD && ((p->p_flags & PF_W) || obj->textrel) &&
		    vaddr >= p->p_vaddr && vaddr - p->p_vaddr <= p->p_memsz &&
		    size <= p->p_memsz - (vaddr - p->p_vaddr))
			return true;
	}
	return false;
}

bool
object_holds(const struct object *obj, uintptr_t at, size_t size, bool writable)
{
	size_t bytes_left = object_bytes_left(obj, at);

	return bytes_left && size <= bytes_left &&
	       (!writable || may_write(obj, at - obj->base, size));
}

const char *
object_string(const struct object *obj, uint64_t offset)
{
	/* the table ends with a NUL: object_read_dynamic saw to that */
	return offset < obj->strsz ? obj->strtab + offset : NULL;
}

void
scope_add(struct scope *scope, struct object *obj)
{
	scope->list =
		heap_grow(scope->list, &scope->capacity, scope->count + 1, sizeof(*scope->list));
	scope->list[scope->count++] = obj;
}

bool
scope_has(const struct scope *scope, const struct object *obj)
{
	for (uint32_t i = 0; i < scope->count; i++)
		if (scope->list[i] == obj)
			return true;
	return false;
}
