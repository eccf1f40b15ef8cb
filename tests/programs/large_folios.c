/* How that segment is mapped. */
#include <stdio.h>
#include <string.h>
#include <unistd.h>
extern int total;
const volatile char *where(void);
int
main(void)
{
	long piece = sysconf(_SC_PAGESIZE) / 8 * sysconf(_SC_PAGESIZE);
	unsigned long from, to, offset, at = (unsigned long)where();
	int in = 0;
	char line[4096];
	FILE *f = fopen("/proc/self/smaps", "r");
	printf("%d,%d", total, where()[1 << 20]);
	while (fgets(line, sizeof line, f)) {
		if (sscanf(line, "%lx-%lx %*s %lx", &from, &to, &offset) == 3 &&
		    (in = at >= from && at < to))
			fputs((from - offset) % piece ? " apart" : " aligned", stdout);
		if (in && strncmp(line, "VmFlags:", 8) == 0)
			puts(strstr(line, " hg") ? " large" : "");
	}
	return 0;
}
