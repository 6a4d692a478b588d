/* What must hold of the letters that a signal shows, whoever wishes; and wishes of controllers that mean ill. */
#ifndef CITYHALL_TESTS_SAFETY_CHECK_H
#define CITYHALL_TESTS_SAFETY_CHECK_H

#include "brain/safety.h"
#include "unit/unit.h"

/* What was shown when, by group. */
struct shown {
	char now[GROUPS_MAX], before[GROUPS_MAX];
	int64_t since[GROUPS_MAX];
};

static inline void check_letters(const struct safety_plan *p, struct shown *w, int64_t now, bool is_first)
{
	for (uint32_t g = 0; g < p->group_n; g++) {
		char is = w->now[g], was = w->before[g];
		bool is_green = is == 'G' || is == 'g', was_green = was == 'G' || was == 'g';
		assert_true(is_green || is == 'y' || is == 'r');
		if (is_first) {
			assert_true(is == 'r' || p->clear_ms == 0);
			w->since[g] = now;
			continue;
		}
		if (is_green && was_green) {
			continue;
		}
		if (is == was) {
			/* A yellow lasts as long as it should and no longer. */
			assert_true(is != 'y' || now - w->since[g] < p->groups[g].yellow_ms);
			continue;
		}
		if (was_green) {
			assert_true(now - w->since[g] >= p->groups[g].least_green_ms);
			assert_true(is == 'y' || p->groups[g].yellow_ms == 0);
		}
		assert_true(was != 'y' || (is == 'r' && now - w->since[g] >= p->groups[g].yellow_ms));
		assert_true(!is_green || was == 'r');
		if (is_green) {
			/* What conflicts with it is red, and has been for as long as it needs to clear. */
			for (uint32_t k = 0; k < p->group_n; k++) {
				if (groups_has(&p->conflicts[g], k)) {
					assert_true(w->now[k] == 'r');
				}
			}
		}
		w->since[g] = now;
	}
	for (uint32_t g = 0; g < p->group_n; g++) {
		for (uint32_t k = 0; k < p->group_n; k++) {
			bool both = (w->now[g] == 'G' || w->now[g] == 'g') && (w->now[k] == 'G' || w->now[k] == 'g');
			assert_false(both && groups_has(&p->conflicts[g], k));
		}
	}
	memcpy(w->before, w->now, sizeof w->now);
}

/* No group turned green within the clearing time of a conflicting one. */
static inline void check_clearing(const struct safety_plan *p, const struct shown *w, int64_t *ended, int64_t now)
{
	for (uint32_t g = 0; g < p->group_n; g++) {
		bool is_green = w->now[g] == 'G' || w->now[g] == 'g';
		if (is_green) {
			ended[g] = now;
		}
		for (uint32_t k = 0; is_green && k < p->group_n; k++) {
			/* Seen green last at ended[k]: its green ended within the tick after it. */
			if (groups_has(&p->conflicts[g], k) && ended[k] >= 0) {
				assert_true(now - ended[k] >= p->groups[k].clear_ms);
			}
		}
	}
}

enum hostile { RANDOM, FLICKERS, NEVER_MOVES, ONLY_TWO, NONSENSE, HOSTILE_N };

static inline uint8_t wish_of(enum hostile kind, struct prng *r, const struct safety_plan *p, int tick)
{
	switch (kind) {
	case RANDOM:
		return (uint8_t)prng_below(r, p->stage_n);
	case FLICKERS:
		return (uint8_t)((uint32_t)tick % p->stage_n);
	case ONLY_TWO:
		return (uint8_t)((uint32_t)(tick / 7) % (p->stage_n < 2 ? 1 : 2));
	case NONSENSE:
		return (uint8_t)prng_below(r, 256);
	default:
		return 0;
	}
}

#endif
