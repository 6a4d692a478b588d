/* In which mode each signal is: how far the brain may go there.
 *
 *   watch    the signal goes by its plan; what the brain would have done is compared with what was done
 *   advise   the same, and its advice is shown
 *   bounds   the brain leads it, each stage within the least and most green that the engineer set
 *   act      the brain leads it
 * Whatever the mode, the safety layer has the last word. The mode is enforced where the signals are led (city_act() in
 * the driver's process): a controller knows nothing of it, and no wish gets around it.
 *
 * What watching is counted in: a moment at which the brain would have switched and the plan did not, or the other way
 * round, is one `otherwise`. `saves` sums, second by second, what the stage that was shown costs more than the one that
 * was wished, each followed by the best that can come after it, in the controller's own measure. Summed along what was
 * really done, these differences are what the other way of deciding would have saved. */
#ifndef CITYHALL_BRAIN_MODE_H
#define CITYHALL_BRAIN_MODE_H

#include "brain/orders.h"
#include "brain/safety.h"

extern const char *const MODE_NAMES[MODES];

/* As the driver's process keeps it. */
struct mode_set {
	uint8_t mode;
	bool is_given_back; /* it was led and was given back to its plan; MODE_WATCH until it is raised again */
	/* Seconds of green by stage; 0: none but the safety layer's own. Kept whatever the mode. */
	uint16_t least_s[STAGES_MAX], most_s[STAGES_MAX];
};

/* As the brain's process counts it, since it began or the mode changed. */
struct mode_watched {
	uint32_t seconds, otherwise;
	float saves;     /* in the controller's measure: seconds of waiting */
	bool is_differs; /* at the last tick */
};

static inline bool mode_leads(const struct mode_set *m)
{
	return m->mode >= MODE_BOUNDS;
}

/* Of a signal that the brain leads, the stage to ask the safety layer for in the place of its wish; green_ms: how long
 * the signal's stage is all green. */
uint8_t mode_stage(const struct mode_set *m, const struct safety *s, const struct safety_plan *p, uint8_t wish,
                   int64_t green_ms);

#endif
