#include "command.h"
int
command_verify(char **n)
{
	(void)n;
	return 1;
}
