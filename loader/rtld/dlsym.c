/* dlsym, dlvsym, dladdr, dlinfo, dlerror. */
#include "rtld/hooks.h"
#include "base/process_args.h"
#include "rtld/dlfcn.h"
#include "rtld/stubs.h"
#include "base/lock.h"
#include "rtld/relocate.h"
#include "rtld/search.h"
#include "rtld/tls.h"
#include "rtld/vdso.h"
#include "base/heap.h"

void
dlerror_set(const struct error *error)
{
	struct thread_storage *ts = tls_thread();
	const char *reason = error->number ? sys_strerror(error->number) : NULL;
	const char *file = error->whole_file ? error->whole_file : error->file;
	size_t size = strlen(file) + strlen(error->what) + (reason ? strlen(reason) : 0) + 8;

	heap_free(ts->error, ts->error_size);
	ts->error = heap_alloc(size);
	ts->error_size = size;
	message_format(ts->error, size, "%s%s%s%s%s", file, *file ? ": " : "", error->what,
		       reason ? ": " : "", reason ? reason : "");
}

char *
stub_dlerror(void)
{
	struct thread_storage *ts = tls_thread();

	heap_free(ts->last_error, ts->last_error_size);
	ts->last_error = ts->error;
	ts->last_error_size = ts->error_size;
	ts->error = NULL;
	return ts->last_error;
}

/* The list that RTLD_NEXT of code in obj goes on in: that of the root which brought obj. */
static struct scope *
next_scope(struct object *obj)
{
	if (obj->kind == OBJECT_STARTUP)
		return &rtld->startup;
	while (obj->needed_by && obj->needed_by->kind == OBJECT_LOADED)
		obj = obj->needed_by;
	return closure_of(obj);
}

static void *
definition_address(const struct symdef *def)
{
	uintptr_t value;

	if (ELF64_ST_TYPE(def->sym->st_info) == STT_TLS) {
		struct tls_index index = {def->obj->tls.module,
					  def->sym->st_value - ARCH_TLS_DTP_BIAS};

		return tls_get_addr(&index);
	}
	value = stub_symdef_value(def);
	if (ELF64_ST_TYPE(def->sym->st_info) == STT_GNU_IFUNC && def->sym->st_shndx != SHN_UNDEF)
		value = arch_resolve(value);
	return (void *)value;
}

/* Search as handle says, from the object that it names or, if it names none, who asks. *where
 * becomes NULL if dlerror is set. */
static bool
search_from(void *handle, struct object *root, struct symbol_query *want, struct symdef *def,
	    const char **where)
{
	struct scope *scope;
	struct error error;

	if (handle == RTLD_DEFAULT)
		return relocate_search(root, want, def);
	lookup_count++;
	if (handle != RTLD_NEXT) /* the program's is all that is global: dlopen(3) */
		return lookup_in_scope(root->is_program ? &rtld->global : closure_of(root), want,
				       NULL, def);
	scope = next_scope(root);
	if (scope_has(scope, root))
		return lookup_in_scope(scope, want, root, def);
	error_say(&error, *where, 0, ERROR_NEXT);
	dlerror_set(&error);
	*where = NULL;
	return false;
}

static enum dlsym_kind
how_asked(void *handle)
{
	return handle == RTLD_DEFAULT ? DLSYM_DEFAULT
	       : handle == RTLD_NEXT  ? DLSYM_NEXT
				      : DLSYM_HANDLE;
}

/* *where: for a message, NULL if there is one already. */
static bool
search_handle(void *handle, struct object *caller, struct symbol_query *want, struct symdef *def,
	      const char **where)
{
	const enum dlsym_kind how = how_asked(handle);
	struct object *root = how == DLSYM_HANDLE ? object_of_handle(handle) : caller;

	*where = root ? message_name(root) : NULL;
	if (!root)
		return false;
	if (want->hidden_too) /* dlvsym */
		return search_from(handle, root, want, def, where);
	if (!hook_symbol_cached(how, root, want->name, def)) {
		search_from(handle, root, want, def, where);
		if (*where)
			hook_symbol_found(how, root, want->name, def);
	}
	return def->obj != NULL;
}

