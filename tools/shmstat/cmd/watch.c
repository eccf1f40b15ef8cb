/* shmstat watch: processes, their objects, their segments, live; with keys to sort and drill down.
 */
#include <ctype.h>
#include <errno.h>
#include <locale.h>
#include <ncurses.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "common/command_line.h"
#include "shmstat/cmd/commands.h"
#include "shmstat/out/table.h"
#include "shmstat/out/text.h"
#include "shmstat/read/list.h"
#include "shmstat/view/watch_list.h"

#define NUMBER_WIDTH 10
#define KEY_ESCAPE 27
#define LEAST_INTERVAL 0.1
#define MOST_INTERVAL 3600.0

static const char before_options[] = "Usage: shmstat watch [OPTION]...\n"
				     "Show processes, their objects and segments, live.\n"
				     "\n";

static const struct option_row option_rows[] = {
	{'i', 'i', OPTION_WANTS_VALUE, "interval", " SECONDS", "between looks (2)"},
	{'p', 'p', OPTION_WANTS_VALUE, "pid", " PID", "begin with the objects of this process"},
	{'c', 'c', OPTION_WANTS_VALUE, "command", " TEXT",
	 "only processes with TEXT in name or command line"},
	{'h', 'h', OPTION_ALONE, "help", "", "print this text"},
};

static const struct option_table option_table = {option_rows,
						 sizeof(option_rows) / sizeof(option_rows[0]), 26};

static const char after_options[] =
	"\n"
	"Keys: up, down, page up, page down, home, end: choose; enter, right: look into it;\n"
	"backspace, left: back; < >: column to sort by; n: by name; r: reverse;\n"
	"space: stop and go on; + -: interval; q: quit.\n";

static void
usage(FILE *to)
{
	command_line_help(to, before_options, &option_table, after_options);
}

struct watch {
	struct reader *r;
	struct filter filter;
	struct watch_place places[LEVEL_COUNT]; /* the way here */
	int level;
	struct watch_list list;
	uint64_t chosen; /* key of the chosen row */
	size_t top; /* first row on the screen */
	int column;
	bool reverse, stopped, quit;
	double interval;
	struct error error; /* the last one, shown until something is read again */
};

static size_t
chosen_row(const struct watch *w)
{
	for (size_t i = 0; i < w->list.count; i++)
		if (w->list.rows[i].key == w->chosen)
			return i;
	return 0;
}

static void
sort(struct watch *w)
{
	watch_sort(&w->list, w->column, w->reverse);
}

/* A process that has ended leads back to all of them. */
static void
look(struct watch *w)
{
	w->error = (struct error){0};
	while (!watch_read(w->r, &w->filter, &w->places[w->level], &w->list, &w->error) &&
	       w->level > 0) {
		w->level = 0;
		w->top = 0;
	}
	sort(w);
}

static size_t
rows_shown(void)
{
	return LINES > 5 ? (size_t)LINES - 4 : 1;
}

/* At most `capacity` columns of a text; of a longer one its end. */
static void
put_end(int y, int x, const char *text, int capacity)
{
	if (capacity <= 0)
		return;
	while (*text && text_width(text) > (size_t)capacity) {
		text++;
		while (((unsigned char)*text & 0xc0) == 0x80)
			text++;
	}
	mvaddstr(y, x, text);
}

/* On the terminal's own background; without them, or with NO_COLOR, all pairs are as they were. */
static void
begin_colours(void)
{
	struct output out;

	output_init(&out, FORMAT_TEXT);
	if (!out.colour || !has_colors() || start_color() == ERR || use_default_colors() == ERR)
		return;
	for (int i = 0; i < WATCH_COLUMNS; i++)
		if (watch_colours[i])
			init_pair((short)watch_colours[i], (short)watch_colours[i], -1);
}

static void
put_numbers(int y, const struct watch_row *row)
{
	for (int i = 0; i < WATCH_COLUMNS; i++) {
		int colour = row->kb[i] && has_colors() ? COLOR_PAIR(watch_colours[i]) : 0;

		attron(colour);
		mvprintw(y, i * NUMBER_WIDTH, "%*llu", NUMBER_WIDTH - 1,
			 (unsigned long long)row->kb[i]);
		attroff(colour);
	}
}

/* How many number columns there is room for; the name has a third at least. */
static int
name_column(void)
{
	int fit = COLS * 2 / 3 / NUMBER_WIDTH;

	return (fit < WATCH_COLUMNS ? fit : WATCH_COLUMNS) * NUMBER_WIDTH;
}

