/* What a signal may show, whatever a controller wants. No controller can pass it by: it gives a wish, the number of a
 * stage, and this decides when, and what is shown on the way.
 *
 * A stage is a set of groups that may be green together, made once from the signal's own programme; one that holds two
 * groups whose conflict matrix says that they exclude one another cannot be made. A signal stands in a stage or goes
 * from one to the next; what it shows follows from these two sets and from the time since the change began, so that
 * conflicting greens cannot be written down:
 *   green    what is in the new stage and was green before, or whose conflicting groups have cleared the junction; and
 *            what is not in it, as long as it still clears the junction in time for all who wait for it
 *   yellow   what was green before and is not in the new stage, while its yellow lasts (crossings have none)
 *   red      all else
 * A change begins when each group that loses its green has had its minimum. A group that would stay red for too long is
 * given its stage in time, whatever is wished. Plain values: struct safety_plan is constant once made, struct safety is
 * one signal's state. Times are milliseconds of running time. */
#ifndef CITYHALL_BRAIN_SAFETY_H
#define CITYHALL_BRAIN_SAFETY_H

#include "base/codec.h"
#include "brain/net.h"

enum { STAGES_MAX = 32, STAGE_NONE = 255 };
#define TIME_MOST_MS (INT64_C(1) << 52) /* of any clock, so that no sum of times overflows */

struct safety_times {
	int32_t yellow_ms, all_red_ms, least_green_ms;
	int32_t walk_ms;     /* least green of a crossing */
	float walk_mps;      /* its clearance: length by this; 0: none */
	int32_t most_red_ms; /* of any group */
	int32_t most_walk_red_ms;
};
extern const struct safety_times SAFETY_LEGAL; /* all-red, walkers' clearance, least green as laws ask for them */
extern const struct safety_times SAFETY_BENCH; /* yellow 3 s and nothing else, as published measurements have it */

struct safety_stage {
	struct groups green, yields; /* yields: gives way, a part of green */
	int32_t plan_ms;             /* how long the programme gives it, 0: not in it */
};

struct safety_group {
	int32_t yellow_ms,
		clear_ms; /* clear: from the end of green, yellow included, until a conflicting green may begin */
	int32_t least_green_ms, most_red_ms;
	uint8_t stage;           /* the one that serves it when it is due */
	bool is_walk, is_served; /* served: in some stage, and not in all */
};

struct safety_plan {
	/* The last extra_n stages are not the programme's: stages of it that hold crossings once more without them, for
	 * when nobody waits there or those who did have gone. */
	uint32_t group_n, stage_n, extra_n;
	const struct safety_stage *stages;
	const struct safety_group *groups;
	const struct groups *conflicts; /* [group_n]: may never be green together */
	uint32_t accepted;              /* foes that the programme shows green together without one giving way */
	int32_t clear_ms, longest_ms;   /* no clearing, no change with its least green takes longer */
};

/* For groups that never conflict with anything the programme of the signal is the authority: foes that it shows green
 * together, one of them giving way or not, are let be. Everything else whose ways meet excludes one another. A signal
 * without a programme gets stages of its own, protected. ERR_INVALID: nothing to show (no groups, too many stages). */
bool safety_plan(struct safety_plan *p, struct arena *a, const struct net *n, uint32_t signal,
                 const struct safety_times *times, struct err *e) MUST_USE;

struct safety {
	int64_t changed_ms;    /* when the change to `stage` began */
	int64_t ready_ms;      /* when all of it is green */
	uint8_t stage, before; /* before: STAGE_NONE at the start, when nothing is known */
	bool is_forced;        /* the maximum red chose this stage */
	int64_t *red_ms;       /* [group_n]: since when its green is over, or when it will be; INT64_MAX: not yet known */
	int64_t *green_ms;     /* [group_n]: since when it is green, in the current change's terms */
};

/* All red first, for as long as anything may need to clear, then the stage. */
bool safety_start(struct safety *s, const struct safety_plan *p, struct arena *a, uint8_t stage, int64_t now_ms,
                  struct err *e) MUST_USE;
/* Once a tick: `wish` is any number; one that is no stage keeps what is. Time never runs back. */
void safety_tick(struct safety *s, const struct safety_plan *p, uint8_t wish, int64_t now_ms);
/* Of a signal that its own controller leads: it was seen to have begun this change. Shows nothing. */
void safety_follow(struct safety *s, const struct safety_plan *p, uint8_t stage, int64_t now_ms);
/* A state on its way to another process or into the journal; of any bytes one that it could be in, else c->failed. */
void safety_put(struct buf *to, const struct safety *s, const struct safety_plan *p);
void safety_take(struct safety *s, const struct safety_plan *p, struct codec *c);
/* Whether a wish for another stage would be followed at once. */
bool safety_is_free(const struct safety *s, const struct safety_plan *p, uint8_t wish, int64_t now_ms);
/* One of "Ggyr" for each group; not NUL-terminated. */
void safety_show(const struct safety *s, const struct safety_plan *p, int64_t now_ms, char *letters);
/* How long after a change from one stage to another a group of the latter turns green. */
int32_t safety_wait_ms(const struct safety_plan *p, uint8_t from, uint8_t to, uint32_t group);
/* How long after it a group that is only in the former keeps its green: who clears quickly goes on while others, people
 * on a long crossing above all, still clear the way for the same groups. */
int32_t safety_goes_on_ms(const struct safety_plan *p, uint8_t from, uint8_t to, uint32_t group);

#endif
