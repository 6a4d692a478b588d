/* Can a picture be read? Two figures that say so roughly, for a warning that a person may overrule: how light it is and
 * how sharp its sharpest parts are. Pure. */
#ifndef CITYHALL_RENDER_MEASURE_H
#define CITYHALL_RENDER_MEASURE_H

#include <stddef.h>
#include <stdint.h>

#include "os/render_client.h"

#define MEASURE_SIDE_MAX 1000 /* pictures are made this small first: sharpness depends on the scale */

struct picture_measure {
	uint32_t luma;      /* mean, 0 black to 255 white; MEASURE_NONE: too small to say */
	uint32_t sharpness; /* variance of the Laplacian, of the block that 95 of 100 are not sharper than: a page with few
	                       lines of sharp text is sharp */
};
/* One byte a pixel, rows without padding. */
struct picture_measure picture_measure(const uint8_t *grey, int width, int height);

#endif
