#include "launch.inc" /* the CPU's */
