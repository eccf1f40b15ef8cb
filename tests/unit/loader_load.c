/* Files into objects: which name finds which object, what a closure loads and in which order, and
 * what ld.so says of files that it does not load. The files are real, made of a few headers. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "rtld/load.h"
#include "tests_objects.h"

/* A library of one segment. */
struct file {
	Elf64_Ehdr eh;
	Elf64_Phdr ph[2];
	Elf64_Dyn dynamic[12];
	char strings[256];
	uint32_t ndynamic, nstrings;
};

static char directory[] = "/tmp/xipld-load-XXXXXX";
static struct error error;

static int
make_directory(void **state)
{
	(void)state;
	return mkdtemp(directory) && chdir(directory) == 0 ? 0 : -1;
}

static int
remove_directory(void **state)
{
	char command[64];

	(void)state;
	snprintf(command, sizeof(command), "rm -rf %s", directory);
	return system(command);
}

static int
begin(void **state)
{
	(void)state;
	forget_rtld();
	memset(&error, 0, sizeof(error));
	rtld->search.library_path = directory;
	return 0;
}

static struct file
new_file(void)
{
	struct file f = {.eh = {.e_type = ET_DYN,
				.e_machine = ARCH_MACHINE,
				.e_version = EV_CURRENT,
				.e_phoff = offsetof(struct file, ph),
				.e_phentsize = sizeof(Elf64_Phdr),
				.e_phnum = 2},
			 .ph = {{.p_type = PT_LOAD,
				 .p_flags = PF_R | PF_W,
				 .p_filesz = sizeof(f),
				 .p_memsz = sizeof(f),
				 .p_align = 4096},
				{.p_type = PT_DYNAMIC,
				 .p_flags = PF_R | PF_W,
				 .p_offset = offsetof(struct file, dynamic),
				 .p_vaddr = offsetof(struct file, dynamic),
				 .p_filesz = sizeof(f.dynamic),
				 .p_memsz = sizeof(f.dynamic),
				 .p_align = 8}},
			 .nstrings = 1};

	memcpy(f.eh.e_ident, ELFMAG, SELFMAG);
	f.eh.e_ident[EI_CLASS] = ELFCLASS64;
	f.eh.e_ident[EI_DATA] = ELFDATA2LSB;
	f.eh.e_ident[EI_VERSION] = EV_CURRENT;
	return f;
}

static void
add_value(struct file *f, int64_t tag, uint64_t value)
{
	f->dynamic[f->ndynamic++] = (Elf64_Dyn){.d_tag = tag, .d_un.d_val = value};
}

static void
add_text(struct file *f, int64_t tag, const char *text)
{
	add_value(f, tag, f->nstrings);
	strcpy(f->strings + f->nstrings, text);
	f->nstrings += (uint32_t)strlen(text) + 1;
}

static void
write_file(const char *name, struct file f)
{
	int fd = open(name, O_CREAT | O_TRUNC | O_WRONLY, 0644);

	add_value(&f, DT_STRTAB, offsetof(struct file, strings));
	add_value(&f, DT_STRSZ, f.nstrings);
	assert_int_equal(write(fd, &f, sizeof(f)), sizeof(f));
	close(fd);
}

/* "a b c": a library a that needs b and c. */
static void
write_library(const char *text)
{
	struct file f = new_file();
	char copy[64], *name, *needed;

	strcpy(copy, text);
	name = strtok(copy, " ");
	while ((needed = strtok(NULL, " ")))
		add_text(&f, DT_NEEDED, needed);
	write_file(name, f);
}

static struct object *
load(const char *name)
{
	return load_library(name, NULL, OBJECT_LOADED, NULL, &error);
}

