#include "libc/boot.h"
#include "base/own_file.h"
#include "base/lock.h"
#include "libc/boot_hooks.h"
#include "rtld/debug.h"
#include "rtld/stubs.h"
#include "rtld/init.h"
#include "rtld/load.h"
#include "rtld/relocate.h"
#include "rtld/search.h"
#include "rtld/tls.h"
#include "base/heap.h"

#define PATH_SIZE 4096

extern _Noreturn void arch_enter(uintptr_t *stack, uintptr_t entry);

static bool
defines(const struct object *obj, const char *name)
{
	return obj && lookup_next_named(obj, name, 0) != 0;
}

/* The C library's own definition, whatever else the scope holds; 0 if absent. */
static uintptr_t
own_function(const struct object *obj, const char *name)
{
	const Elf64_Sym *sym = obj ? lookup_newest(obj, name) : NULL;

	return sym ? obj->base + sym->st_value : 0;
}

/* Read and map the interpreter's file. */
static bool
load_interp(struct object *obj, int fd, struct error *error)
{
	obj->found_by = FOUND_AS_INTERPRETER;
	obj->is_interp = true;
	return object_read_headers(obj, fd, obj->path, error) && load_finish(obj, fd, error);
}

/* In a tree (--tree) the name leads to the loader, which is none: the one that it stands for. */
static bool
load_real_interp(struct object *obj, const char *interp, struct error *error)
{
	char file[PATH_SIZE];
	int fd = own_file_open_interp(interp, file, sizeof(file));
	bool ok;

	if (fd < 0)
		return error_set(error, interp, -fd, "cannot open the program's interpreter");
	memset(obj, 0, sizeof(*obj));
	obj->path = heap_strdup(interp);
	ok = load_interp(obj, fd, error);
	sys_close(fd);
	return ok;
}

bool
libc_identify(const char *interp, struct error *error)
{
	struct object *obj = heap_alloc(sizeof(*obj));
	int fd = sys_open(interp, SYS_O_RDONLY | SYS_O_CLOEXEC, 0);
	bool ok, own;

	if (fd < 0)
		return error_set(error, interp, -fd, "cannot open the program's interpreter");
	obj->path = heap_strdup(interp);
	ok = load_interp(obj, fd, error);
	own = !ok && own_file_is(fd);
	sys_close(fd);
	if (!ok && !(own && load_real_interp(obj, interp, error)))
		return false;
	load_add_name(obj, interp);
	rtld->interp = obj;
	if (defines(obj, "_rtld_global_ro") && defines(obj, "__tls_get_addr"))
		rtld->libc_kind = LIBC_GLIBC;
	else if (defines(obj, "__libc_start_main") && defines(obj, "pthread_create"))
		rtld->libc_kind = LIBC_MUSL;
	else
		return error_set(error, interp, 0,
				 "not the interpreter of a C library that can be hosted");
	return true;
}

static bool
find_libc(struct error *error)
{
	if (rtld->libc_kind == LIBC_MUSL) {
		rtld->libc = rtld->interp;
	} else {
		for (uint32_t i = 0; i < rtld->startup.count && !rtld->libc; i++)
			if (rtld->startup.list[i]->soname &&
			    streq(rtld->startup.list[i]->soname, GLIBC_SONAME))
				rtld->libc = rtld->startup.list[i];
	}
	if (!rtld->libc || !defines(rtld->libc, "__libc_start_main"))
		return error_set(error, rtld->program->path, 0,
				 "the program does not use its interpreter's C library");
	rtld->libc->is_libc = true;
	return true;
}

bool
libc_check(struct error *error)
{
	if (!find_libc(error))
		return false;
	if (rtld->libc_kind == LIBC_GLIBC && !glibc_check(error))
		return false;
	rtld->libc_pthread_key_create = own_function(rtld->libc, "pthread_key_create");
	rtld->libc_pthread_setspecific = own_function(rtld->libc, "pthread_setspecific");
	rtld->libc_dl_iterate_phdr = own_function(rtld->libc, "dl_iterate_phdr");
	rtld->libc_dl_find_object = own_function(rtld->libc, "_dl_find_object");
	rtld->libc_cxa_thread_atexit_impl = own_function(rtld->libc, "__cxa_thread_atexit_impl");
	rtld->libc_cxa_finalize = own_function(rtld->libc, "__cxa_finalize");
	if (!rtld->libc_pthread_key_create || !rtld->libc_pthread_setspecific ||
	    !rtld->libc_dl_iterate_phdr)
		return error_set(error, rtld->libc->path, 0,
				 "C library lacks functions that hosting needs");
	return true;
}

void
boot_add(struct boot *boot, uint32_t type, uint32_t flags, uintptr_t at, size_t size, size_t align)
{
	boot->phdr[boot->nphdr++] = (Elf64_Phdr){
		.p_type = type,
		.p_flags = flags,
		.p_vaddr = at - boot->bias,
		.p_paddr = at - boot->bias,
		.p_filesz = size,
		.p_memsz = size,
		.p_align = align,
	};
}

