#include "rtld/rtld.h"
#include "base/process_args.h"

struct rtld *rtld;

const char *
message_name(const struct object *obj)
{
	return obj->is_program ? process_args.argv[0] : obj->path;
}
