/* Actuated control as it stands on most streets: the stages of the programme in their order, each from its least green
 * on as long as cars follow one another within 3 s over the last 45 m before the line, at most 50 s; a stage for which
 * nobody waits is left out. */
#ifndef CITYHALL_BRAIN_CTL_ACTUATED_H
#define CITYHALL_BRAIN_CTL_ACTUATED_H

#include "brain/city.h"

bool actuated_begin(struct city *c, struct err *e) MUST_USE;
uint8_t actuated_wish(struct city *c, uint32_t signal, void *scratch);

#endif
