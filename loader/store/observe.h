/*
 * What a program reads after its entry point: one run is observed, in a way that the program cannot
 * notice and that grants it nothing.
 *
 * The observer is a process of its own in the program's memory (CLONE_VM), nobody's child. It waits
 * until the program has ended, or has run for two seconds, looks at the pages that the memory then
 * has, and writes their ranges to DIR/plans/KEY.ran; the next launch adds them to the plan. A
 * system call at the program's exit would be simpler, but a program may have forbidden itself any
 * (seccomp(2)) and would die of it. As the memory is the program's, which may by then be somebody
 * else's (setuid(2)), the observer may by a filter of its own do no more than read its page map and
 * write to that file, and who reads the file believes none of it.
 */
#ifndef XIPLD_OBSERVE_H
#define XIPLD_OBSERVE_H

#include "store/plan.h"

/* Have this run of the plan observed; or if an earlier one was, take over what it left. */
void observe_run(const struct plan *plan);

#endif
