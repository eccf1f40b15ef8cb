/* Prints what a constructor of reads_far.c counted; then goes on as another program, or ends at
 * once. */
#include <stdio.h>
#include <string.h>
#include <unistd.h>
extern long faults;
extern int sum;
int
main(int argc, char **argv)
{
	printf("%ld faults, sum %d\n", faults, sum);
	fflush(stdout);
	if (argc > 1 && strcmp(argv[1], "exec") == 0)
		execl("/bin/echo", "echo", "then another", NULL);
	if (argc > 1 && strcmp(argv[1], "_exit") == 0)
		_exit(7);
	return 0;
}
