/* The crossroads that targets of the brain think of. Bytes of the input are handed out in pieces, each on the heap with
 * its own size, so that a read past its end is seen. */
#ifndef CITYHALL_TESTS_FUZZ_CROSSROADS_H
#define CITYHALL_TESTS_FUZZ_CROSSROADS_H

#include "base/fault.h"
#include "brain/city.h"
#include "unit/brain/small_net.h"

static inline const struct net *crossroads(void)
{
	static struct net net;
	struct err e;
	must(net.signal_n > 0 || net_read_sumo(&net, str_of(small_net), &e));
	return &net;
}

static inline void crossroads_begin(struct city *c)
{
	struct err e;
	must(city_init(c, crossroads(), &SAFETY_LEGAL, controller_find(STR("horizon")), 0, &e));
}

/* What was read is decided and done: whatever it says, the signal shows no conflicting greens. */
static inline void crossroads_go_on(struct city *c)
{
	struct err e;
	char letters[GROUPS_MAX];
	const struct city_signal *s = &c->signals[0];
	must(city_decide(c, 1, &e));
	city_act(c);
	safety_show(&s->state, &s->plan, c->now_ms, letters);
	for (uint32_t a = 0; a < s->plan.group_n; a++) {
		bool is_green = groups_has(&s->plan.stages[s->state.stage].green, a) && letters[a] != 'r';
		must(!is_green || !groups_meet(&s->plan.conflicts[a], &s->plan.stages[s->state.stage].green));
	}
}

/* Two bytes say how long the next piece is; false: nothing is left. The caller frees it. */
static inline bool next_piece(const uint8_t **data, size_t *n, struct str *piece)
{
	if (*n < 2) {
		return false;
	}
	size_t want = (size_t)(*data)[0] << 8 | (*data)[1], k = want < *n - 2 ? want : *n - 2;
	char *copy = mem_must(k + 1, 1);
	copy = mem_resize(copy, k > 0 ? k : 1, 1);
	memcpy(copy, *data + 2, k);
	*piece = (struct str){copy, k};
	*data += 2 + k;
	*n -= 2 + k;
	return true;
}

#endif
