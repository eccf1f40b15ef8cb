/* Page maps as SVG. */
#ifndef SHMSTAT_VIEW_PICTURE_SVG_H
#define SHMSTAT_VIEW_PICTURE_SVG_H

#include "shmstat/view/picture.h"

/* The picture as an SVG document. */
void picture_svg(const struct picture *pic, FILE *to);

#endif