static void
a_closure_is_loaded_breadth_first_and_each_file_once(void **state)
{
	struct scope closure = {0};
	static const char *const order[] = {"a", "b", "c", "d", "e"};

	(void)state;
	write_library("a b c");
	write_library("b d");
	write_library("c d e b");
	write_library("d a");
	write_library("e");
	scope_add(&closure, load("a"));
	assert_true(load_needed(&closure, OBJECT_LOADED, &error));
	assert_int_equal(closure.count, 5);
	assert_int_equal(rtld->all.count, 5);
	for (uint32_t i = 0; i < 5; i++)
		assert_string_equal(base_name(closure.list[i]->path), order[i]);
	assert_ptr_equal(closure.list[3]->needed_by, closure.list[1]);
	assert_int_equal(closure.list[3]->found_by, FOUND_BY_LIBRARY_PATH);
	assert_int_equal(closure.list[2]->needed.count, 3);
	assert_true(load_needed(&closure, OBJECT_LOADED, &error)); /* again: all is known */
	assert_int_equal(rtld->all.count, 5);
}

static void
a_library_that_is_missing_is_named_with_who_needs_it_unread(void **state)
{
	struct scope closure = {0};

	(void)state;
	write_library("a b nowhere");
	write_library("b");
	scope_add(&closure, load("a"));
	assert_false(load_needed(&closure, OBJECT_LOADED, &error));
	assert_string_equal(error.file, "nowhere");
	assert_string_equal(error.what, "cannot open shared object file");
	assert_int_equal(error.number, ENOENT);
}

static void
an_object_is_known_by_its_soname_and_by_each_name_it_was_asked_for(void **state)
{
	struct file f = new_file();
	struct object *obj;
	bool fresh;

	(void)state;
	add_text(&f, DT_SONAME, "libname.so.1");
	write_file("libfile.so", f);
	obj = load_library("libfile.so", NULL, OBJECT_LOADED, &fresh, &error);
	assert_true(obj && fresh);
	assert_ptr_equal(load_library("libname.so.1", NULL, OBJECT_LOADED, &fresh, &error), obj);
	assert_false(fresh);
	assert_ptr_equal(load_find("libfile.so"), obj);
	assert_ptr_equal(load_find("libname.so.1"), obj);
	assert_null(load_find("libname.so"));
	obj->doomed = true; /* its destructors run */
	assert_null(load_find("libname.so.1"));
}

static void
a_link_to_a_loaded_file_is_that_object(void **state)
{
	struct object *obj;

	(void)state;
	write_library("liba.so");
	unlink("libhard.so");
	unlink("libsoft.so");
	assert_int_equal(link("liba.so", "libhard.so"), 0);
	assert_int_equal(symlink("liba.so", "libsoft.so"), 0);
	obj = load("liba.so");
	assert_non_null(obj);
	assert_ptr_equal(load("libhard.so"), obj);
	assert_ptr_equal(load("libsoft.so"), obj);
	assert_int_equal(rtld->all.count, 1);
	assert_ptr_equal(load_find("libsoft.so"), obj); /* known without a look at the file */
}

static void
what_ld_so_does_not_load_it_names_as_it_was_asked_for(void **state)
{
	static const struct {
		uint64_t flags;
		const char *text;
	} cases[] = {{DF_1_PIE, "cannot dynamically load position-independent executable"},
		     {DF_1_NOOPEN, "shared object cannot be dlopen()ed"}};
	struct file f;

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		f = new_file();
		add_value(&f, DT_FLAGS_1, cases[i].flags);
		write_file("x", f);
		assert_null(load("x"));
		assert_string_equal(error.what, cases[i].text);
		assert_string_equal(error.file, "x");
	}
	f = new_file();
	f.eh.e_type = ET_EXEC;
	write_file("x", f);
	assert_null(load("x"));
	assert_string_equal(error.what, "cannot dynamically load executable");
	f = new_file();
	f.eh.e_phnum = 1;
	write_file("x", f);
	assert_null(load("x"));
	assert_string_equal(error.what, "object file has no dynamic section");
	assert_int_equal(rtld->all.count, 0);
}

