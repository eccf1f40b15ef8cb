#include "stub_page.inc" /* the CPU's */
