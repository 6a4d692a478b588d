/* Before and after of what a journal says (history.h): measures, and their differences with intervals
 * (base/difference.h). Plain values, any thread. */
#ifndef CITYHALL_BRAIN_COMPARE_H
#define CITYHALL_BRAIN_COMPARE_H

#include "base/difference.h"
#include "brain/history.h"

/* A measure is a quotient of sums. */
struct compare_measure {
	const char *key, *name, *unit;
	double times;
	size_t above, below; /* offsets in struct sums */
	bool is_of_links;    /* of links too, not of the whole alone */
	int better;          /* -1: less is better, 1: more, 0: neither */
};
extern const struct compare_measure COMPARE_MEASURES[]; /* ends with a row without a key */

/* Of a link, or net->link_n: the whole. */
bool compare_histories(const struct history *before, const struct history *after, size_t link,
                       const struct compare_measure *m, struct difference *d, struct err *e) MUST_USE;
/* The measure of one quarter; false: it has none. */
bool compare_measured(const struct sums *s, const struct compare_measure *m, double *out);

#endif
