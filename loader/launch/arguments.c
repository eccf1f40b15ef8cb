#include "launch/arguments.h"
#include "libc/boot.h"
#include "launch/command_line.h"
#include "base/heap.h"

extern _Noreturn void arch_enter(uintptr_t *stack, uintptr_t entry);

#define RANDOM_BYTES 16 /* AT_RANDOM */
#define GAP 128 /* bytes between the new stack and the one that it is written on */

/* Strings and bytes below the arguments that the auxiliary vector names. */
static const uint8_t named[] = {AT_PLATFORM, AT_BASE_PLATFORM, AT_RANDOM};
#define NAMED (sizeof(named) / sizeof(named[0]))

/* What is kept of the old stack while the new one is written. */
static struct {
	intptr_t moved; /* from the old stack to its copy */
	uintptr_t low, high; /* what was copied */
	const char *front[ARGUMENTS_FRONT];
	int count, drop;
	uintptr_t strings, below, stack; /* the new ones */
	void (*then)(void);
} change SYS_COLD;

/* Where something lies now that lay on the old stack, or elsewhere. */
static const char *
kept(uintptr_t at)
{
	return (const char *)(at - change.low < change.high - change.low
				      ? at + (uintptr_t)change.moved
				      : at);
}

static size_t
size_of_named(uint8_t type, uintptr_t at)
{
	return type == AT_RANDOM ? RANDOM_BYTES : strlen(kept(at)) + 1;
}

/* Argument number i, as it will be. */
static const char *
argument(const struct process_args *s, int i)
{
	char *const *argv = (char *const *)kept((uintptr_t)s->argv);

	return i < change.count ? change.front[i]
				: kept((uintptr_t)argv[i - change.count + change.drop]);
}

static int
new_count(const struct process_args *s)
{
	return change.count + s->argc - change.drop;
}

static void
lay_out(const struct process_args *s)
{
	size_t size = 0, words, envc = 0;

	for (int i = 0; i < new_count(s); i++)
		size += strlen(argument(s, i)) + 1;
	change.strings = change.below = change.high - size;
	for (size_t i = 0; i < NAMED; i++) {
		uintptr_t at = process_args_aux(s, named[i]);

		if (at - change.low < change.high - change.low)
			change.below -= size_of_named(named[i], at);
	}
	while (s->envp[envc])
		envc++;
	words = 1 + (size_t)new_count(s) + 1 + envc + 1 + 2 * (size_t)s->nauxv;
	change.stack = ((change.below & ~15UL) - words * sizeof(uintptr_t)) & ~15UL;
}

static void
write_strings(const struct process_args *s, uintptr_t *argv)
{
	char *to = (char *)change.strings;

	for (int i = 0; i < new_count(s); i++) {
		const char *from = argument(s, i);
		size_t len = strlen(from) + 1;

		memcpy(to, from, len);
		argv[i] = (uintptr_t)to;
		to += len;
	}
}

static void
write_named(struct process_args *fresh)
{
	uintptr_t to = change.below;

	for (size_t i = 0; i < NAMED; i++) {
		uintptr_t at = process_args_aux(fresh, named[i]);
		size_t size;

		if (!at || at - change.low >= change.high - change.low)
			continue;
		size = size_of_named(named[i], at);
		memcpy((void *)to, kept(at), size);
		process_args_set_aux(fresh, named[i], to);
		to += size;
	}
}

/* On a stack of its own below the new one; the old one is written over. */
static void
write_stack(void)
{
	struct process_args *s = &process_args;
	const struct process_args was = *s;
	const void *envp = kept((uintptr_t)was.envp);
	size_t rest = (size_t)((uintptr_t)(was.auxv + was.nauxv) - (uintptr_t)was.envp);
	uintptr_t *to = (uintptr_t *)change.stack;
	int argc = new_count(&was);

	to[0] = (uintptr_t)argc;
	write_strings(&was, to + 1);
	to[1 + argc] = 0;
	memcpy(to + 2 + argc, envp, rest);
	process_args_parse(s, to);
	write_named(s);
	change.then();
}

bool
arguments_replace(const char *const *front, int count, int drop, const char **name,
		  void (*then)(void))
{
	struct process_args *s = &process_args;
	char *const last = s->argv[s->argc - 1];
	char *copy;

	change.low = (uintptr_t)s->stack;
	change.high = s->envp[0] ? (uintptr_t)s->envp[0] : (uintptr_t)last + strlen(last) + 1;
	copy = scratch_alloc(change.high - change.low);
	if (!copy)
		return false;
	memcpy(copy, s->stack, change.high - change.low);
	change.moved = (intptr_t)copy - (intptr_t)change.low;
	for (int i = 0; i < count; i++)
		change.front[i] = kept((uintptr_t)front[i]);
	*name = kept((uintptr_t)*name);
	change.count = count;
	change.drop = drop;
	change.then = then;
	options_move(change.low, change.high, change.moved);
	lay_out(s);
	arch_enter((uintptr_t *)(((change.stack - GAP) & ~15UL) - ARCH_CALL_SKEW),
		   (uintptr_t)write_stack);
}
