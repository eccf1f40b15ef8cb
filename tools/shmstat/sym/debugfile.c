/*
 * The separate debug file of a stripped file: by build-id, else by .gnu_debuglink, in the places
 * and the order that gdb looks ("Debugging Information in Separate Files" of its manual).
 */
#include "shmstat/sym/debugfile.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>

#include "shmstat/sym/elffile_impl.h"

static const char *debug_directory = "/usr/lib/debug";

void
debugfile_directory(const char *directory)
{
	debug_directory = directory;
}

Elf_Scn *
elf_section_named(Elf *elf, const char *name, GElf_Shdr *header)
{
	Elf_Scn *scn = NULL;
	size_t names;

	if (elf_getshdrstrndx(elf, &names) != 0)
		return NULL;
	while ((scn = elf_nextscn(elf, scn))) {
		const char *s;

		if (!gelf_getshdr(scn, header))
			continue;
		s = elf_strptr(elf, names, header->sh_name);
		if (s && strcmp(s, name) == 0)
			return scn;
	}
	return NULL;
}

/* One PT_NOTE segment or SHT_NOTE section: look for NT_GNU_BUILD_ID. */
static bool
note_build_id(Elf_Data *data, char *hex, size_t capacity)
{
	GElf_Nhdr note;
	size_t at = 0, name, desc;

	while (data && (at = gelf_getnote(data, at, &note, &name, &desc)) > 0) {
		const char *bytes = data->d_buf;

		if (note.n_type != NT_GNU_BUILD_ID || note.n_namesz != 4 ||
		    memcmp(bytes + name, "GNU", 4) != 0 || note.n_descsz * 2 >= capacity)
			continue;
		for (size_t i = 0; i < note.n_descsz; i++)
			snprintf(hex + 2 * i, 3, "%02x", (unsigned char)bytes[desc + i]);
		return note.n_descsz > 2;
	}
	return false;
}

void
elf_build_id(Elf *elf, char *hex, size_t capacity)
{
	Elf_Scn *scn = NULL;
	size_t count;
	GElf_Shdr sh;
	GElf_Phdr ph;

	while ((scn = elf_nextscn(elf, scn)))
		if (gelf_getshdr(scn, &sh) && sh.sh_type == SHT_NOTE &&
		    note_build_id(elf_getdata(scn, NULL), hex, capacity))
			return;
	if (elf_getphdrnum(elf, &count) != 0)
		count = 0;
	for (size_t i = 0; i < count; i++)
		if (gelf_getphdr(elf, (int)i, &ph) && ph.p_type == PT_NOTE && ph.p_filesz &&
		    ph.p_offset <= INT64_MAX &&
		    note_build_id(elf_getdata_rawchunk(elf, (int64_t)ph.p_offset, ph.p_filesz,
						       ph.p_align == 8 ? ELF_T_NHDR8 : ELF_T_NHDR),
				  hex, capacity))
			return;
	hex[0] = '\0';
}

const char *
elffile_build_id(struct elffile *f)
{
	if (!f->build_id_read) {
		f->build_id_read = true;
		elf_build_id(f->elf, f->build_id, sizeof(f->build_id));
	}
	return f->build_id;
}

/* Opened as an ELF file and kept in f, unless it is f's file itself. */
static bool
open_debug(struct elffile *f, const char *path)
{
	struct stat own, st;
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);

	if (fd < 0)
		return false;
	if (fstat(fd, &st) == 0 && S_ISREG(st.st_mode) && fstat(f->fd, &own) == 0 &&
	    (own.st_ino != st.st_ino || own.st_dev != st.st_dev)) {
		f->debug_elf = elf_begin(fd, ELF_C_READ, NULL);
		if (f->debug_elf && elf_kind(f->debug_elf) == ELF_K_ELF &&
		    gelf_getclass(f->debug_elf) == gelf_getclass(f->elf)) {
			f->debug_fd = fd;
			return true;
		}
		if (f->debug_elf)
			elf_end(f->debug_elf);
		f->debug_elf = NULL;
	}
	close(fd);
	return false;
}

static void
drop_debug(struct elffile *f)
{
	elf_end(f->debug_elf);
	close(f->debug_fd);
	f->debug_elf = NULL;
	f->debug_fd = -1;
}

static bool
by_build_id(struct elffile *f)
{
	const char *id = elffile_build_id(f);
	char *path, found[sizeof(f->build_id)];
	bool good;

	if (!*id || asprintf(&path, "%s/.build-id/%.2s/%s.debug", debug_directory, id, id + 2) < 0)
		return false;
	good = open_debug(f, path);
	free(path);
	if (!good)
		return false;
	elf_build_id(f->debug_elf, found, sizeof(found));
	if (strcmp(found, id) == 0)
		return true;
	drop_debug(f);
	return false;
}

static bool
crc_matches(int fd, uint32_t want)
{
	unsigned char *buffer = malloc(WINDOW);
	uLong crc = crc32(0, NULL, 0);
	off_t at = 0;
	ssize_t got = -1;

	while (buffer && (got = pread(fd, buffer, WINDOW, at)) > 0) {
		crc = crc32(crc, buffer, (uInt)got);
		at += got;
	}
	free(buffer);
	return got == 0 && crc == want;
}

static bool
try_link(struct elffile *f, uint32_t crc, char *path)
{
	bool good = path && open_debug(f, path);

	free(path);
	if (good && !crc_matches(f->debug_fd, crc)) {
		drop_debug(f);
		good = false;
	}
	return good;
}

static char *
joined(const char *a, const char *b, const char *c, const char *d)
{
	char *s;

	return asprintf(&s, "%s%s%s%s", a, b, c, d) < 0 ? NULL : s;
}

/* The section holds a file name, padding to four bytes, and the file's CRC in the file's order. */
static bool
by_debug_link(struct elffile *f)
{
	GElf_Shdr sh;
	Elf_Scn *scn = elf_section_named(f->elf, ".gnu_debuglink", &sh);
	Elf_Data *data = scn ? elf_rawdata(scn, NULL) : NULL;
	const char *name = data ? data->d_buf : NULL;
	size_t len = name ? strnlen(name, data->d_size) : 0, at = (len + 4) & ~(size_t)3;
	bool big = f->header.e_ident[EI_DATA] == ELFDATA2MSB, found = false;
	unsigned char raw[4];
	uint32_t crc = 0;
	char *full, *slash;

	if (!len || at + 4 > data->d_size || memchr(name, '/', len))
		return false;
	memcpy(raw, name + at, 4);
	for (int i = 0; i < 4; i++)
		crc |= (uint32_t)raw[big ? 3 - i : i] << (8 * i);
	full = realpath(f->path, NULL);
	slash = full ? strrchr(full, '/') : NULL;
	if (slash) {
		*slash = '\0';
		found = try_link(f, crc, joined(full, "/", name, "")) ||
			try_link(f, crc, joined(full, "/.debug/", name, "")) ||
			try_link(f, crc, joined(debug_directory, full, "/", name));
	}
	free(full);
	return found;
}

Elf *
elffile_debug(struct elffile *f)
{
	if (!f->debug_sought) {
		f->debug_sought = true;
		if (!by_build_id(f))
			by_debug_link(f);
	}
	return f->debug_elf;
}
