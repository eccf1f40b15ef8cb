/* dlsym, dladdr, dlinfo, dl_iterate_phdr, and the first call through a slot: on a program that
 * needs liba and libb, and an opened libo that needs libd. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "rtld/dlfcn.h"
#include "rtld/lazy.h"
#include "rtld/relocate.h"
#include "rtld/tls.h"
#include "tests_objects.h"

enum { PROGRAM, A, B, O, D, OBJECTS };

static struct image images[OBJECTS];
static struct object *objects[OBJECTS];
static __thread void *own_word;

static int
begin(void **state)
{
	static const char *const paths[OBJECTS] = {"/bin/program", "/lib/liba.so", "/lib/libb.so",
						   "/lib/libo.so", "/lib/libd.so"};

	(void)state;
	forget_rtld();
	own_word = NULL;
	rtld->tls.self = (ptrdiff_t)((uintptr_t)&own_word - arch_thread_pointer());
	for (int i = 0; i < OBJECTS; i++) {
		begin_image(&images[i]);
		objects[i] = new_object(paths[i], i < O ? OBJECT_STARTUP : OBJECT_LOADED);
		objects[i]->real_dir = i == PROGRAM ? "/bin" : "/lib";
	}
	rtld->program = objects[PROGRAM];
	rtld->program->is_program = true;
	return 0;
}

static uint32_t
define(int in, const char *name, unsigned char type, uint64_t offset)
{
	return add_symbol(&images[in], name, ELF64_ST_INFO(STB_GLOBAL, type), 1, offset, 8);
}

/* Read all, and arrange them as a start and a dlopen(libo, RTLD_LOCAL) do. */
static void
link_all(void)
{
	struct error error;

	for (int i = 0; i < OBJECTS; i++) {
		struct object *obj = objects[i];

		assert_true(read_image(&images[i], obj, &error));
		obj->phdr_at = (uintptr_t)obj->phdr;
		set_scope(obj, &rtld->global);
		if (i < O) {
			scope_add(&rtld->startup, obj);
			scope_add(&rtld->global, obj);
		} else {
			obj->scopes = heap_alloc(2 * sizeof(*obj->scopes));
			obj->scopes[0] = &rtld->global;
			obj->scopes[1] = &objects[O]->closure;
			obj->nscopes = 2;
		}
	}
	scope_add(&objects[O]->closure, objects[O]);
	scope_add(&objects[O]->closure, objects[D]);
	objects[D]->needed_by = objects[O];
	find_object_update();
}

#define AT(object, offset) ((void *)((uintptr_t)&images[object] + (offset)))

/* What code of the object `from` gets. */
static void *
symbol(void *handle, const char *name, int from)
{
	return dl_sym(handle, name, AT(from, 8));
}

static void
a_handle_stands_for_its_closure_in_order(void **state)
{
	void *handle = &objects[O]->map;

	(void)state;
	define(O, "x", STT_FUNC, 64);
	define(D, "x", STT_FUNC, 72);
	define(D, "y", STT_FUNC, 80);
	define(A, "z", STT_FUNC, 88);
	link_all();
	assert_ptr_equal(symbol(handle, "x", PROGRAM), AT(O, 64));
	assert_ptr_equal(symbol(handle, "y", PROGRAM), AT(D, 80));
	assert_null(symbol(handle, "z", PROGRAM)); /* of the program's libraries */
}

static void
the_programs_handle_stands_for_all_that_is_global(void **state)
{
	void *handle = &objects[PROGRAM]->map;

	(void)state;
	define(B, "x", STT_FUNC, 64);
	define(O, "y", STT_FUNC, 64);
	link_all();
	assert_ptr_equal(symbol(handle, "x", O), AT(B, 64));
	assert_null(symbol(handle, "y", O));
	scope_add(&rtld->global, objects[O]); /* RTLD_GLOBAL */
	assert_ptr_equal(symbol(handle, "y", PROGRAM), AT(O, 64));
}

