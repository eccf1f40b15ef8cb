#include "base/filtered.h"
#include "base/options.h"
#include "lib/sys.h"

bool
launch_is_filtered(void)
{
	static enum { UNASKED, YES, NO } answer;

	if (options.interp) /* which asks before all else */
		return false;
	/* what only looks at files does so at its user's own risk; an image has no kernel's way */
	if (options.image || options.list || options.link_only || options.prepare)
		return false;
	if (answer == UNASKED)
		answer = sys_is_filtered() ? YES : NO;
	return answer == YES;
}
