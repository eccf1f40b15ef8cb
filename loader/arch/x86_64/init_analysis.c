/*
 * What the smallest functions do: those that GCC's crtstuff puts into every object, which register
 * and deregister transaction tables that nearly no object has. The code is followed, one
 * instruction after the other, on memory that does not change any more; whatever is not understood
 * is unknown.
 */
#include "elf/init_analysis.h"

#define MAX_INSTRUCTIONS 96
#define MAX_DEPTH 4

enum { RAX, RCX, RDX, RBX, RSP, RBP, RSI, RDI };

struct machine {
	const struct object *obj;
	uintptr_t finalize; /* the C library's __cxa_finalize */
	const uint8_t *ip;
	uint64_t reg[16];
	uint32_t known; /* bit by register */
	bool zero, zero_known; /* the flag */
	const uint8_t *back[MAX_DEPTH]; /* return addresses */
	int depth;
	uintptr_t flag; /* a byte that was tested first of all */
	struct effect *effect;
	bool done;
};

static bool
in_code(const struct machine *m, const uint8_t *at)
{
	const struct object *obj = m->obj;

	for (uint32_t i = 0; i < obj->phnum; i++) {
		const Elf64_Phdr *p = &obj->phdr[i];
		uintptr_t offset = (uintptr_t)at - obj->base - p->p_vaddr;

		/* the longest instruction, of 15 bytes, may be looked at: to the page's end */
		if (p->p_type == PT_LOAD && (p->p_flags & PF_X) && offset < p->p_filesz)
			return (uintptr_t)at + 16 <=
			       PAGE_ALIGN_UP(obj->base + p->p_vaddr + p->p_filesz);
	}
	return false;
}

/* A word that nobody writes to: read-only, or read-only once it was relocated. */
static bool
constant_word(const struct machine *m, uintptr_t at, uint64_t *value)
{
	const struct object *obj = m->obj;

	if (!object_holds(obj, at, 8, false))
		return false;
	if (object_holds(obj, at, 8, true) && at - obj->relro.at >= obj->relro.size)
		return false;
	*value = *(const uint64_t *)at;
	return true;
}

/* __dso_handle lies in writable data, and holds its own address. */
static bool
handle_word(const struct machine *m, uintptr_t at, uint64_t *value)
{
	if (!object_holds(m->obj, at, 8, false) || *(const uint64_t *)at != at)
		return false;
	*value = at;
	return true;
}

static int32_t
immediate(const uint8_t *at)
{
	int32_t value;

	memcpy(&value, at, sizeof(value));
	return value;
}

static bool
leave(struct machine *m)
{
	if (m->depth == 0)
		m->done = true;
	else
		m->ip = m->back[--m->depth];
	return true;
}

/* Go to an address: of this object's code, or the C library's function. */
static bool
go(struct machine *m, uintptr_t target)
{
	if (target == m->finalize && target) {
		if (m->effect->finalizes || !(m->known & 1 << RDI))
			return false;
		m->effect->finalizes = true;
		m->effect->argument = m->reg[RDI];
		m->known = 1 << RSP | 1 << RBP; /* what a call preserves, and is of interest */
		return leave(m);
	}
	m->ip = (const uint8_t *)target;
	return in_code(m, m->ip);
}

static bool
enter(struct machine *m, const uint8_t *next, uintptr_t target)
{
	if (m->depth == MAX_DEPTH)
		return false;
	m->back[m->depth++] = next;
	return go(m, target);
}

static void
set(struct machine *m, int reg, bool known, uint64_t value)
{
	m->reg[reg] = value;
	m->known = known ? m->known | 1U << reg : m->known & ~(1U << reg);
}

static void
set_flag(struct machine *m, bool known, uint64_t value)
{
	m->zero_known = known;
	m->zero = value == 0;
}