static void
rtld_default_searches_as_the_callers_own_references_do(void **state)
{
	(void)state;
	define(D, "x", STT_FUNC, 64);
	define(B, "y", STT_FUNC, 64);
	define(O, "y", STT_FUNC, 72);
	link_all();
	assert_ptr_equal(symbol(RTLD_DEFAULT, "x", O), AT(D, 64));
	assert_null(symbol(RTLD_DEFAULT, "x", A));
	assert_ptr_equal(symbol(RTLD_DEFAULT, "y", O), AT(B, 64));
}

static void
rtld_next_goes_on_behind_who_asks(void **state)
{
	(void)state;
	define(PROGRAM, "x", STT_FUNC, 64);
	define(A, "x", STT_FUNC, 72);
	define(B, "x", STT_FUNC, 80);
	define(O, "y", STT_FUNC, 64);
	define(D, "y", STT_FUNC, 72);
	link_all();
	assert_ptr_equal(symbol(RTLD_NEXT, "x", PROGRAM), AT(A, 72));
	assert_ptr_equal(symbol(RTLD_NEXT, "x", A), AT(B, 80));
	assert_null(symbol(RTLD_NEXT, "x", B));
	assert_ptr_equal(symbol(RTLD_NEXT, "y", O), AT(D, 72)); /* in what libo brought */
	assert_null(symbol(RTLD_NEXT, "y", D));
}

static void
what_is_not_defined_has_ld_sos_text_once(void **state)
{
	(void)state;
	link_all();
	assert_null(symbol(&objects[O]->map, "x", PROGRAM));
	assert_string_equal(stub_dlerror(), "/lib/libo.so: undefined symbol: x");
	assert_null(stub_dlerror());
	assert_null(dl_vsym(&objects[O]->map, "x", "V1", AT(PROGRAM, 8)));
	assert_string_equal(stub_dlerror(), "/lib/libo.so: undefined symbol: x, version V1");
	assert_null(symbol(RTLD_NEXT, "x", PROGRAM)); /* the program as it was started */
	assert_string_equal(stub_dlerror(), "test: undefined symbol: x");
}

static void
a_symbol_defined_as_zero_is_no_error(void **state)
{
	(void)state;
	add_symbol(&images[O], "zero", ELF64_ST_INFO(STB_GLOBAL, STT_NOTYPE), SHN_ABS, 0, 0);
	link_all();
	assert_null(symbol(&objects[O]->map, "zero", PROGRAM));
	assert_null(stub_dlerror());
}

static void
dlvsym_takes_the_version_that_is_named(void **state)
{
	static struct version versions[] = {{0}, {0}, {.name = "V1"}, {.name = "V2"}};
	uint32_t old, new;

	(void)state;
	old = define(O, "x", STT_FUNC, 64);
	new = define(O, "x", STT_FUNC, 72);
	link_all();
	for (int i = 2; i < 4; i++)
		versions[i].hash = lookup_sysv_hash(versions[i].name);
	objects[O]->versions = versions;
	objects[O]->nversions = 4;
	objects[O]->versym = images[O].versym;
	images[O].versym[old] = 2 | 0x8000; /* x@V1 */
	images[O].versym[new] = 3; /* x@@V2 */
	assert_ptr_equal(dl_vsym(&objects[O]->map, "x", "V1", NULL), AT(O, 64));
	assert_ptr_equal(dl_vsym(&objects[O]->map, "x", "V2", NULL), AT(O, 72));
	assert_null(dl_vsym(&objects[O]->map, "x", "V3", NULL));
	assert_ptr_equal(symbol(&objects[O]->map, "x", A), AT(O, 72));
	assert_ptr_equal(dl_sym_of(objects[O], "x", "V1"), AT(O, 64));
}

static uintptr_t
choose(void)
{
	return 4711;
}

static void
an_ifuncs_address_is_what_its_resolver_answers(void **state)
{
	(void)state;
	define(O, "chosen", STT_GNU_IFUNC, (uintptr_t)choose - (uintptr_t)&images[O]);
	link_all();
	assert_int_equal((uintptr_t)symbol(&objects[O]->map, "chosen", A), 4711);
}

