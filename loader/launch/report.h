/* --list and --stats. */
#ifndef XIPLD_REPORT_H
#define XIPLD_REPORT_H

#include "rtld/rtld.h"

enum step { STEP_FIND, STEP_LOAD, STEP_RELOCATE, STEP_HOST, STEP_COUNT };

/* Start the clock; note the end of a step. Without --stats these do nothing. */
void report_begin(void);
void report_step(enum step step);

/* Print what --list asks for, and end the process. */
_Noreturn void report_list(void);

/*
 * End a launch that was to publish only (--prepare): print what became of the plan and where it is.
 * Exit status 0, 75 (EX_TEMPFAIL) if another process publishes, 1 with the reason if there is no
 * plan.
 */
_Noreturn void report_prepared(const char *program);

/* What --stats asks for of a launch that the kernel gets because it has no plan. */
void report_left(void);

/* Print what --stats asks for. */
void report_stats(void);

#endif
