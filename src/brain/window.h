/* Green for one way in a stretch of time to come, on a signal whose safety layer has the last word.
 *
 * What the safety layer will do with a row of wishes is known: it is tried on a copy of the signal, second by second.
 * So a longest red that would end while the way needs its green is found beforehand and served before, and a change
 * from which there is no coming back in time is not begun. Changes nothing; any thread. */
#ifndef CITYHALL_BRAIN_WINDOW_H
#define CITYHALL_BRAIN_WINDOW_H

#include "brain/safety.h"

enum { WINDOW_AHEAD_MS = 75000 }; /* before it begins nothing needs to be done for it sooner */

struct window {
	uint32_t group; /* that is to be green */
	uint8_t stage;  /* in this stage */
	int64_t from_ms, until_ms;
	/* Within it, when it matters most. */
	int64_t needs_ms, needs_until_ms;
};

/* What to wish for now: `wish` itself as long as the whole window can still be green after it; else the stage after
 * which least of it is lost. */
uint8_t window_wish(const struct window *w, const struct safety *s, const struct safety_plan *p, uint8_t wish,
                    int64_t now_ms);

#endif
