/* A library with one of each kind of relocation */
#include <string.h>
static int table[600];
int *pointers[] = {table, table + 7, table + 599};
__thread int counter = 5;
static __thread char buffer[300];
static char zeroes[70000];
extern int shared;
static int
twice(int x)
{
	return x * 2;
}
static int (*resolve(void))(int)
{
	return twice;
}
int chosen(int) __attribute__((ifunc("resolve")));
int (*chosen_pointer)(int) = chosen;
const char *const names[] = {"a", "b", "c"};
__attribute__((constructor)) static void
begin(void)
{
	*pointers[1] = 9;
}
int
work(int x)
{
	zeroes[69999] = (char)x;
	buffer[299]++;
	return *pointers[1] + counter++ + zeroes[69999] + chosen(x) + chosen_pointer(1) + shared +
	       buffer[299] + (int)strlen(names[x % 3]);
}
