/* What the linker asks of the C library (rtld/libc_ops.def). */
#include "rtld/libc_ops.h"
#include "libc/boot.h"
#include "libc/dlfcn_hook.h"

#define OP(name, type, without, parameters, arguments) type libc_##name parameters;
#define OP_STUB(name)
#include "rtld/libc_ops.def"
#undef OP
#undef OP_STUB

__asm__(PLUG_BEGIN(libc_ops)
#define OP(name, type, without, parameters, arguments) PLUG_WORD(libc_##name)
#define OP_STUB(name) PLUG_WORD(libc_##name)
#include "rtld/libc_ops.def"
#undef OP
#undef OP_STUB
		PLUG_END);
