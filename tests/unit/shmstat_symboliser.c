/* The symboliser, on small files that the tests build themselves. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <elf.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "shmstat/advise/advice.h"
#include "shmstat/sym/debugfile.h"
#include "shmstat/sym/elffile.h"
#include "shmstat/sym/lines.h"
#include "shmstat/sym/relocs.h"
#include "shmstat/sym/symbols.h"
#include "shmstat/sym/relockinds.h"

static const char source[] = "typedef int (*handler)(int, const char *);\n" /* 1 */
			     "static int one(int a, const char *s) { return a + *s; }\n" /* 2 */
			     "const handler handlers[4] = {one, one, one, one};\n" /* 3 */
			     "int written = 7;\n" /* 4 */
			     "struct node { struct node *next; int value; };\n" /* 5 */
			     "extern int elsewhere;\n" /* 6 */
			     "struct node first = {&first, 3};\n" /* 7 */
			     "const char *const names[] = {\"a\", \"b\"};\n" /* 8 */
			     "static int (*const grid[2][3])(void);\n" /* 9 */
			     "int *counter(void)\n" /* 10 */
			     "{\n"
			     "	static int calls = 1;\n" /* 12 */
			     "	calls += elsewhere + (grid[1][1] != 0);\n"
			     "	return &calls;\n"
			     "}\n";

static char directory[] = "/tmp/symboliser.XXXXXX";

static void
command(const char *line)
{
	char *all;

	assert_true(asprintf(&all, "cd %s && %s", directory, line) > 0);
	assert_int_equal(system(all), 0);
	free(all);
}

static const char *
in_directory(const char *name)
{
	static char path[256];

	snprintf(path, sizeof(path), "%s/%s", directory, name);
	return path;
}

static struct elffile *
opened(const char *name)
{
	struct elf_error error = {""};
	struct elffile *f = elffile_open(in_directory(name), &error);

	assert_string_equal(error.text, "");
	assert_non_null(f);
	return f;
}

static int
build(void **state)
{
	FILE *f;

	(void)state;
	if (!mkdtemp(directory))
		return 1;
	f = fopen(in_directory("a.c"), "w");
	if (!f || fputs(source, f) < 0 || fclose(f) != 0)
		return 1;
	command("cc -g -O1 -fPIC -shared -Wl,--build-id -Wl,-z,lazy -o a.so a.c");
	command("cc -g -O1 -fPIC -shared -Wl,-z,pack-relative-relocs -o relr.so a.c");
	command("cp a.so stripped.so && strip stripped.so");
	return 0;
}

static int
remove_all(void **state)
{
	(void)state;
	command("rm -rf *");
	return rmdir(directory);
}

static const struct symbol *
named(struct elffile *f, const char *name)
{
	const struct symbol *s;
	size_t count = symbols_all(f, &s);

	for (size_t i = 0; i < count; i++)
		if (strcmp(s[i].name, name) == 0)
			return &s[i];
	fail_msg("no symbol %s", name);
	return NULL;
}

static void
sections_are_found_by_address(void **state)
{
	struct elffile *f = opened("a.so");
	const struct elf_section *s;
	size_t count = elffile_sections(f, &s);
	uint64_t start, end;

	(void)state;
	assert_true(count > 10);
	for (size_t i = 0; i < count; i++) {
		assert_ptr_equal(elffile_section_at(f, s[i].address), &s[i]);
		assert_ptr_equal(elffile_section_at(f, s[i].address + s[i].size - 1), &s[i]);
	}
	assert_string_equal(elffile_section_at(f, named(f, "handlers")->address)->name,
			    ".data.rel.ro");
	assert_string_equal(elffile_section_at(f, named(f, "written")->address)->name, ".data");
	assert_null(elffile_section_at(f, UINT64_MAX));
	assert_true(elffile_relro(f, &start, &end));
	assert_true(named(f, "handlers")->address >= start &&
		    named(f, "handlers")->address + 32 <= end);
	elffile_close(f);
}