static void
put_row(const struct watch *w, int y, const struct watch_row *row)
{
	int x = name_column();
	char number[24] = "";

	put_numbers(y, row);
	mvhline(y, x, ' ', COLS - x);
	if (w->level == LEVEL_PROCESSES && row->name)
		snprintf(number, sizeof(number), "%7llu ", (unsigned long long)row->key);
	mvaddstr(y, x, number);
	put_end(y, x + (int)strlen(number), row->name ? row->name : "sum",
		COLS - x - (int)strlen(number) - row->changed);
	if (row->changed)
		addch('*');
}

static void
put_titles(const struct watch *w)
{
	static const char *const names[] = {"    PID COMMAND", "OBJECT", "SEGMENT"};
	int x = name_column();

	attron(A_BOLD);
	for (int i = 0; i < WATCH_COLUMNS; i++) {
		if (i == w->column)
			attron(A_UNDERLINE);
		mvprintw(1, i * NUMBER_WIDTH, "%*s", NUMBER_WIDTH - 1, watch_titles[i]);
		attroff(A_UNDERLINE);
	}
	mvhline(1, x, ' ', COLS - x);
	if (w->column == WATCH_COLUMNS)
		attron(A_UNDERLINE);
	mvaddstr(1, x, names[w->level]);
	attroff(A_UNDERLINE | A_BOLD);
}

static void
put_heading(const struct watch *w)
{
	time_t now = time(NULL);
	char clock[32] = "", text[1024];
	struct tm tm;

	if (localtime_r(&now, &tm))
		strftime(clock, sizeof(clock), "%H:%M:%S", &tm);
	mvprintw(0, 0, "shmstat %s  %s  kB, every %g s%s  ", clock,
		 w->level ? w->places[w->level].title : "all processes", w->interval,
		 w->stopped ? " (stopped)" : "");
	if (w->level == 0 && w->list.denied)
		printw("%zu more may not be read", w->list.denied);
	if (error_is_set(&w->error))
		printw("%s: %s", w->error.file, error_text(&w->error, text, sizeof(text)));
}

static void
draw(struct watch *w)
{
	size_t chosen = chosen_row(w), shown = rows_shown();

	if (chosen < w->top)
		w->top = chosen;
	if (chosen >= w->top + shown)
		w->top = chosen - shown + 1;
	erase();
	put_heading(w);
	put_titles(w);
	for (size_t i = 0; i < shown && w->top + i < w->list.count; i++) {
		if (w->top + i == chosen)
			attron(A_REVERSE);
		put_row(w, (int)i + 2, &w->list.rows[w->top + i]);
		attroff(A_REVERSE);
	}
	attron(A_BOLD);
	put_row(w, LINES - 2, &w->list.sum);
	attroff(A_BOLD);
	mvaddnstr(LINES - 1, 0, "enter in  backspace out  <> sort  r reverse  space stop  q quit",
		  COLS - 1);
	refresh();
}

/* By so many rows. */
static void
move_by(struct watch *w, long rows)
{
	long at = (long)chosen_row(w) + rows;

	if (!w->list.count)
		return;
	if (at >= (long)w->list.count)
		at = (long)w->list.count - 1;
	w->chosen = w->list.rows[at < 0 ? 0 : at].key;
}

static void
go_in(struct watch *w)
{
	const struct watch_row *row = &w->list.rows[chosen_row(w)];
	const struct watch_place *from = &w->places[w->level];
	struct watch_place *to;

	if (!w->list.count || w->level + 1 == LEVEL_COUNT)
		return;
	to = &w->places[w->level + 1];
	*to = *from;
	to->level = (enum level)(w->level + 1);
	if (w->level == LEVEL_PROCESSES) {
		to->pid = (pid_t)row->key;
		snprintf(to->title, sizeof(to->title), "%d %.80s", (int)to->pid, row->name);
	} else { /* the way here stays before the name */
		size_t used = strnlen(to->title, 60);

		to->object = row->key;
		snprintf(to->title + used, sizeof(to->title) - used, "  %.120s", row->name);
	}
	w->level++;
	w->top = 0;
	look(w);
	if (w->list.count)
		w->chosen = w->list.rows[0].key;
}

static void
go_out(struct watch *w)
{
	const struct watch_place *from = &w->places[w->level];

	if (w->level == 0)
		return;
	w->chosen = w->level == LEVEL_OBJECTS ? (uint64_t)from->pid : from->object;
	w->level--;
	w->top = 0;
	look(w);
}

