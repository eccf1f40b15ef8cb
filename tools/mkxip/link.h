/* --link: relocated pages and plans of an image's programs, made at build time. */
#ifndef MKXIP_LINK_H
#define MKXIP_LINK_H

#include "mkxip/options.h"
#include "mkxip/tree.h"

/* A directory for what is only needed meanwhile; removed by link_close. */
struct linking {
	char dir[4096]; /* "": there is none */
	char image[4200]; /* where the image without prelinked plans is to be written */
};

bool link_open(struct linking *l, struct error *error);

/*
 * Let xipld link the programs that the options name in l->image, and add to the tree what it made.
 * Programs that cannot be linked are reported; an error if none can.
 */
bool link_programs(struct linking *l, const struct options *o, struct tree *t, struct error *error);

void link_close(struct linking *l);

/* For signal handlers: remove the directory of the one linking that is open. */
void link_abandon(void);

#endif
