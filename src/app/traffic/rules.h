/* Ways of emergency vehicles and school hours that hold: how they are read, shown and ended. Within the room. */
#ifndef CITYHALL_APP_TRAFFIC_RULES_H
#define CITYHALL_APP_TRAFFIC_RULES_H

#include "app/traffic/orders.h"
#include "app/traffic/traffic.sql.h"
#include "app/traffic/views.h"

#define PATH_TRAFFIC_WAY "/traffic/priorities/way"
#define PATH_TRAFFIC_SCHOOL "/traffic/priorities/school"
#define PATH_TRAFFIC_RULE_END "/traffic/priorities/end"

enum { NAMES_CHARS = 60, RULE_MINUTES = 24 * 60 };

enum { RULE_VEHICLES_N = 3 };
extern const char *const RULE_VEHICLES[RULE_VEHICLES_N]; /* way_page.c */

struct rules {
	int64_t institution;
	struct street_rules_out rows[RULES_MOST];
	size_t n;
};
bool rules_read(struct req *r, int64_t institution, struct rules *out, struct err *e) MUST_USE;
const struct street_rules_out *rules_find(const struct rules *all, int64_t number, uint8_t kind);

/* For the page of priorities. */
bool rules_show(struct req *r, const struct live_seen *seen, struct priorities_view *v, struct err *e) MUST_USE;
/* Gives orders, and leads back to that page. */
bool rules_order(struct req *r, const struct live_seen *seen, const struct traffic_order *items, size_t n,
                 struct str reason, struct err *e) MUST_USE;

/* Those that say something, in their order; how many. */
size_t rules_errors(struct form_error out[RULE_ERRORS], const struct form_error *in, size_t n);

/* Words of one name, "High Street". */
bool rules_matches(struct str name, struct str filter);
/* The map as a picture. */
bool rules_map(struct req *r, const struct live_seen *seen, struct traffic_view *map, struct err *e) MUST_USE;

#endif
