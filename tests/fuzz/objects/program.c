/* Programs that need something: their own interpreter, copies of variables, versions of another. */
extern int own_data[20], own_zeroed[200];
extern int work(int);
extern __thread int own_tls;

int (*const where)(int) = work;

void
_start(void)
{
	own_tls = where(own_data[1] + own_zeroed[2]);
	for (;;)
		;
}
