/* Relocation kinds of each CPU that a dynamic linker meets: the psABIs' tables of dynamic types. */
#include "shmstat/sym/relockinds.h"

#include <elf.h>
#include <stdio.h>

#include "shmstat/sym/relocs.h"

#ifndef R_RISCV_IRELATIVE
#define R_RISCV_IRELATIVE 58
#endif
#define R_RISCV_TLSDESC_DYNAMIC 12

/* size 0: a pointer's */
#define KIND(type, class, size)          \
	{                                \
		type, class, size, #type \
	}

static const struct reloc_kind x86_64[] = {
	KIND(R_X86_64_NONE, RELOC_NONE, 0),	      KIND(R_X86_64_64, RELOC_SYMBOLIC, 8),
	KIND(R_X86_64_PC32, RELOC_OTHER, 4),	      KIND(R_X86_64_COPY, RELOC_COPY, 0),
	KIND(R_X86_64_GLOB_DAT, RELOC_GOT, 0),	      KIND(R_X86_64_JUMP_SLOT, RELOC_JUMP_SLOT, 0),
	KIND(R_X86_64_RELATIVE, RELOC_RELATIVE, 0),   KIND(R_X86_64_32, RELOC_SYMBOLIC, 4),
	KIND(R_X86_64_DTPMOD64, RELOC_TLS, 8),	      KIND(R_X86_64_DTPOFF64, RELOC_TLS, 8),
	KIND(R_X86_64_TPOFF64, RELOC_TLS, 8),	      KIND(R_X86_64_PC64, RELOC_OTHER, 8),
	KIND(R_X86_64_SIZE32, RELOC_OTHER, 4),	      KIND(R_X86_64_SIZE64, RELOC_OTHER, 8),
	KIND(R_X86_64_TLSDESC, RELOC_TLS, 16),	      KIND(R_X86_64_IRELATIVE, RELOC_IRELATIVE, 0),
	KIND(R_X86_64_RELATIVE64, RELOC_RELATIVE, 8),
};

static const struct reloc_kind i386[] = {
	KIND(R_386_NONE, RELOC_NONE, 0),
	KIND(R_386_32, RELOC_SYMBOLIC, 4),
	KIND(R_386_PC32, RELOC_OTHER, 4),
	KIND(R_386_COPY, RELOC_COPY, 0),
	KIND(R_386_GLOB_DAT, RELOC_GOT, 0),
	{R_386_JMP_SLOT, RELOC_JUMP_SLOT, 0, "R_386_JUMP_SLOT"}, /* as the psABI has it */
	KIND(R_386_RELATIVE, RELOC_RELATIVE, 0),
	KIND(R_386_TLS_TPOFF, RELOC_TLS, 4),
	KIND(R_386_TLS_DTPMOD32, RELOC_TLS, 4),
	KIND(R_386_TLS_DTPOFF32, RELOC_TLS, 4),
	KIND(R_386_TLS_TPOFF32, RELOC_TLS, 4),
	KIND(R_386_SIZE32, RELOC_OTHER, 4),
	KIND(R_386_TLS_DESC, RELOC_TLS, 8),
	KIND(R_386_IRELATIVE, RELOC_IRELATIVE, 0),
};

static const struct reloc_kind aarch64[] = {
	KIND(R_AARCH64_NONE, RELOC_NONE, 0),	     KIND(R_AARCH64_ABS64, RELOC_SYMBOLIC, 8),
	KIND(R_AARCH64_ABS32, RELOC_SYMBOLIC, 4),    KIND(R_AARCH64_COPY, RELOC_COPY, 0),
	KIND(R_AARCH64_GLOB_DAT, RELOC_GOT, 0),	     KIND(R_AARCH64_JUMP_SLOT, RELOC_JUMP_SLOT, 0),
	KIND(R_AARCH64_RELATIVE, RELOC_RELATIVE, 0), KIND(R_AARCH64_TLS_DTPMOD, RELOC_TLS, 0),
	KIND(R_AARCH64_TLS_DTPREL, RELOC_TLS, 0),    KIND(R_AARCH64_TLS_TPREL, RELOC_TLS, 0),
	KIND(R_AARCH64_TLSDESC, RELOC_TLS, 16),	     KIND(R_AARCH64_IRELATIVE, RELOC_IRELATIVE, 0),
};

