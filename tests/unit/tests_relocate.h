/* An object whose relocations are made in memory, and another that defines what it refers to. Which
 * number is which kind is this CPU's. */
#ifndef XIPLD_TESTS_RELOCATE_H
#define XIPLD_TESTS_RELOCATE_H

#include "rtld/relocate.h"
#include "tests_objects.h"

#define GLOBAL(type) ELF64_ST_INFO(STB_GLOBAL, type)
#define WEAK(type) ELF64_ST_INFO(STB_WEAK, type)
#define ABSENT UINT32_MAX
#define TYPES 1100 /* numbers to look at: AArch64's go up to 1032 */

static struct image user_image, other_image;
static struct object *user, *other;
static struct scope both;
static struct error error;

/* The first number of this kind; the CPU may have none. */
static inline uint32_t
type_of(enum reloc_kind kind)
{
	for (uint32_t type = 0; type < TYPES; type++)
		if (arch_reloc_kind(type) == kind)
			return type;
	return ABSENT;
}

static inline int
begin(void **state)
{
	(void)state;
	forget_rtld();
	begin_image(&user_image);
	begin_image(&other_image);
	memset(&error, 0, sizeof(error));
	both = (struct scope){0};
	user = new_object("/lib/user.so", OBJECT_STARTUP);
	other = new_object("/lib/other.so", OBJECT_STARTUP);
	return 0;
}

/* A relocation of word `word`. */
static inline void
add(enum reloc_kind kind, uint32_t word, uint32_t symbol, int64_t addend)
{
	if (type_of(kind) == ABSENT)
		skip();
	user_image.rela[user_image.nrela++] =
		(Elf64_Rela){.r_offset = IMAGE_OFFSET(words[word]),
			     .r_info = ELF64_R_INFO((uint64_t)symbol, type_of(kind)),
			     .r_addend = addend};
}

/* Let both be read: the one's references are looked for in itself, then in the other. */
static inline void
read_both(void)
{
	assert_true(read_image(&user_image, user, &error));
	assert_true(read_image(&other_image, other, &error));
	scope_add(&both, user);
	scope_add(&both, other);
	set_scope(user, &both);
	set_scope(other, &both);
}

static inline bool
relocated(void)
{
	read_both();
	return relocate_object(user, false, &error);
}

/* A reference to the other's symbol, an address `offset` bytes into it. */
static inline uint32_t
add_reference(const char *name, unsigned char type, uint64_t offset, uint64_t size)
{
	add_symbol(&other_image, name, GLOBAL(type), 1, offset, size);
	return add_symbol(&user_image, name, GLOBAL(type), SHN_UNDEF, 0, 0);
}

#define OTHER(offset) ((uint64_t)(uintptr_t)&other_image + (offset))
#define USER(offset) ((uint64_t)(uintptr_t)&user_image + (offset))

#endif
