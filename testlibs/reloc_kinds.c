// proves: address with addend, GLOB_DAT, JUMP_SLOT against symbols of another object
// build: liba.so -shared -fPIC -DLIB_A
// build: libb.so -shared -fPIC -DLIB_B -L. -l:liba.so -Wl,-rpath,'$ORIGIN'
// build: prog -Wl,-rpath,'$ORIGIN' -L. -l:libb.so -l:liba.so
#include <stdio.h>
#ifdef LIB_A
long array[5] = {10, 11, 12, 13, 14};
int twice(int x) { return 2 * x; }
#elif defined LIB_B
extern long array[];
int twice(int);
long *third = &array[2];
int call(int x) { return twice(x) + (int)array[1]; }
#else
extern long *third;
int call(int);
int main(void)
{
	printf("%ld %d\n", *third, call(4));
	return 0;
}
#endif
