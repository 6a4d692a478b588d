/* Ours: a schedule for the next 45 seconds, made anew each second.
 *
 * For each signal the cars that stand and those that will come are known or expected: by their place and speed, from
 * the links before, and from what the neighbours plan to let go. Over these a dynamic programme looks for the order and
 * the lengths of stages that cost the fewest car seconds (people at crossings count as well), what still stands at the
 * end included; of two ways to be in one stage at one moment only the best are followed. A lane lets go what its
 * saturation, the gaps of those to whom it gives way, and the room on the lane behind allow: a full link is not fed.
 * Who stands in others' way, at the end of a jam or in a ring of full links, counts for them as well (jam.h).
 *
 * The gridlock guard: a lane whose first car does not move though it has green counts as blocked while this green
 * lasts, and one whose first car has stood for 90 s is given the stage that serves it best.
 *
 * No training; one setting for all streets (see the constants in the .c). */
#ifndef CITYHALL_BRAIN_CTL_HORIZON_H
#define CITYHALL_BRAIN_CTL_HORIZON_H

#include "brain/city.h"

bool horizon_begin(struct city *c, struct err *e) MUST_USE;
void horizon_look(struct city *c);
uint8_t horizon_wish(struct city *c, uint32_t signal, void *scratch);
/* Of the best way that begins so. */
float horizon_cost(struct city *c, uint32_t signal, uint8_t stage, bool is_plain, void *scratch);

#endif
