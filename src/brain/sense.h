/* The street as sensors tell it: an estimate of who stands and who comes on each lane, made of detectors, of some
 * vehicles' GPS, and of what the signals show.
 *
 * Between what is measured the cars of each lane are imagined: they come where a detector counts them, roll up to the
 * one before as drivers do, and wait before each detector until it counts them; one that is not to be believed lets
 * them by, at the line when they have green. Who passes a detector unawaited comes from the lane beside, where he was
 * awaited; who is awaited in vain went there, or stands in its queue: what went onto a link is on it until it was
 * counted out. What is measured corrects them: an occupied detector says that the queue reaches it, a free one in green
 * that nobody stands before it, a vehicle that stands how far the queue reaches at least. No imagined car is a vehicle.
 * `doubt` says how far a lane's count may be off (standard deviation, in cars): it grows with what is counted, more
 * where nobody counts, and falls when something measured settles it.
 *
 * Detectors lie. Each is watched, and not believed while it is silent, stuck, babbles, or counts nobody of those who
 * must have passed it; it is believed again as soon as it speaks sense. Each tells a running count: what one message
 * would have told that was lost, the next one does; one that comes twice or after a newer one tells nothing; cars told
 * of late count for where they must be now. A message too late or of tomorrow is not taken.
 *
 * A vehicle's place is matched to the road, its name is kept for half a minute to see where it turned, then forgotten.
 * One owner. */
#ifndef CITYHALL_BRAIN_SENSE_H
#define CITYHALL_BRAIN_SENSE_H

#include "brain/city.h"
#include "brain/match.h"

enum { SENSE_LATE_MS = 10000, SENSE_EARLY_MS = 2000 }; /* a message older, or of later than now */

/* One that counts at a point of a lane; within 15 m of the line of a lane with a signal it counts who goes. */
struct sense_detector {
	uint32_t lane;
	float to_go_m; /* from the end of the lane */
};

enum sense_health { SENSE_WELL, SENSE_DEAD, SENSE_STUCK, SENSE_BABBLES, SENSE_MISSES };
extern const char *const SENSE_HEALTH[]; /* in words */

struct sense_watch {
	int64_t heard_ms;
	int64_t newest_ms;
	uint32_t total;                       /* as it said last */
	uint32_t passed;                      /* since it was first heard; jumps left out */
	float rate;                           /* counts a second, smoothed */
	float missed;                         /* cars that must have passed uncounted since it last counted */
	uint16_t occupied_s, free_s, empty_s; /* the last: free while it is green */
	uint8_t health;
	uint32_t sent_over; /* who was counted last went on at once; over which movement */
	bool has_sent;
	bool is_at_line, is_over; /* somebody stands on it */
};

struct sense_ghost {
	float to_go_m, speed_mps;
	float waits_s; /* for the next detector to count it */
	uint32_t by;   /* the movement that it was sent over, until a detector counts it; NET_NONE */
	bool is_counted;
};

struct sense {
	const struct net *net;
	struct arena arena;
	struct match match;
	struct street gps; /* vehicles that say where they are: matched, forgotten in half a minute */
	int64_t now_ms;
	const struct sense_detector *detectors;
	struct sense_watch *watch; /* by detector */
	uint32_t detector_n;
	uint32_t *on, *on_n, *by_lane; /* detectors of a lane: by_lane[on[lane] ...] */
	/* By lane: imagined cars, the first is nearest to the line: ghosts[first[lane] ...]. */
	struct sense_ghost *ghosts;
	uint32_t *first, *count;
	int64_t *head_since;
	float *variance;
	uint16_t *green_s;
	float *unknown; /* by link, before its line and at it: who passed unknown, less who was awaited and did not */
	float *owed;    /* by movement */
	bool *is_green; /* by movement: as the signals show it; without a signal true */
	float *waiting, *wait_ms;
	int64_t *waiting_since;                /* by movement over a crossing: when it was told */
	uint32_t stale, late, early, off_road; /* messages that were not taken */
};

bool sense_init(struct sense *s, const struct net *n, const struct sense_detector *d, uint32_t detector_n,
                struct err *e) MUST_USE;
void sense_release(struct sense *s);

/* A second begins: what the signals show, then what was heard, then what follows from it. */
void sense_tick(struct sense *s, int64_t now_ms);
void sense_see_signals(struct sense *s, const struct city *c);
/* Until at_ms so many have passed since it was made, modulo 2^32 (so that the next message makes good what a lost one
 * would have told; where it begins anew it is told from there), and it was occupied for this share of the last second.
 */
void sense_hear(struct sense *s, uint32_t detector, int64_t at_ms, uint32_t total, float occupied);
bool sense_hear_vehicle(struct sense *s, struct str name, const struct match_place *at, struct err *e) MUST_USE;
void sense_hear_walkers(struct sense *s, uint32_t move, float waiting, float wait_ms);
bool sense_end_tick(struct sense *s, struct err *e) MUST_USE;

void sense_estimate(const struct sense *s, struct estimate *out);
/* Which signals nobody tells anything of any more: s->is_blind of each. */
void sense_find_blind(const struct sense *s, struct city *c);
float sense_doubt(const struct sense *s, uint32_t lane);

#endif
