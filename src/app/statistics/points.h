/* The ranking of officials within an office, and of offices: its formula is published on the pages that show it, with
 * what it takes to game it. Points are given for one month, and are added up nowhere. */
#ifndef CITYHALL_APP_STATISTICS_POINTS_H
#define CITYHALL_APP_STATISTICS_POINTS_H

#include "app/statistics/figures.h"

enum {
	POINTS_REOPENED = 3,
	POINTS_OBJECTION_WON = 3,
	POINTS_RATED_BAD = 2,
	POINTS_CASES_LEAST = 5,
};

struct ranked {
	int64_t official;
	int64_t tenths; /* points in tenths: 1000 is all decisions in time and nothing against them */
	int rank;       /* from 1, equal points share it; 0: not ranked */
};

/* Decisions that kept their promise, less what counts against, in a thousand decisions; at least 0. */
int64_t points_of(const struct figures *f);
/* The least number of decisions: half of the office's median, and five. */
int64_t points_least(int64_t median);
/* Of an office: its points in a month that is closed; -1: it decided too little to be ranked. */
int64_t points_of_office(const struct figures *f);
/* Ranks all officials of a picture; those of `unranked` (accounts) and those with too few decisions come last. */
struct ranked *points_rank(struct arena *a, const struct picture *p, const int64_t *unranked, size_t unranked_n);

#endif
