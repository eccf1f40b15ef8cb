#include "shmstat/sym/dwarftypes.h"

#include <dwarf.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MOST_STEPS 32
#define MOST_PARAMETERS 8
#define MOST_TYPES 40
#define TYPE_SIZE 200

bool
die_attribute(Dwarf_Die *die, unsigned name, Dwarf_Attribute *result)
{
	Dwarf_Die at = *die, next;
	Dwarf_Attribute link;

	for (int step = 0; step < MOST_STEPS; step++) {
		if (dwarf_attr(&at, name, result))
			return true;
		if (!dwarf_attr(&at, DW_AT_specification, &link) &&
		    !dwarf_attr(&at, DW_AT_abstract_origin, &link))
			return false;
		if (!dwarf_formref_die(&link, &next))
			return false;
		at = next;
	}
	return false;
}

const char *
die_string(Dwarf_Die *die, unsigned name)
{
	Dwarf_Attribute attribute;

	return die_attribute(die, name, &attribute) ? dwarf_formstring(&attribute) : NULL;
}

const char *
die_linkage_name(Dwarf_Die *die)
{
	const char *name = die_string(die, DW_AT_linkage_name);

	return name ? name : die_string(die, DW_AT_MIPS_linkage_name);
}

bool
die_flag(Dwarf_Die *die, unsigned name)
{
	Dwarf_Attribute attribute;
	bool value;

	return die_attribute(die, name, &attribute) && dwarf_formflag(&attribute, &value) == 0 &&
	       value;
}

bool
die_type(Dwarf_Die *die, Dwarf_Die *type)
{
	Dwarf_Attribute attribute;

	return die_attribute(die, DW_AT_type, &attribute) &&
	       dwarf_formref_die(&attribute, type) != NULL;
}

bool
die_address(Dwarf_Die *die, uint64_t *address)
{
	Dwarf_Attribute attribute, indirect;
	Dwarf_Op *ops;
	size_t count;
	Dwarf_Addr value;

	if (!dwarf_attr(die, DW_AT_location, &attribute) ||
	    dwarf_getlocation(&attribute, &ops, &count) != 0 || count != 1)
		return false;
	if (ops[0].atom == DW_OP_addr) {
		*address = ops[0].number;
		return true;
	}
	/* DWARF 5: a number in .debug_addr's table (clang writes that) */
	if ((ops[0].atom != DW_OP_addrx && ops[0].atom != DW_OP_GNU_addr_index) ||
	    dwarf_getlocation_attr(&attribute, &ops[0], &indirect) != 0 ||
	    dwarf_formaddr(&indirect, &value) != 0)
		return false;
	*address = value;
	return true;
}

static bool
is_qualifier(int tag)
{
	return tag == DW_TAG_const_type || tag == DW_TAG_volatile_type ||
	       tag == DW_TAG_restrict_type || tag == DW_TAG_atomic_type || tag == DW_TAG_typedef;
}

/* How many elements one subrange of an array has; 0 if not told (int a[];). */
static uint64_t
subrange_count(Dwarf_Die *range)
{
	Dwarf_Attribute attribute;
	Dwarf_Word value;

	if (dwarf_attr(range, DW_AT_count, &attribute) && dwarf_formudata(&attribute, &value) == 0)
		return value;
	if (dwarf_attr(range, DW_AT_upper_bound, &attribute) &&
	    dwarf_formudata(&attribute, &value) == 0)
		return value + 1;
	return 0;
}

/* Calls for each dimension: returns how many there are, writes at most `capacity`. */
static size_t
dimensions(Dwarf_Die *array, uint64_t *counts, size_t capacity)
{
	Dwarf_Die child;
	size_t n = 0;

	if (dwarf_child(array, &child) != 0)
		return 0;
	do {
		if (dwarf_tag(&child) == DW_TAG_subrange_type)
			counts[n++] = subrange_count(&child);
	} while (n < capacity && dwarf_siblingof(&child, &child) == 0);
	return n;
}

