/* What the brain tells the portal: once the outline of its street, then a frame a second. No vehicle, no place of one,
 * no name: counts by link and what the signals show, in which mode they are (orders.h). Plain values on base alone, so
 * that the portal may include this header too. Any bytes are answered with true or ERR_CORRUPT; what is read points
 * into the message and the arena.
 *
 * Instants are microseconds since 1970 UTC by the street's clock: of a simulation that runs faster than time, faster
 * than ours. Places are decimetres in the net's plane, x to the east, y to the north. */
#ifndef CITYHALL_BRAIN_FRAME_H
#define CITYHALL_BRAIN_FRAME_H

#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"
#include "brain/orders.h"

enum {
	FRAME_LINKS_MAX = 400000,
	FRAME_SIGNALS_MAX = 50000,
	FRAME_POINTS_MAX = 64, /* of a link */
	FRAME_GROUPS_MAX = 256,
	FRAME_STAGES_MAX = 32,
	FRAME_LIST_MAX = 1000, /* incidents, priorities, crossings where people wait, detectors */
	FRAME_WAY_MAX = 200,   /* signals on the way of one priority */
	FRAME_NAME_MAX = 200,  /* bytes */
	FRAME_DIGEST_BYTES = 32
};
#define FRAME_NONE UINT32_MAX /* no link, no signal */
#define FRAME_NO_STAGE 255

/* Who leads it now. */
enum frame_lead {
	FRAME_BY_PLAN,  /* as its mode says */
	FRAME_BY_BRAIN, /* as its mode says */
	FRAME_BY_LEASE, /* its plan, because no wish came in time */
	FRAME_LEFT_OUT, /* its plan, because the brain died of it */
	FRAME_NOT_LED,  /* nothing of ours: no plan could be made of it */
	FRAME_LEAD_END
};
/* What decided that it changed, or would. */
enum frame_reason {
	FRAME_NO_REASON,
	FRAME_SAVES,     /* it costs less than staying */
	FRAME_FIRST,     /* somebody has stood first for too long */
	FRAME_LONGEST,   /* the longest red of a group ended: safety */
	FRAME_PLANNED,   /* the plan says so */
	FRAME_PRIORITY,  /* somebody has priority */
	FRAME_OTHERWISE, /* by a controller that compares nothing */
	FRAME_REASON_END
};
enum frame_incident_kind {
	FRAME_STANDING, /* somebody stands where nobody should */
	FRAME_BLOCKED,  /* a lane lets nobody pass */
	FRAME_SLOW,     /* far slower than usual, the cause is not known */
	FRAME_INCIDENT_END
};
/* Why a detector is not believed. */
enum frame_doubt {
	FRAME_SILENT,  /* it says nothing */
	FRAME_STUCK,   /* somebody seems to stand on it for ever */
	FRAME_BABBLES, /* it counts more than can pass */
	FRAME_MISSES,  /* it counts nobody of those who were counted before it */
	FRAME_DOUBT_END
};

struct frame_point {
	int32_t x_dm, y_dm;
};

/* --- Once -------------------------------------------------------------------------------------------------------- */

struct outline_link {
	struct str id, name; /* the street's name may be empty */
	const struct frame_point *points;
	uint32_t point_n; /* at least 2 */
	uint32_t length_dm, speed_mmps, lanes;
	uint32_t from_signal, to_signal; /* at its ends; FRAME_NONE: none */
};
struct outline_group {
	uint32_t link; /* from which it leads; FRAME_NONE: several, or unknown */
	char turn;     /* as in net.h: s, l, r, t, L, R, c (a crossing); m: several */
};
struct outline_stage {
	struct str letters; /* one of "Ggr" for each group */
	uint32_t plan_ms;   /* how long its programme gives it; 0: it is not in the programme */
};
struct outline_signal {
	struct str id;
	struct str streets[2]; /* that meet here; may be empty */
	struct frame_point at;
	const struct outline_group *groups;
	const struct outline_stage *stages;
	uint32_t group_n, stage_n; /* stage_n 0: it is not led */
};
struct outline_crossing {
	uint32_t signal, group;
};
struct outline {
	uint8_t digest[FRAME_DIGEST_BYTES]; /* of the net's files */
	bool is_demo;                       /* a simulation */
	const struct outline_link *links;
	const struct outline_signal *signals;
	const struct outline_crossing *crossings;
	uint32_t link_n, signal_n, crossing_n;
};

