/* Pressure with running vehicles: each second the green goes on while the cars within 70 m that have it reach seven
 * tenths of the greatest pressure of those that stand, for at most 60 s. */
#ifndef CITYHALL_BRAIN_CTL_RUNNING_H
#define CITYHALL_BRAIN_CTL_RUNNING_H

#include "brain/city.h"

bool running_begin(struct city *c, struct err *e) MUST_USE;
uint8_t running_wish(struct city *c, uint32_t signal, void *scratch);

#endif
