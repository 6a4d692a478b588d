/* How the document of a grant reaches its holder. Where a service offers several ways, every form of it ends with the
 * same question: it has a usual answer, so nobody is led there; the review shows it, and the way to change it. */
#ifndef CITYHALL_APP_CATALOGUE_HAND_OVER_H
#define CITYHALL_APP_CATALOGUE_HAND_OVER_H

#include "app/catalogue/definition.h"

#define HAND_OVER_QUESTION "hand-over"        /* one of the ways, by its id */
#define HAND_OVER_SECOND "hand-over-second"   /* who else may collect it */
#define HAND_OVER_ADDRESS "hand-over-address" /* where it is posted */

struct hand_over_way {
	enum hand_over way;
	const char *id;
	const char *name, *hint; /* msgids */
};
enum { HAND_OVER_WAYS = 3 };
extern const struct hand_over_way hand_over_ways[HAND_OVER_WAYS];
/* NULL: there is none of that id, or way. */
const struct hand_over_way *hand_over_named(struct str id);
const struct hand_over_way *hand_over_of(enum hand_over way);
/* The usual one of those that a service offers. */
enum hand_over hand_over_usual(unsigned ways);
static inline bool hand_over_is_asked(unsigned ways)
{
	return (ways & (ways - 1)) != 0;
}

#endif
