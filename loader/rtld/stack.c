#include "base/process_args.h"
#include "lib/sys.h"
#include "rtld/stack.h"
#include "base/heap.h"

#define STACK_SIZE 262144UL /* what is not touched costs nothing */
#define MAIN_REACH (64UL << 20) /* nothing is mapped so near below the main thread's stack */

static bool
is_main_stack(void)
{
	uintptr_t here = (uintptr_t)__builtin_frame_address(0);

	return (uintptr_t)process_args.stack - here < MAIN_REACH;
}

void
stack_call(void (*fn)(void *context), void *context)
{
	char *stack = is_main_stack() ? NULL : scratch_alloc(STACK_SIZE);

	if (!stack) {
		fn(context);
		return;
	}
	sys_mprotect((uintptr_t)stack, page_size, SYS_PROT_NONE);
	arch_call_on(stack + STACK_SIZE, fn, context);
	scratch_free(stack, STACK_SIZE);
}
