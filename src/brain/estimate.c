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

static void see_lane(struct estimate *s, const struct street *street, uint32_t lane)
{
	struct lane_seen *l = &s->lanes[lane];
	float *come = s->come[lane], v = s->net->lanes[lane].speed_mps, tail_m = 0;
	uint32_t n = street->count[lane];
	*l = (struct lane_seen){
		.count = (float)n, .halting = street->halting[lane], .head_since_ms = street->head_since[lane]};
	memset(come, 0, sizeof s->come[lane]);
	for (uint32_t i = 0; i < n; i++) {
		const struct street_car *car = street_car(street, lane, i);
		bool stands = car->speed_mps < STREET_HALTS_MPS;
		l->stand += stands && car->to_go_m <= STAND_M ? 1.0F : 0.0F;
		l->near += car->to_go_m <= NEAR_M ? 1.0F : 0.0F;
		if (i == 0) {
			l->is_reached = car->to_go_m <= REACH_M;
			l->head_stands = stands;
		}
		if (car->speed_mps < QUEUED_MPS && car->to_go_m < tail_m + QUEUE_GAP_M) {
			l->queue += 1.0F;
			tail_m = car->to_go_m + STREET_CAR_M;
			continue;
		}
		float mean = car->speed_mps < v ? (car->speed_mps + v) / 2 : v;
		float t = car->to_go_m / (mean > 1.0F ? mean : 1.0F);
		if (t < ESTIMATE_AHEAD) {
			come[(int)t] += 1.0F;
		}
	}
}

void estimate_from_street(struct estimate *s, const struct street *street)
{
	for (uint32_t i = 0; i < s->net->lane_n; i++) {
		see_lane(s, street, i);
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