uint64_t
die_size(Dwarf_Die *die)
{
	Dwarf_Die type, next;
	uint64_t times = 1, counts[8], size;
	Dwarf_Attribute attribute;
	Dwarf_Word bytes;

	if (!die_type(die, &type))
		return 0;
	for (int step = 0; step < MOST_STEPS; step++) {
		int tag = dwarf_tag(&type);

		if (dwarf_attr(&type, DW_AT_byte_size, &attribute))
			return dwarf_formudata(&attribute, &bytes) == 0 &&
					       !__builtin_mul_overflow(times, bytes, &size)
				       ? size
				       : 0;
		if (tag == DW_TAG_pointer_type || tag == DW_TAG_reference_type) {
			uint8_t word;

			return dwarf_diecu(&type, &next, &word, NULL) ? times * word : 0;
		}
		if (tag == DW_TAG_array_type) {
			size_t n = dimensions(&type, counts, 8);

			for (size_t i = 0; i < n; i++)
				if (__builtin_mul_overflow(times, counts[i], &times))
					return 0;
			if (n == 0)
				return 0;
		} else if (!is_qualifier(tag)) {
			return 0;
		}
		if (!die_type(&type, &next))
			return 0;
		type = next;
	}
	return 0;
}

bool
die_is_const(Dwarf_Die *die)
{
	Dwarf_Die type, next;

	if (!die_type(die, &type))
		return false;
	for (int step = 0; step < MOST_STEPS; step++) {
		int tag = dwarf_tag(&type);

		if (tag == DW_TAG_const_type)
			return true;
		if ((!is_qualifier(tag) && tag != DW_TAG_array_type) || !die_type(&type, &next))
			return false;
		type = next;
	}
	return false;
}

/* Text that is built at both ends, as C's declarators are: "int (*" … ")[3]". */
struct text {
	char left[TYPE_SIZE], right[TYPE_SIZE];
	int *left_to_write; /* types: a damaged file's parameters may contain one another */
};

__attribute__((format(printf, 2, 3))) static void
append(char *s, const char *format, ...)
{
	size_t len = strlen(s);
	va_list args;

	va_start(args, format);
	vsnprintf(s + len, TYPE_SIZE - len, format, args);
	va_end(args);
}

static void
prepend(char *s, const char *piece)
{
	size_t len = strlen(s), more = strlen(piece);

	if (len + more >= TYPE_SIZE)
		return;
	memmove(s + more, s, len + 1);
	memcpy(s, piece, more);
}

/* A word before what is there, with a space between if there is something. */
static void
prepend_word(char *s, const char *word)
{
	if (*s)
		prepend(s, " ");
	prepend(s, word);
}

static void write_type(Dwarf_Die *type, struct text *text);

static void
write_parameters(Dwarf_Die *function, struct text *text)
{
	Dwarf_Die child, type;
	int n = 0, left = MOST_PARAMETERS;

	append(text->right, "(");
	if (dwarf_child(function, &child) == 0) {
		do {
			struct text one = {"", "", text->left_to_write};

			if (dwarf_tag(&child) != DW_TAG_formal_parameter)
				continue;
			if (die_type(&child, &type))
				write_type(&type, &one);
			append(text->right, "%s%s%s", n++ ? ", " : "", one.left, one.right);
		} while (--left && dwarf_siblingof(&child, &child) == 0);
	}
	append(text->right, n ? ")" : "void)");
}

static void
write_pointer(Dwarf_Die *target, bool known, const char *sign, struct text *text)
{
	int tag = known ? dwarf_tag(target) : 0;

	if (tag == DW_TAG_array_type || tag == DW_TAG_subroutine_type) {
		prepend(text->left, sign);
		prepend(text->left, "(");
		append(text->right, ")");
	} else {
		prepend(text->left, sign);
	}
}

