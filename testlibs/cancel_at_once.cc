// proves: many threads that are cancelled at the same time run their destructors (one unwinder in a process, ready before its first use)
// build: prog -pthread
// args:
// args: 2
// args: 16
#include <atomic>
#include <cstdio>
#include <cstdlib>
#include <pthread.h>
#include <vector>
static std::atomic<int> destroyed;
struct guard { ~guard() { destroyed++; } };
static pthread_barrier_t barrier;
static void *spin(void *) { guard g; pthread_barrier_wait(&barrier); for (;;) pthread_testcancel(); }
int main(int argc, char **argv)
{
	std::vector<pthread_t> threads(argc > 1 ? atoi(argv[1]) : 8);
	int cancelled = 0;
	for (int round = 0; round < 20; round++) {
		pthread_barrier_init(&barrier, nullptr, threads.size() + 1);
		for (auto &t : threads) pthread_create(&t, nullptr, spin, nullptr);
		pthread_barrier_wait(&barrier);
		for (auto t : threads) pthread_cancel(t);
		for (auto t : threads) { void *r; pthread_join(t, &r); cancelled += r == PTHREAD_CANCELED; }
		pthread_barrier_destroy(&barrier);
	}
	printf("%d cancelled, %d destroyed\n", cancelled, destroyed.load());
	return 0;
}
