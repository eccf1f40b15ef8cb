/* Names, types and places of DWARF entries. Every chain of references is followed a bounded number
 * of steps: in a damaged file it may be a circle. */
#ifndef SHMSTAT_SYM_DWARFTYPES_H
#define SHMSTAT_SYM_DWARFTYPES_H

#include <elfutils/libdw.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* An attribute of an entry, or of the one that it completes (specification, abstract origin). */
bool die_attribute(Dwarf_Die *die, unsigned name, Dwarf_Attribute *result);
/* Its string; NULL if it has none. */
const char *die_string(Dwarf_Die *die, unsigned name);
/* DW_AT_linkage_name under either of its numbers; NULL if it has none. */
const char *die_linkage_name(Dwarf_Die *die);
bool die_flag(Dwarf_Die *die, unsigned name);
bool die_type(Dwarf_Die *die, Dwarf_Die *type);

/* The fixed address of a variable; false if it is elsewhere (a register, thread-local, optimised
 * away). */
bool die_address(Dwarf_Die *die, uint64_t *address);

/* Size in bytes of an entry's type; 0 if it is not told. */
uint64_t die_size(Dwarf_Die *die);
/* May the object not be written: is its type, or its elements', const? */
bool die_is_const(Dwarf_Die *die);
/* Its type in C's words, malloc'd and cut at some 200 bytes; NULL if it has none. */
char *die_type_name(Dwarf_Die *die);

/* File and line of the declaration; *file NULL and *line 0 if not told. */
void die_declared(Dwarf_Die *die, const char **file, unsigned *line);

#endif
