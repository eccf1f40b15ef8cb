// proves: the address of a function of libc's that the loader stands in for is described as libc's, at the address that the program has
// build: prog
#include <dlfcn.h>
#include <fcntl.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>
#include <link.h>
static void tell(const char *name, void *address)
{
	Dl_info info = {0};
	int found = dladdr(address, &info);
	const char *slash = found ? strrchr(info.dli_fname, '/') : NULL;
	/* of several names for one address any is right */
	printf("%s: %d %s %d %d\n", name, found, slash ? slash + 1 : "-", found && info.dli_saddr == address,
	       found && info.dli_sname && dlsym(RTLD_DEFAULT, info.dli_sname) == address);
}
#define TELL(f) tell(#f, (void *)f)
int main(void)
{
	TELL(open);
	TELL(realpath);
	TELL(fopen);
	TELL(readlink);
	TELL(execve);
	TELL(stat);
	TELL(access);
	TELL(posix_spawn);
	TELL(dlopen);
	TELL(dlsym);
	TELL(dladdr);
	TELL(dl_iterate_phdr);
	TELL(puts);
	TELL(memmem);
	/* versions: the old posix_spawn runs scripts without a first line by a shell */
	void *old = dlvsym(RTLD_DEFAULT, "posix_spawn", "GLIBC_2.2.5"), *new = dlvsym(RTLD_DEFAULT, "posix_spawn", "GLIBC_2.15");
	printf("%d\n", old && new && old != new);
	return 0;
}
