// proves: a thread is cancelled although no file can be found or opened any more (one unwinder, there before its first use)
// build: prog -pthread
// args: chroot
// args: descriptors
// args: chroot descriptors
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <pthread.h>
#include <sched.h>
#include <stdexcept>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>
static pthread_barrier_t barrier;
struct guard { ~guard() { puts("destroyed"); } };
static void *spin(void *) { guard g; pthread_barrier_wait(&barrier); for (;;) pthread_testcancel(); }
/* Into an empty root; who is not root becomes it in a user name space first */
static void enter_empty_root()
{
	char path[] = "/tmp/rootXXXXXX";
	bool in;

	if (!mkdtemp(path))
		exit(9);
	if (geteuid() != 0)
		unshare(CLONE_NEWUSER);
	in = chdir(path) == 0 && rmdir(path) == 0 && chroot(".") == 0;
	puts(in ? "in an empty root" : "no other root");
}
int main(int argc, char **argv)
{
	pthread_t thread;
	void *result;

	setvbuf(stdout, nullptr, _IONBF, 0);
	for (int i = 1; i < argc; i++) {
		if (!strcmp(argv[i], "chroot"))
			enter_empty_root();
		if (!strcmp(argv[i], "descriptors")) {
			struct rlimit none = {0, 0};

			setrlimit(RLIMIT_NOFILE, &none);
		}
	}
	pthread_barrier_init(&barrier, nullptr, 2);
	pthread_create(&thread, nullptr, spin, nullptr);
	pthread_barrier_wait(&barrier);
	pthread_cancel(thread);
	pthread_join(thread, &result);
	printf("%s\n", result == PTHREAD_CANCELED ? "cancelled" : "returned");
	try { throw std::runtime_error("thrown"); } catch (std::exception &e) { puts(e.what()); }
	return 0;
}
