/* Hashes, version rules and the GNU and SysV tables, on an object made of arrays. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "elf/lookup.h"
#include "tests_rtld.h"

/* "\0foo\0bar\0V1\0V2" */
static const char strings[] = "\0foo\0bar\0V1\0V2";
enum { FOO = 1, BAR = 5, V1 = 9, V2 = 12 };

static Elf64_Sym symbols[5];
static Elf64_Half versym[5];
static struct version versions[4];
static uint32_t sysv_words[2 + 1 + 5];

static struct object
make_object(void)
{
	struct object obj = {.path = "made",
			     .strtab = strings,
			     .strsz = sizeof(strings),
			     .symtab = symbols,
			     .nsyms = 5};

	memset(symbols, 0, sizeof(symbols));
	memset(versym, 0, sizeof(versym));
	for (int i = 1; i < 5; i++)
		symbols[i] = (Elf64_Sym){.st_name = i < 3 ? FOO : BAR,
					 .st_info = ELF64_ST_INFO(STB_GLOBAL, STT_FUNC),
					 .st_shndx = 1,
					 .st_value = (Elf64_Addr)i * 16,
					 .st_size = 16};
	/* one bucket: 1 -> 2 -> 3 -> 4 */
	obj.sysv = (struct sysv_hash){
		.nbuckets = 1, .nchain = 5, .buckets = sysv_words, .chain = sysv_words + 1};
	sysv_words[0] = 1;
	for (uint32_t i = 0; i < 5; i++)
		sysv_words[1 + i] = i ? (i + 1) % 5 : 0;
	return obj;
}

static struct object
make_versioned(void)
{
	struct object obj = make_object();

	versions[2] = (struct version){.name = strings + V1, .hash = lookup_sysv_hash("V1")};
	versions[3] = (struct version){.name = strings + V2, .hash = lookup_sysv_hash("V2")};
	obj.versym = versym;
	obj.versions = versions;
	obj.nversions = 4;
	versym[1] = 2 | 0x8000; /* foo@V1 */
	versym[2] = 3; /* foo@@V2 */
	versym[3] = 1; /* bar, base */
	versym[4] = 3 | 0x8000; /* bar@V2, hidden */
	return obj;
}

static uint64_t
value_of(const struct object *obj, const char *name, const struct version *version, bool hidden_too,
	 bool newest)
{
	struct symbol_query want;
	const Elf64_Sym *sym;

	symbol_query_init(&want, name);
	want.version = version;
	want.hidden_too = hidden_too;
	want.newest = newest;
	sym = lookup_in_object(obj, &want);
	return sym ? sym->st_value : 0;
}

static void
hashes_are_the_published_ones(void **state)
{
	(void)state;
	assert_int_equal(lookup_gnu_hash(""), 5381);
	assert_int_equal(lookup_gnu_hash("printf"), 0x156b2bb8);
	assert_int_equal(lookup_sysv_hash("printf"), 0x077905a6);
	assert_int_equal(lookup_sysv_hash("GLIBC_2.2.5"), 0x09691a75);
}

static void
version_selects_definition(void **state)
{
	struct object obj = make_versioned();
	struct version v1 = {.name = "V1", .hash = lookup_sysv_hash("V1")},
		       v2 = {.name = "V2", .hash = lookup_sysv_hash("V2")};
	struct version other = {.name = "V9", .hash = lookup_sysv_hash("V9")};

	(void)state;
	assert_int_equal(value_of(&obj, "foo", &v1, false, false), 16);
	assert_int_equal(value_of(&obj, "foo", &v2, false, false), 32);
	assert_int_equal(value_of(&obj, "foo", &other, false, false), 0);
}

static void
base_definition_serves_versioned_reference(void **state)
{
	struct object obj = make_versioned();
	struct version other = {.name = "V9", .hash = lookup_sysv_hash("V9")};

	(void)state;
	assert_int_equal(value_of(&obj, "bar", &other, false, false), 48);
	assert_int_equal(value_of(&obj, "bar", &other, true, false),
			 0); /* dlvsym names the version outright */
}

static void
unversioned_lookup_takes_the_default(void **state)
{
	struct object obj = make_versioned();

	(void)state;
	assert_int_equal(value_of(&obj, "foo", NULL, false, true), 32);
	assert_int_equal(value_of(&obj, "bar", NULL, false, true), 48);
}

static void
looping_chain_ends(void **state)
{
	struct object obj = make_object();

	(void)state;
	sysv_words[1 + 4] = 1; /* 4 -> 1 */
	assert_int_equal(value_of(&obj, "nothing", NULL, false, false), 0);
}

static void
undefined_symbols_do_not_define(void **state)
{
	struct object obj = make_object();
	struct symbol_query want;

	(void)state;
	symbols[1].st_shndx = symbols[2].st_shndx =
		SHN_UNDEF; /* with a value: a canonical PLT address */
	symbol_query_init(&want, "foo");
	assert_non_null(lookup_in_object(&obj, &want));
	want.for_call = true;
	assert_null(lookup_in_object(&obj, &want));
}

static void
scope_searches_in_order_and_after(void **state)
{
	struct object a = make_object(), b = make_object();
	struct object *list[] = {&a, &b};
	struct scope scope = {.list = list, .count = 2};
	struct symbol_query want;
	struct symdef def;

	(void)state;
	symbol_query_init(&want, "foo");
	assert_true(lookup_in_scope(&scope, &want, NULL, &def));
	assert_ptr_equal(def.obj, &a);
	assert_true(lookup_in_scope(&scope, &want, &a, &def));
	assert_ptr_equal(def.obj, &b);
	assert_false(lookup_in_scope(&scope, &want, &b, &def));
	want.skip = &a;
	assert_true(lookup_in_scope(&scope, &want, NULL, &def));
	assert_ptr_equal(def.obj, &b);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(hashes_are_the_published_ones),
		cmocka_unit_test(version_selects_definition),
		cmocka_unit_test(base_definition_serves_versioned_reference),
		cmocka_unit_test(unversioned_lookup_takes_the_default),
		cmocka_unit_test(looping_chain_ends),
		cmocka_unit_test(undefined_symbols_do_not_define),
		cmocka_unit_test(scope_searches_in_order_and_after),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
