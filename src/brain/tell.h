/* What the brain's process tells the portal (frame.h), made of its city after each decision: the outline once, a frame
 * a second, why signals switched. Counts and what is shown; no car, no place of one. One owner. */
#ifndef CITYHALL_BRAIN_TELL_H
#define CITYHALL_BRAIN_TELL_H

#include "brain/city.h"
#include "brain/frame.h"
#include "brain/incident.h"
#include "brain/sense.h"

struct tell {
	struct city *city;
	const struct sense *sense;     /* NULL: the street is seen whole */
	const struct incidents *found; /* NULL: nobody looks for any */
	int64_t base_us;               /* UTC of the street's clock at 0 ms */
	struct arena arena;
	struct street_frame frame;
	struct frame_link *links;
	struct frame_signal *signals;
	struct frame_why *wished; /* by signal: why it last wished for another stage than it stood in */
	uint8_t *stages, *wishes; /* by signal: at the last tick */
	uint32_t *crossings;      /* by movement: its number in the outline */
	char (*letters)[GROUPS_MAX];
	struct frame_walkers *walkers;
	struct frame_priority *priorities;
	struct frame_eta *etas;
	struct frame_detector *detectors;
	int64_t *doubted_ms; /* by detector: since when it is not believed; 0: it is */
	struct frame_incident *incidents;
};

bool tell_begin(struct tell *t, struct city *c, const struct sense *s, int64_t base_us, struct err *e) MUST_USE;
void tell_end(struct tell *t);
bool tell_outline(struct tell *t, struct buf *to, const uint8_t digest[FRAME_DIGEST_BYTES], bool is_demo,
                  struct err *e) MUST_USE;
/* After city_decide(). */
void tell_frame(struct tell *t, struct buf *to);

#endif