static const struct reloc_kind riscv[] = {
	KIND(R_RISCV_NONE, RELOC_NONE, 0),
	KIND(R_RISCV_32, RELOC_SYMBOLIC, 4),
	KIND(R_RISCV_64, RELOC_SYMBOLIC, 8),
	KIND(R_RISCV_RELATIVE, RELOC_RELATIVE, 0),
	KIND(R_RISCV_COPY, RELOC_COPY, 0),
	KIND(R_RISCV_JUMP_SLOT, RELOC_JUMP_SLOT, 0),
	KIND(R_RISCV_TLS_DTPMOD32, RELOC_TLS, 4),
	KIND(R_RISCV_TLS_DTPMOD64, RELOC_TLS, 8),
	KIND(R_RISCV_TLS_DTPREL32, RELOC_TLS, 4),
	KIND(R_RISCV_TLS_DTPREL64, RELOC_TLS, 8),
	KIND(R_RISCV_TLS_TPREL32, RELOC_TLS, 4),
	KIND(R_RISCV_TLS_TPREL64, RELOC_TLS, 8),
	{R_RISCV_TLSDESC_DYNAMIC, RELOC_TLS, 16, "R_RISCV_TLSDESC"},
	KIND(R_RISCV_IRELATIVE, RELOC_IRELATIVE, 0),
};

static const struct reloc_kind arm[] = {
	KIND(R_ARM_NONE, RELOC_NONE, 0),	   KIND(R_ARM_ABS32, RELOC_SYMBOLIC, 4),
	KIND(R_ARM_TLS_DESC, RELOC_TLS, 8),	   KIND(R_ARM_TLS_DTPMOD32, RELOC_TLS, 4),
	KIND(R_ARM_TLS_DTPOFF32, RELOC_TLS, 4),	   KIND(R_ARM_TLS_TPOFF32, RELOC_TLS, 4),
	KIND(R_ARM_COPY, RELOC_COPY, 0),	   KIND(R_ARM_GLOB_DAT, RELOC_GOT, 0),
	KIND(R_ARM_JUMP_SLOT, RELOC_JUMP_SLOT, 0), KIND(R_ARM_RELATIVE, RELOC_RELATIVE, 0),
	KIND(R_ARM_IRELATIVE, RELOC_IRELATIVE, 0),
};

static const struct cpu {
	unsigned machine;
	const struct reloc_kind *kinds;
	size_t count;
	uint32_t relative;
} cpus[] = {
#define CPU(machine, kinds, relative)                                    \
	{                                                                \
		machine, kinds, sizeof(kinds) / sizeof(*kinds), relative \
	}
	CPU(EM_X86_64, x86_64, R_X86_64_RELATIVE),
	CPU(EM_386, i386, R_386_RELATIVE),
	CPU(EM_AARCH64, aarch64, R_AARCH64_RELATIVE),
	CPU(EM_RISCV, riscv, R_RISCV_RELATIVE),
	CPU(EM_ARM, arm, R_ARM_RELATIVE),
};

static const struct cpu *
cpu_of(unsigned machine)
{
	for (size_t i = 0; i < sizeof(cpus) / sizeof(*cpus); i++)
		if (cpus[i].machine == machine)
			return &cpus[i];
	return NULL;
}

const struct reloc_kind *
reloc_kind(unsigned machine, uint32_t type)
{
	const struct cpu *cpu = cpu_of(machine);

	for (size_t i = 0; cpu && i < cpu->count; i++)
		if (cpu->kinds[i].type == type)
			return &cpu->kinds[i];
	return NULL;
}

uint32_t
reloc_relative_type(unsigned machine)
{
	const struct cpu *cpu = cpu_of(machine);

	return cpu ? cpu->relative : 0;
}

const char *
reloc_type_name(unsigned machine, uint32_t type)
{
	static char number[32];
	const struct reloc_kind *kind = reloc_kind(machine, type);

	if (kind)
		return kind->name;
	snprintf(number, sizeof(number), "type %u", type);
	return number;
}

const char *reloc_class_name(enum reloc_class class)
{
	static const char *const names[RELOC_CLASSES] = {
		"none", "relative", "symbolic", "got", "jump slot", "copy", "ifunc", "tls", "other",
	};

	return names[class];
}
