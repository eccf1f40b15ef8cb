/*
 * One small C++ program that uses what a loader and a C library share. It is built on this machine and run in roots of other
 * releases. Built with -DPLUGIN it is the library that it opens.
 */
#include <dlfcn.h>
#include <execinfo.h>
#include <grp.h>
#include <iconv.h>
#include <netdb.h>
#include <pthread.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <mutex>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

struct noisy {
	int *ended;
	~noisy() { __atomic_add_fetch(ended, 1, __ATOMIC_SEQ_CST); }
};

#ifdef PLUGIN
static thread_local int calls = 100;
static thread_local noisy at_end;

extern "C" int plugin_call(int *ended)
{
	at_end.ended = ended;
	return ++calls;
}

extern "C" void plugin_throw()
{
	throw std::runtime_error("thrown in the plugin");
}
#else
static thread_local int counted = 7;
static int ended;

static void threads()
{
	std::vector<std::thread> all;
	int sums[8] = {};

	for (int i = 0; i < 8; i++)
		all.emplace_back([i, &sums] {
			thread_local noisy at_end{ &ended };

			(void)at_end.ended;
			for (int k = 0; k < 1000; k++)
				counted += i;
			sums[i] = counted;
		});
	for (auto &t : all)
		t.join();
	for (int sum : sums)
		printf("%d ", sum);
	printf("ended %d, here %d\n", ended, counted);
}

static void plugin()
{
	void *lib = dlopen("./libguest_plugin.so", RTLD_NOW);

	if (lib == NULL) {
		printf("%s\n", dlerror());
		return;
	}
	auto call = (int (*)(int *))dlsym(lib, "plugin_call");
	auto toss = (void (*)())dlsym(lib, "plugin_throw");
	int before = ended, first = call(&ended), other = 0;

	std::thread([&] { other = call(&ended); }).join();
	printf("plugin %d %d, ended %d\n", first, other, ended - before);
	try {
		toss();
	} catch (const std::exception &e) {
		printf("caught: %s\n", e.what());
	}
	printf("no such symbol: %s\n", dlsym(lib, "no_such") == NULL ? dlerror() : "found");
	/* at_end of the main thread keeps it open */
	printf("closed %d\n", dlclose(lib));
	printf("missing: %s\n", dlopen("libno_such.so.1", RTLD_NOW) == NULL ? dlerror() : "found");
}

static void *forever(void *)
{
	noisy at_end{ &ended };

	for (;;)
		pause();
	return NULL;
}

/* What makes libc open libgcc_s by itself */
static void unwinding()
{
	pthread_t thread;
	void *result;
	std::once_flag once;
	void *frames[8];
	int before = ended;

	pthread_create(&thread, NULL, forever, NULL);
	pthread_cancel(thread);
	pthread_join(thread, &result);
	printf("cancelled %d, destructors %d\n", result == PTHREAD_CANCELED, ended - before);
	for (int i = 0; i < 2; i++)
		try {
			std::call_once(once, [i] { if (i == 0) throw std::string("first"); });
			printf("called once\n");
		} catch (const std::string &s) {
			printf("call_once threw %s\n", s.c_str());
		}
	printf("frames %s\n", backtrace(frames, 8) > 1 ? "some" : "none");
}

/* What makes libc open its own modules */
static void modules()
{
	char in[] = "\xe9t\xe9 \xb1", out[32] = {}, *from = in, *to = out;
	size_t left = sizeof(in) - 1, space = sizeof(out) - 1;
	iconv_t latin = iconv_open("UTF-8", "ISO-8859-2");
	struct passwd *p;
	struct addrinfo hints = {}, *found = NULL;
	gid_t groups[64];
	int count = 64, status;
	char name[256] = "";

	if (latin == (iconv_t)-1)
		printf("no converter\n");
	else
		printf("iconv %zd %s\n", iconv(latin, &from, &left, &to, &space), out);
	p = getpwnam("root");
	printf("root %s %d\n", p != NULL ? p->pw_dir : "?", p != NULL ? (int)p->pw_uid : -1);
	printf("no such user: %d\n", getpwnam("no-such-user") == NULL);
	printf("groups %d of %d\n", getgrouplist("root", 0, groups, &count), count);
	hints.ai_family = AF_INET;
	hints.ai_socktype = SOCK_STREAM;
	status = getaddrinfo("localhost", "80", &hints, &found);
	if (status == 0) {
		getnameinfo(found->ai_addr, found->ai_addrlen, name, sizeof(name), NULL, 0, NI_NUMERICHOST);
		freeaddrinfo(found);
	}
	printf("localhost %s %s\n", status == 0 ? "is" : gai_strerror(status), name);
	status = getaddrinfo("no-such-host.invalid", NULL, &hints, &found);
	printf("no such host: %d\n", status != 0);
	printf("initgroups %d\n", getuid() == 0 ? initgroups("root", 0) : 0);
}

int main(int argc, char **argv)
{
	threads();
	plugin();
	unwinding();
	modules();
	printf("%s %d\n", argv[0], argc);
	return 3;
}
#endif
