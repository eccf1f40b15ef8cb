/* Symbol versions: how their tables are read, and what is said, in ld.so's words, where a version
 * that is needed is not there. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "rtld/complaints.h"
#include "rtld/load.h"
#include "tests_objects.h"

static struct image image;
static struct object *user, *library;
static struct error error;

static int
begin(void **state)
{
	(void)state;
	forget_rtld();
	begin_image(&image);
	memset(&error, 0, sizeof(error));
	user = new_object("/bin/user", OBJECT_STARTUP);
	library = new_object("/lib/libv.so", OBJECT_STARTUP);
	set_needed(user, library);
	return 0;
}

static void
set_versions(struct object *obj, const struct version *list, uint32_t count)
{
	obj->versions = heap_alloc(count * sizeof(*list));
	memcpy(obj->versions, list, count * sizeof(*list));
	obj->nversions = count;
}

/* The user needs this version of the library. */
static void
need(const char *name, bool weak)
{
	struct version v = {.name = name,
			    .file = "libv.so",
			    .hash = lookup_sysv_hash(name),
			    .weak = weak,
			    .needed = true,
			    .order = 1};

	set_versions(user, &v, 1);
	user->nneeds = 1;
}

/* The library has versions of its own, this one at least. */
static void
define(const char *name)
{
	struct version v = {.name = name, .hash = lookup_sysv_hash(name)};

	set_versions(library, &v, 1);
	library->has_verdef = true;
}

static uint32_t times_told;
static char last_told[1024];

static void
hear(const struct error *e)
{
	times_told++;
	message_format(last_told, sizeof(last_told), "%s: %s", e->file, e->what);
}

static void
a_version_that_is_defined_is_no_matter(void **state)
{
	(void)state;
	need("V1", false);
	define("V1");
	times_told = 0;
	assert_true(load_check_versions(user, hear, &error));
	assert_int_equal(times_told, 0);
	assert_true(load_check_versions(user, NULL, &error));
}

static void
a_missing_version_is_an_error_in_ld_sos_words(void **state)
{
	(void)state;
	need("V2", false);
	define("V1");
	assert_false(load_check_versions(user, NULL, &error));
	assert_string_equal(error.file, "/lib/libv.so");
	assert_string_equal(error.what, "version `V2' not found (required by /bin/user)");
	assert_int_equal(error.kind, ERROR_VERSION);
}

static void
a_name_of_the_same_hash_is_another_version(void **state)
{
	(void)state;
	need("V2", false);
	define("V1");
	library->versions[0].hash = user->versions[0].hash;
	assert_false(load_check_versions(user, NULL, &error));
}

static void
a_version_that_the_library_itself_needs_is_not_defined_by_it(void **state)
{
	(void)state;
	need("V1", false);
	define("V1");
	library->versions[0].needed = true;
	assert_false(load_check_versions(user, NULL, &error));
}

static void
a_missing_weak_version_is_told_and_does_not_matter(void **state)
{
	(void)state;
	need("V2", true);
	define("V1");
	times_told = 0;
	assert_true(load_check_versions(user, hear, &error));
	assert_int_equal(times_told, 1);
	assert_string_equal(last_told,
			    "/lib/libv.so: weak version `V2' not found (required by /bin/user)");
	assert_true(load_check_versions(user, NULL, &error)); /* dlopen says nothing of it */
}

static void
a_library_without_versions_is_told_and_does_not_matter(void **state)
{
	(void)state;
	need("V1", false);
	times_told = 0;
	assert_true(load_check_versions(user, hear, &error));
	assert_int_equal(times_told, 1);
	assert_string_equal(
		last_told,
		"/lib/libv.so: no version information available (required by /bin/user)");
	assert_true(load_check_versions(user, NULL, &error));
}

static void
all_that_is_missing_is_told_in_the_files_order(void **state)
{
	struct version v[3] = {{0}};

	(void)state;
	for (uint32_t i = 0; i < 3; i++)
		v[i] = (struct version){.name = i == 0	 ? "V0"
						: i == 1 ? "V1"
							 : "V2",
					.file = "libv.so",
					.hash = i,
					.needed = true,
					.order = 3 - i};
	set_versions(user, v, 3);
	user->nneeds = 3;
	define("V9");
	times_told = 0;
	assert_false(load_check_versions(user, hear, &error));
	assert_int_equal(times_told, 3);
	assert_non_null(strstr(last_told, "`V0'"));
	assert_false(load_check_versions(user, NULL, &error));
	assert_non_null(strstr(error.what, "`V2'"));
}

