// proves: exit from a thread, quick_exit, _exit, exit in a constructor: what runs and what does not
// build: prog -pthread
// args: thread
// args: quick
// args: now
// args: normal
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
static void at(void) { puts("atexit"); }
static void quick(void) { puts("at_quick_exit"); }
__attribute__((destructor)) static void down(void) { puts("destructor"); }
static void *leave(void *arg) { exit(4); }
int main(int argc, char **argv)
{
	pthread_t t;
	setvbuf(stdout, NULL, _IONBF, 0);
	atexit(at);
	at_quick_exit(quick);
	if (!strcmp(argv[1], "thread")) {
		pthread_create(&t, NULL, leave, NULL);
		pthread_join(t, NULL);
	}
	if (!strcmp(argv[1], "quick"))
		quick_exit(5);
	if (!strcmp(argv[1], "now"))
		_exit(6);
	return 7;
}
