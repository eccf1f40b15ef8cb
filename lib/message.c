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
	size_t bytes_left = o->len + 1 < o->size ? o->size - o->len - 1 : 0;

	if (bytes_left)
		memcpy(o->buf + o->len, s, len < bytes_left ? len : bytes_left);
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
