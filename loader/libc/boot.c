#include "libc/boot.h"
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

bool
host_open(const char *interp, struct error *error)
{
	struct object *obj = heap_alloc(sizeof(*obj));
	int fd = sys_open(interp, SYS_O_RDONLY | SYS_O_CLOEXEC, 0);

	if (fd < 0)
		return error_set(error, interp, -fd, "cannot open the program's interpreter");
	obj->path = heap_strdup(interp);
	obj->found_by = FOUND_AS_INTERPRETER;
	obj->is_interp = true;
	if (!object_read_headers(obj, fd, interp, error) || !load_finish(obj, fd, error)) {
		sys_close(fd);
		return false;
	}
	sys_close(fd);
	load_add_name(obj, interp);
	world->interp = obj;
	if (defines(obj, "_rtld_global_ro") && defines(obj, "__tls_get_addr"))
		world->host = HOST_GLIBC;
	else if (defines(obj, "__libc_start_main") && defines(obj, "pthread_create"))
		world->host = HOST_MUSL;
	else
		return error_set(error, interp, 0,
				 "not the interpreter of a C library that can be hosted");
	return true;
}

static bool
find_libc(struct error *error)
{
	if (world->host == HOST_MUSL) {
		world->libc = world->interp;
	} else {
		for (uint32_t i = 0; i < world->startup.count && !world->libc; i++)
			if (world->startup.list[i]->soname &&
			    streq(world->startup.list[i]->soname, GLIBC_SONAME))
				world->libc = world->startup.list[i];
	}
	if (!world->libc || !defines(world->libc, "__libc_start_main"))
		return error_set(error, world->program->path, 0,
				 "the program does not use its interpreter's C library");
	world->libc->is_libc = true;
	return true;
}

bool
host_check(struct error *error)
{
	if (!find_libc(error))
		return false;
	if (world->host == HOST_GLIBC && !glibc_check(error))
		return false;
	world->host_pthread_key_create = own_function(world->libc, "pthread_key_create");
	world->host_pthread_setspecific = own_function(world->libc, "pthread_setspecific");
	world->host_dl_iterate_phdr = own_function(world->libc, "dl_iterate_phdr");
	world->host_dl_find_object = own_function(world->libc, "_dl_find_object");
	world->host_cxa_thread_atexit_impl = own_function(world->libc, "__cxa_thread_atexit_impl");
	world->host_cxa_finalize = own_function(world->libc, "__cxa_finalize");
	if (!world->host_pthread_key_create || !world->host_pthread_setspecific ||
	    !world->host_dl_iterate_phdr)
		return error_set(error, world->libc->path, 0,
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
host_prepare(void)
{
	struct boot *boot = world->boot;
	uint32_t stack = PF_R | PF_W | (world->exec_stack ? PF_X : 0);

	boot->bias = world->host == HOST_GLIBC ? world->libc->base : 0;
	boot_add(boot, PT_PHDR, PF_R, (uintptr_t)boot->phdr, sizeof(boot->phdr), 8);
	boot_add(boot, PT_INTERP, PF_R, (uintptr_t)world->interp->path,
		 strlen(world->interp->path) + 1, 1);
	boot_add(boot, PT_TLS, PF_R, (uintptr_t)world->tls.image, world->tls.size,
		 world->tls.align);
	boot_add(boot, PT_GNU_STACK, stack, boot->bias, 0, 16);
	if (world->host == HOST_GLIBC)
		glibc_prepare_boot(boot);
	else
		musl_prepare_boot(boot);
}

_Noreturn void
host_boot(void)
{
	struct start *start = &process_start;

	start_hide_loader_variables(start);
	start_set_aux(start, AT_PHDR, (uintptr_t)world->boot->phdr);
	start_set_aux(start, AT_PHNUM, world->boot->nphdr);
	start_set_aux(start, AT_PHENT, sizeof(Elf64_Phdr));
	start_set_aux(start, AT_BASE, world->interp->base);
	start_set_aux(start, AT_ENTRY, (uintptr_t)host_entry);
	arch_enter(start->stack, world->interp->entry);
}

static void
finish_relocation(void)
{
	struct error error;

	if (world->prelinked) {
		if (world->host == HOST_MUSL) {
			musl_rebind();
			object_protect_relro(world->program, &error);
		}
		if (world->libc_relro_late)
			object_protect_relro(world->libc, &error);
		exports_ask_resolvers();
		relocate_recheck();
		return;
	}
	relocate_late();
	boot_hook_resolved();
	world->nlate = 0;
	if (world->host == HOST_MUSL)
		musl_rebind();
	for (uint32_t i = 0; i < world->startup.count; i++) {
		struct object *obj = world->startup.list[i];

		if (obj == world->interp)
			continue;
		if (obj->late_tls)
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
host_ready(uintptr_t *stack, uintptr_t host_fini)
{
	struct start *start = &process_start;

	start_parse(start, stack);
	world->tls.running = true;
	lock_begin();
	world->host_fini = host_fini;
	if (world->exec_stack)
		make_stack_executable(stack);
	start_show_loader_variables(start);
	start_set_aux(start, AT_PHDR, world->program->phdr_at);
	start_set_aux(start, AT_PHNUM, world->program->phnum);
	start_set_aux(start, AT_ENTRY, world->program->entry);
	finish_relocation();
	debug_announce();
	boot_hook_relocated();
	world->started = true;
	heap_seal();
	boot_hook_before_constructors();
	if (world->host == HOST_GLIBC)
		init_run_startup(start->argc, start->argv, start->envp);
	boot_hook_after_constructors();
	return world->program->entry;
}

/* musl runs these as the constructors and destructors of its main program. */
void
libc_run_constructors(void)
{
	init_run_startup(process_start.argc, process_start.argv, process_start.envp);
}

void
libc_run_destructors(void)
{
	init_run_destructors();
	if (world->host == HOST_GLIBC && world->host_fini)
		((void (*)(void))world->host_fini)();
}

bool
libc_set_thread_storage(void *storage)
{
	static uint32_t key;
	static bool has_key;
	int (*create)(uint32_t *, void (*)(void *)) =
		(int (*)(uint32_t *, void (*)(void *)))world->host_pthread_key_create;
	int (*set)(uint32_t, const void *) =
		(int (*)(uint32_t, const void *))world->host_pthread_setspecific;

	if (!has_key) {
		if (create(&key, (void (*)(void *))export_address(EXPORT_tls_thread_ends)) != 0)
			return false;
		has_key = true;
	}
	return set(key, storage) == 0;
}
