/* Who is seen by wait(-1): of the parent, a subreaper, and the first process of a namespace */
/* waits parent|reaper|itself COMMAND...: counts whom it was not the one to start */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>
int
main(int argc, char **argv)
{
	int strangers = 0, wrong = 0, status;
	if (argc ==
	    1) { /* the program: a child that it did not make, of whatever kind, it finds here */
		pid_t q, p;
		if (waitpid(-1, NULL, WNOHANG | __WALL) != -1 || errno != ECHILD)
			strangers++;
		if ((p = fork()) == 0)
			_exit(3);
		while ((q = waitpid(-1, &status, __WALL)) > 0)
			strangers += q != p;
		printf("strangers %d\n", strangers);
		return strangers ? 1 : 5;
	}
	if (strcmp(argv[1], "parent"))
		prctl(PR_SET_CHILD_SUBREAPER, 1);
	if (!strcmp(argv[1], "itself")) {
		execv(argv[2], argv + 2);
		return 99;
	}
	for (int i = 0; i < 6; i++) {
		pid_t q, p = fork();
		if (p == 0) {
			execv(argv[2], argv + 2);
			_exit(99);
		}
		while ((q = waitpid(-1, &status, __WALL)) > 0) {
			if (q == p)
				wrong += status != 5 << 8;
			else
				strangers++;
		}
	}
	if (strangers || wrong)
		printf("%d strangers, %d wrong statuses\n", strangers, wrong);
	return strangers || wrong;
}
