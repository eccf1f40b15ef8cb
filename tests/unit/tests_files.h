/* A file system that is a list of paths; what is looked at is noted. A test that includes this is
 * linked with --wrap=sys_open and --wrap=sys_stat. */
#ifndef XIPLD_TESTS_FILES_H
#define XIPLD_TESTS_FILES_H

#include <sys/mman.h>
#include <unistd.h>

#include "rtld/search.h"
#include "tests_objects.h"

/* What a file has. */
enum content { LIBRARY, OTHER_CLASS, OTHER_CPU, EMPTY, CACHE };

static struct {
	const char *path;
	enum content content;
	int error; /* of opening it */
} files[16];
static uint32_t nfiles;
static char opened[4096]; /* paths that were tried, each behind a space */

static struct {
	char bytes[4096];
	size_t size;
} ld_cache;

static inline void
add_file(const char *path, enum content content)
{
	files[nfiles].path = path;
	files[nfiles].error = 0;
	files[nfiles++].content = content;
}

static inline int
file_with(enum content content)
{
	struct {
		Elf64_Ehdr eh;
		Elf64_Phdr ph;
	} elf = {.eh = {.e_type = ET_DYN,
			.e_machine = content == OTHER_CPU ? EM_SPARC : ARCH_MACHINE,
			.e_version = EV_CURRENT,
			.e_phoff = sizeof(Elf64_Ehdr),
			.e_phentsize = sizeof(Elf64_Phdr),
			.e_phnum = 1},
		 .ph = {.p_type = PT_LOAD, .p_flags = PF_R, .p_memsz = 64, .p_filesz = 64}};
	int fd = memfd_create("file", 0);
	ssize_t done = 0;

	memcpy(elf.eh.e_ident, ELFMAG, SELFMAG);
	elf.eh.e_ident[EI_CLASS] = content == OTHER_CLASS ? ELFCLASS32 : ELFCLASS64;
	elf.eh.e_ident[EI_DATA] = ELFDATA2LSB;
	elf.eh.e_ident[EI_VERSION] = EV_CURRENT;
	if (content == CACHE)
		done = write(fd, ld_cache.bytes, ld_cache.size);
	else if (content != EMPTY)
		done = write(fd, &elf, sizeof(elf));
	assert_true(done >= 0);
	return fd;
}

int __wrap_sys_open(const char *path, int flags, int mode);
int
__wrap_sys_open(const char *path, int flags, int mode)
{
	(void)flags, (void)mode;
	strcat(strcat(opened, " "), path);
	for (uint32_t i = 0; i < nfiles; i++)
		if (streq(files[i].path, path))
			return files[i].error ? -files[i].error : file_with(files[i].content);
	return -ENOENT;
}

static char asked[4096]; /* names that stat was asked for, each behind a space */

/* A directory is what a path goes on from. */
int __wrap_sys_stat(const char *path, struct file_id *id);
int
__wrap_sys_stat(const char *path, struct file_id *id)
{
	size_t len = strlen(path);

	strcat(strcat(asked, " "), path);
	len -= len && path[len - 1] == '/';
	*id = (struct file_id){.ino = 1, .mode = 0100755};
	for (uint32_t i = 0; i < nfiles; i++) {
		if (strncmp(files[i].path, path, len) != 0)
			continue;
		if (files[i].path[len] == '/')
			id->mode = 0040755;
		if (!files[i].path[len] || files[i].path[len] == '/')
			return 0;
	}
	return -ENOENT;
}

static struct object *program, *library;
static struct error error;

/* The program needs the library, which needs what is looked for. */
static inline int
begin(void **state)
{
	(void)state;
	forget_rtld();
	search_done();
	nfiles = 0;
	opened[0] = asked[0] = 0;
	memset(&error, 0, sizeof(error));
	program = new_object("/opt/bin/program", OBJECT_STARTUP);
	program->is_program = true;
	program->real_dir = "/opt/bin";
	library = new_object("/opt/lib/library.so", OBJECT_STARTUP);
	library->needed_by = program;
	rtld->program = program;
	return 0;
}

/* The path under which `requester` finds a name; "": it does not. */
static inline const char *
found(const char *name, const struct object *requester)
{
	struct object *obj = heap_alloc(sizeof(*obj));
	int fd = search_open(name, requester, obj, &error);

	if (fd < 0)
		return "";
	close(fd);
	library->found_by = obj->found_by;
	return obj->path;
}

#endif
