/* A demand made from counts: cars begin at the rim of the net as often as they were seen there, and turn by the shares
 * that were seen, quarter of an hour by quarter of an hour (history.h, with turns). No car's own way was ever known.
 *
 * What stood in the queue outside of the net was not counted: where the rim was full, the demand is what got in. Nobody
 * walks: how many people are on their way is not counted, only who waits. */
#ifndef CITYHALL_BRAIN_DEMAND_H
#define CITYHALL_BRAIN_DEMAND_H

#include "brain/history.h"

/* Where so many quarters begin that are like those to come after the newest: the same hours of this weekday in the last
 * four weeks, else of the days before, else the newest quarters themselves. INT64_MIN: nothing was seen. */
int64_t demand_like_now(const struct history *h, int64_t quarters);
/* Drops all quarters but these, and lets them lie in the clock's first day, at the same time of it: that is the begin.
 */
int64_t demand_keep(struct history *h, int64_t begin, int64_t quarters);
/* As SUMO's routes; *cars: how many. ERR_NOT_FOUND: nothing was seen at the rim. */
bool demand_put_routes(struct buf *to, const struct history *h, uint64_t seed, uint32_t *cars, struct err *e) MUST_USE;

#endif
