#include "rtld/rtld.h"
#include "base/process_args.h"

struct world *world;

const char *
message_name(const struct object *obj)
{
	return obj->is_program ? process_start.argv[0] : obj->path;
}
