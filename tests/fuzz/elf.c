/*
 * libFuzzer: a file of any bytes is opened as an object, mapped, its dynamic section read, its
 * symbols looked up, its relocations applied, its constructors' code followed (not run).
 */
#include <stdlib.h>

#include "elf/init_analysis.h"
#include "lib/arena.h"
#include "lib/rtld_state.h"
#include "rtld/copy_reloc.h"
#include "rtld/relocate.h"
#include "base/heap.h"

#define MOST 64 /* symbols, functions, entries looked at one by one */

static volatile uint64_t sink; /* what is read is used */

static void
read_bytes(uintptr_t at, size_t size)
{
	for (size_t i = 0; i < size; i++)
		sink += ((const uint8_t *)at)[i];
}

static void
read_text(const char *s)
{
	if (s)
		read_bytes((uintptr_t)s, strlen(s) + 1);
}

/* What definitions there are besides the object's own. */
enum { P_FUNCTION = 1, P_DATA, P_TLS, P_UNIQUE, P_IFUNC, P_SYMBOLS };
static const char provider_strings[] = "\0outer_function\0outer_data\0outer_tls\0outer_unique\0"
				       "outer_ifunc\0V1";
static const uint8_t provider_types[P_SYMBOLS] = {
	[P_FUNCTION] = ELF64_ST_INFO(STB_GLOBAL, STT_FUNC),
	[P_DATA] = ELF64_ST_INFO(STB_GLOBAL, STT_OBJECT),
	[P_TLS] = ELF64_ST_INFO(STB_GLOBAL, STT_TLS),
	[P_UNIQUE] = ELF64_ST_INFO(STB_GNU_UNIQUE, STT_OBJECT),
	[P_IFUNC] = ELF64_ST_INFO(STB_GLOBAL, STT_GNU_IFUNC),
};
static uint8_t provider_memory[256] __attribute__((aligned(16)));
static Elf64_Phdr provider_phdr = {.p_type = PT_LOAD,
				   .p_flags = PF_R | PF_W,
				   .p_filesz = sizeof(provider_memory),
				   .p_memsz = sizeof(provider_memory)};
static Elf64_Sym provider_symbols[P_SYMBOLS];
static Elf64_Half provider_versym[P_SYMBOLS];
static struct version provider_versions[3];
static uint32_t provider_chain[P_SYMBOLS], provider_bucket = 1;

static void
make_provider(struct object *obj)
{
	const char *name = provider_strings + 1;

	*obj = (struct object){.path = "provider",
			       .base = (uintptr_t)provider_memory,
			       .start = (uintptr_t)provider_memory,
			       .end = (uintptr_t)(provider_memory + sizeof(provider_memory)),
			       .phdr = &provider_phdr,
			       .phnum = 1,
			       .strtab = provider_strings,
			       .strsz = sizeof(provider_strings),
			       .symtab = provider_symbols,
			       .nsyms = P_SYMBOLS,
			       .versym = provider_versym,
			       .versions = provider_versions,
			       .nversions = 3,
			       .tls = {.present = true, .memsz = 64, .align = 8, .module = 2}};
	for (uint32_t i = 1; i < P_SYMBOLS; i++, name += strlen(name) + 1) {
		provider_symbols[i] = (Elf64_Sym){.st_name = (uint32_t)(name - provider_strings),
						  .st_info = provider_types[i],
						  .st_shndx = 1,
						  .st_value = 16 * i,
						  .st_size = 24};
		provider_versym[i] = i % 2 ? 2 : 1;
		provider_chain[i] = (i + 1) % P_SYMBOLS;
	}
	provider_versions[2] = (struct version){.name = name, .hash = lookup_sysv_hash(name)};
	obj->sysv = (struct sysv_hash){&provider_bucket, provider_chain, 1, P_SYMBOLS};
}

static void
look_up(struct object *obj, const struct scope *scope)
{
	for (uint32_t i = 0; i < obj->nsyms && i < MOST; i++) {
		const char *name = object_symbol_name(obj, &obj->symtab[i]);
		struct symdef def;
		struct symbol_query want;

		if (!name)
			continue;
		symbol_query_init(&want, name);
		want.version = lookup_version_of(obj, i);
		want.for_call = i & 1;
		lookup_in_scope(scope, &want, NULL, &def);
		want.version = NULL;
		want.newest = true;
		lookup_in_scope(scope, &want, i & 2 ? obj : NULL, &def);
		for (uint32_t n = 0, k = 0; k < 8 && (n = lookup_next_named(obj, name, n)); k++)
			sink += n;
	}
	sink += lookup_imports(obj, "outer_function");
}

static void
read_texts(const struct object *obj)
{
	read_text(obj->interp);
	read_text(obj->soname);
	read_text(obj->rpath);
	read_text(obj->runpath);
	for (uint32_t i = 0; i < obj->ndynamic && i < MOST; i++)
		if (obj->dynamic[i].d_tag == DT_NEEDED)
			read_text(object_string(obj, obj->dynamic[i].d_un.d_val));
	for (uint32_t i = 0; i < obj->nversions && i < MOST; i++) {
		read_text(obj->versions[i].name);
		read_text(obj->versions[i].file);
	}
}

static void
follow(const struct object *obj, uintptr_t function)
{
	struct init_effect effect;

	if (function)
		sink += arch_init_effect(obj, function, provider_symbols[P_FUNCTION].st_value,
					 &effect);
}

static void
follow_all(const struct object *obj)
{
	const struct table *arrays[] = {&obj->init_array, &obj->fini_array, &obj->preinit_array};

	follow(obj, obj->init);
	follow(obj, obj->fini);
	for (size_t i = 0; i < 3; i++)
		for (size_t k = 0; k < arrays[i]->size / sizeof(uintptr_t) && k < MOST; k++)
			follow(obj, ((const uintptr_t *)arrays[i]->at)[k]);
}

static void
relocate(struct object *obj)
{
	struct error error;

	if (!relocate_object(obj, false, &error))
		return;
	copy_relocs_do();
	for (uint64_t i = 0; i < MOST; i++)
		relocate_again(obj, i & 1, i / 2, &error);
	if (relocate_note(obj, &error))
		relocate_noted();
	follow_all(obj);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct object obj = {.path = "object", .kind = size & 1 ? OBJECT_LOADED : OBJECT_STARTUP};
	struct object other;
	struct object *list[] = {&obj, &other};
	struct scope scope = {list, 2, 2}, *scopes[] = {&scope};
	struct error error;

	fuzz_begin();
	arena_begin(data, size);
	make_provider(&other);
	if (!object_read_headers(&obj, ARENA_FILE, obj.path, &error) ||
	    !object_map(&obj, ARENA_FILE, 0, &error))
		return 0;
	obj.scopes = scopes;
	obj.nscopes = 1;
	if (object_read_dynamic(&obj, &error)) {
		read_texts(&obj);
		look_up(&obj, &scope);
		relocate(&obj);
		if (obj.tls.present)
			read_bytes(obj.tls.image, obj.tls.filesz);
		object_protect_relro(&obj, &error);
	}
	object_unmap(&obj);
	return 0;
}