void
libc_prepare(void)
{
	struct boot *boot = rtld->boot;
	uint32_t stack = PF_R | PF_W | (rtld->exec_stack ? PF_X : 0);

	boot->bias = rtld->libc_kind == LIBC_GLIBC ? rtld->libc->base : 0;
	boot_add(boot, PT_PHDR, PF_R, (uintptr_t)boot->phdr, sizeof(boot->phdr), 8);
	boot_add(boot, PT_INTERP, PF_R, (uintptr_t)rtld->interp->path,
		 strlen(rtld->interp->path) + 1, 1);
	boot_add(boot, PT_TLS, PF_R, (uintptr_t)rtld->tls.image, rtld->tls.size, rtld->tls.align);
	boot_add(boot, PT_GNU_STACK, stack, boot->bias, 0, 16);
	if (rtld->libc_kind == LIBC_GLIBC)
		glibc_prepare_boot(boot);
	else
		musl_prepare_boot(boot);
}

_Noreturn void
libc_boot(void)
{
	struct process_args *start = &process_args;

	process_args_hide_loader_variables(start);
	process_args_set_aux(start, AT_PHDR, (uintptr_t)rtld->boot->phdr);
	process_args_set_aux(start, AT_PHNUM, rtld->boot->nphdr);
	process_args_set_aux(start, AT_PHENT, sizeof(Elf64_Phdr));
	process_args_set_aux(start, AT_BASE, rtld->interp->base);
	process_args_set_aux(start, AT_ENTRY, (uintptr_t)libc_entry);
	arch_enter(start->stack, rtld->interp->entry);
}

static void
finish_relocation(void)
{
	struct error error;

	if (rtld->prelinked) {
		if (rtld->libc_kind == LIBC_MUSL) {
			musl_rebind();
			object_protect_relro(rtld->program, &error);
		}
		if (rtld->libc_relro_written)
			object_protect_relro(rtld->libc, &error);
		stubs_ask_resolvers();
		ifunc_recheck();
		return;
	}
	ifunc_resolve();
	boot_hook_resolved();
	rtld->nifunc_relocs = 0;
	if (rtld->libc_kind == LIBC_MUSL)
		musl_rebind();
	for (uint32_t i = 0; i < rtld->startup.count; i++) {
		struct object *obj = rtld->startup.list[i];

		if (obj == rtld->interp)
			continue;
		if (obj->ifunc_tls)
			tls_fill_image(obj, true);
		if (!object_protect_relro(obj, &error))
			message_die(127, "xipld: %s: %s\n", error.file, error.what);
	}
}

/* The file demands it: the kernel made the stack as the loader's own file asks. */
static void
make_stack_executable(uintptr_t *stack)
{
	const int grows_down = 0x01000000; /* PROT_GROWSDOWN: to the mapping's start */

	/* the kernel puts the name of the file that it runs at the very top */
	uintptr_t end = PAGE_ALIGN_UP((uintptr_t)process_execfn + strlen(process_execfn) + 1);
	uintptr_t from = PAGE_ALIGN_DOWN((uintptr_t)stack);

	sys_mprotect(from, end - from, SYS_PROT_READ | SYS_PROT_WRITE | SYS_PROT_EXEC | grows_down);
}

uintptr_t
libc_ready(uintptr_t *stack, uintptr_t libc_fini)
{
	struct process_args *start = &process_args;

	process_args_parse(start, stack);
	rtld->tls.running = true;
	lock_begin();
	rtld->libc_fini = libc_fini;
	if (rtld->exec_stack)
		make_stack_executable(stack);
	process_args_show_loader_variables(start);
	process_args_set_aux(start, AT_PHDR, rtld->program->phdr_at);
	process_args_set_aux(start, AT_PHNUM, rtld->program->phnum);
	process_args_set_aux(start, AT_ENTRY, rtld->program->entry);
	finish_relocation();
	debug_announce();
	boot_hook_relocated();
	rtld->started = true;
	heap_seal();
	boot_hook_before_constructors();
	if (rtld->libc_kind == LIBC_GLIBC)
		init_run_startup(start->argc, start->argv, start->envp);
	boot_hook_after_constructors();
	return rtld->program->entry;
}

/* musl runs these as the constructors and destructors of its main program. */
void
libc_run_constructors(void)
{
	init_run_startup(process_args.argc, process_args.argv, process_args.envp);
}

void
libc_run_destructors(void)
{
	init_run_destructors();
	if (rtld->libc_kind == LIBC_GLIBC && rtld->libc_fini)
		((void (*)(void))rtld->libc_fini)();
}

bool
libc_set_thread_storage(void *storage)
{
	static uint32_t key;
	static bool has_key;
	int (*create)(uint32_t *, void (*)(void *)) =
		(int (*)(uint32_t *, void (*)(void *)))rtld->libc_pthread_key_create;
	int (*set)(uint32_t, const void *) =
		(int (*)(uint32_t, const void *))rtld->libc_pthread_setspecific;

	if (!has_key) {
		if (create(&key, (void (*)(void *))stub_address(STUB_tls_thread_ends)) != 0)
			return false;
		has_key = true;
	}
	return set(key, storage) == 0;
}
