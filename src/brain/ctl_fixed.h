/* The fixed plan: the stage that the signal's own programme shows at this time, with its offset. What a driver falls
 * back to. A phase that is no stage (yellow, all red) counts for the stage that comes next. */
#ifndef CITYHALL_BRAIN_CTL_FIXED_H
#define CITYHALL_BRAIN_CTL_FIXED_H

#include "brain/city.h"

uint8_t fixed_wish(struct city *c, uint32_t signal, void *scratch);
/* The same without a city, for drivers. */
uint8_t fixed_stage(const struct net_signal *s, const struct safety_plan *p, int64_t now_ms);

#endif
