/* The published state in memory: what catalogue.c looks up and publish.c replaces. Within the room only. */
#ifndef CITYHALL_APP_CATALOGUE_SNAPSHOT_H
#define CITYHALL_APP_CATALOGUE_SNAPSHOT_H

#include <pthread.h>
#include <stdatomic.h>

#include "app/catalogue/pack.h"
#include "app/catalogue/search_index.h"

enum { CATALOGUE_STATE_ID = 1, CATALOGUE_ROUTE = 1 };

/* A definition read from the store; kept until the program ends. */
struct loaded {
	struct arena arena;
	const struct service *service;
	struct loaded *next;
};
/* A calendar of an older version, with the zone that it counts in. */
struct old_calendar {
	struct pack *holder;
	struct calendar *calendar;
	struct old_calendar *next;
};
struct offer { /* a row of `published` */
	day_number in_force;
	const struct service *service;
};
/* What was published at one time. Immutable. */
struct state {
	int64_t version; /* of catalogue_state; 0: nothing was published yet */
	struct pack *pack;
	struct arena arena;
	struct offer *offers; /* by service, then by day */
	size_t offer_n;
	struct state *older;
};
/* A state as seen on one day. Immutable. */
struct view {
	const struct state *state;
	day_number day;
	struct arena arena;
	const struct service **services; /* in force on that day, by id */
	size_t service_n;
	const struct service **bundles; /* made of these, in the pack's order */
	size_t bundle_n;
	struct service_list persons, organisations; /* lists.c: those for both stand in either list */
	struct service_list *of_event;              /* by the pack's life events */
	struct search_index
		*index[LANG_COUNT]; /* of these services and the pack's bundles; NULL where the pack has no texts */
	struct view *older;
};

struct catalogue {
	pthread_mutex_t lock; /* held by who adds to one of these lists; readers go without */
	_Atomic(struct view *) view;
	_Atomic(struct state *) state;
	_Atomic(struct loaded *) loaded;
	_Atomic(struct old_calendar *) calendars;
};

const struct service *catalogue_loaded(struct catalogue *c, const uint8_t digest[SHA256_BYTES]); /* NULL: not yet */
/* bundles.c. The lock is held. Makes the bundles of a view; those that lack services are left out. */
bool catalogue_make_bundles(struct catalogue *c, struct view *v);
/* A stored bundle, whose services are loaded first. */
bool catalogue_load_bundle(struct app *app, struct str body, const struct service **out, struct err *e) MUST_USE;

/* Reads the published state from the store and swaps it in. */
bool catalogue_reload(struct app *app, struct err *e) MUST_USE;
/* lists.c: the lists that pages ask for again and again. False: memory is out. */
bool catalogue_make_lists(struct view *v) MUST_USE;
/* What is in force today. */
const struct view *catalogue_view(struct app *app);

/* search.c: documents are these services in their order, and behind them the pack's bundles. */
bool search_index_services(const struct pack *p, const struct service *const *services, size_t n, size_t lang,
                           struct search_index **out, struct err *e) MUST_USE;

#endif
