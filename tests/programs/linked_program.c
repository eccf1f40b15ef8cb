/* A program that needs linked_library.c and opens it again */
#include <dlfcn.h>
#include <pthread.h>
#include <stdio.h>
int work(int), chosen(int);
extern int *pointers[], (*chosen_pointer)(int);
extern __thread int counter;
int shared = 100;
static __thread long own[20] = {3};
static char big[40000];
static void *
thread(void *arg)
{
	own[0]++;
	return (void *)(long)(work(2) + counter + (int)own[0]);
}
int
main(void)
{
	pthread_t t;
	void *result, *late = dlopen("./liblate.so", RTLD_NOW);
	int (*late_work)(int) = late ? (int (*)(int))dlsym(late, "work") : NULL;
	const char *error = late ? NULL : dlerror();

	pthread_create(&t, NULL, thread, NULL);
	pthread_join(t, &result);
	big[39999] = 1;
	printf("%d %ld %d %d\n", work(3), (long)result, chosen(4) + chosen_pointer(5),
	       *pointers[1] + big[39999]);
	printf("%d %s\n", late_work ? late_work(1) : -1, error ? error : "");
	return 0;
}
