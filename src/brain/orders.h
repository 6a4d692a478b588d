/* What the portal orders, and what is ordered now: modes, bounds, weights, school hours, ways of emergency vehicles.
 *
 * Orders are numbered by who gives them and given again until they are acknowledged: a message holds all that are not,
 * in their order. What was taken once is passed over, so that repeating does no harm; the newest number taken (`last`)
 * is what the frame acknowledges, and who begins anew numbers on from there. A message is taken wholly or not at all.
 *
 * The portal speaks to the brain's process, which hands the message to the driver's with its wishes (driver.h). The
 * driver's process holds what is ordered, keeps it in a file, and tells the brain with each view. It is in the journal
 * where it changes, since decisions follow from it. On base alone, so that the portal may include this header too. */
#ifndef CITYHALL_BRAIN_ORDERS_H
#define CITYHALL_BRAIN_ORDERS_H

#include "base/buf.h"
#include "base/codec.h"
#include "base/err.h"

enum { ORDERS_MAX_BYTES = 512 * 1024, ORDER_STAGES_MAX = 32 };

enum mode { MODE_WATCH, MODE_ADVISE, MODE_BOUNDS, MODE_ACT, MODES };                                   /* mode.h */
enum priority_kind { PRIORITY_EMERGENCY, PRIORITY_BUS, PRIORITY_WALKER, PRIORITY_SCHOOL, PRIORITIES }; /* priority.h */
#define PRIORITY_WEIGHT_MOST 1000.0F

enum order_kind {
	ORDER_MODE = 1,  /* list: signals; mode; bounds when has_bounds (then of one signal) */
	ORDER_GIVE_BACK, /* list: signals; back to their plan */
	ORDER_WEIGHT,    /* priority, weight; 0 switches it off */
	ORDER_SCHOOL,    /* id, list: signals, days, from_min, until_min; the same id again changes it */
	ORDER_ROUTE,     /* id, priority, list: links in their order, or none: then the quickest from its place to its end,
	                  * if there is one; eta_ms */
	ORDER_FORGET,    /* id of a way or of school hours */
};

struct order {
	uint64_t number; /* from 1 */
	uint8_t kind;
	const uint32_t *list; /* numbers of signals or links, as the outline has them */
	uint32_t list_n;
	uint32_t id;
	uint8_t mode, priority;
	bool has_bounds;
	uint16_t least_s[ORDER_STAGES_MAX], most_s[ORDER_STAGES_MAX]; /* seconds of green by stage; 0: none */
	float weight;
	uint8_t days;                 /* bits, Monday is the first */
	uint16_t from_min, until_min; /* of the day by the street's clock; until before from: over midnight */
	uint32_t from_link, to_link;
	/* When it comes to the begin of its way, by the street's clock; 0: it is there; below 0: so long after the order is
	 * taken. */
	int64_t eta_ms;
};

/* A message is begun, then its orders are put one by one. */
void orders_put(struct buf *to, const struct order *o);

struct city;
/* Of the city's driver. Any bytes are answered with true or ERR_CORRUPT, and then nothing is changed. *taken: how many
 * were new. */
bool orders_take(struct city *c, struct str message, uint32_t *taken, struct err *e) MUST_USE;
/* The newest number in a message; 0: none. */
uint64_t orders_newest(struct str message);

/* All signals, as a driver begins: MODE_ACT by itself, MODE_WATCH with a portal. */
void orders_begin(struct city *c, enum mode mode);

/* What is ordered now, wholly: in views, in the journal and in the file. */
void orders_put_state(struct buf *to, const struct city *c);
bool orders_take_state(struct city *c, struct codec *m, struct err *e) MUST_USE;
/* The driver's file. One that is not there changes nothing and is no error; one of another net is ERR_BAD_INPUT. */
bool orders_save(const struct city *c, const char *path, struct err *e) MUST_USE;
bool orders_load(struct city *c, const char *path, struct err *e) MUST_USE;

#endif
