/* A stack of the loader's own, for what may take more than a thread has left. */
#ifndef XIPLD_STACK_H
#define XIPLD_STACK_H

/*
 * Call fn(context). On the main thread's stack, which grows, at once; else on a stack that exists
 * for the length of the call, with a page below it that cannot be touched (on the present one
 * if there is no memory). A thread of the smallest size that POSIX has may open a library at its
 * very end: libc's pthread_exit does so.
 */
void stack_call(void (*fn)(void *context), void *context);

#endif
