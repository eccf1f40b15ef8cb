// proves: musl: /proc/self/exe, argv[0], malloc interposition by the program
// with: musl-gcc
// build: prog
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
int main(int argc, char **argv)
{
	char buf[4096] = "";
	printf("%d %s %s\n", readlink("/proc/self/exe", buf, 4095) > 0, strrchr(buf, '/'), strrchr(argv[0], '/'));
	printf("%s\n", strrchr(realpath("/proc/self/exe", NULL), '/'));
	return 0;
}
