/* The one place where errors are printed. */
#ifndef MKXIP_REPORT_H
#define MKXIP_REPORT_H

#include <stdbool.h>

#include "lib/error.h"

/* Print "mkxip: FILE: what is wrong[: the system's word for it]" to standard error; returns false.
 */
bool report_error(const struct error *error);

#endif
