/* What if the signals were set in another way: the same demand in the simulator, once by setting A, once by setting B,
 * over several seeds; the difference with its interval (base/difference.h, pairs of the same seed).
 *
 * Each run is a process of its own with a SUMO of its own, both end with the one that asked. Runs that the time does
 * not suffice for are given up, and what is left out is said. One thread. */
#ifndef CITYHALL_BRAIN_WHATIF_H
#define CITYHALL_BRAIN_WHATIF_H

#include "base/difference.h"
#include "brain/city.h"
#include "brain/sumo.h"

enum { WHATIF_SEEDS_MOST = 50, WHATIF_JOBS_MOST = 16 };

struct whatif_setting {
	const struct controller *controller;
	const struct safety_times *times;
	bool is_ordered;          /* with the bounds and weights of whatif.orders */
	uint16_t least_s, most_s; /* green of every stage of all signals; 0: no bound */
	bool has_weight[PRIORITIES];
	float weight[PRIORITIES];
};
/* "horizon", "fixed,bench", "horizon,least=8,most=40,bus=30": the name of a controller, perhaps legal or bench,
 * ordered, bounds in seconds, weights (emergency, bus, walker, school). */
bool whatif_take_setting(struct whatif_setting *s, struct str text, struct err *e) MUST_USE;

/* name, what it is, unit, less is better */
#define WHATIF_MEASURES(X)                                                \
	X(WHATIF_DELAY, "delay", "delay of a vehicle", "s", true)             \
	X(WHATIF_PERSON, "person", "delay of a person", "s", true)            \
	X(WHATIF_STOPS, "stops", "stops of a vehicle", "", true)              \
	X(WHATIF_WALK, "walk", "delay of somebody on foot", "s", true)        \
	X(WHATIF_LONGEST, "longest", "longest wait at a crossing", "s", true) \
	X(WHATIF_ARRIVED, "arrived", "vehicles that arrived", "", false)
enum whatif_measure_at {
#define X(at, key, what, unit, less) at,
	WHATIF_MEASURES(X)
#undef X
		WHATIF_MEASURE_N
};
struct whatif_measure {
	const char *key, *what, *unit;
	bool less_is_better;
};
extern const struct whatif_measure WHATIF_MEASURE[WHATIF_MEASURE_N];

struct whatif {
	const struct net *net;
	const char *net_path, *routes, *more; /* for SUMO; more may be NULL */
	const char *orders;                   /* the driver's file (orders.h); NULL: none */
	double begin_s, end_s;
	struct whatif_setting set[2]; /* A, B */
	uint32_t seeds, jobs;
	int64_t deadline;                         /* os/socket.h */
	bool (*is_cancelled)(void *ctx);          /* asked several times a second; may be NULL */
	void (*progress)(void *ctx, double part); /* 0 to 1; may be NULL */
	void *ctx;
};
struct whatif_result {
	uint32_t pairs, failed; /* runs that ended badly */
	bool is_cut;            /* the time was over, or it was cancelled */
	double value[2][WHATIF_MEASURE_N][WHATIF_SEEDS_MOST];
	struct difference of[WHATIF_MEASURE_N];
	char why[200]; /* of the first that failed */
};
bool whatif_run(const struct whatif *w, struct whatif_result *r, struct err *e) MUST_USE;

#endif
