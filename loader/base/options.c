#include "base/options.h"

struct options options;
struct stats stats;
