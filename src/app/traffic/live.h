/* What this process holds of the live street: the newest outline and frame, each signal's last changes, the sums of the
 * running minute and of those before it. Told by the control socket's thread, kept in the store by a thread of its own
 * (minutes.h). Any thread. */
#ifndef CITYHALL_APP_TRAFFIC_LIVE_H
#define CITYHALL_APP_TRAFFIC_LIVE_H

#include "app/app.h"
#include "brain/frame.h"

enum { LIVE_CHANGES = 64, LIVE_MINUTES = 180, LIVE_STALE_US = 5 * US_PER_S };

/* A street as it was told: never changed, held until live_release(). */
struct live_street;
struct live_seen {
	struct live_street *held;
	const struct outline *outline;    /* NULL: no street was ever told */
	const struct street_frame *frame; /* NULL: not since this process began */
	int64_t institution, net;
	bool is_fresh;   /* the frame is of the last seconds */
	int64_t version; /* grows with each frame */
};
void live_take(struct app *app, struct live_seen *out);
void live_release(struct live_seen *seen);
/* The newest minute that is in the store, for a process that the brain does not tell: another one may be told. */
struct live_kept {
	bool is_fresh;  /* of the last minutes: somebody is told */
	int64_t minute; /* by the street's clock */
	struct live_link *links;
	uint32_t link_n;
	int64_t vehicles, kmh; /* kmh below 0: nobody drove */
};
bool live_kept(struct app *app, const struct live_seen *seen, struct arena *a, struct live_kept *out,
               struct err *e) MUST_USE;
/* Of this process: what another one kept since this one began. */
void live_remember(struct app *app);

/* What a signal showed, oldest first; until the next one, or now. */
struct live_change {
	int64_t at_us;
	uint8_t stage, wish, plan;
	struct str letters;
};
struct live_changes {
	struct live_change *items;
	size_t n;
};
bool live_changes(struct app *app, uint32_t signal, struct arena *a, struct live_changes *out, struct err *e) MUST_USE;

/* The whole street minute by minute, oldest first, the running one last. */
struct live_minute {
	int64_t minute, seconds, brain_s, vehicle_s, delay_s, metres, walker_s;
};
size_t live_minutes(struct app *app, struct live_minute out[LIVE_MINUTES]);
/* What is on each link, smoothed over a minute, so that a red light is no jam; NULL: nothing was told. */
struct live_link {
	float vehicles, speed_mps, full; /* full: 0 to 1 */
};
struct live_link *live_links(struct app *app, struct arena *a, uint32_t *n);
/* How long a link's way usually takes at this time, in seconds for 1,000 metres; 0: not known yet. */
uint32_t live_usual_s(struct app *app, uint32_t link);

/* The institution that looks after the signals; NULL: none of the pack does. */
const struct institution *traffic_office(struct app *app);

/* For `serve` and tests. */
struct traffic;
bool traffic_start(struct app *app, struct traffic **out, struct err *e) MUST_USE;
void traffic_stop(struct traffic *t); /* NULL is ignored */
/* The command of the control socket (brain/frame.h). */
bool traffic_told(struct app *app, struct str message, struct buf *reply, struct err *e) MUST_USE;
/* Writes what is to be written, now: the thread does it by itself; tests call it. */
bool traffic_write(struct traffic *t, struct err *e) MUST_USE;

#endif
