/* musl: the interpreter is the C library. It is given an empty main program whose constructors are
 * all of ours. */
#include "libc/boot.h"
#include "rtld/copy_reloc.h"
#include "rtld/stubs.h"
#include "rtld/relocate.h"
#include "base/heap.h"

void
musl_prepare_boot(struct boot *boot)
{
	static const uint64_t dynamic_size = 16;
	Elf64_Dyn *d = boot->dynamic;
	uint32_t *hash = heap_alloc(16);
	Elf64_Sym *symtab = heap_alloc(sizeof(*symtab));
	char *strtab = heap_alloc(16);
	uintptr_t *functions = heap_alloc(2 * sizeof(*functions));
	Elf64_Dyn *dynamic = d;

	hash[0] = hash[1] = 1; /* one empty bucket, one symbol: the null symbol */
	functions[0] = stub_address(STUB_libc_run_constructors);
	functions[1] = stub_address(STUB_libc_run_destructors);
	*d++ = (Elf64_Dyn){DT_HASH, {(uintptr_t)hash}};
	*d++ = (Elf64_Dyn){DT_SYMTAB, {(uintptr_t)symtab}};
	*d++ = (Elf64_Dyn){DT_STRTAB, {(uintptr_t)strtab}};
	*d++ = (Elf64_Dyn){DT_STRSZ, {1}};
	*d++ = (Elf64_Dyn){DT_INIT_ARRAY, {(uintptr_t)&functions[0]}};
	*d++ = (Elf64_Dyn){DT_INIT_ARRAYSZ, {sizeof(*functions)}};
	*d++ = (Elf64_Dyn){DT_FINI_ARRAY, {(uintptr_t)&functions[1]}};
	*d++ = (Elf64_Dyn){DT_FINI_ARRAYSZ, {sizeof(*functions)}};
	boot_add(boot, PT_LOAD, PF_R, PAGE_ALIGN_DOWN((uintptr_t)boot), page_size, page_size);
	boot_add(boot, PT_DYNAMIC, PF_R | PF_W, (uintptr_t)dynamic, dynamic_size * sizeof(*d), 8);
}

/*
 * musl's ldso bound the C library to itself, and made its relocated data read-only. Bind it again
 * in the closure's scope, so that it uses the program's copy of stdout and the program's malloc.
 */
void
musl_rebind(void)
{
	struct object *libc = rtld->libc;
	struct error error;

	if (libc->relro.size &&
	    sys_mprotect(libc->relro.at, libc->relro.size, SYS_PROT_READ | SYS_PROT_WRITE) < 0)
		return;
	copy_relocs_do();
	relocate_noted();
	object_protect_relro(libc, &error);
}
