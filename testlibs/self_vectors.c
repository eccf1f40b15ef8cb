// proves: AT_PHDR, AT_ENTRY, AT_BASE, AT_PHNUM; comm and cmdline; environment for children; vDSO
// build: prog
// env: ODD=one two
#include <elf.h>
#include <link.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>
#include <time.h>
#include <unistd.h>
extern char _start[];
extern const ElfW(Ehdr) __ehdr_start;
int main(int argc, char **argv)
{
	char line[4096] = "";
	FILE *f = fopen("/proc/self/cmdline", "r");
	printf("%d %d\n", getauxval(AT_ENTRY) == (unsigned long)_start, getauxval(AT_BASE) != 0);
	printf("%d %d\n", getauxval(AT_PHDR) == (unsigned long)&__ehdr_start + __ehdr_start.e_phoff, getauxval(AT_PHNUM) == __ehdr_start.e_phnum);
	size_t n = fread(line, 1, sizeof(line), f);
	printf("%d %s\n", (int)(n == strlen(argv[0]) + 1), strrchr(line, '/'));
	f = fopen("/proc/self/comm", "r");
	printf("%s", fgets(line, sizeof(line), f));
	printf("%d\n", getauxval(AT_SYSINFO_EHDR) != 0 && time(NULL) > 1000);
	fflush(stdout);
	return system("echo $ODD; env | grep -c '^LD_' || true");
}
