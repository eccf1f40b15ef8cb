/* A library that asks dlsym for five things (FEWER: four) in a constructor, and once more when it
 * is told to. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdlib.h>
#include <string.h>
/* what it found: of nobody, of libidle, of libc behind this one, of the program */
void *found[5];
void
ask_all(void)
{
	const char *more = getenv("ASK");
	void *self = dlopen(NULL, RTLD_NOW);
	found[0] = dlsym(self, "nobody_has_this");
	found[1] = dlsym(RTLD_DEFAULT, more ? more : "table");
	found[2] = dlsym(RTLD_NEXT, "getenv");
	found[3] = dlsym(self, "main");
#ifndef FEWER
	found[4] = dlsym(RTLD_DEFAULT,
			 "a_name_that_is_longer_than_what_a_plan_has_room_for_and_nobody_has");
#endif
}
__attribute__((constructor)) static void
at_start(void)
{
	ask_all();
}