static void
a_version_of_a_file_that_is_not_loaded_is_nobodys(void **state)
{
	(void)state;
	need("V1", false);
	user->versions[0].file = "libother.so";
	assert_true(load_check_versions(user, NULL, &error));
}

static void
a_file_is_also_known_by_the_name_it_was_asked_for(void **state)
{
	(void)state;
	need("V1", false);
	user->versions[0].file = "libalias.so";
	define("V9");
	load_add_name(library, "libalias.so");
	assert_false(load_check_versions(user, NULL, &error));
}

static void
a_program_is_called_as_it_was_started(void **state)
{
	(void)state;
	need("V2", false);
	define("V1");
	user->is_program = true;
	assert_false(load_check_versions(user, NULL, &error));
	assert_string_equal(error.what, "version `V2' not found (required by test)");
}

static void
musl_knows_no_versions(void **state)
{
	(void)state;
	need("V2", false);
	define("V1");
	rtld->libc_kind = LIBC_MUSL;
	assert_true(load_check_versions(user, NULL, &error));
}

static void
what_is_told_is_kept_for_the_launch_to_print(void **state)
{
	(void)state;
	need("V2", true);
	define("V1");
	assert_true(load_check_versions(user, complain_of_version, &error));
	assert_int_equal(rtld->ncomplaints, 1);
	assert_string_equal(rtld->complaints[0].text,
			    "/lib/libv.so: weak version `V2' not found (required by /bin/user)");
	assert_true(rtld->complaints[0].names_program);
}

/* A file with DT_RELR that needs versions of a libc which knows GLIBC_ABI_DT_RELR. */
static void
relr_must_be_announced_to_a_libc_that_knows_it(void **state)
{
	static Elf64_Dyn needs_libc = {.d_tag = DT_NEEDED, .d_un.d_val = 1};

	(void)state;
	need("V1", false);
	user->has_relr = true;
	user->strtab = "\0libc.so.6";
	user->strsz = 11;
	user->dynamic = &needs_libc;
	user->ndynamic = 1;
	rtld->libc = library;
	define("GLIBC_ABI_DT_RELR");
	assert_false(load_check_relr(user, &error));
	assert_string_equal(error.what, "DT_RELR without GLIBC_ABI_DT_RELR dependency");
	define("GLIBC_2.31"); /* an older libc */
	assert_true(load_check_relr(user, &error));
	define("GLIBC_ABI_DT_RELR");
	need("GLIBC_ABI_DT_RELR", false);
	assert_true(load_check_relr(user, &error));
}

/* Versions V1 (2) and V2 (3) are defined, behind the file's own name (1). */
static void
add_definitions(void)
{
	static const char names[][8] = {"libu.so", "V1", "V2"};

	for (uint32_t i = 0; i < 3; i++) {
		struct {
			Elf64_Verdef def;
			Elf64_Verdaux aux;
		} *d = (void *)(image.definitions + i * sizeof(*d));

		d->def = (Elf64_Verdef){.vd_version = 1,
					.vd_flags = i ? 0 : VER_FLG_BASE,
					.vd_ndx = (Elf64_Half)(i + 1),
					.vd_cnt = 1,
					.vd_hash = lookup_sysv_hash(names[i]),
					.vd_aux = sizeof(d->def),
					.vd_next = i < 2 ? sizeof(*d) : 0};
		d->aux.vda_name = add_string(&image, names[i]);
	}
	add_dynamic(&image, DT_VERDEF, IMAGE_OFFSET(definitions));
	add_dynamic(&image, DT_VERDEFNUM, 3);
	add_dynamic(&image, DT_VERSYM, IMAGE_OFFSET(versym));
}

struct needs {
	Elf64_Verneed need;
	Elf64_Vernaux aux[2];
};

/* Versions N1 (4) and the weak N2 (5) of libn.so. */
static struct needs *
add_needs(void)
{
	struct needs *n = (struct needs *)image.needs;

	n->need = (Elf64_Verneed){.vn_version = 1,
				  .vn_cnt = 2,
				  .vn_file = add_string(&image, "libn.so"),
				  .vn_aux = offsetof(struct needs, aux)};
	n->aux[0] = (Elf64_Vernaux){.vna_hash = lookup_sysv_hash("N1"),
				    .vna_other = 4,
				    .vna_name = add_string(&image, "N1"),
				    .vna_next = sizeof(n->aux[0])};
	n->aux[1] = (Elf64_Vernaux){.vna_hash = lookup_sysv_hash("N2"),
				    .vna_flags = VER_FLG_WEAK,
				    .vna_other = 5,
				    .vna_name = add_string(&image, "N2")};
	add_dynamic(&image, DT_VERNEED, IMAGE_OFFSET(needs));
	add_dynamic(&image, DT_VERNEEDNUM, 1);
	return n;
}

