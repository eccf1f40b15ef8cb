// proves: the program's malloc serves libc too
// build: prog
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
static char pool[1 << 22];
static size_t used;
static int calls;
void *malloc(size_t n) { void *p = pool + used; used += (n + 31) & ~15UL; calls++; return p; }
void *calloc(size_t a, size_t b) { return memset(malloc(a * b), 0, a * b); }
void *realloc(void *p, size_t n) { void *q = malloc(n); if (p) memmove(q, p, n); return q; }
void free(void *p) { (void)p; }
int main(void)
{
	char *s = strdup("duplicate");
	printf("%s %d %d\n", s, s >= pool && s < pool + sizeof(pool), calls > 0);
	return 0;
}
