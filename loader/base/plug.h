/*
 * Functions that a layer offers to one below it, which knows their types but not their names.
 *
 * A table is a section of its own: for each function, in the order of a list (hooks.def), the
 * distance from the word to the function. So it is read-only, needs no relocation, and no writable
 * word of the process leads to code. Where a table is linked in, its functions are there.
 */
#ifndef XIPLD_PLUG_H
#define XIPLD_PLUG_H

#include <stdint.h>

/* The table in this section. The loader has them all; a unit test may be linked with none. */
#if __STDC_HOSTED__
#define PLUG_TABLE(section) extern const int32_t __start_##section[] __attribute__((weak))
#define PLUG_IS_THERE(section) (__start_##section != 0)
#else
#define PLUG_TABLE(section) extern const int32_t __start_##section[]
#define PLUG_IS_THERE(section) 1
#endif

/* One word of a table, in an asm statement. */
#define PLUG_WORD(function) "	.long " #function " - .\n"
#define PLUG_BEGIN(section) "	.pushsection " #section ", \"a\", %progbits\n	.balign 4\n"
#define PLUG_END "	.popsection\n"

/* Function number n of a table that is there. */
static inline void (*plug_function(const int32_t *table, unsigned n))(void)
{
	return (void (*)(void))((uintptr_t)&table[n] + (uintptr_t)(intptr_t)table[n]);
}

#endif