/* Keys that change the order, or the pace. */
static void
press_setting(struct watch *w, int key)
{
	switch (key) {
	case '<':
		w->column = w->column > 0 ? w->column - 1 : WATCH_COLUMNS;
		break;
	case '>':
		w->column = w->column < WATCH_COLUMNS ? w->column + 1 : 0;
		break;
	case 'n':
		w->column = WATCH_COLUMNS;
		break;
	case 'r':
		w->reverse = !w->reverse;
		break;
	case ' ':
		w->stopped = !w->stopped;
		break;
	case '+':
		w->interval = w->interval * 2 < MOST_INTERVAL ? w->interval * 2 : MOST_INTERVAL;
		break;
	case '-':
		w->interval = w->interval / 2 > LEAST_INTERVAL ? w->interval / 2 : LEAST_INTERVAL;
		break;
	default:
		return;
	}
	sort(w);
}

static void
press(struct watch *w, int key)
{
	switch (key) {
	case 'q':
		w->quit = true;
		break;
	case KEY_UP:
	case 'k':
		move_by(w, -1);
		break;
	case KEY_DOWN:
	case 'j':
		move_by(w, 1);
		break;
	case KEY_PPAGE:
		move_by(w, -(long)rows_shown());
		break;
	case KEY_NPAGE:
		move_by(w, (long)rows_shown());
		break;
	case KEY_HOME:
		move_by(w, -(long)w->list.count);
		break;
	case KEY_END:
		move_by(w, (long)w->list.count);
		break;
	case '\r':
	case '\n':
	case KEY_ENTER:
	case KEY_RIGHT:
		go_in(w);
		break;
	case KEY_BACKSPACE:
	case '\b':
	case 127:
	case KEY_LEFT:
	case KEY_ESCAPE:
		go_out(w);
		break;
	default:
		press_setting(w, key);
	}
}

static double
seconds_now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

/* Keys are answered at once; between them, a look each interval. */
static void
loop(struct watch *w)
{
	double next;

	look(w);
	if (w->list.count)
		w->chosen = w->list.rows[0].key;
	next = seconds_now() + w->interval;
	while (!w->quit) {
		double left = next - seconds_now();
		int key;

		draw(w);
		timeout(left > 0 ? (int)(left * 1000) + 1 : 0);
		key = getch();
		if (key != ERR)
			press(w, key);
		else if (feof(stdin) || !isatty(STDIN_FILENO))
			break; /* the terminal is gone */
		if (seconds_now() < next)
			continue;
		if (!w->stopped)
			look(w);
		next = seconds_now() + w->interval;
	}
}

static int
run(struct watch *w, struct error *error)
{
	SCREEN *screen;

	if (!isatty(STDIN_FILENO) || !isatty(STDOUT_FILENO)) {
		error_format(error, "watch", 0, "needs a terminal");
		return 1;
	}
	setlocale(LC_ALL, "");
	set_escdelay(50);
	screen = newterm(NULL, stdout, stdin);
	if (!screen) {
		error_format(error, "watch", 0, "this kind of terminal (TERM) is not known");
		return 1;
	}
	cbreak();
	noecho();
	nonl();
	keypad(stdscr, TRUE);
	curs_set(0);
	begin_colours();
	loop(w);
	endwin();
	delscreen(screen);
	return 0;
}

static bool
parse_option(struct watch *w, int letter, const char *value, struct error *error)
{
	char *end;
	long pid;

	if (letter == 'i') {
		w->interval = strtod(value, &end);
		if (end == value || *end ||
		    !(w->interval >= LEAST_INTERVAL && w->interval <= MOST_INTERVAL))
			return error_format(error, value, 0,
					    "not a number of seconds from %g to %g", LEAST_INTERVAL,
					    MOST_INTERVAL);
	} else if (letter == 'p') {
		pid = strtol(value, &end, 10);
		if (!isdigit((unsigned char)value[0]) || *end || pid <= 0 || pid > 1 << 30)
			return error_format(error, value, 0, "not a process number");
		w->level = LEVEL_OBJECTS;
		w->places[1] = (struct watch_place){.level = LEVEL_OBJECTS, .pid = (pid_t)pid};
		snprintf(w->places[1].title, sizeof(w->places[1].title), "%ld", pid);
	} else {
		w->filter.command = value;
	}
	return true;
}

int
cmd_watch(int argc, char **argv, struct error *error)
{
	struct watch w = {.filter.uid = -1, .interval = 2, .column = 1};
	struct command_line line = {.argc = argc, .argv = argv, .table = &option_table};
	int letter, status;

	while ((letter = command_line_option(&line)) != COMMAND_LINE_END) {
		if (letter == 'h') {
			usage(stdout);
			return 0;
		}
		if (letter == COMMAND_LINE_WRONG || !parse_option(&w, letter, line.value, error))
			return 2;
	}
	if (line.next < argc) {
		usage(stderr);
		return 2;
	}
	w.r = reader_open();
	if (!w.r) {
		error_format(error, "", ENOMEM, "%s", "");
		return 1;
	}
	status = run(&w, error);
	watch_free(&w.list);
	reader_close(w.r);
	return status;
}
