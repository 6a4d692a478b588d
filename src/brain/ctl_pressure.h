/* Max-pressure (Varaiya 2013): every ten seconds the stage with the greatest pressure, the sum over its green movements
 * of the cars that stand within 200 m before the line less the mean of those that stand on the lanes behind it. One
 * that gives way counts half. Needs no arrival rates and keeps any demand stable that can be served at all. */
#ifndef CITYHALL_BRAIN_CTL_PRESSURE_H
#define CITYHALL_BRAIN_CTL_PRESSURE_H

#include "brain/city.h"

bool pressure_begin(struct city *c, struct err *e) MUST_USE;
uint8_t pressure_wish(struct city *c, uint32_t signal, void *scratch);

#endif
