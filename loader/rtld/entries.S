#include "rtld.inc" /* the CPU's */
