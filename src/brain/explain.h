/* Why a signal switched, in words for an engineer: what was seen, what was compared, what decided. */
#ifndef CITYHALL_BRAIN_EXPLAIN_H
#define CITYHALL_BRAIN_EXPLAIN_H

#include "base/buf.h"
#include "brain/city.h"

/* After city_decide() of the same tick. */
void explain_wish(struct buf *to, struct city *c, uint32_t signal);
/* The signal went to another stage than was wished at the tick before. */
void explain_other(struct buf *to, const struct city *c, uint32_t signal, uint8_t from);

#endif