static void
symbols_overlap_ranges(void **state)
{
	struct elffile *f = opened("a.so");
	const struct symbol *handlers = named(f, "handlers"), *found[8];
	uint64_t offset;

	(void)state;
	assert_string_equal(symbols_source(f), "symtab");
	assert_int_equal(handlers->size, 32);
	assert_int_equal(handlers->kind, STT_OBJECT);
	assert_int_equal(symbols_in(f, handlers->address + 31, handlers->address + 32, found, 8),
			 1);
	assert_ptr_equal(found[0], handlers);
	assert_ptr_equal(symbol_at(f, handlers->address + 17, &offset), handlers);
	assert_int_equal(offset, 17);
	assert_true(symbols_in(f, 0, UINT64_MAX, NULL, 0) > 10);
	assert_int_equal(symbols_in(f, handlers->address, handlers->address, found, 8), 0);
	assert_null(symbol_at(f, UINT64_MAX, NULL));
	elffile_close(f);
}

static void
names_are_demangled(void **state)
{
	static const char *const names[][2] = {
		{"_ZTVN2ns5ShapeE", "vtable for ns::Shape"},
		{"_ZN2ns4drawEiPKc", "ns::draw(int, char const*)"},
		{"_ZN4core3fmt5Write9write_str17h0123456789abcdefE", "core::fmt::Write::write_str"},
		{"_RNvC6mycase3foo", "mycase::foo"},
		{"main", "main"},
		{"_Z", "_Z"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++) {
		char *plain = symbol_demangle(names[i][0]);

		assert_string_equal(plain, names[i][1]);
		free(plain);
	}
}

static void
assert_declared(struct elffile *f, const char *name, const char *type, unsigned line, bool is_const)
{
	const struct declaration *d = declaration_at(f, named(f, name)->address);

	assert_non_null(d);
	if (type)
		assert_string_equal(d->type, type);
	assert_string_equal(strrchr(d->file, '/'), "/a.c");
	assert_int_equal(d->line, line);
	assert_int_equal(d->is_const, is_const);
	assert_int_equal(d->size, named(f, name)->size);
}

static void
variables_have_types_and_lines(void **state)
{
	struct elffile *f = opened("a.so");
	uint64_t handlers = named(f, "handlers")->address;

	(void)state;
	assert_true(lines_available(f));
	assert_declared(f, "handlers", "const handler[4]", 3, true);
	assert_declared(f, "written", "int", 4, false);
	assert_declared(f, "first", "struct node", 7, false);
	assert_declared(f, "names", "const char *const[2]", 8, true);
	assert_ptr_equal(declaration_at(f, handlers + 31), declaration_at(f, handlers));
	assert_int_equal(declaration_named(f, "counter")->line, 10);
	assert_int_equal(declaration_at(f, named(f, "one")->address)->line, 2);
	assert_int_equal(declaration_named(f, "elsewhere")->line, 6);
	assert_string_equal(declaration_of_class(f, "node")->name, "node");
	assert_int_equal(declaration_of_class(f, "node")->line, 5);
	assert_null(declaration_named(f, "nothing"));
	assert_null(declaration_at(f, 0));
	assert_null(declaration_at(f, UINT64_MAX));
	elffile_close(f);
}

static void
variables_of_functions_too(void **state)
{
	struct elffile *f = opened("a.so");
	const struct symbol *s;
	size_t count = symbols_all(f, &s);
	const struct declaration *d = NULL;

	(void)state;
	for (size_t i = 0; i < count; i++)
		if (strncmp(s[i].name, "calls", 5) == 0)
			d = declaration_at(f, s[i].address);
	assert_non_null(d);
	assert_string_equal(d->name, "calls");
	assert_int_equal(d->line, 12);
	elffile_close(f);
}

/* What clang writes: DWARF 5 with addresses by number. */
static void
indexed_addresses_are_followed(void **state)
{
	struct elffile *f;

	(void)state;
	if (system("command -v clang >/dev/null") != 0)
		skip();
	command("clang -gdwarf-5 -O1 -fPIC -shared -o clang.so a.c");
	f = opened("clang.so");
	assert_declared(f, "handlers", NULL, 3, true);
	assert_declared(f, "written", "int", 4, false);
	elffile_close(f);
}

static const struct reloc *
reloc_at(struct elffile *f, uint64_t address, uint64_t size, size_t count)
{
	const struct reloc *r;

	assert_int_equal(relocs_in(f, address, address + size, &r), count);
	return r;
}

static void
relocations_are_found_by_page(void **state)
{
	struct elffile *f = opened("a.so");
	const struct symbol *handlers = named(f, "handlers"), *first = named(f, "first");
	const struct reloc *r = reloc_at(f, handlers->address, handlers->size, 4);
	struct reloc_target target;

	(void)state;
	assert_int_equal(r->class, RELOC_RELATIVE);
	assert_int_equal(r->table, RELOC_RELA);
	assert_int_equal(r->size, sizeof(void *));
	reloc_target(f, r, &target);
	assert_null(target.name);
	assert_string_equal(symbol_at(f, target.address, NULL)->name, "one");
	r = reloc_at(f, first->address, first->size, 1);
	assert_int_equal(r->class, RELOC_SYMBOLIC);
	reloc_target(f, r, &target);
	assert_string_equal(target.name, "first");
	assert_true(target.defined_here);
	/* one that only ends in the range is in it, one that ends before is not */
	reloc_at(f, handlers->address + 31, 1, 1);
	assert_false(reloc_writes(r, r->address + r->size, r->address + r->size + 1));
	assert_true(reloc_writes(r, r->address + r->size - 1, r->address + r->size));
	elffile_close(f);
}

static void
packed_relocations_are_unpacked(void **state)
{
	struct elffile *f = opened("relr.so");
	const struct symbol *handlers = named(f, "handlers");
	const struct reloc *r = reloc_at(f, handlers->address, handlers->size, 4);

	(void)state;
	for (int i = 0; i < 4; i++) {
		assert_int_equal(r[i].address, handlers->address + 8 * (unsigned)i);
		assert_int_equal(r[i].table, RELOC_RELR);
		assert_int_equal(r[i].class, RELOC_RELATIVE);
		/* RELR has no addends but in the place itself */
		assert_string_equal(symbol_at(f, (uint64_t)r[i].addend, NULL)->name, "one");
	}
	elffile_close(f);
}

static void
kinds_have_names_on_each_cpu(void **state)
{
	(void)state;
	assert_string_equal(reloc_type_name(EM_X86_64, R_X86_64_GLOB_DAT), "R_X86_64_GLOB_DAT");
	assert_string_equal(reloc_type_name(EM_AARCH64, R_AARCH64_TLSDESC), "R_AARCH64_TLSDESC");
	assert_string_equal(reloc_type_name(EM_RISCV, R_RISCV_JUMP_SLOT), "R_RISCV_JUMP_SLOT");
	assert_string_equal(reloc_type_name(EM_386, R_386_RELATIVE), "R_386_RELATIVE");
	assert_string_equal(reloc_type_name(EM_X86_64, 213), "type 213");
	assert_string_equal(reloc_type_name(EM_S390, 12), "type 12");
}

static void
stripped_files_still_have_dynamic_symbols(void **state)
{
	struct elffile *f = opened("stripped.so");

	(void)state;
	assert_false(lines_available(f));
	assert_null(declaration_at(f, named(f, "handlers")->address));
	assert_string_equal(symbols_source(f), "dynsym");
	assert_int_equal(named(f, "handlers")->size, 32);
	elffile_close(f);
}

static void
assert_debug_file_used(const char *name)
{
	struct elffile *f = opened(name);

	assert_string_equal(symbols_source(f), "debug file");
	assert_non_null(named(f, "one")); /* local: only the debug file has it */
	assert_declared(f, "written", "int", 4, false);
	elffile_close(f);
}

static void
debug_files_are_found_by_build_id(void **state)
{
	char root[256];

	(void)state;
	command("cp a.so id.so && objcopy --only-keep-debug a.so id.debug && strip id.so && "
		"id=$(readelf -n a.so | sed -n 's/.*Build ID: //p') && "
		"mkdir -p root/.build-id/${id%${id#??}} && "
		"mv id.debug root/.build-id/${id%${id#??}}/${id#??}.debug");
	snprintf(root, sizeof(root), "%s/root", directory);
	debugfile_directory(root);
	assert_debug_file_used("id.so");
	debugfile_directory("/usr/lib/debug");
}

static void
debug_files_are_found_by_link(void **state)
{
	struct elffile *f;

	(void)state;
	command("objcopy --only-keep-debug a.so link.debug && "
		"objcopy --remove-section .note.gnu.build-id a.so link.so && strip link.so && "
		"objcopy --add-gnu-debuglink=link.debug link.so");
	assert_debug_file_used("link.so");
	/* with another checksum it is another file's */
	command("printf x >>link.debug");
	f = opened("link.so");
	assert_string_equal(symbols_source(f), "dynsym");
	elffile_close(f);
}

static void
bias_comes_from_the_right_segment(void **state)
{
	struct elffile *f = opened("a.so");
	const struct elf_segment *s;
	size_t count = elffile_segments(f, &s);
	uint64_t bias, page = (uint64_t)sysconf(_SC_PAGESIZE);

	(void)state;
	for (size_t i = 0; i < count; i++) {
		uint64_t start = (s[i].address & ~(page - 1)) + 0x7f0000000000;

		assert_true(elffile_bias(f, start, page, s[i].offset & ~(page - 1),
					 (s[i].flags & PF_W) != 0, &bias));
		assert_int_equal(bias, 0x7f0000000000);
	}
	assert_false(elffile_bias(f, 0x1000, page, 0x7fffffff000, false, &bias));
	elffile_close(f);
}

static void
what_is_no_elf_file_is_refused(void **state)
{
	static const char *const names[] = {"a.c", "nothing.so", ".", "fifo", "a.o", "empty"};
	struct elf_error error;

	(void)state;
	command("mkfifo fifo; : >empty; cc -c -o a.o a.c");
	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++) {
		error.text[0] = '\0';
		assert_null(elffile_open(in_directory(names[i]), &error));
		assert_true(strlen(error.text) > 5);
	}
}

