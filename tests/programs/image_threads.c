/* Threads, thread-locals and a library. With "maps": of all pages of files that are executable, how
 * many per cent are the image's (those of xipld do not count). */
#include <pthread.h>
#include <stdio.h>
#include <string.h>
int add(int);
static void *
run(void *n)
{
	return (void *)(long)(add((int)(long)n) + add((int)(long)n));
}
static int
in_place(void)
{
	FILE *maps = fopen("/proc/self/maps", "r");
	unsigned long from, to, all = 0, there = 0;
	char line[512], perms[8], path[256];

	while (fgets(line, sizeof(line), maps)) {
		path[0] = 0;
		if (sscanf(line, "%lx-%lx %7s %*s %*s %*s %255s", &from, &to, perms, path) < 4 ||
		    path[0] != '/' || perms[2] != 'x' || strstr(path, "/xipld") ||
		    strstr(path, "/plans/"))
			continue;
		all += to - from;
		there += strcmp(path, "/.xipld/image") == 0 ? to - from : 0;
	}
	return all ? (int)(100 * there / all) : 0;
}
int
main(int argc, char **argv)
{
	pthread_t t[8];
	long sum = 0;
	void *r;

	if (argc > 1 && strcmp(argv[1], "maps") == 0)
		return printf("%d\n", in_place()) < 0;
	for (long i = 0; i < 8; i++)
		pthread_create(&t[i], 0, run, (void *)i);
	for (int i = 0; i < 8; i++) {
		pthread_join(t[i], &r);
		sum += (long)r;
	}
	printf("%ld\n", sum);
	return 3;
}
