/* Whether a library that nobody uses has pages that were touched, and one with a constructor was
 * initialised. */
#include <stdio.h>
#include <string.h>
extern int busy;
int
main(void)
{
	char line[4096];
	int in = 0, n;
	FILE *maps = fopen("/proc/self/smaps", "r");

	while (fgets(line, sizeof line, maps)) {
		if (strstr(line, "/libidle.so"))
			in = 1;
		else if (strchr(line, '/'))
			in = 0;
		if (in && sscanf(line, "Rss: %d", &n) == 1 && n)
			return n;
	}
	return busy == 7 ? 0 : 100;
}
