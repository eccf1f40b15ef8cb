// proves: what makes pages private does the same everywhere; shmstat explains each of them (check-shmstat)
// build: libprivate.so -shared -fPIC -DLIB -Wl,-z,now
// build: prog -Wl,-rpath,'$ORIGIN' libprivate.so
#include <cstdio>
#include <cstring>
#include <unistd.h>
struct Shape { virtual ~Shape(); virtual int sides() const; };
extern "C" {
extern const char *const colour_names[];
extern int written_counter[], shared_total, untouched[];
int touch(int by);
}
#ifdef LIB
/* Each thing has pages of its own, so that a page has one thing to blame. */
#define PAGE __attribute__((aligned(4096)))
#define EIGHT "red", "green", "blue", "cyan", "magenta", "yellow", "black", "white"
#define SIXTYFOUR EIGHT, EIGHT, EIGHT, EIGHT, EIGHT, EIGHT, EIGHT, EIGHT
/* a table of pointers: one relative relocation each */
PAGE const char *const colour_names[512] = {
	SIXTYFOUR, SIXTYFOUR, SIXTYFOUR, SIXTYFOUR, SIXTYFOUR, SIXTYFOUR, SIXTYFOUR, SIXTYFOUR};
Shape::~Shape() {}
int Shape::sides() const { return 4; }	/* the vtable lies behind the table */
PAGE int written_counter[1024] = {7};	/* written at run time */
PAGE int untouched[1024] = {8};		/* read only: stays the file's page */
PAGE static volatile int in_bss[1024];		/* never shared */
int touch(int by)
{
	written_counter[0] += by;
	in_bss[1] = by;
	return written_counter[0] + shared_total + untouched[0]; /* shared_total: by the GOT */
}
#else
int shared_total = 100;
int main(int argc, char **argv)
{
	Shape s;
	const Shape *volatile p = &s;
	printf("%s %d %d\n", colour_names[1], p->sides(), touch(35));
	fflush(stdout);
	/* `prog wait`: to be looked at */
	while (argc > 1 && !strcmp(argv[1], "wait"))
		pause();
	return 0;
}
#endif