static void
a_thread_local_symbols_address_is_this_threads(void **state)
{
	static const char initial[16] = "01234567";

	(void)state;
	define(O, "variable", STT_TLS, 4);
	link_all();
	objects[O]->tls = (struct tls){.present = true,
				       .image = (uintptr_t)initial,
				       .filesz = 16,
				       .memsz = 16,
				       .align = 8};
	tls_assign(objects[O]);
	assert_string_equal(symbol(&objects[O]->map, "variable", A), "4567");
}

static void
rtld_default_ties_the_caller_to_what_it_found(void **state)
{
	(void)state;
	define(O, "x", STT_FUNC, 64);
	link_all();
	scope_add(&rtld->global, objects[O]);
	symbol(RTLD_DEFAULT, "x", A);
	assert_true(objects[O]->nodelete); /* for the program's closure it stays for good */
}

static void
dladdr_names_the_symbol_that_starts_last_before_the_address(void **state)
{
	Dl_info info;

	(void)state;
	images[A].symbols[define(A, "outer", STT_FUNC, 64)].st_size = 64;
	define(A, "inner", STT_FUNC, 80);
	link_all();
	assert_int_equal(stub_dladdr(AT(A, 84), &info), 1);
	assert_string_equal(info.dli_sname, "inner");
	assert_ptr_equal(info.dli_saddr, AT(A, 80));
	assert_string_equal(info.dli_fname, "/lib/liba.so");
	assert_ptr_equal(info.dli_fbase, AT(A, 0));
	assert_int_equal(stub_dladdr(AT(A, 90), &info), 1);
	assert_string_equal(info.dli_sname, "outer");
	assert_int_equal(stub_dladdr(AT(A, 200), &info), 1);
	assert_null(info.dli_sname);
	assert_int_equal(stub_dladdr(&info, &info), 0); /* the stack is nobody's */
}

static void
dladdr1_tells_the_symbol_and_the_object(void **state)
{
	Dl_info info;
	const Elf64_Sym *sym;
	struct link_map *map;
	uint32_t x;

	(void)state;
	x = define(A, "x", STT_FUNC, 64);
	link_all();
	assert_int_equal(stub_dladdr1(AT(A, 64), &info, (void **)&sym, RTLD_DL_SYMENT), 1);
	assert_ptr_equal(sym, &images[A].symbols[x]);
	assert_int_equal(stub_dladdr1(AT(A, 64), &info, (void **)&map, RTLD_DL_LINKMAP), 1);
	assert_ptr_equal(map, &objects[A]->map);
}

static void
dlinfo_answers_what_it_knows_and_refuses_the_rest(void **state)
{
	union {
		char text[512];
		Dl_serinfo list;
		Lmid_t space;
	} out;
	Dl_serinfo size;

	(void)state;
	link_all();
	objects[A]->runpath = "$ORIGIN/x";
	assert_int_equal(stub_dlinfo(&objects[A]->map, RTLD_DI_ORIGIN, out.text), 0);
	assert_string_equal(out.text, "/lib");
	assert_int_equal(stub_dlinfo(&objects[A]->map, RTLD_DI_LMID, &out), 0);
	assert_int_equal(out.space, LM_ID_BASE);
	assert_int_equal(stub_dlinfo(&objects[A]->map, RTLD_DI_SERINFOSIZE, &size), 0);
	assert_in_range(size.dls_size, sizeof(Dl_serpath), sizeof(out));
	assert_int_equal(stub_dlinfo(&objects[A]->map, RTLD_DI_SERINFO, &out), 0);
	assert_string_equal(out.list.dls_serpath[0].dls_name, "/lib/x");
	assert_int_equal(stub_dlinfo(&objects[A]->map, 4711, &out), -1);
	assert_string_equal(stub_dlerror(), "unsupported dlinfo request");
	assert_int_equal(stub_dlinfo(&out, RTLD_DI_LMID, &out), -1); /* no handle */
}

