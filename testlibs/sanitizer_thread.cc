// proves: a sanitizer that owns the region gets it
// needs: libtsan.so
// build: prog -fsanitize=thread
/* ThreadSanitizer owns the region's addresses: such a program is left to the kernel, and runs. */
#include <cstdio>
#include <thread>

static int counter;

int
main()
{
	std::thread t([] { counter++; });

	t.join();
	printf("%d\n", counter);
	return 0;
}