/* Both operands are registers: op r/m, reg. */
static bool
arithmetic(struct machine *m, uint8_t op, int rm, int reg, bool wide)
{
	bool known = (m->known >> rm & 1) && (m->known >> reg & 1);
	uint64_t a = m->reg[rm], b = m->reg[reg], value;

	switch (op) {
	case 0x89: /* mov */
		set(m, rm, wide && (m->known >> reg & 1), b);
		return true;
	case 0x85: /* test */
		value = a & b;
		set_flag(m, known, wide ? value : (uint32_t)value);
		return true;
	case 0x39: /* cmp */
		set_flag(m, known && wide, a - b);
		return wide;
	case 0x01:
		value = a + b;
		break;
	case 0x29:
		value = a - b;
		break;
	case 0x31: /* xor, mostly of a register with itself */
		value = a ^ b;
		known |= rm == reg;
		if (rm == reg)
			value = 0;
		break;
	default:
		return false;
	}
	if (!wide && op != 0x31)
		return false;
	set(m, rm, known, wide ? value : (uint32_t)value);
	set_flag(m, known, m->reg[rm]);
	return true;
}

static bool
shift(struct machine *m, int reg, int kind, unsigned count)
{
	if (kind != 5 && kind != 7)
		return false;
	m->reg[reg] = kind == 5 ? m->reg[reg] >> (count & 63)
				: (uint64_t)((int64_t)m->reg[reg] >> (count & 63));
	set_flag(m, m->known >> reg & 1, m->reg[reg]);
	return true;
}

/* Instructions with a REX.W prefix; ip is behind it. */
static bool
step_wide(struct machine *m, uint8_t rex)
{
	const uint8_t *ip = m->ip;
	uint8_t op = ip[0], modrm = ip[1];
	int reg = (modrm >> 3 & 7) | (rex & 4 ? 8 : 0), rm = (modrm & 7) | (rex & 1 ? 8 : 0);
	bool rip_relative = (modrm & 0xc7) == 5, registers = modrm >= 0xc0;
	uintptr_t address = (uintptr_t)ip + 6 + (uintptr_t)(intptr_t)immediate(ip + 2);
	uint64_t value = 0;

	if ((op == 0x8d || op == 0x8b) && rip_relative) { /* lea, mov from memory */
		m->ip += 6;
		if (op == 0x8d)
			value = address;
		else if (!constant_word(m, address, &value) && !handle_word(m, address, &value))
			return false;
		set(m, reg, true, value);
		return reg != RSP;
	}
	if (op == 0x83 && registers && (modrm == 0xec || modrm == 0xc4)) { /* sub, add rsp */
		m->ip += 3;
		m->zero_known = false;
		return true;
	}
	if (op == 0x83 && modrm == 0x3d) { /* cmpq $imm8, disp(%rip) */
		m->ip += 7;
		if (!constant_word(m, address + 1, &value))
			return false;
		set_flag(m, true, value - (uint64_t)(int64_t)(int8_t)ip[6]);
		return true;
	}
	if ((op == 0xc1 || op == 0xd1) && registers) {
		m->ip += op == 0xc1 ? 3 : 2;
		return shift(m, rm, modrm >> 3 & 7, op == 0xc1 ? ip[2] : 1);
	}
	m->ip += 2;
	return registers && rm != RSP && arithmetic(m, op, rm, reg, true);
}

/* The guard that makes such a function run once: a byte tested before anything else, and set. */
static bool
step_guard(struct machine *m, bool is_test)
{
	const uint8_t *ip = m->ip;
	uintptr_t at = (uintptr_t)ip + 7 + (uintptr_t)(intptr_t)immediate(ip + 2);

	m->ip += 7;
	if (!object_holds(m->obj, at, 1, true))
		return false;
	if (is_test) {
		if (m->flag || m->effect->finalizes || m->depth || ip[6])
			return false;
		m->flag = at;
		set_flag(m, true, *(const uint8_t *)at);
		return *(const uint8_t *)at == 0;
	}
	m->effect->sets_flag = true;
	return at == m->flag && ip[6] == 1;
}

/* Jumps and calls through memory: of a word that is bound already. */
static bool
step_indirect(struct machine *m)
{
	const uint8_t *ip = m->ip;
	uintptr_t at = (uintptr_t)ip + 6 + (uintptr_t)(intptr_t)immediate(ip + 2);
	uintptr_t target;

	if (!object_holds(m->obj, at, 8, false))
		return false;
	target = *(const uintptr_t *)at;
	if (target != m->finalize)
		return false;
	return ip[1] == 0x15 ? enter(m, ip + 6, target) : go(m, target);
}

