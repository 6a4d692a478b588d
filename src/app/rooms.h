/* The rooms, in the order in which they may use each other: a room includes headers of those before it only.
 *
 * installation < people < catalogue < access < mail < enquiries < forms < credentials < cases < supervision < ratings <
 * traffic < desk < counter < guide < statistics < authoring < api < site < health
 *
 * make lint reads this line. rooms.c lists each room once, with all that the program asks of it. */
#ifndef CITYHALL_APP_ROOMS_H
#define CITYHALL_APP_ROOMS_H

#include "http/req.h"
#include "store/event.h"
#include "store/store.h"

struct check;
struct errand_kind;
struct mail_digest;
struct read_model;
struct timer_kind;

/* What rooms ask of an applicant, or have to say, beside a case and under the messages about it: a line and a link. */
struct room_asks {
	struct room_ask {
		struct str text, href, link;
	} items[8];
	size_t n;
};

struct room {
	const char *name;
	const struct route *routes;                 /* ended by a row with path NULL; or NULL */
	const struct store_schema *schema;          /* or NULL */
	const struct event_subscriber *subscribers; /* ended by name NULL; ctx is the app, filled at start; or NULL */
	const struct timer_kind *timers;            /* ended by name NULL; or NULL */
	const struct errand_kind *errands;          /* the same */
	/* What an official has to do at an institution, added to the daily mail's numbers; or NULL. */
	bool (*digest)(struct app *app, int64_t account, int64_t institution, struct mail_digest *add, struct err *e);
	/* Beside a case of a party that the viewer acts for; or NULL. */
	bool (*asks)(struct req *r, int64_t party, int64_t casefile, struct room_asks *add, struct err *e);
	/* For `store check` (app/check.h). */
	const struct read_model *read_models; /* ended by table NULL; or NULL */
	bool (*check)(struct check *c, struct err *e);
};
extern const struct room rooms[]; /* ended by name NULL */

/* Of all rooms, in their order, with ctx filled in; how many. There is room for them. */
size_t rooms_subscribers(struct app *app, struct event_subscriber *out, size_t most);
size_t rooms_timers(struct app *app, struct timer_kind *out, size_t most);
/* Of all rooms, in their order. */
bool rooms_ask(struct req *r, int64_t party, int64_t casefile, struct room_asks *out, struct err *e) MUST_USE;

#endif
