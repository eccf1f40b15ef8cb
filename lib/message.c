#include "lib/message.h"
#include "lib/sys.h"

struct out {
	char *buf;
	size_t size, len;
	bool for_people; /* strings come from files: show nothing that a terminal would obey */
};

static void
put(struct out *o, char c)
{
	if (o->len + 1 < o->size)
		o->buf[o->len] = c;
	o->len++;
}

static void
put_bytes(struct out *o, const char *s, size_t len)
{
	size_t room = o->len + 1 < o->size ? o->size - o->len - 1 : 0;

	if (room)
		memcpy(o->buf + o->len, s, len < room ? len : room);
	o->len += len;
}

static void
put_string(struct out *o, const char *s)
{
	s = s ? s : "(null)";
	if (!o->for_people)
		put_bytes(o, s, strlen(s));
	else
		for (; *s; s++)
			put(o, (unsigned char)*s < ' ' || *s == 127 ? '?' : *s);
}

static void
put_number(struct out *o, unsigned long n, unsigned base)
{
	char digits[24];
	int i = 0;

	do {
		digits[i++] = "0123456789abcdef"[n % base];
		n /= base;
	} while (n);
	while (i)
		put(o, digits[--i]);
}

static void
put_signed(struct out *o, long n)
{
	if (n < 0)
		put(o, '-');
	put_number(o, n < 0 ? -(unsigned long)n : (unsigned long)n, 10);
}

static void
put_argument(struct out *o, char kind, bool is_long, va_list *args)
{
	switch (kind) {
	case 's':
		put_string(o, va_arg(*args, const char *));
		break;
	case 'c':
		put(o, (char)va_arg(*args, int));
		break;
	case 'd':
		put_signed(o, is_long ? va_arg(*args, long) : va_arg(*args, int));
		break;
	case 'u':
	case 'x':
		put_number(o, is_long ? va_arg(*args, unsigned long) : va_arg(*args, unsigned),
			   kind == 'u' ? 10 : 16);
		break;
	case 'p':
		put_string(o, "0x");
		put_number(o, (unsigned long)va_arg(*args, void *), 16);
		break;
	default:
		put(o, kind);
	}
}

static size_t
format_to(struct out o, const char *format, va_list args)
{
	va_list copy;

	va_copy(copy, args);
	for (; *format; format++) {
		bool is_long = false;

		if (*format != '%') {
			put(&o, *format);
			continue;
		}
		format++;
		while (*format == 'l' || *format == 'z') {
			is_long = true;
			format++;
		}
		put_argument(&o, *format, is_long, &copy);
	}
	va_end(copy);
	if (o.size)
		o.buf[o.len < o.size ? o.len : o.size - 1] = 0;
	return o.len;
}

size_t
message_vformat(char *buf, size_t size, const char *format, va_list args)
{
	return format_to((struct out){.buf = buf, .size = size}, format, args);
}

size_t
message_format(char *buf, size_t size, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	size_t len = message_vformat(buf, size, format, args);

	va_end(args);
	return len;
}

static void
vprint(int fd, const char *format, va_list args)
{
	char line[2048];
	size_t len = format_to((struct out){.buf = line, .size = sizeof(line), .for_people = true},
			       format, args);

	sys_write(fd, line, len < sizeof(line) ? len : sizeof(line) - 1);
}

void
message_print(int fd, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vprint(fd, format, args);
	va_end(args);
}

_Noreturn void
message_die(int status, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vprint(2, format, args);
	va_end(args);
	sys_exit(status);
}

const char *
text_format(enum text text)
{
	static const char texts[TEXT_COUNT][64] = {
		[TEXT_NOT_FOUND] = "cannot open shared object file",
		[TEXT_TOO_SHORT] = "file too short",
		[TEXT_CANNOT_READ] = "cannot read file data",
		[TEXT_INVALID_HEADER] = "invalid ELF header",
		[TEXT_OTHER_CLASS] = "wrong ELF class: ELFCLASS32",
		[TEXT_OTHER_MACHINE] = "made for another CPU",
		[TEXT_ENCODING] = "ELF file data encoding not little-endian",
		[TEXT_IDENT_VERSION] = "ELF file version ident does not match current one",
		[TEXT_OS_ABI] = "ELF file OS ABI invalid",
		[TEXT_ABI_VERSION] = "ELF file ABI version invalid",
		[TEXT_PADDING] = "nonzero padding in e_ident",
		[TEXT_FILE_VERSION] = "ELF file version does not match current one",
		[TEXT_TYPE] = "only ET_DYN and ET_EXEC can be loaded",
		[TEXT_PHENTSIZE] = "ELF file's phentsize not the expected size",
		[TEXT_NO_SEGMENTS] = "object file has no loadable segments",
		[TEXT_OFFSET] = "ELF load command address/offset not page-aligned",
		[TEXT_NO_DYNAMIC] = "object file has no dynamic section",
		[TEXT_EXECUTABLE] = "cannot dynamically load executable",
		[TEXT_PIE] = "cannot dynamically load position-independent executable",
		[TEXT_NO_OPEN] = "shared object cannot be dlopen()ed",
		[TEXT_MAP_SEGMENT] = "failed to map segment from shared object",
		[TEXT_VERSION] = "version `%s' not found (required by %s)",
		[TEXT_WEAK_VERSION] = "weak version `%s' not found (required by %s)",
		[TEXT_NO_VERSIONS] = "no version information available (required by %s)",
		[TEXT_UNDEFINED] = "undefined symbol: %s",
		[TEXT_UNDEFINED_VERSION] = "undefined symbol: %s, version %s",
		[TEXT_RELR] = "DT_RELR without GLIBC_ABI_DT_RELR dependency",
		[TEXT_STATIC_TLS] = "cannot allocate memory in static TLS block",
		[TEXT_EXECUTABLE_STACK] =
			"cannot enable executable stack as shared object requires",
		[TEXT_INVALID_MODE] = "invalid mode for dlopen()",
		[TEXT_INVALID_MODE_BITS] = "invalid mode parameter",
		[TEXT_INVALID_SPACE] = "invalid namespace",
		[TEXT_INVALID_TARGET_SPACE] = "invalid target namespace in dlmopen()",
		[TEXT_NO_SPACE] = "no more namespaces available for dlmopen()",
		[TEXT_NEXT] = "RTLD_NEXT used in code not dynamically loaded",
		[TEXT_NOT_OPEN] = "shared object not open",
		[TEXT_DLINFO] = "unsupported dlinfo request",
	};

	return texts[text];
}

_Bool
text_is_foreign(enum text text)
{
	return text >= TEXT_OTHER_CLASS && text <= TEXT_FILE_VERSION;
}

const char *
text_occasion(enum text text)
{
	switch (text) {
	case TEXT_UNDEFINED:
	case TEXT_UNDEFINED_VERSION:
		return "symbol lookup error";
	default:
		return "error while loading shared libraries";
	}
}

const char *
text_of_start_error(int err, char buf[24])
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
	error->text = TEXT_OWN;
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
error_say(struct error *error, const char *file, int err, enum text text, ...)
{
	va_list args;

	if (!error)
		return false;
	va_start(args, text);
	error_fill(error, file, err, text_format(text), args);
	va_end(args);
	error->text = text;
	return false;
}