static bool
branch(struct machine *m, const uint8_t *next, intptr_t distance, bool if_zero)
{
	if (!m->zero_known)
		return false;
	m->ip = next;
	return m->zero != if_zero || go(m, (uintptr_t)next + (uintptr_t)distance);
}

/* Instructions that do nothing: their length, or 0. */
static size_t
idle_length(const uint8_t *ip)
{
	static const uint8_t nop_lengths[8] = {3, 3, 3, 3, 4, 7, 3, 3}; /* modrm's rm, mod 0 */
	size_t prefixes = 0;

	if (ip[0] == 0xf3 && ip[1] == 0x0f && ip[2] == 0x1e && ip[3] == 0xfa)
		return 4; /* endbr64 */
	while (ip[prefixes] == 0x66 || ip[prefixes] == 0x2e)
		if (++prefixes > 8)
			return 0;
	if (ip[prefixes] == 0x90)
		return prefixes + 1;
	if (ip[prefixes] != 0x0f || ip[prefixes + 1] != 0x1f)
		return 0;
	uint8_t modrm = ip[prefixes + 2];

	switch (modrm >> 6) {
	case 0:
		return prefixes + nop_lengths[modrm & 7];
	case 1:
		return prefixes + 4 + ((modrm & 7) == 4);
	case 2:
		return prefixes + 7 + ((modrm & 7) == 4);
	default:
		return prefixes + 3;
	}
}

static bool
step(struct machine *m)
{
	const uint8_t *ip = m->ip;
	size_t idle = idle_length(ip);

	if (idle) {
		m->ip += idle;
		return true;
	}
	if (ip[0] == 0xf2) /* bnd: means nothing any more */
		ip = ++m->ip;
	switch (ip[0]) {
	case 0x48:
	case 0x49:
	case 0x4c:
	case 0x4d:
		m->ip++;
		return step_wide(m, ip[0]);
	case 0x55: /* push, pop rbp */
	case 0x5d:
		m->ip++;
		return true;
	case 0x31:
	case 0x85:
		m->ip += 2;
		return ip[1] >= 0xc0 && (ip[1] & 7) != RSP &&
		       arithmetic(m, ip[0], ip[1] & 7, ip[1] >> 3 & 7, false);
	case 0x80:
		return ip[1] == 0x3d && step_guard(m, true);
	case 0xc6:
		return ip[1] == 0x05 && step_guard(m, false);
	case 0x74:
	case 0x75:
		return branch(m, ip + 2, (int8_t)ip[1], ip[0] == 0x74);
	case 0x0f:
		return (ip[1] == 0x84 || ip[1] == 0x85) &&
		       branch(m, ip + 6, immediate(ip + 2), ip[1] == 0x84);
	case 0xeb:
		return go(m, (uintptr_t)ip + 2 + (uintptr_t)(intptr_t)(int8_t)ip[1]);
	case 0xe9:
		return go(m, (uintptr_t)ip + 5 + (uintptr_t)(intptr_t)immediate(ip + 1));
	case 0xe8:
		return enter(m, ip + 5, (uintptr_t)ip + 5 + (uintptr_t)(intptr_t)immediate(ip + 1));
	case 0xff:
		return (ip[1] == 0x25 || ip[1] == 0x15) && step_indirect(m);
	case 0xc3:
		return leave(m);
	default:
		return false;
	}
}

bool
arch_effect(const struct object *obj, uintptr_t function, uintptr_t finalize, struct effect *effect)
{
	struct machine m = {.obj = obj,
			    .finalize = finalize,
			    .ip = (const uint8_t *)function,
			    .effect = effect};

	*effect = (struct effect){0};
	for (int n = 0; n < MAX_INSTRUCTIONS && !m.done; n++)
		if (!in_code(&m, m.ip) || !step(&m))
			return false;
	return m.done && (!m.flag || effect->sets_flag);
}
