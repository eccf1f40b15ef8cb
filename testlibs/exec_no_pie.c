// proves: an ET_EXEC program runs at its fixed address
// build: prog -no-pie -fno-pie
#include <stdio.h>
int data = 3;
int *pointer = &data;
int main(int argc, char **argv)
{
	printf("%d %d %p\n", *pointer, argc, (void *)&data);
	return argv[0][0] == 0;
}
