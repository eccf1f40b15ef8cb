// proves: TLS descriptors, in start-up and dlopened libraries, leaving vector registers alone
// build: libd.so -shared -fPIC -DLIB $tls_descriptors
// build: libo.so -shared -fPIC -DLIB $tls_descriptors
// build: prog -pthread -Wl,-rpath,'$ORIGIN' libd.so
#include <dlfcn.h>
#include <pthread.h>
#include <stdio.h>
#ifdef LIB
__thread int x = 8;
__thread double y = 1.5;
double step(double a, double b, double c) { x++; double s = a * 2; s += y; y += b; return s + c * x; }
#else
double step(double, double, double);
static double (*other)(double, double, double);
static void *run(void *arg)
{
	double s = 0;
	for (int i = 0; i < 3; i++)
		s += step(i, 2, 3) + other(i, 2, 3);
	*(double *)arg = s;
	return NULL;
}
int main(void)
{
	double r[3];
	pthread_t t;
	void *h = dlopen("./libo.so", RTLD_NOW);
	other = (double (*)(double, double, double))dlsym(h, "step");
	pthread_create(&t, NULL, run, &r[0]);
	run(&r[1]);
	pthread_join(t, NULL);
	printf("%g %g\n", r[0], r[1]);
	return 0;
}
#endif
