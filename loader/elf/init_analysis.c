#include "elf/init_analysis.h"

#include "init_analysis.inc" /* the CPU's */
