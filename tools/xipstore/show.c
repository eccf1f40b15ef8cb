#include "command.h"
int
command_show(char **n)
{
	(void)n;
	return 1;
}
