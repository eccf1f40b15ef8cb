#include "iterate.inc" /* the CPU's */