/* *where as search_handle has it; the address, or NULL if there is no such symbol. */
static void *
look_up(void *handle, const char *name, const struct version *version, struct object *caller,
	const char **where)
{
	struct symbol_query want;
	struct symdef def = {NULL, NULL};

	symbol_query_init(&want, name);
	want.version = rtld->libc_kind == LIBC_MUSL ? NULL : version;
	want.hidden_too = version != NULL;
	want.newest = true;
	lock_acquire(LOCK_LIST);
	if (search_handle(handle, caller, &want, &def, where)) {
		if (ELF64_ST_BIND(def.sym->st_info) == STB_GNU_UNIQUE) {
			heap_begin_write();
			relocate_unique(name, &def);
			heap_end_write();
		}
		if (handle == RTLD_DEFAULT)
			relocate_depend(caller, def.obj);
	}
	lock_release(LOCK_LIST);
	if (!def.obj)
		return NULL;
	*where = NULL; /* it may be defined as 0 */
	return definition_address(&def);
}

static void *
find_symbol(void *handle, const char *name, const struct version *version, struct object *caller)
{
	const char *where;
	struct error error;
	void *address = look_up(handle, name, version, caller, &where);

	if (where) {
		if (version)
			error_say(&error, where, 0, ERROR_UNDEFINED_VERSION, name, version->name);
		else
			error_say(&error, where, 0, ERROR_UNDEFINED, name);
		dlerror_set(&error);
	}
	return address;
}

struct object *
caller_at(const void *return_address)
{
	struct object *caller = find_object_at((uintptr_t)return_address);

	return caller ? caller : rtld->program;
}

void *
dl_sym(void *handle, const char *name, const void *caller)
{
	return find_symbol(handle, name, NULL, caller_at(caller));
}

void *
dl_vsym(void *handle, const char *name, const char *version, const void *caller)
{
	struct version v = {.name = version, .hash = lookup_sysv_hash(version)};

	return find_symbol(handle, name, &v, caller_at(caller));
}

void *
dl_sym_of(struct object *root, const char *name, const char *version)
{
	struct version v = {.name = version, .hash = version ? lookup_sysv_hash(version) : 0};
	const char *where;

	return look_up(&root->map, name, version ? &v : NULL, root, &where);
}

void *
stub_dlsym(void *handle, const char *name)
{
	return dl_sym(handle, name, __builtin_return_address(0));
}

void *
stub_dlvsym(void *handle, const char *name, const char *version)
{
	return dl_vsym(handle, name, version, __builtin_return_address(0));
}

static bool
covers(const struct object *obj, const Elf64_Sym *sym, uintptr_t address)
{
	uintptr_t start = obj->base + sym->st_value;

	if (sym->st_value == 0 || ELF64_ST_TYPE(sym->st_info) == STT_TLS || address < start)
		return false;
	if (sym->st_shndx == SHN_UNDEF || sym->st_size == 0)
		return address == start;
	return address < start + sym->st_size;
}

/* The dynamic symbol that covers an address: of several, the one that starts last. */
static const Elf64_Sym *
symbol_at(const struct object *obj, uintptr_t address)
{
	const Elf64_Sym *best = NULL;
	uint32_t first = obj->gnu.buckets ? obj->gnu.symoffset : 1, last = obj->nsyms;

	if (obj->gnu.buckets) { /* where the chains end, so does the table */
		uint32_t top = 0;

		for (uint32_t i = 0; i < obj->gnu.nbuckets; i++)
			if (obj->gnu.buckets[i] > top)
				top = obj->gnu.buckets[i];
		while (top && top - first < obj->gnu.nchain && !(obj->gnu.chain[top - first] & 1))
			top++;
		last = top + 1 < last ? top + 1 : last;
	}
	for (uint32_t i = first; i < last; i++) {
		const Elf64_Sym *sym = &obj->symtab[i];

		if (covers(obj, sym, address) && (!best || sym->st_value > best->st_value) &&
		    object_symbol_name(obj, sym))
			best = sym;
	}
	return best;
}

