// proves: an exception leaves pthread_once and std::call_once (libc has a frame in between, and unwinds it)
// build: prog -pthread
#include <cstdio>
#include <mutex>
#include <pthread.h>
static pthread_once_t once = PTHREAD_ONCE_INIT;
static int round_number;
static void begin() { if (round_number < 2) throw round_number; }
int main()
{
	for (round_number = 0; round_number < 3; round_number++) {
		try { pthread_once(&once, begin); puts("done"); } catch (int n) { printf("caught %d\n", n); }
	}
	std::once_flag flag;
	for (int i = 0; i < 3; i++) {
		try { std::call_once(flag, [i] { if (i == 0) throw 7; puts("called"); }); } catch (int n) { printf("caught %d\n", n); }
	}
	return 0;
}
