#include "brain/estimate.h"

#include "base/fault.h"

#define STAND_M 200.0F
#define NEAR_M 70.0F
#define REACH_M 45.0F
#define QUEUED_MPS 2.0F
#define QUEUE_GAP_M (3 * STREET_CAR_M) /* one further behind is not in the queue yet */

bool estimate_init(struct estimate *s, const struct net *n, struct err *e)
{
	*s = (struct estimate){.net = n};
	s->lanes = mem_alloc(n->lane_n + 1, sizeof *s->lanes);
	s->come = mem_alloc(n->lane_n + 1, sizeof *s->come);
	s->taken = mem_alloc(n->move_n + 1, sizeof *s->taken);
	s->waiting = mem_alloc(n->move_n + 1, sizeof *s->waiting);
	s->wait_ms = mem_alloc(n->move_n + 1, sizeof *s->wait_ms);
	if (!s->lanes || !s->come || !s->taken || !s->waiting || !s->wait_ms) {
		estimate_release(s);
		return err_set(e, ERR_MEMORY, "no memory for what is seen");
	}
	return true;
}

void estimate_release(struct estimate *s)
{
	mem_free(s->lanes);
	mem_free(s->come);
	mem_free(s->taken);
	mem_free(s->waiting);
	mem_free(s->wait_ms);
	*s = (struct estimate){0};
}

void estimate_begin_lane(struct estimate *s, uint32_t lane, int64_t head_since_ms)
{
	s->lanes[lane] = (struct lane_seen){.head_since_ms = head_since_ms};
	memset(s->come[lane], 0, sizeof s->come[lane]);
}

void estimate_add_car(struct estimate *s, uint32_t lane, float to_go_m, float speed_mps, float *tail_m)
{
	struct lane_seen *l = &s->lanes[lane];
	float v = s->net->lanes[lane].speed_mps;
	bool stands = speed_mps < STREET_HALTS_MPS;
	if (l->count < 0.5F) {
		l->is_reached = to_go_m <= REACH_M;
		l->head_stands = stands;
	}
	l->count += 1.0F;
	l->halting += stands ? 1.0F : 0.0F;
	l->stand += stands && to_go_m <= STAND_M ? 1.0F : 0.0F;
	l->near += to_go_m <= NEAR_M ? 1.0F : 0.0F;
	if (speed_mps < QUEUED_MPS && to_go_m < *tail_m + QUEUE_GAP_M) {
		l->queue += 1.0F;
		*tail_m = to_go_m + STREET_CAR_M;
		return;
	}
	float mean = speed_mps < v ? (speed_mps + v) / 2 : v;
	float t = to_go_m / (mean > 1.0F ? mean : 1.0F);
	if (t < ESTIMATE_AHEAD) {
		s->come[lane][(int)t] += 1.0F;
	}
}

void estimate_from_street(struct estimate *s, const struct street *street)
{
	for (uint32_t i = 0; i < s->net->lane_n; i++) {
		float tail_m = 0;
		estimate_begin_lane(s, i, street->head_since[i]);
		for (uint32_t k = 0; k < street->count[i]; k++) {
			const struct street_car *car = street_car(street, i, k);
			estimate_add_car(s, i, car->to_go_m, car->speed_mps, &tail_m);
		}
	}
	memcpy(s->taken, street->taken, s->net->move_n * sizeof *s->taken);
	memcpy(s->waiting, street->waiting, s->net->move_n * sizeof *s->waiting);
	memcpy(s->wait_ms, street->wait_ms, s->net->move_n * sizeof *s->wait_ms);
}

float estimate_share(const struct estimate *s, uint32_t move)
{
	const struct net_lane *lane = &s->net->lanes[s->net->moves[move].from];
	float all = 0;
	for (uint32_t i = 0; i < lane->move_n; i++) {
		all += s->taken[lane->move + i];
	}
	return all > 0 ? s->taken[move] / all : 0;
}

float estimate_lane_share(const struct estimate *s, uint32_t lane)
{
	const struct net *n = s->net;
	const struct net_link *link = &n->links[n->lanes[lane].link];
	float all = 0, own = 0;
	for (uint32_t i = 0; i < link->lane_n; i++) {
		const struct net_lane *l = &n->lanes[link->lane + i];
		for (uint32_t k = 0; k < l->move_n; k++) {
			float taken = s->taken[l->move + k];
			all += taken;
			own += link->lane + i == lane ? taken : 0;
		}
	}
	return all > 0 ? own / all : 0;
}
