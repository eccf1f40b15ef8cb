/* Opening an ELF file: header, segments, sections, bytes by address. */
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "shmstat/sym/elffile_impl.h"
#include "shmstat/sym/lines.h"
#include "shmstat/sym/relocs.h"
#include "shmstat/sym/symbols.h"

/* Far more than any linker writes; a table of that size is damage. */
#define MOST_SEGMENTS 4096

void
elf_error_set(struct elf_error *error, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vsnprintf(error->text, sizeof(error->text), format, args);
	va_end(args);
}

void
elffile_complain(struct elffile *f, const char *format, ...)
{
	va_list args;

	if (f->complained)
		return;
	f->complained = true;
	va_start(args, format);
	vsnprintf(f->complaint.text, sizeof(f->complaint.text), format, args);
	va_end(args);
}

/* No segment may reach past the end of the address space: what comes after may then add freely. */
static bool
segment_is_sane(const GElf_Phdr *ph)
{
	return ph->p_filesz <= ph->p_memsz && ph->p_vaddr <= UINT64_MAX - ph->p_memsz - 0x200000 &&
	       ph->p_offset <= INT64_MAX - ph->p_filesz;
}

static int
by_address(const void *a, const void *b)
{
	const struct elf_segment *x = a, *y = b;

	return x->address < y->address ? -1 : x->address > y->address;
}

static bool
parse_segment(struct elffile *f, size_t i, struct elf_error *error)
{
	GElf_Phdr ph;

	if (!gelf_getphdr(f->elf, (int)i, &ph)) {
		elf_error_set(error, "damaged program headers: %s (header %zu)", elf_errmsg(-1), i);
		return false;
	}
	if (ph.p_type != PT_LOAD && ph.p_type != PT_GNU_RELRO && ph.p_type != PT_DYNAMIC)
		return true;
	if (!segment_is_sane(&ph)) {
		elf_error_set(error, "damaged program header: sizes out of range (header %zu)", i);
		return false;
	}
	if (ph.p_type == PT_LOAD && ph.p_memsz) {
		f->segments[f->segment_count++] = (struct elf_segment){
			.address = ph.p_vaddr,
			.offset = ph.p_offset,
			.file_size = ph.p_filesz,
			.memory_size = ph.p_memsz,
			.align = ph.p_align,
			.flags = ph.p_flags,
		};
	} else if (ph.p_type == PT_GNU_RELRO) {
		f->relro_start = ph.p_vaddr;
		f->relro_end = ph.p_vaddr + ph.p_memsz;
	} else if (ph.p_type == PT_DYNAMIC) {
		f->dynamic_address = ph.p_vaddr;
		f->dynamic_offset = ph.p_offset;
		f->dynamic_size = ph.p_filesz;
	}
	return true;
}

static bool
read_headers(struct elffile *f, struct elf_error *error)
{
	size_t count;

	if (elf_kind(f->elf) != ELF_K_ELF || !gelf_getehdr(f->elf, &f->header)) {
		elf_error_set(error, "not an ELF file");
		return false;
	}
	if (f->header.e_type != ET_EXEC && f->header.e_type != ET_DYN) {
		elf_error_set(error, "neither a program nor a shared library (e_type %u)",
			      f->header.e_type);
		return false;
	}
	f->word = gelf_getclass(f->elf) == ELFCLASS32 ? 4 : 8;
	if (elf_getphdrnum(f->elf, &count) != 0 || count == 0 || count > MOST_SEGMENTS) {
		elf_error_set(error, "no program headers");
		return false;
	}
	f->segments = calloc(count, sizeof(*f->segments));
	if (!f->segments) {
		elf_error_set(error, "out of memory");
		return false;
	}
	for (size_t i = 0; i < count; i++)
		if (!parse_segment(f, i, error))
			return false;
	if (f->segment_count == 0) {
		elf_error_set(error, "no segment to load");
		return false;
	}
	qsort(f->segments, f->segment_count, sizeof(*f->segments), by_address);
	return true;
}

