// proves: IFUNC: in the program, in a library, by symbol from data, resolver that reads its own GOT
// build: libi.so -shared -fPIC -DLIB
// build: prog -Wl,-rpath,'$ORIGIN' libi.so
#include <stdio.h>
#include <string.h>
#ifdef LIB
static int one(void) { return 1; }
static int two(void) { return 2; }
int choice = 2;
static int (*resolve(void))(void) { return choice == 2 ? two : one; }
int chosen(void) __attribute__((ifunc("resolve")));
int (*chosen_pointer)(void) = chosen;
#else
int chosen(void);
extern int (*chosen_pointer)(void);
static int impl(void) { return 5; }
static int (*resolve_own(void))(void) { return impl; }
int own(void) __attribute__((ifunc("resolve_own")));
static int (*own_pointer)(void) = own;
void *(*copy)(void *, const void *, size_t) = memcpy;
int main(void)
{
	char to[4];
	copy(to, "abc", 4);
	printf("%d %d %d %d %s %d\n", chosen(), chosen_pointer(), own(), own_pointer(), to, chosen_pointer == chosen);
	return 0;
}
#endif