static void
noopen_is_for_dlopen_alone(void **state)
{
	struct file f = new_file();

	(void)state;
	add_value(&f, DT_FLAGS_1, DF_1_NOOPEN);
	write_file("x", f);
	assert_non_null(load_library("x", NULL, OBJECT_STARTUP, NULL, &error));
}

static void
a_directory_or_an_unreadable_header_ends_the_search(void **state)
{
	struct file f = new_file();

	(void)state;
	mkdir("dir", 0755);
	assert_null(load("./dir"));
	assert_string_equal(error.what, "cannot read file data");
	assert_int_equal(error.number, EISDIR);
	f.eh.e_ident[0] = 'X';
	write_file("x", f);
	assert_null(load("x"));
	assert_string_equal(error.what, "invalid ELF header");
}

static void
a_needed_name_may_have_the_needing_ones_origin(void **state)
{
	struct scope closure = {0};

	(void)state;
	mkdir("sub", 0755);
	write_library("sub/a $ORIGIN/b");
	write_library("sub/b");
	scope_add(&closure, load("./sub/a"));
	assert_true(load_needed(&closure, OBJECT_LOADED, &error));
	assert_non_null(strstr(closure.list[1]->path, "/sub/b"));
}

static void
a_needed_name_outside_the_strings_is_an_error(void **state)
{
	struct scope closure = {0};
	struct file f = new_file();

	(void)state;
	add_value(&f, DT_NEEDED, 1 << 20);
	write_file("x", f);
	scope_add(&closure, load("x"));
	assert_false(load_needed(&closure, OBJECT_LOADED, &error));
	assert_non_null(strstr(error.what, "outside the string table"));
}

static void
musls_own_libraries_are_its_interpreter(void **state)
{
	struct object *interp = new_object("/lib/ld-musl.so.1", OBJECT_STARTUP);

	(void)state;
	rtld->libc_kind = LIBC_MUSL;
	rtld->interp = interp;
	assert_ptr_equal(load("libc.so"), interp);
	assert_ptr_equal(load("libpthread.so.0"), interp);
	assert_ptr_equal(load("libm.so.6"), interp);
	assert_ptr_not_equal(load("libmagic.so"), interp);
	assert_ptr_not_equal(load("./libc.so"), interp);
}

static void
an_object_that_is_removed_is_in_no_list_and_not_mapped(void **state)
{
	struct object *a, *b;
	uintptr_t at;

	(void)state;
	write_library("a");
	write_library("b");
	a = load("a");
	b = load("b");
	scope_add(&rtld->global, a);
	scope_add(&b->reldeps, a);
	at = a->start;
	load_remove(a);
	assert_int_equal(rtld->all.count, 1);
	assert_int_equal(rtld->global.count, 0);
	assert_int_equal(b->reldeps.count, 0);
	assert_int_equal(rtld->subs, 1);
	assert_int_equal(sys_mprotect(at, page_size, SYS_PROT_READ), -ENOMEM);
}

#define TEST(name) cmocka_unit_test_setup(name, begin)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_closure_is_loaded_breadth_first_and_each_file_once),
		TEST(a_library_that_is_missing_is_named_with_who_needs_it_unread),
		TEST(an_object_is_known_by_its_soname_and_by_each_name_it_was_asked_for),
		TEST(a_link_to_a_loaded_file_is_that_object),
		TEST(what_ld_so_does_not_load_it_names_as_it_was_asked_for),
		TEST(noopen_is_for_dlopen_alone),
		TEST(a_directory_or_an_unreadable_header_ends_the_search),
		TEST(a_needed_name_may_have_the_needing_ones_origin),
		TEST(a_needed_name_outside_the_strings_is_an_error),
		TEST(musls_own_libraries_are_its_interpreter),
		TEST(an_object_that_is_removed_is_in_no_list_and_not_mapped),
	};

	return cmocka_run_group_tests(tests, make_directory, remove_directory);
}
