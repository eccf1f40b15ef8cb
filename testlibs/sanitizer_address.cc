// proves: interceptors of __tls_get_addr and dlsym, fixed shadows and leak checks work
// needs: libasan.so
// build: prog -fsanitize=address -fno-omit-frame-pointer
/*
 * A program under AddressSanitizer: it intercepts what ld.so and libc export (__tls_get_addr with its module numbers,
 * dlsym, pthread_create …), keeps its shadow at fixed addresses, and finds leaks through dl_iterate_phdr.
 */
#include <cstdio>
#include <stdexcept>
#include <thread>
#include <vector>

#include <sanitizer/asan_interface.h>

static thread_local std::vector<int> numbers;

int
main()
{
	std::vector<std::thread> threads;

	for (int i = 0; i < 4; i++)
		threads.emplace_back([i] {
			try {
				numbers.assign(i + 1, i);
				throw std::runtime_error("thrown in a thread");
			} catch (const std::exception &e) {
				if (numbers.size() != (size_t)i + 1)
					puts("lost its numbers");
			}
		});
	for (auto &t : threads)
		t.join();
	int *p = new int[4];
	printf("redzone: %d\n", __asan_address_is_poisoned(p + 4));
	delete[] p;
	printf("freed: %d\n", __asan_address_is_poisoned(p));
	return 0;
}