struct elffile *
elffile_open_fd(int fd, const char *path, struct elf_error *error)
{
	struct elffile *f = calloc(1, sizeof(*f));
	struct stat st;

	if (f) {
		f->fd = fd;
		f->debug_fd = -1;
		f->path = strdup(path);
	}
	if (!f || !f->path) {
		elf_error_set(error, "out of memory");
		if (f)
			elffile_close(f);
		else
			close(fd);
		return NULL;
	}
	if (fstat(fd, &st) != 0 || !S_ISREG(st.st_mode)) {
		elf_error_set(error, "not a regular file");
		elffile_close(f);
		return NULL;
	}
	f->size = (uint64_t)st.st_size;
	elf_version(EV_CURRENT);
	/* ELF_C_READ, not mapped: a file that somebody truncates gives an error, not a signal */
	f->elf = elf_begin(fd, ELF_C_READ, NULL);
	if (!f->elf) {
		elf_error_set(error, "not an ELF file (%s)", elf_errmsg(-1));
		elffile_close(f);
		return NULL;
	}
	if (!read_headers(f, error)) {
		elffile_close(f);
		return NULL;
	}
	return f;
}

struct elffile *
elffile_open(const char *path, struct elf_error *error)
{
	/* O_NONBLOCK: the name may be a FIFO's */
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);

	if (fd < 0) {
		elf_error_set(error, "%s", strerror(errno));
		return NULL;
	}
	return elffile_open_fd(fd, path, error);
}

void
elffile_close(struct elffile *f)
{
	if (!f)
		return;
	lines_free(f->lines);
	symbols_free(f->symbols);
	relocs_free(f->relocs);
	if (f->debug_elf)
		elf_end(f->debug_elf);
	if (f->debug_fd >= 0)
		close(f->debug_fd);
	if (f->elf)
		elf_end(f->elf);
	close(f->fd);
	free(f->window);
	free(f->sections);
	free(f->segments);
	free(f->path);
	free(f);
}

const char *
elffile_path(const struct elffile *f)
{
	return f->path;
}

unsigned
elffile_machine(const struct elffile *f)
{
	return f->header.e_machine;
}

unsigned
elffile_type(const struct elffile *f)
{
	return f->header.e_type;
}

unsigned
elffile_word(const struct elffile *f)
{
	return f->word;
}

const char *
elffile_complaint(const struct elffile *f)
{
	return f->complained ? f->complaint.text : NULL;
}

size_t
elffile_segments(const struct elffile *f, const struct elf_segment **first)
{
	*first = f->segments;
	return f->segment_count;
}

bool
elffile_relro(const struct elffile *f, uint64_t *start, uint64_t *end)
{
	*start = f->relro_start;
	*end = f->relro_end;
	return f->relro_end > f->relro_start;
}

bool
elffile_bias(const struct elffile *f, uint64_t start, uint64_t length, uint64_t offset,
	     bool writable, uint64_t *bias)
{
	uint64_t page = (uint64_t)sysconf(_SC_PAGESIZE);
	bool found = false;

	for (size_t i = 0; i < f->segment_count; i++) {
		const struct elf_segment *s = &f->segments[i];
		uint64_t head = s->address & (page - 1), first = s->offset - head;

		if (s->offset < head || offset < first ||
		    offset + length > ((s->offset + s->file_size + page - 1) & ~(page - 1)))
			continue;
		if (found && writable != ((s->flags & PF_W) != 0))
			continue;
		*bias = start - (s->address - head + (offset - first));
		found = true;
		if (writable == ((s->flags & PF_W) != 0))
			return true;
	}
	return found;
}

static int
by_section_address(const void *a, const void *b)
{
	const struct elf_section *x = a, *y = b;

	return x->address < y->address ? -1 : x->address > y->address;
}

/* A section that has a place in memory of its own: .tbss has none. */
static bool
section_counts(const GElf_Shdr *sh)
{
	return (sh->sh_flags & SHF_ALLOC) && sh->sh_size &&
	       sh->sh_size <= UINT64_MAX - sh->sh_addr &&
	       !(sh->sh_type == SHT_NOBITS && (sh->sh_flags & SHF_TLS));
}