static const struct advice_item *
item_of(const struct advice *a, const char *symbol)
{
	for (size_t i = 0; i < a->item_count; i++)
		if (a->items[i].symbol && strcmp(a->items[i].symbol, symbol) == 0)
			return &a->items[i];
	fail_msg("no item %s", symbol);
	return NULL;
}

static void
relr_saves_what_the_linker_makes_of_it(void **state)
{
	struct elffile *f = opened("a.so"), *packed = opened("relr.so");
	struct advice a, p;
	uint64_t relr = 0;
	const struct elf_section *s;
	size_t count = elffile_sections(packed, &s);

	(void)state;
	assert_true(advice_make(&a, f, true));
	assert_true(advice_make(&p, packed, true));
	for (size_t i = 0; i < count; i++)
		if (strcmp(s[i].name, ".relr.dyn") == 0)
			relr = s[i].size;
	assert_int_equal(a.by_class[RELOC_RELATIVE], p.by_class[RELOC_RELATIVE]);
	assert_int_equal(a.remedies[REMEDY_RELR].relocs, a.by_class[RELOC_RELATIVE]);
	assert_int_equal(p.remedies[REMEDY_RELR].relocs, 0);
	/* the table makes other sections move by its size: a bit map may end at another place */
	assert_in_range(a.remedies[REMEDY_RELR].file_bytes + relr,
			a.by_class[RELOC_RELATIVE] * 24 - 8, a.by_class[RELOC_RELATIVE] * 24 + 8);
	assert_int_equal(item_of(&a, "handlers")->kind, ITEM_TABLE);
	assert_int_equal(item_of(&a, "first")->kind, ITEM_OBJECT);
	assert_int_equal(item_of(&a, "written")->kind, ITEM_WRITABLE);
	assert_int_equal(item_of(&a, "elsewhere")->kind, ITEM_GOT);
	advice_free(&a);
	advice_free(&p);
	elffile_close(f);
	elffile_close(packed);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(sections_are_found_by_address),
		cmocka_unit_test(symbols_overlap_ranges),
		cmocka_unit_test(names_are_demangled),
		cmocka_unit_test(variables_have_types_and_lines),
		cmocka_unit_test(variables_of_functions_too),
		cmocka_unit_test(indexed_addresses_are_followed),
		cmocka_unit_test(relocations_are_found_by_page),
		cmocka_unit_test(packed_relocations_are_unpacked),
		cmocka_unit_test(kinds_have_names_on_each_cpu),
		cmocka_unit_test(stripped_files_still_have_dynamic_symbols),
		cmocka_unit_test(debug_files_are_found_by_build_id),
		cmocka_unit_test(debug_files_are_found_by_link),
		cmocka_unit_test(bias_comes_from_the_right_segment),
		cmocka_unit_test(what_is_no_elf_file_is_refused),
		cmocka_unit_test(relr_saves_what_the_linker_makes_of_it),
	};

	return cmocka_run_group_tests(tests, build, remove_all);
}