void outline_put(struct buf *to, const struct outline *o);
bool outline_take(struct outline *o, struct arena *a, struct str message, struct err *e) MUST_USE;

/* --- Each second ------------------------------------------------------------------------------------------------- */

struct frame_link {
	uint32_t count_10, halting_10; /* vehicles, in tenths */
	uint32_t speed_mmps;           /* mean of those on it; with nobody on it, what is allowed */
	uint8_t full_percent;          /* of its room */
	uint8_t doubted;               /* detectors that are not believed */
	uint32_t queue_dm;             /* before its end, of the lane where it is longest */
};
/* Why it changed last, or would have. */
struct frame_why {
	int64_t at_us; /* 0: it has not changed yet */
	uint8_t from, to, reason;
	bool has_costs;
	uint32_t stay_10, go_10;    /* the costs compared, in tenths of a second of waiting */
	uint32_t queue_10, come_10; /* before all its lines then, in tenths of a vehicle */
	uint32_t walkers, walk_wait_s;
};
struct frame_signal {
	uint8_t mode, lead; /* enum mode, enum frame_lead */
	bool is_given_back;
	/* In watch and advise, since when it is so, what the brain would have done compared with what was done (mode.h). */
	uint32_t watched_s, otherwise;
	int32_t saves_s;
	/* The engineer's bounds by stage, in seconds of green, 0: none; NULL: none at all. */
	const uint16_t *least_s, *most_s;
	uint8_t stage; /* that it stands in or goes to */
	uint8_t wish;  /* what the brain wants; FRAME_NO_STAGE: nothing */
	uint8_t plan;  /* what its plan says */
	int64_t since_us;
	struct str letters; /* one of "Ggyr" for each group; empty: unknown */
	struct frame_why why;
};
struct frame_incident {
	int64_t id, since_us;
	uint32_t link, place_dm; /* from the link's begin */
	uint8_t kind, sure_percent;
};
struct frame_eta {
	uint32_t signal, eta_s;
};
struct frame_priority {
	int64_t id, since_us;
	uint8_t kind;            /* enum priority_kind */
	uint32_t link, place_dm; /* FRAME_NONE: not on the way yet */
	const struct frame_eta *way;
	uint32_t way_n;
	int64_t cost_person_ds; /* what it has cost others so far, in tenths of a second */
};
struct frame_detector {
	uint32_t link, to_go_dm; /* before the link's end */
	uint8_t lane, why;       /* of the link, the first is the rightmost; enum frame_doubt */
	int64_t since_us;
};
struct frame_walkers {
	uint32_t crossing, waiting, longest_s;
};
struct street_frame {
	int64_t at_us;
	int64_t taken_order;                /* the newest order that is in force; 0: none */
	bool brain_leads;                   /* its answers come in time: signals that it leads follow it */
	uint32_t weight_10[PRIORITIES];     /* of each kind of priority, in tenths; 0: off */
	int64_t cost_person_ds[PRIORITIES]; /* what it has cost others so far */
	const struct frame_link *links;
	const struct frame_signal *signals;
	uint32_t link_n, signal_n; /* as in the outline */
	const struct frame_incident *incidents;
	const struct frame_priority *priorities;
	const struct frame_walkers *walkers;    /* crossings where somebody waits, the longest first */
	const struct frame_detector *detectors; /* those that are not believed */
	uint32_t incident_n, priority_n, walker_n, detector_n;
};

void frame_put(struct buf *to, const struct street_frame *f);
/* Of the street that the outline is of. */
bool frame_take(struct street_frame *f, const struct outline *o, struct arena *a, struct str message,
                struct err *e) MUST_USE;

/* --- The way ------------------------------------------------------------------------------------------------------
 * The brain calls this command of `serve`'s control socket with an outline or a frame. The answer is all orders that it
 * has not acknowledged (orders.h), and whether the portal does not know the street yet. */
#define FRAME_COMMAND "street"
bool frame_is_outline(struct str message);
void frame_answer_put(struct buf *to, bool wants_outline, struct str orders);
bool frame_answer_take(struct str message, bool *wants_outline, struct str *orders, struct err *e) MUST_USE;

#endif
