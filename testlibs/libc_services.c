// proves: what libc opens by itself: NSS, gconv, locales; backtrace; popen; timers; semaphores; rseq; brk
// build: prog -pthread -rdynamic
#include <execinfo.h>
#include <iconv.h>
#include <locale.h>
#include <netdb.h>
#include <pwd.h>
#include <semaphore.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
static sem_t sem;
static void tick(union sigval v) { sem_post(&sem); }
__attribute__((noinline)) int named_function(void)
{
	void *frames[20];
	int n = backtrace(frames, 20);
	char **names = backtrace_symbols(frames, n);
	int hit = 0;
	for (int i = 0; i < n; i++)
		hit |= strstr(names[i], "named_function") != NULL;
	return hit;
}
int main(void)
{
	struct passwd *pw = getpwuid(0);
	struct addrinfo *info;
	printf("%s\n", pw ? pw->pw_name : "none");
	printf("%d\n", getaddrinfo("127.0.0.1", "80", NULL, &info));
	iconv_t cd = iconv_open("UTF-16LE", "KOI8-R");
	char in[] = "\xd0", out[8], *ip = in, *op = out;
	size_t il = 1, ol = 8;
	printf("%d\n", cd != (iconv_t)-1 && iconv(cd, &ip, &il, &op, &ol) == 0 ? (int)(8 - ol) : -1);
	printf("%s\n", setlocale(LC_ALL, "C.UTF-8") ? "utf8" : "no");
	printf("%d\n", named_function());
	char line[20];
	FILE *p = popen("echo piped", "r");
	printf("%s", fgets(line, sizeof(line), p));
	pclose(p);
	timer_t t;
	struct sigevent ev = {.sigev_notify = SIGEV_THREAD, .sigev_notify_function = tick};
	struct itimerspec when = {.it_value.tv_nsec = 1000000};
	sem_init(&sem, 0, 0);
	timer_create(CLOCK_MONOTONIC, &ev, &t);
	timer_settime(t, 0, &when, NULL);
	printf("%d\n", sem_wait(&sem));
	char *before = sbrk(0);
	printf("%d\n", sbrk(10000) == before && (memset(before, 1, 10000), before[9999] == 1));
	return 0;
}