static void
read_sections(struct elffile *f)
{
	size_t count, names;
	Elf_Scn *scn = NULL;

	f->sections_read = true;
	if (elf_getshdrnum(f->elf, &count) != 0 || elf_getshdrstrndx(f->elf, &names) != 0) {
		elffile_complain(f, "damaged section headers: %s", elf_errmsg(-1));
		return;
	}
	if (count == 0)
		return;
	f->sections = calloc(count, sizeof(*f->sections));
	while (f->sections && (scn = elf_nextscn(f->elf, scn))) {
		GElf_Shdr sh;
		const char *name;

		if (!gelf_getshdr(scn, &sh) || !section_counts(&sh) || f->section_count == count)
			continue;
		name = elf_strptr(f->elf, names, sh.sh_name);
		f->sections[f->section_count++] = (struct elf_section){
			.name = name ? name : "?",
			.address = sh.sh_addr,
			.offset = sh.sh_offset,
			.size = sh.sh_size,
			.type = sh.sh_type,
			.flags = sh.sh_flags,
		};
	}
	if (f->section_count)
		qsort(f->sections, f->section_count, sizeof(*f->sections), by_section_address);
}

size_t
elffile_sections(struct elffile *f, const struct elf_section **first)
{
	if (!f->sections_read)
		read_sections(f);
	*first = f->sections;
	return f->section_count;
}

const struct elf_section *
elffile_section_at(struct elffile *f, uint64_t address)
{
	const struct elf_section *s;
	size_t low = 0, high = elffile_sections(f, &s);

	while (low < high) {
		size_t mid = (low + high) / 2;

		if (s[mid].address <= address)
			low = mid + 1;
		else
			high = mid;
	}
	return low && address - s[low - 1].address < s[low - 1].size ? &s[low - 1] : NULL;
}

/* The segment that holds [address, address + size) in memory. */
static const struct elf_segment *
segment_of(const struct elffile *f, uint64_t address, uint64_t size)
{
	for (size_t i = 0; i < f->segment_count; i++) {
		const struct elf_segment *s = &f->segments[i];

		if (address >= s->address && size <= s->memory_size &&
		    address - s->address <= s->memory_size - size)
			return s;
	}
	return NULL;
}

static bool
fill_window(struct elffile *f, uint64_t offset)
{
	ssize_t got;

	if (!f->window)
		f->window = malloc(WINDOW);
	if (!f->window)
		return false;
	do
		got = pread(f->fd, f->window, WINDOW, (off_t)offset);
	while (got < 0 && errno == EINTR);
	f->window_offset = offset;
	f->window_size = got > 0 ? (size_t)got : 0;
	return got > 0;
}

static bool
read_file(struct elffile *f, uint64_t offset, unsigned char *to, size_t size)
{
	while (size) {
		size_t have;

		if ((offset < f->window_offset || offset - f->window_offset >= f->window_size) &&
		    !fill_window(f, offset))
			return false;
		have = f->window_size - (size_t)(offset - f->window_offset);
		if (have > size)
			have = size;
		memcpy(to, f->window + (offset - f->window_offset), have);
		to += have;
		offset += have;
		size -= have;
	}
	return true;
}

bool
elffile_read(struct elffile *f, uint64_t address, void *to, size_t size)
{
	const struct elf_segment *s = segment_of(f, address, size);
	uint64_t at, in_file;

	if (!s)
		return false;
	at = address - s->address;
	in_file = at < s->file_size ? s->file_size - at : 0;
	if (in_file > size)
		in_file = size;
	memset((unsigned char *)to + in_file, 0, size - in_file);
	return read_file(f, s->offset + at, to, in_file);
}

bool
elffile_word_at(struct elffile *f, uint64_t address, uint64_t *value)
{
	unsigned char raw[8];
	bool big = f->header.e_ident[EI_DATA] == ELFDATA2MSB;

	if (!elffile_read(f, address, raw, f->word))
		return false;
	*value = 0;
	for (unsigned i = 0; i < f->word; i++)
		*value |= (uint64_t)raw[big ? f->word - 1 - i : i] << (8 * i);
	return true;
}

Elf_Data *
elffile_chunk(struct elffile *f, uint64_t address, uint64_t size, Elf_Type type)
{
	const struct elf_segment *s = segment_of(f, address, size);

	if (!s || size == 0 || size > s->file_size || address - s->address > s->file_size - size)
		return NULL;
	return elf_getdata_rawchunk(f->elf, (int64_t)(s->offset + (address - s->address)), size,
				    type);
}
