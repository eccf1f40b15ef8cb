/* Says how its arguments lie in memory, and sets a title that is longer than they were. */
#include <stdio.h>
#include <string.h>
#include <sys/auxv.h>
extern char **environ;
static void
show(const char *path)
{
	char text[4096];
	FILE *file = fopen(path, "r");
	size_t got = file ? fread(text, 1, 120, file) : 0;

	for (size_t i = 0; i < got; i++)
		putchar(text[i] ? text[i] : '|');
	putchar('\n');
}
int
main(int argc, char **argv)
{
	char *end = argv[0];
	int joined = 1;

	for (int i = 0; i < argc; end = argv[i] + strlen(argv[i]) + 1, i++)
		joined &= argv[i] == end;
	for (int i = 0; environ[i]; end = environ[i] + strlen(environ[i]) + 1, i++)
		joined &= environ[i] == end;
	printf("joined %d, %d arguments, aligned %d, platform %s, %s\n", joined, argc,
	       (int)((unsigned long)(argv - 1) & 15), (char *)getauxval(AT_PLATFORM),
	       (char *)getauxval(AT_EXECFN));
	show("/proc/self/cmdline");
	show("/proc/self/comm");
	memset(argv[0], 0, (size_t)(end - argv[0]));
	strcpy(argv[0], "a title that is longer than the arguments were");
	show("/proc/self/cmdline");
	return 0;
}
