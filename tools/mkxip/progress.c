#include "mkxip/progress.h"

#include <stdio.h>

#include "mkxip/content.h"

void
progress_begin(struct progress *p, const char *what, uint64_t of)
{
	p->what = what;
	p->done = 0;
	p->of = of ? of : 1;
	p->shown = UINT32_MAX;
	progress_add(p, 0);
}

void
progress_add(struct progress *p, uint64_t done)
{
	uint32_t percent;

	p->done += done;
	percent = (uint32_t)(p->done * 100 / p->of);
	if (percent > 100)
		percent = 100;
	if (!p->on || percent == p->shown)
		return;
	p->shown = percent;
	fprintf(stderr, "\r\033[K%s %u %%", p->what, percent);
}

void
progress_end(struct progress *p)
{
	if (p->on)
		fputs("\r\033[K", stderr);
}
