/* What the linker wants of the C library that is hosted (libc_ops.def), filled by libc/. */
#ifndef XIPLD_LIBC_OPS_H
#define XIPLD_LIBC_OPS_H

#include <stdbool.h>

#include "base/plug.h"

PLUG_TABLE(libc_ops);

enum libc_op {
#define OP(name, type, without, parameters, arguments) LIBC_OP_##name,
#define OP_STUB(name) LIBC_OP_##name,
#include "rtld/libc_ops.def"
#undef OP
#undef OP_STUB
};

#define OP(name, type, without, parameters, arguments)                               \
	static inline type libc_op_##name parameters                                 \
	{                                                                            \
		if (!PLUG_IS_THERE(libc_ops))                                        \
			return without;                                              \
		return ((type(*) parameters)plug_function(__start_libc_ops,          \
							  LIBC_OP_##name))arguments; \
	}
#define OP_STUB(name)
#include "rtld/libc_ops.def"
#undef OP
#undef OP_STUB

#endif
