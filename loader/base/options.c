#include "base/options.h"
#include "lib/sys.h"

struct options options;
struct bind option_binds[MAX_BINDS] SYS_COLD;
struct stats stats;