static void
an_address_belongs_to_the_object_whose_segment_holds_it(void **state)
{
	const uintptr_t start = (uintptr_t)&images[B];

	(void)state;
	link_all();
	assert_ptr_equal(find_object_at(start), objects[B]);
	assert_ptr_equal(find_object_at(start + IMAGE_OFFSET(ndynamic) - 1), objects[B]);
	assert_null(find_object_at(start + sizeof(images[B]) + (OBJECTS << 20)));
	assert_null(find_object_at(0));
	objects[B]->unmapping = true;
	find_object_update();
	assert_null(find_object_at(start));
	assert_ptr_equal(find_object_at((uintptr_t)&images[D]), objects[D]);
}

static char seen[64];

static int
see(struct dl_phdr_info *info, size_t size, void *data)
{
	const char *name = *info->dlpi_name ? info->dlpi_name + strlen("/lib/lib") : "p";

	assert_true(size >= sizeof(*info));
	assert_int_equal(info->dlpi_phnum, 2);
	seen[strlen(seen)] = *name;
	return data && *(char *)data == *name ? 7 : 0;
}

static void
dl_iterate_phdr_shows_the_start_then_what_was_opened_until_told_to_stop(void **state)
{
	(void)state;
	link_all();
	rtld->libc_kind = LIBC_MUSL; /* glibc's own would be asked for the vDSO */
	memset(seen, 0, sizeof(seen));
	assert_int_equal(stub_dl_iterate_phdr(see, NULL), 0);
	assert_string_equal(seen, "pabod");
	memset(seen, 0, sizeof(seen));
	assert_int_equal(stub_dl_iterate_phdr(see, (char[]){"b"}), 7);
	assert_string_equal(seen, "pab");
	memset(seen, 0, sizeof(seen));
	objects[O]->doomed = true; /* its destructors run */
	stub_dl_iterate_phdr(see, NULL);
	assert_string_equal(seen, "pabd");
}

static void
the_first_call_through_a_slot_binds_it(void **state)
{
	uint32_t type = 0, f;

	(void)state;
	while (arch_reloc_kind(type) != RELOC_FUNCTION)
		type++;
	define(B, "f", STT_FUNC, 64);
	f = add_symbol(&images[A], "f", ELF64_ST_INFO(STB_GLOBAL, STT_FUNC), SHN_UNDEF, 0, 0);
	images[A].jmprel[0] = (Elf64_Rela){.r_offset = IMAGE_OFFSET(got[3]),
					   .r_info = ELF64_R_INFO((uint64_t)f, type)};
	images[A].njmprel = 1;
	link_all();
	assert_ptr_equal(lazy_bind((uintptr_t)AT(A, 0), 0), AT(B, 64));
	assert_int_equal(images[A].got[3], (uintptr_t)AT(B, 64));
	images[A].got[3] = 0; /* the same where the slot alone is told */
	assert_ptr_equal(lazy_bind((uintptr_t)&images[A].got[3], UINT64_MAX), AT(B, 64));
	assert_int_equal(images[A].got[3], (uintptr_t)AT(B, 64));
}

#define TEST(name) cmocka_unit_test_setup(name, begin)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_handle_stands_for_its_closure_in_order),
		TEST(the_programs_handle_stands_for_all_that_is_global),
		TEST(rtld_default_searches_as_the_callers_own_references_do),
		TEST(rtld_next_goes_on_behind_who_asks),
		TEST(what_is_not_defined_has_ld_sos_text_once),
		TEST(a_symbol_defined_as_zero_is_no_error),
		TEST(dlvsym_takes_the_version_that_is_named),
		TEST(an_ifuncs_address_is_what_its_resolver_answers),
		TEST(a_thread_local_symbols_address_is_this_threads),
		TEST(rtld_default_ties_the_caller_to_what_it_found),
		TEST(dladdr_names_the_symbol_that_starts_last_before_the_address),
		TEST(dladdr1_tells_the_symbol_and_the_object),
		TEST(dlinfo_answers_what_it_knows_and_refuses_the_rest),
		TEST(an_address_belongs_to_the_object_whose_segment_holds_it),
		TEST(dl_iterate_phdr_shows_the_start_then_what_was_opened_until_told_to_stop),
		TEST(the_first_call_through_a_slot_binds_it),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