static const char *
prefix_of(int tag)
{
	switch (tag) {
	case DW_TAG_structure_type:
		return "struct ";
	case DW_TAG_union_type:
		return "union ";
	case DW_TAG_enumeration_type:
		return "enum ";
	default:
		return "";
	}
}

/* A type that has a name, or is one of its own: the end of the chain. */
static void
write_named(Dwarf_Die *type, struct text *text)
{
	const char *name = dwarf_diename(type);
	int tag = dwarf_tag(type);
	/* in C++ a class is named without its kind */
	Dwarf_Die unit;
	int language = dwarf_diecu(type, &unit, NULL, NULL) ? dwarf_srclang(&unit) : 0;
	bool plain = name && language != DW_LANG_C89 && language != DW_LANG_C &&
		     language != DW_LANG_C99 && language != DW_LANG_C11;

	prepend_word(text->left, name ? name : "{...}");
	prepend(text->left, plain ? "" : prefix_of(tag));
}

static void
write_type(Dwarf_Die *type, struct text *text)
{
	Dwarf_Die next;
	bool known;
	uint64_t counts[8];
	size_t n;

	if (--*text->left_to_write < 0) {
		prepend_word(text->left, "...");
		return;
	}
	known = die_type(type, &next);
	switch (dwarf_tag(type)) {
	case DW_TAG_pointer_type:
	case DW_TAG_reference_type:
	case DW_TAG_rvalue_reference_type:
		write_pointer(&next, known,
			      dwarf_tag(type) == DW_TAG_pointer_type	 ? "*"
			      : dwarf_tag(type) == DW_TAG_reference_type ? "&"
									 : "&&",
			      text);
		break;
	case DW_TAG_const_type:
		/* "const int", but "int *const" */
		if (known && dwarf_tag(&next) != DW_TAG_pointer_type) {
			write_type(&next, text);
			if (strncmp(text->left, "const ", 6) != 0)
				prepend(text->left, "const ");
			return;
		}
		prepend_word(text->left, "const");
		break;
	case DW_TAG_volatile_type:
		prepend_word(text->left, "volatile");
		break;
	case DW_TAG_restrict_type:
	case DW_TAG_atomic_type:
		break;
	case DW_TAG_array_type:
		n = dimensions(type, counts, 8);
		for (size_t i = 0; i < n; i++)
			append(text->right, counts[i] ? "[%llu]" : "[]",
			       (unsigned long long)counts[i]);
		break;
	case DW_TAG_subroutine_type:
		write_parameters(type, text);
		break;
	default:
		write_named(type, text);
		return;
	}
	if (known)
		write_type(&next, text);
	else
		prepend_word(text->left, "void");
}

char *
die_type_name(Dwarf_Die *die)
{
	int left_to_write = MOST_TYPES;
	struct text text = {"", "", &left_to_write};
	Dwarf_Die type;
	char *name;

	if (!die_type(die, &type))
		return NULL;
	write_type(&type, &text);
	return asprintf(&name, "%s%s", text.left, text.right) < 0 ? NULL : name;
}

void
die_declared(Dwarf_Die *die, const char **file, unsigned *line)
{
	Dwarf_Attribute attribute;
	Dwarf_Word value;
	Dwarf_Die unit;
	Dwarf_Files *files;
	size_t count;

	*file = NULL;
	*line = 0;
	if (die_attribute(die, DW_AT_decl_line, &attribute) &&
	    dwarf_formudata(&attribute, &value) == 0 && value <= UINT32_MAX)
		*line = (unsigned)value;
	if (!die_attribute(die, DW_AT_decl_file, &attribute) ||
	    dwarf_formudata(&attribute, &value) != 0 || !attribute.cu ||
	    !dwarf_cu_die(attribute.cu, &unit, NULL, NULL, NULL, NULL, NULL, NULL) ||
	    dwarf_getsrcfiles(&unit, &files, &count) != 0 || value >= count)
		return;
	*file = dwarf_filesrc(files, value, NULL, NULL);
}
