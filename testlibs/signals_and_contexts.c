// proves: signal handlers with thread-locals, alternate stacks, setjmp, makecontext
// build: prog
#include <setjmp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <ucontext.h>
static __thread int hits;
static jmp_buf env;
static ucontext_t back, other;
static void on(int s) { hits += s; }
static void work(int n) { printf("context %d\n", n + hits); }
int main(void)
{
	stack_t st = {.ss_sp = malloc(65536), .ss_size = 65536};
	struct sigaction sa = {.sa_handler = on, .sa_flags = SA_ONSTACK};
	sigaltstack(&st, NULL);
	sigaction(SIGUSR1, &sa, NULL);
	raise(SIGUSR1);
	if (setjmp(env) == 0)
		longjmp(env, 1);
	getcontext(&other);
	other.uc_stack.ss_sp = malloc(65536);
	other.uc_stack.ss_size = 65536;
	other.uc_link = &back;
	makecontext(&other, (void (*)(void))work, 1, 5);
	swapcontext(&back, &other);
	printf("%d\n", hits == SIGUSR1);
	return 0;
}
