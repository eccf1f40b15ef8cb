#include "../tracee_none.h"
