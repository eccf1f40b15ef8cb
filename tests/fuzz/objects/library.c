/* Every kind of reference that a shared object has; built without a C library, and small. */
extern int outer_data __attribute__((weak));
extern int outer_function(int) __attribute__((weak));
extern __thread int outer_tls __attribute__((weak));
extern int outer_ifunc(int) __attribute__((weak));

__thread int own_tls = 7;
static __thread char hidden_tls[40];
int own_data[20] = {1};
int own_zeroed[200];
int *const to_data = &own_data[3];
int *to_outer = &outer_data;
int (*to_function)(int) = outer_function;
static int (*to_ifunc)(int) = outer_ifunc;
const char *const names[] = {"one", "two", "three"};

static int
plain(int x)
{
	return x + 1;
}

static void *
resolver(void)
{
	return (void *)plain;
}

int chosen(int x) __attribute__((ifunc("resolver")));

int
work(int x)
{
	own_zeroed[x & 127] = x;
	hidden_tls[x & 31] = (char)x;
	return chosen(x) + (outer_function ? outer_function(x) : 0) + own_tls +
	       (&outer_tls ? outer_tls : 0) + (to_ifunc ? to_ifunc(x) : 0) + *to_data +
	       names[x % 3][0];
}

static void __attribute__((constructor)) begin(void)
{
}

static void __attribute__((destructor)) end(void)
{
}