static void
tables_of_versions_are_read_by_index(void **state)
{
	const struct version *v;

	(void)state;
	add_definitions();
	add_needs();
	assert_true(read_image(&image, user, &error));
	v = user->versions;
	assert_true(user->has_verdef && user->nversions > 5);
	assert_null(v[1].name); /* the file's own name is no version */
	assert_string_equal(v[2].name, "V1");
	assert_string_equal(v[3].name, "V2");
	assert_false(v[3].needed);
	assert_string_equal(v[4].name, "N1");
	assert_string_equal(v[4].file, "libn.so");
	assert_true(v[4].needed && !v[4].weak && v[4].order == 1);
	assert_true(v[5].needed && v[5].weak && v[5].order == 2);
	assert_int_equal(v[5].hash, lookup_sysv_hash("N2"));
	assert_int_equal(user->nneeds, 2);
}

static void
a_reference_asks_for_the_version_of_its_index(void **state)
{
	uint32_t n1, any;

	(void)state;
	n1 = add_symbol(&image, "f", ELF64_ST_INFO(STB_GLOBAL, STT_FUNC), SHN_UNDEF, 0, 0);
	any = add_symbol(&image, "g", ELF64_ST_INFO(STB_GLOBAL, STT_FUNC), SHN_UNDEF, 0, 0);
	image.versym[n1] = 4;
	image.versym[any] = 1;
	add_definitions();
	add_needs();
	assert_true(read_image(&image, user, &error));
	assert_string_equal(lookup_version_of(user, n1)->name, "N1");
	assert_null(lookup_version_of(user, any));
}

static void
a_damaged_table_of_definitions_is_an_error(void **state)
{
	Elf64_Verdef *def = (Elf64_Verdef *)image.definitions;

	(void)state;
	for (int damage = 0; damage < 4; damage++) {
		begin(NULL);
		add_definitions();
		if (damage == 0)
			def->vd_version = 2;
		else if (damage == 1)
			def->vd_aux = 1U << 30;
		else if (damage == 2)
			def->vd_next = 1U << 30;
		else
			def->vd_next = 2; /* not forward by a whole entry */
		assert_false(read_image(&image, user, &error));
		assert_non_null(strstr(error.what, "DT_VERDEF"));
	}
}

static void
a_damaged_table_of_needs_is_an_error(void **state)
{
	(void)state;
	for (int damage = 0; damage < 6; damage++) {
		struct needs *n;

		begin(NULL);
		n = add_needs();
		if (damage == 0)
			n->need.vn_version = 0;
		else if (damage == 1)
			n->need.vn_aux = 1U << 30;
		else if (damage == 2)
			n->need.vn_file = 1U << 30;
		else if (damage == 3)
			n->aux[1].vna_name = 1U << 30;
		else if (damage == 4)
			n->aux[0].vna_next = 1U << 30;
		else
			image.dynamic[0].d_un.d_ptr += 1; /* DT_VERNEED */
		assert_false(read_image(&image, user, &error));
		assert_non_null(strstr(error.what, "DT_VERNEED"));
	}
}

#define TEST(name) cmocka_unit_test_setup(name, begin)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_version_that_is_defined_is_no_matter),
		TEST(a_missing_version_is_an_error_in_ld_sos_words),
		TEST(a_name_of_the_same_hash_is_another_version),
		TEST(a_version_that_the_library_itself_needs_is_not_defined_by_it),
		TEST(a_missing_weak_version_is_told_and_does_not_matter),
		TEST(a_library_without_versions_is_told_and_does_not_matter),
		TEST(all_that_is_missing_is_told_in_the_files_order),
		TEST(a_version_of_a_file_that_is_not_loaded_is_nobodys),
		TEST(a_file_is_also_known_by_the_name_it_was_asked_for),
		TEST(a_program_is_called_as_it_was_started),
		TEST(musl_knows_no_versions),
		TEST(what_is_told_is_kept_for_the_launch_to_print),
		TEST(relr_must_be_announced_to_a_libc_that_knows_it),
		TEST(tables_of_versions_are_read_by_index),
		TEST(a_reference_asks_for_the_version_of_its_index),
		TEST(a_damaged_table_of_definitions_is_an_error),
		TEST(a_damaged_table_of_needs_is_an_error),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
