#include "base/process_args.h"
#include "lib/sys.h"

struct process_args process_args;
const char *process_execfn;

void
process_args_parse(struct process_args *start, uintptr_t *stack)
{
	char **p;

	start->stack = stack;
	start->argc = (int)stack[0];
	start->argv = (char **)(stack + 1);
	start->envp = start->argv + start->argc + 1;
	for (p = start->envp; *p; p++)
		;
	start->auxv = (Elf64_auxv_t *)(p + 1);
	for (start->nauxv = 0; start->auxv[start->nauxv].a_type != AT_NULL; start->nauxv++)
		;
	start->nauxv++;
}

uint64_t
process_args_aux(const struct process_args *start, uint64_t type)
{
	for (const Elf64_auxv_t *a = start->auxv; a->a_type != AT_NULL; a++)
		if (a->a_type == type)
			return a->a_un.a_val;
	return 0;
}

void
process_args_set_aux(struct process_args *start, uint64_t type, uint64_t value)
{
	for (Elf64_auxv_t *a = start->auxv; a->a_type != AT_NULL; a++)
		if (a->a_type == type)
			a->a_un.a_val = value;
}

char *
process_args_getenv(const struct process_args *start, const char *name)
{
	size_t len = strlen(name);

	for (char **e = start->envp; *e; e++)
		/* most differ in the first letter */
		if (**e == *name && strncmp(*e, name, len) == 0 && (*e)[len] == '=')
			return *e + len + 1;
	return NULL;
}

void
process_args_drop(struct process_args *start, int count)
{
	uintptr_t *from = start->stack + count; /* argv[count] less one: becomes argc */
	uintptr_t *to = from;
	uintptr_t *end = (uintptr_t *)(start->auxv + start->nauxv);

	*from = (uintptr_t)(start->argc - count);
	if ((uintptr_t)to & 15)
		to--; /* count is at least 1, so there is room */
	memmove(to, from, (size_t)(end - from) * sizeof(*from));
	process_args_parse(start, to);
}

/* Their first letter is what changes: what is hidden is no name that ld.so knows. */
static const char loader_variables[][25] = {
	"LD_PRELOAD=", "LD_AUDIT=",	"LD_DEBUG=",   "LD_BIND_NOW=", "LD_TRACE_LOADED_OBJECTS=",
	"LD_PROFILE=", "LD_SHOW_AUXV=", "LD_VERBOSE=", "LD_WARN="};

static void
swap_first_letter(struct process_args *start, char from, char to)
{
	for (char **e = start->envp; *e; e++) {
		if ((*e)[0] != from)
			continue;
		for (size_t i = 0; i < sizeof(loader_variables) / sizeof(loader_variables[0]); i++)
			if (strncmp(*e + 1, loader_variables[i] + 1,
				    strlen(loader_variables[i]) - 1) == 0)
				(*e)[0] = to;
	}
}

void
process_args_hide_loader_variables(struct process_args *start)
{
	swap_first_letter(start, 'L', '\1');
}

void
process_args_show_loader_variables(struct process_args *start)
{
	swap_first_letter(start, '\1', 'L');
}
