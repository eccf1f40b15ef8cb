#include "xipstore/output.h"

#include <ctype.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

static void
put_escaped(FILE *to, const char *s)
{
	for (; *s; s++) {
		if (iscntrl((unsigned char)*s))
			fprintf(to, "\\%03o", (unsigned)(unsigned char)*s);
		else
			putc(*s, to);
	}
}

void
print_escaped(const char *s)
{
	put_escaped(stdout, s);
}

int
output_width(void)
{
	static int width = -1;
	struct winsize size;

	if (width < 0)
		width = !isatty(1)					  ? 0
			: ioctl(1, TIOCGWINSZ, &size) == 0 && size.ws_col ? size.ws_col
									  : 80;
	return width;
}

void
print_path(const char *path, int capacity)
{
	size_t len = strlen(path);

	if (output_width() && capacity > 4 && len > (size_t)capacity) {
		fputs("...", stdout);
		path += len - (size_t)capacity + 3;
	}
	print_escaped(path);
}

struct short_text
size_text(uint64_t bytes)
{
	static const char units[] = "BKMGT";
	struct short_text t;
	double n = (double)bytes;
	int unit = 0;

	while (n >= 1024 && units[unit + 1]) {
		n /= 1024;
		unit++;
	}
	snprintf(t.s, sizeof(t.s), unit && n < 10 ? "%.1f%c" : "%.0f%c", n, units[unit]);
	return t;
}

struct short_text
age_text(int64_t seconds)
{
	struct short_text t;
	uint64_t n = seconds > 0 ? (uint64_t)seconds : 0;

	if (n < 120)
		snprintf(t.s, sizeof(t.s), "%" PRIu64 "s", n);
	else if (n < 7200)
		snprintf(t.s, sizeof(t.s), "%" PRIu64 "min", n / 60);
	else if (n < 172800)
		snprintf(t.s, sizeof(t.s), "%" PRIu64 "h", n / 3600);
	else
		snprintf(t.s, sizeof(t.s), "%" PRIu64 "d", n / 86400);
	return t;
}

const char *
plural(uint64_t n)
{
	return n == 1 ? "" : "s";
}

static bool progress_shown;
static int terminal = -1; /* not asked yet */

void
progress(const char *format, ...)
{
	char line[512];
	struct winsize size;
	va_list args;
	int width = 80;

	if (terminal < 0)
		terminal = isatty(2);
	if (!terminal)
		return;
	if (ioctl(2, TIOCGWINSZ, &size) == 0 && size.ws_col)
		width = size.ws_col;
	va_start(args, format);
	vsnprintf(line, sizeof(line), format, args);
	va_end(args);
	if ((size_t)width < sizeof(line))
		line[width - 1] = 0;
	putc('\r', stderr);
	put_escaped(stderr, line);
	fputs("\033[K", stderr);
	fflush(stderr);
	progress_shown = true;
}

void
progress_off(void)
{
	terminal = 0;
	progress_shown = false;
}

void
progress_end(void)
{
	if (progress_shown)
		fputs("\r\033[K", stderr);
	progress_shown = false;
}

json_t *
json_text(const char *s)
{
	json_t *value = json_string(s);
	char *copy;

	if (value)
		return value;
	copy = strdup(s);
	for (char *p = copy; p && *p; p++)
		if ((unsigned char)*p > 126)
			*p = '?';
	value = json_string(copy ? copy : "?");
	free(copy);
	return value;
}

json_t *
json_hex(uint64_t n)
{
	char s[24];

	snprintf(s, sizeof(s), "0x%" PRIx64, n);
	return json_string(s);
}

void
print_json(json_t *report)
{
	json_dumpf(report, stdout, JSON_INDENT(1));
	putchar('\n');
	json_decref(report);
}

void
error_text(const struct error *error, char *to, size_t size)
{
	snprintf(to, size, "%s: %s%s%s", error->file, error->what, error->number ? ": " : "",
		 error->number ? strerror(error->number) : "");
}

void
report_error(const struct error *error)
{
	char line[1200];

	error_text(error, line, sizeof(line));
	progress_end();
	fflush(stdout);
	fputs("xipstore: ", stderr);
	put_escaped(stderr, line);
	putc('\n', stderr);
}
