#include "brain/jam.h"

enum { ROUNDS = 12 };     /* lanes back that are followed */
#define MOVING_TAKES 0.3F /* of a standing one's room: they are soon gone */
#define FADES_BY 0.8F     /* a second */
#define FADED 0.01F
#define SHARE_LEAST 0.1F /* of a lane's cars: who seldom goes there does not wait for it */
#define QUEUE_FILLS 0.5F /* of a lane: then it is the way on that holds it, moving up or not */
#define SOMEBODY 0.5F    /* cars */

bool jam_init(struct jam *j, struct arena *a, const struct net *n, struct err *e)
{
	*j = (struct jam){.net = n};
	j->fits = arena_new(a, float, n->lane_n + 1);
	j->frees = arena_new(a, float, n->lane_n + 1);
	j->now = arena_new(a, float, n->lane_n + 1);
	j->stuck = arena_new(a, uint32_t, n->lane_n + 1);
	return !a->is_full || err_set(e, ERR_MEMORY, "no memory for jams");
}

/* Behind a red light only a full lane holds who stands; without a signal whatever is ahead does. */
static bool waits(const struct jam *j, const struct estimate *seen, const struct net_move *m)
{
	const struct net_lane *from = &j->net->lanes[m->from];
	float stand = seen->lanes[m->from].halting;
	if (m->is_crossing || from->is_inner || stand < SOMEBODY) {
		return false;
	}
	bool is_full = j->fits[m->to] < 1.0F && seen->lanes[m->to].halting > SOMEBODY;
	return is_full || (m->signal == NET_NONE && stand * STREET_CAR_M > QUEUE_FILLS * from->length_m);
}

static bool is_waited_for(const struct jam *j, const struct estimate *seen, const struct net_lane *l)
{
	for (uint32_t i = 0; i < l->in_n; i++) {
		if (waits(j, seen, &j->net->moves[j->net->into[l->in + i]])) {
			return true;
		}
	}
	return false;
}

/* The next that follows is one of those who wait; before he is first in his lane, some go who were behind others. */
static float freed_by(const struct jam *j, const struct estimate *seen, const struct net_lane *l)
{
	float sum = 0, all = 0;
	for (uint32_t i = 0; i < l->in_n; i++) {
		uint32_t k = j->net->into[l->in + i];
		const struct net_move *m = &j->net->moves[k];
		float share = waits(j, seen, m) ? estimate_share(seen, k) : 0;
		if (share > SHARE_LEAST) {
			float often = share * seen->lanes[m->from].halting;
			sum += often * ((1.0F - share) / share + j->now[m->from]);
			all += often;
		}
	}
	float frees = all > 0 ? sum / all : 0;
	return frees < JAM_FREES_MOST ? frees : JAM_FREES_MOST;
}

void jam_look(struct jam *j, const struct estimate *seen)
{
	const struct net *n = j->net;
	for (uint32_t i = 0; i < n->lane_n; i++) {
		const struct lane_seen *l = &seen->lanes[i];
		float move = l->count > l->halting ? l->count - l->halting : 0;
		j->fits[i] = n->lanes[i].length_m / STREET_CAR_M - l->halting - MOVING_TAKES * move;
		j->frees[i] *= j->frees[i] > FADED ? FADES_BY : 0;
		j->now[i] = 0;
	}
	j->stuck_n = 0;
	for (uint32_t i = 0; i < n->lane_n; i++) {
		if (!n->lanes[i].is_inner && is_waited_for(j, seen, &n->lanes[i])) {
			j->stuck[j->stuck_n++] = i;
		}
	}
	for (int round = 0; round < ROUNDS; round++) {
		for (uint32_t i = 0; i < j->stuck_n; i++) {
			j->now[j->stuck[i]] = freed_by(j, seen, &n->lanes[j->stuck[i]]);
		}
	}
	for (uint32_t i = 0; i < j->stuck_n; i++) {
		uint32_t lane = j->stuck[i];
		j->frees[lane] = j->now[lane] > j->frees[lane] ? j->now[lane] : j->frees[lane];
	}
}