static bool
describe(const void *address, Dl_info *info, struct object **owner, const Elf64_Sym **sym)
{
	/* what a program knows as a function of the C library is described as that */
	const char *name;
	uintptr_t original = stub_libc_function((uintptr_t)address, &name);
	uintptr_t at = original ? original : (uintptr_t)address;
	struct object *obj = find_object_at(at);

	if (!obj &&
	    rtld->libc_kind == LIBC_GLIBC) /* musl's ldso lists it, and knows no symbol of it */
		obj = vdso_at(at);
	if (!obj)
		return false;
	*sym = symbol_at(obj, at);
	*owner = obj;
	info->dli_fname = message_name(obj);
	info->dli_fbase = (void *)obj->start;
	info->dli_sname = *sym ? object_symbol_name(obj, *sym) : NULL;
	info->dli_saddr = *sym ? (void *)(obj->base + (*sym)->st_value) : NULL;
	if (original && *sym) {
		info->dli_sname = name ? name : info->dli_sname; /* not one of its aliases */
		info->dli_saddr = (void *)address;
	}
	return true;
}

int
stub_dladdr1(const void *address, Dl_info *info, void **extra, int flags)
{
	struct object *obj;
	const Elf64_Sym *sym;

	if (!describe(address, info, &obj, &sym))
		return 0;
	if (flags == RTLD_DL_SYMENT)
		*(const Elf64_Sym **)extra = sym;
	else if (flags == RTLD_DL_LINKMAP)
		*(struct link_map **)extra = &obj->map;
	return 1;
}

int
stub_dladdr(const void *address, Dl_info *info)
{
	struct object *obj;
	const Elf64_Sym *sym;

	return describe(address, info, &obj, &sym);
}

#define MAX_SEARCH_DIRS 256

/* Dl_serinfo: a count, a size, then the entries, then their strings (dlinfo(3)). */
static int
search_info(const struct object *obj, Dl_serinfo *out, bool size_only)
{
	struct search_dir dirs[MAX_SEARCH_DIRS];
	uint32_t count = search_dirs(obj, dirs, MAX_SEARCH_DIRS);
	size_t size = offsetof(Dl_serinfo, dls_serpath) + count * sizeof(Dl_serpath);
	char *strings = (char *)out + size;

	for (uint32_t i = 0; i < count; i++)
		size += strlen(dirs[i].dir) + 1;
	if (size_only) {
		out->dls_cnt = count;
		out->dls_size = size;
		return 0;
	}
	for (uint32_t i = 0; i < count; i++) {
		size_t len = strlen(dirs[i].dir) + 1;

		out->dls_serpath[i].dls_name = strings;
		out->dls_serpath[i].dls_flags = 0; /* ld.so says no more */
		memcpy(strings, dirs[i].dir, len);
		strings += len;
	}
	return 0;
}

static int
answer(struct object *obj, int request, void *arg)
{
	switch (request) {
	case RTLD_DI_LMID:
		*(Lmid_t *)arg = LM_ID_BASE;
		return 0;
	case RTLD_DI_LINKMAP:
		*(struct link_map **)arg = &obj->map;
		return 0;
	case RTLD_DI_ORIGIN: {
		const char *origin = search_origin(obj);

		memcpy(arg, origin ? origin : "", origin ? strlen(origin) + 1 : 1);
		return 0;
	}
	case RTLD_DI_SERINFO:
	case RTLD_DI_SERINFOSIZE:
		return search_info(obj, arg, request == RTLD_DI_SERINFOSIZE);
	case RTLD_DI_TLS_MODID:
		*(size_t *)arg = obj->tls.present ? obj->tls.module : 0;
		return 0;
	case RTLD_DI_TLS_DATA:
		*(void **)arg = tls_block_if_present(obj);
		return 0;
	case 11: /* RTLD_DI_PHDR, glibc 2.36: answers with the count */
		*(const Elf64_Phdr **)arg = object_shown_phdr(obj);
		return (int)obj->phnum;
	default:
		return -1;
	}
}

int
stub_dlinfo(void *handle, int request, void *arg)
{
	struct object *obj;
	struct error error;
	int ret = -1;

	lock_acquire(LOCK_LIST);
	obj = object_of_handle(handle);
	if (obj) {
		ret = answer(obj, request, arg);
		if (ret < 0) {
			error_say(&error, "", 0, ERROR_DLINFO);
			dlerror_set(&error);
		}
	}
	lock_release(LOCK_LIST);
	return ret;
}
