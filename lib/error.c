#include "lib/error.h"
#include "lib/message.h"
#include "lib/sys.h"

const char *
error_kind_format(enum error_kind kind)
{
	static const char texts[ERROR_COUNT][64] = {
		[ERROR_NOT_FOUND] = "cannot open shared object file",
		[ERROR_TOO_SHORT] = "file too short",
		[ERROR_CANNOT_READ] = "cannot read file data",
		[ERROR_INVALID_HEADER] = "invalid ELF header",
		[ERROR_OTHER_CLASS] = "wrong ELF class: ELFCLASS32",
		[ERROR_OTHER_MACHINE] = "made for another CPU",
		[ERROR_ENCODING] = "ELF file data encoding not little-endian",
		[ERROR_IDENT_VERSION] = "ELF file version ident does not match current one",
		[ERROR_OS_ABI] = "ELF file OS ABI invalid",
		[ERROR_ABI_VERSION] = "ELF file ABI version invalid",
		[ERROR_PADDING] = "nonzero padding in e_ident",
		[ERROR_FILE_VERSION] = "ELF file version does not match current one",
		[ERROR_TYPE] = "only ET_DYN and ET_EXEC can be loaded",
		[ERROR_PHENTSIZE] = "ELF file's phentsize not the expected size",
		[ERROR_NO_SEGMENTS] = "object file has no loadable segments",
		[ERROR_OFFSET] = "ELF load command address/offset not page-aligned",
		[ERROR_NO_DYNAMIC] = "object file has no dynamic section",
		[ERROR_EXECUTABLE] = "cannot dynamically load executable",
		[ERROR_PIE] = "cannot dynamically load position-independent executable",
		[ERROR_NO_OPEN] = "shared object cannot be dlopen()ed",
		[ERROR_MAP_SEGMENT] = "failed to map segment from shared object",
		[ERROR_VERSION] = "version `%s' not found (required by %s)",
		[ERROR_WEAK_VERSION] = "weak version `%s' not found (required by %s)",
		[ERROR_NO_VERSIONS] = "no version information available (required by %s)",
		[ERROR_UNDEFINED] = "undefined symbol: %s",
		[ERROR_UNDEFINED_VERSION] = "undefined symbol: %s, version %s",
		[ERROR_RELR] = "DT_RELR without GLIBC_ABI_DT_RELR dependency",
		[ERROR_STATIC_TLS] = "cannot allocate memory in static TLS block",
		[ERROR_EXECUTABLE_STACK] =
			"cannot enable executable stack as shared object requires",
		[ERROR_INVALID_MODE] = "invalid mode for dlopen()",
		[ERROR_INVALID_MODE_BITS] = "invalid mode parameter",
		[ERROR_INVALID_SPACE] = "invalid namespace",
		[ERROR_INVALID_TARGET_SPACE] = "invalid target namespace in dlmopen()",
		[ERROR_NO_SPACE] = "no more namespaces available for dlmopen()",
		[ERROR_NEXT] = "RTLD_NEXT used in code not dynamically loaded",
		[ERROR_NOT_OPEN] = "shared object not open",
		[ERROR_DLINFO] = "unsupported dlinfo request",
	};

	return texts[kind];
}

_Bool
error_is_foreign(enum error_kind kind)
{
	return kind >= ERROR_OTHER_CLASS && kind <= ERROR_FILE_VERSION;
}

_Bool
error_names_request(enum error_kind kind)
{
	return kind >= ERROR_NO_SEGMENTS;
}

const char *
error_occasion(enum error_kind kind)
{
	switch (kind) {
	case ERROR_UNDEFINED:
	case ERROR_UNDEFINED_VERSION:
		return "symbol lookup error";
	default:
		return "error while loading shared libraries";
	}
}

const char *
error_start_reason(int err, char buf[24])
{
	switch (err) {
	case EPERM:
	case ENOENT:
	case EIO:
	case ENOMEM:
	case EACCES:
	case EINVAL:
		return sys_strerror(err);
	default:
		message_format(buf, 24, "Error %d", err);
		return buf;
	}
}

static void
error_fill(struct error *error, const char *file, int err, const char *format, va_list args)
{
	message_format(error->file, sizeof(error->file), "%s", file);
	message_vformat(error->what, sizeof(error->what), format, args);
	error->number = err;
	error->kind = ERROR_OWN;
	error->whole_file = NULL;
}

_Bool
error_set(struct error *error, const char *file, int err, const char *format, ...)
{
	va_list args;

	if (!error)
		return false;
	va_start(args, format);
	error_fill(error, file, err, format, args);
	va_end(args);
	return false;
}

_Bool
error_say(struct error *error, const char *file, int err, enum error_kind kind, ...)
{
	va_list args;

	if (!error)
		return false;
	va_start(args, kind);
	error_fill(error, file, err, error_kind_format(kind), args);
	va_end(args);
	error->kind = kind;
	return false;
}
