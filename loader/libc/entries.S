#include "libc.inc" /* the CPU's */
