#include "sensors.h"

#include <math.h>

#include "brain/net_build.h"

bool sensors_init(struct sensors *s, const struct net *n, uint64_t seed, struct err *e)
{
	*s = (struct sensors){.lost_percent = 5, .gps_percent = 10, .gps_errs_m = 5};
	prng_seed(&s->random, seed);
	bool ok = rig_sensors_init(&s->seen, n, e) && sense_init(&s->sense, n, s->seen.detectors, s->seen.detector_n, e);
	if (!ok) {
		sensors_release(s);
	}
	return ok;
}

void sensors_release(struct sensors *s)
{
	sense_release(&s->sense);
	rig_sensors_release(&s->seen);
	*s = (struct sensors){0};
}

static bool is_lost(struct sensors *s)
{
	return prng_below(&s->random, 100) < s->lost_percent;
}

static float err_m(struct sensors *s)
{
	return s->gps_errs_m * ((float)prng_below(&s->random, 2001) / 1000.0F - 1.0F);
}

static bool tell_place(struct sensors *s, const struct street *street, uint32_t car, struct err *e)
{
	const struct street_car *c = &street->cars[car];
	struct str name = str_of(c->name ? c->name : "");
	if (c->name == NULL || c->lane == NET_NONE || net_hash(name) % 100 >= s->gps_percent || is_lost(s)) {
		return true;
	}
	const struct net_lane *l = &street->net->lanes[c->lane];
	float along = l->length_m > 0 && c->to_go_m < l->length_m ? 1.0F - c->to_go_m / l->length_m : 0;
	float heading = atan2f(l->x2 - l->x, l->y2 - l->y) * 180.0F / (float)M_PI;
	const struct match_place at = {.x = l->x + along * (l->x2 - l->x) + err_m(s),
	                               .y = l->y + along * (l->y2 - l->y) + err_m(s),
	                               .speed_mps = c->speed_mps,
	                               .heading_deg = heading < 0 ? heading + 360 : heading,
	                               .was_on = NET_NONE};
	return sense_hear_vehicle(&s->sense, name, &at, e);
}

bool sensors_look(struct sensors *s, struct city *c, struct err *e)
{
	const struct street *street = &c->street;
	sense_tick(&s->sense, c->now_ms);
	if (s->green != NULL) {
		memcpy(s->sense.is_green, s->green, c->net->move_n);
	} else {
		sense_see_signals(&s->sense, c);
	}
	bool ok = rig_sensors_look(&s->seen, street, e);
	for (uint32_t i = 0; i < street->car_n; i++) {
		ok = ok && tell_place(s, street, i, e);
	}
	for (uint32_t d = 0; d < s->seen.detector_n; d++) {
		if (!is_lost(s) && !s->has_no_detectors) {
			sense_hear(&s->sense, d, c->now_ms, s->seen.total[d], s->seen.occupied[d]);
		}
	}
	for (uint32_t m = 0; m < c->net->move_n; m++) {
		if (c->net->moves[m].is_crossing && !is_lost(s)) {
			sense_hear_walkers(&s->sense, m, street->waiting[m], street->wait_ms[m]);
		}
	}
	ok = ok && sense_end_tick(&s->sense, e);
	if (ok) {
		sense_estimate(&s->sense, &c->seen);
	}
	return ok;
}
